package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/daybookdev/daybook/server"
	"github.com/daybookdev/daybook/store/sqlite"
)

// A sqliteDiagnosis is what doctor finds of a file.
type sqliteDiagnosis struct {
	Data string `json:"data"`
	sqlite.Facts
	DiskFree *int64 `json:"disk_free_bytes,omitempty"` // nil where the system does not say
	findings
}

const (
	lowDisk  = 1 << 30 // bytes: below, doctor warns
	largeWAL = 1 << 30 // bytes: four times the size beyond which a store folds it whoever reads
)

func diagnoseSQLite(ctx context.Context, place server.Place, store *sqlite.Store) (_ *sqliteDiagnosis, err error) {
	d := &sqliteDiagnosis{Data: place.String(), findings: findings{Warnings: []string{}}}
	if d.Facts, err = store.Facts(ctx); err != nil {
		return nil, err
	}
	dir, file, key := place.Files()
	secret, err := place.LedgerFiles("")
	if err != nil {
		return nil, err
	}
	d.examineModes(dir, file, file+"-wal", file+"-shm", key, secret.Key, secret.State)
	switch free, err := freeDisk(dir); {
	case err == nil:
		d.DiskFree = &free
	case !errors.Is(err, errors.ErrUnsupported):
		return nil, fmt.Errorf("ask for the free space of %s: %w", dir, err)
	}
	d.examineNumbers()
	return d, nil
}

// examineModes looks whether others can read what only the owner should.
func (d *sqliteDiagnosis) examineModes(dir string, files ...string) {
	for _, path := range append([]string{dir}, files...) {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the WAL comes and goes, and keys are made at their first use
		}
		others := fs.FileMode(0o077)
		if path == dir { // the files keep what is in them; who can write the directory can put others in their place
			others = 0o022
		}
		if err != nil {
			d.warn("%s", err)
		} else if info.Mode().Perm()&others != 0 {
			d.warn("%s can be used by other users (mode %#o): chmod go= %s", path, info.Mode().Perm(), commandLine(path))
		}
	}
}

func (d *sqliteDiagnosis) examineNumbers() {
	if d.DiskFree != nil && *d.DiskFree < lowDisk {
		d.warn("the disk has only %s left: free space", bytesText(*d.DiskFree))
	}
	if d.WALBytes > largeWAL {
		d.warn("the WAL has %s that are not folded into the file: a program holds a long read; end it", bytesText(d.WALBytes))
	}
	if d.Summed != d.Entries {
		d.warn("the sums behind reports have %s, so reports are wrong: daybook doctor --sum", plural(d.Summed, "entry", "entries"))
	}
	for _, f := range d.Followers {
		d.examineFollower(f.Name, f.Behind)
	}
}

func (d *sqliteDiagnosis) print(out *output) {
	out.line("log", "%s", d.Path)
	out.line("SQLite", "%s", d.SQLite)
	out.line("schema", "%d", d.Schema)
	out.line("entries", "%s", grouped(d.Entries))
	out.line("organizations", "%s", grouped(d.Organizations))
	out.line("last position", "%s", d.Last)
	out.line("file", "%s, of which %s are free for new entries", bytesText(d.FileBytes), bytesText(d.FreeBytes))
	out.line("WAL", "%s", bytesText(d.WALBytes))
	if d.DiskFree != nil {
		out.line("disk", "%s free", bytesText(*d.DiskFree))
	}
	for _, f := range d.Followers {
		out.line("follower", "%s at %s, %s behind", f.Name, f.Position, plural(f.Behind, "entry", "entries"))
	}
	if len(d.Followers) == 0 {
		out.line("followers", "none")
	}
}
