// Command bench measures what docs/performance.md quotes:
//
//	go run ./bench -write docs/performance.md    (make bench)
//	go run ./bench -rows=5000000                 with five million entries stored, to the terminal
//	go run ./bench -quick                        only shows that it works
//
// Everything is measured against a baseline in the same run, by turns, because a shared machine
// swings twofold between minutes: of two figures only the ratio within one table means anything.
//
// It needs a local disk with room for four files of rows times 700 bytes, in -dir, and removes
// them at the end. Keep everything else on the machine quiet.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if len(os.Args) > 1 && os.Args[1] == loadWord {
		err = generateLoad(ctx, os.Args[2:], os.Stdout)
	} else {
		err = run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	}
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A plan is how much is measured, and where.
type plan struct {
	rows     int           // stored in the large file
	writes   time.Duration // how long the calls of one measurement are counted
	handler  time.Duration // how long one benchmark of a handler runs
	callers  [3]int        // at once, rising
	runs     int           // how often each is measured; the medians are told
	queries  int           // of each kind, on each file
	batch    int           // entries of a call that brings many
	ahead    int           // entries that writers take by turns
	quick    bool
	sqlite   bool   // whether SQLite and the server over it are measured
	postgres bool   // the same for PostgreSQL
	dir      string // where files go
	command  string
}

// run measures everything and writes the tables.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	p, write, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir, remove, err := workDir(p.dir)
	if err != nil {
		return fmt.Errorf("make a directory for the files: %w", err)
	}
	defer func() { err = errors.Join(err, remove()) }()
	p.dir = dir

	begun := time.Now()
	step := func(what string) { fmt.Fprintf(stderr, "%5.0fs  %s\n", time.Since(begun).Seconds(), what) }
	r := report{plan: p, at: begun}
	if p.sqlite {
		if err := measureSQLite(ctx, p, step, &r); err != nil {
			return err
		}
	}
	if p.postgres {
		tables, aims, err := measurePostgres(ctx, p, step, &r)
		if err != nil {
			return fmt.Errorf("measure PostgreSQL: %w", err)
		}
		r.tables, r.aims = append(r.tables, tables...), append(r.aims, aims...)
	}
	step("done")
	if write == "" {
		_, err := io.WriteString(stdout, r.markdown())
		return err
	}
	return writeBlock(write, r.markdown())
}

// measureSQLite stores the entries in files and measures all that needs no PostgreSQL.
func measureSQLite(ctx context.Context, p plan, step func(string), r *report) error {
	step(fmt.Sprintf("store %s entries", whole(float64(p.rows))))
	s, err := store(ctx, p)
	if err != nil {
		return fmt.Errorf("store entries: %w", err)
	}
	r.row = s.row
	for _, part := range []struct {
		name    string
		measure func(context.Context, plan, *stored) ([]table, []aim, error)
	}{
		{"requests", measureRequests},
		{"storage", measureStorage},
		{"queries", measureQueries},
		{"the ledger", measureLedger},
		{"writes", measureWrites},
		{"requests over HTTP", measureHTTP},
	} {
		step("measure " + part.name)
		facts, err := machineFacts(ctx, p.dir)
		if err != nil {
			return fmt.Errorf("read the machine's facts: %w", err)
		}
		tables, aims, err := part.measure(ctx, p, s)
		if err != nil {
			return fmt.Errorf("measure %s: %w", part.name, err)
		}
		for i := range tables {
			tables[i].facts = facts
		}
		r.tables, r.aims = append(r.tables, tables...), append(r.aims, aims...)
	}
	return nil
}

func parse(args []string, stderr io.Writer) (p plan, write string, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	quick := flags.Bool("quick", false, "small sizes, less than a minute: figures that mean nothing, to see that it works")
	rows := flags.Int("rows", 1_000_000, "entries in the large file, at least 1,000")
	seconds := flags.Float64("seconds", 1.5, "how long the calls of one measurement are counted")
	sqlite := flags.Bool("sqlite", true, "measure SQLite, requests, and the server over SQLite")
	postgres := flags.Bool("postgres", true, "measure PostgreSQL, in a private server in the directory for temporary files")
	dir := flags.String("dir", "tmp", "a directory on the disk to measure; made if it is missing")
	flags.StringVar(&write, "write", "", "replace the tables in this `file`, which is made if it is missing, instead of printing them")
	if err := flags.Parse(args); err != nil {
		return p, "", err
	}
	set := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { set[f.Name] = true })
	p = plan{rows: *rows, writes: time.Duration(*seconds * float64(time.Second)), handler: 300 * time.Millisecond,
		callers: [...]int{1, 16, 256}, runs: 3, queries: 200, batch: 1000, ahead: 20_000,
		quick: *quick, sqlite: *sqlite, postgres: *postgres, dir: *dir, command: strings.Join(append([]string{"go run ./bench"}, args...), " ")}
	if *quick {
		if !set["rows"] {
			p.rows = 20_000
		}
		if !set["seconds"] {
			p.writes = 150 * time.Millisecond
		}
		p.handler, p.callers, p.runs = 10*time.Millisecond, [...]int{1, 4, 16}, 1
		p.queries, p.batch, p.ahead = 20, 100, 1000
	}
	switch {
	case flags.NArg() > 0:
		return p, "", fmt.Errorf("%q is not a flag: see -help", flags.Arg(0))
	case p.rows < 1000:
		return p, "", errors.New("-rows must be at least 1000")
	case p.writes <= 0:
		return p, "", errors.New("-seconds must be more than 0")
	}
	return p, write, nil
}

// workDir makes a directory of our own in parent, and parent too if it is missing.
func workDir(parent string) (dir string, remove func() error, err error) {
	_, missing := os.Stat(parent)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", nil, err
	}
	dir, err = os.MkdirTemp(parent, "bench-")
	return dir, func() error {
		err := os.RemoveAll(dir)
		if missing != nil {
			os.Remove(parent) // stays when somebody else has put something there
		}
		return err
	}, err
}
