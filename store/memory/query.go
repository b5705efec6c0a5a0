package memory

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/daybookdev/daybook"
)

// Query returns one page; see [daybook.Store].
func (s *Store) Query(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
	found, err := s.matching(ctx, organization, &q)
	if err != nil {
		return daybook.Page{}, fmt.Errorf("query: %w", err)
	}
	slices.SortFunc(found, func(a, b kept) int { return inOrder(q.Order, a.ID, b.ID) })
	var page daybook.Page
	for _, e := range found {
		if !q.After.IsZero() && inOrder(q.Order, e.ID, q.After.ID) <= 0 {
			continue
		}
		if len(page.Entries) == q.Limit {
			page.Next = daybook.Cursor{Order: q.Order, ID: page.Entries[q.Limit-1].ID}
			break
		}
		page.Entries = append(page.Entries, e.read())
	}
	return page, nil
}

// inOrder compares two ids as the order has them. The id carries the time, so ids are enough.
func inOrder(o daybook.Order, a, b daybook.ID) int {
	if o == daybook.Oldest {
		return bytes.Compare(a[:], b[:])
	}
	return bytes.Compare(b[:], a[:])
}

// Count counts in groups; see [daybook.Store].
func (s *Store) Count(ctx context.Context, organization string, q daybook.Query, by ...daybook.Field) ([]daybook.Group, error) {
	q.Order, q.After, q.Limit = 0, daybook.Cursor{}, 0
	if err := daybook.CheckFields(by); err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	found, err := s.matching(ctx, organization, &q)
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	if len(by) == 0 {
		return []daybook.Group{{Values: []string{}, Count: int64(len(found))}}, nil
	}
	counts := map[[daybook.MaxGroupFields]string]int64{}
	for _, e := range found {
		var values [daybook.MaxGroupFields]string
		for i, f := range by {
			values[i] = f.Of(&e.Entry)
		}
		counts[values]++
	}
	if len(counts) > daybook.MaxGroups {
		return nil, fmt.Errorf("count: %w", daybook.TooManyGroups())
	}
	var groups []daybook.Group
	for values, n := range counts {
		groups = append(groups, daybook.Group{Values: slices.Clone(values[:len(by)]), Count: n})
	}
	slices.SortFunc(groups, daybook.CompareGroups)
	return groups, nil
}

// matching normalizes q and returns the organization's entries that it finds, in no order that
// means anything.
func (s *Store) matching(ctx context.Context, organization string, q *daybook.Query) ([]kept, error) {
	organization, err := daybook.NormalizeOrganization(organization)
	if err != nil {
		return nil, err
	}
	if err := q.Normalize(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	var found []kept
	for _, e := range s.entries {
		if e.OrganizationID == organization && q.Matches(&e.Entry) {
			found = append(found, e)
		}
	}
	return found, nil
}
