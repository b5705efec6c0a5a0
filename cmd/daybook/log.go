package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/daybookdev/daybook/server"
)

// logFlags name the log. Flags win over the environment, which kong would not let them do as one.
type logFlags struct {
	Data           string `short:"d" xor:"log" placeholder:"DIR" help:"The data directory: DAYBOOK_DATA or ./daybook-data if left out."`
	Database       string `xor:"log" placeholder:"URL" help:"The database, postgres://user@host/name, or the path of a SQLite file: DAYBOOK_DATABASE if left out."`
	AllowBypassRLS bool   `name:"allow-bypass-rls" env:"DAYBOOK_ALLOW_BYPASS_RLS" help:"Work as a role of PostgreSQL that row-level security does not hold."`
}

const defaultData = "./daybook-data"

// named returns what the flags, or else the environment, name.
func (f logFlags) named() (data, database string, err error) {
	if f.Data != "" || f.Database != "" {
		return f.Data, f.Database, nil
	}
	data, database = os.Getenv("DAYBOOK_DATA"), os.Getenv("DAYBOOK_DATABASE")
	if data != "" && database != "" {
		return "", "", usageError{errors.New("DAYBOOK_DATA and DAYBOOK_DATABASE both name a log: unset one, or choose with --data or --database")}
	}
	if data == "" && database == "" {
		data = defaultData
	}
	return data, database, nil
}

// place returns where the log lies.
func (f logFlags) place() (server.Place, error) {
	data, database, err := f.named()
	if err != nil {
		return server.Place{}, err
	}
	if database == "" {
		return server.DirectoryPlace(data), nil
	}
	p, err := server.ParsePlace(database)
	return p, flagError(err)
}

// arguments are those with which another command works on the same log. They show no password, and
// name no database that the environment names.
func (f logFlags) arguments() []string {
	data, database, err := f.named()
	switch {
	case err != nil || database != "" && f.Database == "":
		return nil
	case database == "":
		return []string{"--data", data}
	}
	p, err := server.ParsePlace(database)
	if err != nil {
		return nil
	}
	args := []string{"--database", p.String()}
	if f.AllowBypassRLS && os.Getenv("DAYBOOK_ALLOW_BYPASS_RLS") == "" {
		args = append(args, "--allow-bypass-rls")
	}
	return args
}

// open opens a log that exists.
func (f logFlags) open(ctx context.Context) (*server.Log, error) {
	return f.openWith(ctx, server.OpenLog)
}

// create opens a log, and makes it when it does not exist.
func (f logFlags) create(ctx context.Context) (*server.Log, error) {
	return f.openWith(ctx, server.CreateLog)
}

func (f logFlags) openWith(ctx context.Context, open func(context.Context, server.Place, *server.LogOptions) (*server.Log, error)) (*server.Log, error) {
	p, err := f.place()
	if err != nil {
		return nil, err
	}
	log, err := open(ctx, p, &server.LogOptions{AllowBypassRLS: f.AllowBypassRLS})
	return log, explainOpen(p, err)
}

// explainOpen adds to the error of opening a log what a person at the command line can do.
func explainOpen(p server.Place, err error) error {
	if err == nil {
		return nil
	}
	_, isPostgres := p.Postgres()
	switch {
	case errors.Is(err, server.ErrNoLog) && isPostgres:
		return fmt.Errorf("there is no log in %s that this role can see: as the owner, run `daybook migrate`", p)
	case errors.Is(err, server.ErrNoLog):
		return fmt.Errorf("%w: name its data directory with --data or DAYBOOK_DATA; `daybook record`, `serve` and `demo` make one", err)
	case isPostgres && strings.Contains(err.Error(), "or set AllowBypassRLS"):
		return errors.New(strings.ReplaceAll(err.Error(), "or set AllowBypassRLS", "or say --allow-bypass-rls"))
	}
	return err
}
