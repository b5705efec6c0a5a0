// Package server runs Daybook as a program of its own: a data directory with an embedded log, and an
// HTTP interface to it.
//
//	s, err := server.New(ctx, server.Config{Data: "/var/lib/daybook"})
//	defer s.Close()
//	err = s.Run(ctx) // until ctx ends
//
// The interface, all of it GET, answers in JSON and with problems of RFC 9457:
//
//	/healthz                                          whether the log can be read
//	/v1/organizations/{organization}/entries          a page of entries
//	/v1/organizations/{organization}/report?by=action counts
//
// The parameters of the last two are those of [ParseQuery].
//
// The server does not authenticate requests yet. So it listens on loopback addresses only and
// answers only requests whose Host is this machine's.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/daybookdev/daybook"
)

// DefaultListen is where a server listens whose Config names no address.
const DefaultListen = "127.0.0.1:8484"

// Config says what a [Server] serves and where.
type Config struct {
	// Data is the data directory. It is made when it does not exist.
	Data string

	// Database, when set, is where the log lies instead: what [ParsePlace] reads.
	Database string

	// AllowBypassRLS is that of postgres.Options.
	AllowBypassRLS bool

	// Listen is the address to listen on, which must be a loopback one: empty means
	// DefaultListen, and port 0 a free one.
	Listen string

	// Listening, when set, is called once with the address when Run begins to listen.
	Listening func(net.Addr)

	// Drain is how long Run waits for requests under way when its context ends: 0 means 10 seconds.
	Drain time.Duration

	// Logger gets the server's own faults. nil means slog.Default().
	Logger *slog.Logger
}

// A Server serves one log. Safe for concurrent use.
type Server struct {
	config  Config
	log     *Log
	cursors daybook.CursorKey
	handler http.Handler
}

// New opens the log. It does not listen yet. Call Close when done.
func New(ctx context.Context, c Config) (*Server, error) {
	place := DirectoryPlace(c.Data)
	switch {
	case c.Database != "":
		var err error
		if place, err = ParsePlace(c.Database); err != nil {
			return nil, err
		}
	case c.Data == "":
		return nil, &daybook.FieldError{Field: "data", Reason: "is empty: name a directory"}
	}
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if c.Drain == 0 {
		c.Drain = 10 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	log, err := CreateLog(ctx, place, &LogOptions{AllowBypassRLS: c.AllowBypassRLS, Logger: c.Logger})
	if err != nil {
		return nil, err
	}
	cursors, err := log.CursorKey()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	s := &Server{config: c, log: log, cursors: cursors}
	s.handler = s.routes()
	return s, nil
}

// Handler returns the HTTP interface, for a program that listens by itself.
func (s *Server) Handler() http.Handler { return s.handler }

// Close closes the log. Requests that come later are answered with 503.
func (s *Server) Close() error { return s.log.Close() }

// Run listens and serves until ctx ends; it then waits up to Config.Drain for the requests under
// way and returns nil if all were finished. It can be called once.
func (s *Server) Run(ctx context.Context) error {
	l, err := listen(s.config.Listen)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      2 * answerTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.config.Logger.Handler(), slog.LevelWarn),
		// A request that was accepted is answered although ctx has ended.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }() // ends with Shutdown or Close below
	if s.config.Listening != nil {
		s.config.Listening(l.Addr())
	}
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.Drain)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("stop: requests were still under way after %v: %w", s.config.Drain, err), server.Close())
	}
	return nil
}
