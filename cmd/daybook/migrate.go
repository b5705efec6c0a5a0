package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/daybookdev/daybook/store/postgres"
)

type migrateCommand struct {
	Database string `placeholder:"URL" help:"The database, as the role that owns the log's tables or is to: DAYBOOK_DATABASE if left out."`
	IDs      string `name:"ids" placeholder:"KIND" enum:",uuid,text" default:"" help:"When the schema is created: whether ids of organizations, users and resources are uuid, or text."`
	Months   int    `default:"3" placeholder:"N" help:"How many months behind the present one have partitions."`
	Show     bool   `xor:"what" help:"Say what would be done, as is the default."`
	SQL      bool   `name:"sql" xor:"what" help:"Print it as SQL, for psql or another tool. Without a database: for an empty one."`
	Apply    bool   `xor:"what" help:"Do it."`
}

func (migrateCommand) Help() string {
	return `It makes the schema of a log in PostgreSQL, or brings it to this program's version, and makes the monthly partitions to come. Only the owner of the tables can, which the role of a running program should not be. What is printed by --sql is one transaction, and keeps the same record as --apply.

    daybook migrate --database postgres://owner@db.example/myapp
    daybook migrate --database postgres://owner@db.example/myapp --apply
    daybook migrate --ids text --sql > daybook.sql

Run it with every release, and daily or monthly for the partitions: from cron as daybook migrate --apply, with DAYBOOK_DATABASE and a ~/.pgpass. While nobody does, no entry is refused; they collect in one partition, and the next run moves them.`
}

func (c *migrateCommand) Run(ctx context.Context, p *program) error {
	if c.Months < 1 || c.Months > 120 {
		return usageError{fmt.Errorf("--months is %d, but must be 1 to 120", c.Months)}
	}
	place, url, err := c.url()
	if err != nil {
		return err
	}
	options := &postgres.MigrateOptions{Months: c.Months, AnyIDs: c.IDs == ""}
	if c.IDs == "text" {
		options.IDs = postgres.Text
	}
	change, err := postgres.PlanChange(ctx, url, options)
	if err != nil {
		return err
	}
	out := p.output(outFlags{Table: true})
	switch {
	case c.SQL:
		c.printSQL(out, place, change)
	case c.Apply:
		applied, err := postgres.Migrate(ctx, url, options)
		if err != nil {
			return c.explain(err)
		}
		for _, s := range applied {
			out.printf("applied migration %d, %s\n", s.Version, s.Name)
		}
		c.describePartitions(out, "made", change)
		if len(applied) == 0 && change.From.IsZero() {
			out.printf("nothing to do in %s\n", place)
		}
		if len(applied) > 0 && applied[0].Version == 1 {
			out.WriteString("\nThe role that the application connects as records and reads, and owns nothing:\n\n" + grant("    "))
		}
	default:
		for _, s := range change.Steps {
			out.printf("would apply migration %d, %s, with ids of type %s\n", s.Version, s.Name, change.IDs.String())
		}
		c.describePartitions(out, "would make", change)
		if change.Script == "" {
			out.printf("nothing to do in %s\n", place)
		} else {
			out.WriteString("\nTo do it: the same with --apply. To read it, or run it by other means: with --sql.\n")
		}
	}
	return out.flush()
}

// url returns the database, for people and with its password. Only --sql can do without.
func (c *migrateCommand) url() (place, url string, err error) {
	flags := logFlags{Database: c.Database}
	if _, database, err := flags.named(); database == "" {
		if err == nil && !c.SQL {
			err = usageError{errors.New("migrate needs the database: --database postgres://owner@host/name, or DAYBOOK_DATABASE. A data directory needs no migration")}
		}
		return "", "", err
	}
	p, err := flags.place()
	if err != nil {
		return "", "", err
	}
	url, ok := p.Postgres()
	if !ok {
		return "", "", usageError{fmt.Errorf("%s is not PostgreSQL: a data directory needs no migration", p)}
	}
	return p.String(), url, nil
}

func (c *migrateCommand) describePartitions(out *output, verb string, change postgres.Change) {
	if !change.From.IsZero() {
		out.printf("%s the partitions from %s to before %s\n", verb, change.From.Format("2006-01"), change.To.Format("2006-01"))
	}
}

// explain says what the owner needs that the role lacks.
func (c *migrateCommand) explain(err error) error {
	if postgres.MayNot(err) {
		return fmt.Errorf("%w\nThe owner needs the right to make tables in its schema, and to make roles, unless a superuser has made them before:\n\n%s", err, roles("    "))
	}
	return err
}

func (c *migrateCommand) printSQL(out *output, place string, change postgres.Change) {
	if place == "" {
		place = "an empty database"
	}
	if change.Script == "" {
		out.printf("-- Nothing to do in %s.\n", place)
		return
	}
	out.printf("-- Daybook's log, for %s, written on %s.\n", place, time.Now().UTC().Format(time.DateOnly))
	out.WriteString(`--
-- Run it as the role that is to own the tables, for example: psql -v ON_ERROR_STOP=1 -f FILE
-- That role may make roles, or else a superuser makes these first:
--
` + roles("--     ") + `--
-- The role that the application connects as records and reads, and owns nothing:
--
` + grant("--     ") + "\n")
	out.WriteString(change.Script)
}

// grant makes the role of an application.
func grant(indent string) string {
	return indent + "create role myapp login password '...';\n" +
		indent + "grant daybook_app to myapp;\n"
}

// roles makes the roles that the schema is granted to.
func roles(indent string) string {
	return indent + "create role daybook_app nologin noinherit;\n" +
		indent + "create role daybook_reader nologin noinherit;\n" +
		indent + "create role daybook_follower nologin noinherit;\n" +
		indent + "grant daybook_reader, daybook_follower to daybook_app;\n"
}
