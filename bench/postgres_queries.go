package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/daybookdev/daybook"
)

// measurePostgresQueries asks the biggest organization's questions of both logs, as measureQueries
// does of files, and for reports.
func measurePostgresQueries(ctx context.Context, p plan, pg *pgServer) (_ []table, _ []aim, err error) {
	s := pg.stored
	var files [2]logFile
	defer func() {
		for _, f := range files {
			if f.Store != nil {
				err = errors.Join(err, f.Close())
			}
		}
	}()
	for i, database := range []string{largeLog, smallLog} {
		files[i].from = []time.Time{s.from, s.fromSmall}[i]
		f, err := pg.open(ctx, database)
		if err != nil {
			return nil, nil, err
		}
		files[i].Store = f
	}
	questions, err := questionsOf(ctx, files[1], s)
	if err != nil {
		return nil, nil, err
	}
	groups, err := files[0].Count(ctx, s.biggest, daybook.Query{})
	if err != nil {
		return nil, nil, err
	}
	size := whole(float64(groups[0].Count))
	for i := range questions {
		switch questions[i].name {
		case "count by action":
			questions[i].most = 10
		case "count of a value in the details":
			questions[i].most = 50
		}
	}
	questions = append(questions, postgresReports(s)...)
	large, small := whole(float64(s.rows)), whole(float64(s.smallRows))
	t := table{
		title: "Queries, PostgreSQL",
		about: fmt.Sprintf("%d of each kind by `postgres.Store`, as a role that row-level security holds, in the biggest organization with %s of the %s entries, "+
			"one at a time, warm, on two databases by turns: the second has the newest tenth, %s entries.", p.queries, size, large, small),
		facts: pg.facts,
		head:  []string{"query", "answer", "p50 ms, " + large, "p99 ms, " + large, "p50 ms, " + small, "p99 ms, " + small, "growth ×"},
	}
	var aims []aim
	t.rows, aims, err = askByTurns(ctx, p, s, files, questions)
	for i := range aims {
		aims[i].what = "PostgreSQL: " + aims[i].what
	}
	return []table{t}, aims, err
}

// postgresReports are the questions that reports ask, and what people search for.
func postgresReports(s *stored) []question {
	org := s.biggest
	histogram := func(every daybook.Interval, zone string, long time.Duration, by ...daybook.Field) func(context.Context, logFile, int) (int, error) {
		return func(ctx context.Context, f logFile, n int) (int, error) {
			location, err := time.LoadLocation(zone)
			if err != nil {
				return 0, err
			}
			edges, err := daybook.Edges(s.end.Add(-long-time.Duration(n)*time.Second), s.end, every, location)
			if err != nil {
				return 0, err
			}
			buckets, err := daybook.Histogram(ctx, f.Store, org, daybook.Query{}, edges, by...)
			return len(buckets), err
		}
	}
	filter := func(text func(n int) string) func(context.Context, logFile, int) (int, error) {
		return func(ctx context.Context, f logFile, n int) (int, error) {
			filter, _, err := daybook.ParseFilter(text(n), nil)
			if err != nil {
				return 0, err
			}
			page, err := f.Query(ctx, org, daybook.Query{Filter: filter, Limit: 100})
			return 1 + len(page.Entries), err
		}
	}
	return []question{
		{"count by action and outcome, 30 days and a part of an hour", 10, false, func(ctx context.Context, f logFile, n int) (int, error) {
			groups, err := f.Count(ctx, org, daybook.Query{From: s.end.Add(-30*24*time.Hour - time.Duration(n)*time.Second)}, daybook.ByAction, daybook.ByOutcome)
			return len(groups), err
		}},
		{"histogram by the hour, 7 days", 10, false, histogram(daybook.Hour, "UTC", 7*24*time.Hour)},
		{"histogram by the day in Berlin and by action, 90 days", 10, false, histogram(daybook.Day, "Europe/Berlin", span, daybook.ByAction)},
		{"top values of the resource type", 10, false, func(ctx context.Context, f logFile, _ int) (int, error) {
			top, err := daybook.TopValues(ctx, f.Store, org, daybook.Query{}, daybook.ByResourceType, 10)
			return len(top.Values), err
		}},
		{"top users", 0, false, func(ctx context.Context, f logFile, _ int) (int, error) {
			top, err := daybook.TopValues(ctx, f.Store, org, daybook.Query{}, daybook.ByUserID, 10)
			return len(top.Values), err
		}},
		{"page of 100 of a value in the details", 50, false, filter(func(n int) string { return fmt.Sprintf(`details.batch="b-%04d"`, n%1000) })},
		{"text that some entries have", 50, false, filter(func(n int) string { return fmt.Sprintf(`"b-%04d"`, n%1000) })},
		{"text that no entry has", 50, false, filter(func(n int) string { return fmt.Sprintf(`"key rotation %d"`, n) })},
	}
}
