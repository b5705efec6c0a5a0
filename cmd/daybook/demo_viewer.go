package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"

	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/server"
)

// look says how the log is looked at in a browser, when a server is started for it.
func (c *demoCommand) look(ctx context.Context, p *program, organization string) error {
	key, err := c.makeKey(ctx, organization)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "\nLook at it in a browser. This serves the log:\n\n  %s\n\nand this address signs in to one organization:\n\n  %s\n",
		commandLine(slices.Concat(programName(), []string{"serve"}, c.logArguments())...), signIn("http://"+server.DefaultListen, organization, key))
	return err
}

// view serves the log and its page until ctx ends, and says at which address once it listens.
func (c *demoCommand) view(ctx context.Context, organization string, stderr io.Writer, listening func(signIn string)) error {
	key, err := c.makeKey(ctx, organization)
	if err != nil {
		return err
	}
	config := server.DefaultConfig()
	config.Data, config.Database = c.Data, c.Database
	if l, err := net.Listen("tcp", config.Listen); err == nil {
		err = l.Close()
		if err != nil {
			return fmt.Errorf("serve the log: %w", err)
		}
	} else { // somebody has the usual address
		config.Listen = "127.0.0.1:0"
	}
	config.Logger = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	config.Version = version()
	config.Listening = func(public, _ net.Addr) { listening(signIn("http://"+public.String(), organization, key)) }
	s, err := server.New(ctx, config)
	if err != nil {
		return fmt.Errorf("serve the log: %w", explainOpen(c.log(), err))
	}
	return errors.Join(s.Run(ctx), s.Close())
}

// signIn is an address that signs in by itself. What stands behind # a browser keeps to itself.
func signIn(base, organization, key string) string {
	return fmt.Sprintf("%s/o/%s/log?t=-7d#key=%s", base, organization, key)
}

// makeKey makes a key that may do everything in the organization.
func (c *demoCommand) makeKey(ctx context.Context, organization string) (key string, err error) {
	log, err := server.OpenLog(ctx, c.log(), nil)
	if err != nil {
		return "", explainOpen(c.log(), err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	credentials, err := server.NewCredentials(log.Store, server.DefaultConfig().Organization, nil)
	if err != nil {
		return "", err
	}
	permissions, err := access.ParsePermissions("admin")
	if err != nil {
		return "", err
	}
	_, key, err = credentials.CreateKey(ctx, access.Operator(""), access.KeyRequest{Name: "demo", Organizations: []string{organization}, Permissions: permissions})
	if err != nil {
		return "", fmt.Errorf("make a key for the page: %w", err)
	}
	return key, nil
}
