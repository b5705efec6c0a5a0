package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

func concurrentTransactions() []promise {
	return []promise{
		{"a transaction that commits late is not skipped",
			"every follower has passed its place in time, and would never look back",
			lateCommit},
		{"Tail with slow, concurrent and rolled-back writers never skips a late commit",
			"a position that becomes visible after a higher one is lost to every follower, and nobody notices",
			manyWriters},
	}
}

func lateCommit(t testing.TB, s *subject) {
	late := Entries("acme", 3)
	var at daybook.Position
	s.transact(t, func(ctx context.Context, tx daybook.Tx) error {
		if err := tx.Append(ctx, late[:2]...); err != nil {
			return err
		}
		// Others come and go, and a follower reads up to the end, time and again.
		for range 3 {
			s.append(t, Entries("zeta", 2)...)
			_, at = s.tail(t, at, 2, 10)
		}
		return tx.Append(ctx, late[2])
	})
	got, at := s.tail(t, at, 3, 10)
	if diff := Diff(late, plain(got)); diff != "" {
		t.Errorf("behind the end of the others, -want +got:\n%s", diff)
	}
	s.append(t, Entry("zeta"))
	s.tail(t, at, 1, 10)
}

// manyWriters runs writers that commit at once, late, or never, beside ones that need no
// transaction, under a follower that is always at the end.
func manyWriters(t testing.TB, s *subject) {
	const writers = 6
	rounds := 12
	if deep() {
		rounds = 500
	}
	perRound := []int{3, 0, 2, 4} // entries that each kind of round leaves
	each := 0
	for round := range rounds {
		each += perRound[round%len(perRound)]
	}
	var newest passed
	var wg sync.WaitGroup
	defer wg.Wait()
	for w := range writers {
		wg.Go(func() {
			number := 0
			next := func() daybook.Entry {
				number++
				return numbered(w, number-1)
			}
			for round := range rounds {
				kind := (round + w) % len(perRound) // at no time are all of one kind
				before := number
				var err error
				switch kind {
				case 0: // commits at once
					err = s.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error {
						return errors.Join(tx.Append(ctx, next(), next()), tx.Append(ctx, next()))
					})
				case 1: // rolls back
					err = s.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error {
						return errors.Join(errUndo, tx.Append(ctx, next(), next()))
					})
					if errors.Is(err, errUndo) {
						err = nil
					}
				case 2: // commits when the follower has passed others
					err = s.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error {
						held := []daybook.Entry{next(), next()}
						err := tx.Append(ctx, held...)
						newest.wait(ctx, held[1].ID)
						return err
					})
				default: // needs no transaction
					err = s.Append(t.Context(), next(), next(), next(), next())
				}
				number = before + perRound[kind]
				if err != nil {
					t.Errorf("writer %d, round %d: %v", w, round, err)
					return
				}
			}
		})
	}
	followed(t, s, writers*each, newest.set)
	if got := s.total(t, "acme") + s.total(t, "zeta"); got != writers*each {
		t.Errorf("%d entries are stored, want %d", got, writers*each)
	}
}

// passed is the largest id that a follower has read.
type passed struct {
	mu sync.Mutex
	id daybook.ID
}

func (p *passed) set(id daybook.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.Compare(p.id[:], id[:]) < 0 {
		p.id = id
	}
}

func (p *passed) reached(id daybook.ID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Compare(p.id[:], id[:]) > 0
}

// wait returns when the follower has read an entry that is newer than id. It gives up soon: where
// one transaction at a time writes, there may be nobody to pass it.
func (p *passed) wait(ctx context.Context, id daybook.ID) {
	const steps = 50
	for range steps {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Millisecond):
		}
		if p.reached(id) {
			return
		}
	}
}
