package storetest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// tailed makes Tail return another answer.
func tailed(change func(after daybook.Position, entries []daybook.Sequenced, next daybook.Position) ([]daybook.Sequenced, daybook.Position)) func(*faulty) {
	return func(s *faulty) {
		s.tail = func(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error) {
			entries, next, err := s.Store.Tail(ctx, after, limit)
			if err == nil {
				entries, next = change(after, entries, next)
			}
			return entries, next, err
		}
	}
}

// tailing makes Tail return another order: that of what all returns, whose positions are places.
func tailing(s *faulty, all func() []daybook.Sequenced) {
	s.tail = func(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error) {
		if limit == 0 {
			limit = daybook.DefaultLimit
		}
		var entries []daybook.Sequenced
		for _, e := range all() {
			if e.Position.Number > after.Number && len(entries) < limit {
				entries = append(entries, e)
			}
		}
		if len(entries) > 0 {
			after = entries[len(entries)-1].Position
		}
		return entries, after, nil
	}
}

// orderedByTime is the fault that a store has whose order is that of its ids.
func orderedByTime(s *faulty) {
	tailing(s, func() []daybook.Sequenced {
		all, _, _ := s.Store.Tail(context.Background(), daybook.Position{}, 1<<30)
		slices.SortFunc(all, func(a, b daybook.Sequenced) int { return slices.Compare(a.ID[:], b.ID[:]) })
		for i := range all {
			all[i].Position.Number = int64(i + 1)
		}
		return all
	})
}

// placedBeforeCommit is the fault that a store has whose sequence is drawn when an append begins:
// places become visible out of their order.
func placedBeforeCommit(s *faulty) {
	drawn := int64(0)
	var visible []daybook.Sequenced
	s.append = func(ctx context.Context, entries []daybook.Entry) error {
		if err := s.Store.Append(ctx, entries...); err != nil {
			return err
		}
		s.mu.Lock()
		first := drawn + 1
		drawn += int64(len(entries))
		s.mu.Unlock()
		time.Sleep(time.Duration(first%3) * 20 * time.Millisecond) // of a bubble
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, e := range entries {
			visible = append(visible, daybook.Sequenced{Position: daybook.Position{Epoch: 1, Number: first + int64(i)}, Entry: e})
		}
		slices.SortFunc(visible, func(a, b daybook.Sequenced) int { return int(a.Position.Number - b.Position.Number) })
		return nil
	}
	tailing(s, func() []daybook.Sequenced {
		s.mu.Lock()
		defer s.mu.Unlock()
		return slices.Clone(visible)
	})
}

func tailFaults() []fault {
	return []fault{
		{"the end is one entry too early", func(s *faulty) {
			s.last = func(ctx context.Context) (daybook.Position, error) {
				at, err := s.Store.Last(ctx)
				at.Number = max(0, at.Number-1)
				return at, err
			}
		}, []string{"end/the end is where tail ends"}},

		{"Tail skips one entry", tailed(func(_ daybook.Position, entries []daybook.Sequenced, next daybook.Position) ([]daybook.Sequenced, daybook.Position) {
			return slices.DeleteFunc(entries, func(e daybook.Sequenced) bool { return e.Position.Number == 5 }), next
		}), []string{"tail/every entry", "tail/Tail and Query", "tail/with eight writers", "tail/a follower can go on", "model/"}},

		{"Tail returns an entry twice", tailed(func(_ daybook.Position, entries []daybook.Sequenced, next daybook.Position) ([]daybook.Sequenced, daybook.Position) {
			if len(entries) > 0 && entries[0].Position.Number == 1 {
				entries = append(entries[:1:1], entries...)
			}
			return entries, next
		}), []string{"tail/every entry", "tail/with eight writers"}},

		{"every entry has the position of its batch", tailed(func(_ daybook.Position, entries []daybook.Sequenced, next daybook.Position) ([]daybook.Sequenced, daybook.Position) {
			for i := range entries {
				entries[i].Position = next
			}
			return entries, next
		}), []string{"tail/a follower can go on"}},

		{"the order is that of the times", orderedByTime,
			[]string{"tail/an entry with an earlier time", "tail/every entry", "transact/a transaction that commits late", "transact/Tail with slow"}},

		{"places are drawn before the commit", placedBeforeCommit, []string{"tail/with eight writers"}},

		{"an entry that is sent again comes again", func(s *faulty) {
			var sent []daybook.Sequenced
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				err := s.Store.Append(ctx, entries...)
				for _, e := range entries {
					if err == nil {
						sent = append(sent, daybook.Sequenced{Position: daybook.Position{Epoch: 1, Number: int64(len(sent) + 1)}, Entry: e})
					}
				}
				return err
			}
			tailing(s, func() []daybook.Sequenced { return sent })
		}, []string{"tail/an entry that is sent again", "same id/the same entry again"}},

		{"the limit of Tail is ignored", func(s *faulty) {
			s.tail = func(ctx context.Context, after daybook.Position, _ int) ([]daybook.Sequenced, daybook.Position, error) {
				return s.Store.Tail(ctx, after, 1<<30)
			}
		}, []string{"tail/at most as many"}},

		{"at the end Tail begins anew", tailed(func(_ daybook.Position, entries []daybook.Sequenced, next daybook.Position) ([]daybook.Sequenced, daybook.Position) {
			if len(entries) == 0 {
				next = daybook.Position{}
			}
			return entries, next
		}), []string{"tail/at the end"}},

		{"a position beyond the end waits there", func(s *faulty) {
			s.tail = func(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error) {
				entries, next, err := s.Store.Tail(ctx, after, limit)
				if errors.Is(err, daybook.ErrPosition) {
					return nil, after, nil
				}
				return entries, next, err
			}
		}, []string{"tail/a position that the store"}},

		{"the epoch is ignored", func(s *faulty) {
			s.tail = func(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error) {
				if after.Number > 0 {
					after.Epoch = 1
				}
				return s.Store.Tail(ctx, after, limit)
			}
		}, []string{"tail/a position that the store"}},

		{"Tail leaves out the details", tailed(func(_ daybook.Position, entries []daybook.Sequenced, next daybook.Position) ([]daybook.Sequenced, daybook.Position) {
			for i := range entries {
				entries[i].Details = nil
			}
			return entries, next
		}), []string{"tail/Tail and Query", "tail/every entry", "details/details of every shape"}},

		{"the entries of a call are appended backwards", func(s *faulty) {
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				entries = slices.Clone(entries)
				slices.Reverse(entries)
				return s.Store.Append(ctx, entries...)
			}
		}, []string{"tail/every entry", "tail/with eight writers"}},

		{"Watch never wakes", func(s *faulty) {
			s.watch = func(ctx context.Context, _ daybook.Position) error {
				<-ctx.Done()
				return ctx.Err()
			}
		}, []string{"watch/Watch returns", "watch/Watch does not wait", "close/a closed store"}},

		{"Watch waits for the next append", func(s *faulty) {
			s.watch = func(ctx context.Context, after daybook.Position) error {
				_, end, err := s.Store.Tail(ctx, daybook.Position{}, 1<<30)
				return errors.Join(err, s.Store.Watch(ctx, end))
			}
		}, []string{"watch/Watch does not wait"}},

		{"Watch returns for nothing", func(s *faulty) {
			s.watch = func(context.Context, daybook.Position) error { return nil }
		}, []string{"watch/Watch on a quiet store"}},

		{"the first saved position stays", func(s *faulty) {
			s.save = func(ctx context.Context, follower string, p daybook.Position) error {
				if first, _ := s.Store.LoadPosition(ctx, follower); first != (daybook.Position{}) {
					return nil
				}
				return s.Store.SavePosition(ctx, follower, p)
			}
		}, []string{"positions/a saved position", "positions/a follower without"}},

		{"followers are compared without case", func(s *faulty) {
			s.save = func(ctx context.Context, follower string, p daybook.Position) error {
				return s.Store.SavePosition(ctx, strings.ToLower(follower), p)
			}
			s.load = func(ctx context.Context, follower string) (daybook.Position, error) {
				return s.Store.LoadPosition(ctx, strings.ToLower(follower))
			}
		}, []string{"positions/a follower without", "positions/each follower"}},

		{"a closed store goes on", func(s *faulty) {
			s.close = func() error { return nil }
		}, []string{"close/a closed store", "close/an append that meets"}},

		{"the second Close fails", func(s *faulty) {
			closed := false
			s.close = func() error {
				if closed {
					return daybook.ErrClosed
				}
				closed = true
				return s.Store.Close()
			}
		}, []string{"close/to close"}},

		{"behind Close the driver's error comes through", func(s *faulty) {
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				err := s.Store.Append(ctx, entries...)
				if errors.Is(err, daybook.ErrClosed) {
					return errors.New("sql: database is closed")
				}
				return err
			}
		}, []string{"close/an append that meets", "close/a closed store"}},
	}
}
