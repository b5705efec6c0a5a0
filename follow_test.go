package daybook_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/memory"
)

// polled is a store that cannot be watched and keeps no positions.
type polled struct{ daybook.Store }

func numbered(t *testing.T, s daybook.Store, from, to int) {
	t.Helper()
	for i := from; i <= to; i++ {
		e := valid()
		e.ResourceID = fmt.Sprint(i)
		if err := s.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFollowHandsOverEveryEntryInOrder(t *testing.T) {
	for name, open := range map[string]func() daybook.Store{
		"a store that is watched": func() daybook.Store { return memory.New() },
		"a store that is polled":  func() daybook.Store { return polled{memory.New()} },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open()
				defer s.Close()
				numbered(t, s, 1, 7)
				ctx, cancel := context.WithCancel(t.Context())
				var got []string
				done := make(chan error)
				go func() {
					done <- daybook.Follow(ctx, s, &daybook.FollowOptions{Batch: 3}, func(_ context.Context, batch []daybook.Sequenced) error {
						for _, e := range batch {
							got = append(got, e.ResourceID)
						}
						return nil
					})
				}()
				time.Sleep(time.Hour) // of the bubble: takes no time
				numbered(t, s, 8, 9)
				time.Sleep(time.Hour)
				cancel()
				if err := <-done; !errors.Is(err, context.Canceled) {
					t.Errorf("Follow ended with %v", err)
				}
				if diff := cmp.Diff([]string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}, got); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		})
	}
}

func TestFollowerGoesOnWhereItsPositionWasSaved(t *testing.T) {
	s := memory.New()
	defer s.Close()
	numbered(t, s, 1, 5)
	var got []string
	broken := errors.New("the receiver is down")
	follow := func(failAt string) error {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		return daybook.Follow(ctx, s, &daybook.FollowOptions{Name: "siem", Batch: 2}, func(_ context.Context, batch []daybook.Sequenced) error {
			for _, e := range batch {
				if e.ResourceID == failAt {
					return broken
				}
				got = append(got, e.ResourceID)
				if e.ResourceID == "5" {
					cancel()
				}
			}
			return nil
		})
	}
	if err := follow("4"); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if err := follow(""); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	// 3 comes twice: its batch was not finished. That is what "at least once" means.
	if diff := cmp.Diff([]string{"1", "2", "3", "3", "4", "5"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// A stop while the last batch was handed over saved its position all the same.
	if saved, err := s.LoadPosition(t.Context(), "siem"); err != nil || saved.Number != 5 {
		t.Errorf("the saved position is %v, %v", saved, err)
	}
	err := daybook.Follow(t.Context(), polled{s}, &daybook.FollowOptions{Name: "siem"}, nil)
	if err == nil {
		t.Error("a store without positions takes a name")
	}
}

func TestAllReadsEveryPage(t *testing.T) {
	s := memory.New()
	defer s.Close()
	numbered(t, s, 1, 25)
	var got []string
	for e, err := range daybook.All(t.Context(), s, "acme", daybook.Query{Order: daybook.Oldest, Limit: 10}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, e.ResourceID); len(got) == 22 {
			break
		}
	}
	if len(got) != 22 || got[0] != "1" || got[21] != "22" {
		t.Errorf("got %v", got)
	}
	for _, err := range daybook.All(t.Context(), s, "", daybook.Query{}) {
		if !errors.Is(err, daybook.ErrNoOrganization) {
			t.Errorf("without an organization: %v", err)
		}
	}
}

func TestPositionHasOneText(t *testing.T) {
	p := daybook.Position{Epoch: 2, Number: 42}
	if got, err := daybook.ParsePosition(p.String()); err != nil || got != p {
		t.Errorf("%v comes back as %v, %v", p, got, err)
	}
	for _, bad := range []string{"42", "1-", "-1", "1--2", "01-2", "1-+2", "1-2 ", "x-1", "1-9223372036854775808"} {
		if got, err := daybook.ParsePosition(bad); !errors.Is(err, daybook.ErrPosition) {
			t.Errorf("%q is read as %v, %v", bad, got, err)
		}
	}
}
