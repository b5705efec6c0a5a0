package storetest_test

import (
	"context"
	"errors"

	"github.com/daybookdev/daybook"
)

// A faultyTx is a transaction but for the methods that a fault replaces.
type faultyTx struct {
	daybook.Tx
	append    func(ctx context.Context, entries []daybook.Entry) error
	savepoint func(ctx context.Context, f func() error) error
}

func (tx *faultyTx) Append(ctx context.Context, entries ...daybook.Entry) error {
	if tx.append != nil {
		return tx.append(ctx, entries)
	}
	return tx.Tx.Append(ctx, entries...)
}

func (tx *faultyTx) Savepoint(ctx context.Context, f func() error) error {
	if tx.savepoint != nil {
		return tx.savepoint(ctx, f)
	}
	return tx.Tx.Savepoint(ctx, f)
}

// within makes Transact hand out transactions with a fault.
func within(plant func(s *faulty, tx *faultyTx)) func(*faulty) {
	return func(s *faulty) {
		s.transact = func(ctx context.Context, f func(context.Context, daybook.Tx) error) error {
			return s.Store.Transact(ctx, func(ctx context.Context, tx daybook.Tx) error {
				faulty := &faultyTx{Tx: tx}
				plant(s, faulty)
				return f(ctx, faulty)
			})
		}
	}
}

// buffered makes a transaction that looks at its entries when it commits, and never ends.
func buffered(s *faulty) {
	s.transact = func(ctx context.Context, f func(context.Context, daybook.Tx) error) error {
		var entries []daybook.Entry
		tx := &faultyTx{
			append: func(_ context.Context, call []daybook.Entry) error {
				entries = append(entries, call...)
				return nil
			},
			savepoint: func(_ context.Context, f func() error) error { return f() },
		}
		if err := f(ctx, tx); err != nil {
			return err
		}
		return s.Store.Append(ctx, entries...)
	}
}

func transactionFaults() []fault {
	return []fault{
		{"a commit stores nothing", func(s *faulty) {
			s.transact = func(ctx context.Context, f func(context.Context, daybook.Tx) error) error {
				var result error
				s.Store.Transact(ctx, func(ctx context.Context, tx daybook.Tx) error {
					result = f(ctx, tx)
					return errors.New("undo")
				})
				return result
			}
		}, []string{"transact/entries exist once", "transact/a panic rolls back", "transact/a transaction that commits late", "transact/Tail with slow"}},

		{"a transaction appends at once", within(func(s *faulty, tx *faultyTx) {
			tx.append = func(ctx context.Context, entries []daybook.Entry) error { return s.Store.Append(ctx, entries...) }
		}), []string{"transact/a transaction that is rolled back", "transact/a panic rolls back", "transact/entries cannot be seen",
			"transact/a transaction whose context", "transact/Tail with slow", "transact/a savepoint", "transact/a transaction that has ended"}},

		{"the error of the work is lost", func(s *faulty) {
			s.transact = func(ctx context.Context, f func(context.Context, daybook.Tx) error) error {
				s.Store.Transact(ctx, f)
				return nil
			}
		}, []string{"transact/a transaction that is rolled back", "transact/a wrong entry", "transact/a transaction whose context"}},

		{"a failed append ends the transaction", within(func(s *faulty, tx *faultyTx) {
			var broken error
			tx.append = func(ctx context.Context, entries []daybook.Entry) error {
				if broken == nil {
					broken = tx.Tx.Append(ctx, entries...)
				}
				return broken
			}
		}), []string{"transact/an append that fails"}},

		{"a savepoint undoes nothing", within(func(s *faulty, tx *faultyTx) {
			tx.savepoint = func(_ context.Context, f func() error) error { return f() }
		}), []string{"transact/a savepoint undoes"}},

		{"a savepoint hides the error", within(func(s *faulty, tx *faultyTx) {
			tx.savepoint = func(ctx context.Context, f func() error) error {
				tx.Tx.Savepoint(ctx, f)
				return nil
			}
		}), []string{"transact/a savepoint undoes", "transact/an append that fails"}},

		{"an inner savepoint is final", within(func(s *faulty, tx *faultyTx) {
			depth := 0
			tx.savepoint = func(ctx context.Context, f func() error) error {
				depth++
				defer func() { depth-- }()
				if depth > 1 {
					return errors.Join(s.Store.Transact(ctx, func(_ context.Context, inner daybook.Tx) error {
						outer := tx.Tx
						tx.Tx = inner
						defer func() { tx.Tx = outer }()
						return f()
					}))
				}
				return tx.Tx.Savepoint(ctx, f)
			}
		}), []string{"transact/a savepoint undoes"}},

		{"entries are checked and copied at the commit", buffered, []string{"transact/a wrong entry", "transact/the caller's memory",
			"transact/a transaction that has ended", "transact/an append that fails"}},

		{"an entry that is there already fails the transaction", within(func(s *faulty, tx *faultyTx) {
			tx.append = func(ctx context.Context, entries []daybook.Entry) error {
				for _, e := range entries {
					if _, ok := s.stored(e.OrganizationID, e.ID); ok {
						return daybook.ErrConflict
					}
				}
				return tx.Tx.Append(ctx, entries...)
			}
		}), []string{"transact/the same entry again"}},

		{"a cancelled transaction commits its first entry", func(s *faulty) {
			s.transact = func(ctx context.Context, f func(context.Context, daybook.Tx) error) error {
				var first []daybook.Entry
				err := s.Store.Transact(ctx, func(ctx context.Context, tx daybook.Tx) error {
					return f(ctx, &faultyTx{Tx: tx, append: func(ctx context.Context, entries []daybook.Entry) error {
						first = entries[:min(1, len(entries))]
						return tx.Append(ctx, entries...)
					}})
				})
				if ctx.Err() != nil {
					return errors.Join(err, s.Store.Append(context.WithoutCancel(ctx), first...))
				}
				return err
			}
		}, []string{"transact/a transaction whose context"}},
	}
}
