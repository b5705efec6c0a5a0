package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/daybookdev/daybook"
)

// The ways to write, the one to compare with the others first.
const (
	grouped = iota
	oneEach // in a transaction of its own: the baselines
	applications
	ways
)

// openers open the writers for so many callers at once.
func openers() [ways]func(ctx context.Context, path string, callers int) (writer, error) {
	return [ways]func(context.Context, string, int) (writer, error){openGrouping, openSingle, openPlain}
}

// A load is how writers are called: by many at once, or by one who brings many entries.
type load struct {
	callers int
	batch   int
}

func (p plan) loads() [4]load {
	return [...]load{{p.callers[0], 1}, {p.callers[1], 1}, {p.callers[2], 1}, {1, p.batch}}
}

func (p plan) mostCallers() int { return p.callers[2] }

// measureWrites measures all ways under all loads, on a file that begins without entries and on
// one that has many.
func measureWrites(ctx context.Context, p plan, s *stored) ([]table, []aim, error) {
	calls := table{
		title: "Durable calls",
		about: "`Record` of one entry returns when the entry is on disk (WAL, `synchronous=FULL`). *Group commit* is `daybook.New` over " +
			"`sqlite.Open`: calls that wait share a transaction. *One at a time* is the same, but each call is let into the store alone, " +
			"so that it has a transaction of its own and nobody fights for the lock. *An application* is `database/sql` with " +
			"`modernc.org/sqlite`, WAL, FULL, `_txlock=immediate`, a connection for each caller, one `INSERT` a transaction, into a copy of the same file. " +
			"SQLite is not fair to those who wait: its fast calls are those of a caller who has just had the lock. " +
			fmt.Sprintf("A call that was not answered %v after the last one began is given up, and counts with that time. ", p.writes) +
			"The last column is how many times as many calls group commit answers.",
		head: []string{"entries stored", "callers", "writes", "calls/s", "p50 ms", "p99 ms", "slowest ms", "group commit ×"},
	}
	batches := table{
		title: "Ingest",
		about: fmt.Sprintf("One caller, %s entries a call. *Application* is one transaction of as many `INSERT`s of a prepared statement. "+
			"CPU is that of the whole program. The last column is how many times as many rows `Record` stores.", whole(float64(p.batch))),
		head: []string{"entries stored", "writes", "rows/s", "CPU µs/row", "`Record` ×"},
	}
	callNames := [ways]string{"group commit", "one at a time", "an application"}
	batchNames := [ways]string{"`Record`", "`Append`, without a Recorder", "an application"}
	var aims []aim
	for _, file := range []struct {
		path    string
		entries int
		least   float64 // aim of group commit at most callers
		of      string
	}{
		{s.empty, 0, 15, "on a fresh file"},
		{s.large, s.rows, 10, fmt.Sprintf("with %s entries stored (to be held with 5,000,000)", whole(float64(s.rows)))},
	} {
		results, err := measureFile(ctx, p, s, file.path, file.entries)
		if err != nil {
			return nil, nil, err
		}
		for l, load := range p.loads() {
			for way := range ways {
				of := func(f func(counted) float64) float64 { return medianOf(results[l][way], f) }
				rate := of(func(c counted) float64 { return c.perSecond })
				ratio := ratioOf(results[l][grouped], results[l][way], func(c counted) float64 { return c.perSecond })
				stored := whole(float64(file.entries))
				if load.batch > 1 {
					batches.rows = append(batches.rows, []string{stored, batchNames[way], whole(rate * float64(load.batch)),
						figure(of(func(c counted) float64 { return c.cpu }) / float64(load.batch)), times(ratio)})
					continue
				}
				calls.rows = append(calls.rows, []string{stored, strconv.Itoa(load.callers), callNames[way], whole(rate),
					figure(of(func(c counted) float64 { return c.p50 })), figure(of(func(c counted) float64 { return c.p99 })),
					figure(of(func(c counted) float64 { return c.slowest })), times(ratio)})
				if load.callers == p.mostCallers() && way != grouped {
					aims = append(aims, aim{what: fmt.Sprintf("durable `Record` at %d callers %s, against %s", p.mostCallers(), file.of,
						pick(way-oneEach, "one at a time", "an application")), least: file.least, unit: "×", measured: ratio})
				}
			}
		}
	}
	return []table{calls, batches}, aims, nil
}

// A counted is what one measurement of calls gave.
type counted struct {
	perSecond float64 // calls
	p50, p99  float64 // of a call, in milliseconds
	slowest   float64
	cpu       float64 // of a call, in microseconds
}

// results are the runs of each way under each load.
type results [4][ways][]counted

// measureFile lets the ways take turns on copies of one file. On a file without entries each load
// begins anew, since it would otherwise find what a faster way has left; on a large one that is a
// small part.
func measureFile(ctx context.Context, p plan, s *stored, path string, entries int) (*results, error) {
	all := new(results)
	for run := range p.runs {
		visits := [][]int{{0, 1, 2, 3}} // indexes of loads that share a copy
		if entries == 0 {
			visits = [][]int{{0}, {1}, {2}, {3}}
		}
		for _, visit := range visits {
			if err := measureVisit(ctx, p, s, path, entries, run, visit, all); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func measureVisit(ctx context.Context, p plan, s *stored, path string, entries, run int, visit []int, all *results) (err error) {
	var writers [ways]writer
	var paths [ways]string
	defer func() {
		for way, w := range writers {
			if w != nil {
				err = errors.Join(err, w.close(), removeFile(paths[way]))
			}
		}
	}()
	for way, open := range openers() {
		paths[way] = filepath.Join(p.dir, fmt.Sprintf("copy%d.db", way))
		if err := copyFile(path, paths[way]); err != nil {
			return err
		}
		if writers[way], err = open(ctx, paths[way], p.mostCallers()); err != nil {
			return err
		}
	}
	var counts [ways]tally
	for _, l := range visit {
		for turn := range ways {
			way := (turn + run) % ways // so that none always comes behind the same one
			runtime.GC()
			c, t, err := countCalls(ctx, p.loads()[l], p, s.next, writers[way])
			if err != nil {
				return err
			}
			all[l][way] = append(all[l][way], c)
			counts[way].answered += t.answered
			counts[way].unknown += t.unknown
		}
	}
	// What was counted must be there: otherwise it was no durable call.
	for way, w := range writers {
		n, err := w.entries(ctx)
		if err != nil {
			return err
		}
		if least := entries + counts[way].answered; n < least || n > least+counts[way].unknown {
			return fmt.Errorf("%d entries are stored, but %d were there, and then %d were answered for", n, entries, counts[way].answered)
		}
	}
	return nil
}

// A tally counts entries: those that were answered for, and those of calls that were given up.
type tally struct{ answered, unknown int }

// countCalls measures one writer under one load.
func countCalls(ctx context.Context, l load, p plan, next []daybook.Entry, w writer) (counted, tally, error) {
	window := newWindow(p.writes)
	err := window.run(ctx, l.callers, func(ctx context.Context, n int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		at := n * l.batch % (len(next) - l.batch + 1)
		if l.batch > 1 {
			return w.many(ctx, next[at:at+l.batch])
		}
		return w.one(ctx, next[at])
	})
	if err != nil {
		return counted{}, tally{}, err
	}
	return window.counted(), tally{(window.begun - window.cut) * l.batch, window.cut * l.batch}, nil
}
