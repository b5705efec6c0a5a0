package storetest

import (
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

func times() []promise {
	return []promise{
		{"From is part of a range and To is not, to the microsecond",
			"reports of two months that share an entry, or lose one between them, do not add up",
			edges},
		{"a range may lie outside the times that entries can have",
			"a page asks for everything since the year 1, or until the year 9999",
			endlessRanges},
		{"an entry whose id another program made is found by its time",
			"other programs fill the bits behind the milliseconds with anything",
			foreignIDs},
	}
}

func edges(t testing.TB, s *subject) {
	const micro = time.Microsecond
	moments := []time.Time{
		time.UnixMicro(1).UTC(),
		time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 1, 1, 0, 0, 0, 1000, time.UTC),
		time.Date(2026, 1, 1, 0, 0, 0, 999_000, time.UTC),
		time.Date(2026, 1, 1, 0, 0, 0, 1_000_000, time.UTC),
		time.Date(2026, 6, 30, 23, 59, 59, 999_999_000, time.UTC),
		time.Date(2026, 7, 7, 7, 7, 7, 123_456_000, time.UTC),
		time.Date(2199, 12, 31, 23, 59, 59, 999_998_000, time.UTC),
	}
	bounds := []time.Duration{-2 * micro, -micro, -1, 0, 1, micro, 2 * micro}
	var entries []daybook.Entry
	for _, at := range moments {
		for _, d := range []time.Duration{-micro, 0, micro} {
			e := Entry(at.String())
			e.ID, e.CreatedAt, e.UpdatedAt = daybook.ID{}, at.Add(d), time.Time{}
			entries = append(entries, normalized(e))
		}
	}
	s.append(t, entries...)
	zone := time.FixedZone("", 5*3600+1800)
	for _, at := range moments {
		for i, lower := range bounds {
			from := at.Add(lower)
			check := func(from, to time.Time) {
				var want int
				for _, d := range []time.Duration{-micro, 0, micro} {
					if e := at.Add(d); (from.IsZero() || !e.Before(from)) && (to.IsZero() || e.Before(to)) {
						want++
					}
				}
				q := daybook.Query{From: from, To: to}
				if got := len(s.query(t, at.String(), q).Entries); got != want {
					t.Errorf("around %v: %d entries from %v to %v, want %d", at, got, from, to, want)
				}
			}
			check(from, time.Time{})
			check(time.Time{}, from)
			check(from.In(zone), time.Time{})
			for _, upper := range bounds[i:] {
				check(from, at.Add(upper).In(zone))
			}
		}
		if got := s.query(t, at.String(), daybook.Query{From: at.Add(micro), To: at.Add(-micro)}).Entries; len(got) != 0 {
			t.Errorf("%d entries in a range that ends before it begins", len(got))
		}
	}
}

func endlessRanges(t testing.TB, s *subject) {
	first, last := Entry("acme"), Entry("acme")
	first.ID, first.CreatedAt, first.UpdatedAt = daybook.ID{}, time.Unix(0, 0), time.Time{}
	last.ID, last.CreatedAt, last.UpdatedAt = daybook.ID{}, time.Date(2199, 12, 31, 23, 59, 59, 999_999_999, time.UTC), time.Time{}
	s.append(t, first, last)
	past := []time.Time{time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1677, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, time.UTC), time.Unix(0, 0)}
	future := []time.Time{time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2263, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)}
	expect := func(want int, q daybook.Query) {
		t.Helper()
		if got := len(s.query(t, "acme", q).Entries); got != want {
			t.Errorf("%d entries from %v to %v, want %d", got, q.From, q.To, want)
		}
	}
	for _, p := range past {
		expect(2, daybook.Query{From: p})
		expect(0, daybook.Query{To: p})
		for _, f := range future {
			expect(2, daybook.Query{From: p, To: f})
		}
	}
	for _, f := range future {
		expect(0, daybook.Query{From: f})
		expect(2, daybook.Query{To: f})
	}
}

func foreignIDs(t testing.TB, s *subject) {
	g := NewGenerator(4)
	entries := make([]daybook.Entry, 200)
	for i := range entries {
		e := Entry("acme")
		e.ID = g.ID(g.Start.Add(time.Duration(g.IntN(3)) * time.Millisecond))
		e.ID[6], e.ID[7] = 7<<4|byte(g.IntN(16)), byte(g.IntN(256))
		e.CreatedAt, e.UpdatedAt = time.Time{}, time.Time{}
		entries[i] = normalized(e)
	}
	s.append(t, entries...)
	found := 0
	for i := range 60 {
		at := entries[i].CreatedAt
		to := at.Add(time.Duration(g.IntN(1500)) * time.Microsecond)
		found += s.finds(t, "acme", entries, daybook.Query{From: at, To: to, Limit: 300})
		s.finds(t, "acme", entries, daybook.Query{From: at.Add(1), Limit: 300, Order: daybook.Oldest})
	}
	if found == 0 {
		t.Error("no entry was to be found: this proves nothing")
	}
}
