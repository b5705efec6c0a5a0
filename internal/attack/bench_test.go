package attack

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/ledger"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/sqlite"
	"github.com/daybookdev/daybook/store/storetest"
)

// server is the PostgreSQL of all tests.
var server *testdb.Server

const owner, app = "log_owner", "app"

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if server, err = testdb.Start(); err == nil {
			defer server.Stop()
			err = prepare(server)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

func prepare(s *testdb.Server) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.URL(testdb.Superuser, "postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, sql := range []string{
		fmt.Sprintf(`create role %s login createrole password '%s'`, owner, s.Password),
		fmt.Sprintf(`create database model owner %s`, owner),
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	if _, err := postgres.Migrate(ctx, s.URL(owner, "model"), &postgres.MigrateOptions{IDs: postgres.Text, Deployment: deployment}); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, fmt.Sprintf(`create role %s login password '%s' in role daybook_app`, app, s.Password))
	return err
}

const deployment = "audit.example.com"

var databases atomic.Int64

// A bench is a store with its ledger, its key, and a connection of the owner of its database.
type bench struct {
	kind   string
	path   string // of the SQLite file
	name   string // of the PostgreSQL database
	store  daybook.Store
	ledger ledger.Store
	key    *ledger.Key
	signer *ledger.Signer
	keeper *ledger.Keeper
	db     *sql.DB // the owner's
}

var quiet = slog.New(slog.DiscardHandler)

func open(t *testing.T, kind string) *bench {
	t.Helper()
	b := &bench{kind: kind, key: ledger.NewKey()}
	if kind == "sqlite" {
		b.path = filepath.Join(t.TempDir(), "daybook.db")
	} else {
		b.name = fmt.Sprint("attack_", databases.Add(1))
		conn, err := pgx.Connect(t.Context(), server.URL(testdb.Superuser, "postgres"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(t.Context(), fmt.Sprintf(`create database %s template model owner %s`, b.name, owner)); err != nil {
			t.Fatal(err)
		}
	}
	b.open(t)
	b.useKey(t, b.key)
	return b
}

// open opens the store and the owner's connection.
func (b *bench) open(t *testing.T) {
	t.Helper()
	var err error
	if b.kind == "sqlite" {
		b.store, err = sqlite.Open(t.Context(), b.path, &sqlite.Options{Deployment: deployment})
		if err == nil {
			b.db, err = sql.Open("sqlite", "file:"+b.path+"?_pragma=busy_timeout(10000)")
		}
	} else {
		b.store, err = postgres.Open(t.Context(), server.URL(app, b.name), &postgres.Options{IDs: postgres.Text, Logger: quiet})
		if err == nil { // the superuser: row-level security is the owner's to switch off
			b.db, err = sql.Open("pgx", server.URL(testdb.Superuser, b.name))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	b.ledger = b.store.(ledger.Keeping).Ledger()
	db, store := b.db, b.store
	t.Cleanup(func() {
		db.Close()
		store.Close()
	})
}

func (b *bench) useKey(t *testing.T, key *ledger.Key) {
	t.Helper()
	var err error
	if b.signer, err = ledger.NewSigner(deployment, key, ""); err == nil {
		b.keeper, err = ledger.NewKeeper(t.Context(), b.ledger, b.signer, &ledger.KeeperOptions{Logger: quiet})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// record appends n entries of an organization and returns them.
func (b *bench) record(t *testing.T, organization string, n int) []daybook.Entry {
	t.Helper()
	entries := make([]daybook.Entry, n)
	for i := range entries {
		entries[i] = storetest.Entry(organization)
		entries[i].ResourceID = fmt.Sprintf("%s-%d", organization, i)
		entries[i].RecordedBy = "key:ak_1"
	}
	if err := b.store.Append(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
	return entries
}

func (b *bench) sequence(t *testing.T) {
	t.Helper()
	if err := b.ledger.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// sign signs all logs and returns the checkpoints, as somebody keeps them.
func (b *bench) sign(t *testing.T) (kept []string) {
	t.Helper()
	b.sequence(t)
	if err := b.keeper.SignAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	logs, err := b.ledger.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range logs {
		note, err := b.ledger.Checkpoint(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, note)
	}
	return kept
}

func (b *bench) trust() ledger.Trust {
	return ledger.Trust{Deployment: deployment, Keys: []ledger.PublicKey{b.key.Public()}}
}

// source opens the database as a verification does.
func (b *bench) source(t *testing.T) ledger.Source {
	t.Helper()
	var src ledger.Source
	var err error
	if b.kind == "sqlite" {
		src, err = sqlite.OpenSource(t.Context(), b.path)
	} else {
		src, err = postgres.OpenSource(t.Context(), server.URL(app, b.name))
	}
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func (b *bench) verify(t *testing.T, o *ledger.VerifyOptions) *ledger.Report {
	t.Helper()
	src := b.source(t)
	defer src.Close()
	r, err := ledger.Verify(t.Context(), src, b.trust(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(r *ledger.Report) string {
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// exec runs SQL as the owner. What differs between the databases is written {sqlite|postgres}.
func (b *bench) exec(t *testing.T, sql string, args ...any) int64 {
	t.Helper()
	result, err := b.db.ExecContext(t.Context(), b.dialect(sql), args...)
	if err != nil {
		t.Fatalf("%s: %v", b.dialect(sql), err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (b *bench) dialect(sql string) string {
	for {
		before, rest, ok := strings.Cut(sql, "{")
		if !ok {
			return sql
		}
		choice, after, _ := strings.Cut(rest, "}")
		s, p, _ := strings.Cut(choice, "|")
		if b.kind == "postgres" {
			s = p
		}
		sql = before + s + after
	}
}
