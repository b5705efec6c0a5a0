package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
)

var _ daybook.Ender = (*Store)(nil)

// End returns the position of the last entry that has its place; see [daybook.Ender].
func (s *Store) End(ctx context.Context) (at daybook.Position, err error) {
	if err = s.use(); err == nil {
		defer s.using.Done()
		err = s.follow(ctx, `select epoch, next_position - 1 from ledger_order where one`, nil, func(r pgx.Rows) error {
			for r.Next() {
				if err := r.Scan(&at.Epoch, &at.Number); err != nil {
					return err
				}
			}
			return r.Err()
		})
	}
	if err != nil {
		return daybook.Position{}, fmt.Errorf("end: %w", explain(err))
	}
	if at.Number == 0 {
		return daybook.Position{}, nil
	}
	return at, nil
}
