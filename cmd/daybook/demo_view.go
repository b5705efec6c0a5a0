package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"

	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/server"
)

// view serves the log and its page until ctx ends. It says where, once it listens, with a key for
// one organization.
func (c *demoCommand) view(ctx context.Context, organization string, stderr io.Writer, listening func(url, key string)) (err error) {
	config := server.DefaultConfig()
	config.Data, config.Database = c.Data, c.Database
	config.Listen = "127.0.0.1:0"
	if l, err := net.Listen("tcp", server.DefaultListen); err == nil { // the usual address, where nobody has it
		l.Close()
		config.Listen = server.DefaultListen
	}
	config.Logger = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	config.Version = version()
	key, err := c.makeKey(ctx, organization, config.Logger)
	if err != nil {
		return err
	}
	config.Listening = func(public, _ net.Addr) { listening("http://"+public.String(), key) }
	s, err := server.New(ctx, config)
	if err != nil {
		return fmt.Errorf("serve the log: %w", explainOpen(c.log(), err))
	}
	return errors.Join(s.Run(ctx), s.Close())
}

// makeKey makes a key that may do everything in the organization.
func (c *demoCommand) makeKey(ctx context.Context, organization string, logger *slog.Logger) (key string, err error) {
	log, err := server.OpenLog(ctx, c.log(), nil)
	if err != nil {
		return "", explainOpen(c.log(), err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	credentials, err := server.NewCredentials(log.Store, server.DefaultConfig().Organization, logger)
	if err != nil {
		return "", err
	}
	permissions, err := access.ParsePermissions("admin")
	if err != nil {
		return "", err
	}
	_, key, err = credentials.CreateKey(ctx, operator(), access.KeyRequest{Name: "demo", Organizations: []string{organization}, Permissions: permissions})
	return key, err
}
