package workspace

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"

	_ "github.com/jackc/pgx/v5/stdlib" // the database/sql driver "pgx"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/postgres"
)

//go:embed schema_postgres.sql
var postgresSchema string

// openPostgres opens the application's database and makes its tables, in a schema in which its role
// may do that.
func openPostgres(ctx context.Context, url string) (*sql.DB, error) {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db.SetMaxOpenConns(16)
	// One program at a time: "if not exists" does not help two that look at the same moment.
	tables := `begin; select pg_advisory_xact_lock(hashtext('workspace tables'));` + postgresSchema + `commit;`
	if _, err := db.ExecContext(ctx, tables); err != nil {
		err = errors.Join(fmt.Errorf("make the tables: %w", err), db.Close())
		if state, ok := errors.AsType[interface {
			error
			SQLState() string
		}](err); ok && state.SQLState() == "42501" {
			err = fmt.Errorf("%w: give the role a schema of its own: create schema authorization the_role", err)
		}
		return nil, err
	}
	return db, nil
}

// postgresOutbox is the Outbox of an application whose database is PostgreSQL: entries go into the
// log's own table, in the same transaction as the work, and nothing is left to forward.
type postgresOutbox struct {
	db         *sql.DB
	transactor *postgres.DBTransactor
}

func newPostgresOutbox(db *sql.DB) Outbox { return postgresOutbox{db, postgres.SQLTransactor(db)} }

func (o postgresOutbox) Transact(ctx context.Context, f func(ctx context.Context, tx daybook.Tx) error) error {
	return o.transactor.Transact(ctx, func(ctx context.Context, entries daybook.Tx) error {
		if err := o.Begin(ctx, o.TxFrom(ctx)); err != nil {
			return err
		}
		return f(ctx, entries)
	})
}

func (o postgresOutbox) TxFrom(ctx context.Context) *sql.Tx { return postgres.SQLTxFrom(ctx) }

// Begin waits until no other transaction of the organization is open. The lock ends with tx.
func (o postgresOutbox) Begin(ctx context.Context, tx *sql.Tx) error {
	organization := daybook.ScopeOf(ctx).OrganizationID
	if organization == "" {
		return nil // a sign-up or a sign-in: there is none yet
	}
	if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock(hashtextextended($1, 0))`, organization); err != nil {
		return fmt.Errorf("wait for the organization's other work: %w", err)
	}
	return nil
}

func (o postgresOutbox) InTx(tx *sql.Tx) daybook.Tx { return postgres.InSQLTx(tx) }

func (o postgresOutbox) Forward(context.Context) (int, error) { return 0, nil }

func (o postgresOutbox) Run(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}
