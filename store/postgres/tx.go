package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
)

// InTx returns tx, a transaction of the application, as one to record in:
//
//	err := book.RecordTx(ctx, postgres.InTx(tx), entry)
//
// The entries exist if and only if it commits; nothing needs to be done behind the commit. All
// entries of one call take one round trip. The transaction's role needs daybook_app, and its
// search_path must find the tables.
//
// After an error of PostgreSQL the transaction takes no more statements (SQLSTATE 25P02) and its
// commit is a rollback; [daybook.BestEffort] is the choice where that must not be. An entry that
// is refused before it is sent, and an id that is taken, leave the transaction usable.
func InTx(tx pgx.Tx) daybook.Tx { return &pgxTx{tx: tx} }

// InSQLTx is InTx for a transaction of database/sql, with any driver for PostgreSQL.
func InSQLTx(tx *sql.Tx) daybook.Tx { return &sqlTx{tx: tx} }

const (
	setSavepoint      = `savepoint daybook`
	releaseSavepoint  = `release savepoint daybook`
	rollbackSavepoint = `rollback to savepoint daybook`
)

// savepoint runs f so that its failure is undone. exec runs a statement in the transaction. Savepoints
// of one name lie within each other: the newest is meant.
func savepoint(ctx context.Context, exec func(ctx context.Context, sql string) error, f func() error) error {
	if err := exec(ctx, setSavepoint); err != nil {
		return fmt.Errorf("set savepoint: %w", err)
	}
	if err := f(); err != nil {
		// The transaction's fate hangs on this, so it does not end with the caller's context.
		ctx := context.WithoutCancel(ctx)
		return errors.Join(err, exec(ctx, rollbackSavepoint), exec(ctx, releaseSavepoint))
	}
	if err := exec(ctx, releaseSavepoint); err != nil {
		return fmt.Errorf("release savepoint: %w", err)
	}
	return nil
}

// admit makes rows of the entries. Only when one has an id that is no UUID it asks, by read, of
// which type the columns are.
func admit(entries []daybook.Entry, known *bool, read func() (IDs, error)) ([]*row, error) {
	rows, err := prepare(entries, Text, guessDeployment())
	if err == nil && !*known {
		for _, r := range rows {
			if checkUUIDs(&r.Entry) == nil {
				continue
			}
			ids, err := read()
			if err != nil {
				return nil, err
			}
			if ids == UUID {
				return prepare(entries, UUID, guessDeployment())
			}
			*known = true
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return distinct(rows)
}

type pgxTx struct {
	tx   pgx.Tx
	text bool // the ids are known to be text
}

func (t *pgxTx) Append(ctx context.Context, entries ...daybook.Entry) error {
	rows, err := admit(entries, &t.text, func() (IDs, error) {
		ids, _, err := readIDs(ctx, t.tx)
		return ids, err
	})
	if err == nil && len(rows) > 0 {
		err = t.insert(ctx, rows)
	}
	if err != nil {
		return fmt.Errorf("append in transaction: %w", explain(err))
	}
	return nil
}

// insert stores all the rows or none. A call that is refused for an id that is taken must take back
// its other rows; one row alone leaves nothing to take back.
func (t *pgxTx) insert(ctx context.Context, rows []*row) error {
	if len(rows) == 1 {
		return insert(ctx, t.tx, rows, false)
	}
	return t.Savepoint(ctx, func() error { return insert(ctx, t.tx, rows, false) })
}

func (t *pgxTx) Savepoint(ctx context.Context, f func() error) error {
	return savepoint(ctx, func(ctx context.Context, sql string) error {
		_, err := t.tx.Exec(ctx, sql)
		return err
	}, f)
}

type sqlTx struct {
	tx   *sql.Tx
	text bool // the ids are known to be text
}

func (t *sqlTx) Append(ctx context.Context, entries ...daybook.Entry) error {
	rows, err := admit(entries, &t.text, func() (IDs, error) {
		var base string
		err := t.tx.QueryRowContext(ctx, selectIDs).Scan(&base)
		return idsNamed(base), err
	})
	switch {
	case err == nil && len(rows) == 1:
		err = t.insert(ctx, rows)
	case err == nil && len(rows) > 1:
		err = t.Savepoint(ctx, func() error { return t.insert(ctx, rows) })
	}
	if err != nil {
		return fmt.Errorf("append in transaction: %w", explain(err))
	}
	return nil
}

func (t *sqlTx) insert(ctx context.Context, rows []*row) error {
	fresh := int64(0)
	for rest := rows; len(rest) > 0; {
		n := chunk(rest)
		var count int64
		var deployment string
		if err := t.tx.QueryRowContext(ctx, insertRows, literals(rest[:n])...).Scan(&count, &deployment); err != nil {
			return err
		}
		learnDeployment(deployment)
		fresh += count
		rest = rest[n:]
	}
	if fresh == int64(len(rows)) {
		return nil
	}
	for _, r := range rows {
		if err := t.compare(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// compare returns a conflict when r is stored with other content.
func (t *sqlTx) compare(ctx context.Context, r *row) error {
	if _, err := t.tx.ExecContext(ctx, remember); err != nil {
		return err
	}
	if _, err := t.tx.ExecContext(ctx, becomeReader, r.OrganizationID); err != nil {
		return err
	}
	id := r.ID.String()
	stored, err := scan(t.tx.QueryRowContext(ctx, selectStored, r.OrganizationID, arrayLiteral([]*string{&id})).Scan)
	if err != nil {
		return err
	}
	if _, err := t.tx.ExecContext(ctx, becomeAgain); err != nil {
		return err
	}
	if !r.same(stored) {
		return conflict(r)
	}
	return nil
}

func (t *sqlTx) Savepoint(ctx context.Context, f func() error) error {
	return savepoint(ctx, func(ctx context.Context, sql string) error {
		_, err := t.tx.ExecContext(ctx, sql)
		return err
	}, f)
}
