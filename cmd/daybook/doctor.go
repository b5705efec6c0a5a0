package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/daybookdev/daybook/server"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/sqlite"
)

type doctorCommand struct {
	logFlags
	Sum   bool `help:"Make the sums behind reports anew first, in SQLite. Programs that record wait meanwhile."`
	JSON  bool `name:"json" xor:"form" help:"Print JSON, as is the default into a file or a pipe."`
	Table bool `xor:"form" help:"Print text, as is the default on a terminal."`
}

func (doctorCommand) Help() string {
	return `It says what lies in the log, how far followers are behind, who else can read it, and what to do about what is wrong. In PostgreSQL it looks at the role, row-level security, the partitions to come, the entries that wait for their place, and the server's settings. The exit status is 1 if something is wrong.

    daybook doctor
    daybook doctor --data /var/lib/daybook --json
    daybook doctor --database postgres://app@db.example/myapp`
}

// A diagnosis is what doctor finds of one kind of store.
type diagnosis interface {
	print(out *output)
	warnings() []string
}

// findings are what is wrong.
type findings struct {
	Warnings []string `json:"warnings"`
}

func (f *findings) warnings() []string { return f.Warnings }

func (f *findings) warn(format string, args ...any) {
	f.Warnings = append(f.Warnings, fmt.Sprintf(format, args...))
}

const longBehind = 10_000 // entries

func (f *findings) examineFollower(name string, behind int64) {
	if behind > longBehind {
		f.warn("follower %q has not read %s: start it, or look into its log", name, plural(behind, "entry", "entries"))
	}
}

func (c *doctorCommand) Run(ctx context.Context, p *program) (err error) {
	c.AllowBypassRLS = true // a role that is wrong is something to be told
	log, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	if c.Sum {
		store, ok := log.Store.(*sqlite.Store)
		if !ok {
			return usageError{errors.New("--sum is for SQLite: in PostgreSQL the sequencer keeps the sums")}
		}
		if err := store.SumAgain(ctx); err != nil {
			return err
		}
	}
	d, err := diagnose(ctx, log)
	if err != nil {
		return err
	}
	out := p.output(outFlags{JSON: c.JSON, Table: c.Table})
	if out.table {
		d.print(out)
		out.findings(d.warnings())
	} else if err := out.json(d); err != nil {
		return err
	}
	if err := out.flush(); err != nil {
		return err
	}
	if n := len(d.warnings()); n > 0 {
		return fmt.Errorf("%s: see above", plural(int64(n), "thing is wrong", "things are wrong"))
	}
	return nil
}

func diagnose(ctx context.Context, log *server.Log) (diagnosis, error) {
	switch store := log.Store.(type) {
	case *sqlite.Store:
		return diagnoseSQLite(ctx, log.Place, store)
	case *postgres.Store:
		return diagnosePostgres(ctx, log.Place, store)
	}
	return nil, fmt.Errorf("doctor knows no store like that of %s", log.Place)
}

// line prints a name and what it is.
func (o *output) line(name, format string, args ...any) {
	o.printf("%-14s %s\n", name, fmt.Sprintf(format, args...))
}

func (o *output) findings(warnings []string) {
	for _, w := range warnings {
		o.line("WRONG", "%s", w)
	}
	if len(warnings) == 0 {
		o.line("all is well", "")
	}
}

// bytesText writes a size in the unit in which it has up to four digits.
func bytesText(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	size := float64(n)
	units := strings.Fields("kB MB GB TB PB EB")
	for i, unit := range units {
		if size /= 1000; size < 999.95 || i == len(units)-1 {
			return fmt.Sprintf("%.1f %s", size, unit)
		}
	}
	return ""
}
