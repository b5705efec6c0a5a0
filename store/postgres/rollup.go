package postgres

import (
	"context"
	"slices"
	"sort"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
)

// countedFields are the fields by which the rollup counts.
var countedFields = []daybook.Field{daybook.ByAction, daybook.ByResourceType, daybook.ByActorType, daybook.ByOutcome}

// inRollup reports whether the rollup can answer: q, which is normalized, asks for nothing but its
// fields and a range of time.
func inRollup(q *daybook.Query, by []daybook.Field) bool {
	return (q.Filter.IsZero() || daybook.OnlyFields(q.Filter.Tree(), countedFields...)) && q.ID.IsZero() && q.UserID == "" && q.ResourceID == "" && q.RequestID == "" && !q.IPAddress.IsValid() && len(q.Details) == 0 &&
		!slices.ContainsFunc(by, func(f daybook.Field) bool { return !slices.Contains(countedFields, f) })
}

// The spans of the rollup; days have hours in them.
const (
	hours  = 0
	days   = 1
	months = 2
)

// floor and ceil return the beginning of a span at or before t, and at or after it.
func floor(t time.Time, span int) time.Time {
	y, m, d := t.Date()
	switch span {
	case months:
		return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	case days:
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return hour(t)
}

func ceil(t time.Time, span int) time.Time {
	f := floor(t, span)
	switch {
	case f.Equal(t):
		return t
	case span == months:
		return f.AddDate(0, 1, 0)
	case span == days:
		return f.AddDate(0, 0, 1)
	}
	return f.Add(time.Hour)
}

// The ends of time: all that an entry can have lies between them.
var (
	beginning = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	end       = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
)

// A pieces is a list of ranges, one for each place of the lists.
type pieces[T any] struct{ low, high []T }

func (p *pieces[T]) add(low, high T) { p.low, p.high = append(p.low, low), append(p.high, high) }

// buckets are ranges of time, one behind the other, taken apart into what the rollup has and what the
// table must be asked for.
type buckets struct {
	whole pieces[time.Time] // of each bucket the whole hours; the same twice where there are none

	rollup [months + 1]pieces[string] // the rows of the rollup that have them, by their span: days and months apart
	bounds []string                   // the ends of the whole hours as ids, ascending

	rest   pieces[string] // what is left at the ends: ranges of ids
	restOf []int32        // and of which bucket they are
}

// takeApart returns the buckets between ascending edges.
func takeApart(edges []time.Time) *buckets {
	b := new(buckets)
	for i := range len(edges) - 1 {
		from, to := edges[i].UTC(), edges[i+1].UTC()
		low, high := ceil(from, hours), floor(to, hours)
		if !low.Before(high) {
			low, high = to, to // no whole hour: all is left to the first rest
		}
		b.whole.add(low, high)
		b.bounds = append(b.bounds, daybook.MinID(low).String(), daybook.MinID(high).String())
		b.left(i, from, low)
		b.left(i, high, to)
		if low.Before(high) {
			b.read(low, high)
		}
	}
	return b
}

// read adds the rows of the rollup that have these hours: months where there are whole ones, and days.
func (b *buckets) read(low, high time.Time) {
	if l, h := ceil(low, months), floor(high, months); l.Before(h) {
		b.rows(days, low, l)
		b.rows(months, l, h)
		low = h
	}
	b.rows(days, low, high)
}

func (b *buckets) rows(span int, low, high time.Time) {
	if !low.Before(high) {
		return
	}
	p := &b.rollup[span]
	l, h := date(floor(low, span)), date(ceil(high, span))
	if last := len(p.high) - 1; last >= 0 && l <= p.high[last] && p.high[last] != "infinity" {
		p.high[last] = max(p.high[last], h) // the bucket before ends within the same day, or at its end
		return
	}
	p.add(l, h)
}

func (b *buckets) left(bucket int, from, to time.Time) {
	if low, high := daybook.MinID(from).String(), daybook.MinID(to).String(); low < high {
		b.rest.add(low, high)
		b.restOf = append(b.restOf, int32(bucket))
	}
}

// of returns the bucket among whose whole hours there is one, -1 when there is none.
func (b *buckets) of(hour time.Time) int {
	i := sort.Search(len(b.whole.low), func(i int) bool { return b.whole.high[i].After(hour) })
	if i == len(b.whole.low) || b.whole.low[i].After(hour) {
		return -1
	}
	return i
}

// date returns a day as PostgreSQL reads it.
func date(t time.Time) string {
	if !t.Before(end) {
		return "infinity" // above all digits, as a text too
	}
	return t.Format(time.DateOnly)
}

// stamp returns t as PostgreSQL reads it. Nothing of an entry lies between two microseconds, and the
// first at or after t is the edge.
func stamp(t time.Time) string {
	if t = t.UTC(); !t.Before(end) {
		return "infinity"
	}
	if up := t.Truncate(time.Microsecond); !up.Equal(t) {
		t = up.Add(time.Microsecond)
	}
	return t.Format("2006-01-02T15:04:05.999999Z")
}

// What the rollup has, what was given its place since it was last folded, what waits for its place,
// and what is in parts of hours. The lateral queries with a limit are looked up by an index, whatever
// the statistics are.
const (
	selectRollup = `select r.span, r.start, r.tally from unnest($2::int[], $3::text[]::date[], $4::text[]::date[]) as p(span, low, high),
	lateral (select * from daybook_rollup where organization_id = $1::text::daybook_key and span = p.span::smallint and start >= p.low and start < p.high
		order by start limit 1000000) r`
	selectRecent = `select start, action, resource_type, actor_type, outcome, sum(entries)::bigint from daybook_rollup_recent
	where organization_id = $1::text::daybook_key and position > (select folded from ledger_order where one)
	group by start, action, resource_type, actor_type, outcome`
	// As in selectWaiting, the dead rows at the front of the queue are not looked at. Of the bounds,
	// behind each odd one a bucket begins, and behind each even one it ends.
	selectPending = `with b as materialized (select $2::text[]::uuid[] as bounds)
select width_bucket(p.id, (select bounds from b)), p.action, p.resource_type, p.actor_type, p.outcome, count(*) from (
	select p.id, p.action, p.resource_type, p.actor_type, p.outcome from ledger_order o, ledger_pending p
	where o.one and p.seq >= o.hint and p.organization_id = $1::text::daybook_key
	union all
	select p.id, p.action, p.resource_type, p.actor_type, p.outcome from ledger_order o, unnest(o.gap_low, o.gap_high) as g(low, high), ledger_pending p
	where o.one and p.seq between g.low and g.high and p.organization_id = $1::text::daybook_key
) as p
group by 1, 2, 3, 4, 5`
	selectRest = `select f.bucket, a.action, a.resource_type, a.actor_type, a.outcome, count(*)
from unnest($2::int[], $3::text[]::uuid[], $4::text[]::uuid[]) as f(bucket, low, high),
	lateral (select * from activity_log where organization_id = $1::text::daybook_key and id >= f.low and id < f.high order by id limit 100000000) a
group by 1, 2, 3, 4, 5`
)

// byIndex is for these statements.
const byIndex = `select set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true), set_config('jit', 'off', true)`

// sums adds up what matches q in the buckets between the edges, by fields of the rollup. All that it
// reads is of one snapshot, in which every entry is in exactly one place.
func (s *Store) sums(ctx context.Context, organization string, q *daybook.Query, edges []time.Time, by []daybook.Field, add func(bucket int, values []string, n int64) error) error {
	if err := s.use(); err != nil {
		return err
	}
	defer s.using.Done()
	b := takeApart(edges)
	c := &counter{query: *q, by: by, add: add, matches: map[kinds]bool{}}
	c.query.From, c.query.To = time.Time{}, time.Time{}
	var batch pgx.Batch
	batch.Queue(`begin isolation level repeatable read read only`)
	batch.Queue(becomeReader, organization)
	batch.Queue(byIndex)
	if spans, p := b.ranges(); len(spans) > 0 {
		batch.Queue(selectRollup, organization, spans, p.low, p.high).Query(func(rows pgx.Rows) error {
			var span int
			var start time.Time
			var tally []byte
			_, err := pgx.ForEachRow(rows, []any{&span, &start, &tally}, func() error {
				return parseTally(tally, func(k kinds, hour int, n int64) {
					c.count(b.of(start.UTC().Add(time.Duration(hour)*time.Hour)), k, n)
				})
			})
			return err
		})
		batch.Queue(selectRecent, organization).Query(func(rows pgx.Rows) error {
			var k kinds
			var start time.Time
			var n int64
			_, err := pgx.ForEachRow(rows, []any{&start, &k.action, &k.resourceType, &k.actorType, &k.outcome, &n}, func() error {
				c.count(b.of(start), k, n)
				return nil
			})
			return err
		})
		batch.Queue(selectPending, organization, b.bounds).Query(func(rows pgx.Rows) error {
			return eachKinds(rows, func(bound int, k kinds, n int64) {
				if bound%2 == 1 {
					c.count(bound/2, k, n)
				}
			})
		})
	}
	if len(b.restOf) > 0 {
		batch.Queue(selectRest, organization, b.restOf, b.rest.low, b.rest.high).Query(func(rows pgx.Rows) error { return eachKinds(rows, c.count) })
	}
	batch.Queue(`commit`)
	if err := s.send(ctx, &batch); err != nil {
		return err
	}
	return c.err
}

// ranges returns the pieces of the rollup with their spans.
func (b *buckets) ranges() (spans []int32, all pieces[string]) {
	for span, p := range b.rollup {
		for i := range p.low {
			spans = append(spans, int32(span))
			all.add(p.low[i], p.high[i])
		}
	}
	return spans, all
}

func eachKinds(rows pgx.Rows, f func(bucket int, k kinds, n int64)) error {
	var bucket int
	var k kinds
	var n int64
	_, err := pgx.ForEachRow(rows, []any{&bucket, &k.action, &k.resourceType, &k.actorType, &k.outcome, &n}, func() error {
		f(bucket, k, n)
		return nil
	})
	return err
}

// A counter hands on counts of kinds that match a query, by fields.
type counter struct {
	query   daybook.Query
	by      []daybook.Field
	add     func(bucket int, values []string, n int64) error
	matches map[kinds]bool
	values  [daybook.MaxGroupFields]string
	err     error // the first
}

func (c *counter) count(bucket int, k kinds, n int64) {
	if bucket < 0 || c.err != nil {
		return
	}
	e := daybook.Entry{Action: daybook.Action(k.action), ResourceType: k.resourceType, ActorType: daybook.ActorType(k.actorType), Outcome: daybook.Outcome(k.outcome)}
	matches, known := c.matches[k]
	if !known {
		matches = c.query.Matches(&e)
		c.matches[k] = matches
	}
	if !matches {
		return
	}
	for i, f := range c.by {
		c.values[i] = f.Of(&e)
	}
	c.err = c.add(bucket, c.values[:len(c.by)], n)
}
