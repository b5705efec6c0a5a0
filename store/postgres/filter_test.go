package postgres_test

import (
	"slices"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/storetest"
)

// Where ids are UUIDs a filter may still name any text: nothing has it, and no statement fails.
func TestFiltersByIDsThatAreUUIDs(t *testing.T) {
	const organization, ada, bob = "0191f3a0-0000-7000-8000-000000000001", "550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-b716-446655440000"
	s := open(t, newDatabase(t, postgres.UUID), postgres.UUID)
	var entries []daybook.Entry
	for i, user := range []string{ada, bob, "", ada} {
		e := storetest.Entry(organization)
		e.UserID, e.ResourceID = user, []string{ada, "", bob, bob}[i]
		entries = append(entries, e)
	}
	if err := s.Append(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		"user:" + ada: 2, "user:550E8400-E29B-41D4-A716-446655440000": 2, "user:eve": 0, "user:eve," + ada: 2, "-user:eve": 4, "user!=eve": 3, "user!=" + ada: 1, "-user:" + ada: 2,
		"user:550e*": 3, "user:550e8400-e29b-41d4-a*": 2, "-user:550e8400-e29b-41d4-a*": 2, "user:x*": 0, "user:550E*": 0, "user:*": 3, "resource:*/" + bob: 2, "resource:document/eve": 0, "user:eve OR resource_id:eve": 0,
		"(user:eve OR resource_id:" + bob + ")": 2, "id:" + entries[0].ID.String(): 1, "id:none": 0, "-id:none": 4, "id:0*": 4, "id:f*": 0, "550e8400": 4, "e29b-41d4-b716": 3,
	} {
		f, _, err := daybook.ParseFilter(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		page, err := s.Query(t.Context(), organization, daybook.Query{Filter: f})
		if err != nil || len(page.Entries) != want {
			t.Errorf("%s: %d entries, %v, want %d", text, len(page.Entries), err, want)
		}
		groups, err := s.Count(t.Context(), organization, daybook.Query{Filter: f})
		if err != nil || groups[0].Count != int64(want) {
			t.Errorf("%s: counted %v, %v, want %d", text, groups, err, want)
		}
	}
}

// A page whose budget is spent says how far it looked, and the pages behind it find the rest.
func TestAShortPageGoesOnWhereItEnded(t *testing.T) {
	s := open(t, newDatabase(t, postgres.Text), postgres.Text)
	postgres.SetScanBudget(s, 0)
	start := time.Now().Add(-100 * time.Hour)
	var entries []daybook.Entry
	for i := range 200 {
		e := storetest.Entry("acme")
		e.ID, e.CreatedAt, e.UpdatedAt = daybook.NewIDAt(start.Add(time.Duration(i)*11*time.Minute)), time.Time{}, time.Time{}
		e.Details = daybook.Details{"n": i % 7, "word": []string{"a", "b", "c"}[i%3]}
		entries = append(entries, e)
	}
	if err := s.Append(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
	for text, matches := range map[string]func(i int) bool{
		"details.n:3":      func(i int) bool { return i%7 == 3 },
		"details.word~^b$": func(i int) bool { return i%3 == 1 }, // applied to the rows
	} {
		f, _, err := daybook.ParseFilter(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []daybook.Query{{Filter: f, Limit: 5}, {Filter: f, Limit: 4, Order: daybook.Oldest}, {Filter: f, From: start.Add(10 * time.Hour), To: start.Add(20 * time.Hour)}} {
			var want, got []daybook.ID
			for i, e := range entries {
				if matches(i) && (q.From.IsZero() || !e.ID.Time().Before(q.From) && e.ID.Time().Before(q.To)) {
					want = append(want, e.ID)
				}
			}
			if q.Order == daybook.Newest {
				slices.Reverse(want)
			}
			short := 0
			for pages := 0; pages < 1000; pages++ {
				page, err := s.Query(t.Context(), "acme", q)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range page.Entries {
					got = append(got, e.ID)
				}
				if !page.ScannedTo.IsZero() {
					short++
				}
				if q.After = page.Next; q.After.IsZero() {
					break
				}
			}
			if !slices.Equal(got, want) || short == 0 {
				t.Errorf("%s, %v: %d entries, want %d; %d short pages", text, q.Order, len(got), len(want), short)
			}
		}
	}
}
