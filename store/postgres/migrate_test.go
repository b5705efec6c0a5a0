package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/storetest"
)

// newEmpty returns the name of a new database without a schema.
func newEmpty(t *testing.T) string {
	t.Helper()
	name := fmt.Sprint("test_", databases.Add(1))
	admin(t, "postgres", fmt.Sprintf(`create database %s owner %s`, name, owner))
	return name
}

func TestAProgramRefusesASchemaThatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	name := newEmpty(t)
	refused := func(reason string) {
		t.Helper()
		s, err := postgres.Open(t.Context(), server.URL(app, name), &postgres.Options{Logger: quiet})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("open: %v, want %q", err, reason)
		}
	}
	refused("run the migrations first")
	plan, err := postgres.Plan(t.Context(), server.URL(owner, name), nil)
	if err != nil || len(plan) == 0 || !strings.Contains(plan[0].SQL, "create table activity_log") || strings.Contains(plan[0].SQL, "{key}") {
		t.Fatalf("the plan is %+v, %v", plan, err)
	}
	refused("run the migrations first") // a plan changes nothing
	done, err := postgres.Migrate(t.Context(), server.URL(owner, name), nil)
	if err != nil || len(done) != len(plan) {
		t.Fatalf("%d migrations applied of %d, %v", len(done), len(plan), err)
	}
	if again, err := postgres.Migrate(t.Context(), server.URL(owner, name), nil); err != nil || len(again) != 0 {
		t.Errorf("a second time %v, %v", again, err)
	}
	open(t, name, postgres.UUID)
	if _, err := postgres.Migrate(t.Context(), server.URL(owner, name), &postgres.MigrateOptions{IDs: postgres.Text}); err == nil || !strings.Contains(err.Error(), "ids=uuid") {
		t.Errorf("migrate with other ids: %v", err)
	}
	if _, err := postgres.Open(t.Context(), server.URL(app, name), &postgres.Options{IDs: postgres.Text}); err == nil || !strings.Contains(err.Error(), "ids=uuid") {
		t.Errorf("open with other ids: %v", err)
	}
	admin(t, name, fmt.Sprintf(`insert into daybook_schema values (%d, 'future', 'x', now())`, len(done)+1))
	refused("a newer program")
	if _, err := postgres.Migrate(t.Context(), server.URL(owner, name), nil); err == nil || !strings.Contains(err.Error(), "a newer program") {
		t.Errorf("migrate: %v", err)
	}
	admin(t, name, `delete from daybook_schema where name = 'future'`, `update daybook_schema set checksum = 'x'`)
	refused("altered files")
}

func TestMigrationsThatRunAtOnceApplyOnce(t *testing.T) {
	t.Parallel()
	name := newEmpty(t)
	var wg sync.WaitGroup
	applied := make([]int, 4)
	for i := range applied {
		wg.Go(func() {
			done, err := postgres.Migrate(context.Background(), server.URL(owner, name), nil)
			if err != nil {
				t.Errorf("migrate: %v", err)
			}
			applied[i] = len(done)
		})
	}
	wg.Wait()
	total := 0
	for _, n := range applied {
		total += n
	}
	if want := value[int](t, name, `select count(*) from daybook_schema`); total != want || want == 0 {
		t.Errorf("applied %v, and %d are recorded", applied, want)
	}
	open(t, name, postgres.UUID)
}

// The connection is ended while the migration waits for a lock in its midst.
func TestAnInterruptedMigrationLeavesNothing(t *testing.T) {
	t.Parallel()
	name := newEmpty(t)
	blocker := connect(t, testdb.Superuser, name)
	// Whoever holds a uniqueness that is not committed yet makes the others wait.
	block, err := blocker.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := block.Exec(t.Context(), `create table ledger_sequence (x int)`); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := postgres.Migrate(context.Background(), server.URL(owner, name), nil)
		failed <- err
	}()
	ended := false
	for deadline := time.Now().Add(20 * time.Second); !ended && time.Now().Before(deadline); {
		ended = value[bool](t, name, `select coalesce(bool_or(pg_terminate_backend(pid)), false) from pg_stat_activity where datname = $1 and usename = $2 and wait_event_type = 'Lock'`, name, owner)
	}
	if err := <-failed; err == nil || !ended {
		t.Fatalf("the interrupted migration: %v, interrupted: %v", err, ended)
	}
	if err := block.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := value[int](t, name, `select count(*) from pg_class where relname in ('activity_log', 'daybook_schema', 'ledger_order')`); n != 0 {
		t.Errorf("%d tables are left", n)
	}
	if _, err := postgres.Migrate(t.Context(), server.URL(owner, name), nil); err != nil {
		t.Fatal(err)
	}
	open(t, name, postgres.UUID)
}

// partitionOf returns the partition in which an entry lies.
func partitionOf(t *testing.T, database string, id daybook.ID) string {
	t.Helper()
	return value[string](t, database, `select tableoid::regclass::text from activity_log where id = $1::text::uuid`, id.String())
}

func at(tm time.Time) daybook.Entry {
	e := storetest.Entry("acme")
	e.ID, e.CreatedAt, e.UpdatedAt = daybook.NewIDAt(tm), time.Time{}, time.Time{}
	e.Normalize()
	return e
}

// The job that makes partitions was down for years, or never ran: nothing is refused, and when it runs
// again everything comes to where it belongs.
func TestNoEntryIsRefusedForWantOfAPartition(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.Text)
	s := open(t, name, postgres.Text)
	now := time.Now().UTC()
	if got := now.Format("activity_log_2006_01"); value[bool](t, name, `select to_regclass($1) is null`, got) {
		t.Errorf("there is no partition %s", got)
	}
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	present, ahead, last, beyond := at(now), at(first.AddDate(0, 3, 0)), at(first.AddDate(0, 6, 0).Add(-time.Microsecond)), at(first.AddDate(0, 6, 0))
	past, future := at(time.Unix(0, 0)), at(time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC))
	all := []daybook.Entry{past, present, ahead, last, beyond, future}
	if err := s.Append(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	lies := func(e daybook.Entry, want string) {
		t.Helper()
		if got := partitionOf(t, name, e.ID); got != want {
			t.Errorf("the entry of %v lies in %s, want %s", e.CreatedAt, got, want)
		}
	}
	monthly := func(e daybook.Entry) string { return e.CreatedAt.Format("activity_log_2006_01") }
	lies(past, "activity_log_early")
	lies(present, monthly(present))
	lies(ahead, monthly(ahead))
	for _, e := range []daybook.Entry{last, beyond, future} {
		lies(e, "activity_log_late")
	}
	for range 2 { // the second time there is nothing to do
		if err := postgres.CreatePartitions(t.Context(), server.URL(owner, name), 5); err != nil {
			t.Fatal(err)
		}
	}
	lies(last, monthly(last))
	lies(beyond, "activity_log_late")
	page, err := s.Query(t.Context(), "acme", daybook.Query{Order: daybook.Oldest})
	if diff := storetest.Diff(all, page.Entries); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	if err := s.Append(t.Context(), all...); err != nil { // uniqueness holds in the moved rows too
		t.Error(err)
	}
	if tailed, _, err := s.Tail(t.Context(), daybook.Position{}, 100); err != nil || len(tailed) != len(all) {
		t.Errorf("%d tailed, %v, want %d", len(tailed), err, len(all))
	}
}

// A long query holds a lock: the job gives up instead of making everybody wait behind it.
func TestPartitionsAreNotMadeAgainstALongQuery(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.Text)
	s := open(t, name, postgres.Text)
	reader, err := connect(t, testdb.Superuser, name).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Exec(t.Context(), `select count(*) from activity_log`); err != nil {
		t.Fatal(err)
	}
	if err := postgres.CreatePartitions(t.Context(), server.URL(owner, name), 12); state(err) != "55P03" {
		t.Errorf("create partitions: %v, want a timeout of the lock", err)
	}
	if err := s.Append(t.Context(), storetest.Entry("acme")); err != nil {
		t.Error(err)
	}
	if err := reader.Rollback(t.Context()); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
		t.Fatal(err)
	}
	if err := postgres.CreatePartitions(t.Context(), server.URL(owner, name), 12); err != nil {
		t.Error(err)
	}
}
