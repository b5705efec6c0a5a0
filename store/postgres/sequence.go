package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	idlePause  = 100 * time.Millisecond // between looks at an empty queue
	faultPause = time.Second            // behind a failed round
	fullPause  = time.Minute            // between rounds that read the queue from its start

	keepUpTimeout = 20 * time.Second      // how long a caller with many entries is held up at most
	keepUpPause   = 10 * time.Millisecond // between looks at how far behind the order is
	roundRows     = 5000                  // places that one round gives
	manyRows      = 20_000                // the same, when more than roundRows wait
)

// A sequencer gives committed entries their places: it takes them out of the queue, in the order of
// the numbers they drew there, and appends them to the total order. Every Store has one; whoever
// gets the lock for a round leads it, so a server that crashed needs no successor.
//
// The lock only saves work. What keeps the order whole is that a round ends with a compare-and-swap
// on ledger_order, in the transaction that took the rows.
type sequencer struct {
	pool    *pgxpool.Pool
	log     *slog.Logger
	changed *broadcast

	mostBehind int64

	mu       sync.Mutex // held for a round
	last     int64      // next_position when we last looked
	folded   int64      // the place up to which the rollup then counted
	foldedAt time.Time  // when we last folded
	readFull time.Time  // when a round last read the queue from its start
}

// run sequences until ctx ends.
func (s *sequencer) run(ctx context.Context) {
	pause := idlePause
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = idlePause
		if err := s.tick(ctx); err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelError, "entries not sequenced", slog.String("error", err.Error()))
			pause = faultPause
		}
	}
}

func (s *sequencer) tick(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	waiting, err := s.look(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if waiting || time.Since(s.readFull) > fullPause {
		if err := s.rounds(ctx); err != nil {
			return fmt.Errorf("sequence: %w", err)
		}
	}
	if err := s.fold(ctx); err != nil {
		return fmt.Errorf("fold into the rollup: %w", err)
	}
	return nil
}

// selectWaiting tells the next place, how far the rollup counts, and whether the queue holds
// something that a round would take.
// It looks from the hint on and into the gaps: in front of it there may be many dead rows, which a
// long snapshot elsewhere keeps from being removed.
const selectWaiting = `
select o.next_position, o.folded, exists (select from ledger_pending p where p.seq >= o.hint) or exists (
	select from unnest(o.gap_low, o.gap_high) as g(low, high), lateral (select from ledger_pending where seq between g.low and g.high limit 1) p)
from ledger_order o where o.one`

// look reports whether something waits for its place, and wakes the followers of this program when
// another has moved on.
func (s *sequencer) look(ctx context.Context) (waiting bool, err error) {
	var next, folded int64
	var batch pgx.Batch
	batch.Queue(`begin read only`)
	batch.Queue(becomeFollower)
	batch.Queue(selectWaiting).QueryRow(func(r pgx.Row) error { return r.Scan(&next, &folded, &waiting) })
	batch.Queue(`commit`)
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Release()
	if err := conn.SendBatch(ctx, &batch).Close(); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folded = folded
	if next != s.last {
		s.last = next
		s.changed.send()
	}
	return waiting, nil
}

// drain gives everything that waits its place, unless another program leads.
func (s *sequencer) drain(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.rounds(ctx); err != nil {
		return fmt.Errorf("sequence: %w", err)
	}
	return nil
}

// mostBehind is how many numbers of the queue may wait for their places while callers bring many
// entries at once.
const mostBehind = 20_000

// selectBehind tells how many numbers of the queue have not been looked at.
const selectBehind = `select coalesce(max(p.seq), 0) - o.hint + 1 from ledger_order o left join lateral (select seq from ledger_pending order by seq desc limit 1) p on true where o.one group by o.hint`

// keepUp holds up a caller who brings many entries while too many wait for their places, and gives
// places itself: entries can be written faster than they can be brought into one order, and the
// queue must stay short, whoever writes. It returns at the latest when ctx or keepUpTimeout ends,
// since what the caller brought is stored.
func (s *sequencer) keepUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, keepUpTimeout)
	defer cancel()
	for {
		behind, err := s.behind(ctx)
		if err != nil || behind <= s.mostBehind {
			return
		}
		if s.drain(ctx) != nil {
			return
		}
		select { // another program may lead
		case <-ctx.Done():
			return
		case <-time.After(keepUpPause):
		}
	}
}

func (s *sequencer) behind(ctx context.Context) (n int64, err error) {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release() // closes a connection that is still in a transaction
	var batch pgx.Batch
	batch.Queue(`begin read only`)
	batch.Queue(becomeFollower)
	batch.Queue(selectBehind).QueryRow(func(r pgx.Row) error { return r.Scan(&n) })
	batch.Queue(`commit`)
	err = conn.SendBatch(ctx, &batch).Close()
	return n, err
}

// rounds runs rounds until the queue is empty or another program leads. The caller holds mu.
func (s *sequencer) rounds(ctx context.Context) error {
	limit := roundRows
	for {
		n, err := s.round(ctx, limit)
		if err != nil {
			return err
		}
		if n > 0 {
			s.changed.send()
		}
		if n < limit {
			return nil
		}
		if err := s.fold(ctx); err != nil {
			return err
		}
		limit = manyRows
	}
}

// A queued entry waits for its place.
type queued struct {
	seq          int64
	organization string
	id           string
	hash         []byte
	kinds
}

// An order is the row of ledger_order.
type order struct {
	deployment string
	epoch      int
	next       int64
	progress
}

// becomeFollower also says how its statements run: each looks up rows by an index, for which they
// are written with limits that keep the planner from joining otherwise. Its statistics of a queue,
// and of a new month, are those of an empty table. What is switched off looks so costly that
// statements would be compiled.
const becomeFollower = `select set_config('role', 'daybook_follower', true), set_config('enable_seqscan', 'off', true),
	set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)`

// takeRows takes the first rows of the queue out of it, in one statement and so in one snapshot: a
// caller that recorded two entries, one after the other, finds either the first or both taken.
const takeRows = `
with taken as (
	delete from ledger_pending where seq in (
		select seq from (
			(select p.seq from ledger_order o, unnest(o.gap_low, o.gap_high) as g(low, high),
				lateral (select seq from ledger_pending where seq between g.low and g.high order by seq limit $1) p
			where o.one order by p.seq limit $1)
			union
			(select p.seq from ledger_pending p where p.seq >= case when $2 then 0 else (select hint from ledger_order where one) end
			order by p.seq limit $1)
		) as first order by seq limit $1)
	returning seq, organization_id, id, leaf_hash, action, resource_type, actor_type, outcome)
select seq, organization_id::text, id::text, leaf_hash, action, resource_type, actor_type, outcome from taken order by seq`

// selectLead takes the lock for the rest of the transaction, if nobody has it.
const selectLead = `select pg_try_advisory_xact_lock($1, hashtext(current_schema())), set_config('idle_in_transaction_session_timeout', $2, true)`

var errLostLead = errors.New("another sequencer has changed the order meanwhile: nothing of this round was kept")

// round gives at most limit entries their places and returns how many it gave. It gives none when
// another program leads. The caller holds mu.
func (s *sequencer) round(ctx context.Context, limit int) (n int, err error) {
	tx, err := s.pool.Begin(ctx) // READ COMMITTED: each statement sees what was there when it began
	if err != nil {
		return 0, err
	}
	defer tx.Rollback(ctx) // behind a commit it does nothing
	var lead bool
	var begin pgx.Batch
	begin.Queue(becomeFollower)
	begin.Queue(selectLead, lockSequence, idleInOwnTx).QueryRow(func(r pgx.Row) error { return r.Scan(&lead, nil) })
	if err := tx.SendBatch(ctx, &begin).Close(); err != nil || !lead {
		return 0, err
	}
	full := time.Since(s.readFull) > fullPause
	var was order
	var rows []queued
	var low, high, mark []int64
	var xmin, own int64
	var batch pgx.Batch
	// The oldest transaction from before the rows are taken, and our id, which we have only if we took any: see
	// advance.
	batch.Queue(`select deployment, epoch, next_position, hint, gap_low, gap_high, gap_mark, pg_snapshot_xmin(pg_current_snapshot())::text::bigint from ledger_order where one`).
		QueryRow(func(r pgx.Row) error {
			return r.Scan(&was.deployment, &was.epoch, &was.next, &was.hint, &low, &high, &mark, &xmin)
		})
	batch.Queue(takeRows, limit, full).Query(func(found pgx.Rows) error {
		for found.Next() {
			var q queued
			if err := found.Scan(&q.seq, &q.organization, &q.id, &q.hash, &q.action, &q.resourceType, &q.actorType, &q.outcome); err != nil {
				return err
			}
			rows = append(rows, q)
		}
		return found.Err()
	})
	batch.Queue(`select coalesce(pg_current_xact_id_if_assigned()::text::bigint, 0)`).QueryRow(func(r pgx.Row) error { return r.Scan(&own) })
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return 0, err
	}
	for i := range low {
		was.gaps = append(was.gaps, gap{low[i], high[i], mark[i]})
	}
	seqs := make([]int64, len(rows))
	for i := range rows {
		seqs[i] = rows[i].seq
	}
	now := was
	now.progress = was.advance(seqs, len(rows) == limit, xmin, own)
	now.next += int64(len(rows))
	if len(rows) > 0 || len(now.gaps) != len(was.gaps) {
		if err := s.place(ctx, tx, was, now, rows); err != nil {
			return 0, err
		}
		if err := tx.Commit(ctx); err != nil {
			return 0, err
		}
	}
	s.last = now.next
	if full && len(rows) < limit {
		s.readFull = time.Now()
	}
	return len(rows), nil
}

// A log is the row of ledger of one organization, and what the round adds to it.
type log struct {
	slot, was, size int64
	epoch           int
	fresh           []tlog.Hash
}

// place writes what the round decided.
func (s *sequencer) place(ctx context.Context, tx pgx.Tx, was, now order, rows []queued) error {
	logs, err := logsOf(ctx, tx, rows)
	if err != nil {
		return err
	}
	if err := s.seal(ctx, tx, was.deployment, rows, logs); err != nil {
		return err
	}
	positions, slots, indices := make([]int64, len(rows)), make([]int64, len(rows)), make([]int64, len(rows))
	ids, hashes := make([]string, len(rows)), make([][]byte, len(rows))
	for i, r := range rows {
		l := logs[r.organization]
		positions[i], slots[i], indices[i], ids[i], hashes[i] = was.next+int64(i), l.slot, l.size, r.id, r.hash
		l.fresh = append(l.fresh, tlog.Hash(r.hash))
		l.size++
	}
	full, err := fullTiles(ctx, tx, logs)
	if err != nil {
		return err
	}
	changed, before, after := make([]int64, 0, len(logs)), make([]int64, 0, len(logs)), make([]int64, 0, len(logs))
	for _, l := range logs {
		changed, before, after = append(changed, l.slot), append(before, l.was), append(after, l.size)
	}
	low, high, mark := make([]int64, len(now.gaps)), make([]int64, len(now.gaps)), make([]int64, len(now.gaps))
	for i, g := range now.gaps {
		low[i], high[i], mark[i] = g.low, g.high, g.mark
	}
	var batch pgx.Batch
	batch.Queue(`insert into ledger_sequence (position, slot, leaf_index, id, leaf_hash)
		select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[]::uuid[], $5::bytea[])`, positions, slots, indices, ids, hashes)
	batch.Queue(`update ledger l set size = u.after from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as u(slot, before, after)
		where l.slot = u.slot and l.size = u.before`, changed, before, after)
	batch.Queue(`update ledger_order set next_position = $1, hint = $2, gap_low = $3, gap_high = $4, gap_mark = $5
		where one and next_position = $6 and epoch = $7 and hint = $8`, now.next, now.hint, low, high, mark, was.next, was.epoch, was.hint)
	batch.Queue(insertTiles, full.slots, full.levels, full.numbers, full.data)
	if err := queueSums(&batch, now.next-1, rows); err != nil {
		return err
	}
	results := tx.SendBatch(ctx, &batch)
	defer results.Close()
	for _, want := range []int{len(rows), len(logs), 1, len(full.data), -1} {
		tag, err := results.Exec()
		if err != nil {
			return err
		}
		if want >= 0 && int(tag.RowsAffected()) != want {
			return errLostLead
		}
	}
	return results.Close()
}

// logsOf returns the logs of the rows' organizations, and begins those that are new.
func logsOf(ctx context.Context, tx pgx.Tx, rows []queued) (map[string]*log, error) {
	logs := map[string]*log{}
	var all []string // in the order of the rows, and so their slots
	for _, r := range rows {
		if logs[r.organization] == nil {
			logs[r.organization] = &log{slot: -1}
			all = append(all, r.organization)
		}
	}
	if len(all) == 0 {
		return logs, nil
	}
	read := func(sql string, organizations []string) error {
		found, err := tx.Query(ctx, sql, organizations)
		if err != nil {
			return err
		}
		var organization string
		var slot, size int64
		var epoch int
		_, err = pgx.ForEachRow(found, []any{&organization, &slot, &size, &epoch}, func() error {
			logs[organization] = &log{slot: slot, was: size, size: size, epoch: epoch}
			return nil
		})
		return err
	}
	if err := read(`select organization_id::text, slot, size, epoch from ledger where organization_id in (select o::daybook_key from unnest($1::text[]) as o)`, all); err != nil {
		return nil, err
	}
	var missing []string
	for _, o := range all {
		if logs[o].slot < 0 {
			missing = append(missing, o)
		}
	}
	if len(missing) == 0 {
		return logs, nil
	}
	return logs, read(`insert into ledger (organization_id) select o::daybook_key from unnest($1::text[]) with ordinality as u(o, n) order by n
		returning organization_id::text, slot, size, epoch`, missing)
}
