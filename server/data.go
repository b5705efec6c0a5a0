package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/sqlite"
)

// The files of a data directory.
const (
	LogFile = "daybook.db" // the log; SQLite keeps -wal and -shm beside it
	KeyFile = "cursor.key" // 32 random bytes that seal cursors
)

// ErrNoLog means that a data directory holds no log. Name another directory, or make one with
// [CreateData].
var ErrNoLog = errors.New("there is no log")

// Data is an open data directory. Safe for concurrent use.
type Data struct {
	Dir   string
	Store *sqlite.Store
}

// OpenData opens the data directory dir, which must hold a log: otherwise the error is ErrNoLog
// and nothing is made. Call Close when done.
func OpenData(ctx context.Context, dir string) (*Data, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory: name the directory in which %s lies", dir, LogFile)
	}
	switch _, err := os.Stat(filepath.Join(dir, LogFile)); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w in %s", ErrNoLog, dir)
	case err != nil:
		return nil, fmt.Errorf("open the data directory: %w: use another, or change the owner or mode of this one", err)
	}
	return openData(ctx, dir)
}

// CreateData opens the data directory dir, and makes it, for its owner alone, and the log in it
// when they do not exist. Call Close when done.
func CreateData(ctx context.Context, dir string) (*Data, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory %s: %w: use another, or change the owner or mode of the one above it", dir, err)
	}
	return openData(ctx, dir)
}

func openData(ctx context.Context, dir string) (*Data, error) {
	store, err := sqlite.Open(ctx, filepath.Join(dir, LogFile), nil)
	if err != nil {
		return nil, err
	}
	return &Data{Dir: dir, Store: store}, nil
}

// Close closes the log. A second call does nothing.
func (d *Data) Close() error { return d.Store.Close() }

// CursorKey returns the key of the directory, and makes one, readable for its owner alone, when
// there is none. Cursors that were sealed with a key that is lost are refused.
func (d *Data) CursorKey() (daybook.CursorKey, error) {
	path := filepath.Join(d.Dir, KeyFile)
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeKey(path); err == nil {
			key, err = readKey(path)
		}
	}
	if err != nil {
		return daybook.CursorKey{}, fmt.Errorf("read the key of cursors: %w", err)
	}
	return key, nil
}

func readKey(path string) (key daybook.CursorKey, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return key, err
	}
	if len(b) != len(key) {
		return key, fmt.Errorf("%s has %d bytes where a key has %d: remove it, and a new one is made; cursors given out so far are then refused", path, len(b), len(key))
	}
	return daybook.CursorKey(b), nil
}

// makeKey puts a whole key at path or nothing: it is written beside it and given the name by a
// link, which, unlike a rename, leaves the key of a program that was faster.
func makeKey(path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), KeyFile+".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	var key daybook.CursorKey
	rand.Read(key[:]) // never fails (crypto/rand)
	_, err = f.Write(key[:])
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
