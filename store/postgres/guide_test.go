package postgres_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/store/postgres"
)

// The guide's queries, as SQLAlchemy writes them, with their values put in. They run on the table as
// it is, for whoever may read all of it.
func TestTheGuidesQueriesRunUnchanged(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.UUID)
	s := open(t, name, postgres.UUID)
	const organization, user, document = "550e8400-e29b-41d4-a716-446655440001", "550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440002"
	record := func(action daybook.Action, details daybook.Details) {
		t.Helper()
		err := s.Append(t.Context(), daybook.Entry{Action: action, ResourceType: "document", ResourceID: document, OrganizationID: organization, UserID: user, Details: details})
		if err != nil {
			t.Fatal(err)
		}
	}
	record(daybook.Create, daybook.Details{"filename": "report.pdf", "size_bytes": 1024000, "tags": []string{"report", "financial"}})
	record(daybook.Update, daybook.Details{"fields_changed": []string{"name", "email"}})
	record(daybook.Update, daybook.Details{"status": "archived"})
	record(daybook.Read, daybook.Details{"success": false, "error": "Unauthorized"})
	conn := connect(t, testdb.Superuser, name)
	for _, c := range []struct {
		heading, sql string
		want         int
	}{
		{"Audit Trail for User", `SELECT * FROM activity_log WHERE activity_log.user_id = '` + user + `' ORDER BY activity_log.created_at DESC`, 4},
		{"Changes to Resource", `SELECT * FROM activity_log WHERE activity_log.resource_type = 'document' AND activity_log.resource_id = '` + document + `' ORDER BY activity_log.created_at`, 4},
		{"Recent Activity for Organization", `SELECT * FROM activity_log WHERE activity_log.organization_id = '` + organization + `' ORDER BY activity_log.created_at DESC LIMIT 100`, 4},
		{"Activity Report", `SELECT activity_log.action, count(*) AS count FROM activity_log WHERE activity_log.organization_id = '` + organization + `' GROUP BY activity_log.action`, 3},
		{"user activity report", `SELECT * FROM activity_log WHERE activity_log.user_id = '` + user + `' AND activity_log.created_at >= now() - interval '30 days' ORDER BY activity_log.created_at`, 4},
		{"Suspicious Activity Detection", `SELECT count(*) AS count_1 FROM activity_log WHERE activity_log.organization_id = '` + organization + `' AND activity_log.action = 'READ' AND activity_log.created_at >= now() - interval '1 hour' AND (activity_log.details ->> 'error') = 'Unauthorized' HAVING count(*) = 1`, 1},
		{"the guide's columns", `SELECT id, action, resource_type, resource_id, user_id, organization_id, request_id, details, ip_address, user_agent, created_at, updated_at FROM activity_log`, 4},
		{"details of numbers", `SELECT id FROM activity_log WHERE (details->>'size_bytes')::int > 1000000`, 1},
	} {
		rows, err := conn.Query(t.Context(), c.sql)
		if err != nil {
			t.Fatalf("%s: %v", c.heading, err)
		}
		n := 0
		for rows.Next() {
			n++
		}
		if err := rows.Err(); err != nil || n != c.want {
			t.Errorf("%s: %d rows, %v, want %d", c.heading, n, err, c.want)
		}
	}
	for column, want := range map[string]string{"id": "uuid", "action": "character varying(20)", "resource_type": "character varying(100)", "resource_id": "uuid",
		"user_id": "uuid", "organization_id": "uuid", "request_id": "character varying(255)", "details": "jsonb", "ip_address": "character varying(45)",
		"user_agent": "character varying(500)", "created_at": "timestamp with time zone", "updated_at": "timestamp with time zone"} {
		if got := value[string](t, name, `select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'activity_log'::regclass and attname = $1`, column); got != want {
			t.Errorf("the column %s is %s, want %s", column, got, want)
		}
	}
}

func TestIDsThatAreNoUUIDsAreRefusedByNameAndFindNothing(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.UUID)
	s := open(t, name, postgres.UUID)
	pool := openPool(t, name)
	good := daybook.Entry{Action: daybook.Create, ResourceType: "user", OrganizationID: "550e8400-e29b-41d4-a716-446655440001"}
	for field, change := range map[string]func(*daybook.Entry){
		"organization_id": func(e *daybook.Entry) { e.OrganizationID = "acme" },
		"user_id":         func(e *daybook.Entry) { e.UserID = "ada" },
		"resource_id":     func(e *daybook.Entry) { e.ResourceID = "1" },
	} {
		bad := good
		change(&bad)
		err := s.Append(t.Context(), good, bad)
		var fault *daybook.FieldError
		if !errors.As(err, &fault) || fault.Field != field {
			t.Errorf("append: %v, want a FieldError of %s", err, field)
		}
		err = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			err := postgres.InTx(tx).Append(t.Context(), good, bad)
			if !errors.As(err, &fault) || fault.Field != field {
				t.Errorf("append in a transaction: %v, want a FieldError of %s", err, field)
			}
			_, err = tx.Exec(t.Context(), `select 1`) // nothing was sent that could spoil it
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if err := s.Append(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	for _, q := range []daybook.Query{{UserID: "ada"}, {ResourceID: "1"}} {
		if page, err := s.Query(t.Context(), good.OrganizationID, q); err != nil || len(page.Entries) != 0 {
			t.Errorf("%+v finds %d, %v", q, len(page.Entries), err)
		}
		if groups, err := s.Count(t.Context(), good.OrganizationID, q); err != nil || len(groups) != 1 || groups[0].Count != 0 {
			t.Errorf("%+v counts %v, %v", q, groups, err)
		}
	}
	if page, err := s.Query(t.Context(), "acme", daybook.Query{}); err != nil || len(page.Entries) != 0 {
		t.Errorf("acme finds %d, %v", len(page.Entries), err)
	}
	if page, err := s.Query(t.Context(), good.OrganizationID, daybook.Query{}); err != nil || len(page.Entries) != 1 {
		t.Errorf("%d entries are stored, %v, want 1", len(page.Entries), err)
	}
}

// In one transaction with the application's own work; the other way round the guide's second pattern
// loses the entry.
func TestAFailingEntryAndTheTransaction(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.UUID)
	s := open(t, name, postgres.UUID)
	pool := openPool(t, name)
	admin(t, name, `create table document (id int)`, `grant insert, select on document to `+app)
	entry := daybook.Entry{Action: daybook.Create, ResourceType: "document", OrganizationID: "550e8400-e29b-41d4-a716-446655440001"}
	// The table is taken away, so that the append fails in the database.
	breaks := func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `set local search_path to pg_catalog`)
		return err
	}
	run := func(record func(tx pgx.Tx) error) error {
		return pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `insert into document values (1)`); err != nil {
				return err
			}
			if err := breaks(tx); err != nil {
				return err
			}
			if err := record(tx); err == nil {
				t.Error("an append that cannot work returns nil")
			}
			_, err := tx.Exec(t.Context(), `select 1`)
			return err
		})
	}
	if err := run(func(tx pgx.Tx) error { return postgres.InTx(tx).Append(t.Context(), entry) }); state(err) != "25P02" {
		t.Errorf("strict: the next statement gets %v, want 25P02", err)
	}
	err := run(func(tx pgx.Tx) error { return daybook.BestEffort(postgres.InTx(tx)).Append(t.Context(), entry) })
	if err != nil {
		t.Errorf("best effort: %v", err)
	}
	if n := value[int](t, name, `select count(*) from document`); n != 1 {
		t.Errorf("%d documents, want that of the best effort", n)
	}
	err = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error { return postgres.InTx(tx).Append(t.Context(), entry, entry) })
	if err != nil {
		t.Error(err)
	}
	if page, err := s.Query(context.Background(), entry.OrganizationID, daybook.Query{}); err != nil || len(page.Entries) != 2 {
		t.Errorf("%d entries, %v, want 2", len(page.Entries), err)
	}
}

// To compare an entry that is there, the transaction becomes the reader for a moment, and must then be
// what it was.
func TestAnAppendLeavesTheTransactionsRoleAndOrganization(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.UUID)
	pool, db := openPool(t, name), openDB(t, name)
	const mine, other = "550e8400-e29b-41d4-a716-446655440001", "550e8400-e29b-41d4-a716-446655440009"
	entries := []daybook.Entry{
		{ID: daybook.NewID(), Action: daybook.Create, ResourceType: "document", OrganizationID: other},
		{ID: daybook.NewID(), Action: daybook.Create, ResourceType: "document", OrganizationID: mine},
	}
	const look = `select current_setting('role'), current_setting('daybook.organization', true)`
	for round := range 2 { // the second time they are there
		err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `select set_config('daybook.organization', $1, true), set_config('role', 'daybook_app', true)`, mine); err != nil {
				return err
			}
			if err := postgres.InTx(tx).Append(t.Context(), entries...); err != nil {
				return err
			}
			var role, organization string
			err := tx.QueryRow(t.Context(), look).Scan(&role, &organization)
			if role != "daybook_app" || organization != mine {
				t.Errorf("round %d: role %s, organization %s", round, role, organization)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if err := postgres.InSQLTx(tx).Append(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
	var role, organization string
	if err := tx.QueryRowContext(t.Context(), look).Scan(&role, &organization); err != nil || role != "none" || organization != "" {
		t.Errorf("database/sql: role %s, organization %q, %v", role, organization, err)
	}
	taken := entries[0]
	taken.ResourceType = "user"
	if err := postgres.InSQLTx(tx).Append(t.Context(), daybook.Entry{Action: daybook.Create, ResourceType: "user", OrganizationID: mine}, taken); !errors.Is(err, daybook.ErrConflict) {
		t.Errorf("a taken id: %v", err)
	}
	if err := tx.Commit(); err != nil {
		t.Errorf("commit: %v", err)
	}
	err = pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		err := postgres.InTx(tx).Append(t.Context(), daybook.Entry{Action: daybook.Create, ResourceType: "user", OrganizationID: mine}, taken)
		if !errors.Is(err, daybook.ErrConflict) {
			t.Errorf("a taken id: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Errorf("commit: %v", err)
	}
	if n := value[int](t, name, `select count(*) from activity_log`); n != 2 {
		t.Errorf("%d entries, want 2", n)
	}
}
