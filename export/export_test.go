package export_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/export"
	"github.com/daybookdev/daybook/store/memory"
	"github.com/daybookdev/daybook/store/storetest"
)

// hostile are texts of which some spreadsheet makes a formula, and such as break a careless writer.
var hostile = []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\ufeff=1", "\u200b=1", "\u3000=1", "\u200d\u200b @x",
	"\uff1d1", "\uff0b1", "\uff0d1", "\uff201", "'", "''", "'=1", "'a", `"`, `""`, "a,b", "a\r\nb", "a\nb", "\"=1\"", "=HYPERLINK(\"http://x\",\"y\")", "a'=1", "a=1", "",
	"\x1b]0;title\x07", "\u202e=1", "\u2028=1", "\u0085=1", "\u061c=1", "\U000e0001=1", "\u0001=1", "é", "日本", "\U0001f600"}

func entries() []daybook.Entry {
	g := storetest.NewGenerator(4)
	var all []daybook.Entry
	for _, text := range hostile {
		e := g.Entry("acme")
		e.ResourceID, e.UserID, e.RequestID, e.UserAgent, e.RecordedBy = text, text, text, text, text
		e.Details = daybook.Details{text: text, "n": json.Number("123456789012345678901234567890.5"), "list": []any{text, nil, true}}
		if _, err := e.Normalize(); err != nil {
			continue // no store has it
		}
		all = append(all, e)
	}
	for range 200 {
		all = append(all, g.Entry("=acme"))
	}
	return all
}

func sequence(all []daybook.Entry) iter.Seq2[daybook.Entry, error] {
	return func(yield func(daybook.Entry, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// parseCSV is a parser of RFC 4180 that keeps every character, unlike encoding/csv, for which CR LF
// in a cell is LF. It refuses what the exporter does not write.
func parseCSV(t testing.TB, text string) [][]string {
	t.Helper()
	var lines [][]string
	var line []string
	for text != "" {
		if text[0] != '"' {
			t.Fatalf("a cell without quotes: %.40q", text)
		}
		var cell strings.Builder
		for text = text[1:]; ; {
			end := strings.IndexByte(text, '"')
			if end < 0 {
				t.Fatalf("a cell without an end: %.40q", text)
			}
			cell.WriteString(text[:end])
			if text = text[end+1:]; !strings.HasPrefix(text, `"`) {
				break
			}
			cell.WriteByte('"')
			text = text[1:]
		}
		line = append(line, cell.String())
		switch {
		case strings.HasPrefix(text, ","):
			text = text[1:]
		case strings.HasPrefix(text, "\r\n"):
			text, lines, line = text[2:], append(lines, line), nil
		default:
			t.Fatalf("behind a cell: %.40q", text)
		}
	}
	return lines
}

// entryOf reads a line of CSV.
func entryOf(t testing.TB, header, cells []string, read func(string) string) daybook.Entry {
	t.Helper()
	object := map[string]json.RawMessage{}
	for i, name := range header {
		switch cell := read(cells[i]); {
		case cell == "":
		case name == "details":
			object[name] = json.RawMessage(cell)
		default:
			text, err := json.Marshal(cell)
			if err != nil {
				t.Fatal(err)
			}
			object[name] = text
		}
	}
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	var e daybook.Entry
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e
}

func TestCSVIsReadBackExactly(t *testing.T) {
	all := entries()
	for name, o := range map[string]*export.Options{"guarded": nil, "raw": {Raw: true}} {
		var b bytes.Buffer
		n, err := export.Write(&b, export.CSV, sequence(all), o)
		if err != nil || n != int64(len(all)) {
			t.Fatalf("%s: %d entries, %v, want %d", name, n, err, len(all))
		}
		read := export.Unguard
		if o != nil {
			read = func(cell string) string { return cell }
		}
		lines := parseCSV(t, b.String())
		if !slices.Equal(lines[0], export.Columns()) {
			t.Fatalf("%s: the header is %q", name, lines[0])
		}
		var got []daybook.Entry
		for _, cells := range lines[1:] {
			got = append(got, entryOf(t, lines[0], cells, read))
		}
		if diff := storetest.Diff(all, got); diff != "" {
			t.Errorf("%s, -exported +read:\n%.3000s", name, diff)
		}
		for _, cells := range lines {
			for _, cell := range cells {
				if o == nil && startsFormula(cell) {
					t.Errorf("a cell that a spreadsheet runs: %q", cell)
				}
			}
		}
	}
}

// startsFormula is the rule, stated again.
func startsFormula(cell string) bool {
	if cell == "" {
		return false
	}
	seen := strings.TrimLeftFunc(cell, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
	})
	first, _ := utf8.DecodeRuneInString(seen)
	return strings.Contains("\t\r\n\x00", cell[:1]) || seen != "" && strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20", first)
}

func TestJSONIsReadBackExactly(t *testing.T) {
	all := entries()
	for _, f := range []export.Format{export.NDJSON, export.JSON} {
		var b bytes.Buffer
		if _, err := export.Write(&b, f, sequence(all), nil); err != nil {
			t.Fatal(err)
		}
		var got []daybook.Entry
		if f == export.JSON {
			if err := json.Unmarshal(b.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
		} else {
			for line := range strings.Lines(b.String()) {
				var e daybook.Entry
				if err := json.Unmarshal([]byte(line), &e); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				got = append(got, e)
			}
		}
		if diff := storetest.Diff(all, got); diff != "" {
			t.Errorf("%s, -exported +read:\n%.3000s", f, diff)
		}
		for _, r := range b.String() {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028') {
				t.Fatalf("%s has %U as it is", f, r)
			}
		}
	}
	for f, want := range map[export.Format]string{export.JSON: "[]\n", export.NDJSON: "", export.CSV: `"id",`} {
		var b bytes.Buffer
		if n, err := export.Write(&b, f, sequence(nil), nil); err != nil || n != 0 || !strings.HasPrefix(b.String(), want) || f != export.CSV && b.String() != want {
			t.Errorf("%s of nothing: %q, %v", f, b.String(), err)
		}
	}
}

func TestAnExportThatBreaksOffIsNoWholeOne(t *testing.T) {
	broken := errors.New("the store failed")
	for _, f := range []export.Format{export.CSV, export.NDJSON, export.JSON} {
		var b bytes.Buffer
		all := entries()[:3]
		n, err := export.Write(&b, f, func(yield func(daybook.Entry, error) bool) {
			for _, e := range all {
				if !yield(e, nil) {
					t.Error("stopped early")
				}
			}
			if yield(daybook.Entry{}, broken) {
				t.Error("went on behind an error")
			}
		}, nil)
		if !errors.Is(err, broken) || n != 3 {
			t.Errorf("%s: %d, %v", f, n, err)
		}
		if f == export.JSON && json.Valid(b.Bytes()) {
			t.Errorf("half an array is valid: %s", b.String())
		}
		if n, err := export.Write(failing{}, f, sequence(entries()), nil); err == nil {
			t.Errorf("%s to a full disk: %d, no error", f, n)
		}
	}
	if _, err := export.Write(&bytes.Buffer{}, "xlsx", sequence(nil), nil); !errors.Is(err, daybook.ErrInvalid) {
		t.Errorf("an unknown format: %v", err)
	}
	if _, err := export.ParseFormat("CSV"); !errors.Is(err, daybook.ErrInvalid) {
		t.Errorf("a format in another case: %v", err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// What goes through is not kept: fifty thousand entries take no more memory than ten.
func TestAnExportKeepsNothing(t *testing.T) {
	one := storetest.Entry("acme")
	for _, f := range []export.Format{export.CSV, export.NDJSON, export.JSON} {
		var most uint64
		_, err := export.Write(counting{}, f, func(yield func(daybook.Entry, error) bool) {
			for i := range 50_000 {
				if i%10_000 == 0 {
					runtime.GC()
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					most = max(most, m.HeapAlloc)
				}
				if !yield(one, nil) {
					return
				}
			}
		}, nil)
		if err != nil || most > 32<<20 {
			t.Errorf("%s: %d bytes, %v", f, most, err)
		}
	}
}

type counting struct{}

func (counting) Write(b []byte) (int, error) { return len(b), nil }

// A search for the rare must show what it has found while it goes on.
func TestWhatComesSlowlyIsFlushed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		flushed := 0
		one := storetest.Entry("acme")
		_, err := export.Write(&b, export.NDJSON, func(yield func(daybook.Entry, error) bool) {
			yield(one, nil)
			before := b.Len()
			time.Sleep(1100 * time.Millisecond)
			yield(one, nil)
			if before != 0 || b.Len() == 0 || flushed != 1 {
				t.Errorf("%d bytes before a second was over, %d afterwards, flushed %d times", before, b.Len(), flushed)
			}
		}, &export.Options{Flush: func() error { flushed++; return nil }})
		if err != nil || flushed != 2 {
			t.Errorf("flushed %d times, %v", flushed, err)
		}
	})
}

func TestAllOfAStoreIsExported(t *testing.T) {
	s := memory.New()
	defer s.Close()
	g := storetest.NewGenerator(9)
	var want []daybook.Entry
	for range 2500 {
		e := g.Entry("acme")
		e.IPAddress = netip.Addr{}
		want = append(want, e)
	}
	if err := s.Append(t.Context(), want...); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	n, err := export.Write(&b, export.CSV, daybook.All(t.Context(), s, "acme", daybook.Query{Order: daybook.Oldest}), nil)
	if lines := parseCSV(t, b.String()); err != nil || n != 2500 || len(lines) != 2501 {
		t.Errorf("%d entries in %d lines, %v", n, len(lines), err)
	}
}

func FuzzGuardIsUndone(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		guarded := export.Guard(text)
		if got := export.Unguard(guarded); got != text {
			t.Errorf("%q is guarded as %q and read as %q", text, guarded, got)
		}
		if startsFormula(guarded) {
			t.Errorf("%q is guarded as %q, which a spreadsheet runs", text, guarded)
		}
	})
}

func FuzzCSVIsReadBack(f *testing.F) {
	for _, text := range hostile {
		f.Add(text, uint64(1))
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		g := storetest.Generator{Rand: rand.New(rand.NewPCG(seed, 0)), Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		e := g.Entry("acme")
		e.UserAgent, e.Details = text, daybook.Details{"text": text}
		if _, err := e.Normalize(); err != nil {
			return
		}
		var err error
		if e.Details, err = e.Details.Normalize(); err != nil {
			return
		}
		var b bytes.Buffer
		if _, err := export.Write(&b, export.CSV, sequence([]daybook.Entry{e}), nil); err != nil {
			t.Fatal(err)
		}
		lines := parseCSV(t, b.String())
		if diff := cmp.Diff([]daybook.Entry{e}, []daybook.Entry{entryOf(t, lines[0], lines[1], export.Unguard)}, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("-exported +read:\n%s", diff)
		}
	})
}
