package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/daybookdev/daybook/ledger"
	"github.com/daybookdev/daybook/store/sqlite"
)

// measureLedger tells what it costs to sign and to verify. Leaves are in the figures of writes and of
// storage: no entry is stored without one.
func measureLedger(ctx context.Context, p plan, s *stored) (_ []table, _ []aim, err error) {
	path := filepath.Join(p.dir, "ledger.db") // signing writes, and the files are never changed
	if err := copyFile(s.small, path); err != nil {
		return nil, nil, err
	}
	l := ledgerRun{dir: p.dir, entries: float64(s.smallRows)}
	if err := l.sign(ctx, path); err != nil {
		return nil, nil, fmt.Errorf("sign: %w", err)
	}
	var runs []ledgerFigures
	for range p.runs {
		f, err := l.measure(ctx, path, s.biggest)
		if err != nil {
			return nil, nil, err
		}
		runs = append(runs, f)
	}
	if err := errors.Join(os.Remove(path), os.Remove(l.bundle())); err != nil {
		return nil, nil, err
	}
	database := medianOf(runs, func(f ledgerFigures) float64 { return f.database })
	export := medianOf(runs, func(f ledgerFigures) float64 { return f.export })
	t := table{
		title: "The ledger",
		about: fmt.Sprintf("A file with %s entries in %d logs. To verify is to read every entry again and to make its commitments, leaf and root, on one core; an export is the log of the biggest organization, as `daybook bundle` writes it.",
			whole(l.entries), l.logs),
		head: []string{"part", "entries/s", "µs an entry"},
		rows: [][]string{
			{"verify a database", whole(database), figure(1e6 / database)},
			{"verify an export", whole(export), figure(1e6 / export)},
			{"sign all logs for the first time", whole(l.entries / l.signed.Seconds()), figure(l.signed.Seconds() * 1e6 / l.entries)},
		},
	}
	return []table{t}, []aim{{what: "verify an export, on one core", least: 500_000, unit: " entries/s", measured: export}}, nil
}

type ledgerRun struct {
	dir     string
	entries float64
	logs    int
	signed  time.Duration
	trust   ledger.Trust
}

// ledgerFigures are entries a second.
type ledgerFigures struct{ database, export float64 }

func (l *ledgerRun) bundle() string { return filepath.Join(l.dir, "ledger.bundle") }

func (l *ledgerRun) sign(ctx context.Context, path string) (err error) {
	store, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	deployment, err := store.Ledger().Deployment(ctx)
	if err != nil {
		return err
	}
	signer, err := ledger.NewSigner(deployment, ledger.NewKey(), "")
	if err != nil {
		return err
	}
	keeper, err := ledger.NewKeeper(ctx, store.Ledger(), signer, nil)
	if err != nil {
		return err
	}
	l.trust = keeper.Trust()
	begun := time.Now()
	err = keeper.SignAll(ctx)
	l.signed = time.Since(begun)
	return err
}

func (l *ledgerRun) measure(ctx context.Context, path, biggest string) (f ledgerFigures, err error) {
	src, err := sqlite.OpenSource(ctx, path)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	r, rate, err := l.verify(ctx, src)
	if err != nil {
		return f, err
	}
	l.logs, f.database = len(r.Logs), rate
	out, err := os.Create(l.bundle())
	if err != nil {
		return f, err
	}
	if err := errors.Join(ledger.WriteBundle(ctx, src, biggest, out), out.Close()); err != nil {
		return f, err
	}
	export, err := ledger.OpenBundle(ctx, l.bundle())
	if err != nil {
		return f, err
	}
	_, f.export, err = l.verify(ctx, export)
	return f, errors.Join(err, export.Close())
}

func (l *ledgerRun) verify(ctx context.Context, src ledger.Source) (*ledger.Report, float64, error) {
	begun := time.Now()
	r, err := ledger.Verify(ctx, src, l.trust, nil)
	took := time.Since(begun)
	if err == nil && r.Result != ledger.OK {
		err = fmt.Errorf("the verification says %s: %v", r.Result, r.Findings.Findings)
	}
	if err != nil {
		return nil, 0, err
	}
	var entries int64
	for _, log := range r.Logs {
		entries += log.Checked.Entries
	}
	return r, float64(entries) / took.Seconds(), nil
}
