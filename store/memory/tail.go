package memory

import (
	"context"
	"fmt"

	"github.com/daybookdev/daybook"
)

// Tail returns entries of all organizations in the total order; see [daybook.Store].
func (s *Store) Tail(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error) {
	if limit <= 0 {
		limit = daybook.DefaultLimit
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, after, fmt.Errorf("tail: %w", err)
	}
	last := int64(len(s.entries))
	if after.Number < 0 || after.Number > last || after != (daybook.Position{}) && after.Epoch != epoch {
		return nil, after, fmt.Errorf("tail: %w %v: this log is at %v", daybook.ErrPosition, after, daybook.Position{Epoch: epoch, Number: last})
	}
	var entries []daybook.Sequenced
	for after.Number < last && len(entries) < limit {
		e := &s.entries[after.Number]
		after = daybook.Position{Epoch: epoch, Number: after.Number + 1}
		entries = append(entries, daybook.Sequenced{Position: after, Entry: e.read()})
	}
	return entries, after, nil
}

// Watch returns when something was appended behind the position; see [daybook.Watcher].
func (s *Store) Watch(ctx context.Context, after daybook.Position) error {
	s.mu.Lock()
	err, behind, changed := s.usable(ctx), int64(len(s.entries)) > after.Number, s.changed
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	if behind {
		return nil
	}
	select {
	case <-changed:
		return nil
	case <-s.gone:
		return fmt.Errorf("watch: %w", daybook.ErrClosed)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// LoadPosition returns a follower's saved position; see [daybook.Positions].
func (s *Store) LoadPosition(ctx context.Context, follower string) (daybook.Position, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return daybook.Position{}, fmt.Errorf("load position: %w", err)
	}
	return s.positions[follower], nil
}

// SavePosition keeps a follower's position; see [daybook.Positions].
func (s *Store) SavePosition(ctx context.Context, follower string, p daybook.Position) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return fmt.Errorf("save position: %w", err)
	}
	s.positions[follower] = p
	return nil
}
