// Package remote is the Go client of a Daybook server, as a [daybook.Store]: what an application writes
// against a store in its own process works against a server too.
//
//	store, err := remote.Open("https://log.example.com", &remote.Options{Token: key})
//	book, err := daybook.New(store, nil)
//	err = book.Record(ctx, entry) // nil: durable on the server, and visible to its next query
//
// A call is tried again, with growing pauses that are drawn at random, until its context ends or
// Options.Retry is over. That is harmless: an entry that is sent again is stored once. Entries that
// are appended at the same time share a request.
//
// What a credential may do, the server says: the permissions record and read serve Append, Query and
// Count, and follow serves Tail and Watch.
package remote

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/daybookdev/daybook"
)

// Options are how a [Store] calls its server. The zero Options call without a credential.
type Options struct {
	// Token is the credential: an API key, a JWT or a viewer token.
	Token string

	// Client sends the requests. nil means one of the package's own, with connections for many
	// calls at once.
	Client *http.Client

	// Timeout bounds one attempt: 0 means 10 seconds.
	Timeout time.Duration

	// Retry bounds a call with all its attempts, whatever time its context leaves: 0 means 30
	// seconds, negative that nothing is tried twice.
	Retry time.Duration

	// Relay appends entries as they are: RecordedBy, UpdatedAt and Daybook's own resource types are
	// kept. It is for programs that pass on what another Daybook has made, and needs the permission
	// relay. Without it the server says who recorded.
	Relay bool

	// Batch is the most entries of a request that several calls share: 0 means 500.
	Batch int

	// Entries is the most that the server takes in one request: 0 means 1,000, as servers do that
	// were not told otherwise.
	Entries int

	// Requests is how many such requests may be under way at once: 0 means 4.
	Requests int
}

// A Store is a server's log. It is also a [daybook.Reporter], a [daybook.Watcher] and a
// [daybook.Ender]. Safe for concurrent use. Make one with [Open].
type Store struct {
	base    string
	options Options
	ctx     context.Context // ended by Close
	cancel  context.CancelFunc

	mu      sync.Mutex // guards what follows
	closed  bool
	waiting []*pending
	senders int            // goroutines that send what waits; they end when nothing does
	running sync.WaitGroup // calls of Append
}

var (
	_ daybook.Store    = (*Store)(nil)
	_ daybook.Reporter = (*Store)(nil)
	_ daybook.Watcher  = (*Store)(nil)
	_ daybook.Ender    = (*Store)(nil)
)

// Open returns the store of the server at an address such as https://log.example.com. options may be
// nil. It sends nothing: the first call says whether the server can be reached. Close it when done.
func Open(address string, options *Options) (*Store, error) {
	var o Options
	if options != nil {
		o = *options
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("open a remote store: %w", &daybook.FieldError{Field: "address", Reason: fmt.Sprintf("is %.100q, but must look like https://log.example.com", address)})
	case u.User != nil:
		return nil, fmt.Errorf("open a remote store: %w", &daybook.FieldError{Field: "address", Reason: "contains a user or a password: put the credential into Options.Token"})
	case strings.ContainsAny(o.Token, " \r\n"):
		return nil, fmt.Errorf("open a remote store: %w", &daybook.FieldError{Field: "token", Reason: "contains a space or a line break"})
	case o.Timeout < 0 || o.Batch < 0 || o.Entries < 0 || o.Requests < 0:
		return nil, fmt.Errorf("open a remote store: %w", &daybook.FieldError{Field: "options", Reason: "have a negative Timeout, Batch, Entries or Requests"})
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Retry == 0 {
		o.Retry = 30 * time.Second
	}
	if o.Batch == 0 {
		o.Batch = 500
	}
	if o.Entries == 0 {
		o.Entries = 1000
	}
	o.Batch = min(o.Batch, o.Entries)
	if o.Requests == 0 {
		o.Requests = 4
	}
	if o.Client == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 64
		o.Client = &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // a credential is sent to the server that was named, and nowhere else
		}}
	}
	s := &Store{base: strings.TrimSuffix(u.String(), "/"), options: o}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Close finishes the appends that were accepted, and refuses further calls with ErrClosed. A second
// call does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	s.running.Wait()
	s.cancel()
	s.options.Client.CloseIdleConnections()
	return nil
}

// use returns the error of a store that is closed, or of a context that has ended.
func (s *Store) use(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return daybook.ErrClosed
	}
	return ctx.Err()
}

// ending returns a context that ends with ctx or the store.
func (s *Store) ending(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// because tells what ended a call: the caller's context, or the store's end.
func (s *Store) because(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case s.ctx.Err() != nil && errors.Is(err, context.Canceled):
		return daybook.ErrClosed
	}
	return err
}
