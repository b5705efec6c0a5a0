package workspace

import (
	"context"
	"database/sql"
	"io"
	"os"

	"github.com/daybookdev/daybook/store/sqlite"
)

// Seams for the tests: what no route can bring about.

// DB returns the application's database.
func (a *App) DB() *sql.DB { return a.db }

// NewSQLiteOutbox makes the Outbox that Open makes when Config names none.
func NewSQLiteOutbox(o *sqlite.Outbox) Outbox { return sqliteOutbox{o} }

// NewPostgresOutbox makes the Outbox that Open makes for PostgreSQL.
func NewPostgresOutbox(db *sql.DB) Outbox { return newPostgresOutbox(db) }

// CheckSuspiciousActivity is what a refused sign-in starts.
func (a *App) CheckSuspiciousActivity(ctx context.Context, organization string) (int64, error) {
	return a.checkSuspiciousActivity(ctx, organization)
}

// A FileStore is the file store, by itself.
type FileStore struct{ s *fileStore }

func OpenFiles(dir string) (FileStore, error) {
	s, err := openFiles(dir)
	return FileStore{s}, err
}

func (f FileStore) Put(r io.Reader, limit int64) (name string, size int64, sha256 string, err error) {
	stored, err := f.s.put(r, limit)
	return stored.name, stored.size, stored.sha256, err
}

func (f FileStore) Open(name string) (*os.File, error) { return f.s.open(name) }
func (f FileStore) Remove(name string) error           { return f.s.remove(name) }
func (f FileStore) Close() error                       { return f.s.close() }

func (f FileStore) Sweep(referred func(string) (bool, error)) (int, error) {
	return f.s.sweep(referred)
}

var ErrTooLarge = errTooLarge

// HashPassword and CheckPassword are the password hash, by itself.
func HashPassword(rounds int, password string) (string, error) {
	p, err := newPasswords(rounds)
	if err != nil {
		return "", err
	}
	return p.hash(password)
}

func CheckPassword(rounds int, hash, password string) (bool, error) {
	p, err := newPasswords(rounds)
	if err != nil {
		return false, err
	}
	return p.check(hash, password)
}
