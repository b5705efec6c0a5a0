package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/sqlite"
)

// Callers that share a transaction must not share their faults.
func TestARefusedCallDoesNotFailItsNeighbours(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "daybook.db"))
	taken := entry("acme", "taken")
	taken.ID = daybook.NewID()
	if err := s.Append(t.Context(), taken); err != nil {
		t.Fatal(err)
	}
	stolen := taken
	stolen.ResourceID = "stolen"
	const callers = 200
	results := make([]error, callers)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			good := entry("acme", fmt.Sprint(c))
			switch c % 4 {
			case 0:
				results[c] = s.Append(t.Context(), stolen)
			case 1: // what comes before the refused entry in its own call goes with it
				results[c] = s.Append(t.Context(), good, stolen)
			case 2:
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				results[c] = s.Append(ctx, good)
			case 3:
				results[c] = s.Append(t.Context(), good, entry("acme", fmt.Sprint(c, "b")))
			}
		})
	}
	wg.Wait()
	for c, err := range results {
		want := []error{daybook.ErrConflict, daybook.ErrConflict, context.Canceled, nil}[c%4]
		if !errors.Is(err, want) {
			t.Errorf("caller %d: %v, want %v", c, err, want)
		}
	}
	f, err := s.Facts(t.Context())
	if want := int64(1 + callers/4*2); err != nil || f.Entries != want || f.Last.Number != want {
		t.Errorf("%d entries, last position %v, want %d of both; %v", f.Entries, f.Last, want, err)
	}
}

func TestCloseFinishesWhatWasAccepted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "daybook.db")
	s, err := sqlite.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	const callers = 64
	stored := make([]bool, callers)
	begun := make(chan struct{}, callers)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			begun <- struct{}{}
			err := s.Append(t.Context(), entry("acme", fmt.Sprint(c)))
			if err != nil && !errors.Is(err, daybook.ErrClosed) {
				t.Errorf("caller %d: %v", c, err)
			}
			stored[c] = err == nil
		})
	}
	for range callers {
		<-begun
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	found := map[string]bool{}
	for e, err := range daybook.All(t.Context(), open(t, path), "acme", daybook.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		found[e.ResourceID] = true
	}
	for c := range callers {
		if stored[c] != found[fmt.Sprint(c)] {
			t.Errorf("caller %d was told %v, stored is %v", c, stored[c], found[fmt.Sprint(c)])
		}
	}
}
