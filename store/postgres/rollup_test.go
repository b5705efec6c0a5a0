package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/storetest"
)

// seed returns what a random test begins with, and says how to repeat it when the test fails.
func seed(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("DAYBOOK_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("DAYBOOK_SEED: %v", err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("to repeat: DAYBOOK_SEED=%d", seed)
		}
	})
	return seed
}

// deep reports whether the long form of a test is asked for.
func deep() bool { return os.Getenv("DAYBOOK_DEEP") == "1" }

// A reports asks a store random questions, and counts itself.
type reports struct {
	*storetest.Generator
	store    *postgres.Store
	appended []daybook.Entry
}

// matching returns the entries that a question is about.
func (r *reports) matching(t *testing.T, organization string, q daybook.Query) []daybook.Entry {
	t.Helper()
	if err := q.Normalize(); err != nil {
		t.Fatal(err)
	}
	var found []daybook.Entry
	for _, e := range r.appended {
		if e.OrganizationID == organization && q.Matches(&e) {
			found = append(found, e)
		}
	}
	return found
}

func (r *reports) count(t *testing.T, organization string, q daybook.Query, by []daybook.Field) []daybook.Group {
	groups := map[[daybook.MaxGroupFields]string]int64{}
	if len(by) == 0 {
		groups[[daybook.MaxGroupFields]string{}] = 0
	}
	for _, e := range r.matching(t, organization, q) {
		var values [daybook.MaxGroupFields]string
		for i, f := range by {
			values[i] = f.Of(&e)
		}
		groups[values]++
	}
	var list []daybook.Group
	for values, n := range groups {
		list = append(list, daybook.Group{Values: values[:len(by)], Count: n})
	}
	slices.SortFunc(list, daybook.CompareGroups)
	return list
}

func (r *reports) histogram(t *testing.T, organization string, q daybook.Query, edges []time.Time, by []daybook.Field) []daybook.Bucket {
	tally, err := daybook.NewTally(edges, by...)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.matching(t, organization, q) {
		value := ""
		for _, f := range by {
			value = f.Of(&e)
		}
		tally.Add(e.CreatedAt, value, 1)
	}
	buckets, err := tally.Buckets()
	if err != nil {
		t.Fatal(err)
	}
	return buckets
}

func (r *reports) top(t *testing.T, organization string, q daybook.Query, field daybook.Field, limit int) daybook.Top {
	ranking, err := daybook.NewRanking(field, limit)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.matching(t, organization, q) {
		if err := ranking.AddEntry(&e); err != nil {
			t.Fatal(err)
		}
	}
	return ranking.Top()
}

// moment returns a time within some months, mostly in the few hours around the ends of some, often at
// the beginning of an hour, a day or a month, or beside it.
func (r *reports) moment() time.Time {
	t := time.Date(2026, time.Month(1+r.IntN(4)), 1, 0, 0, 0, 0, time.UTC)
	within := []time.Duration{4 * time.Hour, 4 * time.Hour, 4 * time.Hour, 30 * 24 * time.Hour}[r.IntN(4)]
	t = t.Add(time.Duration(r.Int64N(int64(within)))).Add(-within / 2).Truncate(time.Microsecond)
	switch r.IntN(4) {
	case 0:
		t = t.Truncate(time.Hour)
	case 1:
		t = t.Truncate(24 * time.Hour)
	case 2:
		t = time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	default:
		return t
	}
	return t.Add(time.Duration(r.IntN(3)-1) * []time.Duration{time.Microsecond, time.Minute, time.Hour}[r.IntN(3)])
}

func (r *reports) entries(organization string) []daybook.Entry {
	entries := make([]daybook.Entry, 1+r.IntN(40))
	for i := range entries {
		r.Start = r.moment()
		entries[i] = r.Entry(organization)
	}
	return entries
}

// query returns one that the rollup can answer, mostly.
func (r *reports) query() daybook.Query {
	var q daybook.Query
	if r.IntN(2) > 0 {
		q.From = r.moment().Add(time.Duration(r.IntN(2)))
	}
	if r.IntN(2) > 0 {
		q.To = r.moment().Add(time.Duration(r.IntN(2)))
	}
	if r.IntN(3) == 0 {
		q.Actions = []daybook.Action{daybook.Create, "EXPORT"}[:1+r.IntN(2)]
	}
	if r.IntN(3) == 0 {
		q.Outcomes = []daybook.Outcome{daybook.Denied, daybook.Success}[:1+r.IntN(2)]
	}
	if r.IntN(4) == 0 {
		q.ResourceType = "document"
	}
	if r.IntN(4) == 0 {
		q.ActorTypes = []daybook.ActorType{daybook.ActorUser}
	}
	if r.IntN(8) == 0 {
		q.UserID = "ada"
	}
	if r.IntN(4) == 0 {
		text := []string{"action:CREATE,UPDATE -outcome:denied", "resource:doc* OR actor:system", "is:change", "user:ada"}[r.IntN(4)]
		filter, _, err := daybook.ParseFilter(text, nil)
		if err != nil {
			panic(err)
		}
		q.Filter = filter
	}
	return q
}

func (r *reports) edges() []time.Time {
	if r.IntN(2) == 0 {
		zone := []string{"UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia"}[r.IntN(4)]
		location, err := time.LoadLocation(zone)
		if err == nil {
			from := r.moment()
			every := []daybook.Interval{daybook.Hour, daybook.Day, daybook.Week, daybook.Month}[r.IntN(4)]
			if edges, err := daybook.Edges(from, from.Add(time.Duration(1+r.IntN(900))*time.Hour), every, location); err == nil {
				return edges
			}
		}
	}
	var edges []time.Time
	for range 2 + r.IntN(10) {
		edges = append(edges, r.moment().Add(time.Duration(r.IntN(2))))
	}
	slices.SortFunc(edges, time.Time.Compare)
	edges = slices.CompactFunc(edges, time.Time.Equal)
	if len(edges) < 2 {
		return append(edges, edges[0].Add(time.Hour))
	}
	return edges
}

var reportFields = []daybook.Field{daybook.ByAction, daybook.ByResourceType, daybook.ByActorType, daybook.ByOutcome, daybook.ByUserID}

// ask asks one question and returns it and how the answers differ.
func (r *reports) ask(t *testing.T, organization string) (question, diff string) {
	t.Helper()
	q := r.query()
	var by []daybook.Field
	for _, i := range r.Perm(len(reportFields))[:r.IntN(4)] {
		by = append(by, reportFields[i])
	}
	var want, got any
	var err error
	switch r.IntN(3) {
	case 0:
		question = fmt.Sprintf("count %s %+v by %v", organization, q, by)
		want = r.count(t, organization, q, by)
		got, err = r.store.Count(t.Context(), organization, q, by...)
	case 1:
		by, edges := by[:min(len(by), 1)], r.edges()
		question = fmt.Sprintf("histogram %s %+v of %v by %v", organization, q, edges, by)
		want = r.histogram(t, organization, q, edges, by)
		got, err = r.store.Histogram(t.Context(), organization, q, edges, by...)
	default:
		field := append(slices.Clone(reportFields), "details.a", "details.a.b", `details."a.b"`, "details.tags")[r.IntN(len(reportFields)+4)]
		limit := r.IntN(5)
		question = fmt.Sprintf("top %d of %s %s %+v", limit, field, organization, q)
		want = r.top(t, organization, q, field, limit)
		got, err = r.store.Top(t.Context(), organization, q, field, limit)
	}
	if err != nil {
		return question, err.Error()
	}
	return question, cmp.Diff(want, got)
}

// Whatever has been folded into the rollup, was added to it since, or still waits for its place, an
// answer by the rollup is that of counting.
func TestTheRollupAnswersAsCountingDoes(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.Text)
	s := open(t, name, postgres.Text)
	leader := connect(t, app, name)
	r := &reports{Generator: storetest.NewGenerator(seed(t)), store: s}
	rounds := 60
	if deep() {
		rounds = 2000
	}
	var lead pgx.Tx // when it is there, nothing gets its place
	release := func() {
		if lead != nil {
			if err := lead.Rollback(context.Background()); err != nil {
				t.Fatal(err)
			}
			lead = nil
		}
	}
	for round := range rounds {
		organization := []string{"acme", "acme", "zeta"}[r.IntN(3)]
		switch r.IntN(8) {
		case 0, 1, 2:
			entries := r.entries(organization)
			if err := s.Append(t.Context(), entries...); err != nil {
				t.Fatal(err)
			}
			r.appended = append(r.appended, entries...)
		case 3:
			if lead == nil {
				var err error
				if lead, err = leader.Begin(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := postgres.Lead(t.Context(), lead); err != nil {
					t.Fatal(err)
				}
			}
		case 4:
			release()
		case 5:
			if err := postgres.Drain(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		case 6:
			if err := postgres.Fold(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		for range 5 {
			if question, diff := r.ask(t, organization); diff != "" {
				t.Fatalf("round %d: %s\n-counted +rollup:\n%.3000s", round, question, diff)
			}
		}
	}
	release()
	// In the end all is folded, and in the rollup alone.
	if err := postgres.Drain(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Fold(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	const unfolded = `select (select count(*) from ledger_pending) + (select count(*) from daybook_rollup_recent)`
	if n := value[int](t, name, unfolded); n != 0 {
		t.Errorf("%d rows are not folded", n)
	}
	for range 50 {
		if question, diff := r.ask(t, "acme"); diff != "" {
			t.Fatalf("folded: %s\n-counted +rollup:\n%.3000s", question, diff)
		}
	}
}
