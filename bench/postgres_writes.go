package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/store/postgres"
)

// poolSize is how many connections the application has with which group commit is compared.
const poolSize = 64

// pgWays are the ways to record one entry, the one to compare with the others first.
var pgWays = [...]struct {
	name string
	open func(ctx context.Context, pg *pgServer) (pgWriter, error)
}{
	{"`Record`, group commit", openPgGrouping},
	{"`RecordTx`, a transaction each", openPgTransactions},
	{fmt.Sprintf("an application with a pool of %d", poolSize), openPgPlain},
}

// A pgWriter is one way to make an entry durable in PostgreSQL.
type pgWriter interface {
	one(ctx context.Context, e daybook.Entry) error
	close() error
}

type pgGrouping struct {
	store *postgres.Store
	book  *daybook.Recorder
}

func openPgGrouping(ctx context.Context, pg *pgServer) (pgWriter, error) {
	s, err := pg.open(ctx, largeLog)
	if err != nil {
		return nil, err
	}
	book, err := daybook.New(s, &daybook.Options{Timeout: patience})
	return &pgGrouping{s, book}, err
}

func (g *pgGrouping) one(ctx context.Context, e daybook.Entry) error { return g.book.Record(ctx, e) }
func (g *pgGrouping) close() error                                   { return g.store.Close() }

// pgTransactions is an application that records each entry in a transaction of its own.
type pgTransactions struct {
	pool  *pgxpool.Pool
	store *postgres.Store // sequences meanwhile
	book  *daybook.Recorder
}

func openPgTransactions(ctx context.Context, pg *pgServer) (pgWriter, error) {
	s, err := pg.open(ctx, largeLog)
	if err != nil {
		return nil, err
	}
	pool, err := openPgPool(ctx, pg, appRole)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	book, err := daybook.New(s, &daybook.Options{Timeout: patience})
	return &pgTransactions{pool, s, book}, err
}

func openPgPool(ctx context.Context, pg *pgServer, role string) (*pgxpool.Pool, error) {
	pool, err := pgxpool.New(ctx, pg.URL(role, largeLog)+fmt.Sprintf("&pool_max_conns=%d&pool_min_conns=%d", poolSize, poolSize))
	if err != nil {
		return nil, err
	}
	return pool, pool.Ping(ctx)
}

func (t *pgTransactions) one(ctx context.Context, e daybook.Entry) error {
	return pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error { return t.book.RecordTx(ctx, postgres.InTx(tx), e) })
}

func (t *pgTransactions) close() error {
	t.pool.Close()
	return t.store.Close()
}

// pgPlain is an application that writes its log itself: one prepared INSERT, and so one transaction,
// into the same table with the same indexes, without a queue, as a role that row-level security
// does not hold.
type pgPlain struct{ pool *pgxpool.Pool }

func openPgPlain(ctx context.Context, pg *pgServer) (pgWriter, error) {
	pool, err := openPgPool(ctx, pg, testdb.Superuser)
	return &pgPlain{pool}, err
}

const pgPlainInsert = `insert into activity_log (id, action, resource_type, resource_id, user_id, organization_id, request_id, details,
	ip_address, user_agent, created_at, updated_at, actor_type, outcome) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13)`

func (w *pgPlain) one(ctx context.Context, e daybook.Entry) error {
	details, err := json.Marshal(e.Details)
	if err != nil {
		return err
	}
	id := daybook.NewID()
	_, err = w.pool.Exec(ctx, pgPlainInsert, id.String(), string(e.Action), e.ResourceType, e.ResourceID, e.UserID, e.OrganizationID,
		e.RequestID, string(details), e.IPAddress.String(), e.UserAgent, id.Time(), string(e.ActorType), string(e.Outcome))
	return err
}

func (w *pgPlain) close() error {
	w.pool.Close()
	return nil
}

// measurePostgresWrites measures all ways with few and many callers, into the log that has the trail.
func measurePostgresWrites(ctx context.Context, p plan, pg *pgServer) ([]table, []aim, error) {
	t := table{
		title: "Durable calls, PostgreSQL",
		about: fmt.Sprintf("One entry a call, durable when it returns, with %s entries stored. *Group commit* is `daybook.New` over `postgres.Open` with 16 connections: "+
			"calls that wait share a transaction, and the sequencer gives what is committed its place meanwhile, as it does for `RecordTx`. *An application* is pgx with a pool of %d connections, "+
			"one prepared `INSERT` a transaction into the same table, without queue and sequencer, as a superuser. The last column is how many times as many calls group commit answers.",
			whole(float64(pg.stored.rows)), poolSize),
		facts: pg.facts,
		head:  []string{"callers", "writes", "calls/s", "p50 ms", "p99 ms", "slowest ms", "group commit ×"},
	}
	results := make([][len(pgWays)][]counted, len(p.callers))
	for run := range p.runs {
		for l, callers := range p.callers {
			for turn := range pgWays {
				way := (turn + run) % len(pgWays)
				c, err := countPostgresCalls(ctx, p, pg, way, callers)
				if err != nil {
					return nil, nil, fmt.Errorf("%s: %w", pgWays[way].name, err)
				}
				results[l][way] = append(results[l][way], c)
			}
		}
	}
	var aims []aim
	for l, callers := range p.callers {
		for way := range pgWays {
			of := func(f func(counted) float64) string { return figure(medianOf(results[l][way], f)) }
			ratio := ratioOf(results[l][0], results[l][way], func(c counted) float64 { return c.perSecond })
			t.rows = append(t.rows, []string{strconv.Itoa(callers), pgWays[way].name, whole(medianOf(results[l][way], func(c counted) float64 { return c.perSecond })),
				of(func(c counted) float64 { return c.p50 }), of(func(c counted) float64 { return c.p99 }), of(func(c counted) float64 { return c.slowest }), times(ratio)})
			if way == len(pgWays)-1 && l == len(p.callers)-1 {
				aims = append(aims, aim{what: fmt.Sprintf("PostgreSQL: durable `Record` at %d callers with %s entries stored, against %s", callers,
					whole(float64(pg.stored.rows)), pgWays[way].name), least: 5, unit: "×", measured: ratio})
			}
		}
	}
	return []table{t}, aims, nil
}

func countPostgresCalls(ctx context.Context, p plan, pg *pgServer, way, callers int) (_ counted, err error) {
	w, err := pgWays[way].open(ctx, pg)
	if err != nil {
		return counted{}, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	runtime.GC()
	var before, after int
	if err := pg.ask(ctx, largeLog, &before, `select count(*) from activity_log`); err != nil {
		return counted{}, err
	}
	window := newWindow(p.writes)
	next := pg.stored.next
	err = window.run(ctx, callers, func(ctx context.Context, n int) error {
		e := next[n%len(next)]
		e.ID, e.CreatedAt = daybook.ID{}, time.Time{}
		return w.one(ctx, e)
	})
	if err != nil {
		return counted{}, err
	}
	if err := pg.ask(ctx, largeLog, &after, `select count(*) from activity_log`); err != nil {
		return counted{}, err
	}
	if stored := after - before; stored < window.begun-window.cut || stored > window.begun {
		return counted{}, fmt.Errorf("%d entries were stored, but %d calls were answered", stored, window.begun-window.cut)
	}
	return window.counted(), nil
}
