package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/server"
)

type tailCommand struct {
	logFlags
	Organization *string `short:"o" placeholder:"ID" help:"Only entries of this organization."`
	filterWords
	filterFlags
	Lines  int              `short:"n" default:"10" help:"Begin with so many entries before the end."`
	Follow bool             `short:"f" help:"Go on with new entries until interrupted."`
	From   daybook.Position `placeholder:"POSITION" help:"Begin behind this position instead, such as 1-42; 1-0 is the beginning."`
	Name   string           `placeholder:"NAME" help:"Begin behind the position saved under this name, and save where it ends: nothing is missed, and nothing printed twice but after a crash."`
	outFlags
}

func (tailCommand) Help() string {
	return `It prints entries of all organizations in the total order of the log, in which none is inserted later: whoever goes on behind the last position misses nothing. With --name it is a follower, whose backlog daybook doctor shows.

    daybook tail
    daybook tail -f -o acme outcome:denied
    daybook tail --from 1-0 --json > everything.ndjson
    daybook tail -f --name siem --json | send-to-siem`
}

func (c *tailCommand) Run(ctx context.Context, p *program) (err error) {
	if err := c.into(&c.filterFlags); err != nil {
		return err
	}
	q, err := c.query(c.Zone, nil)
	if err != nil {
		return err
	}
	zone, err := c.location()
	if err != nil {
		return err
	}
	f := &feed{out: p.output(c.outFlags), zone: zone, query: q}
	if c.Organization != nil {
		if f.organization, err = daybook.NormalizeOrganization(*c.Organization); err != nil {
			return flagError(err)
		}
	}
	if c.Lines < 0 {
		return usageError{fmt.Errorf("--lines is %d, but must be 0 or more", c.Lines)}
	}
	if values, _ := c.values(); c.Name != "" && (c.Organization != nil || len(values) > 0 || c.Filter != nil) {
		return usageError{errors.New("--name saves what was read, printed or not: leave out the filters, and filter what it prints")}
	}
	data, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	at, err := c.begin(ctx, data.Store, f)
	if err != nil {
		return err
	}
	if c.Follow {
		err := daybook.Follow(ctx, data.Store, &daybook.FollowOptions{From: at}, func(ctx context.Context, batch []daybook.Sequenced) error {
			return c.take(ctx, data.Store, f, batch, batch[len(batch)-1].Position)
		})
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return nil // an interrupt is how it is meant to end
		}
		return flagError(err)
	}
	return c.toEnd(ctx, data.Store, f, at)
}

// begin prints what lies before the place from which to go on, and returns that place.
func (c *tailCommand) begin(ctx context.Context, store server.Store, f *feed) (daybook.Position, error) {
	if c.Name != "" {
		saved, err := store.LoadPosition(ctx, c.Name)
		if saved == (daybook.Position{}) {
			saved = c.From
		}
		return saved, err
	}
	if c.From != (daybook.Position{}) {
		return c.From, nil
	}
	end, err := store.Last(ctx)
	if err != nil {
		return daybook.Position{}, err
	}
	last, err := f.before(ctx, store, end, c.Lines)
	if err != nil {
		return daybook.Position{}, err
	}
	return end, f.print(last)
}

// toEnd prints what is behind at, up to the end.
func (c *tailCommand) toEnd(ctx context.Context, store server.Store, f *feed, at daybook.Position) error {
	for {
		batch, next, err := store.Tail(ctx, at, daybook.MaxLimit)
		if err != nil {
			return flagError(err)
		}
		if len(batch) == 0 {
			return nil
		}
		if err := c.take(ctx, store, f, batch, next); err != nil {
			return err
		}
		at = next
	}
}

// take prints a batch and saves the position behind it, also when an interrupt comes between the
// two: what was printed is not to be printed again. After a crash between them it is.
func (c *tailCommand) take(ctx context.Context, store server.Store, f *feed, batch []daybook.Sequenced, next daybook.Position) error {
	if err := f.print(batch); err != nil || c.Name == "" {
		return err
	}
	return store.SavePosition(context.WithoutCancel(ctx), c.Name, next)
}

// A feed prints those entries of the total order that are asked for.
type feed struct {
	out          *output
	zone         *time.Location
	organization string // empty: all
	query        daybook.Query
	table        *table
}

func (f *feed) wants(e *daybook.Entry) bool {
	return (f.organization == "" || f.organization == e.OrganizationID) && f.query.Matches(e)
}

// before returns the last n wanted entries up to last. Positions are numbers without large gaps, so
// it looks at windows of them, from the end.
func (f *feed) before(ctx context.Context, store server.Store, last daybook.Position, n int) ([]daybook.Sequenced, error) {
	var found []daybook.Sequenced
	for end := last.Number; end > 0 && len(found) < n; {
		start := max(end-daybook.MaxLimit, 0)
		window, _, err := store.Tail(ctx, daybook.Position{Epoch: last.Epoch, Number: start}, int(end-start))
		if err != nil {
			return nil, err
		}
		for _, e := range slices.Backward(window) {
			if e.Position.Number <= end && len(found) < n && f.wants(&e.Entry) {
				found = append(found, e)
			}
		}
		end = start
	}
	slices.Reverse(found)
	return found, nil
}

func (f *feed) print(batch []daybook.Sequenced) error {
	var rows [][]string
	for i := range batch {
		e := &batch[i]
		if !f.wants(&e.Entry) {
			continue
		}
		if !f.out.table {
			if err := f.out.json(e); err != nil {
				return err
			}
			continue
		}
		row := append([]string{e.Position.String(), escapeText(e.OrganizationID)}, entryRow(&e.Entry, f.zone)...)
		rows = append(rows, row)
	}
	if len(rows) > 0 {
		if f.table == nil {
			columns := append([]column{{title: "POSITION"}, {title: "ORGANIZATION", least: 12, cut: cutMiddle}}, entryColumns(f.zone)...)
			f.table = newTable(f.out.Writer, f.out.columns, columns)
		}
		f.table.print(rows)
	}
	return f.out.flush()
}
