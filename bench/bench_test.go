package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/sqlite"
)

// The load generator is this program, which a measurement starts again.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == loadWord {
		main()
		return
	}
	m.Run()
}

func TestAQuickRunFillsEveryTable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "files")
	page := filepath.Join(t.TempDir(), "performance.md")
	err := run(t.Context(), []string{"-quick", "-rows=1000", "-seconds=0.02", "-dir", dir, "-write", page}, io.Discard, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), preamble) || !strings.Contains(string(text), "go run ./bench -quick -rows=1000") {
		t.Errorf("the page lacks its preamble or the command:\n%s", text)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the directory that was made is still there: %v", err)
	}

	tables := parseTables(t, string(text))
	rows := map[string]int{}
	for title, cells := range tables {
		rows[title] = len(cells) - 1
	}
	want := map[string]int{
		"Aims":          2*3 + 2*3 + 9 + 2*2 + 1 + 1 + 2*3 + 9 + 1 + 1 + 1 + 1, // requests, queries, writes, HTTP, the ledger; PostgreSQL's storage, queries, bulk, bulk over HTTP, writes
		"A request":     3,
		"Bytes a row":   1 + 1 + 6 + 3 + 1, // the file, the table, its indexes, the ledger's tables and index, the rest
		"The ledger":    3,
		"Queries":       7 + 13,
		"Durable calls": 2 * 3 * 3,
		"Ingest":        2 * 3,

		"Recording over HTTP": 3 * 2,

		"Storage, PostgreSQL":        5 + 1,
		"Queries, PostgreSQL":        7 + 13,
		"Bulk, PostgreSQL":           2,
		"Bulk over HTTP, PostgreSQL": 2,
		"Durable calls, PostgreSQL":  3 * 3,
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows of each table (-want +got):\n%s", diff)
	}
	delete(tables, "Aims") // nothing is asserted on speed
	for title, cells := range tables {
		for _, row := range cells[1:] {
			checkFigures(t, title, cells[0], row)
		}
	}
}

// parseTables returns the cells of the table under each heading.
func parseTables(t *testing.T, page string) map[string][][]string {
	tables := map[string][][]string{}
	title := ""
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			title = heading
		}
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		cells := strings.Split(strings.TrimSuffix(strings.TrimPrefix(line, "| "), " |"), " | ")
		tables[title] = append(tables[title], cells)
		if first := tables[title][0]; len(cells) != len(first) {
			t.Errorf("%s: %d cells in a table of %d columns: %s", title, len(cells), len(first), line)
		}
	}
	return tables
}

// checkFigures wants a positive number in every cell that is not a name, and not a word.
func checkFigures(t *testing.T, title string, head, row []string) {
	t.Helper()
	for i, cell := range row {
		switch head[i] {
		case "writes", "answer", "part", "query", "entries stored", "request", "store":
			if !strings.HasPrefix(title, "Queries") || i == 0 {
				continue
			}
		case "in order, rows/s", "most waiting":
			if row[0] == "COPY" || cell == "0" {
				continue
			}
		case "file without it":
			if row[0] == "the file" || row[0] == "`activity_log`" || row[0] == "everything else" {
				continue
			}
		}
		f, err := strconv.ParseFloat(strings.TrimSuffix(strings.ReplaceAll(cell, ",", ""), "×"), 64)
		if err != nil || !(f > 0) {
			t.Errorf("%s: %q of %v is %q, not a positive figure", title, head[i], row[0], cell)
		}
	}
}

// A baseline that stores less than Daybook does would be no baseline.
func TestAllWritersStoreTheSameEntries(t *testing.T) {
	trail := newTrail(0, testTime)
	for way, open := range openers() {
		path := filepath.Join(t.TempDir(), "daybook.db")
		s, err := sqlite.Open(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		w, err := open(t.Context(), path, 2)
		if err != nil {
			t.Fatal(err)
		}
		given := make([]daybook.Entry, 50)
		for i := range given {
			given[i] = trail.next()
		}
		if err := w.one(t.Context(), given[0]); err != nil {
			t.Fatal(err)
		}
		if err := w.many(t.Context(), given[1:]); err != nil {
			t.Fatal(err)
		}
		if n, err := w.entries(t.Context()); err != nil || n != len(given) {
			t.Errorf("writer %d has %d entries, %v, want %d", way, n, err, len(given))
		}
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(contents(t, given), contents(t, readAll(t, path))); diff != "" {
			t.Errorf("writer %d stores something else (-given +stored):\n%s", way, diff)
		}
	}
}

func readAll(t *testing.T, path string) []daybook.Entry {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tail, _, err := s.Tail(t.Context(), daybook.Position{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var entries []daybook.Entry
	for _, e := range tail {
		if e.ID.IsZero() || e.CreatedAt != e.ID.Time() {
			t.Errorf("entry %v has the time %v", e.ID, e.CreatedAt)
		}
		entries = append(entries, e.Entry)
	}
	return entries
}

// contents returns the entries as JSON, sorted, without what every writer draws for itself.
func contents(t *testing.T, entries []daybook.Entry) []string {
	t.Helper()
	var texts []string
	for _, e := range entries {
		if _, err := e.Normalize(); err != nil {
			t.Fatal(err)
		}
		e.ID = daybook.NewIDAt(testTime)
		e.CreatedAt, e.UpdatedAt = e.ID.Time(), e.ID.Time()
		text, err := e.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, strings.Replace(string(text), e.ID.String(), "", 1))
	}
	slices.Sort(texts)
	return texts
}

func TestARunThatIsInterruptedLeavesNothing(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	dir := t.TempDir()
	progress := writerFunc(func(p []byte) (int, error) {
		if strings.Contains(string(p), "measure queries") { // the files are there
			interrupt()
		}
		return len(p), nil
	})
	if err := run(ctx, []string{"-quick", "-rows=1000", "-dir", dir}, io.Discard, progress); !errors.Is(err, context.Canceled) {
		t.Errorf("the run ends with %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left in the directory: %v, %v", left, err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
