package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

// top returns what Top must say of the entries.
func top(entries []daybook.Entry, field daybook.Field, limit int) daybook.Top {
	counts := map[string]int64{}
	var t daybook.Top
	for i := range entries {
		values := field.Values(&entries[i])
		if len(values) == 0 {
			t.Missing++
		}
		for _, v := range values {
			counts[v]++
		}
	}
	for v, n := range counts {
		t.Values = append(t.Values, daybook.Group{Values: []string{v}, Count: n})
	}
	slices.SortFunc(t.Values, daybook.CompareGroups)
	for len(t.Values) > limit {
		t.Other += t.Values[len(t.Values)-1].Count
		t.Values = t.Values[:len(t.Values)-1]
	}
	return t
}

func (s *subject) top(t testing.TB, organization string, q daybook.Query, field daybook.Field, limit int) daybook.Top {
	t.Helper()
	got, err := daybook.TopValues(t.Context(), s.Store, organization, q, field, limit)
	if err != nil {
		t.Fatalf("top of %s in %q, %+v: %v", field, organization, q, err)
	}
	return got
}

func topIsComplete(t testing.TB, s *subject) {
	if got := s.top(t, "acme", daybook.Query{}, daybook.ByAction, 0); len(got.Values) != 0 || got.Other != 0 || got.Missing != 0 {
		t.Errorf("of nothing: %+v", got)
	}
	g := NewGenerator(14)
	entries := g.spread("acme", 300)
	s.append(t, entries...)
	many := Entries("many", 1010)
	s.append(t, many...)
	for _, field := range allFields {
		for _, limit := range []int{1, 2, 3, 100} {
			got := s.top(t, "acme", daybook.Query{}, field, limit)
			if diff := diffReports(top(entries, field, limit), got); diff != "" {
				t.Errorf("%d of %s, -want +got:\n%s", limit, field, diff)
			}
			sum := got.Other + got.Missing
			for _, v := range got.Values {
				sum += v.Count
			}
			if sum != 300 {
				t.Errorf("%d of %s: all together %d, want 300", limit, field, sum)
			}
		}
	}
	for limit, want := range map[int]int{0: daybook.DefaultTop, 999: 999, 1000: 1000, 5000: daybook.MaxTop} {
		got := s.top(t, "many", daybook.Query{}, daybook.ByResourceID, limit)
		if len(got.Values) != want || got.Other != int64(1010-want) {
			t.Errorf("limit %d of 1010 values: %d values, %d others, want %d", limit, len(got.Values), got.Other, want)
		}
	}
}

func listsCountOnce(t testing.TB, s *subject) {
	entries := Entries("acme", 6)
	for i, tags := range []any{[]any{"a", "b", "a", "a"}, []any{"a"}, "a", []any{}, []any{nil, "b", []any{"a"}}, nil} {
		entries[i].Details = daybook.Details{"tags": tags}
		entries[i] = normalized(entries[i])
	}
	s.append(t, entries...)
	got := s.top(t, "acme", daybook.Query{}, "details.tags", 10)
	want := daybook.Top{Values: []daybook.Group{{Values: []string{"a"}, Count: 3}, {Values: []string{"b"}, Count: 2}}, Missing: 2}
	if diff := diffReports(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// detailsFields are paths that lead somewhere in what a Generator makes.
var detailsFields = []daybook.Field{"details.a", "details.A", `details."a.b"`, "details.tags", "details.tags.a", "details.size", "details.a.b", "details.a.a.b", "details.none"}

func topOfDetails(t testing.TB, s *subject) {
	g := NewGenerator(15)
	entries := g.spread("acme", 400)
	quoted := Entry("acme")
	quoted.Details = daybook.Details{"a": "it's \"quoted\"\\, \u00e9 \u2028 and\nlong: " + fmt.Sprintf("%0500d", 1), "A": []any{"1", 1, 1.5, true, "true"}}
	entries = append(entries, normalized(quoted))
	s.append(t, entries...)
	for round := range 60 {
		q := daybook.Query{}
		if round >= len(detailsFields) {
			q = g.during(g.Query())
		}
		q.Limit = 500
		field := detailsFields[round%len(detailsFields)]
		limit := 1 + g.IntN(12)
		if diff := diffReports(top(s.all(t, "acme", q), field, limit), s.top(t, "acme", q, field, limit)); diff != "" {
			t.Fatalf("%+v, %d of %s, -pages +top:\n%s", q, limit, field, diff)
		}
	}
}

func appendedAgain(t testing.TB, s *subject) {
	g := NewGenerator(16)
	entries := g.spread("acme", 60)
	s.append(t, entries...)
	edges := []time.Time{start.Add(-time.Hour), start.Add(80 * time.Hour)}
	check := func(after string) {
		t.Helper()
		if got := s.histogram(t, "acme", daybook.Query{}, edges, daybook.ByAction); diffReports(buckets(entries, edges, []daybook.Field{daybook.ByAction}), got) != "" {
			t.Errorf("after %s: %+v", after, got)
		}
		for _, field := range []daybook.Field{daybook.ByAction, daybook.ByOutcome} {
			if got := s.top(t, "acme", daybook.Query{}, field, 10); diffReports(top(entries, field, 10), got) != "" {
				t.Errorf("after %s: %+v", after, got)
			}
			if got, err := s.Count(t.Context(), "acme", daybook.Query{}, field); err != nil || diffGroups(groups(entries, []daybook.Field{field}), got) != "" {
				t.Errorf("after %s: %+v, %v", after, got, err)
			}
		}
	}
	check("the first call")
	s.append(t, entries[:20]...)
	s.append(t, entries[30], entries[30], entries[30])
	check("the same entries again")
	more := g.spread("acme", 10)
	s.append(t, slices.Concat(entries[:5], more, more[:5])...)
	entries = append(entries, more...)
	check("old ones among new ones")
	conflict := entries[3]
	conflict.ResourceID = "another"
	if err := s.Append(t.Context(), append(g.spread("acme", 10), conflict)...); err == nil {
		t.Fatal("a conflict was stored")
	}
	check("a conflict at the end of a call")
	wrong := Entry("acme")
	wrong.Action = "no action"
	if err := s.Append(t.Context(), append(g.spread("acme", 10), wrong)...); err == nil {
		t.Fatal("a wrong entry was stored")
	}
	check("a wrong entry at the end of a call")
	var wg sync.WaitGroup
	for range 20 { // a store may write calls together that come together
		good, bad := g.spread("acme", 1), append(g.spread("acme", 5), conflict)
		entries = append(entries, good...)
		wg.Go(func() { s.Append(t.Context(), bad...) })
		wg.Go(func() {
			if err := s.Append(t.Context(), good...); err != nil {
				t.Errorf("append beside a conflict: %v", err)
			}
		})
	}
	wg.Wait()
	check("conflicts beside other calls")
}

func reportsIgnorePages(t testing.TB, s *subject) {
	entries := Entries("acme", 60)
	s.append(t, entries...)
	edges := []time.Time{entries[0].CreatedAt, entries[30].CreatedAt, entries[59].CreatedAt.Add(1)}
	next := s.query(t, "acme", daybook.Query{Limit: 20}).Next
	for _, q := range []daybook.Query{{Limit: 1}, {Limit: -1}, {Order: daybook.Oldest}, {After: next}, {After: next, Order: daybook.Oldest, Limit: 7}} {
		if got := s.histogram(t, "acme", q, edges); got[0].Count() != 30 || got[1].Count() != 30 {
			t.Errorf("with order %v, cursor %v, limit %d: %v, want 30 and 30", q.Order, q.After, q.Limit, got)
		}
		if got := s.top(t, "acme", q, daybook.ByResourceID, 5); len(got.Values) != 5 || got.Other != 55 {
			t.Errorf("with order %v, cursor %v, limit %d: %v, want 5 values and 55 others", q.Order, q.After, q.Limit, got)
		}
	}
}

func wrongReports(t testing.TB, s *subject) {
	s.append(t, Entries("acme", 3)...)
	two := []time.Time{start, start.Add(time.Hour)}
	tooMany := make([]time.Time, daybook.MaxBuckets+2)
	for i := range tooMany {
		tooMany[i] = start.Add(time.Duration(i) * time.Minute)
	}
	for _, wrong := range []struct {
		field string
		edges []time.Time
		by    []daybook.Field
		q     daybook.Query
	}{
		{"edges", nil, nil, daybook.Query{}},
		{"edges", two[:1], nil, daybook.Query{}},
		{"edges", []time.Time{two[1], two[0]}, nil, daybook.Query{}},
		{"edges", []time.Time{two[0], two[0]}, nil, daybook.Query{}},
		{"edges", []time.Time{{}, two[0]}, nil, daybook.Query{}},
		{"edges", tooMany, nil, daybook.Query{}},
		{"by", two, []daybook.Field{"details.a"}, daybook.Query{}},
		{"by", two, []daybook.Field{"organization_id"}, daybook.Query{}},
		{"by", two, []daybook.Field{daybook.ByAction, daybook.ByOutcome}, daybook.Query{}},
		{"user_id", two, nil, daybook.Query{UserID: "\xff"}},
	} {
		got, err := daybook.Histogram(t.Context(), s.Store, "acme", wrong.q, wrong.edges, wrong.by...)
		if !refuses(err, wrong.field) || len(got) != 0 {
			t.Errorf("%d edges by %q: %v, %v, want a FieldError of %s", len(wrong.edges), wrong.by, got, err, wrong.field)
		}
	}
	for _, wrong := range []struct {
		refused string
		field   daybook.Field
		limit   int
		q       daybook.Query
	}{
		{"field", "", 0, daybook.Query{}},
		{"field", "details", 0, daybook.Query{}},
		{"field", "details.", 0, daybook.Query{}},
		{"field", "details.a b", 0, daybook.Query{}},
		{"field", `details."a`, 0, daybook.Query{}},
		{"field", "organization_id", 0, daybook.Query{}},
		{"field", "action; --", 0, daybook.Query{}},
		{"limit", daybook.ByAction, -1, daybook.Query{}},
		{"user_id", daybook.ByAction, 0, daybook.Query{UserID: "\xff"}},
	} {
		got, err := daybook.TopValues(t.Context(), s.Store, "acme", wrong.q, wrong.field, wrong.limit)
		if !refuses(err, wrong.refused) || len(got.Values) != 0 {
			t.Errorf("%d of %q: %v, %v, want a FieldError of %s", wrong.limit, wrong.field, got, err, wrong.refused)
		}
	}
	if _, err := daybook.Histogram(t.Context(), s.Store, "", daybook.Query{}, two); class(err) == nil {
		t.Error("a histogram without an organization")
	}
	if _, err := daybook.TopValues(t.Context(), s.Store, "", daybook.Query{}, daybook.ByAction, 1); class(err) == nil {
		t.Error("a top without an organization")
	}
}
