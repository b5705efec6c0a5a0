package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/server"
)

type queryCommand struct {
	logFlags
	organizationFlag
	filterWords
	filterFlags
	Order string `enum:"newest,oldest" default:"newest" help:"Which come first: newest or oldest."`
	Limit *int   `short:"n" placeholder:"N" help:"The most entries to print: 50 if left out."`
	All   bool   `help:"Print all of them."`
	After string `placeholder:"CURSOR" help:"Go on behind a page: its \"next\"."`
	outFlags
}

func (queryCommand) Help() string {
	return `It prints a page, the newest entries first, and how to get the next. Every filter narrows; a list means any of its items.

    daybook query -o acme 'resource:document details.amount>1000 -user:ada'
    daybook query -o acme --user ada
    daybook query -o acme --resource document/42 --order oldest
    daybook query -o acme --limit 100
    daybook query -o acme --outcome denied --since 1h --ip 192.0.2.0/24
    daybook query -o acme --detail changes.title.new=Plan --since 2026-11-01 --until 2026-11-30
    daybook query -o acme --all --json > acme.ndjson`
}

func (c *queryCommand) Run(ctx context.Context, p *program) (err error) {
	if err := c.into(&c.filterFlags); err != nil {
		return err
	}
	q, err := c.query(c.Zone, url.Values{"order": {c.Order}})
	if err != nil {
		return err
	}
	limit := daybook.DefaultLimit
	switch {
	case c.Limit != nil && c.All:
		return usageError{errors.New("--all has no limit: leave out --limit")}
	case c.Limit != nil && *c.Limit < 1:
		return usageError{fmt.Errorf("--limit is %d, but must be 1 or more", *c.Limit)}
	case c.Limit != nil:
		limit = *c.Limit
	case c.All:
		limit = math.MaxInt
	}
	data, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	if c.After != "" {
		key, err := data.CursorKey(ctx)
		if err != nil {
			return err
		}
		if q.After, err = key.Open(c.Organization, q, c.After); err != nil {
			return c.explainCursor(err)
		}
	}
	next, err := c.print(ctx, data, q, limit, p.output(c.outFlags))
	if err != nil || next.IsZero() {
		return err
	}
	key, err := data.CursorKey(ctx)
	if err != nil {
		return err
	}
	cursor, err := key.Seal(c.Organization, q, next)
	if err != nil {
		return err
	}
	// On standard error, so that a pipe gets entries and nothing else.
	if _, terminal := columnsOf(p.stdout); terminal && !c.JSON {
		_, err = fmt.Fprintf(p.stderr, "\nThere are more:\n%s\n", c.nextPage(q, cursor))
	} else {
		_, err = fmt.Fprintf(p.stderr, "next: %s\n", cursor)
	}
	return err
}

// explainCursor adds to a refused cursor the reason that a person meets most.
func (c *queryCommand) explainCursor(err error) error {
	if errors.Is(err, daybook.ErrCursor) && (c.Since != nil || c.Until != nil || c.Filter != nil) {
		err = fmt.Errorf("%w (a time such as 7d moves with the clock: give the one that the first page had, or use the command that it printed)", err)
	}
	return usageError{fmt.Errorf("--after: %w", err)}
}

// print prints the first limit entries and returns the cursor behind them.
func (c *queryCommand) print(ctx context.Context, data *server.Log, q daybook.Query, limit int, out *output) (next daybook.Cursor, err error) {
	zone, err := c.location()
	if err != nil {
		return next, err
	}
	t := newTable(out.Writer, out.columns, entryColumns(zone))
	for left := limit; ; {
		q.Limit = min(left, daybook.MaxLimit)
		page, err := data.Store.Query(ctx, c.Organization, q)
		if err != nil {
			return next, flagError(err)
		}
		rows := make([][]string, 0, len(page.Entries))
		for i := range page.Entries {
			e := &page.Entries[i]
			switch {
			case !out.table:
				err = out.json(e)
			case c.ID != nil:
				err = out.printEntry(e, zone)
			default:
				rows = append(rows, entryRow(e, zone))
			}
			if err != nil {
				return next, err
			}
		}
		if len(rows) > 0 {
			t.print(rows)
		}
		if left -= len(page.Entries); left == limit && out.table {
			out.printf("no entries\n")
		}
		if err := out.flush(); err != nil {
			return next, err
		}
		if page.Next.IsZero() || left <= 0 {
			return page.Next, nil
		}
		q.After = page.Next
	}
}

// nextPage is the command for the next page.
func (c *queryCommand) nextPage(q daybook.Query, cursor string) string {
	args := append(append(programName(), "query"), c.logFlags.arguments()...)
	args = append(append(args, "--organization", c.Organization), c.filterFlags.arguments(q)...)
	if c.Order != "newest" {
		args = append(args, "--order", c.Order)
	}
	if c.Limit != nil {
		args = append(args, "--limit", strconv.Itoa(*c.Limit))
	}
	if c.Zone != "UTC" {
		args = append(args, "--zone", c.Zone)
	}
	return commandLine(append(args, "--after", cursor)...)
}
