package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/examples/workspace"
	"github.com/daybookdev/daybook/server"
)

// A runningWorkspace is the example application behind a server of its own.
type runningWorkspace struct {
	url, address string
	server       *http.Server
	served       chan error
	app          *workspace.App
	book         *daybook.Recorder
	data         *server.Log
}

// startWorkspace starts the application with its data in dir and its log at a place. In PostgreSQL its
// tables lie there too.
func startWorkspace(ctx context.Context, place server.Place, dir, address string, secret []byte, stderr io.Writer) (_ *runningWorkspace, err error) {
	w := &runningWorkspace{served: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.stop())
		}
	}()
	if w.data, err = server.CreateLog(ctx, place, nil); err != nil {
		return nil, explainOpen(place, err)
	}
	database, _ := place.Postgres()
	// Refusals and failing mail belong to the day. What the log cannot take does not.
	logger := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	if w.book, err = daybook.New(w.data.Store, workspace.RecorderOptions(logger)); err != nil {
		return nil, err
	}
	w.app, err = workspace.Open(ctx, workspace.Config{
		Dir:       filepath.Join(dir, "workspace"),
		Database:  database,
		Book:      w.book,
		Log:       w.data.Store,
		Logger:    logger,
		JWTSecret: secret,
		// The day's people say by X-Forwarded-For where they are.
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		PasswordRounds: 1000, // a demonstration's
	})
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("start the application: %w", err)
	}
	w.address = l.Addr().String()
	w.url = "http://" + w.address
	w.server = &http.Server{Handler: w.app.Handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() { w.served <- w.server.Serve(l) }() // ends with stop
	return w, nil
}

// stop finishes the requests under way and what they left to do, and closes what was opened.
func (w *runningWorkspace) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var errs []error
	if w.server != nil {
		errs = append(errs, w.server.Shutdown(ctx))
		if err := <-w.served; !errors.Is(err, http.ErrServerClosed) {
			errs = append(errs, err)
		}
	}
	if w.app != nil {
		errs = append(errs, w.app.Settle(ctx), w.app.Close())
	}
	if w.book != nil {
		errs = append(errs, w.book.Shutdown(ctx))
	}
	if w.data != nil {
		errs = append(errs, w.data.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stop the application: %w", err)
	}
	return nil
}
