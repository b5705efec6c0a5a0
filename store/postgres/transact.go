package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/daybookdev/daybook"
)

const (
	commitTimeout = 30 * time.Second
	settleTimeout = "5s" // how long Committed waits for a transaction that is still ending
)

// A PoolTransactor runs transactions on the application's pool. Safe for concurrent use.
type PoolTransactor struct{ pool *pgxpool.Pool }

// A DBTransactor runs transactions on the application's database/sql database. Safe for concurrent
// use.
type DBTransactor struct{ db *sql.DB }

var (
	_ daybook.Transactor = (*PoolTransactor)(nil)
	_ daybook.Transactor = (*DBTransactor)(nil)
)

// Transactor returns a daybook.Transactor for the application's pool. The context that a
// transaction's function gets carries it: [TxFrom].
func Transactor(pool *pgxpool.Pool) *PoolTransactor { return &PoolTransactor{pool} }

// SQLTransactor returns a daybook.Transactor for the application's database. The context that a
// transaction's function gets carries it: [SQLTxFrom].
func SQLTransactor(db *sql.DB) *DBTransactor { return &DBTransactor{db} }

type (
	txKey    struct{}
	sqlTxKey struct{}
)

// TxFrom returns the transaction that [PoolTransactor.Transact] put into the context, nil if there is
// none.
func TxFrom(ctx context.Context) pgx.Tx {
	tx, _ := ctx.Value(txKey{}).(pgx.Tx)
	return tx
}

// SQLTxFrom returns the transaction that [DBTransactor.Transact] put into the context, nil if there
// is none.
func SQLTxFrom(ctx context.Context) *sql.Tx {
	tx, _ := ctx.Value(sqlTxKey{}).(*sql.Tx)
	return tx
}

// Transact runs f in a transaction; see [daybook.Transactor]. One whose context has ended does not
// commit; a commit that has begun is not cut short by it.
func (t *PoolTransactor) Transact(ctx context.Context, f func(ctx context.Context, tx daybook.Tx) error) error {
	tx, err := t.pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx)) // behind a commit it does nothing; behind a panic it is what is left to do
	if err := f(context.WithValue(ctx, txKey{}, tx), InTx(tx)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if tx.Conn().IsClosed() {
		return errors.New("commit: the connection was lost before")
	}
	commit, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	return committed(tx.Commit(commit))
}

// Transact runs f in a transaction; see [PoolTransactor.Transact].
func (t *DBTransactor) Transact(ctx context.Context, f func(ctx context.Context, tx daybook.Tx) error) error {
	// database/sql would roll back when ctx ends, also in the midst of a commit.
	tx, err := t.db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // behind a commit it does nothing; behind a panic it is what is left to do
	if err := f(context.WithValue(ctx, sqlTxKey{}, tx), InSQLTx(tx)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return committed(tx.Commit())
}

// committed tells an error that the server gave, with which nothing was committed, from a connection
// that was lost before the answer. It does not ask pgconn.SafeToRetry, which is true also for a
// connection that was lost when the commit had been sent (pgx 5.12: "conn closed").
func committed(err error) error {
	var state interface{ SQLState() string } // of pgx and other drivers
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrTxCommitRollback), errors.Is(err, pgx.ErrTxClosed), errors.Is(err, sql.ErrTxDone):
	case errors.As(err, &state) && len(state.SQLState()) == 5 && state.SQLState()[:3] != "57P" && state.SQLState()[:2] != "08":
	default:
		return fmt.Errorf("commit: %w: %w", daybook.ErrUnknownCommit, err)
	}
	return fmt.Errorf("commit: %w", err)
}

// askCommitted inserts a row with the key in question, to be rolled back. Unlike a query it waits for
// a transaction with that key that is still ending, so its answer is final.
const askCommitted = `insert into activity_log (id, organization_id, action, resource_type, created_at, updated_at, actor_type, outcome)
	values ($1::text::uuid, $2::text::daybook_key, 'READ', 'daybook.question', now(), now(), 'system', 'success') on conflict do nothing`

// Committed reports whether the organization has an entry with this id: what to ask when Transact
// returned [daybook.ErrUnknownCommit]. It waits up to five seconds for a transaction that holds the
// id and has not ended, and is then an error.
func (t *PoolTransactor) Committed(ctx context.Context, organization string, id daybook.ID) (bool, error) {
	tx, err := t.pool.Begin(ctx)
	if err != nil {
		return false, fmt.Errorf("ask for entry %v: %w", id, err)
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if _, err := tx.Exec(ctx, `select set_config('lock_timeout', $1, true)`, settleTimeout); err != nil {
		return false, fmt.Errorf("ask for entry %v: %w", id, err)
	}
	tag, err := tx.Exec(ctx, askCommitted, id.String(), organization)
	if err != nil {
		return false, fmt.Errorf("ask for entry %v: %w", id, explain(err))
	}
	return tag.RowsAffected() == 0, nil
}

// Committed is [PoolTransactor.Committed].
func (t *DBTransactor) Committed(ctx context.Context, organization string, id daybook.ID) (bool, error) {
	tx, err := t.db.BeginTx(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("ask for entry %v: %w", id, err)
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `select set_config('lock_timeout', $1, true)`, settleTimeout); err != nil {
		return false, fmt.Errorf("ask for entry %v: %w", id, err)
	}
	result, err := tx.ExecContext(ctx, askCommitted, id.String(), organization)
	if err != nil {
		return false, fmt.Errorf("ask for entry %v: %w", id, explain(err))
	}
	n, err := result.RowsAffected()
	return n == 0, err
}
