package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

// mostInGroup bounds how many entries of waiting callers share a transaction, and so how long the
// last of them waits. A single call may bring more.
const mostInGroup = 4096

// Append stores the entries; see [daybook.Appender]. Concurrent calls share a transaction: the
// writer takes whatever waits the moment the last commit returns, so there is no timer, and a
// lone caller waits for nobody. A call that fails does not fail its neighbours.
func (s *Store) Append(ctx context.Context, entries ...daybook.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	rows := make([]row, len(entries))
	var errs []error
	for i, e := range entries {
		details, err := e.Normalize()
		if err != nil {
			if len(entries) > 1 {
				err = fmt.Errorf("entry %d of %d: %w", i+1, len(entries), err)
			}
			errs = append(errs, err)
			continue
		}
		e.Details = nil // the caller's, who may change it when this call has given up; details is ours
		rows[i] = row{Entry: e, details: details, kind: ledger.KindEntry}
		if err := rows[i].seal(s.deployment); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("append: %w", err)
	}
	if err := s.writer.write(ctx, rows); err != nil {
		return fmt.Errorf("append: %w", explain(err))
	}
	return nil
}

// A writer owns the one connection that writes. Its goroutine ends when close is called.
type writer struct {
	conn    *sqlite.Conn // the goroutine's alone, until it has ended
	written *broadcast
	between func(*sqlite.Conn) error // upkeep between two transactions
	ended   chan struct{}

	fresh   []*row            // inserted in the transaction under way; the goroutine's, like what follows
	summed  int               // how many of fresh are in the rollup already
	words   map[string]string // that the rollup has
	scratch []byte

	mu      sync.Mutex // guards what follows
	waiting []*call
	wake    *sync.Cond // when waiting or closing changes
	closing bool
}

// A call is one Append that waits for its commit.
type call struct {
	ctx  context.Context
	rows []row
	task func(*sqlite.Conn) error // something else to write, with a transaction of its own
	err  error                    // the writer's, until it sends on done
	done chan struct{}
}

func startWriter(conn *sqlite.Conn, written *broadcast, between func(*sqlite.Conn) error) *writer {
	w := &writer{conn: conn, written: written, between: between, ended: make(chan struct{}), words: map[string]string{}}
	w.wake = sync.NewCond(&w.mu)
	go w.run()
	return w
}

// write waits until the rows are committed. When ctx ends first they may or may not be.
func (w *writer) write(ctx context.Context, rows []row) error {
	return w.enqueue(&call{ctx: ctx, rows: rows, done: make(chan struct{})})
}

func (w *writer) enqueue(c *call) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	if w.closing {
		w.mu.Unlock()
		return daybook.ErrClosed
	}
	w.waiting = append(w.waiting, c)
	w.wake.Signal()
	w.mu.Unlock()
	select {
	case <-c.done:
		return c.err
	case <-c.ctx.Done():
		w.withdraw(c)
		return c.ctx.Err()
	}
}

// withdraw takes a call that gave up out of the queue, if it still waits there, so that a disk that
// hangs does not gather them.
func (w *writer) withdraw(c *call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.Index(w.waiting, c); i >= 0 {
		w.waiting = slices.Delete(slices.Clone(w.waiting), i, i+1) // the array may be a group's too
	}
}

func (w *writer) close() error {
	w.mu.Lock()
	w.closing = true
	w.wake.Signal()
	w.mu.Unlock()
	<-w.ended
	return w.conn.Close()
}

func (w *writer) run() {
	defer close(w.ended)
	for {
		group := w.take()
		if group == nil {
			return
		}
		w.commit(group)
		// What fails here fails the next transaction too, whose callers get the error.
		_ = w.between(w.conn)
	}
}

// take waits for calls and returns the first of those that wait, as many as share a transaction;
// nil when the writer is closed and nobody waits.
func (w *writer) take() []*call {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.waiting) == 0 {
		if w.closing {
			return nil
		}
		w.wake.Wait()
	}
	n, entries := 0, 0
	for n < len(w.waiting) && (n == 0 || entries+len(w.waiting[n].rows) <= mostInGroup) {
		entries += len(w.waiting[n].rows)
		n++
	}
	group := w.waiting[:n:n]
	w.waiting = w.waiting[n:]
	if len(w.waiting) == 0 {
		w.waiting = nil // the array goes with its last group
	}
	return group
}

// commit writes a group in one transaction and answers its callers. When that fails for a reason
// that may lie in one of them, each gets a transaction of its own.
func (w *writer) commit(group []*call) {
	live := group[:0]
	for _, c := range group {
		if c.err = c.ctx.Err(); c.err != nil {
			close(c.done) // it gave up while it waited: nothing of it is written
			continue
		}
		live = append(live, c)
	}
	if len(live) == 0 {
		return
	}
	err := w.transact(live, false)
	if errors.Is(err, errRefusedPart) {
		for _, c := range live {
			c.err = nil
		}
		err = w.transact(live, true)
	}
	if err != nil && len(live) > 1 && !hopeless(err) {
		for _, c := range live {
			c.err = nil
			if err := w.transact([]*call{c}, false); err != nil {
				c.err = err
			}
		}
	} else if err != nil {
		for _, c := range live {
			c.err = err
		}
	}
	w.written.send()
	for _, c := range live {
		close(c.done)
	}
}

// hopeless reports whether err would meet every caller alike.
func hopeless(err error) bool {
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultFull, sqlite.ResultIOErr, sqlite.ResultReadOnly, sqlite.ResultCorrupt, sqlite.ResultBusy, sqlite.ResultNotADB:
		return true
	}
	return false
}

// errRefusedPart means that a call of several rows was refused, and that only savepoints can undo its
// first rows without those of its neighbours.
var errRefusedPart = errors.New("a call was refused behind its first rows")

// transact writes the calls' rows in one transaction. A call in conflict gets its err, and the
// others commit. A returned error means that nothing was written.
//
// Within a savepoint SQLite keeps a copy of every page before it changes, which costs a fifth of a
// large call. So transact does without at first, and returns errRefusedPart where it needs them.
func (w *writer) transact(calls []*call, savepoints bool) (err error) {
	if err := exec(w.conn, `begin immediate`); err != nil {
		return err
	}
	defer func() {
		if err != nil && !w.conn.AutocommitEnabled() { // some failures have rolled back already
			err = errors.Join(err, exec(w.conn, `rollback`))
		}
	}()
	_, last, err := order(w.conn)
	if err != nil {
		return err
	}
	first := last + 1
	next := first
	w.fresh, w.summed = w.fresh[:0], 0
	defer func() { clear(w.fresh) }() // keeps nothing of what callers appended
	for _, c := range calls {
		switch {
		case c.task != nil:
			err = c.task(w.conn)
		case len(c.rows) == 1: // a refused single row leaves nothing to undo
			next, c.err, err = w.insert(c.rows, next)
		case !savepoints:
			next, c.err, err = w.insert(c.rows, next)
			if err == nil && c.err != nil {
				if len(calls) > 1 {
					return errRefusedPart
				}
				return exec(w.conn, `rollback`) // with it goes the call, which is alone
			}
		default:
			next, c.err, err = w.insertAll(c.rows, next)
		}
		if err != nil {
			return err
		}
	}
	if next != first {
		update, err := w.conn.Prepare(`update ledger_order set next_position = ?`)
		if err != nil {
			return err
		}
		update.BindInt64(1, next)
		if err := step(update); err != nil {
			return err
		}
		if err := w.sequence(w.fresh, first); err != nil {
			return err
		}
		if err := w.rollUp(w.fresh[w.summed:]); err != nil {
			return err
		}
	}
	return exec(w.conn, `commit`)
}

// insertAll inserts the rows of one call, all or none.
func (w *writer) insertAll(rows []row, next int64) (after int64, refused, err error) {
	if err := exec(w.conn, `savepoint call`); err != nil {
		return next, nil, err
	}
	before := len(w.fresh)
	after, refused, err = w.insert(rows, next)
	if err != nil {
		return next, nil, err
	}
	if refused != nil {
		w.fresh = w.fresh[:before]
		if err := exec(w.conn, `rollback to call`); err != nil {
			return next, nil, err
		}
		after = next
	}
	return after, refused, exec(w.conn, `release call`)
}

// insert inserts rows from position next on and returns the position behind them. Rows that are
// stored already take none.
func (w *writer) insert(rows []row, next int64) (after int64, refused, err error) {
	stmt, err := w.conn.Prepare(insertRow)
	if err != nil {
		return next, nil, err
	}
	for i := range rows {
		r := &rows[i]
		r.bind(stmt, next)
		if err := step(stmt); err != nil {
			return next, nil, err
		}
		if w.conn.Changes() == 1 {
			next++
			w.fresh = append(w.fresh, r)
			continue
		}
		stored, err := w.stored(r.OrganizationID, r.ID)
		if err != nil {
			return next, nil, err
		}
		if !r.same(stored) {
			return next, fmt.Errorf("%w: %v", daybook.ErrConflict, r.ID), nil
		}
	}
	return next, nil, nil
}

func (w *writer) stored(organization string, id daybook.ID) (daybook.Entry, error) {
	stmt, err := w.conn.Prepare(`select ` + columns + ` from activity_log where organization_id = ? and id = ?`)
	if err != nil {
		return daybook.Entry{}, err
	}
	defer stmt.Reset()
	bindID(stmt, 1, organization)
	stmt.BindBytes(2, id[:])
	if found, err := stmt.Step(); err != nil {
		return daybook.Entry{}, err
	} else if !found {
		return daybook.Entry{}, fmt.Errorf("entry %v is neither inserted nor stored", id)
	}
	s, err := scan(stmt)
	return s.Entry, err
}

// exec runs a statement without parameters that returns no row.
func exec(conn *sqlite.Conn, sql string) error {
	stmt, err := conn.Prepare(sql) // Prep would panic, and a damaged file must be an error
	if err != nil {
		return err
	}
	return step(stmt)
}

// step runs a statement that returns no row, and leaves it ready for the next time.
func step(stmt *sqlite.Stmt) error {
	_, err := stmt.Step()
	return errors.Join(err, stmt.Reset())
}
