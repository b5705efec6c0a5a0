package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/daybookdev/daybook"
)

func closing() []promise {
	return []promise{
		{"a closed store says so, and does nothing",
			"an application that shuts down in the wrong order should read why, not a fault of the driver",
			closedStore},
		{"to close a store twice is harmless",
			"a deferred Close and one whose error is checked are good style together",
			closeTwice},
		{"an append that meets Close is stored, or told that the store is closed",
			"requests go on while the server shuts down, and nil still means stored",
			closeMeetsAppends},
	}
}

func closedStore(t testing.TB, s *subject) {
	s.append(t, Entry("acme"))
	_, end := s.tail(t, daybook.Position{}, 1, 10)
	watched := make(chan error, 1)
	w, watcher := s.Store.(daybook.Watcher)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if watcher {
		go func() { watched <- w.Watch(ctx, end) }()
	}
	if err := s.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	closed := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, daybook.ErrClosed) {
			t.Errorf("%s behind Close: %v, want ErrClosed", what, err)
		}
	}
	closed("Append", s.Append(t.Context(), Entry("acme")))
	page, err := s.Query(t.Context(), "acme", daybook.Query{})
	closed("Query", err)
	counted, err := s.Count(t.Context(), "acme", daybook.Query{})
	closed("Count", err)
	tailed, _, err := s.Tail(t.Context(), daybook.Position{}, 10)
	closed("Tail", err)
	if len(page.Entries)+len(counted)+len(tailed) > 0 {
		t.Errorf("behind Close there are %d entries, %v, %d entries", len(page.Entries), counted, len(tailed))
	}
	if watcher {
		closed("Watch, which waited,", <-watched)
		closed("Watch", s.watch(t, end))
	}
	if p, ok := s.Store.(daybook.Positions); ok {
		_, err := p.LoadPosition(t.Context(), "siem")
		closed("LoadPosition", err)
		closed("SavePosition", p.SavePosition(t.Context(), "siem", end))
	}
}

func closeTwice(t testing.TB, s *subject) {
	s.append(t, Entry("acme"))
	for n := range 3 {
		if err := s.Close(); err != nil {
			t.Errorf("Close number %d: %v", n+1, err)
		}
	}
}

func closeMeetsAppends(t testing.TB, s *subject) {
	const callers, each = 16, 20
	begun := make(chan struct{}, callers*each)
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for n := range each {
				e := numbered(caller, n)
				begun <- struct{}{}
				err := s.Append(t.Context(), e)
				if err != nil && !errors.Is(err, daybook.ErrClosed) {
					t.Errorf("append: %v, want nil or ErrClosed", err)
				}
				if err != nil {
					continue
				}
				page, err := s.Query(t.Context(), e.OrganizationID, daybook.Query{ID: e.ID})
				if len(page.Entries) != 1 && !errors.Is(err, daybook.ErrClosed) {
					t.Errorf("append returned nil, and then there were %d entries, %v", len(page.Entries), err)
				}
			}
		})
	}
	for range callers * 3 {
		<-begun
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case err := <-closed:
		if err != nil {
			t.Errorf("close: %v", err)
		}
	case <-ctx.Done():
		t.Errorf("close: still under way after %v", patience)
	}
	wg.Wait()
	if err := s.Append(t.Context(), Entry("acme")); !errors.Is(err, daybook.ErrClosed) {
		t.Errorf("append behind Close: %v, want ErrClosed", err)
	}
}
