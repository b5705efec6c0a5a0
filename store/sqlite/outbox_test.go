package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/memory"
	"github.com/daybookdev/daybook/store/sqlite"
	"github.com/daybookdev/daybook/store/storetest"
)

func TestOutboxIsATransactor(t *testing.T) {
	storetest.RunTransactor(t, func(t testing.TB) (daybook.Store, daybook.Transactor) {
		s := open(t, filepath.Join(t.TempDir(), "daybook.db"))
		outbox, _ := newOutbox(t, s)
		return s, outbox
	})
}

// newOutbox returns an outbox in a new database of an application that has one table, notes.
func newOutbox(t testing.TB, to daybook.Appender) (*sqlite.Outbox, *sql.DB) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "app.db")+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.ExecContext(t.Context(), `create table notes (text text)`); err != nil {
		t.Fatal(err)
	}
	outbox, err := sqlite.NewOutbox(t.Context(), db, to, &sqlite.OutboxOptions{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return outbox, db
}

// faulty is a log that can be down.
type faulty struct {
	*memory.Store
	mu  sync.Mutex
	err error
}

func (f *faulty) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *faulty) Append(ctx context.Context, entries ...daybook.Entry) error {
	f.mu.Lock()
	err := f.err
	f.mu.Unlock()
	if err != nil {
		return err
	}
	return f.Store.Append(ctx, entries...)
}

func resources(t *testing.T, s daybook.Store) (names []string) {
	t.Helper()
	for e, err := range daybook.All(t.Context(), s, "acme", daybook.Query{Order: daybook.Oldest}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.ResourceID)
	}
	return names
}

func TestWorkAndEntryShareOneCommit(t *testing.T) {
	log := memory.New()
	outbox, db := newOutbox(t, log)
	book, err := daybook.New(log, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, commit := range map[string]bool{"kept": true, "undone": false} {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(`insert into notes values (?)`, name); err != nil {
			t.Fatal(err)
		}
		if err := book.RecordTx(t.Context(), outbox.InTx(tx), entry("acme", name)); err != nil {
			t.Fatal(err)
		}
		if commit {
			err = tx.Commit()
		} else {
			err = tx.Rollback()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if n, err := outbox.Forward(t.Context()); n != 1 || err != nil {
		t.Errorf("%d forwarded, %v", n, err)
	}
	var note string
	if err := db.QueryRow(`select group_concat(text) from notes`).Scan(&note); err != nil || note != "kept" || strings.Join(resources(t, log), ",") != note {
		t.Errorf("notes %q, entries %v, %v", note, resources(t, log), err)
	}
}

func TestAFailedBestEffortEntryLeavesTheWork(t *testing.T) {
	log := memory.New()
	outbox, db := newOutbox(t, log)
	err := outbox.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error {
		if _, err := sqlite.TxFrom(ctx).Exec(`insert into notes values ('kept')`); err != nil {
			return err
		}
		if err := daybook.BestEffort(tx).Append(ctx, entry("acme", "kept too"), entry("", "no organization")); !errors.Is(err, daybook.ErrNoOrganization) {
			t.Errorf("the bad entry is taken: %v", err)
		}
		return nil
	})
	var notes int
	if err := errors.Join(err, db.QueryRow(`select count(*) from notes`).Scan(&notes)); err != nil || notes != 1 || len(resources(t, log)) != 0 {
		t.Errorf("%d notes, entries %v, %v", notes, resources(t, log), err)
	}
}

// The application's commits do not depend on the log, and what they record arrives when it is back,
// in order.
func TestOutboxWaitsForALogThatIsDown(t *testing.T) {
	log := &faulty{Store: memory.New(), err: errors.New("the log is down")}
	outbox, _ := newOutbox(t, log)
	for _, name := range []string{"1", "2", "3"} {
		err := outbox.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error { return tx.Append(ctx, entry("acme", name)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	if waiting, _, err := outbox.Pending(t.Context()); waiting != 3 || err != nil {
		t.Errorf("%d wait, %v", waiting, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- outbox.Run(ctx) }()
	log.fail(nil)
	within(t, func() bool { return len(resources(t, log)) == 3 })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
	if got := strings.Join(resources(t, log), ""); got != "123" {
		t.Errorf("entries arrived in the order %s", got)
	}
}

func TestRunForwardsWhatCommitsWhileItRuns(t *testing.T) {
	log := memory.New()
	outbox, db := newOutbox(t, log)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- outbox.Run(ctx) }()
	for range 20 {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(outbox.InTx(tx).Append(t.Context(), entry("acme", "x")), tx.Commit()); err != nil {
			t.Fatal(err)
		}
	}
	within(t, func() bool { return len(resources(t, log)) == 20 })
	cancel()
	<-done
}

// stuck is a log that hangs.
type stuck struct{ begun, end chan struct{} }

func (s stuck) Append(context.Context, ...daybook.Entry) error {
	s.begun <- struct{}{}
	<-s.end
	return errors.New("the log hung")
}

// Whoever forwards to a log that hangs must not hold up requests beyond their deadline.
func TestForwardEndsWithItsContextWhileAnotherHangs(t *testing.T) {
	log := stuck{make(chan struct{}), make(chan struct{})}
	outbox, db := newOutbox(t, log)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(outbox.InTx(tx).Append(t.Context(), entry("acme", "x")), tx.Commit()); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { _, err := outbox.Forward(t.Context()); done <- err }()
	<-log.begun
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := outbox.Forward(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", err)
	}
	close(log.end)
	if err := <-done; err == nil {
		t.Error("a log that fails is no error")
	}
}

// An id that belongs to another entry can show only when the outbox is forwarded. It must neither be
// lost nor hold up what comes behind it.
func TestRefusedEntriesAreSetAside(t *testing.T) {
	log := memory.New()
	outbox, db := newOutbox(t, log)
	first, second := entry("acme", "first"), entry("acme", "second")
	first.ID = daybook.NewID()
	second.ID = first.ID
	for _, e := range []daybook.Entry{first, second, entry("acme", "third")} {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(outbox.InTx(tx).Append(t.Context(), e), tx.Commit()); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := outbox.Forward(t.Context()); n != 3 || !errors.Is(err, daybook.ErrConflict) {
		t.Errorf("%d taken, %v", n, err)
	}
	var kept, reason string
	err := db.QueryRow(`select entry, reason from daybook_outbox_refused`).Scan(&kept, &reason)
	if waiting, refused, e := outbox.Pending(t.Context()); err != nil || e != nil || waiting != 0 || refused != 1 ||
		!strings.Contains(kept, "second") || !strings.Contains(reason, "another entry has this id") {
		t.Errorf("%d wait, %d refused: %s because %s; %v", waiting, refused, kept, reason, errors.Join(err, e))
	}
	if got := strings.Join(resources(t, log), ","); got != "first,third" {
		t.Errorf("entries %s", got)
	}
}

// A crash between the append and the delete delivers again; the id makes that harmless.
func TestForwardingTwiceStoresOnce(t *testing.T) {
	log := memory.New()
	outbox, db := newOutbox(t, log)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(outbox.InTx(tx).Append(t.Context(), entry("acme", "x")), tx.Commit()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`create table kept as select * from daybook_outbox`); err != nil {
		t.Fatal(err)
	}
	if _, err := outbox.Forward(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`insert into daybook_outbox select * from kept`); err != nil {
		t.Fatal(err)
	}
	if n, err := outbox.Forward(t.Context()); n != 1 || err != nil || len(resources(t, log)) != 1 {
		t.Errorf("%d forwarded, %v, entries %v", n, err, resources(t, log))
	}
}

// within waits until f is true, and fails the test after ten seconds.
func within(t *testing.T, f func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(10 * time.Second)
	for !f() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("it did not happen within ten seconds")
		}
	}
}
