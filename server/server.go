// Package server runs Daybook as a program of its own: a log, and package api over HTTP.
//
//	config := server.DefaultConfig()
//	config.Data = "/var/lib/daybook"
//	s, err := server.New(ctx, config)
//	defer s.Close()
//	err = s.Run(ctx) // until ctx ends
//
// A Server is also an http.Handler, for a program that listens by itself. [LoadConfig] reads a
// configuration from a file, the environment and flags. docs/server.md is the manual.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/api"
	"github.com/daybookdev/daybook/daybookhttp"
	"github.com/daybookdev/daybook/ledger"
	"github.com/daybookdev/daybook/viewer"
)

// A Server serves one log. Safe for concurrent use.
type Server struct {
	config      Config
	log         *Log
	logger      *slog.Logger
	platform    string // the organization of entries about the deployment as a whole
	credentials *access.Credentials
	api         *api.API
	viewer      *viewer.Viewer
	keeper      *ledger.Keeper // nil: nothing is signed
	handler     http.Handler
	metrics     *metrics
	traces      *tracing
	certificate *certificate // nil: plain HTTP
	draining    atomic.Bool
}

// New checks the configuration and opens the log. It does not listen yet. Call Close when done.
func New(ctx context.Context, c Config) (_ *Server, err error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Server{config: c, logger: c.Logger}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if c.TLS.CertFile != "" {
		if s.certificate, err = loadCertificate(c.TLS, s.logger); err != nil {
			return nil, err
		}
	}
	place := DirectoryPlace(c.Data)
	if c.Database != "" {
		if place, err = ParsePlace(c.Database); err != nil {
			return nil, err
		}
	}
	if s.log, err = CreateLog(ctx, place, &LogOptions{AllowBypassRLS: c.AllowBypassRLS, MaxConns: int32(c.MaxConns), Logger: s.logger}); err != nil {
		return nil, err
	}
	if s.keeper, err = s.openKeeper(ctx); err != nil {
		return nil, err
	}
	s.metrics = newMetrics(s.log, s.keeper, c.Version)
	if s.traces, err = newTracing(ctx, c.Traces, c.Version, s.logger); err != nil {
		return nil, err
	}
	cursors, err := s.log.cursorKey(ctx, c.CursorKeyFile)
	if err != nil {
		return nil, err
	}
	if s.platform, err = platformOf(s.log.Store, c.Organization); err != nil {
		return nil, err
	}
	if s.credentials, err = NewCredentials(s.log.Store, s.platform, s.logger); err != nil {
		return nil, err
	}
	authenticator, err := s.authenticator()
	if err != nil {
		return nil, err
	}
	limits := api.Limits{
		Record: c.Limits.Record, Read: c.Limits.Read, Export: c.Limits.Export, Mint: c.Limits.Mint, Denied: c.Limits.Denied,
		Body: int64(c.Limits.Body), Expanded: int64(c.Limits.Expanded), Entries: c.Limits.Entries, InFlight: int64(c.Limits.InFlight), Streams: c.Limits.Streams,
	}
	var proofs api.Ledger
	if s.keeper != nil {
		proofs = evidence{s.keeper}
	}
	s.api, err = api.New(api.Config{
		Ledger: proofs,
		Store:  s.metrics.measure(s.log.Store), Authenticator: authenticator, Credentials: s.credentials, Cursors: cursors, Actions: actionsOf(c.Actions), ResourceTypes: c.ResourceTypes,
		Organization: s.platform, Limits: limits, Origins: c.Origins, ClientAddr: s.clientAddr, Ready: s.ready, Timeout: c.Timeout, Logger: s.logger,
	})
	if err != nil {
		return nil, err
	}
	pages := viewer.Config{Logger: s.logger}
	if c.Auth.Mode != AuthOff {
		pages.Authenticator, pages.Sessions = authenticator, s.credentials.Sessions()
	}
	if s.viewer, err = viewer.New(pages); err != nil {
		return nil, err
	}
	s.handler = s.wrap(s.routes())
	return s, nil
}

// routes is the interface: the API, the page that reads through it, and health, which is asked for
// without a credential.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", s.healthz)
	mux.HandleFunc("/readyz", s.readyz)
	mux.Handle("/v1/", s.api)
	mux.Handle("/openapi.json", s.api)
	mux.Handle("/", s.viewer)
	if s.config.Auth.Mode == AuthOff {
		return loopbackOnly(mux)
	}
	return mux
}

// wrap measures, logs and traces requests.
func (s *Server) wrap(h http.Handler) http.Handler { return s.traces.wrap(s.observe(h)) }

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close closes the log. Requests that come later are answered with 503.
func (s *Server) Close() error {
	var errs []error
	if s.api != nil {
		s.api.EndStreams()
	}
	if s.traces != nil {
		errs = append(errs, s.traces.close())
	}
	if s.log != nil {
		errs = append(errs, s.log.Close())
	}
	return errors.Join(errs...)
}

// HasKeys reports whether any API key was ever made. Without one, and without an issuer of tokens,
// nobody can send a request.
func (s *Server) HasKeys(ctx context.Context) (bool, error) { return s.credentials.Any(ctx) }

// Reload reads the certificate again, and tells in the server's log when that fails and the old one
// stays. Certificates that changed are noticed without it too.
func (s *Server) Reload() {
	if s.certificate != nil {
		s.certificate.reload()
	}
}

func (s *Server) clientAddr(r *http.Request) netip.Addr {
	return daybookhttp.ClientIP(r, s.config.TrustedProxies, s.config.ClientHeader)
}

// Run listens and serves until ctx ends. Then /readyz says no for Config.DrainDelay, event streams
// are ended, and what is under way is finished, at most for Config.DrainTimeout. It returns nil if
// all of it was. It can be called once.
func (s *Server) Run(ctx context.Context) error {
	public, err := s.listen(s.config.Listen)
	if err != nil {
		return err
	}
	server := s.httpServer(ctx, s)
	server.RegisterOnShutdown(s.api.EndStreams)
	if s.certificate != nil {
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.certificate.get}
	}
	served := make(chan error, 2) // gets the end of each server below
	var private *http.Server
	var privateAddr net.Addr
	if s.config.PrivateListen != "" {
		l, err := listenOn(s.config.PrivateListen)
		if err != nil {
			return errors.Join(err, public.Close())
		}
		private, privateAddr = s.httpServer(ctx, s.privateRoutes()), l.Addr()
		go func() { served <- private.Serve(l) }() // ends with Close below
		defer private.Close()
	}
	go func() { // ends with Shutdown or Close below
		if s.certificate != nil {
			served <- server.ServeTLS(public, "", "")
		} else {
			served <- server.Serve(public)
		}
	}()
	if s.config.Listening != nil {
		s.config.Listening(public.Addr(), privateAddr)
	}
	// Best effort: a log that is away is no reason not to come up, and the fault is logged.
	if err := s.recordStart(context.WithoutCancel(ctx)); err != nil {
		s.logger.LogAttrs(ctx, slog.LevelError, "the start was not recorded", slog.String("error", err.Error()))
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var working sync.WaitGroup
	defer working.Wait()
	defer stop()
	if s.keeper != nil {
		working.Go(func() { _ = s.keeper.Run(background) }) // ends with stop, and that is its error
	}
	select {
	case err := <-served:
		return errors.Join(fmt.Errorf("serve: %w", err), server.Close())
	case <-ctx.Done():
	}
	return s.drain(context.WithoutCancel(ctx), server)
}

// drain ends the serving. The private server goes on meanwhile, so that one can see it.
func (s *Server) drain(ctx context.Context, server *http.Server) error {
	s.draining.Store(true)
	s.logger.LogAttrs(ctx, slog.LevelInfo, "draining", slog.String("delay", s.config.DrainDelay.String()), slog.String("timeout", s.config.DrainTimeout.String()))
	if s.config.DrainDelay > 0 {
		time.Sleep(s.config.DrainDelay)
	}
	deadline, cancel := context.WithTimeout(ctx, s.config.DrainTimeout)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil {
		return errors.Join(fmt.Errorf("stop: requests were still under way after %v: %w", s.config.DrainTimeout, err), server.Close())
	}
	s.logger.LogAttrs(ctx, slog.LevelInfo, "drained")
	return nil
}

func (s *Server) httpServer(ctx context.Context, h http.Handler) *http.Server {
	return &http.Server{
		Handler: h,
		// Bodies and answers have deadlines of their own, which move while they get on.
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn),
		// A request that was accepted is answered although ctx has ended.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
}
