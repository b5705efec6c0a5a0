package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/store/postgres"
)

// The roles of the tests: the owner makes the schema, the app is what a program connects as.
const (
	owner = "log_owner"
	app   = "app"
)

// server is that of all tests of this package but those that kill theirs.
var server *testdb.Server

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if server, err = testdb.Start(); err == nil {
			defer server.Stop()
			err = prepareServer(server)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// prepareServer makes the roles and a template database for either type of ids.
func prepareServer(s *testdb.Server) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.URL(testdb.Superuser, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	run := func(statements ...string) error {
		for _, sql := range statements {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return nil
	}
	if err := run(fmt.Sprintf(`create role %s login createrole password '%s'`, owner, s.Password)); err != nil {
		return err
	}
	for _, ids := range []postgres.IDs{postgres.Text, postgres.UUID} {
		if err := run(fmt.Sprintf(`create database template_%v owner %s`, ids, owner)); err != nil {
			return err
		}
		if _, err := postgres.Migrate(ctx, s.URL(owner, "template_"+ids.String()), &postgres.MigrateOptions{IDs: ids}); err != nil {
			return err
		}
	}
	return run(fmt.Sprintf(`create role %s login password '%s' in role daybook_app`, app, s.Password))
}

var databases atomic.Int64

// newDatabase returns the name of a new database with the schema. It is not dropped, which would take
// longer than many a test: it goes with the server.
func newDatabase(t testing.TB, ids postgres.IDs) string {
	t.Helper()
	name := fmt.Sprint("test_", databases.Add(1))
	admin(t, "postgres", fmt.Sprintf(`create database %s template template_%v owner %s`, name, ids, owner))
	return name
}

// admin runs statements as the superuser.
func admin(t testing.TB, database string, statements ...string) {
	t.Helper()
	conn := connect(t, testdb.Superuser, database)
	defer conn.Close(context.Background())
	for _, sql := range statements {
		if _, err := conn.Exec(context.Background(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func connect(t testing.TB, role, database string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), server.URL(role, database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

var quiet = slog.New(slog.DiscardHandler)

// open opens the log in a database as the app, and closes it with the test.
func open(t testing.TB, database string, ids postgres.IDs) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(context.Background(), server.URL(app, database), &postgres.Options{IDs: ids, Logger: quiet})
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

// openPool opens a pool as an application has it.
func openPool(t testing.TB, database string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(context.Background(), server.URL(app, database)+"&pool_max_conns=20")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// openDB opens a database of database/sql as an application has it.
func openDB(t testing.TB, database string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", server.URL(app, database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// value returns the one value that a statement gives to the superuser.
func value[T any](t testing.TB, database, sql string, args ...any) (v T) {
	t.Helper()
	conn := connect(t, testdb.Superuser, database)
	defer conn.Close(context.Background())
	if err := conn.QueryRow(context.Background(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", strings.TrimSpace(sql), err)
	}
	return v
}
