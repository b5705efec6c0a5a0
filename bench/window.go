package main

import (
	"context"
	"sync"
	"time"
)

// A window is the time in which calls are counted. Before it opens the callers warm up; once it is
// closed nobody begins another call. Those that began within it are still timed, since the slowest
// are among them, for as long again; then they are given up, and have taken at least as long as
// they waited.
type window struct {
	length        time.Duration
	opens, closes time.Time
	fewest        int // calls to be timed before it may close

	mu     sync.Mutex // guards what follows
	opened time.Time
	closed time.Time
	cpu    time.Duration // of the process while open
	begun  int           // calls
	ended  int           // calls, while open
	cut    int           // calls that were given up: they may have done their work or not
	took   []float64     // milliseconds of each call that began while open
	fault  error         // the first
}

func newWindow(length time.Duration) *window {
	now := time.Now()
	return &window{length: length, opens: now.Add(length / 5), closes: now.Add(length/5 + length), fewest: 5}
}

// run has callers call, each again and again until the window is closed. call gets the number of the
// call.
func (w *window) run(ctx context.Context, callers int, call func(ctx context.Context, n int) error) error {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for {
				began := time.Now()
				n, ok := w.begin(began)
				if !ok {
					return
				}
				err := call(ctx, n)
				if w.end(began, err, ctx.Err() != nil) {
					time.AfterFunc(w.length, giveUp)
				}
			}
		})
	}
	wg.Wait()
	return w.fault
}

func (w *window) begin(now time.Time) (n int, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed.IsZero() || w.fault != nil {
		return 0, false
	}
	if w.opened.IsZero() && !now.Before(w.opens) {
		w.opened, w.cpu = now, cpuTime()
	}
	w.begun++
	return w.begun - 1, true
}

// end counts a call, which may have been given up, and reports whether it was the one that closed
// the window.
func (w *window) end(began time.Time, err error, givenUp bool) (closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	switch {
	case err != nil && !w.closed.IsZero() && givenUp:
		w.cut++
	case err != nil && w.fault == nil:
		w.fault = err
	}
	if w.opened.IsZero() {
		return false
	}
	if !began.Before(w.opened) {
		w.took = append(w.took, now.Sub(began).Seconds()*1000)
	}
	if !w.closed.IsZero() {
		return false
	}
	w.ended++
	if now.Before(w.closes) || len(w.took) < w.fewest {
		return false
	}
	w.closed, w.cpu = now, cpuTime()-w.cpu
	return true
}

func (w *window) counted() counted {
	return counted{
		perSecond: float64(w.ended) / w.closed.Sub(w.opened).Seconds(),
		p50:       percentile(w.took, 50),
		p99:       percentile(w.took, 99),
		slowest:   percentile(w.took, 100),
		cpu:       float64(w.cpu.Microseconds()) / float64(w.ended),
	}
}
