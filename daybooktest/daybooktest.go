// Package daybooktest is a recorder for the tests of applications. It keeps entries in memory and
// completes, redacts and checks them as in production.
//
//	func TestDeleteUser(t *testing.T) {
//		book := daybooktest.New(t)
//		app := NewApp(book.Recorder)
//		// ... DELETE /users/42 ...
//		book.Require(t, daybook.Entry{Action: daybook.Delete, ResourceType: "user", ResourceID: "42"})
//
//		book.FailWith(errors.New("store down"))
//		// ... what does the application answer now?
//	}
//
// A request that changes something and records nothing fails the test: see [New]. [Classified]
// keeps a type's fields from being recorded before somebody has thought about them.
package daybooktest

import (
	"context"
	"log/slog"
	"sync"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/memory"
)

// A Book is a recorder and what it has recorded. Safe for concurrent use.
type Book struct {
	*daybook.Recorder
	store *memory.Store

	mu    sync.Mutex // guards what follows
	fault error
	ended bool // the test; what is still running must not write to it
}

// New returns an empty Book for a test and its subtests. Faults are logged there.
//
// Work that changed something and recorded nothing is an error of t, unless the store was failing:
// daybookhttp.Middleware finds such requests.
func New(t testing.TB) *Book {
	t.Helper()
	return NewWith(t, daybook.Options{})
}

// NewWith is New with options. A Forgotten or Logger among them replaces what New does.
func NewWith(t testing.TB, o daybook.Options) *Book {
	t.Helper()
	b := &Book{store: memory.New()}
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.ended = true
		b.store.Close()
	})
	if o.Forgotten == nil {
		o.Forgotten = func(_ context.Context, what string) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.fault == nil && !b.ended {
				t.Errorf("%s changed something and recorded nothing", what)
			}
		}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(testLog{b, t}, nil))
	}
	var err error
	if b.Recorder, err = daybook.New(b.Store(), &o); err != nil {
		t.Fatal(err)
	}
	return b
}

// FailWith makes the store answer err from now on; nil heals it.
func (b *Book) FailWith(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = err
}

// Entries returns what has been recorded so far, in order, as a store returns it: with every field
// that the recorder fills in, and details in the form of [daybook.ParseDetails].
func (b *Book) Entries() []daybook.Entry {
	var all []daybook.Entry
	for after := (daybook.Position{}); ; {
		page, next, err := b.store.Tail(context.Background(), after, daybook.MaxLimit)
		if err != nil || len(page) == 0 { // the only error is that the test has ended
			return all
		}
		for _, s := range page {
			all = append(all, s.Entry)
		}
		after = next
	}
}

// Store returns where the book keeps its entries, for code that reads the log, or that forwards into
// it as an outbox does. It fails when FailWith says so.
func (b *Book) Store() daybook.Store { return failing{b.store, b} }

// A failing store fails when it is told to.
type failing struct {
	*memory.Store
	book *Book
}

func (f failing) fault() error {
	f.book.mu.Lock()
	defer f.book.mu.Unlock()
	return f.book.fault
}

func (f failing) Append(ctx context.Context, entries ...daybook.Entry) error {
	if err := f.fault(); err != nil {
		return err
	}
	return f.Store.Append(ctx, entries...)
}

func (f failing) Query(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
	if err := f.fault(); err != nil {
		return daybook.Page{}, err
	}
	return f.Store.Query(ctx, organization, q)
}

func (f failing) Count(ctx context.Context, organization string, q daybook.Query, by ...daybook.Field) ([]daybook.Group, error) {
	if err := f.fault(); err != nil {
		return nil, err
	}
	return f.Store.Count(ctx, organization, q, by...)
}

func (f failing) Tail(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error) {
	if err := f.fault(); err != nil {
		return nil, after, err
	}
	return f.Store.Tail(ctx, after, limit)
}

func (f failing) Transact(ctx context.Context, work func(ctx context.Context, tx daybook.Tx) error) error {
	if err := f.fault(); err != nil {
		return err
	}
	return f.Store.Transact(ctx, work)
}

// Close does nothing: the book's store ends with its test.
func (f failing) Close() error { return nil }

// A testLog writes to the log of a test for as long as the test runs.
type testLog struct {
	book *Book
	t    testing.TB
}

func (l testLog) Write(line []byte) (int, error) {
	l.book.mu.Lock()
	defer l.book.mu.Unlock()
	if l.book.ended {
		return len(line), nil
	}
	return l.t.Output().Write(line)
}
