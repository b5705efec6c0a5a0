package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

// tattletale is a value of details that tells when it is read after its caller was answered.
type tattletale struct {
	t        *testing.T
	answered *atomic.Bool
}

func (v tattletale) MarshalJSON() ([]byte, error) {
	if v.answered.Load() {
		v.t.Error("the details are read although Append has returned: the caller may be changing them")
	}
	return []byte(`"x"`), nil
}

// A call that gives up leaves its entry with the writer, which may write it later.
func TestNothingOfTheCallersIsReadAfterwards(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "daybook.db"))
	stored := entry("acme", "x")
	stored.ID = daybook.NewID()
	stored.Details = daybook.Details{"v": "x"}
	if err := s.Append(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for c := range 400 {
		wg.Go(func() {
			again := stored // the writer compares it with what is stored
			again.Details = daybook.Details{"v": tattletale{t, new(atomic.Bool)}}
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(c)*10*time.Microsecond)
			defer cancel()
			err := s.Append(ctx, again)
			again.Details["v"].(tattletale).answered.Store(true)
			if err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// A prefilter has a test for some members; the exact test has them all.
func TestAQueryMayNameAsManyMembersAsDetailsHave(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "daybook.db"))
	e, other := entry("acme", "all"), entry("acme", "one short")
	e.Details, other.Details = daybook.Details{}, daybook.Details{}
	for i := range 4000 {
		e.Details[fmt.Sprint(i)] = i
		other.Details[fmt.Sprint(i)] = i
	}
	other.Details["3999"] = 0
	if err := s.Append(t.Context(), e, other); err != nil {
		t.Fatal(err)
	}
	page, err := s.Query(t.Context(), "acme", daybook.Query{Details: e.Details})
	if err != nil || len(page.Entries) != 1 || page.Entries[0].ResourceID != "all" {
		t.Errorf("%d entries, %v", len(page.Entries), err)
	}
}
