package memory_test

import (
	"context"
	"errors"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/memory"
	"github.com/daybookdev/daybook/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(testing.TB) daybook.Store { return memory.New() })
}

// Of two transactions that take one id for different entries, the one that commits first has it,
// and of the other nothing is stored.
func TestACommitThatComesTooLateStoresNothing(t *testing.T) {
	s := memory.New()
	taken, neighbour := storetest.Entry("acme"), storetest.Entry("acme")
	first := taken
	first.UserAgent = "first"
	err := s.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error {
		if err := tx.Append(ctx, neighbour, taken); err != nil {
			return err
		}
		return s.Transact(ctx, func(ctx context.Context, tx daybook.Tx) error { return tx.Append(ctx, first) })
	})
	if !errors.Is(err, daybook.ErrConflict) {
		t.Errorf("the commit that came too late: %v, want a conflict", err)
	}
	page, err := s.Query(t.Context(), "acme", daybook.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := storetest.Diff([]daybook.Entry{first}, page.Entries); diff != "" {
		t.Errorf("stored, -want +got:\n%s", diff)
	}
}

// An application finds out at the append, while it can still choose another id.
func TestAConflictShowsAtTheAppend(t *testing.T) {
	s := memory.New()
	stored, waiting := storetest.Entry("acme"), storetest.Entry("acme")
	if err := s.Append(t.Context(), stored); err != nil {
		t.Fatal(err)
	}
	err := s.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error {
		if err := tx.Append(ctx, waiting); err != nil {
			return err
		}
		for _, taken := range []daybook.Entry{stored, waiting} {
			taken.ResourceID = "another"
			if err := tx.Append(ctx, taken); !errors.Is(err, daybook.ErrConflict) {
				t.Errorf("an id that is taken: %v, want a conflict", err)
			}
		}
		return nil
	})
	if err != nil {
		t.Errorf("a refused append made the transaction unusable: %v", err)
	}
}
