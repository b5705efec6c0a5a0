package workspace

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the database/sql driver "sqlite"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/sqlite"
)

// An Outbox lets the application record in the transactions of its own database. Handlers depend
// on it alone, so that the database can be another one.
//
// Of the transactions of one organization one runs at a time: what one has read stays true until it
// commits. SQLite has one writer anyway.
type Outbox interface {
	// Transact opens the transaction that TxFrom finds in f's context.
	daybook.Transactor
	TxFrom(ctx context.Context) *sql.Tx

	// Begin makes tx, which was just opened, the one of its organization.
	Begin(ctx context.Context, tx *sql.Tx) error

	// InTx returns a transaction that the application opened itself, as one to record in.
	InTx(tx *sql.Tx) daybook.Tx

	// Forward hands what was committed to the log; Run does so until ctx ends.
	Forward(ctx context.Context) (int, error)
	Run(ctx context.Context) error
}

// sqliteOutbox is the Outbox of an application whose database is SQLite.
type sqliteOutbox struct{ *sqlite.Outbox }

func (sqliteOutbox) TxFrom(ctx context.Context) *sql.Tx { return sqlite.TxFrom(ctx) }

func (sqliteOutbox) Begin(context.Context, *sql.Tx) error { return nil } // _txlock has seen to it

//go:embed schema.sql
var schema string

// openDatabase opens the application's database and makes its tables. Transactions begin as
// writers (_txlock), so that none fails halfway because another wrote first.
func openDatabase(ctx context.Context, file string) (*sql.DB, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	// Made here, for its owner alone: SQLite would follow the umask.
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	// SQLite decodes the path of a file: URI, so that a ? or % in a directory's name stays one.
	name := url.URL{Scheme: "file", Path: file, RawQuery: url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(10000)", "journal_mode(wal)", "synchronous(full)", "foreign_keys(on)"},
	}.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db.SetMaxOpenConns(16)
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, fmt.Errorf("make the tables: %w", errors.Join(err, db.Close()))
	}
	return db, nil
}

// A querier is the database or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// querier returns the transaction that an atomic route runs in, else the database. Whoever is
// inside a transaction must use nothing else: a second connection would not see its work, and
// could wait for it for ever.
func (a *App) querier(ctx context.Context) querier {
	if tx := a.outbox.TxFrom(ctx); tx != nil {
		return tx
	}
	return a.db
}

// inTx runs f in a transaction and commits it when f returns nil. Entries that are recorded in
// entries exist if and only if it was committed.
func (a *App) inTx(ctx context.Context, f func(tx *sql.Tx, entries daybook.Tx) error) error {
	return a.outbox.Transact(ctx, func(ctx context.Context, entries daybook.Tx) error {
		return f(a.outbox.TxFrom(ctx), entries)
	})
}

// begin opens a transaction for a handler that commits it by itself.
func (a *App) begin(ctx context.Context) (*sql.Tx, error) {
	tx, err := a.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	if err := a.outbox.Begin(ctx, tx); err != nil {
		return nil, errors.Join(fmt.Errorf("begin: %w", err), tx.Rollback())
	}
	return tx, nil
}

// A row is what a query has found: one row, or the present one of several.
type row interface{ Scan(dest ...any) error }

// all reads every row of a query with scan.
func all[T any](ctx context.Context, q querier, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := []T{} // an empty list is [] in JSON
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, v)
	}
	return found, rows.Err()
}

// changed turns a statement that met no row into sql.ErrNoRows.
func changed(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		err = sql.ErrNoRows
	}
	return err
}

// newID returns a new id and its time, which is the row's.
func newID() (id string, at time.Time) {
	v := daybook.NewID()
	return v.String(), v.Time()
}
