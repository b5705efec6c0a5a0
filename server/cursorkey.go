package server

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/daybookdev/daybook"
)

// The files of a data directory.
const (
	LogFile = "daybook.db" // the log; SQLite keeps -wal and -shm beside it
	KeyFile = "cursor.key" // 32 random bytes that seal cursors
)

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
