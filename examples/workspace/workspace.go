// Package workspace is an application that keeps an activity log with Daybook: the one of the
// guide, with users, organizations, memberships, documents and API keys, on a real database, SQLite or
// PostgreSQL, and a real file store.
//
// [Open] gives an [App], whose [App.Handler] serves the REST API. README.md tells for each heading
// of the guide which file shows it; routes.go lists every route with the entry it leaves. [Drive]
// is a client that spends a working day in a running App.
package workspace

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/sqlite"
)

// Config says what an [App] works with. Dir, Book, Log and JWTSecret are needed.
type Config struct {
	// Dir holds the documents, the sent mail, and the database when that is SQLite. It is made when it
	// is not there.
	Dir string

	// Database is the URL of the application's database in PostgreSQL, in which Log lies too. Empty: a
	// SQLite file in Dir.
	Database string

	// Book records. Make it with [RecorderOptions].
	Book *daybook.Recorder

	// Log is the store that Book appends to: the audit log is read from it, and entries that were
	// recorded in transactions go into it.
	Log daybook.Store

	// Outbox makes the App's Outbox for its database. nil: in SQLite a table in that database, from
	// which entries go to Log; in PostgreSQL nothing is in between.
	Outbox func(ctx context.Context, db *sql.DB) (Outbox, error)

	// Mailer sends e-mail. nil: it is written into files in the directory mail of Dir.
	Mailer Mailer

	// Logger gets faults, and never details. nil: slog.Default().
	Logger *slog.Logger

	// JWTSecret signs the tokens that people get when they sign in: at least 32 bytes.
	JWTSecret []byte

	// TrustedProxies are the addresses whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix

	// PasswordRounds is the cost of a password's hash. 0 means 600,000; tests and
	// demonstrations take less.
	PasswordRounds int

	// MaxUpload is the most bytes of one document. 0 means 32 MiB.
	MaxUpload int64
}

// An App is the running application. Safe for concurrent use.
type App struct {
	book      *daybook.Recorder
	log       daybook.Store
	db        *sql.DB
	outbox    Outbox
	files     *fileStore
	mailer    Mailer
	logger    *slog.Logger
	passwords *passwords
	tokens    *tokens
	cursors   daybook.CursorKey
	maxUpload int64
	handler   http.Handler

	tasks    tasks         // what requests left running
	mailing  sync.Mutex    // held by the one who sends the queue
	mailWake chan struct{} // holds one token when there is new mail
	stop     context.CancelFunc
	running  sync.WaitGroup // the goroutines that stop ends
}

// Open starts the application. Close the App before the Log of its Config.
func Open(ctx context.Context, c Config) (_ *App, err error) {
	switch {
	case c.Dir == "":
		return nil, errors.New("open workspace: Config.Dir is empty: name a directory")
	case c.Book == nil || c.Log == nil:
		return nil, errors.New("open workspace: Config.Book or Config.Log is nil: give the recorder and the store it appends to")
	}
	a := &App{book: c.Book, log: c.Log, mailer: c.Mailer, logger: c.Logger, maxUpload: c.MaxUpload, mailWake: make(chan struct{}, 1)}
	if a.logger == nil {
		a.logger = slog.Default()
	}
	a.logger = slog.New(daybook.LogHandler(a.logger.Handler()))
	if a.maxUpload <= 0 {
		a.maxUpload = 32 << 20
	}
	if c.PasswordRounds <= 0 {
		c.PasswordRounds = defaultRounds
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open workspace: %w", errors.Join(err, a.closeStores()))
		}
	}()
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	if a.tokens, err = newTokens(c.JWTSecret); err != nil {
		return nil, err
	}
	// One secret to keep, two keys: each use has its own (RFC 5869).
	key, err := hkdf.Key(sha256.New, c.JWTSecret, nil, "workspace: cursors of the audit log", len(a.cursors))
	if err != nil {
		return nil, err
	}
	copy(a.cursors[:], key)
	if a.passwords, err = newPasswords(c.PasswordRounds); err != nil {
		return nil, err
	}
	if a.mailer == nil {
		if a.mailer, err = NewFileMailer(filepath.Join(c.Dir, "mail")); err != nil {
			return nil, err
		}
	}
	if err := a.openStores(ctx, &c); err != nil {
		return nil, err
	}
	a.handler = a.routes(c.TrustedProxies)
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stop = stop
	a.running.Go(func() { a.outbox.Run(background) }) // ends with background, and that is its error
	a.running.Go(func() { a.runMail(background) })
	return a, nil
}

func (a *App) openStores(ctx context.Context, c *Config) (err error) {
	if c.Database != "" {
		a.db, err = openPostgres(ctx, c.Database)
	} else {
		a.db, err = openDatabase(ctx, filepath.Join(c.Dir, "workspace.db"))
	}
	if err != nil {
		return err
	}
	open := c.Outbox
	switch {
	case open != nil:
	case c.Database != "":
		open = func(_ context.Context, db *sql.DB) (Outbox, error) { return newPostgresOutbox(db), nil }
	default:
		open = func(ctx context.Context, db *sql.DB) (Outbox, error) {
			o, err := sqlite.NewOutbox(ctx, db, c.Log, &sqlite.OutboxOptions{Logger: a.logger})
			return sqliteOutbox{o}, err
		}
	}
	if a.outbox, err = open(ctx, a.db); err != nil {
		return err
	}
	if a.files, err = openFiles(filepath.Join(c.Dir, "files")); err != nil {
		return err
	}
	_, err = a.files.sweep(func(name string) (referred bool, err error) {
		err = a.db.QueryRowContext(ctx, `select exists (select 1 from documents where file = $1)`, name).Scan(&referred)
		return referred, err
	})
	return err
}

// Handler returns the REST API.
func (a *App) Handler() http.Handler { return a.handler }

// Settle returns when what requests have left behind is done: checks for suspicious activity, mail,
// and entries on their way to the log.
func (a *App) Settle(ctx context.Context) error {
	if err := a.tasks.wait(ctx); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	mail := a.sendQueued(ctx)
	_, forward := a.outbox.Forward(ctx)
	if err := errors.Join(mail, forward); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	return nil
}

// Close waits for what requests have left behind, at most ten seconds, and closes the database. Call
// it when the server no longer serves. Mail and entries that are still under way are kept in the
// database for the next start.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := a.tasks.wait(ctx)
	a.stop()
	a.running.Wait()
	_, forward := a.outbox.Forward(ctx)
	if err := errors.Join(err, forward, a.closeStores()); err != nil {
		return fmt.Errorf("close workspace: %w", err)
	}
	return nil
}

func (a *App) closeStores() error {
	var errs []error
	if a.files != nil {
		errs = append(errs, a.files.close())
	}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	return errors.Join(errs...)
}

// tasks counts work that goes on after the request that caused it.
type tasks struct {
	mu   sync.Mutex // guards what follows
	n    int
	idle chan struct{} // closed when n is 0 again
}

func (t *tasks) run(f func()) {
	t.mu.Lock()
	if t.n++; t.n == 1 {
		t.idle = make(chan struct{})
	}
	t.mu.Unlock()
	go func() { // App.Close waits for it
		defer func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			if t.n--; t.n == 0 {
				close(t.idle)
			}
		}()
		f()
	}()
}

func (t *tasks) wait(ctx context.Context) error {
	t.mu.Lock()
	n, idle := t.n, t.idle
	t.mu.Unlock()
	if n == 0 {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
