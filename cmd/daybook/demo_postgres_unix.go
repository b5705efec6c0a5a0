//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook/internal/privatepg"
	"github.com/daybookdev/daybook/store/postgres"
)

// A privatePostgres is the server of a demo. Its database has a log, which one role owns, and a role
// for the application with a schema of its own: as docs/postgres.md says.
type privatePostgres struct {
	server *privatepg.Server
	dir    string // of the file with the password, which no command line shows
	url    string // for the application
}

func startPostgres(ctx context.Context) (_ *privatePostgres, err error) {
	p := &privatePostgres{}
	if p.server, err = privatepg.Start("fsync = on"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("prepare the private PostgreSQL: %w", err), p.stop())
		}
	}()
	superuser := p.server.URL(privatepg.Superuser, "postgres")
	if err := administer(ctx, superuser,
		`create role log_owner login createrole password '`+p.server.Password+`'`,
		`create database workspace owner log_owner`); err != nil {
		return nil, err
	}
	if _, err := postgres.Migrate(ctx, p.server.URL("log_owner", "workspace"), &postgres.MigrateOptions{IDs: postgres.Text}); err != nil {
		return nil, err
	}
	if err := administer(ctx, p.server.URL(privatepg.Superuser, "workspace"),
		`create role app login password '`+p.server.Password+`' in role daybook_app`,
		`create schema authorization app`); err != nil {
		return nil, err
	}
	if p.dir, err = os.MkdirTemp("", "daybook-password-"); err != nil {
		return nil, err
	}
	passfile := filepath.Join(p.dir, "pgpass")
	if err := os.WriteFile(passfile, []byte("127.0.0.1:*:*:*:"+p.server.Password+"\n"), 0o600); err != nil {
		return nil, err
	}
	u := url.URL{Scheme: "postgres", User: url.User("app"), Host: fmt.Sprintf("127.0.0.1:%d", p.server.Port), Path: "workspace",
		RawQuery: url.Values{"sslmode": {"disable"}, "passfile": {passfile}}.Encode()}
	p.url = u.String()
	return p, nil
}

// stop ends the server and removes all that it left.
func (p *privatePostgres) stop() error {
	err := p.server.Stop()
	if p.dir != "" {
		err = errors.Join(err, os.RemoveAll(p.dir))
	}
	return err
}

func administer(ctx context.Context, url string, statements ...string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}
