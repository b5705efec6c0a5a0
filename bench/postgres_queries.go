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
	large, small := whole(float64(s.rows)), whole(float64(s.smallRows))
	t := table{
		title: "Queries, PostgreSQL",
		about: fmt.Sprintf("At most %d of each kind, as many as 10 s give time for, by `postgres.Store`, as a role that row-level security holds, in the biggest organization with %s of the %s entries, "+
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
