package memory

import (
	"context"
	"fmt"
	"time"

	"github.com/daybookdev/daybook"
)

// Histogram counts in buckets; see [daybook.Reporter].
func (s *Store) Histogram(ctx context.Context, organization string, q daybook.Query, edges []time.Time, by ...daybook.Field) ([]daybook.Bucket, error) {
	tally, err := daybook.NewTally(edges, by...)
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	q.Order, q.After, q.Limit = 0, daybook.Cursor{}, 0
	found, err := s.matching(ctx, organization, &q)
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	for _, e := range found {
		value := ""
		for _, f := range by {
			value = f.Of(&e.Entry)
		}
		tally.Add(e.CreatedAt, value, 1)
	}
	buckets, err := tally.Buckets()
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", err)
	}
	return buckets, nil
}

// Top ranks the values of a field; see [daybook.Reporter].
func (s *Store) Top(ctx context.Context, organization string, q daybook.Query, field daybook.Field, limit int) (daybook.Top, error) {
	ranking, err := daybook.NewRanking(field, limit)
	if err != nil {
		return daybook.Top{}, fmt.Errorf("top: %w", err)
	}
	q.Order, q.After, q.Limit = 0, daybook.Cursor{}, 0
	found, err := s.matching(ctx, organization, &q)
	if err != nil {
		return daybook.Top{}, fmt.Errorf("top: %w", err)
	}
	for _, e := range found {
		if err := ranking.AddEntry(&e.Entry); err != nil {
			return daybook.Top{}, fmt.Errorf("top: %w", err)
		}
	}
	return ranking.Top(), nil
}
