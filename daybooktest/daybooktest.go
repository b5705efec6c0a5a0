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
	if b.Recorder, err = daybook.New(failing{b}, &o); err != nil {
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

// A failing appender fails when it is told to.
type failing struct{ *Book }

func (f failing) Append(ctx context.Context, entries ...daybook.Entry) error {
	f.mu.Lock()
	err := f.fault
	f.mu.Unlock()
	if err != nil {
		return err
	}
	return f.store.Append(ctx, entries...)
}

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
