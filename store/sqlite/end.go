package sqlite

import (
	"context"
	"fmt"

	"github.com/daybookdev/daybook"
)

var _ daybook.Ender = (*Store)(nil)

// End returns the position of the last entry; see [daybook.Ender].
func (s *Store) End(ctx context.Context) (daybook.Position, error) {
	r, err := s.borrow(ctx)
	if err != nil {
		return daybook.Position{}, fmt.Errorf("end: %w", because(ctx, err))
	}
	defer s.giveBack(r)
	epoch, last, err := order(r.conn)
	if err != nil {
		return daybook.Position{}, fmt.Errorf("end: %w", because(ctx, err))
	}
	if last == 0 {
		return daybook.Position{}, nil
	}
	return daybook.Position{Epoch: epoch, Number: last}, nil
}
