package server

import (
	"context"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/sqlite"
)

// measure returns the store with its operations measured. The abilities that it has beyond those of a
// daybook.Store show through, which is why there is a type for each.
func (m *metrics) measure(s Store) Store {
	switch s := s.(type) {
	case *sqlite.Store:
		return &measuredSQLite{s, m}
	case *postgres.Store:
		return &measuredPostgres{s, m}
	}
	return s
}

type measuredSQLite struct {
	*sqlite.Store
	metrics *metrics
}

type measuredPostgres struct {
	*postgres.Store
	metrics *metrics
}

func (s *measuredSQLite) Append(ctx context.Context, entries ...daybook.Entry) error {
	begun := time.Now()
	err := s.Store.Append(ctx, entries...)
	s.metrics.appended(begun, entries, err)
	return err
}

func (s *measuredSQLite) Query(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
	defer s.metrics.since("query", time.Now())
	return s.Store.Query(ctx, organization, q)
}

func (s *measuredSQLite) Count(ctx context.Context, organization string, q daybook.Query, by ...daybook.Field) ([]daybook.Group, error) {
	defer s.metrics.since("count", time.Now())
	return s.Store.Count(ctx, organization, q, by...)
}

func (s *measuredSQLite) Tail(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error) {
	defer s.metrics.since("tail", time.Now())
	return s.Store.Tail(ctx, after, limit)
}

func (s *measuredPostgres) Append(ctx context.Context, entries ...daybook.Entry) error {
	begun := time.Now()
	err := s.Store.Append(ctx, entries...)
	s.metrics.appended(begun, entries, err)
	return err
}

func (s *measuredPostgres) Query(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
	defer s.metrics.since("query", time.Now())
	return s.Store.Query(ctx, organization, q)
}

func (s *measuredPostgres) Count(ctx context.Context, organization string, q daybook.Query, by ...daybook.Field) ([]daybook.Group, error) {
	defer s.metrics.since("count", time.Now())
	return s.Store.Count(ctx, organization, q, by...)
}

func (s *measuredPostgres) Tail(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error) {
	defer s.metrics.since("tail", time.Now())
	return s.Store.Tail(ctx, after, limit)
}
