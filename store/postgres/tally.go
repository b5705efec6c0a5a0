package postgres

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
)

// kinds are the fields by which the rollup counts.
type kinds struct{ action, resourceType, actorType, outcome string }

func compareKinds(a, b kinds) int {
	return cmp.Or(strings.Compare(a.action, b.action), strings.Compare(a.resourceType, b.resourceType),
		strings.Compare(a.actorType, b.actorType), strings.Compare(a.outcome, b.outcome))
}

// A tally counts the entries of a day, by the hour, or those of a month, all in hour 0. Nearly all of
// its counts are of a row of an hour and of kinds that repeat, so it is kept as bytes of our own:
//
//	version 1, then for each of the kinds, ascending:
//	four texts, each behind its length; how many hours there are; for each its number and its count
//
// Lengths and numbers are uvarints. A table with a row for each count has half as many rows as there
// are entries.
type tally map[kinds]*[24]int64

func (t tally) add(k kinds, hour int, n int64) {
	if t[k] == nil {
		t[k] = new([24]int64)
	}
	t[k][hour] += n
}

// bytes returns what parseTally parses.
func (t tally) bytes() []byte {
	all := make([]kinds, 0, len(t))
	for k := range t {
		all = append(all, k)
	}
	slices.SortFunc(all, compareKinds)
	b := []byte{1}
	for _, k := range all {
		for _, text := range []string{k.action, k.resourceType, k.actorType, k.outcome} {
			b = binary.AppendUvarint(b, uint64(len(text)))
			b = append(b, text...)
		}
		hours := 0
		for _, n := range t[k] {
			if n != 0 {
				hours++
			}
		}
		b = binary.AppendUvarint(b, uint64(hours))
		for hour, n := range t[k] {
			if n != 0 {
				b = binary.AppendUvarint(b, uint64(hour))
				b = binary.AppendUvarint(b, uint64(n))
			}
		}
	}
	return b
}

var errTally = errors.New("a row of daybook_rollup is damaged: its tally cannot be read")

// parseTally calls f for every count.
func parseTally(b []byte, f func(k kinds, hour int, n int64)) error {
	if len(b) == 0 || b[0] != 1 {
		return errTally
	}
	b = b[1:]
	bad := false
	number := func() uint64 {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			bad, b = true, nil
			return 0
		}
		b = b[size:]
		return n
	}
	text := func() string {
		n := number()
		if n > uint64(len(b)) {
			bad, b = true, nil
			return ""
		}
		s := string(b[:n])
		b = b[n:]
		return s
	}
	for len(b) > 0 {
		k := kinds{text(), text(), text(), text()}
		for n := number(); n > 0 && !bad; n-- {
			hour, count := number(), number()
			if bad || hour > 23 || int64(count) <= 0 {
				return errTally
			}
			f(k, int(hour), int64(count))
		}
		if bad {
			return errTally
		}
	}
	return nil
}
