//go:build unix

package workspace_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybooktest"
	"github.com/daybookdev/daybook/examples/workspace"
	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/sqlite"
)

// server is nil while the tests run on SQLite. They all run twice, and then on PostgreSQL.
var (
	server    *testdb.Server
	databases atomic.Int64
)

// The roles of the tests: the owner makes the log, the application has a schema of its own.
const (
	owner = "log_owner"
	app   = "app"
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		if code := m.Run(); code != 0 {
			return code
		}
		fmt.Println("and on PostgreSQL:")
		started, err := testdb.Start("max_connections = 500")
		if err == nil {
			defer started.Stop()
			err = prepareServer(started)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		server = started
		return m.Run()
	}())
}

// prepareServer makes the roles, and a template database with the log and a schema for the
// application.
func prepareServer(s *testdb.Server) error {
	ctx := context.Background()
	run := func(url string, statements ...string) error {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		for _, sql := range statements {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return nil
	}
	superuser := s.URL(testdb.Superuser, "postgres")
	if err := run(superuser, fmt.Sprintf(`create role %s login createrole password '%s'`, owner, s.Password), `create database template_workspace owner `+owner); err != nil {
		return err
	}
	if _, err := postgres.Migrate(ctx, s.URL(owner, "template_workspace"), &postgres.MigrateOptions{IDs: postgres.Text}); err != nil {
		return err
	}
	return errors.Join(
		run(superuser, fmt.Sprintf(`create role %s login password '%s' in role daybook_app`, app, s.Password)),
		run(s.URL(testdb.Superuser, "template_workspace"), `create schema authorization `+app))
}

// newDatabase returns the URL of a new database for the application, empty on SQLite.
func newDatabase(t *testing.T) string {
	t.Helper()
	if server == nil {
		return ""
	}
	name := fmt.Sprint("test_", databases.Add(1))
	conn, err := pgx.Connect(t.Context(), server.URL(testdb.Superuser, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), fmt.Sprintf(`create database %s template template_workspace owner %s`, name, owner)); err != nil {
		t.Fatal(err)
	}
	return server.URL(app, name)
}

// newLog returns a log of its own: a file in dir, or in the database.
func newLog(t *testing.T, dir, database string) daybook.Store {
	t.Helper()
	var store daybook.Store
	var err error
	if database == "" {
		store, err = sqlite.Open(t.Context(), filepath.Join(dir, "daybook.db"), nil)
	} else {
		store, err = postgres.Open(t.Context(), database, &postgres.Options{IDs: postgres.Text, Logger: quiet})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

// A journal is a recorder, what it has recorded, and a log that fails when it is told to: the book of
// daybooktest on SQLite, whose log is elsewhere, and the same on a log in PostgreSQL.
type journal struct {
	*daybook.Recorder
	Store    func() daybook.Store
	Entries  func() []daybook.Entry
	FailWith func(error)
}

func newJournal(t *testing.T, database string) *journal {
	t.Helper()
	if database == "" {
		book := newBook(t)
		return &journal{book.Recorder, book.Store, book.Entries, book.FailWith}
	}
	log := &failingLog{Store: newLog(t, "", database).(*postgres.Store)}
	o := workspace.RecorderOptions(quiet)
	o.Forgotten = func(_ context.Context, what string) {
		if log.failure() == nil {
			t.Errorf("%s changed something and recorded nothing", what)
		}
	}
	book, err := daybook.New(log, o)
	if err != nil {
		t.Fatal(err)
	}
	return &journal{book, func() daybook.Store { return log }, func() []daybook.Entry { return log.all(t) }, log.failWith}
}

// newBook returns the recorder of a test, with the application's options.
func newBook(t *testing.T) *daybooktest.Book {
	t.Helper()
	return daybooktest.NewWith(t, *workspace.RecorderOptions(nil))
}

// A failingLog is a log in PostgreSQL that is away when it is told to be.
type failingLog struct {
	*postgres.Store
	mu    sync.Mutex // guards what follows
	fault error
}

func (l *failingLog) failWith(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = err
}

func (l *failingLog) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fault
}

func (l *failingLog) Append(ctx context.Context, entries ...daybook.Entry) error {
	if err := l.failure(); err != nil {
		return err
	}
	return l.Store.Append(ctx, entries...)
}

func (l *failingLog) Query(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
	if err := l.failure(); err != nil {
		return daybook.Page{}, err
	}
	return l.Store.Query(ctx, organization, q)
}

func (l *failingLog) Count(ctx context.Context, organization string, q daybook.Query, by ...daybook.Field) ([]daybook.Group, error) {
	if err := l.failure(); err != nil {
		return nil, err
	}
	return l.Store.Count(ctx, organization, q, by...)
}

// all returns everything that is committed, in the order of the log.
func (l *failingLog) all(t *testing.T) (all []daybook.Entry) {
	t.Helper()
	for after := (daybook.Position{}); ; {
		page, next, err := l.Store.Tail(t.Context(), after, daybook.MaxLimit)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page {
			all = append(all, s.Entry)
		}
		if len(page) == 0 {
			// Another may be giving places at this moment.
			backlog, err := l.Store.Backlog(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if backlog.Entries == 0 && next == after {
				if last, err := l.Store.Last(t.Context()); err != nil || last.Number == after.Number {
					return all
				}
			}
		}
		after = next
	}
}
