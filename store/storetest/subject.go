package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

// patience is how long a promise waits for what must happen. It is long because a slow machine is
// no fault; only a broken promise takes it.
const patience = 30 * time.Second

// A subject is the store under test, with the steps that most promises take.
type subject struct {
	daybook.Store
	daybook.Transactor // nil: it has none
}

// append appends the entries in one call and ends the test when that fails.
func (s *subject) append(t testing.TB, entries ...daybook.Entry) {
	t.Helper()
	if err := s.Append(t.Context(), entries...); err != nil {
		t.Fatalf("append %d good entries: %v", len(entries), err)
	}
}

// query returns one page and ends the test when there is an error.
func (s *subject) query(t testing.TB, organization string, q daybook.Query) daybook.Page {
	t.Helper()
	page, err := s.Query(t.Context(), organization, q)
	if err != nil {
		t.Fatalf("query %q: %v", organization, err)
	}
	return page
}

// all returns everything the query finds, page by page. It does not trust the cursors to end.
func (s *subject) all(t testing.TB, organization string, q daybook.Query) []daybook.Entry {
	t.Helper()
	var found []daybook.Entry
	for pages := 0; ; pages++ {
		page := s.query(t, organization, q)
		found = append(found, page.Entries...)
		if page.Next.IsZero() {
			return found
		}
		if page.Next == q.After || pages > 10_000 {
			t.Fatalf("pages of %d entries have no end: cursor %v follows %v", q.Limit, page.Next, q.After)
		}
		q.After = page.Next
	}
}

// total returns how many entries the organization has.
func (s *subject) total(t testing.TB, organization string) int {
	t.Helper()
	groups, err := s.Count(t.Context(), organization, daybook.Query{})
	if err != nil || len(groups) != 1 {
		t.Fatalf("count %q: %v, %v", organization, groups, err)
	}
	return int(groups[0].Count)
}

// stores checks that the organization has exactly the entries, in any order.
func (s *subject) stores(t testing.TB, organization string, want ...daybook.Entry) {
	t.Helper()
	want = slices.Clone(want)
	slices.SortFunc(want, func(a, b daybook.Entry) int { return slices.Compare(a.ID[:], b.ID[:]) })
	got := s.all(t, organization, daybook.Query{Order: daybook.Oldest, Limit: daybook.MaxLimit})
	if diff := Diff(want, got); diff != "" {
		t.Errorf("stored in %q, -want +got:\n%s", organization, diff)
	}
}

// tail returns the n entries behind a position, limit at a time, and where it got to. It waits for
// a store that gives committed entries their places a moment later, and then looks once more, for
// what should not be there.
func (s *subject) tail(t testing.TB, after daybook.Position, n, limit int) ([]daybook.Sequenced, daybook.Position) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var got []daybook.Sequenced
	for {
		batch, next, err := s.Tail(ctx, after, limit)
		if err != nil {
			t.Fatalf("tail behind %v, with %d entries read of %d: %v", after, len(got), n, err)
		}
		if len(batch) > 0 && next == after {
			t.Fatalf("tail behind %v returned %d entries and the same position: a follower would never get on", after, len(batch))
		}
		got, after = append(got, batch...), next
		switch {
		case len(batch) > 0:
			if len(got) > n {
				t.Fatalf("tail returned %d entries, more than the %d there are", len(got), n)
			}
		case len(got) == n:
			return got, after
		case !pause(ctx):
			t.Fatalf("tail ended at %v with %d entries of %d", after, len(got), n)
		}
	}
}

// pause waits a moment and reports whether ctx goes on.
func pause(ctx context.Context) bool {
	select {
	case <-time.After(10 * time.Millisecond):
		return true
	case <-ctx.Done():
		return false
	}
}

// plain returns the entries without their positions.
func plain(sequenced []daybook.Sequenced) []daybook.Entry {
	entries := make([]daybook.Entry, len(sequenced))
	for i, s := range sequenced {
		entries[i] = s.Entry
	}
	return entries
}

// refusedFields returns the fields that err, or any error it wraps or joins, refuses.
func refusedFields(err error) []string {
	switch e := err.(type) {
	case nil:
		return nil
	case *daybook.FieldError:
		return []string{e.Field}
	case interface{ Unwrap() []error }:
		var fields []string
		for _, part := range e.Unwrap() {
			fields = append(fields, refusedFields(part)...)
		}
		return fields
	}
	return refusedFields(errors.Unwrap(err))
}

// refuses reports whether err is a refusal of the field, or of something within it.
func refuses(err error, field string) bool {
	return errors.Is(err, daybook.ErrInvalid) && slices.ContainsFunc(refusedFields(err), func(f string) bool {
		return f == field || strings.HasPrefix(f, field+".")
	})
}
