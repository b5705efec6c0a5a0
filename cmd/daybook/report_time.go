package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/server"
)

// topValues prints the most frequent values of a field, and how many entries have another or none.
func (c *reportCommand) topValues(ctx context.Context, data *server.Log, q daybook.Query, out *output) error {
	top, err := daybook.TopValues(ctx, data.Store, c.Organization, q, daybook.Field(c.Subject), c.Top)
	if wrong, ok := errors.AsType[*daybook.FieldError](err); ok && wrong.Field == "field" {
		return usageError{fmt.Errorf("the field %s", wrong.Reason)}
	}
	if err != nil {
		return err
	}
	if !out.table {
		for _, g := range top.Values {
			if err := out.json(map[string]any{c.Subject: g.Values[0], "count": g.Count}); err != nil {
				return err
			}
		}
		return out.json(map[string]any{"other": top.Other, "missing": top.Missing})
	}
	total := top.Other + top.Missing
	for _, g := range top.Values {
		total += g.Count
	}
	rows := make([][]string, len(top.Values))
	for i, g := range top.Values {
		rows[i] = []string{escapeText(g.Values[0]), grouped(g.Count), fmt.Sprintf("%.1f %%", 100*float64(g.Count)/float64(total)), bar(g.Count, top.Values[0].Count)}
	}
	if len(rows) > 0 {
		newTable(out.Writer, out.columns, []column{{title: strings.ToUpper(c.Subject), least: 8, cut: cutMiddle},
			{title: "COUNT", right: true}, {title: "SHARE", right: true}, {least: 5, cut: head, drop: 1}}).print(rows)
	}
	out.printf("%s other, %s without a value\n", grouped(top.Other), grouped(top.Missing))
	return nil
}

// bar returns a bar that is as long beside that of the most as n is beside it.
func bar(n, most int64) string {
	return strings.Repeat("█", int((n*barColumns+most-1)/max(most, 1)))
}

// histogram prints how many entries there are in each part of a time.
func (c *reportCommand) histogram(ctx context.Context, data *server.Log, q daybook.Query, out *output) error {
	zone, err := c.location()
	if err != nil {
		return err
	}
	from, to, err := c.span(ctx, data, q)
	if err != nil {
		return err
	}
	var buckets []daybook.Bucket
	if from.Before(to) {
		every := daybook.Interval(c.Every)
		if every == "" {
			every = fitting(to.Sub(from))
		}
		edges, err := daybook.Edges(from, to, every, zone)
		if err != nil {
			return err
		}
		by := make([]daybook.Field, len(c.By))
		for i := range c.By {
			by[i] = daybook.Field(c.By[i])
		}
		if buckets, err = daybook.Histogram(ctx, data.Store, c.Organization, q, edges, by...); err != nil {
			return err
		}
		if out.table {
			out.buckets(buckets, layouts[every], zone, len(by) > 0)
		}
	}
	if !out.table {
		return c.bucketsJSON(buckets, zone, out)
	}
	var total int64
	for _, b := range buckets {
		total += b.Count()
	}
	out.printf("%s\n", plural(total, "entry", "entries"))
	return nil
}

// span returns the time of a histogram: that of the query, and where the query is open, that of the
// entries that match it.
func (c *reportCommand) span(ctx context.Context, data *server.Log, q daybook.Query) (from, to time.Time, err error) {
	end := func(order daybook.Order) (time.Time, error) {
		q.Order, q.Limit = order, 1
		for e, err := range daybook.All(ctx, data.Store, c.Organization, q) {
			return e.CreatedAt, err
		}
		return time.Time{}, nil
	}
	if from = q.From; from.IsZero() {
		if from, err = end(daybook.Oldest); err != nil {
			return from, to, err
		}
	}
	if to = q.To; to.IsZero() && !from.IsZero() {
		if to, err = end(daybook.Newest); err != nil {
			return from, to, err
		}
		to = to.Add(time.Microsecond)
	}
	return from, to, nil
}

// fitting returns the interval of which some dozens make up the time.
func fitting(long time.Duration) daybook.Interval {
	switch {
	case long <= time.Hour:
		return daybook.Minute
	case long <= 72*time.Hour:
		return daybook.Hour
	case long <= 92*24*time.Hour:
		return daybook.Day
	case long <= 2*366*24*time.Hour:
		return daybook.Week
	}
	return daybook.Month
}

// layouts are how the beginning of an interval is shown.
var layouts = map[daybook.Interval]string{
	daybook.Minute: "2006-01-02 15:04", daybook.Hour: "2006-01-02 15:04", daybook.Day: "Mon 2006-01-02", daybook.Week: "Mon 2006-01-02", daybook.Month: "2006-01",
}

// buckets prints a histogram as a table with bars.
func (o *output) buckets(buckets []daybook.Bucket, layout string, zone *time.Location, split bool) {
	var most int64
	for _, b := range buckets {
		most = max(most, b.Count())
	}
	rows := make([][]string, len(buckets))
	for i, b := range buckets {
		var parts []string
		for _, g := range b.Groups {
			if !split {
				break
			}
			name := g.Values[0]
			if name == "" {
				name = "(none)"
			}
			parts = append(parts, escapeText(name)+" "+grouped(g.Count))
		}
		rows[i] = []string{b.From.In(zone).Format(layout), grouped(b.Count()), bar(b.Count(), most), strings.Join(parts, ", ")}
	}
	newTable(o.Writer, o.columns, []column{{title: "FROM"}, {title: "COUNT", right: true}, {least: 5, cut: head, drop: 2}, {least: 10, cut: head, drop: 1}}).print(rows)
}

// bucketsJSON prints a line for each bucket.
func (c *reportCommand) bucketsJSON(buckets []daybook.Bucket, zone *time.Location, out *output) error {
	for _, b := range buckets {
		line := map[string]any{"from": b.From.In(zone), "to": b.To.In(zone), "count": b.Count()}
		for _, field := range c.By {
			groups := []map[string]any{}
			for _, g := range b.Groups {
				groups = append(groups, map[string]any{field: g.Values[0], "count": g.Count})
			}
			line["groups"] = groups
		}
		if err := out.json(line); err != nil {
			return err
		}
	}
	return nil
}
