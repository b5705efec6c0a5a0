package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

func appending() []promise {
	return []promise{
		{"nil means visible to the next query",
			"the application answers its client once Append has returned, and the client may look at once",
			visibleAtOnce},
		{"many entries in one call come back, each once",
			"an import or a batch job records thousands of entries in one call",
			manyInOneCall},
		{"one wrong entry and nothing of its call is stored",
			"the caller of a refused call corrects it and sends all of it again; what was stored of it would be there in two versions",
			allOrNothing},
		{"the caller's entries are neither kept nor changed",
			"callers go on using their maps: a store that keeps one rewrites history, and one that writes into them races",
			callersMemory},
		{"what was read can be changed without changing what is stored",
			"a handler that hides a field before it answers must not hide it from everybody",
			readersMemory},
		{"an entry without id and time gets both, and one with a time an id that carries it",
			"few callers have an id at hand, and the order of the log is that of the ids",
			madeIDs},
		{"an append whose context ends is stored whole or not at all, and to append again settles it",
			"a client that gave up cannot know what was stored; all it can do is send the same again",
			cancelledAppend},
	}
}

func visibleAtOnce(t testing.TB, s *subject) {
	for n := range 20 {
		e := Entry("acme")
		s.append(t, e)
		page := s.query(t, "acme", daybook.Query{Limit: 1})
		if diff := Diff([]daybook.Entry{e}, page.Entries); diff != "" {
			t.Fatalf("the newest entry behind append %d, -want +got:\n%s", n+1, diff)
		}
		if got := s.total(t, "acme"); got != n+1 {
			t.Fatalf("%d entries counted behind append %d", got, n+1)
		}
	}
}

func manyInOneCall(t testing.TB, s *subject) {
	if err := s.Append(t.Context()); err != nil {
		t.Errorf("a call without entries: %v", err)
	}
	s.append(t, Entries("acme", 3000)...)
	got := s.all(t, "acme", daybook.Query{Order: daybook.Oldest, Limit: 700})
	if len(got) != 3000 {
		t.Fatalf("%d entries come back of 3000", len(got))
	}
	for i, e := range got {
		if want := fmt.Sprint(i + 1); e.ResourceID != want {
			t.Fatalf("entry %d is %s", i+1, e.ResourceID)
		}
	}
}

func allOrNothing(t testing.TB, s *subject) {
	stored := Entry("acme")
	s.append(t, stored)
	conflict, invalid, homeless := stored, Entry("acme"), Entry("acme")
	conflict.UserAgent = "another"
	invalid.Action = "no action"
	homeless.OrganizationID = ""
	for name, bad := range map[string]daybook.Entry{"a conflict": conflict, "an invalid entry": invalid, "an entry without organization": homeless} {
		for place := range 4 {
			call := append(Entries("acme", 2), Entry("zeta")) // good ones, of two organizations
			call = append(call[:place:place], append([]daybook.Entry{bad}, call[place:]...)...)
			if err := s.Append(t.Context(), call...); err == nil {
				t.Errorf("%s in place %d of 4 is accepted", name, place+1)
			}
		}
		s.stores(t, "acme", stored)
		s.stores(t, "zeta")
	}
}

func callersMemory(t testing.TB, s *subject) {
	tags := []any{"kept"}
	inner := map[string]any{"value": "kept"}
	e := daybook.Entry{Action: "EXPORT", ResourceType: "document", OrganizationID: "acme",
		Details: daybook.Details{"inner": inner, "tags": tags, "raw": []byte("kept")}}
	given := []daybook.Entry{e}
	s.append(t, given...)
	if got := given[0]; !got.ID.IsZero() || !got.CreatedAt.IsZero() || got.Outcome != "" || got.ActorType != "" {
		t.Errorf("Append changed the caller's entry to %+v", got)
	}
	want, err := e.Details.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	inner["value"], tags[0], e.Details["new"] = "changed", "changed", "changed"
	copy(e.Details["raw"].([]byte), "lost")
	given[0].ResourceType = "changed"
	got := s.query(t, "acme", daybook.Query{}).Entries
	if len(got) != 1 || got[0].ResourceType != "document" {
		t.Fatalf("stored: %+v", got)
	}
	if now, err := got[0].Details.Canonical(); err != nil || string(now) != string(want) {
		t.Errorf("details were %s when they were appended and are now %s, %v", want, now, err)
	}
}

func readersMemory(t testing.TB, s *subject) {
	e := Entry("acme")
	s.append(t, e)
	spoil := func(read *daybook.Entry) {
		read.Details["tags"].([]any)[0] = "changed"
		read.Details["changes"].(map[string]any)["status"] = "changed"
		read.Details["new"] = "changed"
		read.UserID = "changed"
	}
	queried := func() *daybook.Entry {
		t.Helper()
		page := s.query(t, "acme", daybook.Query{})
		if diff := Diff([]daybook.Entry{e}, page.Entries); diff != "" {
			t.Fatalf("queried, -want +got:\n%s", diff)
		}
		return &page.Entries[0]
	}
	tailed := func() *daybook.Entry {
		t.Helper()
		got, _ := s.tail(t, daybook.Position{}, 1, 10)
		if diff := Diff([]daybook.Entry{e}, plain(got)); diff != "" {
			t.Fatalf("tailed, -want +got:\n%s", diff)
		}
		return &got[0].Entry
	}
	spoil(queried())
	spoil(tailed())
	queried()
	tailed()
}

func madeIDs(t testing.TB, s *subject) {
	at := time.Date(1996, 2, 29, 23, 59, 59, 123456789, time.UTC)
	bare := daybook.Entry{Action: daybook.Create, ResourceType: "document", OrganizationID: "acme"}
	dated := bare
	dated.CreatedAt = at
	before := time.Now().Add(-time.Minute)
	s.append(t, bare, bare, dated, dated)
	s.append(t, bare)
	got := s.all(t, "acme", daybook.Query{Order: daybook.Oldest})
	if len(got) != 5 {
		t.Fatalf("%d entries without id are stored of 5", len(got))
	}
	for i, e := range got {
		if want := at.Truncate(time.Microsecond); i < 2 && !e.CreatedAt.Equal(want) {
			t.Errorf("created at %v, want %v", e.CreatedAt, want)
		}
		if i >= 2 && (e.CreatedAt.Before(before) || e.CreatedAt.After(time.Now().Add(time.Minute))) {
			t.Errorf("created at %v, which is not now", e.CreatedAt)
		}
		if e.ID.IsZero() || !e.ID.Time().Equal(e.CreatedAt) || !e.UpdatedAt.Equal(e.CreatedAt) {
			t.Errorf("id %v carries %v, created at %v, updated at %v: these are one time", e.ID, e.ID.Time(), e.CreatedAt, e.UpdatedAt)
		}
	}
}

func cancelledAppend(t testing.TB, s *subject) {
	const rounds, size = 24, 10
	var calls [rounds][]daybook.Entry
	var wg sync.WaitGroup
	for round := range rounds {
		calls[round] = Entries(fmt.Sprint("org-", round), size)
		ctx, cancel := context.WithCancel(t.Context())
		switch round % 3 {
		case 0: // before
			cancel()
		case 1: // during: as soon as it is another goroutine's turn
			wg.Go(cancel)
		case 2: // during: with others waiting for the same disk
			wg.Go(func() {
				s.Append(t.Context(), Entries("neighbour", 1)...)
				cancel()
			})
		}
		wg.Go(func() {
			defer cancel()
			err := s.Append(ctx, calls[round]...)
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("append with a cancelled context: %v, which does not wrap context.Canceled", err)
			}
			page, askErr := s.Query(t.Context(), fmt.Sprint("org-", round), daybook.Query{})
			if n := len(page.Entries); askErr != nil || n != size && (err == nil || n != 0) {
				t.Errorf("%d of %d entries are stored behind an append that returned %v, %v", n, size, err, askErr)
			}
		})
	}
	wg.Wait()
	for round := range rounds {
		s.append(t, calls[round]...)
		s.stores(t, fmt.Sprint("org-", round), calls[round]...)
	}
}
