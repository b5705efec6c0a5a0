package postgres_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/storetest"
)

// Writers draw numbers and commit or roll back in any order; rounds of any size must take every
// committed number once, each before any that its writer drew later and committed apart, and must
// forget the gaps in the end.
func TestTheQueueIsReadWithoutLoss(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		type writer struct {
			xid  int64
			seqs []int64
		}
		var running []writer
		nextXID, nextSeq := int64(100), int64(1)
		visible, committed := map[int64]bool{}, []int64{}
		var taken []int64
		p := postgres.NewProgress(1)
		round := func(limit int) int {
			xmin, own := nextXID, nextXID
			nextXID++ // the round's own, drawn as it takes rows: above everybody's who has drawn a number
			for _, w := range running {
				xmin = min(xmin, w.xid)
			}
			var found []int64
			for seq := range visible {
				if p.Covers(seq) {
					found = append(found, seq)
				}
			}
			slices.Sort(found)
			found = found[:min(limit, len(found))]
			for _, seq := range found {
				delete(visible, seq)
			}
			taken = append(taken, found...)
			p.Advance(found, len(found) == limit, xmin, own)
			return len(found)
		}
		for range 300 {
			switch n := r.IntN(10); {
			case n < 3:
				running = append(running, writer{xid: nextXID})
				nextXID++
			case n < 6 && len(running) > 0:
				w := &running[r.IntN(len(running))]
				for range 1 + r.IntN(3) {
					w.seqs = append(w.seqs, nextSeq)
					nextSeq++
				}
			case n < 9 && len(running) > 0:
				i := r.IntN(len(running))
				if r.IntN(3) > 0 {
					for _, seq := range running[i].seqs {
						visible[seq] = true
						committed = append(committed, seq)
					}
				}
				running = slices.Delete(running, i, i+1)
			default:
				round(1 + r.IntN(6))
			}
		}
		running = nil
		for round(4) > 0 {
		}
		round(4)
		slices.Sort(committed)
		slices.Sort(taken)
		if !slices.Equal(committed, taken) {
			t.Fatalf("seed %d: taken %v of %v", seed, taken, committed)
		}
		if n := p.Gaps(); n != 0 {
			t.Fatalf("seed %d: %d gaps are left when nobody writes", seed, n)
		}
	}
}

func TestGapsAreForgottenWhenTheirTransactionsHaveEnded(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.Text)
	s := open(t, name, postgres.Text)
	pool := openPool(t, name)
	late := storetest.Entries("late", 3)
	var at daybook.Position
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		if err := postgres.InTx(tx).Append(t.Context(), late...); err != nil {
			return err
		}
		rolledBack, err := pool.Begin(t.Context())
		if err != nil {
			return err
		}
		if err := postgres.InTx(rolledBack).Append(t.Context(), storetest.Entries("never", 500)...); err != nil {
			return err
		}
		if err := rolledBack.Rollback(t.Context()); err != nil {
			return err
		}
		for range 5 {
			if err := s.Append(t.Context(), storetest.Entries("acme", 100)...); err != nil {
				return err
			}
			for before := at; at == before; { // another round may be under way
				if _, at, err = s.Tail(t.Context(), at, 1000); err != nil {
					return err
				}
			}
		}
		if n := value[int](t, name, `select cardinality(gap_low) from ledger_order`); n < 1 || n > 2 {
			t.Errorf("%d gaps are kept for the two transactions", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []daybook.Sequenced
	for len(got) < 3 {
		var batch []daybook.Sequenced
		if batch, at, err = s.Tail(context.Background(), at, 1000); err != nil {
			t.Fatal(err)
		}
		got = append(got, batch...)
	}
	if got[0].OrganizationID != "late" || len(got) != 3 {
		t.Errorf("behind the end come %d entries, the first of %s", len(got), got[0].OrganizationID)
	}
	// Transactions of other databases count as well, and other tests have some.
	for deadline := time.Now().Add(20 * time.Second); value[int](t, name, `select cardinality(gap_low) from ledger_order`) > 0; {
		if err := s.Append(t.Context(), storetest.Entry("acme")); err != nil {
			t.Fatal(err)
		}
		if _, at, err = s.Tail(t.Context(), at, 10); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("gaps are kept for nobody")
		}
	}
}
