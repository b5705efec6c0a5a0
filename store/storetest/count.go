package storetest

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/daybookdev/daybook"
)

func counting() []promise {
	return []promise{
		{"counts equal what the pages show",
			"a report that does not agree with the entries below it is not believed",
			countsEqualPages},
		{"groups come largest first, then by their values",
			"the top of a report must not change from one look to the next",
			groupOrder},
		{"an absent value is the group of the empty text",
			"what nobody did, the system did: it must be in the sum",
			absentValues},
		{"without fields there is one group, also of nothing",
			"zero is an answer, no answer is not",
			oneGroup},
		{"order, cursor and limit do not change a count",
			"the number above a page is that of all pages",
			countIgnoresPages},
		{"more groups than 1000 are refused, not cut",
			"a sum without its smallest parts looks like any other",
			tooManyGroups},
		{"entries are counted by known fields, three at most, each once",
			"a field that is ignored gives one group that looks like a total",
			wrongFields},
	}
}

var allFields = []daybook.Field{daybook.ByAction, daybook.ByResourceType, daybook.ByResourceID, daybook.ByUserID, daybook.ByActorType, daybook.ByOutcome}

// groups returns what Count must say of the entries.
func groups(entries []daybook.Entry, by []daybook.Field) []daybook.Group {
	counts := map[string]daybook.Group{}
	if len(by) == 0 {
		return []daybook.Group{{Count: int64(len(entries))}}
	}
	for i := range entries {
		var values []string
		for _, f := range by {
			values = append(values, f.Of(&entries[i]))
		}
		g := counts[fmt.Sprintf("%q", values)]
		counts[fmt.Sprintf("%q", values)] = daybook.Group{Values: values, Count: g.Count + 1}
	}
	return slices.SortedFunc(maps.Values(counts), daybook.CompareGroups)
}

func diffGroups(want, got []daybook.Group) string { return cmp.Diff(want, got, cmpopts.EquateEmpty()) }

func countsEqualPages(t testing.TB, s *subject) {
	s.corpus(t, "acme", 300)
	g := NewGenerator(7)
	for round := range 60 {
		q := g.Query()
		var by []daybook.Field
		for _, i := range g.Perm(len(allFields))[:round%(daybook.MaxGroupFields+1)] {
			by = append(by, allFields[i])
		}
		got, err := s.Count(t.Context(), "acme", q, by...)
		if err != nil {
			t.Fatalf("count %+v by %v: %v", q, by, err)
		}
		q.Limit = 300
		shown := s.all(t, "acme", q)
		if diff := diffGroups(groups(shown, by), got); diff != "" {
			t.Fatalf("%+v by %v, -pages +count:\n%s", q, by, diff)
		}
	}
	for _, field := range allFields {
		got, err := s.Count(t.Context(), "acme", daybook.Query{}, field)
		if want := groups(s.all(t, "acme", daybook.Query{Limit: 300}), []daybook.Field{field}); err != nil || len(got) < 2 || diffGroups(want, got) != "" {
			t.Errorf("by %s: %v, %v, want %v", field, got, err, want)
		}
	}
}

func groupOrder(t testing.TB, s *subject) {
	entries := Entries("acme", 15)
	for i, user := range []string{"b", "c", "a", "b", "Z", "a", "\u00e9", "c", "b", "10", "9", "", "a", "", "\U0001f600"} {
		entries[i].UserID, entries[i].Outcome = user, []daybook.Outcome{daybook.Success, daybook.Denied}[i%2]
	}
	s.append(t, entries...)
	got, err := s.Count(t.Context(), "acme", daybook.Query{}, daybook.ByUserID)
	want := []daybook.Group{{Values: []string{"a"}, Count: 3}, {Values: []string{"b"}, Count: 3}, {Values: []string{""}, Count: 2}, {Values: []string{"c"}, Count: 2},
		{Values: []string{"10"}, Count: 1}, {Values: []string{"9"}, Count: 1}, {Values: []string{"Z"}, Count: 1}, {Values: []string{"\u00e9"}, Count: 1}, {Values: []string{"\U0001f600"}, Count: 1}}
	if diff := diffGroups(want, got); err != nil || diff != "" {
		t.Errorf("by user, %v, -want +got:\n%s", err, diff)
	}
	for _, by := range [][]daybook.Field{{daybook.ByUserID, daybook.ByOutcome}, {daybook.ByOutcome, daybook.ByUserID}} {
		got, err := s.Count(t.Context(), "acme", daybook.Query{}, by...)
		if diff := diffGroups(groups(entries, by), got); err != nil || diff != "" {
			t.Errorf("by %v, %v, -want +got:\n%s", by, err, diff)
		}
	}
}

func absentValues(t testing.TB, s *subject) {
	entries := Entries("acme", 3)
	entries[0].UserID, entries[0].ResourceID = "", ""
	entries[1].UserID = ""
	s.append(t, entries...)
	got, err := s.Count(t.Context(), "acme", daybook.Query{}, daybook.ByUserID, daybook.ByResourceID)
	want := []daybook.Group{{Values: []string{"", ""}, Count: 1}, {Values: []string{"", "2"}, Count: 1}, {Values: []string{entries[2].UserID, "3"}, Count: 1}}
	if diff := diffGroups(want, got); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}

func oneGroup(t testing.TB, s *subject) {
	check := func(q daybook.Query, want int64) {
		t.Helper()
		got, err := s.Count(t.Context(), "acme", q)
		if err != nil || len(got) != 1 || len(got[0].Values) != 0 || got[0].Count != want {
			t.Errorf("counted %v, %v; want one group of %d", got, err, want)
		}
		if want == 0 {
			if got, err := s.Count(t.Context(), "acme", q, daybook.ByAction); err != nil || len(got) != 0 {
				t.Errorf("nothing by action: %v, %v", got, err)
			}
		}
	}
	check(daybook.Query{}, 0)
	s.append(t, Entries("acme", 7)...)
	check(daybook.Query{}, 7)
	check(daybook.Query{ResourceID: "3"}, 1)
	check(daybook.Query{ResourceID: "8"}, 0)
}

func countIgnoresPages(t testing.TB, s *subject) {
	s.append(t, Entries("acme", 60)...)
	next := s.query(t, "acme", daybook.Query{Limit: 20}).Next
	for _, q := range []daybook.Query{{Limit: 1}, {Limit: -1}, {Order: daybook.Oldest}, {After: next}, {After: next, Order: daybook.Oldest, Limit: 7}} {
		got, err := s.Count(t.Context(), "acme", q)
		if err != nil || len(got) != 1 || got[0].Count != 60 {
			t.Errorf("with order %v, cursor %v, limit %d: %v, %v, want 60", q.Order, q.After, q.Limit, got, err)
		}
		got, err = s.Count(t.Context(), "acme", q, daybook.ByResourceID)
		if err != nil || len(got) != 60 {
			t.Errorf("with order %v, cursor %v, limit %d: %d groups, %v, want 60", q.Order, q.After, q.Limit, len(got), err)
		}
	}
}

func tooManyGroups(t testing.TB, s *subject) {
	if daybook.MaxGroups != 1000 {
		t.Fatalf("the limit is %d", daybook.MaxGroups)
	}
	entries := Entries("acme", 1000)
	for i := range entries {
		entries[i].UserID = fmt.Sprint(i % 10)
	}
	s.append(t, entries...)
	s.append(t, Entries("zeta", 10)...)
	got, err := s.Count(t.Context(), "acme", daybook.Query{}, daybook.ByResourceID)
	if err != nil || len(got) != 1000 {
		t.Fatalf("1000 groups: %d, %v", len(got), err)
	}
	one := Entry("acme")
	one.ResourceID, one.UserID = "one too many", "10"
	s.append(t, one)
	for _, by := range [][]daybook.Field{{daybook.ByResourceID}, {daybook.ByUserID, daybook.ByResourceID}} {
		if got, err := s.Count(t.Context(), "acme", daybook.Query{}, by...); !refuses(err, "by") || len(got) != 0 {
			t.Errorf("1001 groups by %v: %d, %v, want a FieldError of by", by, len(got), err)
		}
	}
	if got, err := s.Count(t.Context(), "acme", daybook.Query{}, daybook.ByUserID); err != nil || len(got) != 11 {
		t.Errorf("1001 entries in 11 groups: %d, %v", len(got), err)
	}
	if got, err := s.Count(t.Context(), "acme", daybook.Query{UserID: "1"}, daybook.ByResourceID); err != nil || len(got) != 100 {
		t.Errorf("a narrower query has 100 groups: %d, %v", len(got), err)
	}
}

func wrongFields(t testing.TB, s *subject) {
	s.append(t, Entries("acme", 3)...)
	for _, by := range [][]daybook.Field{
		{"details"}, {""}, {"Action"}, {"action; --"}, {"organization_id"}, {daybook.ByAction, "ip_address"},
		{daybook.ByAction, daybook.ByAction},
		{daybook.ByAction, daybook.ByOutcome, daybook.ByUserID, daybook.ByResourceID},
	} {
		if got, err := s.Count(t.Context(), "acme", daybook.Query{}, by...); !refuses(err, "by") || len(got) != 0 {
			t.Errorf("by %q: %v, %v, want a FieldError of by", by, got, err)
		}
	}
	if got, err := s.Count(t.Context(), "acme", daybook.Query{}, daybook.ByAction, daybook.ByOutcome, daybook.ByUserID); err != nil || len(got) != 1 {
		t.Errorf("by three fields: %v, %v", got, err)
	}
}
