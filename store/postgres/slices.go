package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/walk"
)

// mostRows is how many rows one statement of a walk returns at most, where they are not all found.
const mostRows = 10_000

// walkPage returns a page of a query that no index serves, a slice of time at a time.
func (s *Store) walkPage(ctx context.Context, organization string, q *daybook.Query, where *condition) (daybook.Page, error) {
	var page daybook.Page
	oldest, newest, found, err := s.bounds(ctx, organization)
	if err != nil || !found {
		return page, err
	}
	order, slice := ` order by a.id desc`, `a.id >= $%d::text::uuid and a.id < $%d::text::uuid`
	if q.Order == daybook.Oldest {
		order, slice = ` order by a.id`, `a.id > $%d::text::uuid and a.id <= $%d::text::uuid`
	}
	n := len(where.args)
	sql := `select ` + columns + ` from activity_log a where ` + where.sql.String() + ` and ` + fmt.Sprintf(slice, n+1, n+2) + order
	for w := walk.New(q, oldest, newest, s.scanBudget); ; {
		low, high := w.Slice()
		for rows := mostRows; rows == mostRows; { // what is behind that many is read by another statement
			most := q.Limit - len(page.Entries) + 1 // one more tells whether there is another page
			if where.rest != nil {
				most = mostRows
			}
			var last daybook.ID
			rows, last, err = s.readSlice(ctx, organization, sql+fmt.Sprintf(` limit %d`, most), append(slices.Clone(where.args), low.String(), high.String()), where.rest, q, &page)
			if err != nil || !page.Next.IsZero() {
				return page, err
			}
			if q.Order == daybook.Oldest {
				low = last
			} else {
				high = last
			}
		}
		more, next := w.Ended()
		if !next.IsZero() {
			page.Next, page.ScannedTo = next, next.ID.Time()
		}
		if !more {
			return page, nil
		}
	}
}

// readSlice adds to the page what a statement returns and rest matches, and its Next when there is one
// more than fits. It returns how many rows there were, and the id of the last.
func (s *Store) readSlice(ctx context.Context, organization, sql string, args []any, rest daybook.FilterTree, q *daybook.Query, page *daybook.Page) (n int, last daybook.ID, err error) {
	err = s.read(ctx, organization, inOrder, sql, args, func(rows pgx.Rows) error {
		for rows.Next() {
			if !page.Next.IsZero() {
				continue // to the end, or the connection could not be used again
			}
			e, err := scan(rows.Scan)
			if err != nil {
				return err
			}
			n, last = n+1, e.ID
			switch {
			case rest != nil && !rest.Matches(&e):
			case len(page.Entries) == q.Limit:
				page.Next = daybook.Cursor{Order: q.Order, ID: page.Entries[q.Limit-1].ID}
			default:
				page.Entries = append(page.Entries, e)
			}
		}
		return rows.Err()
	})
	return n, last, err
}

// bounds returns the first and the last id of the organization, and false where it has no entries.
func (s *Store) bounds(ctx context.Context, organization string) (oldest, newest daybook.ID, found bool, err error) {
	const ends = `select (select a.id::text from activity_log a where a.organization_id = $1::text::daybook_key order by a.id limit 1),
	(select a.id::text from activity_log a where a.organization_id = $1::text::daybook_key order by a.id desc limit 1)`
	err = s.read(ctx, organization, inOrder, ends, []any{organization}, func(rows pgx.Rows) error {
		var first, last *string
		_, err := pgx.ForEachRow(rows, []any{&first, &last}, func() error {
			if found = first != nil && last != nil; !found {
				return nil
			}
			a, okA := daybook.ParseUUID(*first)
			b, okB := daybook.ParseUUID(*last)
			if oldest, newest = a, b; !okA || !okB {
				return fmt.Errorf("the column id holds %q", *first)
			}
			return nil
		})
		return err
	})
	return oldest, newest, found, err
}

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
