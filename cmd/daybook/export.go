package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os/user"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/export"
	"github.com/daybookdev/daybook/internal/own"
	"github.com/daybookdev/daybook/server"
)

type exportCommand struct {
	logFlags
	organizationFlag
	filterWords
	filterFlags
	Format string `enum:"csv,ndjson,json" default:"csv" help:"csv, ndjson or json."`
	Raw    bool   `help:"Write the cells of csv as they are, even those that a spreadsheet would run."`
	Order  string `enum:"newest,oldest" default:"newest" help:"Which come first: newest or oldest."`
	Zone   string `default:"UTC" placeholder:"ZONE" help:"The time zone of dates in filters."`
}

func (exportCommand) Help() string {
	return `It writes all entries that match to standard output, and leaves an entry that says so: READ daybook.export, with the filter and their number. A cell of csv that a spreadsheet would take for a formula has a ' before it; ndjson and json are exact.

    daybook export -o acme --format csv > acme.csv
    daybook export -o acme --format ndjson 'outcome:denied created:2026-11' > denied.ndjson
    daybook export -o acme --user ada --order oldest > ada.csv`
}

func (c *exportCommand) Run(ctx context.Context, p *program) (err error) {
	if err := c.into(&c.filterFlags); err != nil {
		return err
	}
	if c.Raw && c.Format != string(export.CSV) {
		return usageError{fmt.Errorf("--raw is for csv: %s is exact anyway", c.Format)}
	}
	q, err := c.query(c.Zone, map[string][]string{"order": {c.Order}})
	if err != nil {
		return err
	}
	data, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	id, err := c.note(ctx, data, q)
	if err != nil {
		return fmt.Errorf("nothing was exported, since the export itself could not be recorded: %w", flagError(err))
	}
	entries := without(id, daybook.All(ctx, data.Store, c.Organization, q))
	n, err := export.Write(p.stdout, export.Format(c.Format), entries, &export.Options{Raw: c.Raw})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stderr, "%s exported\n", plural(n, "entry", "entries"))
	return err
}

// note records the export before anything of it is written, so that none is taken away unseen.
func (c *exportCommand) note(ctx context.Context, data *server.Log, q daybook.Query) (daybook.ID, error) {
	groups, err := data.Store.Count(ctx, c.Organization, q)
	if err != nil {
		return daybook.ID{}, err
	}
	details := daybook.Details{"filter": q.Filter.String(), "format": c.Format, "entries": groups[0].Count, "order": q.Order.String()}
	if c.Raw {
		details["raw"] = true
	}
	if args := c.flags(q); len(args) > 0 {
		details["flags"] = args
	}
	if u, err := user.Current(); err == nil {
		details["operator"] = u.Username // of the machine, who is no user of the organization
	}
	book, err := own.New(data.Store, nil)
	if err != nil {
		return daybook.ID{}, err
	}
	e := daybook.Entry{ID: daybook.NewID(), Action: daybook.Read, ResourceType: own.Export, OrganizationID: c.Organization, ActorType: daybook.ActorSystem, Details: details}
	return e.ID, book.Record(ctx, e)
}

// flags returns what narrows the export besides the filter.
func (c *exportCommand) flags(q daybook.Query) []string {
	plain := c.filterFlags
	plain.Filter, q.Filter = nil, daybook.Filter{}
	return plain.arguments(q)
}

// without leaves out the entry that the export itself left.
func without(id daybook.ID, entries iter.Seq2[daybook.Entry, error]) iter.Seq2[daybook.Entry, error] {
	return func(yield func(daybook.Entry, error) bool) {
		for e, err := range entries {
			if (err != nil || e.ID != id) && !yield(e, err) {
				return
			}
		}
	}
}
