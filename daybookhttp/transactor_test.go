package daybookhttp_test

import (
	"context"
	"slices"

	"github.com/daybookdev/daybook"
)

// A transactor is a database of strings, with a log beside them in the same transactions.
type transactor struct {
	shelf                         // the log: what was committed
	rows                          []string
	begin, append, commit, settle error
	commits                       bool // although commit is an error
	asked                         daybook.ID
	askedOrganization             string
	runs                          int // of the work; 0 means once
}

type work struct {
	db     *transactor
	rows   []string
	staged []daybook.Entry
}

type workKey struct{}

func workOf(ctx context.Context) *work { w, _ := ctx.Value(workKey{}).(*work); return w }

func (db *transactor) Transact(ctx context.Context, f func(context.Context, daybook.Tx) error) error {
	if db.begin != nil {
		return db.begin
	}
	for range max(db.runs, 1) {
		w := &work{db: db}
		if err := f(context.WithValue(ctx, workKey{}, w), w); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if db.commit == nil || db.commits {
			db.rows = append(db.rows, w.rows...)
			db.shelf.Append(context.WithoutCancel(ctx), w.staged...)
		}
	}
	return db.commit
}

func (w *work) Append(ctx context.Context, entries ...daybook.Entry) error {
	if w.db.append == nil {
		w.staged = append(w.staged, entries...)
	}
	return w.db.append
}

func (w *work) Savepoint(ctx context.Context, f func() error) error {
	rows, staged := slices.Clone(w.rows), slices.Clone(w.staged)
	err := f()
	if err != nil {
		w.rows, w.staged = rows, staged
	}
	return err
}

// A settler is a transactor that can be asked.
type settler struct{ *transactor }

func (s settler) Committed(ctx context.Context, organization string, id daybook.ID) (bool, error) {
	s.askedOrganization, s.asked = organization, id
	if s.settle != nil {
		return false, s.settle
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.entries, func(e daybook.Entry) bool { return e.ID == id && e.OrganizationID == organization }), ctx.Err()
}
