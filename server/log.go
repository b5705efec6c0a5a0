package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/sqlite"
)

// A Store is what the server and the commands need of one. sqlite.Store and postgres.Store are such.
type Store interface {
	daybook.Store
	daybook.Watcher
	daybook.Positions
	daybook.Ender
	daybook.Reporter
	daybook.Documents
}

var (
	_ Store = (*sqlite.Store)(nil)
	_ Store = (*postgres.Store)(nil)
)

// ErrNoLog means that there is no log where one was looked for. Name another place, or make one with
// [CreateLog], or for PostgreSQL with postgres.Migrate.
var ErrNoLog = errors.New("there is no log")

// LogOptions are how a log is opened. The zero LogOptions do.
type LogOptions struct {
	// AllowBypassRLS is that of postgres.Options.
	AllowBypassRLS bool

	// MaxConns is that of postgres.Options.
	MaxConns int32

	// Logger gets what happens beside the calls. nil means slog.Default().
	Logger *slog.Logger
}

// A Log is an open log. Safe for concurrent use.
type Log struct {
	Store Store
	Place Place
}

// A Place says where a log lies. Make one with [ParsePlace].
type Place struct {
	url string // of PostgreSQL
	dir string // of SQLite, or
	own string // a SQLite file by its own name
}

// ParsePlace reads where a log lies: postgres://user@host/database or postgresql://…, and otherwise a
// data directory or a SQLite file, with or without "sqlite:" before it. What does not exist is a
// file when its name ends with .db or .sqlite, and a directory otherwise. Errors never show a
// password.
func ParsePlace(s string) (Place, error) {
	scheme, rest, hasScheme := strings.Cut(s, ":")
	if strings.ContainsAny(scheme, `/\.`) || len(scheme) < 2 { // a path such as ./a:b or C:\
		hasScheme = false
	}
	switch {
	case s == "":
		return Place{}, &daybook.FieldError{Field: "database", Reason: "is empty: name a PostgreSQL URL, a directory or a file"}
	case !hasScheme:
		return placeOfPath(s), nil
	}
	switch scheme {
	case "postgres", "postgresql":
		if _, err := url.Parse(s); err != nil || !strings.HasPrefix(rest, "//") {
			return Place{}, &daybook.FieldError{Field: "database", Reason: "is no URL such as postgres://user@host:5432/database: special characters of a password are written as %40"}
		}
		return Place{url: s}, nil
	case "sqlite":
		path := strings.TrimPrefix(rest, "//")
		if path == "" {
			return Place{}, &daybook.FieldError{Field: "database", Reason: "names no file behind sqlite:"}
		}
		return placeOfPath(path), nil
	}
	return Place{}, &daybook.FieldError{Field: "database", Reason: fmt.Sprintf("begins with %.20q, but must be postgres://…, sqlite:FILE, or the path of a directory or file", scheme+":")}
}

func placeOfPath(path string) Place {
	info, err := os.Stat(path)
	isFile := err == nil && !info.IsDir()
	if err != nil {
		extension := filepath.Ext(path)
		isFile = extension == ".db" || extension == ".sqlite"
	}
	if isFile {
		return Place{own: path}
	}
	return Place{dir: path}
}

// DirectoryPlace is a data directory.
func DirectoryPlace(dir string) Place { return Place{dir: dir} }

// String returns the place for people: without password.
func (p Place) String() string {
	switch {
	case p.url != "":
		return withoutPassword(p.url)
	case p.own != "":
		return p.own
	}
	return p.dir
}

// Postgres returns the URL with its password, and whether the place is PostgreSQL.
func (p Place) Postgres() (url string, ok bool) { return p.url, p.url != "" }

// Files returns the directory of the log, the path of the log, and that of the key of its cursors;
// nothing for PostgreSQL.
func (p Place) Files() (dir, log, key string) {
	switch {
	case p.url != "":
		return "", "", ""
	case p.own != "":
		return filepath.Dir(p.own), p.own, p.own + "-" + KeyFile
	}
	return p.dir, filepath.Join(p.dir, LogFile), filepath.Join(p.dir, KeyFile)
}

// withoutPassword removes the password from a URL, wherever libpq looks for one.
func withoutPassword(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "(a URL that cannot be read)"
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	for name := range q {
		if strings.Contains(strings.ToLower(name), "password") {
			q.Del(name)
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// OpenLog opens the log at a place. Where there is none the error is ErrNoLog, and nothing is made.
// Call Close when done. options may be nil.
func OpenLog(ctx context.Context, p Place, options *LogOptions) (*Log, error) {
	if p.url != "" {
		return openPostgres(ctx, p, options)
	}
	dir, file, _ := p.Files()
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory: name the directory in which %s lies", dir, LogFile)
	}
	switch info, err := os.Stat(file); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w in %s", ErrNoLog, p)
	case err != nil:
		return nil, fmt.Errorf("open the data directory: %w: use another, or change the owner or mode of this one", err)
	case info.IsDir():
		return nil, fmt.Errorf("open the log: %s is a directory", file)
	}
	return openSQLite(ctx, p)
}

// CreateLog opens the log at a place, and makes it, for its owner alone, when there is none. It does
// not make the schema of PostgreSQL, which is the owner's to do. Call Close when done. options
// may be nil.
func CreateLog(ctx context.Context, p Place, options *LogOptions) (*Log, error) {
	if p.url != "" {
		return openPostgres(ctx, p, options)
	}
	dir, _, _ := p.Files()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory %s: %w: use another, or change the owner or mode of the one above it", dir, err)
	}
	return openSQLite(ctx, p)
}

func openSQLite(ctx context.Context, p Place) (*Log, error) {
	_, file, _ := p.Files()
	store, err := sqlite.Open(ctx, file, nil)
	if err != nil {
		return nil, err
	}
	return &Log{store, p}, nil
}

func openPostgres(ctx context.Context, p Place, options *LogOptions) (*Log, error) {
	var o LogOptions
	if options != nil {
		o = *options
	}
	store, err := postgres.Open(ctx, p.url, &postgres.Options{AnyIDs: true, AllowBypassRLS: o.AllowBypassRLS, MaxConns: o.MaxConns, Logger: o.Logger})
	switch {
	case errors.Is(err, postgres.ErrNoSchema):
		return nil, fmt.Errorf("%w in %s: %w", ErrNoLog, p, err)
	case err != nil:
		return nil, err
	}
	return &Log{store, p}, nil
}

// Close closes the log. A second call does nothing.
func (l *Log) Close() error { return l.Store.Close() }

// CursorKey returns the key that seals cursors. Beside a SQLite file it lies in a file of its own,
// readable for its owner alone; in PostgreSQL it is a document. It is made when there is none.
// Cursors that were sealed with another key are refused.
func (l *Log) CursorKey(ctx context.Context) (daybook.CursorKey, error) {
	if l.Place.url != "" {
		return documentKey(ctx, l.Store)
	}
	_, _, path := l.Place.Files()
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

// cursorKey returns the key in a file, if one is named, and otherwise that of the log.
func (l *Log) cursorKey(ctx context.Context, file string) (daybook.CursorKey, error) {
	if file == "" {
		return l.CursorKey(ctx)
	}
	key, err := readKey(file)
	if err != nil {
		return daybook.CursorKey{}, fmt.Errorf("read cursor_key_file: %w", err)
	}
	return key, nil
}

// documentKey returns the key that all programs on one database share.
func documentKey(ctx context.Context, store Store) (key daybook.CursorKey, err error) {
	documents, ok := store.(daybook.Documents)
	if !ok {
		return key, errors.New("read the key of cursors: the store keeps no documents")
	}
	for {
		d, err := documents.Document(ctx, "server", "", "cursors")
		switch {
		case err == nil && len(d.Content) == len(key):
			return daybook.CursorKey(d.Content), nil
		case err == nil:
			return key, fmt.Errorf("read the key of cursors: it has %d bytes where a key has %d: delete the document", len(d.Content), len(key))
		case !errors.Is(err, daybook.ErrNotFound):
			return key, fmt.Errorf("read the key of cursors: %w", err)
		}
		rand.Read(key[:]) // never fails (crypto/rand)
		_, err = documents.PutDocument(ctx, daybook.Document{Kind: "server", Name: "cursors", Content: key[:]})
		switch {
		case err == nil:
			return key, nil
		case !errors.Is(err, daybook.ErrConflict): // another program was faster
			return key, fmt.Errorf("keep the key of cursors: %w", err)
		}
	}
}
