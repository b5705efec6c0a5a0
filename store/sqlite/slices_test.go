package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/storetest"
)

// A page whose budget is spent says how far it looked, and the pages behind it find the rest.
func TestAShortPageGoesOnWhereItEnded(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "daybook.db"))
	s.SetScanBudget(0)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var entries []daybook.Entry
	for i := range 200 {
		e := storetest.Entry("acme")
		e.ID, e.CreatedAt, e.UpdatedAt = daybook.NewIDAt(start.Add(time.Duration(i)*17*time.Minute)), time.Time{}, time.Time{}
		e.Details = daybook.Details{"n": i % 7}
		entries = append(entries, e)
	}
	if err := s.Append(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
	f, _, err := daybook.ParseFilter("details.n:3", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []daybook.Query{
		{Filter: f, Limit: 5}, {Filter: f, Limit: 100}, {Filter: f, Limit: 4, Order: daybook.Oldest}, {Filter: f, Order: daybook.Oldest},
		{Filter: f, From: start.Add(10 * time.Hour), To: start.Add(40 * time.Hour)},
		{Filter: f, From: start.Add(10 * time.Hour), To: start.Add(40 * time.Hour), Order: daybook.Oldest},
		{Filter: f, From: start.Add(90 * time.Hour)}, {Filter: f, To: start.Add(-time.Hour), Order: daybook.Oldest},
		{Details: daybook.Details{"n": 3}},
	} {
		want, found, short := 0, 0, 0
		for i := range entries {
			e := entries[i]
			if _, err := e.Normalize(); err != nil {
				t.Fatal(err)
			}
			if i%7 == 3 && (q.From.IsZero() || !e.CreatedAt.Before(q.From)) && (q.To.IsZero() || e.CreatedAt.Before(q.To)) {
				want++
			}
		}
		var last time.Time
		for pages := 0; ; pages++ {
			page, err := s.Query(t.Context(), "acme", q)
			if err != nil || pages > 1000 {
				t.Fatal(pages, err)
			}
			for _, e := range page.Entries {
				if !last.IsZero() && e.CreatedAt.Before(last) != (q.Order == daybook.Newest) {
					t.Fatalf("%v follows %v", e.CreatedAt, last)
				}
				last = e.CreatedAt
			}
			found += len(page.Entries)
			if !page.ScannedTo.IsZero() {
				short++
				if page.Next.IsZero() {
					t.Fatal("a short page has no next")
				}
			}
			if q.After = page.Next; q.After.IsZero() {
				break
			}
		}
		if found != want || want > 0 && short == 0 {
			t.Errorf("%+v: %d entries, want %d; %d short pages", q, found, want, short)
		}
	}
}
