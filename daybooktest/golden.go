package daybooktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"time"
)

// JSON returns what has been recorded so far as an indented JSON list, for golden files: without
// times, and with every UUID and every generated request id replaced by its number in order of
// appearance, so that the same one stays the same and every run gives the same bytes.
func (b *Book) JSON() []byte {
	entries := b.Entries()
	for i := range entries {
		entries[i].CreatedAt, entries[i].UpdatedAt = time.Time{}, time.Time{}
	}
	text := []byte("[]")
	if len(entries) > 0 {
		var err error
		if text, err = json.MarshalIndent(entries, "", "  "); err != nil {
			panic(err) // entries that a store returns have a JSON form
		}
	}
	text = number(uuids, text, "00000000-0000-0000-0000-%012d")
	text = number(requestIDs, text, "req-%d")
	return append(text, '\n')
}

var (
	uuids      = regexp.MustCompile(`\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b`)
	requestIDs = regexp.MustCompile(`\breq-[0-9a-f]{16}\b`) // as daybookhttp.Middleware makes them
)

// number replaces what matches by the number of its first appearance.
func number(what *regexp.Regexp, text []byte, format string) []byte {
	numbers := make(map[string]int)
	return what.ReplaceAllFunc(text, func(found []byte) []byte {
		key := string(bytes.ToLower(found))
		if numbers[key] == 0 {
			numbers[key] = len(numbers) + 1
		}
		return fmt.Appendf(nil, format, numbers[key])
	})
}
