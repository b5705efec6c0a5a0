package ledger

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"time"
)

// A Publisher takes checkpoints to a place that the database's owner does not reach.
type Publisher interface {
	// Name tells the place, in logs and metrics.
	Name() string

	// Publish keeps a signed checkpoint there. nil means that it is kept. The same one may come
	// again.
	Publish(ctx context.Context, c Checkpoint, note string) error
}

// Keeps is a Publisher that can be read again.
type Keeps interface {
	// Kept returns the newest checkpoint of each log, and may return older ones too.
	Kept(ctx context.Context) iter.Seq2[string, error]
}

// PublisherStatus is how a Publisher fares.
type PublisherStatus struct {
	Name    string
	Behind  int           // logs whose newest checkpoint it does not have
	Lag     time.Duration // how long the oldest of these waits
	Fault   error         // of the last attempt
	Success time.Time     // of the last checkpoint that it took; zero: none
}

const (
	publishTimeout = 30 * time.Second
	publishPause   = time.Second // behind a failure; it grows
	publishLongest = time.Minute
)

// A publishing gives one Publisher the newest checkpoint of each log. A Publisher that hangs holds up
// no other, and of a log that grew meanwhile gets the newest only.
type publishing struct {
	Publisher
	log  *slog.Logger
	wake chan struct{}

	mu      sync.Mutex // guards what follows
	queue   []string   // origins, in the order in which they came to wait
	waiting map[string]waitingNote
	fault   error
	success time.Time
}

type waitingNote struct {
	Signed
	since time.Time
}

func newPublishing(p Publisher, log *slog.Logger) *publishing {
	return &publishing{Publisher: p, log: log, wake: make(chan struct{}, 1), waiting: map[string]waitingNote{}}
}

func (p *publishing) offer(s Signed) {
	p.mu.Lock()
	w, ok := p.waiting[s.Origin]
	if !ok {
		w.since = time.Now()
		p.queue = append(p.queue, s.Origin)
	}
	if s.Size >= w.Size {
		w.Signed = s
	}
	p.waiting[s.Origin] = w
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *publishing) run(ctx context.Context) {
	pause := publishPause
	for {
		p.mu.Lock()
		var next waitingNote
		if len(p.queue) > 0 {
			next = p.waiting[p.queue[0]]
		}
		p.mu.Unlock()
		if next.Note == "" {
			select {
			case <-p.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		attempt, cancel := context.WithTimeout(ctx, publishTimeout)
		err := p.Publish(attempt, next.Checkpoint, next.Note)
		cancel()
		if err == nil {
			p.took(next)
			pause = publishPause
			continue
		}
		if ctx.Err() != nil {
			return
		}
		p.mu.Lock()
		p.fault = err
		p.queue = append(p.queue[1:], p.queue[0]) // a log that is refused does not hold up the others
		p.mu.Unlock()
		p.log.LogAttrs(ctx, slog.LevelError, "checkpoint not published", slog.String("to", p.Name()), slog.String("origin", next.Origin), slog.String("error", err.Error()))
		timer := time.NewTimer(pause)
		pause = min(2*pause, publishLongest)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

func (p *publishing) took(w waitingNote) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.success = nil, time.Now()
	if newer := p.waiting[w.Origin]; newer.Size > w.Size {
		newer.since = p.success
		p.waiting[w.Origin] = newer
		p.queue = append(p.queue[1:], w.Origin)
		return
	}
	delete(p.waiting, w.Origin)
	p.queue = p.queue[1:]
}

func (p *publishing) status() PublisherStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := PublisherStatus{Name: p.Name(), Behind: len(p.waiting), Fault: p.fault, Success: p.success}
	for _, w := range p.waiting {
		s.Lag = max(s.Lag, time.Since(w.since))
	}
	return s
}
