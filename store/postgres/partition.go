package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
)

const (
	monthsAhead = 3
	lockTimeout = "2s" // how long others may have to wait behind a statement that waits for them
)

// CreatePartitions makes the monthly partitions from where they end now up to so many months behind
// the present one (0 means 3), and moves there what lies in the last, open one. Run it once a day or
// once a month as the owner of the tables; [Migrate] does it too.
//
// When nobody runs it entries go to the open partition, activity_log_late, and nothing is refused.
// It holds a lock on the table while it works: milliseconds when it runs ahead of time, and as long
// as it takes to move what has piled up when it does not. When it cannot have the lock within two
// seconds it gives up; try again later.
func CreatePartitions(ctx context.Context, url string, months int) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("create partitions: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := createPartitions(ctx, conn, time.Now(), months); err != nil {
		return fmt.Errorf("create partitions: %w", explain(err))
	}
	return nil
}

func createPartitions(ctx context.Context, conn *pgx.Conn, now time.Time, months int) error {
	end := partitionsEnd(now, months)
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1, hashtext(current_schema())), set_config('lock_timeout', $2, true)`, lockMigrate, lockTimeout); err != nil {
			return err
		}
		from, err := lateFrom(ctx, tx)
		if err != nil || !from.Before(end) {
			return err
		}
		for _, sql := range partitionStatements(from, end) {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
}

// partitionsEnd returns where the partitions are to end.
func partitionsEnd(now time.Time, months int) time.Time {
	if months <= 0 {
		months = monthsAhead
	}
	return month(now).AddDate(0, months+1, 0)
}

// partitionStatements make the partitions of the months from one to another, and move into each what
// the open one has of it. DDL takes no parameters; what is put in here are ids that were just
// computed.
func partitionStatements(from, end time.Time) []string {
	statements := []string{`alter table activity_log detach partition activity_log_late`}
	for m := from; m.Before(end); m = m.AddDate(0, 1, 0) {
		low, high := daybook.MinID(m), daybook.MinID(m.AddDate(0, 1, 0))
		name := m.Format("activity_log_2006_01")
		statements = append(statements,
			fmt.Sprintf(`create table %s partition of activity_log for values from ('%s') to ('%s')`, name, low, high),
			fmt.Sprintf(`with moved as (delete from activity_log_late where id >= '%s' and id < '%s' returning *) insert into %s select * from moved`, low, high, name))
	}
	return append(statements, fmt.Sprintf(`alter table activity_log attach partition activity_log_late for values from ('%s') to (maxvalue)`, daybook.MinID(end)))
}

// lateFrom returns the month at which the open partition begins.
func lateFrom(ctx context.Context, db querier) (time.Time, error) {
	var bound string
	err := db.QueryRow(ctx, `select substring(pg_get_expr(relpartbound, oid) from '[0-9a-f-]{36}') from pg_class where oid = to_regclass('activity_log_late')`).Scan(&bound)
	if err != nil {
		return time.Time{}, fmt.Errorf("find the partition activity_log_late: %w", err)
	}
	id, ok := daybook.ParseUUID(bound)
	if !ok {
		return time.Time{}, fmt.Errorf("the partition activity_log_late begins at %q, which is no id", bound)
	}
	return daybook.ID(id).Time(), nil
}

// month returns the first moment of t's month, in UTC.
func month(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}
