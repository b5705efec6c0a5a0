package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"github.com/daybookdev/daybook/server"
)

type serveCommand struct {
	logFlags
	Listen string `env:"DAYBOOK_LISTEN" default:"127.0.0.1:8484" placeholder:"ADDR" help:"The loopback address to listen on; port 0 is a free one."`
}

func (serveCommand) Help() string {
	return `It serves the log of the data directory over HTTP until it is interrupted, and makes the directory when there is none. It does not authenticate requests yet, so it serves this machine only. There are /healthz, and, with the filters of daybook query as parameters, /v1/organizations/{organization}/entries and /v1/organizations/{organization}/report?by=action.

    daybook serve
    daybook serve --data /var/lib/daybook --listen 127.0.0.1:9000
    curl '127.0.0.1:8484/v1/organizations/acme/entries?outcome=denied&since=24h'`
}

func (c *serveCommand) Run(ctx context.Context, p *program) (err error) {
	place, err := c.place()
	if err != nil {
		return err
	}
	data, database, err := c.named()
	if err != nil {
		return err
	}
	s, err := server.New(ctx, server.Config{
		Data:           data,
		Database:       database,
		AllowBypassRLS: c.AllowBypassRLS,
		Listen:         c.Listen,
		Listening: func(a net.Addr) {
			fmt.Fprintf(p.stderr, "serving %s on http://%s\n", escapeText(place.String()), a)
		},
		Logger: slog.New(slog.NewJSONHandler(p.stderr, nil)),
	})
	if err != nil {
		return explainOpen(place, err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Run(ctx)
}
