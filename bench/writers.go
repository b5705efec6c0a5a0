package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/sqlite"
)

// A writer is one way to make entries durable in a Daybook file.
type writer interface {
	one(ctx context.Context, e daybook.Entry) error
	many(ctx context.Context, entries []daybook.Entry) error // in one transaction
	entries(ctx context.Context) (int, error)                // in the file
	close() error
}

// patience is how long a writer waits for its turn: beyond everything that is measured, so that no
// call fails for the crowd.
const patience = time.Minute

// A grouping writer is Daybook's: a Recorder over a store.
type grouping struct {
	store *sqlite.Store
	book  *daybook.Recorder
}

func openGrouping(ctx context.Context, path string, _ int) (writer, error) {
	s, book, err := openBook(ctx, path, func(a daybook.Appender) daybook.Appender { return a })
	if err != nil {
		return nil, err
	}
	return &grouping{s, book}, nil
}

func openBook(ctx context.Context, path string, over func(daybook.Appender) daybook.Appender) (*sqlite.Store, *daybook.Recorder, error) {
	s, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		return nil, nil, err
	}
	book, err := daybook.New(over(s), &daybook.Options{Timeout: patience})
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, book, nil
}

func (g *grouping) one(ctx context.Context, e daybook.Entry) error { return g.book.Record(ctx, e) }
func (g *grouping) many(ctx context.Context, entries []daybook.Entry) error {
	return g.book.Record(ctx, entries...)
}
func (g *grouping) entries(ctx context.Context) (int, error) { return entriesOf(ctx, g.store) }
func (g *grouping) close() error                             { return g.store.Close() }

// A single writer is the same Recorder over the same store, but each call is let in alone and so
// has a transaction of its own. It is the best that a transaction a call can be: nobody fights
// for the lock. Many entries it appends without the Recorder.
type single struct{ grouping }

func openSingle(ctx context.Context, path string, _ int) (writer, error) {
	s, book, err := openBook(ctx, path, func(a daybook.Appender) daybook.Appender { return &alone{next: a} })
	if err != nil {
		return nil, err
	}
	return &single{grouping{s, book}}, nil
}

func (s *single) many(ctx context.Context, entries []daybook.Entry) error {
	return s.store.Append(ctx, entries...)
}

type alone struct {
	mu   sync.Mutex // held while next appends
	next daybook.Appender
}

func (a *alone) Append(ctx context.Context, entries ...daybook.Entry) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.next.Append(ctx, entries...)
}

// A plain writer is what an application writes that has a database/sql pool and a table for its
// log: the same table with the same indexes, since it is a copy of the same file.
type plain struct{ db *sql.DB }

func openPlain(ctx context.Context, path string, callers int) (writer, error) {
	db, err := sql.Open("sqlite", fmt.Sprintf("file:%s?_pragma=busy_timeout(%d)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate",
		path, patience.Milliseconds()))
	if err != nil {
		return nil, err
	}
	// A connection for each caller, open before anything is measured. By default the pool would keep
	// two and open the others again and again.
	db.SetMaxIdleConns(callers)
	conns := make([]*sql.Conn, callers)
	for i := range conns {
		if conns[i], err = db.Conn(ctx); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	for _, c := range conns {
		if err := c.Close(); err != nil { // gives it back to the pool
			return nil, errors.Join(err, db.Close())
		}
	}
	return &plain{db}, nil
}

const plainInsert = `insert into activity_log (organization_id, id, action, resource_type, resource_id, user_id, actor_type,
	request_id, outcome, details, ip_address, user_agent, created_at, updated_at)
	values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

func plainRow(e *daybook.Entry) ([]any, error) {
	details, err := json.Marshal(e.Details)
	if err != nil {
		return nil, err
	}
	id := daybook.NewID()
	at := id.Time().UnixMicro()
	return []any{plainID(e.OrganizationID), id[:], string(e.Action), e.ResourceType, plainID(e.ResourceID), plainID(e.UserID),
		string(e.ActorType), e.RequestID, string(e.Outcome), string(details), e.IPAddress.String(), e.UserAgent, at, at}, nil
}

// plainID stores a UUID as the schema does.
func plainID(s string) []byte {
	u, _ := daybook.ParseUUID(s)
	return u[:]
}

func (p *plain) one(ctx context.Context, e daybook.Entry) error {
	return p.transact(ctx, func(tx *sql.Tx) error {
		row, err := plainRow(&e)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, plainInsert, row...)
		return err
	})
}

func (p *plain) many(ctx context.Context, entries []daybook.Entry) error {
	return p.transact(ctx, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, plainInsert)
		if err != nil {
			return err
		}
		defer insert.Close()
		for i := range entries {
			row, err := plainRow(&entries[i])
			if err != nil {
				return err
			}
			if _, err := insert.ExecContext(ctx, row...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *plain) transact(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (p *plain) entries(ctx context.Context) (n int, err error) {
	err = p.db.QueryRowContext(ctx, `select count(*) from activity_log`).Scan(&n)
	return n, err
}

func (p *plain) close() error { return p.db.Close() }
