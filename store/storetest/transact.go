package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/daybookdev/daybook"
)

func transactions() []promise {
	return []promise{
		{"entries exist once their transaction has committed",
			"an entry without its work, or work without its entry, is what transactions are there to prevent",
			committed},
		{"a transaction that is rolled back leaves nothing",
			"the log would tell of work that was never done",
			rolledBack},
		{"a panic rolls back, and the next transaction works",
			"the handler that panics is not the last one",
			panicked},
		{"entries cannot be seen before their transaction commits",
			"what a follower has sent to a SIEM cannot be taken back",
			invisibleBefore},
		{"an append that fails under BestEffort leaves the transaction usable",
			"an entry that nobody insists on must not undo an order",
			bestEffort},
		{"a savepoint undoes what came within it and nothing else",
			"a part of the work that is tried and given up must not take the rest with it",
			savepoints},
		{"a wrong entry is refused before the commit",
			"after the commit nobody is there to correct it",
			refusedInTransaction},
		{"the same entry again is stored once, and a taken id changes nothing",
			"a transaction that is tried again brings the same entries",
			sameIDInTransaction},
		{"the caller's memory is not kept until the commit",
			"between the append and the commit the caller goes on using its maps",
			memoryOfTransaction},
		{"a transaction that has ended takes nothing",
			"an entry that is appended too late must not look as if it were recorded",
			endedTransaction},
		{"a transaction whose context ends is whole or not at all",
			"the client that hangs up must not leave a half",
			cancelledTransaction},
	}
}

// transact runs f in a transaction and ends the test when it does not commit.
func (s *subject) transact(t testing.TB, f func(ctx context.Context, tx daybook.Tx) error) {
	t.Helper()
	if err := s.Transact(t.Context(), f); err != nil {
		t.Fatalf("transact: %v", err)
	}
}

var errUndo = errors.New("the work failed")

func committed(t testing.TB, s *subject) {
	a, b, c := Entries("acme", 20), Entries("zeta", 5), Entries("acme", 3)
	s.transact(t, func(ctx context.Context, tx daybook.Tx) error {
		for _, call := range [][]daybook.Entry{a[:10], b, a[10:], nil} {
			if err := tx.Append(ctx, call...); err != nil {
				return err
			}
		}
		return nil
	})
	s.stores(t, "acme", a...)
	s.stores(t, "zeta", b...)
	s.transact(t, func(ctx context.Context, tx daybook.Tx) error { return nil })
	s.transact(t, func(ctx context.Context, tx daybook.Tx) error { return tx.Append(ctx, c...) })
	s.stores(t, "acme", append(a, c...)...)
	want := append(append(a[:10:10], b...), append(a[10:20:20], c...)...)
	got, _ := s.tail(t, daybook.Position{}, len(want), 100)
	if diff := Diff(want, plain(got)); diff != "" {
		t.Errorf("tailed, in the order of the appends, -want +got:\n%.4000s", diff)
	}
}

func rolledBack(t testing.TB, s *subject) {
	before := Entry("acme")
	s.append(t, before)
	err := s.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error {
		if err := tx.Append(ctx, Entries("acme", 3)...); err != nil {
			return err
		}
		if err := tx.Savepoint(ctx, func() error { return tx.Append(ctx, Entry("zeta")) }); err != nil {
			return err
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		t.Errorf("Transact returned %v, want the error of the work", err)
	}
	s.stores(t, "acme", before)
	s.stores(t, "zeta")
	s.transact(t, func(ctx context.Context, tx daybook.Tx) error { return nil }) // takes nothing along
	s.tail(t, daybook.Position{}, 1, 10)
}

func panicked(t testing.TB, s *subject) {
	func() {
		defer func() {
			if r := recover(); r != errUndo {
				t.Errorf("the panic of the work became %v", r)
			}
		}()
		s.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error {
			if err := tx.Append(ctx, Entry("acme")); err != nil {
				t.Errorf("append in the transaction: %v", err)
			}
			panic(errUndo)
		})
	}()
	s.stores(t, "acme")
	e := Entry("acme")
	s.transact(t, func(ctx context.Context, tx daybook.Tx) error { return tx.Append(ctx, e) })
	s.stores(t, "acme", e)
	s.tail(t, daybook.Position{}, 1, 10)
}

func invisibleBefore(t testing.TB, s *subject) {
	before, within := Entry("acme"), Entries("acme", 3)
	s.append(t, before)
	s.transact(t, func(ctx context.Context, tx daybook.Tx) error {
		if err := tx.Append(ctx, within...); err != nil {
			return err
		}
		if err := tx.Savepoint(ctx, func() error { return nil }); err != nil {
			return err
		}
		s.stores(t, "acme", before)
		s.tail(t, daybook.Position{}, 1, 10)
		return nil
	})
	s.stores(t, "acme", append(within, before)...)
}

func bestEffort(t testing.TB, s *subject) {
	entries := Entries("acme", 3)
	invalid, homeless := Entry("acme"), Entry("acme")
	invalid.Action = "no action"
	homeless.OrganizationID = ""
	s.transact(t, func(ctx context.Context, tx daybook.Tx) error {
		if err := tx.Append(ctx, entries[0]); err != nil {
			return err
		}
		for _, bad := range []daybook.Entry{invalid, homeless} {
			if err := daybook.BestEffort(tx).Append(ctx, Entry("acme"), bad); err == nil {
				t.Error("a wrong entry is accepted, or its error not returned")
			}
		}
		if err := daybook.BestEffort(tx).Append(ctx, entries[1]); err != nil {
			return err
		}
		return tx.Append(ctx, entries[2])
	})
	s.stores(t, "acme", entries...)
}

func savepoints(t testing.TB, s *subject) {
	entries := Entries("acme", 8)
	var tx daybook.Tx
	var ctx context.Context
	// within appends one entry and then does the rest, whose error it returns.
	within := func(i int, rest func() error) func() error {
		return func() error { return errors.Join(tx.Append(ctx, entries[i]), rest()) }
	}
	fine := func() error { return nil }
	undo := func() error { return errUndo }
	expect := func(err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("Savepoint returned %v, want %v", err, want)
		}
	}
	s.transact(t, func(c context.Context, of daybook.Tx) error {
		ctx, tx = c, of
		if err := tx.Append(ctx, entries[0]); err != nil {
			return err
		}
		expect(tx.Savepoint(ctx, within(1, fine)), nil)
		expect(tx.Savepoint(ctx, within(2, undo)), errUndo)
		expect(tx.Savepoint(ctx, within(3, func() error { // keeps 3 and 4, and not 5
			expect(tx.Savepoint(ctx, within(4, fine)), nil)
			expect(tx.Savepoint(ctx, within(5, undo)), errUndo)
			return nil
		})), nil)
		expect(tx.Savepoint(ctx, within(6, func() error { // undoes what an inner one kept
			expect(tx.Savepoint(ctx, within(7, fine)), nil)
			return errUndo
		})), errUndo)
		return nil
	})
	s.stores(t, "acme", entries[0], entries[1], entries[3], entries[4])
	s.transact(t, func(ctx context.Context, tx daybook.Tx) error { return tx.Append(ctx, entries[2]) }) // the undone is forgotten
	s.stores(t, "acme", entries[:5]...)
	s.tail(t, daybook.Position{}, 5, 10)
}

func refusedInTransaction(t testing.TB, s *subject) {
	for _, w := range wrongOnes() {
		bad := Entry("acme")
		w.change(&bad)
		err := s.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error {
			err := tx.Append(ctx, Entry("acme"), bad)
			if err == nil {
				t.Errorf("%s: the append in the transaction is accepted", w.name)
			}
			return err
		})
		if !refuses(err, w.field) {
			t.Errorf("%s: %v, want a FieldError of %s", w.name, err, w.field)
		}
	}
	err := s.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error {
		e := Entry("acme")
		e.OrganizationID = ""
		return tx.Append(ctx, e)
	})
	if !errors.Is(err, daybook.ErrNoOrganization) {
		t.Errorf("without an organization: %v", err)
	}
	s.stores(t, "acme")
}

func sameIDInTransaction(t testing.TB, s *subject) {
	entries := Entries("acme", 3)
	s.append(t, entries[0])
	for range 2 {
		s.transact(t, func(ctx context.Context, tx daybook.Tx) error {
			if err := tx.Append(ctx, entries[1], entries[0], entries[1]); err != nil {
				return err
			}
			return tx.Append(ctx, entries[1], entries[2])
		})
	}
	s.stores(t, "acme", entries...)
	// Where the conflict shows depends on where the log is: at the append, at the commit, or when
	// an outbox is forwarded. Nowhere it may change what is stored.
	stolen := entries[0]
	stolen.ResourceID = "stolen"
	s.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error { return tx.Append(ctx, stolen) })
	s.stores(t, "acme", entries...)
	s.tail(t, daybook.Position{}, 3, 10)
}

func memoryOfTransaction(t testing.TB, s *subject) {
	e := Entry("acme")
	given := e
	tags := []any{"kept"}
	given.Details = daybook.Details{"tags": tags}
	e.Details = daybook.Details{"tags": []any{"kept"}}
	s.transact(t, func(ctx context.Context, tx daybook.Tx) error {
		call := []daybook.Entry{given}
		if err := tx.Append(ctx, call...); err != nil {
			return err
		}
		tags[0], given.Details["new"], call[0].UserID = "changed", "changed", "changed"
		return nil
	})
	s.stores(t, "acme", e)
}

func endedTransaction(t testing.TB, s *subject) {
	var kept []daybook.Tx
	s.transact(t, func(ctx context.Context, tx daybook.Tx) error {
		kept = append(kept, tx)
		return nil
	})
	s.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error {
		kept = append(kept, tx)
		return errUndo
	})
	for i, tx := range kept {
		name := []string{"committed", "rolled back"}[i]
		if err := tx.Append(t.Context(), Entry("acme")); err == nil {
			t.Errorf("a transaction that was %s takes an entry", name)
		}
		if err := tx.Savepoint(t.Context(), func() error { return nil }); err == nil {
			t.Errorf("a transaction that was %s sets a savepoint", name)
		}
	}
	s.transact(t, func(ctx context.Context, tx daybook.Tx) error { return nil })
	s.stores(t, "acme")
}

func cancelledTransaction(t testing.TB, s *subject) {
	for _, early := range []bool{true, false} {
		organization := map[bool]string{true: "before", false: "behind"}[early]
		entries := Entries(organization, 5)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err := s.Transact(ctx, func(ctx context.Context, tx daybook.Tx) error {
			if early {
				cancel()
			}
			if err := tx.Append(ctx, entries...); err != nil {
				return err
			}
			cancel()
			return nil
		})
		if err != nil {
			entries = nil
		}
		s.stores(t, organization, entries...)
	}
	e := Entry("acme")
	s.transact(t, func(ctx context.Context, tx daybook.Tx) error { return tx.Append(ctx, e) })
	s.stores(t, "acme", e)
}
