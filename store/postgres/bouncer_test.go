package postgres_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/storetest"
)

func startBouncer(t *testing.T) *testdb.Bouncer {
	t.Helper()
	b, err := server.StartBouncer(app)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func openThrough(t testing.TB, b *testdb.Bouncer, database string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(context.Background(), b.URL(app, database), &postgres.Options{IDs: postgres.Text, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Every promise of a store holds behind a PgBouncer that gives each transaction whatever connection
// is free.
func TestStoreThroughPgBouncer(t *testing.T) {
	b := startBouncer(t)
	storetest.Run(t, func(t testing.TB) daybook.Store { return openThrough(t, b, newDatabase(t, postgres.Text)) })
}

func TestTransactionsThroughPgBouncer(t *testing.T) {
	b := startBouncer(t)
	storetest.RunTransactor(t, func(t testing.TB) (daybook.Store, daybook.Transactor) {
		name := newDatabase(t, postgres.Text)
		pool, err := pgxpool.New(context.Background(), b.URL(app, name)+"&pool_max_conns=20")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		return openThrough(t, b, name), postgres.Transactor(pool)
	})
}

func TestTransactionsOfDatabaseSQLThroughPgBouncer(t *testing.T) {
	b := startBouncer(t)
	storetest.RunTransactor(t, func(t testing.TB) (daybook.Store, daybook.Transactor) {
		name := newDatabase(t, postgres.Text)
		db, err := sql.Open("pgx", b.URL(app, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return openThrough(t, b, name), postgres.SQLTransactor(db)
	})
}
