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

func watches() []promise {
	return []promise{
		{"Watch returns when another goroutine appends",
			"the live view and the alarms are as late as this call",
			watchWakes},
		{"Watch does not wait for what is there already",
			"an entry that comes between the look and the wait would be seen only with the next one",
			watchBehind},
		{"Watch on a quiet store returns the error of the context",
			"a follower that is woken for nothing looks again and again, and one that cannot be stopped holds up the shutdown",
			watchEnds},
	}
}

// watch waits behind a position for as long as a promise may take.
func (s *subject) watch(t testing.TB, after daybook.Position) error {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return s.Store.(daybook.Watcher).Watch(ctx, after)
}

func watchWakes(t testing.TB, s *subject) {
	var at daybook.Position
	for round := range 30 {
		var wg sync.WaitGroup
		errs := make([]error, 3)
		for i := range errs {
			wg.Go(func() { errs[i] = s.watch(t, at) })
		}
		err := s.Append(t.Context(), Entry(fmt.Sprint("org-", round)))
		wg.Wait()
		if err := errors.Join(append(errs, err)...); err != nil {
			t.Fatalf("round %d: %v", round+1, err)
		}
		_, at = s.tail(t, at, 1, 10)
	}
}

func watchBehind(t testing.TB, s *subject) {
	s.append(t, Entries("acme", 2)...)
	got, end := s.tail(t, daybook.Position{}, 2, 10)
	for _, after := range []daybook.Position{{}, got[0].Position} {
		if err := s.watch(t, after); err != nil {
			t.Errorf("there are entries behind %v, but Watch returned %v", after, err)
		}
	}
	s.append(t, Entry("acme"))
	if err := s.watch(t, end); err != nil {
		t.Errorf("behind %v an entry was appended before, but Watch returned %v", end, err)
	}
}

func watchEnds(t testing.TB, s *subject) {
	s.append(t, Entry("acme"))
	_, end := s.tail(t, daybook.Position{}, 1, 10)
	watcher := s.Store.(daybook.Watcher)
	// It says "may have been", so it may be wrong, but not time and again.
	const often = 10
	quiet := func(ctx context.Context, want error) {
		t.Helper()
		for range often {
			if err := watcher.Watch(ctx, end); err != nil {
				if !errors.Is(err, want) {
					t.Errorf("Watch returned %v, want %v", err, want)
				}
				return
			}
		}
		t.Errorf("Watch returned nil %d times, and nothing was appended", often)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	quiet(cancelled, context.Canceled)
	soon, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	quiet(soon, context.DeadlineExceeded)
}
