package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/memory"
)

func likeTheModel() []promise {
	return []promise{
		{"random appends and questions have the answers of store/memory",
			"nobody thinks of every combination, and an application must not notice where its log is kept",
			modelAgrees},
	}
}

// How many random steps there are. A store that syncs takes some milliseconds for an append.
const (
	modelSteps     = 400
	modelDeepSteps = 8000
)

// A trial is a store and its model, which have been told and asked the same.
type trial struct {
	*Generator
	store    *subject
	model    *memory.Store
	appended []daybook.Entry // what both have accepted
	log      []string        // the last steps
}

var modelOrganizations = []string{"acme", "acm_", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"}

func modelAgrees(t testing.TB, s *subject) {
	seed := rand.Uint64()
	if text := os.Getenv("DAYBOOK_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("DAYBOOK_SEED: %v", err)
		}
	}
	r := &trial{Generator: NewGenerator(seed), store: s, model: memory.New()}
	steps := modelSteps
	if deep() {
		steps = modelDeepSteps
	}
	for n := range steps {
		name, diff := r.step(t)
		if r.log = append(r.log, name); len(r.log) > 5 {
			r.log = r.log[1:]
		}
		if diff != "" {
			t.Fatalf("step %d differs; to repeat: DAYBOOK_SEED=%d\nlast steps:\n%s\n-model +store:\n%.4000s", n+1, seed, strings.Join(r.log, "\n"), diff)
		}
	}
	if diff := r.compareTails(t); diff != "" {
		t.Fatalf("the total order differs; to repeat: DAYBOOK_SEED=%d\n-model +store:\n%.4000s", seed, diff)
	}
}

// step does one thing to both and returns what it was and how the answers differ.
func (r *trial) step(t testing.TB) (name, diff string) {
	organization := pick(r.Generator, modelOrganizations)
	switch n := r.IntN(100); {
	case n < 45:
		entries := r.call(organization)
		want, got := r.model.Append(t.Context(), entries...), r.store.Append(t.Context(), entries...)
		if want == nil {
			r.appended = append(r.appended, entries...)
		}
		return fmt.Sprintf("append %d entries: %v", len(entries), want), cmp.Diff(class(want), class(got))
	case n < 75:
		return r.compareQueries(t, organization)
	case n < 85:
		return r.compareReports(t, organization)
	case n < 95:
		q := r.Query()
		var by []daybook.Field
		for _, i := range r.Perm(len(allFields))[:r.IntN(5)] {
			by = append(by, allFields[i])
		}
		want, wantErr := r.model.Count(t.Context(), organization, q, by...)
		got, err := r.store.Count(t.Context(), organization, q, by...)
		return fmt.Sprintf("count %q %+v by %v", organization, q, by), cmp.Diff(class(wantErr), class(err)) + diffGroups(want, got)
	default:
		return "tail", r.compareTails(t)
	}
}

// call makes the entries of one append: new ones, earlier ones again, and sometimes one that is to
// be refused.
func (r *trial) call(organization string) []daybook.Entry {
	var entries []daybook.Entry
	for range 1 + r.IntN(4) {
		switch n := r.IntN(20); {
		case n < 4 && len(r.appended) > 0:
			entries = append(entries, pick(r.Generator, r.appended))
		case n == 4 && len(entries) > 0:
			entries = append(entries, pick(r.Generator, entries))
		case n == 5 && len(r.appended) > 0: // the same id: a conflict, or another organization's entry
			e := r.Entry(pick(r.Generator, modelOrganizations))
			e.ID = pick(r.Generator, r.appended).ID
			e.CreatedAt, e.UpdatedAt = time.Time{}, time.Time{}
			entries = append(entries, e)
		case n == 6: // the id of another program
			e := r.Entry(organization)
			e.ID[7] = byte(r.Uint32())
			e.CreatedAt, e.UpdatedAt = time.Time{}, time.Time{}
			entries = append(entries, e)
		case n == 7 && r.IntN(3) == 0:
			e := r.Entry(organization)
			pick(r.Generator, wrongOnes()).change(&e)
			entries = append(entries, e)
		default:
			entries = append(entries, r.Entry(organization))
		}
	}
	return entries
}

// compareQueries reads the pages of one query side by side.
func (r *trial) compareQueries(t testing.TB, organization string) (name, diff string) {
	q := r.Query()
	if len(r.appended) > 0 && r.IntN(8) == 0 {
		q.ID = pick(r.Generator, r.appended).ID
	}
	if len(r.appended) > 0 && r.IntN(8) == 0 { // any place in any order
		q.After = daybook.Cursor{Order: daybook.Order(r.IntN(2)), ID: pick(r.Generator, r.appended).ID}
	}
	switch r.IntN(30) {
	case 0:
		q.Limit = -1
	case 1:
		q.UserID, q.Outcomes = "\xff", []daybook.Outcome{"maybe"}
	case 2:
		organization = ""
	}
	name = fmt.Sprintf("query %q %+v", organization, q)
	for pages := 1 + r.IntN(4); pages > 0; pages-- {
		want, wantErr := r.model.Query(t.Context(), organization, q)
		got, err := r.store.Query(t.Context(), organization, q)
		diff := cmp.Diff(class(wantErr), class(err)) + Diff(want.Entries, got.Entries) + cmp.Diff(want.Next, got.Next)
		if diff != "" || want.Next.IsZero() {
			return name, diff
		}
		q.After = want.Next
	}
	return name, ""
}

// compareReports asks for a histogram, or for top values.
func (r *trial) compareReports(t testing.TB, organization string) (name, diff string) {
	q := r.Query()
	if r.IntN(30) == 0 {
		organization = ""
	}
	if r.IntN(2) == 0 {
		var edges []time.Time
		step := pick(r.Generator, []time.Duration{time.Microsecond, time.Second, time.Hour})
		for at := r.Time().Add(-step); len(edges) < r.IntN(12); at = at.Add(step) {
			edges = append(edges, at)
		}
		by := allFields[:r.IntN(10)/4]
		if len(by) == 1 {
			by = []daybook.Field{pick(r.Generator, allFields)}
		}
		want, wantErr := r.model.Histogram(t.Context(), organization, q, edges, by...)
		got, err := daybook.Histogram(t.Context(), r.store.Store, organization, q, edges, by...)
		return fmt.Sprintf("histogram %q %+v %v by %v", organization, q, edges, by), cmp.Diff(class(wantErr), class(err)) + diffReports(want, got)
	}
	field, limit := pick(r.Generator, append(detailsFields, allFields...)), r.IntN(8)-1
	want, wantErr := r.model.Top(t.Context(), organization, q, field, limit)
	got, err := daybook.TopValues(t.Context(), r.store.Store, organization, q, field, limit)
	return fmt.Sprintf("top %q %+v %d of %s", organization, q, limit, field), cmp.Diff(class(wantErr), class(err)) + diffReports(want, got)
}

// compareTails compares the whole order of both, limits apart.
func (r *trial) compareTails(t testing.TB) string {
	want, _, err := r.model.Tail(t.Context(), daybook.Position{}, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := r.store.tail(t, daybook.Position{}, len(want), 1+r.IntN(2000))
	return Diff(plain(want), plain(got))
}

// class is what a caller can tell of an error: which it is, and which fields it refuses.
func class(err error) []string {
	if err == nil {
		return nil
	}
	class := []string{"an error"}
	for _, known := range []error{daybook.ErrInvalid, daybook.ErrNoOrganization, daybook.ErrConflict, daybook.ErrCursor, daybook.ErrPosition, daybook.ErrClosed} {
		if errors.Is(err, known) {
			class = append(class, known.Error())
		}
	}
	fields := refusedFields(err)
	slices.Sort(fields)
	return append(class, slices.Compact(fields)...)
}
