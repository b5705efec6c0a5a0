package postgres

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
)

// countedFields are the fields by which the rollup counts.
var countedFields = []daybook.Field{daybook.ByAction, daybook.ByResourceType, daybook.ByActorType, daybook.ByOutcome}

// inRollup reports whether the rollup can answer: q, which is normalized, asks for nothing but its
// fields and a range of time.
func inRollup(q *daybook.Query, by []daybook.Field) bool {
	return q.Filter.IsZero() && q.ID.IsZero() && q.UserID == "" && q.ResourceID == "" && q.RequestID == "" && !q.IPAddress.IsValid() && len(q.Details) == 0 &&
		!slices.ContainsFunc(by, func(f daybook.Field) bool { return !slices.Contains(countedFields, f) })
}

// The spans of the rollup.
const (
	hours  = 1
	days   = 2
	months = 3
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

// buckets are ranges of time, one behind the other, taken apart into what the rollup has and what the
// table must be asked for. The lists are the parameters of selectSums.
type buckets struct {
	edges     []string // all of them, ascending
	low, high []string // of each bucket, the whole hours; the same twice where there are none

	edgeIDs, lowIDs, highIDs []string // the same as ids

	pieceBucket, pieceSpan []int32 // pieces of whole hours, days or months
	pieceLow, pieceHigh    []string

	restBucket        []int32 // what is left at the ends: ranges of ids
	restLow, restHigh []string
}

// takeApart returns the buckets between ascending edges.
func takeApart(edges []time.Time) *buckets {
	b := new(buckets)
	for i, edge := range edges {
		b.edges, b.edgeIDs = append(b.edges, stamp(edge)), append(b.edgeIDs, daybook.MinID(edge).String())
		if i > 0 {
			b.add(int32(i), edges[i-1].UTC(), edge.UTC())
		}
	}
	return b
}

func (b *buckets) add(bucket int32, from, to time.Time) {
	low, high := ceil(from, hours), floor(to, hours)
	if !low.Before(high) {
		low, high = to, to // no whole hour: all is left to the first rest
	}
	b.low, b.high = append(b.low, stamp(low)), append(b.high, stamp(high))
	b.lowIDs, b.highIDs = append(b.lowIDs, daybook.MinID(low).String()), append(b.highIDs, daybook.MinID(high).String())
	b.rest(bucket, from, low)
	b.piece(bucket, hours, low, high)
	b.rest(bucket, high, to)
}

// piece adds whole spans, of longer ones as many as there are.
func (b *buckets) piece(bucket int32, span int, low, high time.Time) {
	if span < months {
		if l, h := ceil(low, span+1), floor(high, span+1); l.Before(h) {
			b.piece(bucket, span, low, l)
			b.piece(bucket, span+1, l, h)
			low = h
		}
	}
	if low.Before(high) {
		b.pieceBucket, b.pieceSpan = append(b.pieceBucket, bucket), append(b.pieceSpan, int32(span))
		b.pieceLow, b.pieceHigh = append(b.pieceLow, stamp(low)), append(b.pieceHigh, stamp(high))
	}
}

func (b *buckets) rest(bucket int32, from, to time.Time) {
	if low, high := daybook.MinID(from).String(), daybook.MinID(to).String(); low < high {
		b.restBucket, b.restLow, b.restHigh = append(b.restBucket, bucket), append(b.restLow, low), append(b.restHigh, high)
	}
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

// joinInOrder makes the pieces look up their rows by an index, whatever the statistics are.
const joinInOrder = `select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
	set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`

// The parts of the statement that adds up what the rollup has, what was given its place since it was
// last folded, what waits for its place, and what is in parts of hours. It is one statement, and so
// of one snapshot, in which every entry is in one of these.
const (
	selectBuckets = `with b as materialized (
	select $2::text[]::timestamptz[] as edges, $3::text[]::timestamptz[] as low, $4::text[]::timestamptz[] as high,
		$5::text[]::uuid[] as edge_ids, $6::text[]::uuid[] as low_ids, $7::text[]::uuid[] as high_ids
)`
	selectPieces = `select p.bucket, r.action, r.resource_type, r.actor_type, r.outcome, r.entries
	from unnest($8::int[], $9::int[], $10::text[]::timestamptz[], $11::text[]::timestamptz[]) as p(bucket, span, low, high)
	join daybook_rollup r on r.organization_id = $1::text::daybook_key and r.span = p.span::smallint and r.start >= p.low and r.start < p.high
	union all
	select w.bucket, r.action, r.resource_type, r.actor_type, r.outcome, r.entries
	from daybook_rollup_recent r, lateral (select width_bucket(r.start, (select edges from b)) as bucket) w
	where r.organization_id = $1::text::daybook_key and r.position > (select folded from ledger_order where one)
		and r.start >= (select low from b)[w.bucket] and r.start < (select high from b)[w.bucket]
	union all
	select w.bucket, p.action, p.resource_type, p.actor_type, p.outcome, 1
	from (` + stillPending + `) p, lateral (select width_bucket(p.id, (select edge_ids from b)) as bucket) w
	where p.organization_id = $1::text::daybook_key
		and p.id >= (select low_ids from b)[w.bucket] and p.id < (select high_ids from b)[w.bucket]`
	// As in selectWaiting, the dead rows at the front of the queue are not looked at.
	stillPending = `select p.id, p.organization_id, p.action, p.resource_type, p.actor_type, p.outcome from ledger_order o, ledger_pending p where o.one and p.seq >= o.hint
		union all
		select p.id, p.organization_id, p.action, p.resource_type, p.actor_type, p.outcome from ledger_order o, unnest(o.gap_low, o.gap_high) as g(low, high), ledger_pending p where o.one and p.seq between g.low and g.high`
	selectRest = `select f.bucket, a.action, a.resource_type, a.actor_type, a.outcome, 1
	from unnest($12::int[], $13::text[]::uuid[], $14::text[]::uuid[]) as f(bucket, low, high),
		activity_log a where a.organization_id = $1::text::daybook_key and a.id >= f.low and a.id < f.high`
)

// sums adds up what matches q in the buckets between the edges, by fields of the rollup.
func (s *Store) sums(ctx context.Context, organization string, q *daybook.Query, edges []time.Time, by []daybook.Field, add func(bucket int, values []string, n int64) error) error {
	b := takeApart(edges)
	c := &condition{args: []any{organization, b.edges, b.low, b.high, b.edgeIDs, b.lowIDs, b.highIDs, b.pieceBucket, b.pieceSpan, b.pieceLow, b.pieceHigh, b.restBucket, b.restLow, b.restHigh}}
	if q.ResourceType != "" {
		c.and(`k.resource_type = %s::text`, q.ResourceType)
	}
	andAny(c, `k.action`, q.Actions)
	andAny(c, `k.actor_type`, q.ActorTypes)
	andAny(c, `k.outcome`, q.Outcomes)
	columns := []string{`k.bucket`}
	for _, f := range by { // checked: each is also the name of its column
		columns = append(columns, `k.`+string(f))
	}
	keys := strings.Join(columns, `, `)
	sql := selectBuckets + `
select ` + keys + `, sum(k.entries)::bigint from (
	` + selectPieces + `
	union all
	` + selectRest + `
) as k`
	if c.sql.Len() > 0 {
		sql += ` where ` + c.sql.String()
	}
	sql += ` group by ` + keys
	return s.read(ctx, organization, joinInOrder, sql, c.args, func(rows pgx.Rows) error {
		values := make([]string, len(by))
		var bucket int
		var n int64
		to := []any{&bucket}
		for i := range values {
			to = append(to, &values[i])
		}
		to = append(to, &n)
		for rows.Next() {
			if err := rows.Scan(to...); err != nil {
				return err
			}
			if err := add(bucket-1, values, n); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}
