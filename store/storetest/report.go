package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/daybookdev/daybook"
)

// The reports of a store that is no daybook.Reporter are read from its pages; they keep the same
// promises.
func reporting() []promise {
	return []promise{
		{"the histogram adds up to the count and to what the pages show",
			"a chart above a page, with another number than the page has, makes both worthless",
			histogramAddsUp},
		{"counts of whole and of partial hours equal what the pages show",
			"sums that are kept by the hour must not show where the hours end",
			countsOfHours},
		{"every bucket is there, empty ones too",
			"a gap in which nothing happened is what an investigator looks for",
			everyBucket},
		{"an entry on an edge is in the bucket that begins there",
			"midnight counted twice, or not at all, is an audit finding",
			entriesOnEdges},
		{"days have 23, 24 or 25 hours",
			"twice a year a day's count would contain another day's hour",
			daysOfAZone},
		{"a histogram by a field has each value's group in each bucket",
			"failures that hide among successes are not seen",
			splitHistogram},
		{"top values are the largest groups, and the rest is in other and missing",
			"a list of ten that looks like all there is misleads",
			topIsComplete},
		{"a list counts once for each distinct item",
			"a tag that somebody wrote twice is still one entry",
			listsCountOnce},
		{"the top of a path into details is that of the entries' values",
			"details are different in every entry, and reports must not lose the odd ones",
			topOfDetails},
		{"what is appended again, refused or in conflict changes no report",
			"a client that retries would otherwise make history",
			appendedAgain},
		{"no report counts another organization",
			"a number can give away a competitor as well as an entry can",
			reportsOfOne},
		{"order, cursor and limit of the query do not change a report",
			"the chart above a page is that of all pages",
			reportsIgnorePages},
		{"a wrong report is refused by the name of what is wrong",
			"a part that is ignored gives a chart that looks right",
			wrongReports},
		{"a histogram of too many groups is refused, not cut",
			"a sum without its smallest parts looks like any other",
			tooManyBucketGroups},
	}
}

// start is a full hour, some days before what the other promises use.
var start = time.Date(2026, 3, 10, 6, 0, 0, 0, time.UTC)

// spread returns n entries within some days from start on, many of them at the ends of hours.
func (g *Generator) spread(organization string, n int) []daybook.Entry {
	entries := make([]daybook.Entry, n)
	for i := range entries {
		e := g.Entry(organization)
		e.ID, e.CreatedAt, e.UpdatedAt = g.ID(g.moment()), time.Time{}, time.Time{}
		entries[i] = normalized(e)
	}
	return entries
}

// moment returns a time within three days from start on: at an hour, just beside one, or between.
func (g *Generator) moment() time.Time {
	at := start.Add(time.Duration(g.IntN(72)) * time.Hour)
	switch g.IntN(5) {
	case 0:
		return at
	case 1:
		return at.Add(-time.Microsecond)
	case 2:
		return at.Add(time.Microsecond)
	}
	return at.Add(time.Duration(g.Int64N(int64(time.Hour))))
}

// Edges returns edges of a few buckets: hours, or anything.
func (g *Generator) Edges() []time.Time {
	var edges []time.Time
	at := start.Add(time.Duration(g.IntN(90)-10) * time.Hour)
	if g.IntN(2) == 0 {
		at = g.moment()
	}
	step := pick(g, []time.Duration{time.Hour, 2 * time.Hour, 24 * time.Hour, 90 * time.Minute, time.Hour + time.Microsecond, time.Minute})
	for range 2 + g.IntN(40) {
		edges = append(edges, at)
		if at = at.Add(step); g.IntN(10) == 0 {
			at = at.Add(time.Duration(1 + g.Int64N(int64(time.Hour))))
		}
	}
	return edges
}

// during narrows q, sometimes, to times that spread gives entries.
func (g *Generator) during(q daybook.Query) daybook.Query {
	q.From, q.To = time.Time{}, time.Time{}
	if g.IntN(2) == 0 {
		q.From = g.moment()
	}
	if g.IntN(2) == 0 {
		q.To = g.moment()
	}
	return q
}

// buckets returns what Histogram must say of the entries.
func buckets(entries []daybook.Entry, edges []time.Time, by []daybook.Field) []daybook.Bucket {
	var all []daybook.Bucket
	for i := range len(edges) - 1 {
		in := slices.DeleteFunc(slices.Clone(entries), func(e daybook.Entry) bool {
			return e.CreatedAt.Before(edges[i]) || !e.CreatedAt.Before(edges[i+1])
		})
		all = append(all, daybook.Bucket{From: edges[i], To: edges[i+1], Groups: groups(in, by)})
	}
	return all
}

func diffReports(want, got any) string { return cmp.Diff(want, got, cmpopts.EquateEmpty()) }

// histogram asks for a report and ends the test when there is an error.
func (s *subject) histogram(t testing.TB, organization string, q daybook.Query, edges []time.Time, by ...daybook.Field) []daybook.Bucket {
	t.Helper()
	got, err := daybook.Histogram(t.Context(), s.Store, organization, q, edges, by...)
	if err != nil {
		t.Fatalf("histogram of %q, %+v by %v: %v", organization, q, by, err)
	}
	return got
}

func histogramAddsUp(t testing.TB, s *subject) {
	g := NewGenerator(11)
	s.append(t, g.spread("acme", 400)...)
	for round := range 60 {
		q, edges := g.during(g.Query()), g.Edges()
		if round%3 == 0 {
			q.Filter = filter(t, pick(g, hourFilters))
		}
		by := allFields[round%len(allFields) : round%len(allFields)+round%2]
		got := s.histogram(t, "acme", q, edges, by...)
		within := q.Within(edges[0], edges[len(edges)-1])
		within.Limit = 400
		shown := s.all(t, "acme", within)
		if diff := diffReports(buckets(shown, edges, by), got); diff != "" {
			t.Fatalf("%+v by %v, -pages +histogram:\n%s", q, by, diff)
		}
		var sum int64
		for _, b := range got {
			sum += b.Count()
		}
		if counted, err := s.Count(t.Context(), "acme", within); err != nil || len(counted) != 1 || counted[0].Count != sum {
			t.Fatalf("%+v: the histogram adds up to %d, the count is %v, %v", within, sum, counted, err)
		}
	}
}

func countsOfHours(t testing.TB, s *subject) {
	g := NewGenerator(12)
	// Several calls: an hour's sum grows with each.
	for range 8 {
		s.append(t, g.spread("acme", 50)...)
	}
	inRollup := []daybook.Field{daybook.ByAction, daybook.ByOutcome, daybook.ByResourceType, daybook.ByActorType}
	for round := range 150 {
		q := daybook.Query{}
		switch round % 5 {
		case 4:
			q.Filter = filter(t, pick(g, hourFilters))
		case 1:
			q = g.Query()
		case 2:
			q.Actions, q.Outcomes, q.ResourceType = some(g, actions), some(g, outcomes), pick(g, append(resourceTypes, ""))
		case 3:
			q.ActorTypes = some(g, actorTypes)
		}
		q = g.during(q)
		q.Limit = 400
		shown := s.all(t, "acme", q)
		var by []daybook.Field
		for _, i := range g.Perm(len(inRollup))[:g.IntN(3)] {
			by = append(by, inRollup[i])
		}
		got, err := s.Count(t.Context(), "acme", q, by...)
		if diff := diffGroups(groups(shown, by), got); err != nil || diff != "" {
			t.Fatalf("%+v by %v, %v, -pages +count:\n%s", q, by, err, diff)
		}
		field := pick(g, inRollup)
		if diff := diffReports(top(shown, field, 3), s.top(t, "acme", q, field, 3)); diff != "" {
			t.Fatalf("%+v top of %s, -pages +top:\n%s", q, field, diff)
		}
	}
}

// hourFilters are filters of which sums by the hour can answer some, and some not.
var hourFilters = []string{"action:CREATE,READ", "-outcome:success", "type:doc*", "actor:user OR action:READ", "outcome:denied type!=user",
	"created:2026-03-11", "created:>=2026-03-11T07:00 action:READ", "created:2026-03-10T12:30..2026-03-12T03:20 -type:document", "created:<2026-03-11T00:00:00.000001",
	"-created:2026-03-11", "created:2026-03-11 OR action:READ", "user:ada", "action:READ user:a*", "created.hour:3..7", "details.a:* action:READ", "is:change", "has:user"}

func filter(t testing.TB, text string) daybook.Filter {
	t.Helper()
	f, _, err := daybook.ParseFilter(text, nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return f
}

func everyBucket(t testing.TB, s *subject) {
	var edges []time.Time
	for i := range daybook.MaxBuckets + 1 {
		edges = append(edges, start.Add(time.Duration(i)*time.Hour))
	}
	check := func(counts map[int]int64, by ...daybook.Field) {
		t.Helper()
		got := s.histogram(t, "acme", daybook.Query{}, edges, by...)
		if len(got) != daybook.MaxBuckets {
			t.Fatalf("by %v: %d buckets, want %d", by, len(got), daybook.MaxBuckets)
		}
		for i, b := range got {
			groups := 1
			if len(by) > 0 {
				groups = int(min(counts[i], 1))
			}
			if !b.From.Equal(edges[i]) || !b.To.Equal(edges[i+1]) || b.Count() != counts[i] || len(b.Groups) != groups || b.Groups == nil {
				t.Errorf("by %v, bucket %d: %+v, want %d entries in %d groups, from %v", by, i, b, counts[i], groups, edges[i])
			}
		}
	}
	check(nil)
	check(nil, daybook.ByAction)
	for _, i := range []int{0, 7, 7, 999, 1000} { // the last one is outside
		e := Entry("acme")
		e.ID, e.CreatedAt, e.UpdatedAt = daybook.NewIDAt(edges[i].Add(time.Minute)), time.Time{}, time.Time{}
		s.append(t, normalized(e))
	}
	check(map[int]int64{0: 1, 7: 2, 999: 1})
	check(map[int]int64{0: 1, 7: 2, 999: 1}, daybook.ByAction)
}

func entriesOnEdges(t testing.TB, s *subject) {
	// Hours, and edges that are none; one is between two microseconds.
	for name, edges := range map[string][]time.Time{
		"hours":   {start, start.Add(time.Hour), start.Add(2 * time.Hour)},
		"minutes": {start.Add(time.Minute), start.Add(2 * time.Minute), start.Add(200 * time.Minute)},
		"between": {start.Add(1500 * time.Nanosecond), start.Add(3000 * time.Nanosecond), start.Add(time.Hour + 500*time.Nanosecond)},
	} {
		organization := "edges of " + name
		var entries []daybook.Entry
		for _, edge := range edges {
			for _, beside := range []time.Duration{-time.Microsecond, 0, time.Microsecond} {
				e := Entry(organization)
				e.ID, e.CreatedAt, e.UpdatedAt = daybook.NewIDAt(edge.Add(beside)), time.Time{}, time.Time{}
				entries = append(entries, normalized(e))
			}
		}
		s.append(t, entries...)
		for _, by := range [][]daybook.Field{nil, {daybook.ByOutcome}, {daybook.ByUserID}} {
			got := s.histogram(t, organization, daybook.Query{}, edges, by...)
			if diff := diffReports(buckets(entries, edges, by), got); diff != "" {
				t.Errorf("%s by %v, -want +got:\n%s", name, by, diff)
			}
		}
	}
}

func daysOfAZone(t testing.TB, s *subject) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []struct {
		date  time.Time
		hours int64
	}{{time.Date(2026, 3, 29, 12, 0, 0, 0, berlin), 23}, {time.Date(2026, 10, 25, 12, 0, 0, 0, berlin), 25}, {time.Date(2026, 7, 1, 12, 0, 0, 0, berlin), 24}} {
		organization := fmt.Sprintf("%d hours", change.hours)
		var entries []daybook.Entry
		for i := range 97 { // one an hour, on the half hour, two days to either side
			e := Entry(organization)
			e.ID, e.CreatedAt, e.UpdatedAt = daybook.NewIDAt(change.date.Add(time.Duration(i-48)*time.Hour+30*time.Minute)), time.Time{}, time.Time{}
			entries = append(entries, normalized(e))
		}
		s.append(t, entries...)
		edges, err := daybook.Edges(change.date.AddDate(0, 0, -1), change.date.AddDate(0, 0, 1), daybook.Day, berlin)
		if err != nil {
			t.Fatal(err)
		}
		var counts []int64
		for _, b := range s.histogram(t, organization, daybook.Query{}, edges) {
			counts = append(counts, b.Count())
		}
		if want := []int64{24, change.hours, 24}; !slices.Equal(counts, want) {
			t.Errorf("the days around %v have %v entries, want %v", change.date, counts, want)
		}
	}
}

func splitHistogram(t testing.TB, s *subject) {
	g := NewGenerator(13)
	entries := g.spread("acme", 300)
	s.append(t, entries...)
	for _, by := range allFields {
		edges := g.Edges()
		got := s.histogram(t, "acme", daybook.Query{}, edges, by)
		if diff := diffReports(buckets(entries, edges, []daybook.Field{by}), got); diff != "" {
			t.Errorf("by %s, -want +got:\n%s", by, diff)
		}
	}
}

func reportsOfOne(t testing.TB, s *subject) {
	g := NewGenerator(17)
	of := map[string][]daybook.Entry{}
	for i, o := range []string{"acme", "acme2", "Acme", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "6f9619ff-8b86-4d01-b42d-00cf4fc964fe"} {
		of[o] = g.spread(o, 40+10*i)
		s.append(t, of[o]...)
	}
	for o, entries := range of {
		for round := range 12 {
			edges, q := g.Edges(), daybook.Query{}
			if round > 6 {
				q = g.during(g.Query())
			}
			q.Limit = 200
			found := slices.DeleteFunc(slices.Clone(entries), func(e daybook.Entry) bool { return !q.Matches(&e) })
			by := allFields[round%len(allFields) : round%len(allFields)+1]
			if diff := diffReports(buckets(found, edges, by), s.histogram(t, o, q, edges, by...)); diff != "" {
				t.Errorf("%s: %+v by %v, -want +got:\n%s", o, q, by, diff)
			}
			for _, field := range []daybook.Field{by[0], "details.a"} {
				if diff := diffReports(top(found, field, 5), s.top(t, o, q, field, 5)); diff != "" {
					t.Errorf("%s: %+v top of %s, -want +got:\n%s", o, q, field, diff)
				}
			}
		}
	}
	for _, none := range []string{"acm", "nobody"} {
		if got := s.histogram(t, none, daybook.Query{}, []time.Time{start, start.Add(99 * time.Hour)}); got[0].Count() != 0 {
			t.Errorf("%q has %v", none, got)
		}
		if got := s.top(t, none, daybook.Query{}, daybook.ByAction, 9); len(got.Values) != 0 || got.Missing != 0 {
			t.Errorf("%q has %v", none, got)
		}
	}
}

func tooManyBucketGroups(t testing.TB, s *subject) {
	if daybook.MaxBucketGroups != 10_000 {
		t.Fatalf("the limit is %d", daybook.MaxBucketGroups)
	}
	var edges []time.Time
	for i := range 11 {
		edges = append(edges, start.Add(time.Duration(i)*time.Hour))
	}
	for b := range 10 {
		entries := Entries("acme", 1000)
		for i := range entries {
			entries[i].ID, entries[i].CreatedAt, entries[i].UpdatedAt = daybook.NewIDAt(edges[b].Add(time.Minute)), time.Time{}, time.Time{}
			entries[i] = normalized(entries[i])
		}
		s.append(t, entries...)
	}
	got := s.histogram(t, "acme", daybook.Query{}, edges, daybook.ByResourceID)
	if len(got) != 10 || len(got[0].Groups) != 1000 {
		t.Fatalf("10,000 groups: %d buckets", len(got))
	}
	one := Entry("acme")
	one.ID, one.CreatedAt, one.UpdatedAt, one.ResourceID = daybook.NewIDAt(edges[3]), time.Time{}, time.Time{}, "one too many"
	s.append(t, normalized(one))
	if got, err := daybook.Histogram(t.Context(), s.Store, "acme", daybook.Query{}, edges, daybook.ByResourceID); !refuses(err, "by") || len(got) != 0 {
		t.Errorf("10,001 groups: %d buckets, %v, want a FieldError of by", len(got), err)
	}
	s.histogram(t, "acme", daybook.Query{}, edges, daybook.ByAction)
}
