package daybook

import (
	"context"
	"fmt"
	"time"
)

// FollowOptions are where and how [Follow] reads. The zero FollowOptions read from the first entry.
type FollowOptions struct {
	// Name, when set, is the follower's: it goes on behind the position saved under this name, and
	// saves one after every batch. The store must be a Positions. At most one follower of a name
	// may run at a time.
	Name string

	// From is where a follower without a saved position begins.
	From Position

	// Batch is the most entries handed over at once: 0 means 500.
	Batch int

	// Poll is how long to wait at the end before looking again, in a store that is no Watcher, and
	// for entries that another process wrote: 0 means 250 ms.
	Poll time.Duration
}

// Follow hands every entry of the store, of all organizations, to f in the total order, and goes on
// with new ones until ctx ends or something fails; it returns that error.
//
// Delivery is at least once: the position is saved after f returns nil, so a crash between the two
// hands the batch over again. An error of f ends Follow and the batch is not passed. f must not
// keep the slice.
func Follow(ctx context.Context, s Store, options *FollowOptions, f func(ctx context.Context, batch []Sequenced) error) error {
	var o FollowOptions
	if options != nil {
		o = *options
	}
	if o.Batch <= 0 {
		o.Batch = 500
	}
	if o.Poll <= 0 {
		o.Poll = 250 * time.Millisecond
	}
	at := o.From
	positions, saves := s.(Positions)
	if o.Name != "" {
		if !saves {
			return fmt.Errorf("follow as %q: the store keeps no positions", o.Name)
		}
		saved, err := positions.LoadPosition(ctx, o.Name)
		if err != nil {
			return fmt.Errorf("follow as %q: %w", o.Name, err)
		}
		if saved != (Position{}) {
			at = saved
		}
	}
	for {
		batch, next, err := s.Tail(ctx, at, o.Batch)
		if err != nil {
			return fmt.Errorf("follow: %w", err)
		}
		if len(batch) > 0 {
			if err := f(ctx, batch); err != nil {
				return err
			}
		}
		if next != at && o.Name != "" {
			// What f has taken is saved although ctx ended meanwhile: a clean stop repeats nothing.
			if err := save(ctx, positions, o.Name, next); err != nil {
				return fmt.Errorf("follow as %q: %w", o.Name, err)
			}
		}
		if next == at {
			if err := await(ctx, s, at, o.Poll); err != nil {
				return err
			}
		}
		at = next
	}
}

func save(ctx context.Context, to Positions, name string, p Position) error {
	d := withDeadline(ctx, 5*time.Second)
	defer d.end(context.Canceled)
	return to.SavePosition(d, name, p)
}

// await returns when there may be something behind at, and with ctx's error when it ends.
func await(ctx context.Context, s Store, at Position, poll time.Duration) error {
	wait, cancel := context.WithTimeout(ctx, poll)
	defer cancel()
	if w, ok := s.(Watcher); ok {
		if err := w.Watch(wait, at); err != nil && wait.Err() == nil {
			return fmt.Errorf("follow: %w", err)
		}
	} else {
		<-wait.Done()
	}
	return ctx.Err()
}
