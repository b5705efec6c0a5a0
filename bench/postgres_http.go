package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/postgres"
)

// measurePostgresHTTP compares lines of entries over HTTP, until each entry is durable, in the order
// and counted, with what COPY of as many entries does.
func measurePostgresHTTP(ctx context.Context, p plan, pg *pgServer) ([]table, []aim, error) {
	const rounds = 5
	entries := max(p.ahead*2, atOnce)
	if p.quick {
		entries = p.ahead
	}
	each := min(p.batch, entries)
	t := table{
		title: "Bulk over HTTP, PostgreSQL",
		about: fmt.Sprintf("%s entries as NDJSON, %s a request, not compressed, over %d connections by a load generator in another process, with %s entries stored; medians of %d, by turns. "+
			"*In order* is the rate until the last of them had its place and was counted. COPY is that of the table before.",
			whole(float64(entries)), whole(float64(each)), httpConnections, whole(float64(pg.stored.rows)), rounds),
		facts: pg.facts,
		head:  []string{"writes", "rows/s", "in order, rows/s", "of COPY ×"},
	}
	store, err := pg.open(ctx, largeLog)
	if err != nil {
		return nil, nil, err
	}
	defer store.Close()
	var answered, ordered, copied []float64
	for range rounds {
		if err := pg.settle(ctx, largeLog); err != nil {
			return nil, nil, err
		}
		if err := pg.admin(ctx, largeLog, `checkpoint`); err != nil {
			return nil, nil, err
		}
		rate, inOrder, err := bulkHTTP(ctx, p, pg, store, pg.fresh(entries), each)
		if err != nil {
			return nil, nil, err
		}
		answered, ordered = append(answered, rate), append(ordered, inOrder)
		if err := pg.admin(ctx, largeLog, `checkpoint`); err != nil {
			return nil, nil, err
		}
		if rate, err = bulkCopy(ctx, pg, pg.fresh(entries)); err != nil {
			return nil, nil, err
		}
		copied = append(copied, rate)
	}
	ratio := ratioOf(ordered, copied, func(f float64) float64 { return f })
	t.rows = [][]string{
		{"NDJSON over HTTP", whole(percentile(answered, 50)), whole(percentile(ordered, 50)), times(ratio)},
		{"COPY", whole(percentile(copied, 50)), "", times(1)},
	}
	return []table{t}, []aim{{what: "PostgreSQL: bulk NDJSON over HTTP, until all is in order and counted, against COPY", least: 80, unit: " %", measured: 100 * ratio}}, nil
}

// httpConnections is how many send lines at once: as many as the callers of the bulk before.
const httpConnections = 2

func bulkHTTP(ctx context.Context, p plan, pg *pgServer, store *postgres.Store, entries []daybook.Entry, each int) (rate, inOrder float64, err error) {
	made, err := bodies(entries, each)
	if err != nil {
		return 0, 0, err
	}
	file := filepath.Join(p.dir, "bodies-postgres")
	if err := writeBodies(file, made); err != nil {
		return 0, 0, err
	}
	s, err := serve(ctx, store)
	if err != nil {
		return 0, 0, err
	}
	defer s.close()
	runtime.GC()
	began := time.Now()
	r, err := loading{address: s.address, token: s.key, bodies: file, media: "application/x-ndjson", connections: httpConnections}.run(ctx)
	started := time.Since(began).Seconds() - r.Seconds // the process and its connections
	for err == nil {
		var waiting int
		if err = pg.ask(ctx, largeLog, &waiting, `select count(*) from ledger_pending`); waiting == 0 {
			break
		}
	}
	sent := float64(r.Requests * each)
	return sent / r.Seconds, sent / (time.Since(began).Seconds() - started), err
}
