package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/daybookdev/daybook"
)

const (
	mostInGroup   = 4096                  // entries of waiting callers that share a transaction
	bytesInGroup  = 4 << 20               // of details, the same
	mostInInsert  = 5000                  // rows of one statement, when one call brings more
	manyAtOnce    = 500                   // rows of a call that waits while too many have no place yet
	mostWriters   = 4                     // groups that commit at once
	slowCommit    = time.Millisecond      // from here on another writer is worth its connection
	writeTimeout  = 30 * time.Second      // of one attempt to commit a group
	mostAttempts  = 6                     // to commit a group
	firstPause    = 20 * time.Millisecond // before the second attempt; it doubles
	idleInOwnTx   = "30s"                 // after which the server ends a transaction that we forgot
	waitForAnyone = "30s"                 // how long a statement waits for a lock
)

// Append stores the entries; see [daybook.Appender]. Concurrent calls share a transaction: a writer
// takes whatever waits the moment its last commit returns, so there is no timer, and a lone caller
// waits for nobody. A call that fails does not fail its neighbours.
//
// When the connection is lost around the commit the same group is sent again: the ids make that
// harmless.
func (s *Store) Append(ctx context.Context, entries ...daybook.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	rows, err := prepare(entries, s.ids, s.deployment)
	if err == nil {
		rows, err = distinct(rows)
	}
	if err == nil {
		err = s.writers.write(ctx, rows)
	}
	if err != nil {
		return fmt.Errorf("append: %w", explain(err))
	}
	if len(rows) >= manyAtOnce {
		s.sequencer.keepUp(ctx)
	}
	return nil
}

// writers commit the calls that wait. There is one goroutine at first, more while commits are slow
// and calls wait, and none behind close.
type writers struct {
	pool      *pgxpool.Pool
	committed *broadcast
	direct    bool // a connection is one of the server's, so that it may keep a statement

	mu      sync.Mutex // guards what follows
	waiting []*call
	wake    *sync.Cond // when waiting or closing changes
	running int
	closing bool
	ended   sync.WaitGroup
}

// A call is one Append that waits for its commit.
type call struct {
	ctx  context.Context
	rows []*row
	size int           // bytes of details
	err  error         // the writer's, until done is closed
	done chan struct{} // closed by the writer
}

func startWriters(pool *pgxpool.Pool, committed *broadcast, direct bool) *writers {
	w := &writers{pool: pool, committed: committed, direct: direct}
	w.wake = sync.NewCond(&w.mu)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.add()
	return w
}

// add starts a goroutine. The caller holds mu.
func (w *writers) add() {
	w.running++
	w.ended.Go(w.run)
}

// write waits until the rows are committed. When ctx ends first they may or may not be.
func (w *writers) write(ctx context.Context, rows []*row) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := &call{ctx: ctx, rows: rows, done: make(chan struct{})}
	for _, r := range rows {
		c.size += len(r.details)
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
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writers) close() {
	w.mu.Lock()
	w.closing = true
	w.wake.Broadcast()
	w.mu.Unlock()
	w.ended.Wait()
}

func (w *writers) run() {
	for {
		group := w.take()
		if group == nil {
			return
		}
		began := time.Now()
		w.commit(group)
		w.mu.Lock()
		if time.Since(began) > slowCommit && len(w.waiting) > 0 && w.running < mostWriters {
			w.add()
		}
		w.mu.Unlock()
	}
}

// take returns the first of the calls that wait, as many as share a transaction. It waits for some
// if this is the only writer; nil means that the writer is to end.
func (w *writers) take() []*call {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.waiting) == 0 {
		if w.closing || w.running > 1 {
			w.running--
			return nil
		}
		w.wake.Wait()
	}
	n, entries, size := 0, 0, 0
	for n < len(w.waiting) && (n == 0 || entries+len(w.waiting[n].rows) <= mostInGroup && size+w.waiting[n].size <= bytesInGroup) {
		entries += len(w.waiting[n].rows)
		size += w.waiting[n].size
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
func (w *writers) commit(group []*call) {
	together, alone := sortOut(group)
	if len(together) > 0 {
		if err := w.persist(rowsOf(together)); err != nil && len(together) > 1 && !hopeless(err) {
			alone = append(together, alone...)
		} else {
			for _, c := range together {
				c.err = err
			}
		}
	}
	for _, c := range alone {
		c.err = w.persist(c.rows)
	}
	w.committed.send()
	for _, c := range group {
		close(c.done)
	}
}

// sortOut drops the calls that gave up while they waited, of which nothing is written, and sets
// apart those that have an id in common with an earlier one but other content.
func sortOut(group []*call) (together, alone []*call) {
	seen := map[key]*row{}
next:
	for _, c := range group {
		if c.err = c.ctx.Err(); c.err != nil {
			continue
		}
		for _, r := range c.rows {
			if first, ok := seen[r.key()]; ok && !first.equal(r) {
				alone = append(alone, c)
				continue next
			}
		}
		for _, r := range c.rows {
			seen[r.key()] = r
		}
		together = append(together, c)
	}
	return together, alone
}

func rowsOf(calls []*call) []*row {
	if len(calls) == 1 {
		return calls[0].rows
	}
	var all []*row
	seen := map[key]bool{}
	for _, c := range calls {
		for _, r := range c.rows {
			if !seen[r.key()] {
				seen[r.key()] = true
				all = append(all, r)
			}
		}
	}
	return all
}

// persist stores all the rows, or none. It tries again what may pass, a lost answer to a commit
// included: what the lost attempt has stored is then found, and compared. It does not end with any
// caller's context, since others share the commit.
func (w *writers) persist(rows []*row) error {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
		err := w.transact(ctx, rows)
		cancel()
		if err == nil || attempt == mostAttempts || !passing(err) {
			return err
		}
		time.Sleep(pause)
		pause *= 2
	}
}

// transact stores all the rows, or none: in one round trip when none of them is stored, as hardly one
// ever is, and otherwise in a transaction that can compare.
func (w *writers) transact(ctx context.Context, rows []*row) error {
	if err := w.insertNew(ctx, rows); !wasStored(err) {
		return err
	}
	tx, err := w.pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) // behind a commit it does nothing
	if err := insert(ctx, tx, rows, true); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// insertNew stores rows that are new, and is an error when one is not. The statements of a batch are
// one transaction (PostgreSQL, section 55.2.4), which ends with the batch.
func (w *writers) insertNew(ctx context.Context, rows []*row) error {
	conn, err := w.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	statement := insertNewRows
	if w.direct {
		if _, err := conn.Conn().Prepare(ctx, preparedInsert, insertNewRows); err != nil { // once for a connection
			return err
		}
		statement = preparedInsert
	}
	var batch pgx.Batch
	batch.Queue(`select set_config('lock_timeout', $1, true), set_config('jit', 'off', true)`, waitForAnyone)
	for rest := rows; len(rest) > 0; {
		n := chunk(rest)
		batch.Queue(statement, arguments(rest[:n])...).QueryRow(func(r pgx.Row) error {
			var deployment string
			if err := r.Scan(nil, &deployment); err != nil {
				return err
			}
			learnDeployment(deployment)
			return nil
		})
		rest = rest[n:]
	}
	return conn.SendBatch(ctx, &batch).Close()
}

// preparedInsert is the name under which a connection knows insertNewRows.
const preparedInsert = "daybook_insert"

// wasStored reports whether err is how insertNewRows says that one of the rows is not new.
func wasStored(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "22012"
}

// insert stores the rows, which are distinct, in tx, in one round trip. It compares those that were
// stored before. ours says that the transaction is not the application's.
func insert(ctx context.Context, tx pgx.Tx, rows []*row, ours bool) error {
	var batch pgx.Batch
	if ours {
		batch.Queue(`select set_config('idle_in_transaction_session_timeout', $1, true), set_config('lock_timeout', $2, true)`, idleInOwnTx, waitForAnyone)
	}
	fresh := int64(0)
	for rest := rows; len(rest) > 0; {
		n := chunk(rest)
		batch.Queue(insertRows, arguments(rest[:n])...).QueryRow(func(r pgx.Row) error {
			var n int64
			var deployment string
			err := r.Scan(&n, &deployment)
			if fresh += n; err == nil {
				learnDeployment(deployment)
			}
			return err
		})
		rest = rest[n:]
	}
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil || fresh == int64(len(rows)) {
		return err
	}
	return compare(ctx, tx, rows, !ours)
}

// chunk returns how many of the rows go into one statement.
func chunk(rows []*row) int {
	size := 0
	for n, r := range rows {
		if size += len(r.details); n == mostInInsert || n > 0 && size > 4*bytesInGroup {
			return n
		}
	}
	return len(rows)
}

// compare returns a conflict when one of the rows is stored with other content. It reads one
// organization after the other, as every reader does. restore puts back what it had to change in
// a transaction that is not ours.
func compare(ctx context.Context, tx pgx.Tx, rows []*row, restore bool) error {
	of := map[string]map[daybook.ID]*row{}
	for _, r := range rows {
		if of[r.OrganizationID] == nil {
			of[r.OrganizationID] = map[daybook.ID]*row{}
		}
		of[r.OrganizationID][r.ID] = r
	}
	var batch pgx.Batch
	for organization, sent := range of {
		ids := make([]string, 0, len(sent))
		for id := range sent {
			ids = append(ids, id.String())
		}
		if restore {
			batch.Queue(remember)
		}
		batch.Queue(becomeReader, organization)
		batch.Queue(selectStored, organization, ids).Query(func(found pgx.Rows) error {
			for found.Next() {
				e, err := scan(found.Scan)
				if err != nil {
					return err
				}
				if r := sent[e.ID]; !r.same(e) {
					return conflict(r)
				}
				delete(sent, e.ID)
			}
			if err := found.Err(); err != nil {
				return err
			}
			for id := range sent {
				return fmt.Errorf("entry %v is neither inserted nor to be found", id)
			}
			return nil
		})
		batch.Queue(becomeAgain)
	}
	return tx.SendBatch(ctx, &batch).Close()
}

// The role and the organization hold until the transaction ends. In a transaction of the application
// they are remembered and put back.
const (
	remember     = `select set_config('daybook.before_role', current_setting('role'), true), set_config('daybook.before', coalesce(current_setting('daybook.organization', true), ''), true)`
	becomeReader = `select set_config('role', 'daybook_reader', true), set_config('daybook.organization', $1, true)`
	becomeAgain  = `select set_config('role', coalesce(nullif(current_setting('daybook.before_role', true), ''), 'none'), true), set_config('daybook.organization', coalesce(current_setting('daybook.before', true), ''), true)`
	selectStored = `select ` + columns + ` from activity_log a where a.organization_id = $1::text::daybook_key and a.id = any($2::text[]::uuid[])`
)

// passing reports whether another attempt with the same rows may succeed: the connection was lost,
// the server is starting or ending, or two transactions were in each other's way.
func passing(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return !errors.Is(err, daybook.ErrConflict) && !errors.Is(err, context.DeadlineExceeded)
	}
	return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "40") || strings.HasPrefix(e.Code, "57P") || e.Code == "53300"
}

// hopeless reports whether err would meet every caller alike.
func hopeless(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return !errors.Is(err, daybook.ErrConflict)
	}
	return !strings.HasPrefix(e.Code, "22") && !strings.HasPrefix(e.Code, "23") && !strings.HasPrefix(e.Code, "40") && !strings.HasPrefix(e.Code, "54")
}
