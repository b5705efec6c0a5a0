package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/daybookdev/daybook"
)

// errEnded is what a transaction says that was committed or rolled back.
var errEnded = errors.New("the transaction has ended")

// Transact runs f in a transaction; see [daybook.Transactor]. The store holds nothing but entries,
// so the transaction is the Tx alone and ctx carries nothing of it.
//
// The entries wait in the transaction until it commits. An append is checked against what is stored
// at that moment and what waits already; the commit checks once more, and when another transaction
// has taken an id meanwhile it stores nothing and returns ErrConflict. Transactions do not wait for
// each other: they commit in any order, and their entries get their places in the total order then.
// A failed append leaves the transaction usable. One whose context has ended does not commit.
func (s *Store) Transact(ctx context.Context, f func(ctx context.Context, tx daybook.Tx) error) error {
	s.mu.Lock()
	err := s.usable(ctx)
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	t := &tx{store: s}
	defer t.end() // after a panic of f too
	if err := f(ctx, t); err != nil {
		return err
	}
	if err := s.commit(ctx, t.end()); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

type tx struct {
	store *Store

	mu      sync.Mutex // guards what follows
	waiting []kept
	ended   bool
}

func (t *tx) Append(ctx context.Context, entries ...daybook.Entry) error {
	batch, err := prepare(entries)
	if err == nil {
		err = t.add(ctx, batch)
	}
	if err != nil {
		return fmt.Errorf("append in transaction: %w", err)
	}
	return nil
}

func (t *tx) add(ctx context.Context, batch []kept) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return errEnded
	}
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	if err := t.store.usable(ctx); err != nil {
		return err
	}
	both := append(t.waiting[:len(t.waiting):len(t.waiting)], batch...)
	if _, err := t.store.missing(both); err != nil {
		return err
	}
	t.waiting = both
	return nil
}

// Savepoint drops what f appended when f fails.
func (t *tx) Savepoint(_ context.Context, f func() error) error {
	t.mu.Lock()
	before, ended := len(t.waiting), t.ended
	t.mu.Unlock()
	if ended {
		return fmt.Errorf("set savepoint: %w", errEnded)
	}
	err := f()
	if err != nil {
		t.mu.Lock()
		t.waiting = t.waiting[:min(before, len(t.waiting))]
		t.mu.Unlock()
	}
	return err
}

// end makes the transaction unusable and returns what waits in it.
func (t *tx) end() []kept {
	t.mu.Lock()
	defer t.mu.Unlock()
	waiting := t.waiting
	t.waiting, t.ended = nil, true
	return waiting
}
