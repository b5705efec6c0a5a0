package apitest

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/server"
	"github.com/daybookdev/daybook/store/memory"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/sqlite"
)

// stores opens the stores that a server may have, each new and empty.
func stores() map[string]func(t *testing.T) func() server.Store {
	return map[string]func(t *testing.T) func() server.Store{
		"memory": func(t *testing.T) func() server.Store {
			return func() server.Store { return closing(t, memory.New()) }
		},
		"SQLite": func(t *testing.T) func() server.Store {
			dir, n := t.TempDir(), 0
			return func() server.Store {
				n++
				s, err := sqlite.Open(t.Context(), filepath.Join(dir, fmt.Sprintf("%d.db", n)), nil)
				if err != nil {
					t.Fatal(err)
				}
				return closing(t, s)
			}
		},
		"PostgreSQL": openPostgres,
	}
}

func closing(t *testing.T, s server.Store) server.Store {
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// openPostgres starts a private server, and opens the log of a new database as a role that row-level
// security holds.
func openPostgres(t *testing.T) func() server.Store {
	db, err := testdb.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Stop(); err != nil {
			t.Error(err)
		}
	})
	administer := func(statements ...string) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), db.URL(testdb.Superuser, "postgres"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		for _, sql := range statements {
			if _, err := conn.Exec(t.Context(), sql); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
	}
	administer(fmt.Sprintf(`create role log_owner login createrole password '%s'`, db.Password), `create database template_log owner log_owner`)
	if _, err := postgres.Migrate(t.Context(), db.URL("log_owner", "template_log"), &postgres.MigrateOptions{IDs: postgres.Text}); err != nil {
		t.Fatal(err)
	}
	administer(fmt.Sprintf(`create role app login password '%s' in role daybook_app`, db.Password))
	n := 0
	return func() server.Store {
		n++
		name := fmt.Sprintf("log%d", n)
		administer(fmt.Sprintf(`create database %s owner log_owner template template_log`, name))
		s, err := postgres.Open(t.Context(), db.URL("app", name), &postgres.Options{IDs: postgres.Text, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		return closing(t, s)
	}
}
