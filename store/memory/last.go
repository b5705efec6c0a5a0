package memory

import (
	"context"
	"fmt"

	"github.com/daybookdev/daybook"
)

var _ daybook.Ender = (*Store)(nil)

// Last returns the position of the last entry; see [daybook.Ender].
func (s *Store) Last(ctx context.Context) (daybook.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return daybook.Position{}, fmt.Errorf("last: %w", err)
	}
	if len(s.entries) == 0 {
		return daybook.Position{}, nil
	}
	return daybook.Position{Epoch: epoch, Number: int64(len(s.entries))}, nil
}
