package main

import (
	"bufio"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func printTable(t *testing.T, most int, columns []column, batches ...[][]string) string {
	t.Helper()
	var b strings.Builder
	w := bufio.NewWriter(&b)
	table := newTable(w, most, columns)
	for _, rows := range batches {
		table.print(rows)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var testColumns = []column{
	{title: "TIME"},
	{title: "RESOURCE", least: 8, cut: cutMiddle},
	{title: "N", right: true},
	{title: "REQUEST", least: 8, cut: cutMiddle, drop: 1},
	{title: "DETAILS", least: 10, cut: cutEnd, drop: 2},
}

func TestTables(t *testing.T) {
	rows := [][]string{
		{"10:00", "document/0192f3a4b5c6", "1", "req-1", "title=Plan"},
		{"10:01", "東京/7", "1,234", "", "a long text about the details"},
	}
	for _, tt := range []struct {
		promise string
		most    int
		batches [][][]string
		want    string
	}{
		{"into a pipe nothing is shortened", 0, [][][]string{rows}, `
TIME   RESOURCE                   N  REQUEST  DETAILS
10:00  document/0192f3a4b5c6      1  req-1    title=Plan
10:01  東京/7                 1,234           a long text about the details
`},
		{"the widest column is narrowed first, and ids keep their end", 60, [][][]string{rows}, `
TIME   RESOURCE               N  REQUEST  DETAILS
10:00  document…f3a4b5c6      1  req-1    title=Plan
10:01  東京/7             1,234           a long text about…
`},
		{"on a narrow terminal columns are left out in their order", 32, [][][]string{rows}, `
TIME   RESOURCE                N
10:00  document/…f3a4b5c6      1
10:01  東京/7              1,234
`},
		{"a column that no row uses is left out", 0, [][][]string{{{"10:00", "a", "1", "", ""}}}, `
TIME   RESOURCE  N
10:00  a         1
`},
		{"later rows are fitted to the first", 44, [][][]string{{{"10:00", "a", "1", "r", "d"}}, {{"10:01", "document/0192f3a4b5c6", "2", "req-very-long", "a long text about"}}}, `
TIME   RESOURCE  N  REQUEST  DETAILS
10:00  a         1  r        d
10:01  docu…5c6  2  req…ong  a long…
`},
	} {
		t.Run(tt.promise, func(t *testing.T) {
			got := "\n" + printTable(t, tt.most, testColumns, tt.batches...)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
			for line := range strings.Lines(got) {
				if w := width(strings.TrimSuffix(line, "\n")); tt.most > 0 && w > tt.most {
					t.Errorf("%q has %d columns of %d", line, w, tt.most)
				}
			}
		})
	}
}

func TestCombiningMarksDoNotFillTheTable(t *testing.T) {
	flood := "e" + strings.Repeat("\u0301", 10_000)
	if cut := cutEnd(flood, 10); len([]rune(cut)) > 50 {
		t.Errorf("%d characters are left for 10 columns", len([]rune(cut)))
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000", -999: "-999"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 999_949: "999.9 kB", 999_951: "1.0 MB", 5_000_000_000: "5.0 GB"} {
		if got := bytesText(n); got != want {
			t.Errorf("%d bytes are written %s, want %s", n, got, want)
		}
	}
}
