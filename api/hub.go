package api

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/daybookdev/daybook"
)

// A hub reads the order of the log once for all event streams. It runs as long as there is a stream;
// what it has read lately it keeps, and whoever is further behind reads the store.
type hub struct {
	store daybook.Store

	mu      sync.Mutex // guards what follows
	streams int
	stop    context.CancelFunc // ends the goroutine that reads; nil: there is none
	start   daybook.Position   // what recent begins behind
	recent  []daybook.Sequenced
	err     error         // that ended the reading
	changed chan struct{} // closed, and replaced, when something follows or the reading ends
}

const (
	hubKeeps = 8192
	hubBatch = 500
	hubPoll  = 250 * time.Millisecond
)

func newHub(s daybook.Store) *hub { return &hub{store: s, changed: make(chan struct{})} }

// join counts a stream, which must call leave, and returns where the order ends.
func (h *hub) join(ctx context.Context) (end daybook.Position, leave func(), err error) {
	end, err = h.end(ctx)
	if err != nil {
		return end, func() {}, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams++; h.stop == nil {
		ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
		h.stop, h.start, h.recent, h.err = stop, end, nil, nil
		go h.run(ctx, end) // until the last stream leaves, or an error
	}
	return end, h.leave, nil
}

func (h *hub) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams--; h.streams == 0 && h.stop != nil {
		h.stop()
		h.stop, h.recent = nil, nil
	}
}

// end returns where the order ends now.
func (h *hub) end(ctx context.Context) (at daybook.Position, err error) {
	if e, ok := h.store.(daybook.Ender); ok {
		return e.Last(ctx)
	}
	for {
		_, next, err := h.store.Tail(ctx, at, daybook.MaxLimit)
		if err != nil || next == at {
			return at, err
		}
		at = next
	}
}

func (h *hub) run(ctx context.Context, at daybook.Position) {
	err := daybook.Follow(ctx, h.store, &daybook.FollowOptions{From: at, Batch: hubBatch, Poll: hubPoll},
		func(_ context.Context, batch []daybook.Sequenced) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			if ctx.Err() != nil {
				return ctx.Err()
			}
			h.recent = append(h.recent, batch...)
			if over := len(h.recent) - hubKeeps; over > 0 {
				h.start = h.recent[over-1].Position
				h.recent = append([]daybook.Sequenced(nil), h.recent[over:]...) // so that the old ones are freed
			}
			h.signal()
			return nil
		})
	h.mu.Lock()
	defer h.mu.Unlock()
	if ctx.Err() == nil { // otherwise another may run already
		h.err, h.stop = err, nil
		h.signal()
	}
}

// signal wakes who waits. The caller holds mu.
func (h *hub) signal() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// read returns what follows a position, and the position behind it. It waits until there is
// something, or ctx ends: then it returns nothing, and no error.
func (h *hub) read(ctx context.Context, after daybook.Position) ([]daybook.Sequenced, daybook.Position, error) {
	for {
		batch, changed, recent, err := h.look(after)
		if err == nil && !recent {
			// Further behind than what is kept.
			var next daybook.Position
			if batch, next, err = h.store.Tail(ctx, after, hubBatch); err == nil && next != after {
				return batch, next, nil
			}
		}
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, after, nil
		case err != nil:
			return nil, after, err
		case len(batch) > 0:
			return batch, batch[len(batch)-1].Position, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, after, nil
		}
	}
}

// look returns what of recent lies behind a position; recent is false when the position is before
// its beginning.
func (h *hub) look(after daybook.Position) (batch []daybook.Sequenced, changed chan struct{}, recent bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.err != nil:
		return nil, h.changed, true, errors.Join(errUnavailable, h.err)
	case after.Epoch != h.start.Epoch && h.start != (daybook.Position{}) || after.Number < h.start.Number:
		return nil, h.changed, false, nil
	}
	from := len(h.recent)
	for from > 0 && h.recent[from-1].Position.Number > after.Number {
		from--
	}
	to := min(len(h.recent), from+hubBatch)
	return h.recent[from:to:to], h.changed, true, nil
}
