// Package sqlite keeps the log in one SQLite file: the embedded default.
//
// [Open] gives a [Store]. One connection writes: concurrent Append calls share a transaction, and
// nil means that it is on disk (WAL, synchronous=FULL). Others read beside it. Several processes
// may open one file on one machine.
//
// An application that keeps its own data in SQLite records in its own transactions through an
// [Outbox].
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/walk"
	"github.com/daybookdev/daybook/ledger"
)

// Options are how a [Store] works. The zero Options do.
type Options struct {
	// Readers is the most queries that run at once; more wait. 0 means 4.
	Readers int

	// Deployment is the name in which the ledger's logs are signed, such as audit.example.com, when
	// the file is made; see ledger.CheckDeployment. Empty draws one. A file that is there keeps
	// its own.
	Deployment string
}

// A Store is a daybook.Store in one SQLite file. It is also a [daybook.Watcher], a
// [daybook.Positions] and a [daybook.Documents]. Safe for concurrent use.
type Store struct {
	path       string
	deployment string
	writer     *writer
	readers    chan *reader // free ones; nil stands for one that is not open yet
	written    *broadcast
	folded     time.Time // when the WAL was last folded by force; the writer's alone

	scanBudget time.Duration

	mu     sync.Mutex // guards closed
	closed bool
	gone   chan struct{} // closed by Close
}

var (
	_ daybook.Store     = (*Store)(nil)
	_ daybook.Watcher   = (*Store)(nil)
	_ daybook.Positions = (*Store)(nil)
	_ daybook.Documents = (*Store)(nil)
)

// Open opens the Daybook file at path, and makes it, readable for its owner alone, when there is
// none. options may be nil. The directory must exist and lie on a local disk.
//
// It refuses, without changing anything, a file that is not a Daybook's and one that a newer
// program wrote.
func Open(ctx context.Context, path string, options *Options) (*Store, error) {
	var o Options
	if options != nil {
		o = *options
	}
	if o.Readers <= 0 {
		o.Readers = 4
	}
	if path == "" {
		return nil, errors.New("open the log: the path is empty")
	}
	if o.Deployment == "" {
		o.Deployment = ledger.NewDeployment()
	} else if err := ledger.CheckDeployment(o.Deployment); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	// Absolute, since connections are opened later too and the program may change its directory;
	// and so no path is a name that SQLite gives a meaning of its own, such as ":memory:".
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	if err := createFile(path); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	conn, err := connect(ctx, path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, fmt.Errorf("open the log %s: %w", path, explain(err))
	}
	deployment, err := prepare(ctx, conn, o.Deployment)
	if err != nil {
		return nil, fmt.Errorf("open the log %s: %w", path, errors.Join(explain(err), conn.Close()))
	}
	s := &Store{
		path:       path,
		deployment: deployment,
		readers:    make(chan *reader, o.Readers),
		written:    newBroadcast(),
		scanBudget: walk.Budget,
		gone:       make(chan struct{}),
	}
	for range o.Readers {
		s.readers <- nil
	}
	s.writer = startWriter(conn, s.written, s.boundWAL)
	return s, nil
}

// createFile makes an empty file that only its owner reads, where there is none: SQLite itself would
// follow the umask. A file that is there is not opened: to close it again would drop the locks that
// another Store in this program has on it (https://sqlite.org/howtocorrupt.html, section 2.2).
func createFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a directory: name a file in it", path)
	case err == nil:
		return nil
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist): // another program was faster
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the directory %s does not exist: create it first", filepath.Dir(path))
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: this program needs to read and write the file and to write its directory", err)
	case err != nil:
		return err
	}
	return f.Close()
}

// Close finishes the appends that were accepted and closes the file. A second call does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.gone)
	s.mu.Unlock()
	var errs []error
	for range cap(s.readers) { // waits for the queries under way
		if r := <-s.readers; r != nil {
			errs = append(errs, r.conn.Close())
		}
	}
	// The writer goes last: the last connection to close folds the WAL into the file.
	errs = append(errs, s.writer.close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the log %s: %w", s.path, explain(err))
	}
	return nil
}

// A broadcast wakes everyone who waits for something to be written.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

func newBroadcast() *broadcast { return &broadcast{ch: make(chan struct{})} }

func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ch
}

func (b *broadcast) send() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.ch)
	b.ch = make(chan struct{})
}
