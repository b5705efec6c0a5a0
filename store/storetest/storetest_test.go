package storetest_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/memory"
	"github.com/daybookdev/daybook/store/storetest"
)

// Every fault is caught by the promises that it breaks, and every promise catches some fault: a
// test that cannot fail proves nothing.
func TestEveryPromiseCanFail(t *testing.T) {
	promises := storetest.Promises()
	caught := map[string]bool{}
	for _, f := range slices.Concat(appendFaults(), readFaults(), reportFaults(), pageFaults(), tailFaults(), transactionFaults(), filterFaults(), documentFaults()) {
		if len(f.breaks) == 0 {
			t.Errorf("%s: it breaks nothing", f.name)
		}
		var names []string
		for _, prefix := range f.breaks {
			names = append(names, find(t, promises, prefix))
			caught[names[len(names)-1]] = true
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for _, name := range names {
				w := watch(t, func(w *witness) {
					s := &faulty{Store: memory.New()}
					f.plant(s)
					promises[name](w, s, s)
				})
				if !w.failed {
					t.Errorf("not caught by %q", name)
				} else if said := strings.Join(w.said, "\n"); !strings.Contains(said, "Why it matters: ") {
					t.Errorf("%q does not say why it matters: %s", name, said)
				}
			}
		})
	}
	for name := range promises {
		if !caught[name] {
			t.Errorf("no fault shows that this can fail: %s", name)
		}
	}
}

// The wrapper itself breaks nothing.
func TestNoPromiseFailsWithoutAFault(t *testing.T) {
	for name, test := range storetest.Promises() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, func(w *witness) {
				s := &faulty{Store: memory.New()}
				test(w, s, s)
			})
			if w.failed {
				t.Error(strings.Join(w.said, "\n"))
			}
		})
	}
}

// find returns the one promise whose name begins so.
func find[T any](t *testing.T, promises map[string]T, prefix string) string {
	t.Helper()
	var found []string
	for name := range promises {
		if strings.HasPrefix(name, prefix) {
			found = append(found, name)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d promises begin with %q: %q", len(found), prefix, found)
	}
	return found[0]
}

// A witness is a testing.TB that keeps a test's verdict to itself. It has the methods that
// promises use.
type witness struct {
	testing.TB // nil
	ctx        context.Context

	mu     sync.Mutex // guards what follows
	failed bool
	said   []string
}

// watch runs a test on a witness. Time is that of a bubble, so that waiting for what never comes
// takes none.
func watch(t *testing.T, test func(*witness)) *witness {
	t.Helper()
	w := &witness{}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w.ctx = ctx
		done := make(chan any)
		go func() { // FailNow ends it
			finished := false
			defer func() {
				if r := recover(); r != nil || !finished && !w.Failed() {
					t.Errorf("the promise panics: %v", r)
				}
				close(done)
			}()
			test(w)
			finished = true
		}()
		<-done
	})
	return w
}

func (w *witness) Helper()                  {}
func (w *witness) Context() context.Context { return w.ctx }

func (w *witness) Logf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

func (w *witness) Failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
}

func (w *witness) Errorf(format string, args ...any) {
	w.Logf(format, args...)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = true
}

func (w *witness) Error(args ...any) { w.Errorf("%s", fmt.Sprintln(args...)) }

func (w *witness) Fatalf(format string, args ...any) {
	w.Errorf(format, args...)
	runtime.Goexit()
}

func (w *witness) Fatal(args ...any) { w.Fatalf("%s", fmt.Sprintln(args...)) }

// A fault is a way in which a store can be wrong.
type fault struct {
	name   string
	plant  func(s *faulty)
	breaks []string // how the names of promises begin that must catch it
}

// A faulty store is a memory.Store but for the methods that a fault replaces.
type faulty struct {
	*memory.Store

	append    func(ctx context.Context, entries []daybook.Entry) error
	query     func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error)
	count     func(ctx context.Context, organization string, q daybook.Query, by []daybook.Field) ([]daybook.Group, error)
	histogram func(ctx context.Context, organization string, q daybook.Query, edges []time.Time, by []daybook.Field) ([]daybook.Bucket, error)
	top       func(ctx context.Context, organization string, q daybook.Query, field daybook.Field, limit int) (daybook.Top, error)
	tail      func(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error)
	last      func(ctx context.Context) (daybook.Position, error)
	watch     func(ctx context.Context, after daybook.Position) error
	load      func(ctx context.Context, follower string) (daybook.Position, error)
	save      func(ctx context.Context, follower string, p daybook.Position) error
	transact  func(ctx context.Context, f func(context.Context, daybook.Tx) error) error
	close     func() error

	putDocument    func(ctx context.Context, d daybook.Document) (daybook.Document, error)
	document       func(ctx context.Context, kind, organization, name string) (daybook.Document, error)
	listDocuments  func(ctx context.Context, kind, organization, after string, limit int) ([]daybook.Document, error)
	deleteDocument func(ctx context.Context, kind, organization, name string, revision int64) error

	mu sync.Mutex // for faults that keep something
}

func (s *faulty) Append(ctx context.Context, entries ...daybook.Entry) error {
	if s.append != nil {
		return s.append(ctx, entries)
	}
	return s.Store.Append(ctx, entries...)
}

func (s *faulty) Query(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
	if s.query != nil {
		return s.query(ctx, organization, q)
	}
	return s.Store.Query(ctx, organization, q)
}

func (s *faulty) Count(ctx context.Context, organization string, q daybook.Query, by ...daybook.Field) ([]daybook.Group, error) {
	if s.count != nil {
		return s.count(ctx, organization, q, by)
	}
	return s.Store.Count(ctx, organization, q, by...)
}

func (s *faulty) Histogram(ctx context.Context, organization string, q daybook.Query, edges []time.Time, by ...daybook.Field) ([]daybook.Bucket, error) {
	if s.histogram != nil {
		return s.histogram(ctx, organization, q, edges, by)
	}
	return s.Store.Histogram(ctx, organization, q, edges, by...)
}

func (s *faulty) Top(ctx context.Context, organization string, q daybook.Query, field daybook.Field, limit int) (daybook.Top, error) {
	if s.top != nil {
		return s.top(ctx, organization, q, field, limit)
	}
	return s.Store.Top(ctx, organization, q, field, limit)
}

func (s *faulty) Tail(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error) {
	if s.tail != nil {
		return s.tail(ctx, after, limit)
	}
	return s.Store.Tail(ctx, after, limit)
}

func (s *faulty) Last(ctx context.Context) (daybook.Position, error) {
	if s.last != nil {
		return s.last(ctx)
	}
	return s.Store.Last(ctx)
}

func (s *faulty) Watch(ctx context.Context, after daybook.Position) error {
	if s.watch != nil {
		return s.watch(ctx, after)
	}
	return s.Store.Watch(ctx, after)
}

func (s *faulty) LoadPosition(ctx context.Context, follower string) (daybook.Position, error) {
	if s.load != nil {
		return s.load(ctx, follower)
	}
	return s.Store.LoadPosition(ctx, follower)
}

func (s *faulty) SavePosition(ctx context.Context, follower string, p daybook.Position) error {
	if s.save != nil {
		return s.save(ctx, follower, p)
	}
	return s.Store.SavePosition(ctx, follower, p)
}

func (s *faulty) Transact(ctx context.Context, f func(context.Context, daybook.Tx) error) error {
	if s.transact != nil {
		return s.transact(ctx, f)
	}
	return s.Store.Transact(ctx, f)
}

func (s *faulty) Close() error {
	if s.close != nil {
		return s.close()
	}
	return s.Store.Close()
}

func (s *faulty) PutDocument(ctx context.Context, d daybook.Document) (daybook.Document, error) {
	if s.putDocument != nil {
		return s.putDocument(ctx, d)
	}
	return s.Store.PutDocument(ctx, d)
}

func (s *faulty) Document(ctx context.Context, kind, organization, name string) (daybook.Document, error) {
	if s.document != nil {
		return s.document(ctx, kind, organization, name)
	}
	return s.Store.Document(ctx, kind, organization, name)
}

func (s *faulty) ListDocuments(ctx context.Context, kind, organization, after string, limit int) ([]daybook.Document, error) {
	if s.listDocuments != nil {
		return s.listDocuments(ctx, kind, organization, after, limit)
	}
	return s.Store.ListDocuments(ctx, kind, organization, after, limit)
}

func (s *faulty) DeleteDocument(ctx context.Context, kind, organization, name string, revision int64) error {
	if s.deleteDocument != nil {
		return s.deleteDocument(ctx, kind, organization, name, revision)
	}
	return s.Store.DeleteDocument(ctx, kind, organization, name, revision)
}
