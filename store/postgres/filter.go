package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
)

// each calls f for every entry that matches the condition and what is left of it.
func (s *Store) each(ctx context.Context, organization string, where *condition, f func(*daybook.Entry) error) error {
	sql := `select ` + columns + ` from activity_log a where ` + where.sql.String()
	return s.read(ctx, organization, "", sql, where.args, func(rows pgx.Rows) error {
		for rows.Next() {
			e, err := scan(rows.Scan)
			if err != nil {
				return err
			}
			if where.rest != nil && !where.rest.Matches(&e) {
				continue
			}
			if err := f(&e); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

// countRows counts entries in groups one by one.
func (s *Store) countRows(ctx context.Context, organization string, where *condition, by []daybook.Field) ([]daybook.Group, error) {
	counts := map[[daybook.MaxGroupFields]string]int64{}
	err := s.each(ctx, organization, where, func(e *daybook.Entry) error {
		var values [daybook.MaxGroupFields]string
		for i, f := range by {
			values[i] = f.Of(e)
		}
		if counts[values]++; len(counts) > daybook.MaxGroups {
			return daybook.TooManyGroups()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(by) == 0 {
		return []daybook.Group{{Values: []string{}, Count: counts[[daybook.MaxGroupFields]string{}]}}, nil
	}
	var groups []daybook.Group
	for values, n := range counts {
		groups = append(groups, daybook.Group{Values: slices.Clone(values[:len(by)]), Count: n})
	}
	slices.SortFunc(groups, daybook.CompareGroups)
	return groups, nil
}
