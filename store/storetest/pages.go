package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

func paging() []promise {
	return []promise{
		{"pages meet without gap or overlap",
			"an entry that falls between two pages is in no export, and one that is on both is counted twice",
			pagesMeet},
		{"entries of one time are on exactly one page each",
			"a batch is recorded with one time, and a cursor of the time alone skips what is left of it",
			equalTimes},
		{"pages stay whole while entries arrive",
			"an export takes hours and the log does not wait for it",
			pagesWhileEntriesArrive},
		{"the last page has no Next, also when it is full",
			"whoever reads to the end asks for one page too many, or never stops",
			lastPage},
		{"a page has as many entries as were asked for, 50 when nobody says, and never more than 1000",
			"one query must not take the memory of the server",
			limits},
		{"a cursor of the other order is refused",
			"read backwards it would skip everything without a word",
			otherOrder},
		{"a cursor finds its place though its entry is not there",
			"a client may keep a cursor longer than the log keeps the entry",
			cursorWithoutEntry},
	}
}

// paged returns what the pages of q hold, checking their sizes.
func (s *subject) paged(t testing.TB, organization string, q daybook.Query) []daybook.Entry {
	t.Helper()
	var found []daybook.Entry
	for n := 1; ; n++ {
		page := s.query(t, organization, q)
		found = append(found, page.Entries...)
		if full := len(page.Entries) == q.Limit; !page.Next.IsZero() && !full || len(page.Entries) > q.Limit {
			t.Fatalf("page %d has %d entries, the limit is %d, next is %v", n, len(page.Entries), q.Limit, page.Next)
		}
		if page.Next.IsZero() {
			return found
		}
		if page.Next == q.After {
			t.Fatalf("the cursor behind page %d is that of page %d", n, n-1)
		}
		q.After = page.Next
	}
}

func pagesMeet(t testing.TB, s *subject) {
	entries := s.corpus(t, "acme", 120)
	s.append(t, Entries("zeta", 30)...)
	for _, order := range []daybook.Order{daybook.Newest, daybook.Oldest} {
		for _, limit := range []int{1, 7, 40, 119, 120, 121} {
			q := daybook.Query{Order: order, Limit: limit}
			if diff := Diff(matching(t, entries, q), s.paged(t, "acme", q)); diff != "" {
				t.Errorf("%v, %d a page, -want +got:\n%.4000s", order, limit, diff)
			}
			q.Actions = []daybook.Action{daybook.Create, daybook.Read} // cursors point between what is found
			q.From, q.To = entries[0].CreatedAt.Add(-time.Second), entries[0].CreatedAt.Add(time.Minute)
			if diff := Diff(matching(t, entries, q), s.paged(t, "acme", q)); diff != "" {
				t.Errorf("%v, %d a page, filtered, -want +got:\n%.4000s", order, limit, diff)
			}
		}
	}
}

func equalTimes(t testing.TB, s *subject) {
	g := NewGenerator(5)
	at := g.Time()
	entries := make([]daybook.Entry, 30)
	for i := range entries {
		e := Entry("acme")
		e.ID, e.CreatedAt, e.UpdatedAt = g.ID(at), time.Time{}, time.Time{}
		entries[i] = normalized(e)
	}
	s.append(t, entries...)
	for _, order := range []daybook.Order{daybook.Newest, daybook.Oldest} {
		for _, limit := range []int{1, 7, 10} {
			q := daybook.Query{Order: order, Limit: limit, From: at, To: at.Add(time.Microsecond)}
			if diff := Diff(matching(t, entries, q), s.paged(t, "acme", q)); diff != "" {
				t.Errorf("%v, %d a page, -want +got:\n%.4000s", order, limit, diff)
			}
		}
	}
}

func pagesWhileEntriesArrive(t testing.TB, s *subject) {
	for _, order := range []daybook.Order{daybook.Newest, daybook.Oldest} {
		organization := "acme-" + order.String()
		entries := Entries(organization, 40)
		s.append(t, entries...)
		there := matching(t, entries, daybook.Query{Order: order})
		first, last := entries[0].CreatedAt, entries[len(entries)-1].CreatedAt
		q := daybook.Query{Order: order, Limit: 7}
		var got []daybook.Entry
		seen := map[daybook.ID]bool{}
		for {
			page := s.query(t, organization, q)
			for _, e := range page.Entries {
				if seen[e.ID] {
					t.Fatalf("%v: entry %s is on two pages", order, e.ResourceID)
				}
				seen[e.ID] = true
				if slices.ContainsFunc(there, func(have daybook.Entry) bool { return have.ID == e.ID }) {
					got = append(got, e)
				}
			}
			if page.Next.IsZero() {
				break
			}
			if len(seen) > 1000 {
				t.Fatalf("%v: the pages have no end", order)
			}
			q.After = page.Next
			if len(got) >= len(there) {
				continue
			}
			var arrived []daybook.Entry
			cursor := page.Next.ID.Time()
			for _, at := range []time.Time{first.Add(-time.Hour), last.Add(time.Hour), cursor, cursor.Add(-time.Microsecond), cursor.Add(time.Microsecond)} {
				e := Entry(organization)
				e.ID, e.CreatedAt, e.UpdatedAt = daybook.ID{}, at, time.Time{}
				arrived = append(arrived, e)
			}
			s.append(t, arrived...)
		}
		if diff := Diff(there, got); diff != "" {
			t.Errorf("%v: of the entries that were there from the beginning, -want +got:\n%.4000s", order, diff)
		}
	}
}

func lastPage(t testing.TB, s *subject) {
	s.append(t, Entries("acme", 12)...)
	for _, order := range []daybook.Order{daybook.Newest, daybook.Oldest} {
		for limit := 1; limit <= 13; limit++ {
			q := daybook.Query{Order: order, Limit: limit}
			for rest := 12; rest > 0; rest -= limit {
				page := s.query(t, "acme", q)
				if want := min(limit, rest); len(page.Entries) != want {
					t.Fatalf("%v, %d a page: a page of %d entries with %d left", order, limit, len(page.Entries), rest)
				}
				if last := rest <= limit; page.Next.IsZero() != last {
					t.Fatalf("%v, %d a page: with %d entries left the page's Next is %v", order, limit, rest, page.Next)
				}
				q.After = page.Next
			}
		}
	}
	if page := s.query(t, "acme", daybook.Query{UserID: "nobody", Limit: 1}); len(page.Entries) != 0 || !page.Next.IsZero() {
		t.Errorf("a page of nothing has %d entries and next %v", len(page.Entries), page.Next)
	}
}

func limits(t testing.TB, s *subject) {
	if daybook.DefaultLimit != 50 || daybook.MaxLimit != 1000 {
		t.Fatalf("the limits are %d and %d", daybook.DefaultLimit, daybook.MaxLimit)
	}
	s.append(t, Entries("acme", 1001)...)
	for limit, want := range map[int]int{0: 50, 1: 1, 999: 999, 1000: 1000, 1001: 1000, 1 << 30: 1000, int(^uint(0) >> 1): 1000} {
		page := s.query(t, "acme", daybook.Query{Limit: limit})
		if len(page.Entries) != want || page.Next.IsZero() {
			t.Errorf("with limit %d a page has %d entries, want %d; next is %v", limit, len(page.Entries), want, page.Next)
		}
		if limit == 1<<30 {
			rest := s.query(t, "acme", daybook.Query{Limit: limit, After: page.Next})
			if len(rest.Entries) != 1 || rest.Entries[0].ResourceID != "1" || !rest.Next.IsZero() {
				t.Errorf("behind 1000 of 1001 entries there is a page of %d, next %v", len(rest.Entries), rest.Next)
			}
		}
	}
}

func otherOrder(t testing.TB, s *subject) {
	s.append(t, Entries("acme", 3)...)
	for _, order := range []daybook.Order{daybook.Newest, daybook.Oldest} {
		next := s.query(t, "acme", daybook.Query{Order: order, Limit: 1}).Next
		if next.IsZero() || next.Order != order {
			t.Fatalf("%v: the first page of three ends at %v", order, next)
		}
		other := daybook.Newest + daybook.Oldest - order
		for name, q := range map[string]daybook.Query{
			"the other order":           {Order: other, After: next},
			"an id that no entry has":   {Order: order, After: daybook.Cursor{Order: order, ID: daybook.ID{1}}},
			"an order that there isn't": {Order: order, After: daybook.Cursor{Order: 7, ID: next.ID}},
		} {
			if page, err := s.Query(t.Context(), "acme", q); !errors.Is(err, daybook.ErrCursor) || len(page.Entries) > 0 {
				t.Errorf("%v, a cursor of %s: %d entries, %v, want ErrCursor", order, name, len(page.Entries), err)
			}
		}
	}
}

func cursorWithoutEntry(t testing.TB, s *subject) {
	entries := Entries("acme", 10)
	s.append(t, append(entries[:4:4], entries[5:]...)...)
	for order, want := range map[daybook.Order][]string{daybook.Newest: {"4", "3", "2", "1"}, daybook.Oldest: {"6", "7", "8", "9", "10"}} {
		var got []string
		for _, e := range s.all(t, "acme", daybook.Query{Order: order, After: daybook.Cursor{Order: order, ID: entries[4].ID}, Limit: 2}) {
			got = append(got, e.ResourceID)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v: behind the place of 5 are %v, want %v", order, got, want)
		}
	}
}
