package workspace

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/daybookdev/daybook"
)

// A fileStore keeps the bytes of documents in a directory, one file each, under names that it makes
// itself: no text from outside becomes part of a path, and [os.Root] would not let it leave the
// directory.
//
// A file is complete and on disk before its name exists. The row that refers to it is written
// afterwards, and deleted before the file: a crash between the two leaves a file without a row,
// which sweep removes, never a row without a file.
type fileStore struct {
	root *os.Root
}

// A storedFile is what the store knows about the bytes it took.
type storedFile struct {
	name   string
	size   int64
	sha256 string
}

var errTooLarge = errors.New("the file is too large")

const unfinished = ".part" // ends the name of a file that is still being written

func openFiles(dir string) (*fileStore, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the file store: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the file store: %w", err)
	}
	return &fileStore{root}, nil
}

// put stores what r yields, at most limit bytes; more is errTooLarge.
func (s *fileStore) put(r io.Reader, limit int64) (_ storedFile, err error) {
	id := daybook.NewID().String()
	// The last characters of an id are random: 256 directories of even size.
	dir := id[len(id)-2:]
	stored := storedFile{name: path.Join(dir, id)}
	if err := s.root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return storedFile{}, fmt.Errorf("store file: %w", err)
	}
	part := stored.name + unfinished
	f, err := s.root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return storedFile{}, fmt.Errorf("store file: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(s.root.Remove(part)))
		}
	}()
	hash := sha256.New()
	// One byte more than allowed tells a file that is too large from one that just fits.
	stored.size, err = io.Copy(io.MultiWriter(f, hash), io.LimitReader(r, limit+1))
	switch {
	case err != nil:
	case stored.size > limit:
		err = errTooLarge
	default:
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return storedFile{}, fmt.Errorf("store file: %w", err)
	}
	if err := s.root.Rename(part, stored.name); err != nil {
		return storedFile{}, fmt.Errorf("store file: %w", err)
	}
	// The name is durable when its directory is, and that one's name when the root is.
	if err := errors.Join(s.sync(dir), s.sync(".")); err != nil {
		return storedFile{}, fmt.Errorf("store file: %w", err)
	}
	stored.sha256 = hex.EncodeToString(hash.Sum(nil))
	return stored, nil
}

func (s *fileStore) open(name string) (*os.File, error) {
	f, err := s.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open stored file: %w", err)
	}
	return f, nil
}

// remove deletes a file; one that is gone already is no error.
func (s *fileStore) remove(name string) error {
	if err := ignoreMissing(s.root.Remove(name)); err != nil {
		return fmt.Errorf("remove stored file: %w", err)
	}
	return nil
}

// sweep removes the files that no row refers to and that are older than an hour, which no upload
// under way is. It returns how many it removed.
func (s *fileStore) sweep(referred func(name string) (bool, error)) (removed int, err error) {
	before := time.Now().Add(-time.Hour)
	err = fs.WalkDir(s.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil || info.ModTime().After(before) {
			return ignoreMissing(err)
		}
		if keep, err := referred(name); keep || err != nil {
			return err
		}
		removed++
		return s.remove(name)
	})
	if err != nil {
		return removed, fmt.Errorf("sweep the file store: %w", err)
	}
	return removed, nil
}

func (s *fileStore) sync(dir string) error {
	d, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (s *fileStore) close() error { return s.root.Close() }

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
