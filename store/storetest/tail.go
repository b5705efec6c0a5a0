package storetest

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

func tailing() []promise {
	return []promise{
		{"every entry comes once, in the order in which one caller appended",
			"a rule that sees the sign-in before the failed attempts sees no attack",
			inOrderOfAppends},
		{"a follower can go on behind every entry",
			"a follower stops anywhere, and what it has seen must neither come again nor take something with it",
			resume},
		{"an entry with an earlier time comes when it is appended",
			"a spool delivers yesterday's entries today, and every follower has passed yesterday",
			lateEntries},
		{"an entry that is sent again does not come again",
			"each alarm would go off twice",
			duplicatesInTail},
		{"at most as many entries as asked for, 50 when nobody says",
			"a follower with a million entries to catch up with must not need the memory for them",
			tailLimit},
		{"at the end comes nothing, and the position that was given",
			"a follower at the end would save a position from which all comes again",
			endOfTail},
		{"a position that the store did not give out is refused",
			"after a restore from a backup a follower would wait behind the end, and miss what comes first",
			wrongPositions},
		{"Tail and Query agree about an entry",
			"what was sent to the SIEM must be what the auditor sees",
			tailAgreesWithQuery},
		{"with eight writers nothing is skipped, repeated, or out of its writer's order",
			"a position that becomes visible after a higher one is skipped by every follower for ever",
			eightWriters},
	}
}

func inOrderOfAppends(t testing.TB, s *subject) {
	organizations := []string{"acme", "zeta", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"}
	g := NewGenerator(8)
	var want []daybook.Entry
	for call := range 30 {
		var entries []daybook.Entry
		for range 1 + call%4 {
			entries = append(entries, g.Entry(pick(g, organizations)))
		}
		s.append(t, entries...)
		want = append(want, entries...)
	}
	for _, limit := range []int{1, 7, 1000} {
		got, _ := s.tail(t, daybook.Position{}, len(want), limit)
		if diff := Diff(want, plain(got)); diff != "" {
			t.Errorf("%d at a time, -want +got:\n%.4000s", limit, diff)
		}
		rises(t, got)
	}
}

// rises checks that the positions of one read rise.
func rises(t testing.TB, got []daybook.Sequenced) {
	t.Helper()
	for i := range got {
		if got[i].Position.Number < 1 {
			t.Errorf("entry %d has the position %v: the first is 1", i, got[i].Position)
		}
		if i > 0 && (got[i].Position.Epoch != got[i-1].Position.Epoch || got[i].Position.Number <= got[i-1].Position.Number) {
			t.Errorf("position %v comes behind %v", got[i].Position, got[i-1].Position)
		}
	}
}

func resume(t testing.TB, s *subject) {
	for range 6 {
		s.append(t, Entries("acme", 3)...)
		s.append(t, Entries("zeta", 2)...)
	}
	want, end := s.tail(t, daybook.Position{}, 30, 100)
	if last := want[len(want)-1].Position; end != last {
		// Some place behind it is allowed, if nothing lies between.
		s.tail(t, last, 0, 10)
	}
	for i, e := range want {
		rest, _ := s.tail(t, e.Position, len(want)-i-1, 4)
		if diff := Diff(plain(want[i+1:]), plain(rest)); diff != "" {
			t.Fatalf("behind %v, -want +got:\n%.2000s", e.Position, diff)
		}
		again, err := daybook.ParsePosition(e.Position.String())
		if err != nil || again != e.Position {
			t.Errorf("position %v is read back as %v, %v", e.Position, again, err)
		}
	}
}

func lateEntries(t testing.TB, s *subject) {
	entries := Entries("acme", 10)
	s.append(t, entries[5:]...)
	_, end := s.tail(t, daybook.Position{}, 5, 100)
	s.append(t, entries[4])
	s.append(t, entries[0], entries[3])
	got, _ := s.tail(t, end, 3, 100)
	if diff := Diff([]daybook.Entry{entries[4], entries[0], entries[3]}, plain(got)); diff != "" {
		t.Errorf("behind the end of the others, -want +got:\n%s", diff)
	}
}

func duplicatesInTail(t testing.TB, s *subject) {
	entries := Entries("acme", 4)
	s.append(t, entries[:2]...)
	_, end := s.tail(t, daybook.Position{}, 2, 10)
	s.append(t, entries[:2]...)
	s.append(t, entries[1], entries[2], entries[2], entries[0], entries[3])
	got, _ := s.tail(t, end, 2, 10)
	if diff := Diff(entries[2:], plain(got)); diff != "" {
		t.Errorf("behind what was sent again, -want +got:\n%s", diff)
	}
}

func tailLimit(t testing.TB, s *subject) {
	s.append(t, Entries("acme", 120)...)
	s.tail(t, daybook.Position{}, 120, 1000) // all have their places
	for limit, want := range map[int]int{0: 50, 1: 1, 50: 50, 119: 119, 120: 120, 121: 120, 1 << 20: 120} {
		got, _, err := s.Tail(t.Context(), daybook.Position{}, limit)
		if err != nil || len(got) != want {
			t.Errorf("with limit %d: %d entries, %v, want %d", limit, len(got), err, want)
		}
	}
}

func endOfTail(t testing.TB, s *subject) {
	got, at, err := s.Tail(t.Context(), daybook.Position{}, 10)
	if err != nil || len(got) != 0 || at != (daybook.Position{}) {
		t.Errorf("an empty store: %d entries, position %v, %v; want none and %v", len(got), at, err, daybook.Position{})
	}
	s.append(t, Entries("acme", 3)...)
	_, end := s.tail(t, daybook.Position{}, 3, 10)
	if got, at, err := s.Tail(t.Context(), end, 10); err != nil || len(got) != 0 || at != end {
		t.Errorf("behind %v: %d entries, position %v, %v", end, len(got), at, err)
	}
	s.append(t, Entry("acme"))
	s.tail(t, end, 1, 10)
}

func wrongPositions(t testing.TB, s *subject) {
	refused := func(p daybook.Position) {
		t.Helper()
		if got, _, err := s.Tail(t.Context(), p, 10); !errors.Is(err, daybook.ErrPosition) || len(got) > 0 {
			t.Errorf("behind %v: %d entries, %v, want ErrPosition", p, len(got), err)
		}
	}
	refused(daybook.Position{Epoch: 1, Number: 1})
	refused(daybook.Position{Epoch: 99, Number: 1 << 40})
	s.append(t, Entries("acme", 3)...)
	_, end := s.tail(t, daybook.Position{}, 3, 10)
	for _, p := range []daybook.Position{
		{Epoch: end.Epoch, Number: end.Number + 1}, {Epoch: end.Epoch, Number: 1<<63 - 1}, {Epoch: end.Epoch, Number: -1}, {Epoch: end.Epoch, Number: -1 << 63},
		{Epoch: end.Epoch + 1, Number: end.Number}, {Epoch: end.Epoch + 1, Number: 1}, {Epoch: end.Epoch - 1, Number: 1}, {Epoch: 1<<31 - 1, Number: 1},
	} {
		refused(p)
	}
}

func tailAgreesWithQuery(t testing.TB, s *subject) {
	entries := s.corpus(t, "acme", 100)
	got, _ := s.tail(t, daybook.Position{}, len(entries), 30)
	tailed := plain(got)
	slices.SortFunc(tailed, func(a, b daybook.Entry) int { return slices.Compare(a.ID[:], b.ID[:]) })
	queried := s.all(t, "acme", daybook.Query{Order: daybook.Oldest})
	if diff := Diff(queried, tailed); diff != "" {
		t.Errorf("-queried +tailed:\n%.4000s", diff)
	}
}

// deep reports whether the long form of a test is asked for.
func deep() bool { return os.Getenv("DAYBOOK_DEEP") == "1" }

// A writer's entries bear its name as user and their number as resource id.
func numbered(writer, number int) daybook.Entry {
	e := Entry([]string{"acme", "zeta"}[number%2])
	e.UserID, e.ResourceID = fmt.Sprint("writer-", writer), fmt.Sprint(number)
	return e
}

func eightWriters(t testing.TB, s *subject) {
	const writers = 8
	calls := 25
	if deep() {
		calls = 1000
	}
	each := 0
	for call := range calls {
		each += 1 + call%3
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for w := range writers {
		wg.Go(func() {
			for call, number := 0, 0; call < calls; call++ {
				var entries []daybook.Entry
				for range 1 + call%3 {
					entries = append(entries, numbered(w, number))
					number++
				}
				if err := s.Append(t.Context(), entries...); err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
			}
		})
	}
	followed(t, s, writers*each, func(daybook.ID) {})
}

// followed tails, while others write, until it has n entries of numbered, and checks them. It tells
// passed of each that it has read.
func followed(t testing.TB, s *subject, n int, passed func(daybook.ID)) {
	t.Helper()
	var at daybook.Position
	var got []daybook.Sequenced
	for last := time.Now(); len(got) < n; {
		batch, next, err := s.Tail(t.Context(), at, 7)
		switch {
		case err != nil:
			t.Fatalf("tail behind %v: %v", at, err)
		case len(batch) > 0:
			last = time.Now()
		case !pause(t.Context()) || time.Since(last) > patience:
			t.Fatalf("%d of %d entries came, and no other for %v: they were skipped", len(got), n, patience)
		}
		got, at = append(got, batch...), next
		for _, e := range batch {
			passed(e.ID)
		}
	}
	s.tail(t, at, 0, 10) // and nothing more
	rises(t, got)
	next := map[string]int{}
	for _, e := range got {
		if want := fmt.Sprint(next[e.UserID]); e.ResourceID != want {
			t.Fatalf("%s has %s at %v where %s belongs", e.UserID, e.ResourceID, e.Position, want)
		}
		next[e.UserID]++
	}
	again, _ := s.tail(t, daybook.Position{}, n, 1000)
	if diff := Diff(plain(got), plain(again)); diff != "" {
		t.Errorf("read once more, the order is another, -first +second:\n%.4000s", diff)
	}
}
