package workspace_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/daybookdev/daybook/examples/workspace"
)

func openFiles(t *testing.T) (workspace.FileStore, string) {
	t.Helper()
	dir := t.TempDir()
	files, err := workspace.OpenFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	})
	return files, dir
}

// stored returns the names of the files below dir.
func stored(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestFilesKeepWhatTheyAreGiven(t *testing.T) {
	files, _ := openFiles(t)
	name, size, sum, err := files.Put(strings.NewReader("hello"), 5)
	if err != nil {
		t.Fatal(err)
	}
	if size != 5 || sum != "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" {
		t.Errorf("size %d, SHA-256 %s", size, sum)
	}
	f, err := files.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || string(got) != "hello" {
		t.Errorf("read %q, %v", got, err)
	}
}

func TestFilesThatFailLeaveNothing(t *testing.T) {
	broken := errors.New("the line broke")
	for name, test := range map[string]struct {
		r    io.Reader
		want error
	}{
		"one byte more than allowed": {strings.NewReader("hello!"), workspace.ErrTooLarge},
		"far more than allowed":      {bytes.NewReader(make([]byte, 1<<20)), workspace.ErrTooLarge},
		"an upload that breaks off":  {io.MultiReader(strings.NewReader("hel"), iotest.ErrReader(broken)), broken},
	} {
		t.Run(name, func(t *testing.T) {
			files, dir := openFiles(t)
			if _, _, _, err := files.Put(test.r, 5); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if left := stored(t, dir); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestFilesNeverLeaveTheirDirectory(t *testing.T) {
	files, dir := openFiles(t)
	outside := filepath.Join(filepath.Dir(dir), "outside")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../outside", "a/../../outside", outside, "link"} {
		if f, err := files.Open(name); err == nil {
			f.Close()
			t.Errorf("%q was opened", name)
		}
	}
	if err := files.Remove("../outside"); err == nil {
		t.Error("../outside was removed")
	}
}

func TestSweepRemovesOldFilesThatNobodyRefersTo(t *testing.T) {
	files, dir := openFiles(t)
	put := func(age time.Duration) string {
		name, _, _, err := files.Put(strings.NewReader("x"), 1)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-age)
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Fatal(err)
		}
		return name
	}
	kept, fresh, orphan := put(2*time.Hour), put(0), put(2*time.Hour)
	removed, err := files.Sweep(func(name string) (bool, error) { return name == kept, nil })
	if err != nil || removed != 1 {
		t.Fatalf("removed %d, %v", removed, err)
	}
	for name, want := range map[string]bool{kept: true, fresh: true, orphan: false} {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != want {
			t.Errorf("%s is there: %t", name, err == nil)
		}
	}
	if _, err := files.Sweep(func(string) (bool, error) { return false, errors.New("no database") }); err == nil {
		t.Error("a sweep that cannot ask removed files without a word")
	}
	if _, err := os.Stat(filepath.Join(dir, kept)); err != nil {
		t.Error(err)
	}
}
