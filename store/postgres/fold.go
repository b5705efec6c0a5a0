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
	foldPause = 5 * time.Second // between two folds, while little comes
	foldRows  = 20_000          // places behind which the next fold does not wait for that
)

// kinds are the fields by which the rollup counts, and their names.
type kinds struct{ action, resourceType, actorType, outcome string }

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

// foldRecent moves what rounds have added up to a position into the rollup.
const foldRecent = `
with gone as (
	delete from daybook_rollup_recent where position > $1 and position <= $2
	returning organization_id, start, action, resource_type, actor_type, outcome, entries
), summed as (
	select organization_id, v.span, v.start, action, resource_type, actor_type, outcome, sum(entries) as entries
	from gone, lateral (values (1, gone.start), (2, date_trunc('day', gone.start, 'UTC')), (3, date_trunc('month', gone.start, 'UTC'))) as v(span, start)
	group by 1, 2, 3, 4, 5, 6, 7
)
insert into daybook_rollup as r (organization_id, span, start, action, resource_type, actor_type, outcome, entries)
select * from summed order by organization_id, span, start
on conflict (organization_id, span, start, action, resource_type, actor_type, outcome) do update set entries = r.entries + excluded.entries`

// fold brings the rollup up to the last place that was given, when that is due. The caller holds mu.
// It is as safe as a round is: two programs that fold at once would take the same rows, and the one
// that comes second changes nothing.
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
		if _, err := tx.Exec(ctx, foldRecent, folded, last); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `update ledger_order set folded = $2 where one and folded = $1`, folded, last)
		if err != nil {
			return err
		}
		if tag.RowsAffected() != 1 {
			return errLostLead
		}
		if err := tx.Commit(ctx); err != nil {
			return err
		}
	}
	s.folded, s.foldedAt = last, time.Now()
	return nil
}
