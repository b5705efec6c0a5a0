package api

import (
	"container/list"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits bound what one organization may do, and what one request may bring. A zero field has the
// default that its comment names.
type Limits struct {
	Record Rate // entries: 20,000/s, 40,000 at once
	Read   Rate // requests that read: 200/s, 400 at once
	Export Rate // exports begun: 2/s, 20 at once
	Mint   Rate // changes of keys, tokens and saved views: 5/s, 50 at once
	Denied Rate // failed authentications of one client address: 5/s, 50 at once

	Body     int64 // bytes of a body as it is sent: 1 MiB
	Expanded int64 // bytes of a body behind its compression: 8 MiB
	Ratio    int64 // expanded bytes for one that is sent: 100
	Entries  int   // entries of one request: 1,000
	InFlight int64 // bytes of all bodies that are being read: 64 MiB; one credential may hold half of them
	Streams  int   // event streams and exports at once: 256; one organization may have half of them

	PaceGrace time.Duration // before a body must come with 1 KiB a second: 10 s
}

// A Rate is so many a second, and so many at once. A negative one is none.
type Rate struct {
	PerSecond float64
	Burst     int
}

const (
	maxURL      = 8 << 10 // bytes of the query of a URL
	maxDocument = 64 << 10

	minimumPace = 1 << 10 // bytes a second that a body must come with
)

func (l Limits) withDefaults() Limits {
	rate := func(r *Rate, perSecond float64, burst int) {
		if *r == (Rate{}) {
			*r = Rate{perSecond, burst}
		}
	}
	rate(&l.Record, 20_000, 40_000)
	rate(&l.Read, 200, 400)
	rate(&l.Export, 2, 20)
	rate(&l.Mint, 5, 50)
	rate(&l.Denied, 5, 50)
	l.Body = or(l.Body, 1<<20)
	l.Expanded = or(l.Expanded, 8<<20)
	l.Ratio = or(l.Ratio, 100)
	l.Entries = or(l.Entries, 1000)
	l.InFlight = or(l.InFlight, 64<<20)
	l.Streams = or(l.Streams, 256)
	l.PaceGrace = or(l.PaceGrace, 10*time.Second)
	return l
}

// A class is what a rate is of.
type class int

const (
	unlimited class = iota
	recording
	reading
	exporting
	minting
	denied
)

// buckets is how many a limiter keeps. One that is dropped because it was used least begins full
// again, so a flood of names cannot grow the table, only forget the oldest.
const buckets = 10_000

// reserve is the part of each rate that is kept for what matters: entries of outcome denied or
// failure. A flood of other entries cannot silence them.
const reserve = 0.1

// A limiter has two buckets for each class and name: what all may use, and the reserve.
type limiter struct {
	limits  Limits
	streams chan struct{}

	mu    sync.Mutex // guards what follows
	table map[bucketKey]*list.Element
	used  *list.List     // of *bucket, least recently used last
	open  map[string]int // event streams and exports of an organization, where there are any

	inFlight int64            // bytes of bodies that are being read
	held     map[string]int64 // the same, of a credential that holds any
}

type bucketKey struct {
	class class
	name  string
}

type bucket struct {
	key           bucketKey
	main, reserve *rate.Limiter
}

func newLimiter(l Limits) *limiter {
	return &limiter{limits: l, streams: make(chan struct{}, l.Streams), table: map[bucketKey]*list.Element{}, used: list.New(), open: map[string]int{}, held: map[string]int64{}}
}

func (l *limiter) rate(c class) Rate {
	switch c {
	case recording:
		return l.limits.Record
	case reading:
		return l.limits.Read
	case exporting:
		return l.limits.Export
	case minting:
		return l.limits.Mint
	case denied:
		return l.limits.Denied
	}
	return Rate{PerSecond: -1}
}

func (l *limiter) bucket(c class, name string, r Rate) *bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := bucketKey{c, name}
	if e, ok := l.table[k]; ok {
		l.used.MoveToFront(e)
		return e.Value.(*bucket)
	}
	part := func(share float64) *rate.Limiter {
		return rate.NewLimiter(rate.Limit(r.PerSecond*share), max(1, int(float64(r.Burst)*share)))
	}
	b := &bucket{key: k, main: part(1 - reserve), reserve: part(reserve)}
	l.table[k] = l.used.PushFront(b)
	if l.used.Len() > buckets {
		last := l.used.Back()
		delete(l.table, last.Value.(*bucket).key)
		l.used.Remove(last)
	}
	return b
}

// take takes n and returns nil, or says how long to wait. The reserve is for what matters.
func (l *limiter) take(c class, name string, n int, matters bool) error {
	r := l.rate(c)
	if r.PerSecond < 0 || n == 0 {
		return nil
	}
	b, now := l.bucket(c, name, r), time.Now()
	if b.main.AllowN(now, n) || matters && b.reserve.AllowN(now, n) {
		return nil
	}
	f := refuse(http.StatusTooManyRequests, "rate_limited", "this organization is over its rate: wait as long as Retry-After says")
	f.retryAfter = time.Second
	if need := float64(n) - b.main.TokensAt(now); need > 0 && b.main.Limit() > 0 {
		f.retryAfter = max(time.Second, min(time.Minute, time.Duration(need/float64(b.main.Limit())*float64(time.Second))))
	}
	return f
}

// hold counts bytes of a body that are kept in memory, for release, or reports that there are too many. Half
// of them is the most that one credential may hold, so that slow bodies of one leave room for others.
func (l *limiter) hold(credential string, n int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inFlight+n > l.limits.InFlight || l.held[credential]+n > (l.limits.InFlight+1)/2 {
		return false
	}
	l.inFlight += n
	l.held[credential] += n
	return true
}

func (l *limiter) release(credential string, n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight -= n
	if l.held[credential] -= n; l.held[credential] <= 0 {
		delete(l.held, credential)
	}
}

// stream counts an event stream or an export; end it with the function. Half of them is the most that one
// organization may have, so that none can leave the others without.
func (l *limiter) stream(organization string) (end func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[organization] < (l.limits.Streams+1)/2 {
		select {
		case l.streams <- struct{}{}:
			l.open[organization]++
			return func() { l.endStream(organization) }, nil
		default:
		}
	}
	f := refuse(http.StatusTooManyRequests, "rate_limited", "there are too many event streams and exports: try again later")
	f.retryAfter = 10 * time.Second
	return nil, f
}

func (l *limiter) endStream(organization string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[organization]--; l.open[organization] == 0 {
		delete(l.open, organization)
	}
	<-l.streams // its own is in there
}
