package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/internal/own"
)

// Config says what an [API] serves. Store and Authenticator must be set; what else is zero has the
// default that its comment names.
type Config struct {
	// Store is the log.
	Store daybook.Store

	// Authenticator says who a request comes from.
	Authenticator Authenticator

	// Credentials keeps API keys and viewer tokens. nil: the server has none, and their routes answer
	// 404.
	Credentials *access.Credentials

	// Cursors seals the cursors and the positions that leave the server. Draw it from crypto/rand
	// and keep it: what an earlier key has sealed is refused.
	Cursors daybook.CursorKey

	// Actions are the applications' own actions, beyond the four. Empty: every well-formed action
	// is accepted, since the server does not know its applications' vocabulary.
	Actions []daybook.Action

	// ResourceTypes, when set, are the only ones that may be recorded.
	ResourceTypes []string

	// Organization is the platform's own: entries about the deployment as a whole go there, such as
	// that somebody read the log of all organizations. Empty means "daybook".
	Organization string

	// Limits bound what one organization may do; see [Limits].
	Limits Limits

	// Ledger signs the logs and proves what is in them. nil: its routes answer 404.
	Ledger Ledger

	// Origins are the exact origins, such as https://app.example.com, whose pages may call the API.
	// Empty: none, and no CORS header is sent.
	Origins []string

	// ClientAddr returns the address a request comes from. nil means the peer's.
	ClientAddr func(*http.Request) netip.Addr

	// Ready says why the server cannot serve, nil when it can; /readyz answers it. nil: the log is
	// tried.
	Ready func(context.Context) error

	// Timeout bounds the reading for one answer, and one write: 0 means 10 seconds.
	Timeout time.Duration

	// Heartbeat is how often an event stream without entries says that it lives: 0 means 15 seconds.
	Heartbeat time.Duration

	// Logger gets the server's own faults. nil means slog.Default().
	Logger *slog.Logger
}

// An API is an http.Handler. Safe for concurrent use. It starts no goroutine that outlives a
// request.
type API struct {
	config    Config
	book      *daybook.Recorder // for what applications record
	relay     *daybook.Recorder // for what other Daybooks pass on
	own       *own.Recorder     // for Daybook's own entries
	routes    []Route
	mux       *http.ServeMux
	document  []byte // OpenAPI, as JSON
	limits    *limiter
	seen      *seen
	hub       *hub
	crossing  http.CrossOriginProtection
	positions positionKey
	stopping  context.Context // ends the streams
	stop      context.CancelFunc
}

// New checks the configuration and returns the API. Its error joins a [daybook.FieldError] for
// everything that is wrong.
func New(c Config) (*API, error) {
	var errs []error
	if c.Store == nil {
		errs = append(errs, &daybook.FieldError{Field: "store", Reason: "is nil"})
	}
	if c.Authenticator == nil {
		errs = append(errs, &daybook.FieldError{Field: "authenticator", Reason: "is nil"})
	}
	if c.Timeout < 0 {
		errs = append(errs, &daybook.FieldError{Field: "timeout", Reason: "is negative"})
	}
	for _, o := range c.Origins {
		if !validOrigin(o) {
			errs = append(errs, &daybook.FieldError{Field: "origins", Reason: fmt.Sprintf("has %.60q, not an origin such as https://app.example.com", o)})
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("api config: %w", err)
	}
	c.Timeout = or(c.Timeout, 10*time.Second)
	c.Heartbeat = or(c.Heartbeat, 15*time.Second)
	c.Organization = or(c.Organization, "daybook")
	c.Logger = or(c.Logger, slog.Default())
	if c.ClientAddr == nil {
		c.ClientAddr = peer
	}
	a := &API{config: c, limits: newLimiter(c.Limits.withDefaults()), seen: newSeen()}
	a.hub = newHub(c.Store)
	a.stopping, a.stop = context.WithCancel(context.Background())
	var err error
	if a.positions, err = newPositionKey(c.Cursors); err != nil {
		return nil, fmt.Errorf("api config: %w", err)
	}
	if a.book, a.relay, err = newBooks(c); err != nil {
		return nil, fmt.Errorf("api config: %w", err)
	}
	if a.own, err = own.New(c.Store, &daybook.Options{Timeout: c.Timeout, Logger: c.Logger}); err != nil {
		return nil, fmt.Errorf("api config: %w", err)
	}
	if a.document, err = documentJSON(); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	a.routes = a.table()
	if a.mux, err = a.mount(); err != nil {
		return nil, err
	}
	return a, nil
}

// Routes returns the table of routes.
func (a *API) Routes() []Route { return slices.Clone(a.routes) }

// Document returns the OpenAPI document, as JSON.
func (a *API) Document() []byte { return slices.Clone(a.document) }

// EndStreams ends the event streams and the requests that wait for entries, so that a server that
// stops need not wait for them. Clients go on where they were, at another server or the next start.
// Give it to http.Server.RegisterOnShutdown.
func (a *API) EndStreams() { a.stop() }

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if a.crossOrigin(w, r) {
		return
	}
	// The mux would answer a path that is not clean with a redirect, which is no problem document.
	if escaped := r.URL.EscapedPath(); !strings.HasPrefix(escaped, "/") || path.Clean(escaped) != escaped {
		a.notFound(w, r)
		return
	}
	a.mux.ServeHTTP(w, r)
}

func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func peer(r *http.Request) netip.Addr {
	at, _ := netip.ParseAddrPort(r.RemoteAddr)
	return at.Addr().Unmap().WithZone("")
}
