package storetest

import (
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
)

func savedPositions() []promise {
	return []promise{
		{"a saved position is loaded again, and the last one counts",
			"a follower that starts again would send everything once more, or skip what it has not seen",
			saveAndLoad},
		{"a follower without a saved position gets the zero one",
			"a new follower begins with the first entry",
			unknownFollower},
		{"each follower has its own position",
			"one destination that is down must not make another skip its entries",
			ownPositions},
	}
}

func (s *subject) save(t testing.TB, follower string, p daybook.Position) {
	t.Helper()
	if err := s.Store.(daybook.Positions).SavePosition(t.Context(), follower, p); err != nil {
		t.Fatalf("save the position of %q: %v", follower, err)
	}
}

func (s *subject) loads(t testing.TB, follower string, want daybook.Position) {
	t.Helper()
	if got, err := s.Store.(daybook.Positions).LoadPosition(t.Context(), follower); err != nil || got != want {
		t.Errorf("follower %q is at %v, %v, want %v", follower, got, err, want)
	}
}

func saveAndLoad(t testing.TB, s *subject) {
	s.append(t, Entries("acme", 10)...)
	got, _ := s.tail(t, daybook.Position{}, 10, 10)
	for _, i := range []int{2, 5, 9, 9, 4} { // also back: somebody wants to see it again
		s.save(t, "siem", got[i].Position)
		s.loads(t, "siem", got[i].Position)
	}
	large := daybook.Position{Epoch: 1<<31 - 1, Number: 1<<63 - 1}
	s.save(t, "siem", large)
	s.loads(t, "siem", large)
	s.tail(t, daybook.Position{}, 10, 10) // a position is no entry
}

func unknownFollower(t testing.TB, s *subject) {
	s.loads(t, "siem", daybook.Position{})
	s.save(t, "siem", daybook.Position{Epoch: 1, Number: 1})
	for _, other := range []string{"sie", "siem2", "SIEM", "siem ", "%", "sie_"} {
		s.loads(t, other, daybook.Position{})
	}
	s.save(t, "siem", daybook.Position{})
	s.loads(t, "siem", daybook.Position{})
}

func ownPositions(t testing.TB, s *subject) {
	names := []string{"siem", "SIEM", "siem ", "sie_", "%", "'", "\u65e5\u672c", strings.Repeat("n", 200)}
	for i, name := range names {
		s.save(t, name, daybook.Position{Epoch: 1, Number: int64(i + 1)})
	}
	for i, name := range names {
		s.loads(t, name, daybook.Position{Epoch: 1, Number: int64(i + 1)})
	}
}
