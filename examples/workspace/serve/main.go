// Command serve runs the example application: its database, documents, mail and activity log lie in
// one directory, or database and log in PostgreSQL; see the README for what that needs.
//
//	go run ./examples/workspace/serve -dir /tmp/workspace
//	go run ./examples/workspace/serve -dir /tmp/workspace -database postgres://app@localhost/workspace
//	curl -d '{"name":"Acme","owner":{"name":"Ada","email":"ada@acme.example","password":"correct horse"}}' \
//		-H 'Content-Type: application/json' localhost:8090/organizations
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/examples/workspace"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	dir := flags.String("dir", "workspace-data", "directory of the application's data; made when it is not there")
	database := flags.String("database", "", "URL of a PostgreSQL database with a log, in which the application keeps its tables too")
	addr := flags.String("addr", "127.0.0.1:8090", "address to listen on")
	proxies := flags.String("trusted-proxies", "", "networks whose X-Forwarded-For is believed, with commas between: 10.0.0.0/8")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	trusted, err := parsePrefixes(*proxies)
	if err != nil {
		return fmt.Errorf("-trusted-proxies: %w", err)
	}
	if err := os.MkdirAll(*dir, 0o700); err != nil {
		return err
	}
	secret, err := loadSecret(filepath.Join(*dir, "jwt-secret"))
	if err != nil {
		return err
	}
	store, err := openLog(ctx, *dir, *database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	logger := slog.Default()
	book, err := daybook.New(store, workspace.RecorderOptions(logger))
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err = errors.Join(err, book.Shutdown(ctx))
	}()
	app, err := workspace.Open(ctx, workspace.Config{
		Dir: *dir, Database: *database, Book: book, Log: store, Logger: logger, JWTSecret: secret, TrustedProxies: trusted,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()

	server := &http.Server{
		Addr:              *addr,
		Handler:           app.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       2 * time.Minute, // a large upload over a slow line
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }() // ends with Shutdown
	logger.Info("serving", "addr", *addr, "dir", *dir)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return server.Shutdown(ctx)
}

// openLog opens the log: a file in dir, or the tables that lie beside the application's own.
func openLog(ctx context.Context, dir, database string) (daybook.Store, error) {
	if database == "" {
		return sqlite.Open(ctx, filepath.Join(dir, "daybook.db"), nil)
	}
	return postgres.Open(ctx, database, &postgres.Options{AnyIDs: true})
}

// loadSecret returns the key that signs tokens, and draws one at the first start.
func loadSecret(file string) ([]byte, error) {
	secret, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		secret = []byte(rand.Text() + rand.Text())
		err = os.WriteFile(file, secret, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("load the signing key: %w", err)
	}
	return secret, nil
}

func parsePrefixes(list string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for s := range strings.SplitSeq(list, ",") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, err
		}
		prefixes = append(prefixes, p)
	}
	return prefixes, nil
}
