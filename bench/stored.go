package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/sqlite"
)

// stored are the files from which measurements start. They are closed, and never changed.
type stored struct {
	empty string // without entries
	large string // with the whole trail
	small string // with the newest tenth of the trail: the same entries, with the same ids

	rows, smallRows      int
	from, fromSmall, end time.Time       // of the trail, of its newest tenth, and of both
	biggest              string          // organization
	next                 []daybook.Entry // what would follow in the trail
	row                  rowSize
}

const atOnce = 10_000 // entries that one call stores beforehand

// store writes the files. The entries come in the order of their times, as they would have: an
// index that is built afterwards is packed in a way that a living one is not.
func store(ctx context.Context, p plan) (_ *stored, err error) {
	t := newTrail(p.rows, time.Now().UTC())
	s := &stored{
		empty: filepath.Join(p.dir, "empty.db"), large: filepath.Join(p.dir, "large.db"), small: filepath.Join(p.dir, "small.db"),
		rows: p.rows, smallRows: p.rows / 10, biggest: t.biggest(),
		from: t.from, fromSmall: t.until.Add(-span / 10), end: t.until,
	}
	var files []*sqlite.Store
	defer func() {
		for _, f := range files {
			err = errors.Join(err, f.Close()) // folds the WAL into the file
		}
	}()
	for _, path := range []string{s.empty, s.large, s.small} {
		f, err := sqlite.Open(ctx, path, nil)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	large, small := files[1], files[2]

	// Two at once: while one is written the other is made ready.
	var wg sync.WaitGroup
	batches := make(chan []daybook.Entry)
	errs := make(chan error, 2)
	for range 2 {
		wg.Go(func() {
			for batch := range batches {
				err := large.Append(ctx, batch...)
				if recent := since(batch, s.fromSmall); err == nil {
					err = small.Append(ctx, recent...)
				}
				if err != nil {
					errs <- err
					return
				}
			}
		})
	}
	err = func() error {
		defer wg.Wait()
		defer close(batches)
		for made := 0; made < p.rows; {
			batch := make([]daybook.Entry, min(atOnce, p.rows-made))
			for i := range batch {
				batch[i] = t.next()
			}
			made += len(batch)
			select {
			case batches <- batch:
			case err := <-errs:
				return err
			}
		}
		return nil
	}()
	select {
	case e := <-errs:
		err = errors.Join(err, e)
	default:
	}
	if err != nil {
		return nil, err
	}
	if s.smallRows, err = entriesOf(ctx, small); err != nil {
		return nil, err
	}
	s.next = make([]daybook.Entry, p.ahead)
	for i := range s.next {
		s.next[i] = t.next()
	}
	s.row, err = sizeOf(s.next)
	return s, err
}

// since returns the end of a batch, from a time on.
func since(batch []daybook.Entry, from time.Time) []daybook.Entry {
	for i := range batch {
		if !batch[i].CreatedAt.Before(from) {
			return batch[i:]
		}
	}
	return nil
}

func entriesOf(ctx context.Context, s *sqlite.Store) (int, error) {
	facts, err := s.Facts(ctx)
	return int(facts.Entries), err
}

// copyFile copies a closed file, by sharing its blocks where the file system can. It waits for the
// disk, so that what is measured next does not.
func copyFile(from, to string) (err error) {
	src, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	if _, err := io.Copy(dst, src); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return dst.Sync()
}

// removeFile removes a closed file and what SQLite may have left beside it.
func removeFile(path string) error {
	for _, beside := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + beside); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return os.Remove(path)
}
