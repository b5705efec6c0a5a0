package sqlite

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
)

// entryColumns are what filter_entry is called with, and textColumns, the part that free text is
// found in.
const (
	textColumns  = `action, resource_type, resource_id, user_id, request_id, ip_address, user_agent, details`
	entryColumns = textColumns + `, id, actor_type, outcome, created_at, updated_at`
)

// entryOf makes an entry of entryColumns.
func entryOf(args []sqlite.Value) (daybook.Entry, error) {
	e, err := textEntryOf(args)
	copy(e.ID[:], args[8].Blob())
	e.ActorType, e.Outcome = daybook.ActorType(args[9].Text()), daybook.Outcome(args[10].Text())
	e.CreatedAt, e.UpdatedAt = time.UnixMicro(args[11].Int64()).UTC(), time.UnixMicro(args[12].Int64()).UTC()
	return e, err
}

// textEntryOf makes of textColumns as much of an entry as they have.
func textEntryOf(args []sqlite.Value) (daybook.Entry, error) {
	e := daybook.Entry{
		Action:       daybook.Action(args[0].Text()),
		ResourceType: args[1].Text(),
		ResourceID:   idOf(args[2]),
		UserID:       idOf(args[3]),
		RequestID:    args[4].Text(),
		UserAgent:    args[6].Text(),
	}
	var err error
	if args[5].Type() != sqlite.TypeNull {
		if e.IPAddress, err = netip.ParseAddr(args[5].Text()); err != nil {
			return daybook.Entry{}, err
		}
	}
	if args[7].Type() != sqlite.TypeNull {
		e.Details, err = daybook.ParseDetails([]byte(args[7].Text()))
	}
	return e, err
}

func idOf(v sqlite.Value) string {
	if v.Type() == sqlite.TypeBlob {
		var u daybook.ID
		copy(u[:], v.Blob())
		return u.String()
	}
	return v.Text()
}

// A textTest looks for free text in a row. Most rows are refused by their bytes, before anything of
// them is parsed.
type textTest struct {
	daybook.FilterText
	run string // the longest part of the text that stands in a row as it is, but for the case of A-Z
}

func newTextTest(t daybook.FilterText) *textTest { return &textTest{t, longestRun(t.Folded)} }

// longestRun returns the longest part of a folded text that has nothing but ASCII, nothing that JSON
// escapes, and no space, which line breaks count as.
func longestRun(folded string) string {
	longest := ""
	for run := range strings.FieldsFuncSeq(folded, func(r rune) bool { return r <= ' ' || r == '"' || r == '\\' || r >= utf8.RuneSelf }) {
		if len(run) > len(longest) {
			longest = run
		}
	}
	return longest
}

func (t *textTest) matches(args []sqlite.Value) (bool, error) {
	maybe := t.run == "" && isASCII(t.Folded)
	for _, v := range args {
		switch v.Type() {
		case sqlite.TypeNull:
		case sqlite.TypeBlob:
			maybe = maybe || t.run != "" && strings.Contains(idOf(v), t.run)
		default:
			maybe = maybe || mayContain(v.Text(), t.run)
		}
	}
	if !maybe {
		return false, nil
	}
	e, err := textEntryOf(args)
	return err == nil && t.Matches(&e), err
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// mayContain reports whether a text, as it is or in JSON, can contain the run when it is folded. What
// is not ASCII may fold to anything, and is needed by a text that has no run because it has no ASCII.
func mayContain(s, run string) bool {
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf || run != "" && lower(c) == run[0] && foldedPrefix(s[i:], run) {
			return true
		}
	}
	return false
}

func foldedPrefix(s, folded string) bool {
	if len(s) < len(folded) {
		return false
	}
	for i := range len(folded) {
		if lower(s[i]) != folded[i] {
			return false
		}
	}
	return true
}

func lowerRune(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r - 'A' + 'a'
	}
	return r
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c - 'A' + 'a'
	}
	return c
}

// A detailsTest looks into the details of a row. Canonical JSON has the name of every member
// literally, so most rows without the path are refused before they are parsed.
type detailsTest struct {
	daybook.FilterDetails
	names []string // the members on the path, as they stand in JSON
	texts []string // what a passing value contains, any of them, but for the case of A-Z; nil: unknown
}

func newDetailsTest(t daybook.FilterDetails) *detailsTest {
	test := &detailsTest{FilterDetails: t}
	for _, s := range t.Path {
		if s.Any {
			continue
		}
		// The canonical form of {name:0} is {"name":0}: the name and its colon lie between.
		if b, err := (daybook.Details{s.Name: json.Number("0")}).Canonical(); err == nil {
			test.names = append(test.names, string(b[1:len(b)-2]))
		}
	}
	for _, v := range t.Tests {
		if run := longestRun(strings.Map(lowerRune, v.Text)); (v.Kind == daybook.ValueString || v.Kind == daybook.ValueFolded) && run != "" {
			test.texts = append(test.texts, run)
		} else {
			test.texts = nil
			break
		}
	}
	return test
}

func (t *detailsTest) matches(details string) (bool, error) {
	for _, name := range t.names {
		if !strings.Contains(details, name) {
			return false, nil
		}
	}
	if t.texts != nil && !slices.ContainsFunc(t.texts, func(run string) bool { return mayContain(details, run) }) {
		return false, nil
	}
	parsed, err := daybook.ParseDetails([]byte(details))
	return err == nil && t.Matches(&daybook.Entry{Details: parsed}), err
}
