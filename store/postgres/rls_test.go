package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/storetest"
)

// state returns the SQLSTATE of err, "" when it is not the server's.
func state(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// onePool returns a pool of one connection, so that whatever a call leaves behind meets the next.
func onePool(t *testing.T, database string) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), server.URL(app, database)+"&pool_max_conns=1&default_query_exec_mode=cache_describe")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// 10,000 alternations of two organizations on one connection, with wrong statements, rollbacks and
// cancelled contexts between, show nobody a foreign row.
func TestOnePooledConnectionNeverLeaksAnOrganization(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.Text)
	pool := onePool(t, name)
	s, err := postgres.New(t.Context(), pool, &postgres.Options{IDs: postgres.Text, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	organizations := []string{"acme", "zeta"}
	for _, o := range organizations {
		if err := s.Append(t.Context(), storetest.Entries(o, 3)...); err != nil {
			t.Fatal(err)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for round := range 10_000 {
		o := organizations[round%2]
		page, err := s.Query(t.Context(), o, daybook.Query{Limit: 10})
		if err != nil || len(page.Entries) != 3 {
			t.Fatalf("round %d: %d entries, %v", round, len(page.Entries), err)
		}
		for _, e := range page.Entries {
			if e.OrganizationID != o {
				t.Fatalf("round %d: %s sees an entry of %s", round, o, e.OrganizationID)
			}
		}
		switch round % 500 {
		case 100: // a statement that fails in the midst of the reader's transaction
			err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
				if _, err := tx.Exec(t.Context(), `select set_config('role', 'daybook_reader', true), set_config('daybook.organization', 'zeta', true)`); err != nil {
					return err
				}
				_, err := tx.Exec(t.Context(), `select 1/0`)
				return err
			})
			if state(err) != "22012" {
				t.Fatalf("the statement that fails: %v", err)
			}
		case 200:
			if _, err := s.Query(cancelled, "zeta", daybook.Query{}); err == nil {
				t.Fatal("a cancelled query succeeds")
			}
		case 300: // without the setting, with whatever is left of it
			err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
				if _, err := tx.Exec(t.Context(), `set local role daybook_reader`); err != nil {
					return err
				}
				_, err := tx.Exec(t.Context(), `select count(*) from activity_log`)
				return err
			})
			if state(err) != "42501" || !strings.Contains(err.Error(), "no organization") {
				t.Fatalf("a query without an organization: %v", err)
			}
		case 400:
			e := storetest.Entry(o)
			if err := s.Append(t.Context(), e, e); err != nil {
				t.Fatal(err)
			}
			if _, err := pool.Exec(t.Context(), `select 1`); err != nil {
				t.Fatal(err)
			}
			organizations = []string{fmt.Sprint("org-", round, "-a"), fmt.Sprint("org-", round, "-b")}
			for _, o := range organizations {
				if err := s.Append(t.Context(), storetest.Entries(o, 3)...); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// The setting alone is the second wall: a statement that forgets the filter sees one organization.
func TestAStatementWithoutAFilterSeesOneOrganization(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.Text)
	s := open(t, name, postgres.Text)
	if err := s.Append(t.Context(), append(storetest.Entries("acme", 3), storetest.Entries("zeta", 4)...)...); err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{app, owner} {
		conn := connect(t, role, name)
		err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
			become := `select set_config('daybook.organization', 'acme', true)`
			if role == app {
				become = `select set_config('role', 'daybook_reader', true), set_config('daybook.organization', 'acme', true)`
			}
			if _, err := tx.Exec(t.Context(), become); err != nil {
				return err
			}
			var n int
			if err := tx.QueryRow(t.Context(), `select count(details) from activity_log`).Scan(&n); err != nil {
				return err
			}
			if n != 3 {
				t.Errorf("%s sees %d entries, want 3", role, n)
			}
			const counted = `select count(*) filter (where organization_id = 'acme') > 0 and count(*) filter (where organization_id <> 'acme') = 0
				from (select organization_id from ledger_pending union all select organization_id from daybook_rollup_recent
					union all select organization_id from daybook_rollup) as o`
			var own bool
			if err := tx.QueryRow(t.Context(), counted).Scan(&own); err != nil {
				return err
			}
			if !own {
				t.Errorf("%s sees what others' entries are counted as", role)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", role, err)
		}
	}
}

func TestWhatTheRolesMayNotDo(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.Text)
	s := open(t, name, postgres.Text)
	if err := s.Append(t.Context(), storetest.Entries("acme", 2)...); err != nil {
		t.Fatal(err)
	}
	statements := map[string][]string{
		"": {
			`select details from activity_log`, `select * from activity_log_late`, `select * from activity_log_early`, `select user_id from activity_log`,
			`update activity_log set user_id = null`, `delete from activity_log`, `truncate activity_log`, `drop table activity_log`,
			`alter table activity_log disable row level security`, `create policy p on activity_log using (true)`,
			`delete from ledger_pending`, `select * from ledger_pending`, `select * from ledger_sequence`, `update ledger_order set next_position = 1`,
			`insert into ledger_pending (seq, organization_id, id) overriding system value values (1, 'acme', gen_random_uuid())`,
			`grant select on activity_log_late to daybook_app`, `copy activity_log from stdin`,
			`select action from activity_log`, `select * from daybook_rollup`, `select * from daybook_rollup_recent`,
			`insert into daybook_rollup select * from daybook_rollup`, `truncate daybook_document`,
		},
		"daybook_reader": {
			`insert into activity_log select * from activity_log`, `update activity_log set user_id = null`, `delete from activity_log`,
			`select * from activity_log_late`, `select * from ledger_sequence`, `select count(*) from activity_log`,
			`delete from ledger_pending`, `update daybook_rollup set tally = ''`, `select * from daybook_document`,
		},
		"daybook_follower": {
			`insert into activity_log (id, organization_id) values (gen_random_uuid(), 'acme')`, `update activity_log set user_id = null`, `delete from activity_log`,
			`delete from ledger_sequence`, `update ledger_sequence set position = 7`, `delete from ledger_order`, `select * from activity_log_late`,
		},
	}
	conn := connect(t, app, name)
	for role, list := range statements {
		for _, sql := range list {
			err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
				if role != "" {
					if _, err := tx.Exec(t.Context(), `set local role `+role); err != nil {
						t.Fatal(err)
					}
				}
				_, err := tx.Exec(t.Context(), sql)
				return err
			})
			if code := state(err); code != "42501" && code != "0A000" && code != "428C9" {
				t.Errorf("%s: %s: %v, want a refusal", role, sql, err)
			}
		}
	}
	if n := value[int](t, name, `select count(*) from activity_log`); n != 2 {
		t.Errorf("%d entries are left of 2", n)
	}
}

func TestARoleThatCouldBypassTheWallIsRefused(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.Text)
	role := func(role, options string, grants ...string) string {
		admin(t, name, fmt.Sprintf(`create role %s login password '%s' %s in role daybook_app`, role, server.Password, options))
		admin(t, name, grants...)
		return role
	}
	for _, c := range []struct{ role, reason string }{
		{testdb.Superuser, "is a superuser"},
		{role("bypasses", "bypassrls"), "bypasses row-level security"},
		{role("owns", "", `grant `+owner+` to owns`), "owns the table"},
		{role("reads", "", `grant select on activity_log to reads`), "without asking"},
		{role("inherits", "", `grant daybook_follower to inherits`), "without asking"},
		{role("changes", "", `grant update (user_id) on activity_log to changes`), "may change"},
		{role("removes", "", `grant delete on activity_log to removes`), "may change"},
	} {
		options := &postgres.Options{IDs: postgres.Text, Logger: quiet}
		s, err := postgres.Open(t.Context(), server.URL(c.role, name), options)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: %v, want %q", c.role, err, c.reason)
		}
		options.AllowBypassRLS = true
		if s, err = postgres.Open(t.Context(), server.URL(c.role, name), options); err != nil {
			t.Errorf("%s, allowed: %v", c.role, err)
		} else if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	admin(t, name, fmt.Sprintf(`create role stranger login password '%s'`, server.Password))
	if _, err := postgres.Open(t.Context(), server.URL("stranger", name), &postgres.Options{IDs: postgres.Text}); err == nil ||
		!strings.Contains(err.Error(), "grant daybook_app") {
		t.Errorf("a role without rights: %v", err)
	}
	admin(t, name, `alter table activity_log no force row level security`)
	if _, err := postgres.Open(t.Context(), server.URL(app, name), &postgres.Options{IDs: postgres.Text}); err == nil ||
		!strings.Contains(err.Error(), "switched off") {
		t.Errorf("without row-level security: %v", err)
	}
}

// What a pooler in transaction mode cannot keep for its clients is never used, but for the one statement
// that is prepared on connections that are the server's own.
func TestNothingOfASessionIsLeft(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.Text)
	pool := onePool(t, name)
	s, err := postgres.New(t.Context(), pool, &postgres.Options{IDs: postgres.Text, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	e := storetest.Entry("acme")
	for range 3 {
		if err := s.Append(t.Context(), e, storetest.Entry("zeta")); err != nil {
			t.Fatal(err)
		}
		for _, f := range []func() error{
			func() error { _, err := s.Query(t.Context(), "acme", daybook.Query{}); return err },
			func() error { _, err := s.Count(t.Context(), "acme", daybook.Query{}, daybook.ByAction); return err },
			func() error { _, _, err := s.Tail(t.Context(), daybook.Position{}, 10); return err },
			func() error { return s.SavePosition(t.Context(), "siem", daybook.Position{Epoch: 1, Number: 1}) },
		} {
			if err := f(); err != nil {
				t.Fatal(err)
			}
		}
		var role, organization string
		var statements, locks, channels int
		err := pool.QueryRow(t.Context(), `select current_setting('role'), coalesce(current_setting('daybook.organization', true), ''),
			(select count(*) from pg_prepared_statements where name <> 'daybook_insert'), (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()),
			(select count(*) from pg_listening_channels())`).Scan(&role, &organization, &statements, &locks, &channels)
		if err != nil {
			t.Fatal(err)
		}
		if role != "none" || organization != "" || statements+locks+channels > 0 {
			t.Errorf("left behind: role %s, organization %q, %d prepared statements, %d locks, %d channels", role, organization, statements, locks, channels)
		}
	}
}
