package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/sqlite"
)

// A logFile is one file to query, and the time it begins.
type logFile struct {
	daybook.Store
	from time.Time
}

// A question is a kind of query. ask returns how many entries, or groups, the answer has; n chooses
// whom it is about, so that an answer is not read twice in a row.
type question struct {
	name string
	most float64 // milliseconds that it should take at most; 0 is no aim
	flat bool    // whether it must not grow with the log
	ask  func(ctx context.Context, f logFile, n int) (int, error)
}

// measureQueries asks the biggest organization's questions of the large file and of the small one
// by turns. Both hold the same newest entries, so where the answer does not grow with the log the
// time should not either.
func measureQueries(ctx context.Context, p plan, s *stored) (_ []table, _ []aim, err error) {
	var files [2]logFile
	defer func() {
		for _, f := range files {
			if f.Store != nil {
				err = errors.Join(err, f.Close())
			}
		}
	}()
	for i, path := range []string{s.large, s.small} {
		files[i].from = []time.Time{s.from, s.fromSmall}[i]
		f, err := sqlite.Open(ctx, path, nil)
		if err != nil {
			return nil, nil, err
		}
		files[i].Store = f
	}
	questions, err := questionsOf(ctx, files[1], s)
	if err != nil {
		return nil, nil, err
	}
	large, small := whole(float64(s.rows)), whole(float64(s.smallRows))
	t := table{
		title: "Queries",
		about: fmt.Sprintf("At most %d of each kind, as many as 10 s give time for, by `sqlite.Store`, in the biggest of %d organizations, one at a time, warm, on two files by turns: one of %s "+
			"entries, and one of %s that are its newest tenth. The answer is that of the larger file. The last column is p50 there over p50 on the small one.",
			p.queries, organizations, large, small),
		head: []string{"query", "answer", "p50 ms, " + large, "p99 ms, " + large, "p50 ms, " + small, "p99 ms, " + small, "growth ×"},
	}
	var aims []aim
	t.rows, aims, err = askByTurns(ctx, p, s, files, questions)
	return []table{t}, aims, err
}

// Slow questions are asked as often as there is time for, and least times at least.
const (
	enough = 10 * time.Second
	least  = 10
)

// askByTurns asks each question of both files by turns.
func askByTurns(ctx context.Context, p plan, s *stored, files [2]logFile, questions []question) (lines [][]string, aims []aim, err error) {
	large, small := whole(float64(s.rows)), whole(float64(s.smallRows))
	for _, q := range questions {
		var took [2][]float64
		var answers []float64
		runtime.GC()
		warm := min(p.queries, 5)
		until := time.Now().Add(enough)
		for n := range warm + p.queries {
			if n >= warm+least && time.Now().After(until) {
				break
			}
			for i, f := range files {
				began := time.Now()
				answer, err := q.ask(ctx, f, n)
				ms := time.Since(began).Seconds() * 1000
				if err != nil {
					return nil, nil, fmt.Errorf("%s: %w", q.name, err)
				}
				if answer == 0 && i == 0 {
					return nil, nil, fmt.Errorf("%s: the answer is empty", q.name)
				}
				if n < warm {
					continue
				}
				took[i] = append(took[i], ms)
				if i == 0 {
					answers = append(answers, float64(answer))
				}
			}
		}
		p50, growth := percentile(took[0], 50), percentile(took[0], 50)/percentile(took[1], 50)
		lines = append(lines, []string{q.name, whole(percentile(answers, 50)), figure(p50), figure(percentile(took[0], 99)),
			figure(percentile(took[1], 50)), figure(percentile(took[1], 99)), times(growth)})
		if q.most > 0 {
			aims = append(aims, aim{what: fmt.Sprintf("p50 of “%s” with %s entries stored (to be held with 10,000,000)", q.name, large), most: q.most, unit: " ms", measured: p50})
		}
		if q.flat {
			aims = append(aims, aim{what: fmt.Sprintf("growth of “%s” from %s to %s entries", q.name, small, large), most: 1.5, unit: "×", measured: growth})
		}
	}
	return lines, aims, nil
}

// questionsOf draws users, resources and entries from the last seven days, which both files have.
func questionsOf(ctx context.Context, f logFile, s *stored) ([]question, error) {
	org, week := s.biggest, s.end.Add(-7*24*time.Hour)
	var recent []daybook.Entry
	for e, err := range daybook.All(ctx, f, org, daybook.Query{From: week}) {
		if err != nil {
			return nil, err
		}
		recent = append(recent, e)
	}
	if len(recent) == 0 {
		return nil, errors.New("the biggest organization has no entries in the last seven days")
	}
	// A fixed order: both files are asked about the same.
	random := rand.New(rand.NewPCG(3, 4))
	random.Shuffle(len(recent), func(i, j int) { recent[i], recent[j] = recent[j], recent[i] })
	some := func(n int) *daybook.Entry { return &recent[n%len(recent)] }

	page := func(q func(f logFile, n int) daybook.Query) func(context.Context, logFile, int) (int, error) {
		return func(ctx context.Context, f logFile, n int) (int, error) {
			p, err := f.Query(ctx, org, q(f, n))
			return len(p.Entries), err
		}
	}
	all := func(q func(n int) daybook.Query) func(context.Context, logFile, int) (int, error) {
		return func(ctx context.Context, f logFile, n int) (found int, err error) {
			for _, err := range daybook.All(ctx, f, org, q(n)) {
				if err != nil {
					return 0, err
				}
				found++
			}
			return found, nil
		}
	}
	denied := func(within time.Duration) daybook.Query {
		return daybook.Query{Outcomes: []daybook.Outcome{daybook.Denied}, From: s.end.Add(-within)}
	}
	return append([]question{
		{"newest page of 100", 1, true, page(func(logFile, int) daybook.Query { return daybook.Query{Limit: 100} })},
		{"page of 100 somewhere in the older half", 0, false, page(func(f logFile, n int) daybook.Query {
			depth := time.Duration(n%100) * s.end.Sub(f.from) / 250 // 0 to 40 % of the file lie behind
			return daybook.Query{Limit: 100, After: daybook.Cursor{ID: daybook.MinID(f.from.Add(s.end.Sub(f.from)/10 + depth))}}
		})},
		{"all of a resource", 1, true, all(func(n int) daybook.Query {
			return daybook.Query{ResourceType: some(n).ResourceType, ResourceID: some(n).ResourceID}
		})},
		{"a user, 7 days", 1, true, all(func(n int) daybook.Query { return daybook.Query{UserID: some(n).UserID, From: week} })},
		{"denied, last hour", 0, false, all(func(int) daybook.Query { return denied(time.Hour) })},
		{"denied, 7 days", 0, false, all(func(int) daybook.Query { return denied(7 * 24 * time.Hour) })},
		{"one entry by its id", 0, false, page(func(_ logFile, n int) daybook.Query { return daybook.Query{ID: some(n).ID} })},
	}, reportsOf(s)...), nil
}
