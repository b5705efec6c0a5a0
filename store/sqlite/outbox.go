package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// An Outbox lets an application that owns a SQLite database record in its own transactions, by any
// database/sql driver: the entries go into a table beside the application's, in the same
// transaction, and from there into the log.
//
// They exist if and only if the transaction commits, and they are durable when it has. They are
// visible in the log when they have been forwarded: at once after [Outbox.Transact], otherwise
// within [OutboxOptions.Poll], mostly within milliseconds, while [Outbox.Run] runs. The log is a file of its own because two copies
// of SQLite in one program must never open one file (https://sqlite.org/howtocorrupt.html,
// section 2.2), and a driver may bring its own copy.
type Outbox struct {
	db   *sql.DB
	to   daybook.Appender
	poll time.Duration
	log  *slog.Logger
	wake chan struct{} // holds one token when a transaction has written

	forwarding chan struct{} // holds one token while somebody forwards: one at a time, so that entries keep their order
}

var _ daybook.Transactor = (*Outbox)(nil)

// OutboxOptions are how an [Outbox] works. The zero OutboxOptions do.
type OutboxOptions struct {
	// Poll is how often Run looks for entries: those of a long transaction, or of another process,
	// wait up to this time after their commit. 0 means 100 ms.
	Poll time.Duration

	// Logger gets a line when Run cannot forward. nil means slog.Default().
	Logger *slog.Logger
}

// Entries are JSON, already completed, redacted and checked. Autoincrement gives no seq twice, so
// that deleting up to one never deletes a row that was not read.
const outboxTables = `
create table if not exists daybook_outbox (
	seq   integer primary key autoincrement,
	entry text not null
);
create table if not exists daybook_outbox_refused (
	seq    integer primary key,
	entry  text not null,
	reason text not null
)`

const (
	forwardBatch   = 500             // entries that Forward appends at once
	forwardTimeout = 5 * time.Second // of one append to the log; and how long Transact waits after a commit
)

// NewOutbox makes the tables daybook_outbox and daybook_outbox_refused in the application's
// database, if they are not there, and returns an Outbox that forwards to a log. options may be nil. It starts no goroutine: call Run.
func NewOutbox(ctx context.Context, db *sql.DB, to daybook.Appender, options *OutboxOptions) (*Outbox, error) {
	o := &Outbox{db: db, to: to, poll: 100 * time.Millisecond, log: slog.Default(),
		wake: make(chan struct{}, 1), forwarding: make(chan struct{}, 1)}
	if options != nil && options.Poll > 0 {
		o.poll = options.Poll
	}
	if options != nil && options.Logger != nil {
		o.log = options.Logger
	}
	for _, table := range strings.SplitAfter(outboxTables, ";") {
		if _, err := db.ExecContext(ctx, table); err != nil {
			return nil, fmt.Errorf("make the outbox tables: %w", err)
		}
	}
	return o, nil
}

// InTx returns tx, a transaction on the outbox's database, as one to record in:
//
//	err := book.RecordTx(ctx, outbox.InTx(tx), entry)
func (o *Outbox) InTx(tx *sql.Tx) daybook.Tx { return &outboxTx{o, tx} }

type outboxTx struct {
	outbox *Outbox
	tx     *sql.Tx
}

// Append writes the entries into the outbox. An id that is in conflict with a stored entry shows
// only when they are forwarded: see Forward.
func (t *outboxTx) Append(ctx context.Context, entries ...daybook.Entry) error {
	stmt, err := t.tx.PrepareContext(ctx, `insert into daybook_outbox (entry) values (?)`)
	if err != nil {
		return fmt.Errorf("append to the outbox: %w", err)
	}
	defer stmt.Close()
	texts := make([]string, len(entries))
	for i, e := range entries { // all are checked before the first is written
		if _, err := e.Normalize(); err != nil {
			return fmt.Errorf("append to the outbox: %w", err)
		}
		text, err := e.MarshalJSON()
		if err != nil {
			return fmt.Errorf("append to the outbox: %w", err)
		}
		texts[i] = string(text)
	}
	for _, text := range texts {
		if _, err := stmt.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("append to the outbox: %w", err)
		}
	}
	t.outbox.notify()
	return nil
}

func (t *outboxTx) Savepoint(ctx context.Context, f func() error) error {
	if _, err := t.tx.ExecContext(ctx, `savepoint daybook`); err != nil {
		return fmt.Errorf("set savepoint: %w", err)
	}
	if err := f(); err != nil {
		// The transaction's fate hangs on this, so it does not end with the caller's context.
		ctx := context.WithoutCancel(ctx)
		_, undo := t.tx.ExecContext(ctx, `rollback to daybook`)
		_, release := t.tx.ExecContext(ctx, `release daybook`)
		return errors.Join(err, undo, release)
	}
	if _, err := t.tx.ExecContext(ctx, `release daybook`); err != nil {
		return fmt.Errorf("release savepoint: %w", err)
	}
	return nil
}

type txKey struct{}

// TxFrom returns the transaction that [Outbox.Transact] put into the context, nil if there is none.
func TxFrom(ctx context.Context) *sql.Tx {
	tx, _ := ctx.Value(txKey{}).(*sql.Tx)
	return tx
}

// Transact runs f in a transaction of the application's database, commits it when f returns nil
// and otherwise rolls it back. The application takes the transaction out of f's context with
// [TxFrom]. Open the database so that transactions begin as writers (BEGIN IMMEDIATE), or one that
// reads before it writes may fail as busy. When Transact returns nil the entries have been forwarded, or will be by Run.
func (o *Outbox) Transact(ctx context.Context, f func(ctx context.Context, tx daybook.Tx) error) (err error) {
	tx, err := o.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // after a commit it does nothing; after a panic it is what is left to do
	if err := f(context.WithValue(ctx, txKey{}, tx), o.InTx(tx)); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	// The work is done and the entries are durable: a log that is down now gets them from Run.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forwardTimeout)
	defer cancel()
	if _, err := o.Forward(ctx); err != nil {
		o.log.LogAttrs(ctx, slog.LevelError, "outbox not forwarded", slog.String("error", err.Error()))
	}
	return nil
}

func (o *Outbox) notify() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}
