package daybook_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/daybookdev/daybook"
)

func fmtInts(a, b int) string { return fmt.Sprintf("%d %d", a, b) }

// hostileFilters are texts that take a careless parser long, or down.
func hostileFilters() []string {
	many := func(s string) string { return strings.Repeat(s, 4096/len(s)) }
	return []string{
		many("("), many("(" + "a "), many("-"), many("NOT "), many(`"`), many(`\`), many("a "), many("a OR "), many("a:("), many("details."), many(`details."`), many("*"), many("a*"),
		"user:" + many("a,")[:4000], "details." + strings.Repeat("a.", 2000) + "b:1", "agent~" + strings.Repeat("(a*)*", 50), `agent~"` + strings.Repeat("x{1000}", 36) + `"`,
		`agent~"` + strings.Repeat(`(\pL|\pN)*`, 20) + `"`, "details.x~" + strings.Repeat("(", 200), `agent~((((x{10}){10}){10}){10})`, "created:" + strings.Repeat("9", 4000), "details.n:" + strings.Repeat("9", 4000),
		"details.n:1e999999999", "details.n>-1e-999999999", "created:-99999999999w", "\xff", "a\x00b", "user:\u202eabc", strings.Repeat("é", 2048), "action:(" + strings.Repeat("READ OR ", 200) + "READ)",
		"a' OR '1'='1", "x; drop table activity_log; --", "/* */ a", "%_%_%", `user:"\"" OR user:"\\"`, "organization:other", "resource:document/42) OR (a", "ip:::1%eth0",
	}
}

// checkFilter holds what must hold for every text: it is refused at a place within it, or is printed
// and read again as what it is.
func checkFilter(t *testing.T, text string) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	options := &daybook.FilterOptions{Now: filterNow, Zone: berlin, Me: "me"}
	f, notes, err := daybook.ParseFilter(text, options)
	length := utf8.RuneCountInString(text)
	if err != nil {
		var e *daybook.FilterError
		if !errors.As(err, &e) || !errors.Is(err, daybook.ErrInvalid) || e.Code == "" || e.Message == "" || e.At < 0 || e.Length < 0 || e.At+e.Length > length {
			t.Fatalf("%q: %#v", text, err)
		}
		return
	}
	for _, n := range notes {
		if n.Code == "" || n.Message == "" || n.At < 0 || n.At+n.Length > length {
			t.Fatalf("%q: %+v", text, n)
		}
	}
	f.Matches(&daybook.Entry{Action: "READ", CreatedAt: filterNow, Details: daybook.Details{"a": []any{nil, true, "x"}}})
	if printed := f.String(); len(printed) <= daybook.MaxFilter {
		again, _, err := daybook.ParseFilter(printed, options)
		if err != nil || !again.Equal(f) || again.String() != printed {
			t.Fatalf("%q is printed as %q, which is read as %q, %v", text, printed, again, err)
		}
	}
	data, err := f.MarshalJSON()
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	again, _, err := daybook.ParseFilterJSON(data, options)
	if err != nil || !again.Equal(f) {
		t.Fatalf("%q is in JSON %s, which is read as %q, %v", text, data, again, err)
	}
}

func TestAHostileFilterTakesLittle(t *testing.T) {
	for _, text := range hostileFilters() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begin := time.Now()
		_, _, _ = daybook.ParseFilter(text, nil)
		took := time.Since(begin)
		runtime.ReadMemStats(&after)
		if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 1<<20 {
			t.Errorf("%.60q takes %d bytes", text, bytes)
		}
		if took > 50*time.Millisecond {
			t.Errorf("%.60q takes %v", text, took)
		}
		checkFilter(t, text)
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, g := range goldenFilters {
		f.Add(g.text)
	}
	for _, text := range hostileFilters() {
		f.Add(text)
	}
	for line := range strings.Lines(wrongFilters) {
		f.Add(strings.TrimSuffix(line, "\n"))
	}
	f.Add(`details.n:50,"50",>3,a*b,\*,null,1..2 agent:a\\b* user:"me",me created:1970-01-01..2199-12-31,now`)
	f.Fuzz(func(t *testing.T, text string) { checkFilter(t, text) })
}

func FuzzParseFilterJSON(f *testing.F) {
	for _, g := range goldenFilters {
		f.Add([]byte(g.json))
	}
	f.Add([]byte(`{"and":[{"path":["a",{"string":"*"},"*"],"op":":","any":[1,"1",{"string":"1"},{"number":1},{"bool":true},{"null":true},{"range":[null,2]},{"cmp":">","value":"x"}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		filter, _, err := daybook.ParseFilterJSON(data, nil)
		if err != nil {
			if !errors.Is(err, daybook.ErrInvalid) {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		again, err := filter.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var read daybook.Filter
		if err := read.UnmarshalJSON(again); err != nil || !read.Equal(filter) {
			t.Fatalf("%q is written as %s, which is read as %v, %v", data, again, read, err)
		}
		if printed := filter.String(); len(printed) <= daybook.MaxFilter && !strings.Contains(string(again), `"zone"`) {
			if text, _, err := daybook.ParseFilter(printed, nil); err != nil && !isTooComplex(err) || err == nil && !text.Equal(filter) {
				t.Fatalf("%q is printed as %q, which is read as %q, %v", data, printed, text, err)
			}
		}
	})
}

// isTooComplex reports whether the limits of text, which are counted otherwise, are the reason.
func isTooComplex(err error) bool {
	var e *daybook.FilterError
	return errors.As(err, &e) && e.Code == daybook.FilterTooComplex
}
