package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"
)

// machineFacts says where the next figures come from. The time of a sync is measured each time,
// because it is what swings most.
func machineFacts(ctx context.Context, dir string) (facts string, err error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var version string
	if err := db.QueryRowContext(ctx, `select sqlite_version()`).Scan(&version); err != nil {
		return "", err
	}
	p50, p90, err := syncTime(dir)
	if err != nil {
		return "", fmt.Errorf("sync: %w", err)
	}
	return fmt.Sprintf("%d cores, %s %s/%s, SQLite %s; to write and sync 4 KiB took %s ms here (p90 %s ms)",
		runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, version, figure(p50), figure(p90)), nil
}

// syncTime returns how many milliseconds it takes to add a page to a file for good.
func syncTime(dir string) (p50, p90 float64, err error) {
	f, err := os.CreateTemp(dir, "sync-")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	page := make([]byte, 4096)
	var took []float64
	for range 100 {
		began := time.Now()
		if _, err := f.Write(page); err != nil {
			return 0, 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, 0, err
		}
		took = append(took, time.Since(began).Seconds()*1000)
	}
	return percentile(took, 50), percentile(took, 90), nil
}
