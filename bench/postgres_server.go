package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/store/postgres"
)

// postgresSettings are those of a small production server, and what makes a commit durable. The
// report prints them.
var postgresSettings = []string{
	"fsync = on", "synchronous_commit = on", "full_page_writes = on", "shared_buffers = 2GB", "max_wal_size = 8GB",
	"checkpoint_timeout = 15min", "max_connections = 200",
}

// postgresShare is the part of the entries that the biggest organization has in PostgreSQL: at a
// million, it is as large as the goals for reports and free text speak of.
const postgresShare = 0.25

// The databases of the server, and the role that programs connect as.
const (
	largeLog = "large"
	smallLog = "small"
	appRole  = "bench_app"
)

// A pgServer is a private PostgreSQL with two logs: the whole trail, and its newest tenth.
type pgServer struct {
	*testdb.Server
	trail  *trail
	stored *stored // the same trail's facts
	facts  string  // version and settings
}

// measurePostgres starts a server and measures everything on it.
func measurePostgres(ctx context.Context, p plan, step func(string), r *report) (tables []table, aims []aim, err error) {
	step(fmt.Sprintf("store %s entries in PostgreSQL", whole(float64(p.rows))))
	pg, err := startPostgres(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, pg.Stop()) }()
	r.row = pg.stored.row
	for _, part := range []struct {
		name    string
		measure func(context.Context, plan, *pgServer) ([]table, []aim, error)
	}{
		{"storage", func(ctx context.Context, _ plan, pg *pgServer) ([]table, []aim, error) { return pg.perRow(ctx) }},
		{"queries", measurePostgresQueries},
		{"bulk", measurePostgresBulk},
		{"bulk over HTTP", measurePostgresHTTP},
		{"writes", measurePostgresWrites},
	} {
		step("measure PostgreSQL's " + part.name)
		t, a, err := part.measure(ctx, p, pg)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", part.name, err)
		}
		tables, aims = append(tables, t...), append(aims, a...)
	}
	return tables, aims, nil
}

func startPostgres(ctx context.Context, p plan) (_ *pgServer, err error) {
	server, err := testdb.Start(postgresSettings...)
	if err != nil {
		return nil, err
	}
	s := &pgServer{Server: server}
	defer func() {
		if err != nil {
			err = errors.Join(err, server.Stop())
		}
	}()
	if err := s.admin(ctx, "postgres", fmt.Sprintf(`create role %s login password '%s'`, appRole, s.Password),
		`create database `+largeLog, `create database `+smallLog); err != nil {
		return nil, err
	}
	for _, database := range []string{largeLog, smallLog} {
		if _, err := postgres.Migrate(ctx, s.URL(testdb.Superuser, database), nil); err != nil {
			return nil, err
		}
	}
	if err := s.admin(ctx, "postgres", `grant daybook_app to `+appRole); err != nil {
		return nil, err
	}
	var version string
	if err := s.ask(ctx, "postgres", &version, `select current_setting('server_version')`); err != nil {
		return nil, err
	}
	s.facts = fmt.Sprintf("PostgreSQL %s with %s", version, strings.Join(postgresSettings, ", "))
	return s, s.fill(ctx, p)
}

// admin runs statements as the superuser.
func (s *pgServer) admin(ctx context.Context, database string, statements ...string) error {
	conn, err := pgx.Connect(ctx, s.URL(testdb.Superuser, database))
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

// ask scans the one value that a statement gives to the superuser.
func (s *pgServer) ask(ctx context.Context, database string, to any, sql string) error {
	conn, err := pgx.Connect(ctx, s.URL(testdb.Superuser, database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return conn.QueryRow(ctx, sql).Scan(to)
}

func (s *pgServer) open(ctx context.Context, database string) (*postgres.Store, error) {
	return postgres.Open(ctx, s.URL(appRole, database), &postgres.Options{MaxConns: 16, Logger: slog.New(slog.DiscardHandler)})
}

// fill stores the trail, as [store] does, and waits until all of it has its place.
func (s *pgServer) fill(ctx context.Context, p plan) (err error) {
	s.trail = newTrailOf(p.rows, time.Now().UTC(), postgresShare)
	s.stored = &stored{rows: p.rows, biggest: s.trail.biggest(), from: s.trail.from, fromSmall: s.trail.until.Add(-span / 10), end: s.trail.until}
	large, err := s.open(ctx, largeLog)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, large.Close()) }()
	small, err := s.open(ctx, smallLog)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, small.Close()) }()
	var wg sync.WaitGroup
	batches := make(chan []daybook.Entry)
	errs := make(chan error, 2)
	for range 2 {
		wg.Go(func() {
			for batch := range batches {
				recent := since(batch, s.stored.fromSmall)
				if err := errors.Join(large.Append(ctx, batch...), small.Append(ctx, recent...)); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	err = func() error {
		defer wg.Wait()
		defer close(batches)
		for made := 0; made < p.rows; {
			batch := make([]daybook.Entry, min(atOnce, p.rows-made))
			for i := range batch {
				batch[i] = s.trail.next()
			}
			made += len(batch)
			select {
			case batches <- batch:
			case err := <-errs:
				return err
			}
		}
		return nil
	}()
	select {
	case e := <-errs:
		err = errors.Join(err, e)
	default:
	}
	if err != nil {
		return err
	}
	for _, log := range []struct {
		database string
		entries  *int
	}{{largeLog, &s.stored.rows}, {smallLog, &s.stored.smallRows}} {
		if err := s.settle(ctx, log.database); err != nil {
			return err
		}
		if err := s.ask(ctx, log.database, log.entries, `select count(*) from activity_log`); err != nil {
			return err
		}
		if err := s.admin(ctx, log.database, `vacuum (analyze)`); err != nil {
			return err
		}
	}
	s.stored.next = make([]daybook.Entry, p.ahead)
	for i := range s.stored.next {
		s.stored.next[i] = s.trail.next()
	}
	s.stored.row, err = sizeOf(s.stored.next)
	return err
}

// settle waits until every entry has its place.
func (s *pgServer) settle(ctx context.Context, database string) error {
	for {
		var waiting int
		err := s.ask(ctx, database, &waiting, `select count(*) from ledger_pending`)
		if err != nil || waiting == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// perRow returns how many bytes of the database an entry takes, with everything that was kept of it.
func (s *pgServer) perRow(ctx context.Context) ([]table, []aim, error) {
	t := table{
		title: "Storage, PostgreSQL",
		about: fmt.Sprintf("%s entries that were appended in the order of their times, behind a vacuum. `ledger_sequence` is the total order.", whole(float64(s.stored.rows))),
		facts: s.facts,
		head:  []string{"part", "bytes/entry"},
	}
	const of = `select coalesce(sum(%s), 0)::float8 from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public' where c.relkind = 'r' and %s`
	total := 0.0
	for _, part := range []struct{ name, size, where string }{
		{"`activity_log`, the table", "pg_table_size(c.oid)", "c.relname like 'activity\\_log%'"},
		{"`activity_log`, its indexes", "pg_indexes_size(c.oid)", "c.relname like 'activity\\_log%'"},
		{"`ledger_sequence` with its indexes", "pg_total_relation_size(c.oid)", "c.relname = 'ledger_sequence'"},
		{"the rollup with its index", "pg_total_relation_size(c.oid)", "c.relname = 'daybook_rollup'"},
		{"the rest", "pg_total_relation_size(c.oid)", "c.relname not like 'activity\\_log%' and c.relname not in ('ledger_sequence', 'daybook_rollup')"},
	} {
		var bytes float64
		if err := s.ask(ctx, largeLog, &bytes, fmt.Sprintf(of, part.size, part.where)); err != nil {
			return nil, nil, err
		}
		bytes /= float64(s.stored.rows)
		total += bytes
		t.rows = append(t.rows, []string{part.name, figure(bytes)})
	}
	t.rows = append(t.rows, []string{"all", figure(total)})
	return []table{t}, []aim{{what: "PostgreSQL: bytes an entry, with all indexes, the rollup and the order", most: 800, measured: total}}, nil
}
