package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
)

var _ daybook.Reporter = (*Store)(nil)

// Count counts in groups; see [daybook.Store].
func (s *Store) Count(ctx context.Context, organization string, q daybook.Query, by ...daybook.Field) ([]daybook.Group, error) {
	organization, err := daybook.NormalizeOrganization(organization)
	q.Order, q.After, q.Limit = 0, daybook.Cursor{}, 0
	if err == nil {
		err = q.Normalize()
	}
	if err == nil {
		err = daybook.CheckFields(by)
	}
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	groups, err := s.groups(ctx, organization, &q, by)
	if err != nil {
		return nil, fmt.Errorf("count: %w", explain(err))
	}
	return groups, nil
}

func (s *Store) groups(ctx context.Context, organization string, q *daybook.Query, by []daybook.Field) ([]daybook.Group, error) {
	where, ok := compile(s.ids, organization, q)
	if edges := span(q); ok && inRollup(q, by) && wholeHour(edges) {
		return s.countInRollup(ctx, organization, q, edges, by)
	}
	if !ok {
		if err := s.open(); err != nil || len(by) > 0 {
			return nil, err
		}
		return []daybook.Group{{Values: []string{}}}, nil
	}
	if where.rest != nil {
		return s.countRows(ctx, organization, where, by)
	}
	var names, texts []string
	for _, f := range by { // checked: each is also the name of its column
		names = append(names, `a.`+string(f))
		texts = append(texts, `coalesce(a.`+string(f)+`::text, '')`)
	}
	sql := `select ` + strings.Join(append(texts, `count(*)`), `, `) + ` from activity_log a where ` + where.sql.String()
	if len(by) > 0 {
		sql += ` group by ` + strings.Join(names, `, `) + fmt.Sprintf(` limit %d`, daybook.MaxGroups+1)
	}
	var groups []daybook.Group
	err := s.read(ctx, organization, "", sql, where.args, func(rows pgx.Rows) error {
		for rows.Next() {
			g := daybook.Group{Values: make([]string, len(by))}
			var to []any
			for i := range by {
				to = append(to, &g.Values[i])
			}
			if err := rows.Scan(append(to, &g.Count)...); err != nil {
				return err
			}
			groups = append(groups, g)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	if len(groups) > daybook.MaxGroups {
		return nil, daybook.TooManyGroups()
	}
	slices.SortFunc(groups, daybook.CompareGroups)
	return groups, nil
}

// span returns the edges of the one bucket in which all of a count lies.
func span(q *daybook.Query) []time.Time {
	from, to := q.From, q.To
	if from.IsZero() {
		from = beginning
	}
	if to.IsZero() {
		to = end
	}
	return []time.Time{from, to}
}

// wholeHour reports whether a whole hour lies between an edge and the next: otherwise the rollup has
// nothing to say.
func wholeHour(edges []time.Time) bool {
	for i := range len(edges) - 1 {
		if ceil(edges[i].UTC(), hours).Before(floor(edges[i+1].UTC(), hours)) {
			return true
		}
	}
	return false
}

func (s *Store) countInRollup(ctx context.Context, organization string, q *daybook.Query, edges []time.Time, by []daybook.Field) ([]daybook.Group, error) {
	counts := map[[daybook.MaxGroupFields]string]int64{}
	if len(by) == 0 {
		counts[[daybook.MaxGroupFields]string{}] = 0
	}
	err := s.sums(ctx, organization, q, edges, by, func(_ int, values []string, n int64) error {
		var group [daybook.MaxGroupFields]string
		copy(group[:], values)
		if counts[group] += n; len(counts) > daybook.MaxGroups {
			return daybook.TooManyGroups()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var groups []daybook.Group
	for values, n := range counts {
		groups = append(groups, daybook.Group{Values: slices.Clone(values[:len(by)]), Count: n})
	}
	slices.SortFunc(groups, daybook.CompareGroups)
	return groups, nil
}

// Histogram counts in buckets; see [daybook.Reporter].
func (s *Store) Histogram(ctx context.Context, organization string, q daybook.Query, edges []time.Time, by ...daybook.Field) ([]daybook.Bucket, error) {
	tally, err := daybook.NewTally(edges, by...)
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	if organization, err = forReport(organization, &q); err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	if err := s.fill(ctx, organization, q, edges, by, tally); err != nil {
		return nil, fmt.Errorf("histogram: %w", explain(err))
	}
	buckets, err := tally.Buckets()
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	return buckets, nil
}

// forReport normalizes what a report is about.
func forReport(organization string, q *daybook.Query) (string, error) {
	q.Order, q.After, q.Limit = 0, daybook.Cursor{}, 0
	organization, err := daybook.NormalizeOrganization(organization)
	return organization, errors.Join(err, q.Normalize())
}

// fill adds to the tally what matches q between the edges.
func (s *Store) fill(ctx context.Context, organization string, q daybook.Query, edges []time.Time, by []daybook.Field, tally *daybook.Tally) error {
	q = q.Within(edges[0], edges[len(edges)-1])
	where, ok := compile(s.ids, organization, &q)
	if !ok || !q.From.Before(q.To) {
		return s.open()
	}
	edges = clip(edges, q.From, q.To)
	add := func(bucket int, values []string, n int64) error {
		tally.Add(edges[bucket], strings.Join(values, ""), n) // of one field, or none
		return nil
	}
	if inRollup(&q, by) && wholeHour(edges) {
		return s.sums(ctx, organization, &q, edges, by, add)
	}
	if where.rest != nil {
		return s.each(ctx, organization, where, func(e *daybook.Entry) error {
			value := ""
			for _, f := range by {
				value = f.Of(e)
			}
			tally.Add(e.CreatedAt, value, 1)
			return nil
		})
	}
	b := make([]string, len(edges))
	for i, e := range edges {
		b[i] = stamp(e)
	}
	value := `''`
	for _, f := range by { // checked: it is also the name of its column
		value = `coalesce(a.` + string(f) + `::text, '')`
	}
	where.args = append(where.args, b)
	sql := fmt.Sprintf(`select width_bucket(a.created_at, (select $%d::text[]::timestamptz[])), %s, count(*) from activity_log a where %s group by 1, 2 limit %d`,
		len(where.args), value, where.sql.String(), daybook.MaxBucketGroups+1)
	return s.read(ctx, organization, "", sql, where.args, func(rows pgx.Rows) error {
		var bucket int
		var value string
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&bucket, &value, &n}, func() error { return add(bucket-1, []string{value}, n) })
		return err
	})
}

// clip returns the edges of the part of the buckets that lies between from and to.
func clip(edges []time.Time, from, to time.Time) []time.Time {
	clipped := []time.Time{from}
	for _, e := range edges {
		if e.After(from) && e.Before(to) {
			clipped = append(clipped, e)
		}
	}
	return append(clipped, to)
}

// Top ranks the values of a field; see [daybook.Reporter].
func (s *Store) Top(ctx context.Context, organization string, q daybook.Query, field daybook.Field, limit int) (daybook.Top, error) {
	ranking, err := daybook.NewRanking(field, limit)
	if err != nil {
		return daybook.Top{}, fmt.Errorf("top: %w", err)
	}
	if organization, err = forReport(organization, &q); err != nil {
		return daybook.Top{}, fmt.Errorf("top: %w", err)
	}
	top, err := s.top(ctx, organization, &q, field, ranking)
	if err != nil {
		return daybook.Top{}, fmt.Errorf("top: %w", explain(err))
	}
	return top, nil
}

func (s *Store) top(ctx context.Context, organization string, q *daybook.Query, field daybook.Field, ranking *daybook.Ranking) (daybook.Top, error) {
	where, ok := compile(s.ids, organization, q)
	if !ok {
		return ranking.Top(), s.open()
	}
	if by := []daybook.Field{field}; inRollup(q, by) && wholeHour(span(q)) {
		err := s.sums(ctx, organization, q, span(q), by, func(_ int, values []string, n int64) error { return ranking.Add(values[0], n) })
		return ranking.Top(), err
	}
	if where.rest != nil {
		err := s.each(ctx, organization, where, ranking.AddEntry)
		return ranking.Top(), err
	}
	from, value := `activity_log a`, `a.`+string(field) // checked: it is also the name of its column
	if field.InDetails() {
		path, err := jsonPath(field)
		if err != nil {
			return daybook.Top{}, err
		}
		where.args = append(where.args, path)
		value = `d.value`
		// Of a list, each distinct item once. What is neither text, number nor boolean is no value.
		from += fmt.Sprintf(` left join lateral (select distinct v #>> '{}' as value from jsonb_path_query(a.details, $%d::text::jsonpath, silent => true) v
			where jsonb_typeof(v) in ('string', 'number', 'boolean')) d on true`, len(where.args))
	}
	sql := `with counts as (
	select ` + value + `::text as value, count(*) as n from ` + from + ` where ` + where.sql.String() + ` group by 1
)
select c.total, c.missing, t.value, t.n
from (select coalesce(sum(n) filter (where value is not null), 0)::bigint as total, coalesce(sum(n) filter (where value is null), 0)::bigint as missing from counts) c
left join lateral (select value, n from counts where value is not null order by n desc, value collate "C" limit ` + fmt.Sprint(ranking.Limit()) + `) t on true`
	top := daybook.Top{Values: []daybook.Group{}}
	err := s.read(ctx, organization, "", sql, where.args, func(rows pgx.Rows) error {
		var value *string
		var n *int64
		_, err := pgx.ForEachRow(rows, []any{&top.Other, &top.Missing, &value, &n}, func() error {
			if value != nil {
				top.Values = append(top.Values, daybook.Group{Values: []string{*value}, Count: *n})
			}
			return nil
		})
		return err
	})
	for _, g := range top.Values {
		top.Other -= g.Count
	}
	slices.SortFunc(top.Values, daybook.CompareGroups)
	return top, err
}

// jsonPath returns the path of PostgreSQL (section 9.16.2) to the values of a field in details. In
// its lax mode it looks into lists as [daybook.Field.Values] does.
func jsonPath(field daybook.Field) (string, error) {
	steps, err := field.Steps()
	if err != nil {
		return "", err
	}
	var path strings.Builder
	path.WriteString(`lax $`)
	for _, name := range steps {
		if strings.ContainsRune(name, 0) {
			return `lax $ ? (1 == 0)`, nil // no entry has such a name, and no path of PostgreSQL either
		}
		quoted, err := json.Marshal(name)
		if err != nil {
			return "", err
		}
		path.WriteString(`.`)
		path.Write(quoted)
	}
	path.WriteString(`[*]`)
	return path.String(), nil
}
