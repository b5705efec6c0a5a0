package storetest

import (
	"testing"

	"github.com/daybookdev/daybook"
)

func ends() []promise {
	return []promise{
		{"the end is where tail ends", "a follower that begins with what is to come would repeat entries, or miss some",
			func(t testing.TB, s *subject) {
				ender := s.Store.(daybook.Ender)
				at, err := ender.Last(t.Context())
				if err != nil || at.Number != 0 {
					t.Fatalf("the end of an empty store is %v, %v", at, err)
				}
				entries := Entries("acme", 3)
				s.append(t, entries...)
				_, last := s.tail(t, daybook.Position{}, 3, 2)
				if at, err = ender.Last(t.Context()); err != nil || at != last {
					t.Fatalf("the end is %v, %v, but tail ends at %v", at, err, last)
				}
				s.append(t, Entry("acme"))
				if behind, _ := s.tail(t, at, 1, 10); len(behind) != 1 {
					t.Errorf("%d entries behind the end, want the one that came later", len(behind))
				}
			}},
	}
}
