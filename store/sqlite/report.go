package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

var _ daybook.Reporter = (*Store)(nil)

// report runs what answers a report about a normalized query, on a reader of its own.
func (s *Store) report(ctx context.Context, organization string, q *daybook.Query, answer func(r *reader, organization string) error) error {
	organization, err := daybook.NormalizeOrganization(organization)
	q.Order, q.After, q.Limit = daybook.Newest, daybook.Cursor{}, 0 // not used
	if err := errors.Join(err, q.Normalize()); err != nil {
		return err
	}
	r, err := s.borrow(ctx)
	if err != nil {
		return because(ctx, err)
	}
	defer s.giveBack(r)
	if err := exec(r.conn, `begin`); err != nil { // all that an answer is made of is of one moment
		return because(ctx, err)
	}
	err = answer(r, organization)
	if end := exec(r.conn, `commit`); err == nil {
		err = end
	}
	return because(ctx, err)
}

// Count counts in groups; see [daybook.Store].
func (s *Store) Count(ctx context.Context, organization string, q daybook.Query, by ...daybook.Field) ([]daybook.Group, error) {
	if err := daybook.CheckFields(by); err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	var groups []daybook.Group
	err := s.report(ctx, organization, &q, func(r *reader, organization string) (err error) {
		groups, err = r.groups(organization, &q, by)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	slices.SortFunc(groups, daybook.CompareGroups)
	return groups, nil
}

// groups returns the groups of a count in any order.
func (r *reader) groups(organization string, q *daybook.Query, by []daybook.Field) ([]daybook.Group, error) {
	counts := map[[daybook.MaxGroupFields]string]int64{}
	add := func(values []string, n int64) error {
		var key [daybook.MaxGroupFields]string
		copy(key[:], values)
		if counts[key] += n; len(counts) > daybook.MaxGroups {
			return daybook.TooManyGroups()
		}
		return nil
	}
	var err error
	in, summed := inRollup(q, by...)
	switch {
	case summed:
		var full error
		err = r.sums(organization, in, nil, by, func(_ int64, values []string, n int64) { full = cmp.Or(full, add(values, n)) })
		err = errors.Join(err, full)
	case len(by) == 1:
		var missing int64
		missing, err = r.column(organization, q, by[0], func(value func() string, n int64) error { return add([]string{value()}, n) })
		if err == nil && missing > 0 {
			err = add([]string{""}, missing)
		}
	default:
		err = r.plain(organization, q, by, add)
	}
	if err != nil {
		return nil, err
	}
	if len(by) == 0 {
		return []daybook.Group{{Values: []string{}, Count: counts[[daybook.MaxGroupFields]string{}]}}, nil
	}
	var groups []daybook.Group
	for key, n := range counts {
		groups = append(groups, daybook.Group{Values: slices.Clone(key[:len(by)]), Count: n})
	}
	return groups, nil
}

// plain counts what matches q from the table.
func (r *reader) plain(organization string, q *daybook.Query, by []daybook.Field, add func(values []string, n int64) error) error {
	head, tail := grouping(by)
	stmt, err := r.prepare(`select `+head+` from activity_log where `, compile(r, organization, q), tail)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	return eachGroup(stmt, by, add)
}

// Histogram counts in buckets; see [daybook.Reporter].
func (s *Store) Histogram(ctx context.Context, organization string, q daybook.Query, edges []time.Time, by ...daybook.Field) ([]daybook.Bucket, error) {
	tally, err := daybook.NewTally(edges, by...)
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	q = q.Within(edges[0], edges[len(edges)-1])
	err = s.report(ctx, organization, &q, func(r *reader, organization string) error {
		add := func(us int64, values []string, n int64) {
			tally.Add(time.UnixMicro(us), strings.Join(values, ""), n) // one value, or none
		}
		if in, ok := inRollup(&q, by...); ok {
			return r.sums(organization, in, edges, by, add)
		}
		return r.buckets(organization, &q, edges, by, add)
	})
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	buckets, err := tally.Buckets()
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	return buckets, nil
}

// buckets counts each bucket for itself, from the table.
func (r *reader) buckets(organization string, q *daybook.Query, edges []time.Time, by []daybook.Field, add func(int64, []string, int64)) error {
	from, to := micros(q.From), micros(q.To)
	var spans []span
	for i := range len(edges) - 1 {
		if s := (span{max(from, micros(edges[i])), min(to, micros(edges[i+1]))}); s.from < s.to {
			spans = append(spans, s)
		}
	}
	return r.counts(organization, q, spans, by, add)
}

// Top ranks the values of a field; see [daybook.Reporter].
func (s *Store) Top(ctx context.Context, organization string, q daybook.Query, field daybook.Field, limit int) (daybook.Top, error) {
	ranking, err := daybook.NewRanking(field, limit)
	if err != nil {
		return daybook.Top{}, fmt.Errorf("top: %w", err)
	}
	var top daybook.Top
	err = s.report(ctx, organization, &q, func(r *reader, organization string) (err error) {
		in, summed := inRollup(&q, field)
		switch {
		case field.InDetails():
			err = r.rankDetails(organization, &q, field, ranking)
		case summed:
			var full error
			err = r.sums(organization, in, nil, []daybook.Field{field}, func(_ int64, values []string, n int64) {
				full = cmp.Or(full, rankValue(ranking, values[0], n))
			})
			err = errors.Join(err, full)
		default:
			top, err = r.top(organization, &q, field, ranking.Limit())
			return err
		}
		top = ranking.Top()
		return err
	})
	if err != nil {
		return daybook.Top{}, fmt.Errorf("top: %w", err)
	}
	return top, nil
}

// rankValue adds the count of a column's value, "" for none.
func rankValue(ranking *daybook.Ranking, value string, n int64) error {
	if value == "" {
		ranking.AddMissing(n)
		return nil
	}
	return ranking.Add(value, n)
}

// rankDetails adds the values that a path into details has in each entry that matches q.
func (r *reader) rankDetails(organization string, q *daybook.Query, field daybook.Field, ranking *daybook.Ranking) error {
	path, err := newDetailsPath(field)
	if err != nil {
		return err
	}
	stmt, err := r.prepare(`select details from activity_log where `, compile(r, organization, q), ``)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	var text []byte
	for {
		found, err := stmt.Step()
		if err != nil || !found {
			return err
		}
		text = slices.Grow(text[:0], stmt.ColumnLen(0))[:stmt.ColumnLen(0)]
		stmt.ColumnBytes(0, text)
		if err := rankText(ranking, path, text); err != nil {
			return err
		}
	}
}

// rankText adds the values that the path has in the text of details, which may be empty.
func rankText(ranking *daybook.Ranking, path *detailsPath, text []byte) error {
	values, ok := path.values(text)
	if !ok {
		details, err := daybook.ParseDetails(text)
		if err != nil {
			return err
		}
		return ranking.AddEntry(&daybook.Entry{Details: details})
	}
	if len(values) == 0 {
		ranking.AddMissing(1)
	}
	for _, v := range values {
		if err := ranking.Add(v, 1); err != nil {
			return err
		}
	}
	return nil
}

// ownIndex names the index that has all that a count by the column needs.
var ownIndex = map[daybook.Field]string{daybook.ByUserID: "activity_log_user", daybook.ByResourceID: "activity_log_resource"}

// worthIndex is by how many times the entries of an organization may outnumber those that are asked
// for so that to walk the column's own index, which has them all, takes less time than to fetch
// each row: about as many times as a row takes longer than an entry of an index.
const worthIndex = 20

// column counts what matches q by one column, and calls add for each value, of which there may be as
// many as entries. compile must be exact.
func (r *reader) column(organization string, q *daybook.Query, field daybook.Field, add func(value func() string, n int64) error) (missing int64, err error) {
	where, table, matching := compile(r, organization, q), `activity_log`, int64(-1)
	if index, ok := ownIndex[field]; ok && onlyBounds(q) {
		if matching, err = r.total(organization, *q); err != nil {
			return 0, err
		}
		all := matching
		if !q.From.IsZero() || !q.To.IsZero() {
			if all, err = r.total(organization, daybook.Query{}); err != nil {
				return 0, err
			}
		}
		if all/worthIndex < matching {
			table += ` indexed by ` + index
			where.and(string(field) + ` is not null`)
		}
	}
	head, tail := grouping([]daybook.Field{field})
	stmt, err := r.prepare(`select `+head+` from `+table+` where `, where, tail)
	if err != nil {
		return 0, err
	}
	defer stmt.Reset()
	var counted int64
	value := func() string { return columnID(stmt, 0) }
	for {
		found, err := stmt.Step()
		if err != nil {
			return 0, err
		}
		if !found {
			break
		}
		n := stmt.ColumnInt64(1)
		counted += n
		if stmt.ColumnIsNull(0) {
			missing = n
		} else if err := add(value, n); err != nil {
			return 0, err
		}
	}
	if matching >= 0 {
		missing += matching - counted
	}
	return missing, nil
}

// top ranks the values of a column: they are not gathered, only the largest are kept.
func (r *reader) top(organization string, q *daybook.Query, field daybook.Field, limit int) (daybook.Top, error) {
	top := daybook.Top{Values: []daybook.Group{}}
	keep := func() {
		slices.SortFunc(top.Values, daybook.CompareGroups)
		top.Values = top.Values[:min(limit, len(top.Values))]
	}
	least := int64(0) // a count below it is not among the largest
	var err error
	top.Missing, err = r.column(organization, q, field, func(value func() string, n int64) error {
		if top.Other += n; n < least {
			return nil
		}
		top.Values = append(top.Values, daybook.Group{Values: []string{value()}, Count: n})
		if len(top.Values) > 2*limit {
			keep()
			least = top.Values[limit-1].Count
		}
		return nil
	})
	if err != nil {
		return daybook.Top{}, err
	}
	keep()
	for _, g := range top.Values {
		top.Other -= g.Count
	}
	return top, nil
}

// onlyBounds reports whether q asks for nothing but times.
func onlyBounds(q *daybook.Query) bool {
	_, summed := inRollup(q)
	return summed && q.Filter.IsZero() && len(q.Actions) == 0 && len(q.Outcomes) == 0 && len(q.ActorTypes) == 0 && q.ResourceType == ""
}

// total returns how many entries match q, which the rollup must know.
func (r *reader) total(organization string, q daybook.Query) (total int64, err error) {
	in, _ := inRollup(&q)
	err = r.sums(organization, in, nil, nil, func(_ int64, _ []string, n int64) { total += n })
	return total, err
}
