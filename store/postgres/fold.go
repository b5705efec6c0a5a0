package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
)

const (
	foldPause = 15 * time.Second // between two folds, while little comes
	foldRows  = 20_000           // places behind which the next fold does not wait for that
)

// A sum is how many entries of one hour and the same kinds a round gave their places.
type sum struct {
	organization string
	hour         time.Time
	kinds
}

// hour returns the beginning of the UTC hour to which the rollup counts the time.
func hour(t time.Time) time.Time { return t.UTC().Truncate(time.Hour) }

// queueSums adds to a round's batch what it adds to the rollup.
func queueSums(batch *pgx.Batch, last int64, rows []queued) error {
	counts := map[sum]int64{}
	for _, r := range rows {
		id, ok := daybook.ParseUUID(r.id)
		if !ok {
			return fmt.Errorf("the queue holds the id %q", r.id)
		}
		counts[sum{r.organization, hour(daybook.ID(id).Time()), r.kinds}]++
	}
	sums := make([]sum, 0, len(counts))
	for s := range counts {
		sums = append(sums, s)
	}
	slices.SortFunc(sums, func(a, b sum) int { return strings.Compare(a.organization, b.organization) })
	n := len(sums)
	organizations, hours, entries := make([]string, n), make([]time.Time, n), make([]int64, n)
	actions, types, actors, outcomes := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, s := range sums {
		organizations[i], hours[i], entries[i] = s.organization, s.hour, counts[s]
		actions[i], types[i], actors[i], outcomes[i] = s.action, s.resourceType, s.actorType, s.outcome
	}
	batch.Queue(`insert into daybook_rollup_recent (position, organization_id, start, action, resource_type, actor_type, outcome, entries)
		select $1, organization_id::daybook_key, start, action, resource_type, actor_type, outcome, entries
		from unnest($2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[])
			as u(organization_id, start, action, resource_type, actor_type, outcome, entries)`,
		last, organizations, hours, actions, types, actors, outcomes, entries)
	return nil
}

// A page of the rollup is one of its rows.
type rollupKey struct {
	organization string
	span         int
	start        time.Time
}

const (
	takeRecent = `delete from daybook_rollup_recent where position > $1 and position <= $2
		returning organization_id::text, start, action, resource_type, actor_type, outcome, entries`
	selectTallies = `select organization_id::text, span, start, tally from unnest($1::text[], $2::int[], $3::date[]) as u(o, s, d),
		lateral (select * from daybook_rollup where organization_id = u.o::daybook_key and span = u.s::smallint and start = u.d limit 1) r`
	putTallies = `insert into daybook_rollup (organization_id, span, start, tally)
		select o::daybook_key, s::smallint, d, t from unnest($1::text[], $2::int[], $3::date[], $4::bytea[]) as u(o, s, d, t)
		on conflict (organization_id, span, start) do update set tally = excluded.tally`
)

// fold brings the rollup up to the last place that was given, when that is due. The caller holds mu.
// It is as safe as a round is: of two programs that fold at once the second finds that the place up
// to which was folded is another, and changes nothing.
func (s *sequencer) fold(ctx context.Context) error {
	if s.last-1-s.folded < foldRows && (s.last-1 == s.folded || time.Since(s.foldedAt) < foldPause) {
		return nil
	}
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) // behind a commit it does nothing
	var lead bool
	var begin pgx.Batch
	begin.Queue(becomeFollower)
	begin.Queue(selectLead, lockSequence, idleInOwnTx).QueryRow(func(r pgx.Row) error { return r.Scan(&lead, nil) })
	if err := tx.SendBatch(ctx, &begin).Close(); err != nil || !lead {
		return err
	}
	var folded, last int64
	if err := tx.QueryRow(ctx, `select folded, next_position - 1 from ledger_order where one`).Scan(&folded, &last); err != nil {
		return err
	}
	if folded < last {
		if err := foldUpTo(ctx, tx, folded, last); err != nil {
			return err
		}
		if err := tx.Commit(ctx); err != nil {
			return err
		}
	}
	s.folded, s.foldedAt = last, time.Now()
	return nil
}

func foldUpTo(ctx context.Context, tx pgx.Tx, folded, last int64) error {
	rows, err := tx.Query(ctx, takeRecent, folded, last)
	if err != nil {
		return err
	}
	tallies := map[rollupKey]tally{}
	add := func(organization string, span int, start time.Time, k kinds, hour int, n int64) {
		key := rollupKey{organization, span, start}
		if tallies[key] == nil {
			tallies[key] = tally{}
		}
		tallies[key].add(k, hour, n)
	}
	var u sum
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&u.organization, &u.hour, &u.action, &u.resourceType, &u.actorType, &u.outcome, &n}, func() error {
		start := u.hour.UTC()
		add(u.organization, days, floor(start, days), u.kinds, start.Hour(), n)
		add(u.organization, months, floor(start, months), u.kinds, 0, n)
		return nil
	})
	if err != nil {
		return err
	}
	keys := make([]rollupKey, 0, len(tallies))
	for key := range tallies {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b rollupKey) int { return strings.Compare(a.organization, b.organization) })
	organizations, spans, starts, data := make([]string, len(keys)), make([]int32, len(keys)), make([]time.Time, len(keys)), make([][]byte, len(keys))
	for i, key := range keys {
		organizations[i], spans[i], starts[i] = key.organization, int32(key.span), key.start
	}
	if rows, err = tx.Query(ctx, selectTallies, organizations, spans, starts); err != nil {
		return err
	}
	var key rollupKey
	var stored []byte
	_, err = pgx.ForEachRow(rows, []any{&key.organization, &key.span, &key.start, &stored}, func() error {
		key.start = key.start.UTC()
		return parseTally(stored, tallies[key].add)
	})
	if err != nil {
		return err
	}
	for i, key := range keys {
		data[i] = tallies[key].bytes()
	}
	if _, err := tx.Exec(ctx, putTallies, organizations, spans, starts, data); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `update ledger_order set folded = $2 where one and folded = $1`, folded, last)
	if err == nil && tag.RowsAffected() != 1 {
		err = errLostLead
	}
	return err
}
