package server

import (
	"context"
	"time"

	"github.com/daybookdev/daybook"
)

// A measured store is one whose operations are measured. All that a Store is shows through.
type measured struct {
	Store
	metrics *metrics
}

func (m *metrics) measure(s Store) Store { return &measured{s, m} }

func (s *measured) Append(ctx context.Context, entries ...daybook.Entry) error {
	begun := time.Now()
	err := s.Store.Append(ctx, entries...)
	s.metrics.appended(begun, entries, err)
	return err
}

func (s *measured) Query(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
	defer s.metrics.since("query", time.Now())
	return s.Store.Query(ctx, organization, q)
}

func (s *measured) Count(ctx context.Context, organization string, q daybook.Query, by ...daybook.Field) ([]daybook.Group, error) {
	defer s.metrics.since("count", time.Now())
	return s.Store.Count(ctx, organization, q, by...)
}

func (s *measured) Tail(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error) {
	defer s.metrics.since("tail", time.Now())
	return s.Store.Tail(ctx, after, limit)
}
