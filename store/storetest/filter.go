package storetest

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

func filtering() []promise {
	return []promise{
		{"each construct of the language finds what Matches says",
			"people type filters, and an answer that is silently wrong is worse than none",
			eachConstruct},
		{"random filters find, page by page, and count what Matches says",
			"a filter means the same in the page, in an export, in a rule and in a count, wherever the log is kept",
			randomFilters},
		{"a filter narrows what the query's other fields say",
			"an organization's page with a filter must not show what it does not show without",
			filterNarrows},
		{"reports count what the filter matches",
			"a chart beside a list must be about the list",
			filteredReports},
	}
}

// filterConstructs has every row of the language's tables at least once.
var filterConstructs = []string{
	``, `*`, `action:CREATE,update`, `action!=READ`, `action:*E`, `type:document`, `type:doc*`, `type:*ment`, `type=Document`, `resource:document`, `resource:document/*`, `resource:*/1`, `resource:doc*/a*`,
	`resource_id:1`, `resource_id:*`, `user:ada`, `user=ada`, `user!=ada`, `-user:ada`, `user:ad*`, `user:*`, `-user:*`, `user:me`, `user:6F9619FF-8B86-4D01-B42D-00CF4FC964FF`, `user:"a%a"`, `user:6f9619ff*`,
	`user:6f9619ff-8b86-4d01-b42d-00cf4fc964ff,ada`, `request:a*`, `id:019c*`, `id:*`, `id!=none`, `actor:system,service`, `actor!=user`, `outcome:denied`, `outcome!=success`,
	`ip:192.0.2.0/24`, `ip:192.0.2.1`, `ip:192.0.2.1..192.0.3.1`, `ip!=192.0.2.1`, `-ip:192.0.2.0/24`, `ip:2001:db8::/32`, `ip:::/0`, `ip:0.0.0.0/0`, `ip:2001:db8::1,10.0.0.1`,
	`agent:curl`, `agent:c*8`, `agent=CURL`, `agent!=CURL`, `agent:É`, `agent:é`, `agent~^curl`, `agent!~curl`, `-agent~curl`, `agent:*`,
	`created:2026-03-14`, `created:2026-03-14T15:09`, `created!=2026-03-14T15:09:27`, `created:>=2026-03-15`, `created:<2026-03-15`, `created:2026-03-14..2026-03-15`, `updated:>2026-03-14T15:09:28`, `created:2026-03-14,2026-03-16`,
	`created.hour:15`, `created.hour!=15`, `created.hour:20..23,0..5`, `created.weekday:sat`, `created.weekday:sat..mon`, `is:change`, `is:read`, `is:failure`, `is:denied`, `is:own`, `is:alert`, `is:anonymized`, `-is:anonymized`,
	`has:changes`, `has:details`, `has:user`, `has:ip`, `has:request`, `has:resource`, `-has:details`, `changed:role`, `changed:*`, `changes.role.new:*`, `changes.*.new:ada`, `changes."address.city".old:*`, `details:*`,
	`details.a:*`, `details.a:ada`, `details.a=ada`, `details.a!=ada`, `-details.a:ada`, `details.a:1`, `details.a:"1"`, `details.a=1`, `details.a:true`, `details.a:null`, `details.a!=null`, `details.a:9007199254740993`, `details.a:0.1`,
	`details.a>1`, `details.a>=9007199254740993`, `details.a<0.1`, `details.a>"1"`, `details.a<a`, `details.a:1..10`, `details.a:..0`, `details.a:>10,<0`, `details.a:a*`, `details.a:*b`, `details.a~^a`, `details.a!~^a`, `details.a.b:*`, `details.*.a:1`, `details.*:ada`,
	`details."weird key":*`, `details."*":*`, `details."a.b":1`, `details.tags:ada,1`, `details.é:*`, `details.a:É`, `details.a:"x\ny"`, `-details.a.b>1`,
	`ada`, `"x y"`, `9007199254740992`, `straße`, `STRASSE`, `é`, `k`, `İ`, `σ`, `document`, `curl`, `192.0.2`, `6f9619ff`, `"a\"b"`, `%`, `_`, `"a b"`, `"*"`, `" "`, `"\""`, `"\\"`, `-ada`,
	`action:READ OR user:ada`, `(action:READ OR user:ada) -outcome:denied`, `NOT (details.a:1 OR ada)`, `-(-user:ada)`, `(details.a:ada OR created.hour:15) action:READ`, `-(user:ada details.a:1)`, `action:READ action:CREATE`,
}

func parseFilter(t testing.TB, text string) daybook.Filter {
	t.Helper()
	f, _, err := daybook.ParseFilter(text, &daybook.FilterOptions{Me: "ada"})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return f
}

// filterCorpus appends n random entries for filters and returns them.
func (s *subject) filterCorpus(t testing.TB, organization string, seed uint64, n int) []daybook.Entry {
	t.Helper()
	g := NewGenerator(seed)
	entries := make([]daybook.Entry, n)
	for i := range entries {
		entries[i] = g.filterEntry(organization)
	}
	s.append(t, entries...)
	return entries
}

func eachConstruct(t testing.TB, s *subject) {
	entries := s.filterCorpus(t, "acme", 6, 300)
	s.filterCorpus(t, "zeta", 7, 30)
	for i, text := range filterConstructs {
		q := daybook.Query{Filter: parseFilter(t, text), Order: daybook.Order(i % 2), Limit: 100}
		found := s.finds(t, "acme", entries, q)
		s.counts(t, "acme", text, q, found)
	}
}

// counts checks that the query counts n entries.
func (s *subject) counts(t testing.TB, organization, text string, q daybook.Query, n int) {
	t.Helper()
	groups, err := s.Count(t.Context(), organization, q)
	if err != nil || len(groups) != 1 || groups[0].Count != int64(n) {
		t.Fatalf("%s: counted %v, %v, want %d", text, groups, err, n)
	}
}

// How many random filters there are. Every store is compared with the one predicate, so the entries
// are few and the filters many: in the deep size a million, or what a store answers in deepTime.
const (
	someFilters = 400
	deepFilters = 1_000_000
	deepTime    = 40 * time.Minute
)

func randomFilters(t testing.TB, s *subject) {
	seed, filters := uint64(8), someFilters
	if deep() {
		seed, filters = rand.Uint64(), deepFilters
	}
	if text := os.Getenv("DAYBOOK_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("DAYBOOK_SEED: %v", err)
		}
	}
	entries := s.filterCorpus(t, "acme", seed, 150)
	s.filterCorpus(t, "zeta", seed+1, 20)
	g := NewGenerator(seed)
	someFound := 0
	begin := time.Now()
	for n := range filters {
		if n%1000 == 0 && time.Since(begin) > deepTime {
			filters = n
			break
		}
		f, text := g.Filter()
		q := daybook.Query{Filter: f, Order: daybook.Order(g.IntN(2)), Limit: pick(g, []int{1, 7, 40, 1000})}
		if g.IntN(8) == 0 {
			g.narrow(&q)
		}
		want := matching(t, entries, q)
		if len(want) > 0 && len(want) < len(entries) {
			someFound++
		}
		if q.Limit == 1 && len(want) > 10 {
			q.Limit = 11
		}
		if diff := Diff(want, s.all(t, "acme", q)); diff != "" {
			t.Fatalf("filter %d; to repeat: DAYBOOK_SEED=%d\n%s\n%+v, -want +got:\n%.4000s", n+1, seed, text, q, diff)
		}
		if n%4 == 0 {
			var by []daybook.Field
			for _, i := range g.Perm(len(allFields))[:g.IntN(3)] {
				by = append(by, allFields[i])
			}
			got, err := s.Count(t.Context(), "acme", q, by...)
			if diff := diffGroups(group(want, by), got); err != nil || diff != "" {
				t.Fatalf("filter %d; to repeat: DAYBOOK_SEED=%d\n%s\n%+v by %v: %v, -want +got:\n%s", n+1, seed, text, q, by, err, diff)
			}
		}
	}
	if someFound < filters/3 {
		t.Errorf("of %d filters only %d find some entries and not all: this proves little", filters, someFound)
	}
	if deep() {
		t.Logf("%d filters in %v", filters, time.Since(begin))
	}
}

// group counts entries in groups, as Count does.
func group(entries []daybook.Entry, by []daybook.Field) []daybook.Group {
	if len(by) == 0 {
		return []daybook.Group{{Values: []string{}, Count: int64(len(entries))}}
	}
	var groups []daybook.Group
	for _, e := range entries {
		values := make([]string, len(by))
		for i, f := range by {
			values[i] = f.Of(&e)
		}
		i := slices.IndexFunc(groups, func(g daybook.Group) bool { return slices.Equal(g.Values, values) })
		if i < 0 {
			i = len(groups)
			groups = append(groups, daybook.Group{Values: values})
		}
		groups[i].Count++
	}
	slices.SortFunc(groups, daybook.CompareGroups)
	return groups
}

func filterNarrows(t testing.TB, s *subject) {
	entries := s.filterCorpus(t, "acme", 9, 200)
	g := NewGenerator(10)
	for range 60 {
		q := daybook.Query{Limit: 50}
		for range 1 + g.IntN(2) {
			g.narrow(&q)
		}
		all := s.finds(t, "acme", entries, q)
		for _, text := range []string{"action:READ OR action:CREATE", "user:* OR -user:*", "-details.a:1", "ada OR resource:*"} {
			q.Filter = parseFilter(t, text)
			if n := s.finds(t, "acme", entries, q); n > all {
				t.Errorf("%s finds %d entries of %d", text, n, all)
			}
		}
	}
	for _, e := range entries[:5] { // with an id, and behind a cursor
		s.finds(t, "acme", entries, daybook.Query{ID: e.ID, Filter: parseFilter(t, "action:"+string(e.Action))})
		s.finds(t, "acme", entries, daybook.Query{ID: e.ID, Filter: parseFilter(t, "-action:"+string(e.Action))})
	}
}

func filteredReports(t testing.TB, s *subject) {
	entries := s.filterCorpus(t, "acme", 11, 200)
	g := NewGenerator(12)
	edges := []time.Time{g.Start.Add(-time.Hour), g.Start.Add(2 * time.Second), g.Start.Add(10 * time.Hour), g.Start.Add(200 * time.Hour)}
	for _, text := range []string{`action:CREATE`, `-user:ada`, `details.a:* OR ada`, `agent~curl`, `created.hour:15`, `is:own`} {
		q := daybook.Query{Filter: parseFilter(t, text)}
		found := matching(t, entries, q)
		buckets, err := daybook.Histogram(t.Context(), s.Store, "acme", q, edges, daybook.ByOutcome)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		sum := 0
		for _, b := range buckets {
			in := slices.DeleteFunc(slices.Clone(found), func(e daybook.Entry) bool { return e.CreatedAt.Before(b.From) || !e.CreatedAt.Before(b.To) })
			if diff := diffGroups(group(in, []daybook.Field{daybook.ByOutcome}), b.Groups); diff != "" {
				t.Errorf("%s from %v, -want +got:\n%s", text, b.From, diff)
			}
			sum += int(b.Count())
		}
		if sum != len(found) {
			t.Errorf("%s: a histogram of %d entries, and %d are found", text, sum, len(found))
		}
		top, err := daybook.TopValues(t.Context(), s.Store, "acme", q, daybook.ByResourceType, 100)
		if diff := diffGroups(group(found, []daybook.Field{daybook.ByResourceType}), top.Values); err != nil || diff != "" {
			t.Errorf("%s: %v, -want +got:\n%s", text, err, diff)
		}
	}
}
