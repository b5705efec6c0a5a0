package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
)

// Facts are what an operator asks of a log first.
type Facts struct {
	Server        string            `json:"server"` // PostgreSQL's version
	Database      string            `json:"database"`
	Schema        int               `json:"schema"`
	IDs           string            `json:"ids"`
	Role          string            `json:"role"`
	RoleProblem   string            `json:"role_problem,omitempty"` // why Open would refuse the role
	RowSecurity   bool              `json:"row_level_security"`     // enabled and forced
	Last          daybook.Position  `json:"last_position"`          // the newest that has its place
	Pending       int64             `json:"pending"`                // entries that wait for their place
	OldestPending time.Duration     `json:"oldest_pending_ns"`      // how long the first of them has waited
	Organizations int64             `json:"organizations"`          // that have entries with a place
	Bytes         int64             `json:"bytes"`                  // of the log's tables and indexes
	Partitions    int               `json:"partitions"`             // months that have one of their own
	MonthsUntil   time.Time         `json:"partitions_until"`       // where the last of these ends
	Late          bool              `json:"late"`                   // entries lie behind it, in activity_log_late
	Connections   int               `json:"connections"`            // of all programs, as far as this role may see
	Settings      map[string]string `json:"settings"`               // those that matter to a log
	Followers     []FollowerFacts   `json:"followers"`
}

// FollowerFacts are how far a follower has read.
type FollowerFacts struct {
	Name     string           `json:"name"`
	Position daybook.Position `json:"position"`
	Behind   int64            `json:"behind"` // entries it has not read
}

// IDs returns what the schema was created with.
func (s *Store) IDs() IDs { return s.ids }

// Last returns the position of the newest entry, the one before which [Store.Tail] ends. What is
// committed and waits for its place gets it first, as far as nobody else is giving places.
func (s *Store) Last(ctx context.Context) (daybook.Position, error) {
	p, err := s.last(ctx)
	if err != nil {
		return daybook.Position{}, fmt.Errorf("read the last position: %w", explain(err))
	}
	return p, nil
}

func (s *Store) last(ctx context.Context) (p daybook.Position, err error) {
	if err := s.use(); err != nil {
		return p, err
	}
	defer s.using.Done()
	if _, waiting, err := s.end(ctx); err != nil {
		return p, err
	} else if waiting {
		if err := s.sequencer.drain(ctx); err != nil {
			return p, err
		}
	}
	err = s.follow(ctx, `select epoch, next_position - 1 from ledger_order where one`, nil, one(&p.Epoch, &p.Number))
	return p, err
}

// one scans the one row of a statement.
func one(to ...any) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		if !rows.Next() {
			return rows.Err()
		}
		if err := rows.Scan(to...); err != nil {
			return err
		}
		rows.Close()
		return rows.Err()
	}
}

// A Backlog is what waits for its place in the total order.
type Backlog struct {
	Entries int64
	Oldest  time.Duration // how long the first of them has waited
}

// Backlog returns what waits for its place. It counts at most 100,000 entries.
func (s *Store) Backlog(ctx context.Context) (b Backlog, err error) {
	if err = s.use(); err == nil {
		defer s.using.Done()
		err = s.follow(ctx, selectBacklog, nil, one(&b.Entries, (*seconds)(&b.Oldest)))
	}
	if err != nil {
		return Backlog{}, fmt.Errorf("read the backlog: %w", explain(err))
	}
	return b, nil
}

const selectBacklog = `select (select count(*) from (select from ledger_pending order by seq limit 100000) p),
	coalesce((select extract(epoch from clock_timestamp() - queued_at)::float8 from ledger_pending order by seq limit 1), 0)`

// seconds is a duration that is scanned from a number of seconds.
type seconds time.Duration

func (s *seconds) Scan(v any) error {
	f, ok := v.(float64)
	if !ok {
		return fmt.Errorf("%T is no number of seconds", v)
	}
	*s = seconds(max(f, 0) * float64(time.Second))
	return nil
}

const selectFacts = `
select current_setting('server_version'), current_database(), current_user,
	(select count(*) from daybook_schema),
	(select typbasetype::regtype::text from pg_type where oid = to_regtype('daybook_key')),
	c.relrowsecurity and c.relforcerowsecurity,
	(select coalesce(sum(pg_total_relation_size(t)), 0)::bigint from (
		select inhrelid as t from pg_inherits where inhparent = c.oid
		union all
		select oid from pg_class where relname in ('ledger', 'ledger_pending', 'ledger_sequence') and pg_table_is_visible(oid)) tables),
	(select count(*) - 2 from pg_inherits where inhparent = c.oid), -- without early and late
	(select substring(pg_get_expr(relpartbound, oid) from '[0-9a-f-]{36}') from pg_class where oid = to_regclass('activity_log_late')),
	(select count(*) from pg_stat_activity where datname = current_database())
from pg_class c
where c.oid = to_regclass('activity_log')`

var settingNames = []string{"fsync", "full_page_writes", "synchronous_commit", "wal_level", "max_connections", "shared_buffers", "idle_in_transaction_session_timeout"}

// Facts reads the facts. It does not count the entries.
func (s *Store) Facts(ctx context.Context) (Facts, error) {
	f := Facts{Settings: map[string]string{}}
	err := s.use()
	if err == nil {
		defer s.using.Done()
		err = s.facts(ctx, &f)
	}
	if err != nil {
		return Facts{}, fmt.Errorf("read facts: %w", explain(err))
	}
	return f, nil
}

func (s *Store) facts(ctx context.Context, f *Facts) error {
	var base, late string
	// The role as it connects, not as a follower.
	if err := s.pool.QueryRow(ctx, selectFacts).Scan(&f.Server, &f.Database, &f.Role, &f.Schema, &base, &f.RowSecurity, &f.Bytes, &f.Partitions, &late, &f.Connections); err != nil {
		return err
	}
	f.Server, _, _ = strings.Cut(f.Server, " ")
	f.IDs = idsNamed(base).String()
	if id, ok := daybook.ParseUUID(late); ok {
		f.MonthsUntil = daybook.ID(id).Time()
	}
	if err := checkRole(ctx, s.pool, false); err != nil {
		f.RoleProblem = err.Error()
	}
	for _, name := range settingNames {
		var value string
		if err := s.pool.QueryRow(ctx, `select current_setting($1)`, name).Scan(&value); err != nil {
			return err
		}
		f.Settings[name] = value
	}
	var batch pgx.Batch
	batch.Queue(`begin read only`)
	batch.Queue(becomeFollower)
	batch.Queue(`select epoch, next_position - 1, (select count(*) from ledger), exists (select from activity_log where id >= $1::text::uuid) from ledger_order where one`, late).
		Query(one(&f.Last.Epoch, &f.Last.Number, &f.Organizations, &f.Late))
	batch.Queue(selectBacklog).Query(one(&f.Pending, (*seconds)(&f.OldestPending)))
	batch.Queue(`select name, epoch, position from ledger_follower order by name`).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var r FollowerFacts
			if err := rows.Scan(&r.Name, &r.Position.Epoch, &r.Position.Number); err != nil {
				return err
			}
			f.Followers = append(f.Followers, r)
		}
		return rows.Err()
	})
	batch.Queue(`commit`)
	if err := s.send(ctx, &batch); err != nil {
		return err
	}
	for i := range f.Followers {
		f.Followers[i].Behind = f.Last.Number - f.Followers[i].Position.Number
	}
	return nil
}

// PoolFacts are how busy the pool of connections is.
type PoolFacts struct {
	Connections, Idle, Max int
	Waits                  int64         // acquisitions that had to wait
	Waited                 time.Duration // for how long in all
}

// PoolFacts returns them without asking the server.
func (s *Store) PoolFacts() PoolFacts {
	p := s.pool.Stat()
	return PoolFacts{int(p.TotalConns()), int(p.IdleConns()), int(p.MaxConns()), p.EmptyAcquireCount(), p.EmptyAcquireWaitTime()}
}
