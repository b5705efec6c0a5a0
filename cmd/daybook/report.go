package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/server"
)

type reportCommand struct {
	logFlags
	organizationFlag
	What    string   `arg:"" optional:"" help:"actions, users, resources, types, outcomes or actors: entries counted by these. user: what one user did. top: the most frequent values of a field. histogram: entries over time."`
	Subject string   `arg:"" optional:"" name:"of" help:"The user of \"report user\"; the field of \"report top\", which may be a path such as details.reason."`
	By      []string `xor:"by" placeholder:"FIELD" help:"Count by these fields, at most three, or one for a histogram: action, resource_type, resource_id, user_id, actor_type, outcome."`
	Every   string   `enum:",minute,hour,day,week,month" default:"" placeholder:"INTERVAL" help:"How long the parts of a histogram are: minute, hour, day, week or month of the zone; what fits if left out."`
	Days    int      `xor:"days" placeholder:"N" help:"The last so many days; 30 for \"report user\" if neither this nor --since is given."`
	Top     int      `placeholder:"N" help:"Print only the N largest counts; 10 for \"report top\" if left out."`
	filterFlags
	outFlags
}

func (reportCommand) Help() string {
	return `Counts are exact: a report that would have more than 1,000 rows is refused. Every filter of daybook query narrows it.

    daybook report actions -o acme
    daybook report users -o acme --outcome denied --since 7d
    daybook report -o acme --by action,outcome --since 2026-11-01 --until 2026-11-30
    daybook report user ada -o acme --days 30
    daybook report top details.reason -o acme --outcome denied
    daybook report histogram -o acme --every day --zone Europe/Berlin --by outcome`
}

const reportNames = "actions, users, resources, types, outcomes, actors, user USER, top FIELD, histogram, or --by FIELDS"

// reportFields are the fields by which each report counts.
var reportFields = map[string][]daybook.Field{
	"actions":   {daybook.ByAction},
	"users":     {daybook.ByUserID},
	"resources": {daybook.ByResourceType, daybook.ByResourceID},
	"types":     {daybook.ByResourceType},
	"outcomes":  {daybook.ByOutcome},
	"actors":    {daybook.ByActorType},
}

func (c *reportCommand) Run(ctx context.Context, p *program) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	now := time.Now()
	more := url.Values{}
	if c.What == "user" {
		more.Set("user", c.Subject)
		more.Set("order", "oldest")
		if c.Days == 0 && c.Since == nil {
			c.Days = 30
		}
	}
	if c.Days > 0 {
		more.Set("since", now.AddDate(0, 0, -c.Days).UTC().Format(time.RFC3339Nano))
	}
	q, err := c.query(c.Zone, more)
	if err != nil {
		return err
	}
	data, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	out := p.output(c.outFlags)
	switch c.What {
	case "top":
		err = c.topValues(ctx, data, q, out)
	case "histogram":
		err = c.histogram(ctx, data, q, out)
	case "user":
		if q.To.IsZero() {
			q.To = now // so that the counts and the entries are about the same
		}
		err = c.userReport(ctx, data, q, out)
	default:
		by := reportFields[c.What]
		for _, f := range c.By {
			by = append(by, daybook.Field(f))
		}
		err = c.counts(ctx, data, q, by, out)
	}
	return errors.Join(flagError(err), out.flush())
}

func (c *reportCommand) check() error {
	_, counts := reportFields[c.What]
	own := map[string]bool{"user": true, "top": true, "histogram": true}[c.What]
	switch takes := c.What == "user" || c.What == "top"; {
	case c.What == "" && len(c.By) == 0:
		return usageError{errors.New("report needs to know what to report: " + reportNames)}
	case c.What != "" && !own && !counts:
		return usageError{fmt.Errorf("there is no report %q: %s", c.What, reportNames)}
	case c.What != "" && c.What != "histogram" && len(c.By) > 0:
		return usageError{fmt.Errorf("report %s has its own fields: leave out --by, or %s", c.What, c.What)}
	case c.What == "user" && c.Subject == "":
		return usageError{errors.New("report user needs the id of the user: daybook report user ada")}
	case c.What == "top" && c.Subject == "":
		return usageError{errors.New("report top needs a field: daybook report top details.reason")}
	case !takes && c.Subject != "":
		return usageError{fmt.Errorf("report %s takes nothing behind it, but there is %q", c.What, c.Subject)}
	case c.What == "user" && c.User != nil:
		return usageError{errors.New("report user names the user already: leave out --user")}
	case c.Every != "" && c.What != "histogram":
		return usageError{errors.New("--every is for a histogram: daybook report histogram --every " + c.Every)}
	case c.Days < 0 || c.Top < 0:
		return usageError{errors.New("--days and --top must be 1 or more")}
	case c.Days > 0 && c.Since != nil:
		return usageError{errors.New("--days and --since both say where to begin: leave out one")}
	}
	return nil
}

// counts prints the number of entries of each group, largest first.
func (c *reportCommand) counts(ctx context.Context, data *server.Log, q daybook.Query, by []daybook.Field, out *output) error {
	groups, err := data.Store.Count(ctx, c.Organization, q, by...)
	if err != nil {
		return err
	}
	if out.table {
		out.groups(by, groups, c.Top)
		return nil
	}
	for i, g := range groups {
		if c.Top > 0 && i == c.Top {
			break
		}
		row := map[string]any{"count": g.Count}
		for i, f := range by {
			row[string(f)] = g.Values[i]
		}
		if err := out.json(row); err != nil {
			return err
		}
	}
	return nil
}

// barColumns is how long the bar of the largest count is.
const barColumns = 30

// groups prints counts as a table with bars, the top ones if top is not 0.
func (o *output) groups(by []daybook.Field, groups []daybook.Group, top int) {
	var columns []column
	for _, f := range by {
		columns = append(columns, column{title: strings.ToUpper(strings.ReplaceAll(strings.TrimSuffix(string(f), "_id"), "_", " ")), least: 8, cut: cutMiddle})
	}
	columns = append(columns, column{title: "COUNT", right: true}, column{title: "SHARE", right: true}, column{least: 5, cut: head, drop: 1})
	var total int64
	for _, g := range groups {
		total += g.Count
	}
	shown := groups
	if top > 0 {
		shown = groups[:min(top, len(groups))]
	}
	rows := make([][]string, len(shown))
	for i, g := range shown {
		for _, v := range g.Values {
			if v == "" {
				v = "(none)"
			}
			rows[i] = append(rows[i], escapeText(v))
		}

		rows[i] = append(rows[i], grouped(g.Count), fmt.Sprintf("%.1f %%", 100*float64(g.Count)/float64(total)), bar(g.Count, groups[0].Count))
	}
	if len(rows) > 0 {
		newTable(o.Writer, o.columns, columns).print(rows)
	}
	if len(shown) < len(groups) {
		o.printf("and %s more rows\n", grouped(int64(len(groups)-len(shown))))
	}
	o.printf("%s\n", plural(total, "entry", "entries"))
}

// userReport is the guide's activity report of a user: everything that the user did in the last days,
// in order. Its JSON is one object.
func (c *reportCommand) userReport(ctx context.Context, data *server.Log, q daybook.Query, out *output) error {
	zone, err := c.location()
	if err != nil {
		return err
	}
	fields := []daybook.Field{daybook.ByAction, daybook.ByResourceType, daybook.ByOutcome}
	counts := make([][]daybook.Group, len(fields))
	for i, f := range fields {
		if counts[i], err = data.Store.Count(ctx, c.Organization, q, f); err != nil {
			return err
		}
	}
	entries := daybook.All(ctx, data.Store, c.Organization, withoutLimit(q))
	if !out.table {
		return out.userJSON(c, q, fields, counts, entries)
	}
	when := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04") }
	out.printf("%s in %s from %s to %s (%s)\n\n", c.Subject, c.Organization, when(q.From), when(q.To), zone.String())
	for i, f := range fields {
		out.groups([]daybook.Field{f}, counts[i], c.Top)
		out.printf("\n")
	}
	t := newTable(out.Writer, out.columns, entryColumns(zone))
	var rows [][]string
	for e, err := range entries {
		if err != nil {
			return err
		}
		if rows = append(rows, entryRow(&e, zone)); len(rows) == daybook.MaxLimit {
			t.print(rows)
			rows = rows[:0]
		}
	}
	if len(rows) > 0 {
		t.print(rows)
	}
	return nil
}

func withoutLimit(q daybook.Query) daybook.Query {
	q.Limit = 0
	return q
}

// userJSON prints the report piece by piece, since the entries may be many.
func (o *output) userJSON(c *reportCommand, q daybook.Query, fields []daybook.Field, counts [][]daybook.Group, entries func(func(daybook.Entry, error) bool)) error {
	head := map[string]any{"organization_id": c.Organization, "user_id": c.Subject, "until": q.To}
	if !q.From.IsZero() {
		head["since"] = q.From
	}
	for i, f := range fields {
		by := map[string]int64{}
		for _, g := range counts[i] {
			by[g.Values[0]] = g.Count
		}
		head["by_"+string(f)] = by
	}
	text, err := json.Marshal(head)
	if err != nil {
		return err
	}
	fmt.Fprintf(o, `%s,"entries":[`, escapeJSON(text[:len(text)-1]))
	separator := ""
	for e, err := range entries {
		if err != nil {
			return err
		}
		text, err := json.Marshal(e)
		if err != nil {
			return err
		}
		fmt.Fprintf(o, "%s%s", separator, escapeJSON(text))
		separator = ","
	}
	o.WriteString("]}\n")
	return nil
}
