package daybook

import (
	"context"
	"sync"
	"time"
)

// A deadline is the context of one write: the values of the caller's context, its own end. It does
// what context.WithTimeout(context.WithoutCancel(ctx), ...) does, but makes channel and timer only
// when somebody asks for Done: most writes end long before, and this is the path of every request.
type deadline struct {
	context.Context // without cancellation; for its values
	at              time.Time

	mu    sync.Mutex // guards what follows
	err   error
	done  chan struct{}
	timer *time.Timer
}

func withDeadline(ctx context.Context, timeout time.Duration) *deadline {
	return &deadline{Context: context.WithoutCancel(ctx), at: time.Now().Add(timeout)}
}

func (d *deadline) Deadline() (time.Time, bool) { return d.at, true }

func (d *deadline) Done() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.done == nil {
		d.done = make(chan struct{})
		if d.err != nil {
			close(d.done)
		} else {
			d.timer = time.AfterFunc(time.Until(d.at), func() { d.end(context.DeadlineExceeded) })
		}
	}
	return d.done
}

func (d *deadline) Err() error {
	if !time.Now().Before(d.at) {
		d.end(context.DeadlineExceeded)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// end ends the context, once: with DeadlineExceeded by time, with Canceled when the write is over.
func (d *deadline) end(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return
	}
	d.err = err
	if d.done != nil {
		close(d.done)
		d.timer.Stop()
	}
}
