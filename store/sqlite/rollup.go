package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
)

// The rollup holds how many entries an organization has in each hour, by what reports mostly group
// by. It is written in the transaction of the entries, so that it is never behind them and never
// ahead; docs/decisions has the figures.

// rollupFields are what the rollup can tell apart, in the order of its words.
var rollupFields = [...]daybook.Field{daybook.ByAction, daybook.ByOutcome, daybook.ByResourceType, daybook.ByActorType}

const (
	hourMicros  = 3600 * 1_000_000
	hoursOfADay = 24

	// mostKinds bounds what one day tells apart. An application whose resource types are no
	// vocabulary has more; its days are then counted from the table.
	mostKinds = 1024
)

// A daySum is the number of entries of one organization in each hour of one day.
type daySum struct {
	words  [len(rollupFields)][]string // of each field, those that occur
	kinds  []kind
	counts [hoursOfADay][]int64 // by kind; shorter where the last kinds have none
	full   bool                 // there are more than mostKinds kinds: counts mean nothing
}

// A kind is one combination of words, by their places in the daySum's lists.
type kind [len(rollupFields)]int

// add counts n entries of an hour of the day.
func (d *daySum) add(hour int, words [len(rollupFields)]string, n int64) {
	if d.full {
		return
	}
	var k kind
	for i, w := range words {
		if k[i] = slices.Index(d.words[i], w); k[i] < 0 {
			k[i] = len(d.words[i])
			d.words[i] = append(d.words[i], w)
		}
	}
	at := slices.Index(d.kinds, k)
	if at < 0 {
		if at = len(d.kinds); at == mostKinds {
			*d = daySum{full: true}
			return
		}
		d.kinds = append(d.kinds, k)
	}
	for len(d.counts[hour]) <= at {
		d.counts[hour] = append(d.counts[hour], 0)
	}
	d.counts[hour][at] += n
}

// of returns the words of a kind.
func (d *daySum) of(k kind) (words [len(rollupFields)]string) {
	for i := range words {
		words[i] = d.words[i][k[i]]
	}
	return words
}

// appendTo appends the stored form: for each field the number of its words and each word's length
// and text; the number of kinds and each kind's places; then for each hour that has entries the
// hour, the number of its kinds, and the kinds and counts. All numbers are unsigned varints.
func (d *daySum) appendTo(b []byte) []byte {
	for _, words := range d.words {
		b = binary.AppendUvarint(b, uint64(len(words)))
		for _, w := range words {
			b = binary.AppendUvarint(b, uint64(len(w)))
			b = append(b, w...)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(d.kinds)))
	for _, k := range d.kinds {
		for _, place := range k {
			b = binary.AppendUvarint(b, uint64(place))
		}
	}
	for hour, counts := range d.counts {
		cells := 0
		for _, n := range counts {
			if n > 0 {
				cells++
			}
		}
		if cells == 0 {
			continue
		}
		b = binary.AppendUvarint(b, uint64(hour))
		b = binary.AppendUvarint(b, uint64(cells))
		for at, n := range counts {
			if n > 0 {
				b = binary.AppendUvarint(b, uint64(at))
				b = binary.AppendUvarint(b, uint64(n))
			}
		}
	}
	return b
}

var errRollup = errors.New("a row of activity_log_day is damaged")

// parseDay reads what appendTo wrote. Words are taken from known, which grows by the others.
func parseDay(b []byte, known map[string]string) (*daySum, error) {
	d := &daySum{}
	number := func(below uint64) int64 {
		n, size := binary.Uvarint(b)
		if size <= 0 || n >= below {
			b = nil
			return -1
		}
		b = b[size:]
		return int64(n)
	}
	for i := range d.words {
		for left := number(mostKinds + 1); left > 0; left-- {
			size := number(uint64(len(b)))
			if size < 0 || size > int64(len(b)) {
				return nil, errRollup
			}
			w, ok := known[string(b[:size])]
			if !ok {
				w = string(b[:size])
				known[w] = w
			}
			d.words[i], b = append(d.words[i], w), b[size:]
		}
	}
	kinds := number(mostKinds + 1)
	if kinds < 0 {
		return nil, errRollup
	}
	d.kinds = make([]kind, kinds)
	for i := range d.kinds {
		for f := range rollupFields {
			if d.kinds[i][f] = int(number(uint64(len(d.words[f])))); d.kinds[i][f] < 0 {
				return nil, errRollup
			}
		}
	}
	var room []int64
	for len(b) > 0 {
		hour := number(hoursOfADay)
		if hour < 0 {
			return nil, errRollup
		}
		if int64(len(room)) < kinds {
			room = make([]int64, kinds*hoursOfADay)
		}
		counts := room[:kinds:kinds]
		room = room[kinds:]
		for left := number(mostKinds + 1); left != 0; left-- {
			at := number(uint64(kinds))
			n := number(1 << 62)
			if left < 0 || at < 0 || n < 0 {
				return nil, errRollup
			}
			counts[at] = n
		}
		d.counts[hour] = counts
	}
	return d, nil
}

// hourOf returns the number of the hour since 1970 in which an entry happened.
func hourOf(e *daybook.Entry) int64 { return e.CreatedAt.UnixMicro() / hourMicros }

// A place is where the sums of a day are.
type place struct {
	day          int64 // since 1970
	organization string
}

// rollUp adds rows that were inserted in this transaction to the sums of their days.
func (w *writer) rollUp(rows []*row) error {
	of := map[place][]*row{}
	for _, r := range rows {
		p := place{hourOf(&r.Entry) / hoursOfADay, r.OrganizationID}
		of[p] = append(of[p], r)
	}
	for p, rows := range of {
		d, err := w.day(p.day, p.organization)
		if err != nil {
			return fmt.Errorf("read the rollup: %w", err)
		}
		if d.full {
			continue
		}
		for _, r := range rows {
			d.add(int(hourOf(&r.Entry)%hoursOfADay), [...]string{string(r.Action), string(r.Outcome), r.ResourceType, string(r.ActorType)}, 1)
		}
		if err := putDay(w.conn, p, d, &w.scratch); err != nil {
			return err
		}
	}
	return nil
}

// putDay writes the sums of a day. scratch may be nil.
func putDay(conn *sqlite.Conn, p place, d *daySum, scratch *[]byte) error {
	stmt, err := conn.Prepare(`insert into activity_log_day (day, organization_id, counts) values (?, ?, ?)
		on conflict (day, organization_id) do update set counts = excluded.counts`)
	if err != nil {
		return err
	}
	stmt.BindInt64(1, p.day)
	bindID(stmt, 2, p.organization)
	if d.full {
		stmt.BindNull(3)
	} else {
		if scratch == nil {
			scratch = new([]byte)
		}
		*scratch = d.appendTo((*scratch)[:0])
		stmt.BindBytes(3, *scratch)
	}
	if err := step(stmt); err != nil {
		return fmt.Errorf("write the rollup: %w", err)
	}
	return nil
}

func (w *writer) day(day int64, organization string) (*daySum, error) {
	stmt, err := w.conn.Prepare(`select counts from activity_log_day where day = ? and organization_id = ?`)
	if err != nil {
		return nil, err
	}
	defer stmt.Reset()
	stmt.BindInt64(1, day)
	bindID(stmt, 2, organization)
	found, err := stmt.Step()
	if err != nil || !found {
		return &daySum{}, err
	}
	if len(w.words) > 4*mostKinds {
		w.words = map[string]string{}
	}
	return readDay(stmt, 0, w.words)
}

// readDay reads a column of the rollup's sums.
func readDay(stmt *sqlite.Stmt, col int, known map[string]string) (*daySum, error) {
	if stmt.ColumnIsNull(col) {
		return &daySum{full: true}, nil
	}
	b := make([]byte, stmt.ColumnLen(col))
	stmt.ColumnBytes(col, b)
	return parseDay(b, known)
}
