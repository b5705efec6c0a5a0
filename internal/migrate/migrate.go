// Package migrate brings the schema of a database to the version of the program: numbered SQL files,
// forward only, each in one transaction with the row that records it, and never edited after a
// release.
//
// What it does not know is the database; a store implements [Database].
package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
)

// A Migration is one file.
type Migration struct {
	Version  int    // 1 for the first; there are no gaps
	Name     string // of the file, without number and extension
	SQL      string
	Checksum string // SHA-256 of the file, in hex
}

// Applied is what a database says of a migration that it has.
type Applied struct {
	Version  int
	Checksum string
}

// A Database is one whose schema is versioned.
type Database interface {
	// Applied returns the migrations that the database has, in order; none when it is empty.
	Applied(ctx context.Context) ([]Applied, error)

	// Apply applies m and records it, both or neither. It does so under a lock that other
	// programs take too, and looks behind it whether another has applied m meanwhile: then it
	// reports false.
	Apply(ctx context.Context, m Migration) (bool, error)
}

var fileName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+)\.sql$`)

// Load reads the migrations of a directory: 0001_name.sql and so on.
func Load(dir fs.FS) ([]Migration, error) {
	files, err := fs.ReadDir(dir, ".") // in the order of the names
	if err != nil {
		return nil, fmt.Errorf("load migrations: %w", err)
	}
	var all []Migration
	for _, f := range files {
		parts := fileName.FindStringSubmatch(f.Name())
		if parts == nil {
			return nil, fmt.Errorf("load migrations: %s is not named like 0001_name.sql", f.Name())
		}
		version, err := strconv.Atoi(parts[1])
		if err != nil || version != len(all)+1 {
			return nil, fmt.Errorf("load migrations: %s stands where number %d belongs", f.Name(), len(all)+1)
		}
		text, err := fs.ReadFile(dir, f.Name())
		if err != nil {
			return nil, fmt.Errorf("load migrations: %w", err)
		}
		sum := sha256.Sum256(text)
		all = append(all, Migration{Version: version, Name: parts[2], SQL: string(text), Checksum: hex.EncodeToString(sum[:])})
	}
	return all, nil
}

// Pending returns those of all that are not applied yet. It refuses a schema that a newer program
// made, and one that came from other files than this program's.
func Pending(all []Migration, applied []Applied) ([]Migration, error) {
	for i, a := range applied {
		switch {
		case a.Version != i+1:
			return nil, fmt.Errorf("the schema's record of migrations has number %d where %d belongs: restore it from a backup", a.Version, i+1)
		case i >= len(all):
			return nil, fmt.Errorf("a newer program made the schema (version %d, this program knows %d): use that program, or a newer one", len(applied), len(all))
		case a.Checksum != all[i].Checksum:
			return nil, fmt.Errorf("migration %d (%s) is not the one that was applied: the program was built from altered files", a.Version, all[i].Name)
		}
	}
	return all[len(applied):], nil
}

// Run applies what is pending and returns what it applied itself. When it fails, the migrations
// before the failed one stay; to run it again goes on from there.
func Run(ctx context.Context, db Database, all []Migration) ([]Migration, error) {
	applied, err := db.Applied(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	pending, err := Pending(all, applied)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	var done []Migration
	for _, m := range pending {
		mine, err := db.Apply(ctx, m)
		if err != nil {
			return done, fmt.Errorf("migrate to version %d (%s): %w", m.Version, m.Name, err)
		}
		if mine {
			done = append(done, m)
		}
	}
	return done, nil
}
