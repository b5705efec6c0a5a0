package sqlite_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/sqlite"
	"github.com/daybookdev/daybook/store/storetest"
)

var pathFields = []daybook.Field{"details.a", "details.A", `details."a.b"`, "details.tags", "details.tags.a", "details.size", "details.a.b", "details.a.a.b", "details.none",
	`details."\"q\""`, `details.""`, "details.\"\\u0000\"", "details.\"é\".b", "details.a.a.a.a.a.a.a.a"}

// samePath compares what is found in the text with what is found in the entry.
func samePath(t testing.TB, field daybook.Field, details daybook.Details) {
	t.Helper()
	text, err := details.Canonical()
	if err != nil {
		return
	}
	var parsed daybook.Details
	if len(text) > 0 {
		if parsed, err = daybook.ParseDetails(text); err != nil {
			t.Fatal(err)
		}
	}
	want := field.Values(&daybook.Entry{Details: parsed})
	if got, ok := sqlite.PathValues(field, text); ok && !slices.Equal(got, want) {
		t.Errorf("%s in %s: %q, want %q", field, text, got, want)
	} else if !ok && len(want) < 16 {
		t.Errorf("%s in %s must be parsed", field, text)
	}
}

func TestAPathIsFollowedInTheTextAsInTheEntry(t *testing.T) {
	g := storetest.NewGenerator(1)
	for range 20_000 {
		d := g.Details()
		if d != nil && g.IntN(4) == 0 {
			d[[]string{`"q"`, "", "é", "a\nb", `a":1,"A`}[g.IntN(5)]] = map[string]any{"b": g.Details(), "a": []any{g.Details(), "x\ty", `},{"a":"no`, `\`}}
		}
		samePath(t, pathFields[g.IntN(len(pathFields))], d)
	}
	long := make([]any, 40)
	for i := range long {
		long[i] = fmt.Sprint(i)
	}
	samePath(t, "details.a", daybook.Details{"a": long})
	samePath(t, "details.a", daybook.Details{"a": slices.Repeat([]any{"x", 1, "1"}, 40)})
}

func FuzzAPathInAnyText(f *testing.F) {
	for _, text := range []string{`{"a":1}`, `{"a":[1,{"b":"x"}]}`, `{"a":`, `{"a"`, `{"a":[`, `{"a":{"a":{"b":[]}}}`, `{"a":"\"`, `[]`, `{"a":1}}`, `{"a" :1}`, "", `{"a":tru`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, field := range pathFields {
			sqlite.PathValues(field, []byte(text)) // must not panic, whatever is in the file
		}
		if details, err := daybook.ParseDetails([]byte(text)); err == nil && !strings.Contains(text, "\\u0000") {
			for _, field := range pathFields {
				samePath(t, field, details)
			}
		}
	})
}
