package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/store/postgres"
)

// measurePostgresBulk compares Append of many entries with what `\copy ... binary` of the same
// entries into the same table does: bytes that were made beforehand, to a superuser's connection.
func measurePostgresBulk(ctx context.Context, p plan, pg *pgServer) ([]table, []aim, error) {
	// Each way gets so many entries, in calls of atOnce, time and again.
	const rounds = 5
	entries := max(p.ahead*2, atOnce)
	if p.quick {
		entries = p.ahead
	}
	t := table{
		title: "Bulk, PostgreSQL",
		about: fmt.Sprintf("%s entries in calls of %s by two callers, with %s entries stored; medians of %d, by turns. *COPY* is `copy … from stdin (format binary)` of bytes that were made before, "+
			"in as many transactions by as many connections, as a superuser, whom row-level security does not hold: into the same table, without queue, order and rollup. "+
			"*In order* is the rate until the last of them had its place and was counted. *Most waiting* is how many entries waited for their place at worst.",
			whole(float64(entries)), whole(float64(min(atOnce/2, entries))), whole(float64(pg.stored.rows)), rounds),
		facts: pg.facts,
		head:  []string{"writes", "rows/s", "in order, rows/s", "most waiting", "of COPY ×"},
	}
	store, err := pg.open(ctx, largeLog)
	if err != nil {
		return nil, nil, err
	}
	defer store.Close()
	var appended, ordered, copied, backlogs []float64
	for range rounds {
		if err := pg.settle(ctx, largeLog); err != nil {
			return nil, nil, err
		}
		if err := pg.admin(ctx, largeLog, `checkpoint`); err != nil {
			return nil, nil, err
		}
		rate, inOrder, backlog, err := bulkAppend(ctx, pg, store, pg.fresh(entries))
		if err != nil {
			return nil, nil, err
		}
		appended, ordered, backlogs = append(appended, rate), append(ordered, inOrder), append(backlogs, backlog)
		if err := pg.admin(ctx, largeLog, `checkpoint`); err != nil {
			return nil, nil, err
		}
		if rate, err = bulkCopy(ctx, pg, pg.fresh(entries)); err != nil {
			return nil, nil, err
		}
		copied = append(copied, rate)
	}
	ratio := func(a []float64) float64 {
		var each []float64
		for i := range a {
			each = append(each, a[i]/copied[i])
		}
		return percentile(each, 50)
	}
	t.rows = [][]string{
		{"`Append`", whole(percentile(appended, 50)), whole(percentile(ordered, 50)), whole(percentile(backlogs, 50)), times(ratio(ordered))},
		{"COPY", whole(percentile(copied, 50)), "", "", times(1)},
	}
	return []table{t}, []aim{{what: "PostgreSQL: bulk `Append`, until all is in order and counted, against COPY", least: 80, unit: " %", measured: 100 * ratio(ordered)}}, nil
}

// fresh returns entries that nobody has stored, with their ids.
func (s *pgServer) fresh(n int) []daybook.Entry {
	entries := make([]daybook.Entry, n)
	for i := range entries {
		entries[i] = s.trail.next()
		entries[i].ID = daybook.NewID()
		entries[i].CreatedAt = entries[i].ID.Time()
	}
	return entries
}

// inParts calls f for parts of the entries, in two goroutines.
func inParts(entries []daybook.Entry, f func(caller int, part []daybook.Entry) error) error {
	parts := make(chan []daybook.Entry)
	errs := make(chan error, 2)
	var wg sync.WaitGroup
	for caller := range 2 {
		wg.Go(func() {
			for part := range parts {
				if err := f(caller, part); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	err := func() error {
		defer wg.Wait()
		defer close(parts)
		for size := min(atOnce/2, len(entries)); len(entries) > 0; entries = entries[min(size, len(entries)):] {
			select {
			case parts <- entries[:min(size, len(entries))]:
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
	return err
}

func bulkAppend(ctx context.Context, pg *pgServer, store *postgres.Store, entries []daybook.Entry) (rate, inOrder, backlog float64, err error) {
	watch, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		for watch.Err() == nil {
			var waiting float64
			if pg.ask(watch, largeLog, &waiting, `select count(*)::float8 from ledger_pending`) == nil {
				backlog = max(backlog, waiting)
			}
			select {
			case <-watch.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	runtime.GC()
	began := time.Now()
	err = inParts(entries, func(_ int, part []daybook.Entry) error { return store.Append(ctx, part...) })
	took := time.Since(began)
	for err == nil {
		var waiting int
		if err = pg.ask(ctx, largeLog, &waiting, `select count(*) from ledger_pending`); waiting == 0 {
			break
		}
	}
	all := time.Since(began)
	stop()
	watching.Wait()
	return float64(len(entries)) / took.Seconds(), float64(len(entries)) / all.Seconds(), backlog, err
}

func bulkCopy(ctx context.Context, pg *pgServer, entries []daybook.Entry) (rate float64, err error) {
	var conns [2]*pgx.Conn
	for i := range conns {
		if conns[i], err = pgx.Connect(ctx, pg.URL(testdb.Superuser, largeLog)); err != nil {
			return 0, err
		}
		defer conns[i].Close(ctx)
	}
	made := map[daybook.ID][]byte{} // by the first entry of a part
	var mu sync.Mutex
	err = inParts(entries, func(_ int, part []daybook.Entry) error {
		b, err := copyBytes(part)
		mu.Lock()
		defer mu.Unlock()
		made[part[0].ID] = b
		return err
	})
	if err != nil {
		return 0, err
	}
	runtime.GC()
	began := time.Now()
	err = inParts(entries, func(caller int, part []daybook.Entry) error {
		_, err := conns[caller].PgConn().CopyFrom(ctx, bytes.NewReader(made[part[0].ID]), `copy activity_log (id, action, resource_type, resource_id, user_id, organization_id,
			request_id, details, ip_address, user_agent, created_at, updated_at, actor_type, outcome) from stdin (format binary)`)
		return err
	})
	return float64(len(entries)) / time.Since(began).Seconds(), err
}

// copyBytes returns entries in the binary format of COPY.
func copyBytes(entries []daybook.Entry) ([]byte, error) {
	b := []byte("PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000")
	field := func(v []byte) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
		b = append(b, v...)
	}
	for _, e := range entries {
		details, err := e.Normalize()
		if err != nil {
			return nil, err
		}
		at := binary.BigEndian.AppendUint64(nil, uint64(e.CreatedAt.UnixMicro()-time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()))
		b = binary.BigEndian.AppendUint16(b, 14)
		field(e.ID[:])
		field([]byte(e.Action))
		field([]byte(e.ResourceType))
		for _, id := range []string{e.ResourceID, e.UserID, e.OrganizationID} {
			u, ok := daybook.ParseUUID(id)
			if !ok {
				return nil, fmt.Errorf("%q is no UUID", id)
			}
			field(u[:])
		}
		field([]byte(e.RequestID))
		field(append([]byte{1}, details...)) // jsonb, version 1
		field([]byte(e.IPAddress.String()))
		field([]byte(e.UserAgent))
		field(at)
		field(at)
		field([]byte(e.ActorType))
		field([]byte(e.Outcome))
	}
	return binary.BigEndian.AppendUint16(b, 0xffff), nil
}
