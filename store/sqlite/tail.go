package sqlite

import (
	"context"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
)

// Tail returns entries of all organizations in the total order; see [daybook.Store].
//
// The place of an entry is drawn in the transaction that writes it, and one transaction writes at a
// time, so places become visible in their order: what Tail returns is always a prefix.
func (s *Store) Tail(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error) {
	if limit <= 0 {
		limit = daybook.DefaultLimit
	}
	r, err := s.borrow(ctx)
	if err != nil {
		return nil, after, fmt.Errorf("tail: %w", because(ctx, err))
	}
	defer s.giveBack(r)
	entries, next, err := r.tail(after, limit)
	if err != nil {
		return nil, after, fmt.Errorf("tail: %w", because(ctx, err))
	}
	return entries, next, nil
}

func (r *reader) tail(after daybook.Position, limit int) (entries []daybook.Sequenced, next daybook.Position, err error) {
	if err := exec(r.conn, `begin`); err != nil { // one snapshot for both; giveBack ends it
		return nil, after, err
	}
	epoch, last, err := order(r.conn)
	if err != nil {
		return nil, after, err
	}
	if after.Number > last || after.Number < 0 || after != (daybook.Position{}) && after.Epoch != epoch {
		return nil, after, fmt.Errorf("%w %v: this log is at %v", daybook.ErrPosition, after, daybook.Position{Epoch: epoch, Number: last})
	}
	stmt, err := r.conn.Prepare(`select ` + columns + ` from activity_log where position > ? order by position limit ?`)
	if err != nil {
		return nil, after, err
	}
	defer stmt.Reset()
	stmt.BindInt64(1, after.Number)
	stmt.BindInt64(2, int64(limit))
	next = after
	for {
		found, err := stmt.Step()
		if err != nil {
			return nil, after, err
		}
		if !found {
			return entries, next, nil
		}
		entry, err := scan(stmt)
		if err != nil {
			return nil, after, err
		}
		entry.Position.Epoch = epoch
		entries = append(entries, entry)
		next = entry.Position
	}
}

// order returns the epoch and the last position that was given.
func order(conn *sqlite.Conn) (epoch int, last int64, err error) {
	stmt, err := conn.Prepare(`select epoch, next_position from ledger_order`)
	if err != nil {
		return 0, 0, err
	}
	defer stmt.Reset()
	if _, err := stmt.Step(); err != nil {
		return 0, 0, err
	}
	return stmt.ColumnInt(0), stmt.ColumnInt64(1) - 1, nil
}

// Watch returns when something was written behind the position; see [daybook.Watcher]. It sees
// what this process writes at once, and what others write when it is called again.
func (s *Store) Watch(ctx context.Context, after daybook.Position) error {
	written := s.written.wait() // before the look, so that nothing is written unseen between the two
	r, err := s.borrow(ctx)
	if err != nil {
		return fmt.Errorf("watch: %w", because(ctx, err))
	}
	_, last, err := order(r.conn)
	s.giveBack(r)
	if err != nil {
		return fmt.Errorf("watch: %w", because(ctx, err))
	}
	if last > after.Number {
		return nil
	}
	select {
	case <-written:
		return nil
	case <-s.gone:
		return fmt.Errorf("watch: %w", daybook.ErrClosed)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// LoadPosition returns a follower's saved position; see [daybook.Positions].
func (s *Store) LoadPosition(ctx context.Context, follower string) (daybook.Position, error) {
	r, err := s.borrow(ctx)
	if err != nil {
		return daybook.Position{}, fmt.Errorf("load position: %w", because(ctx, err))
	}
	defer s.giveBack(r)
	stmt, err := r.conn.Prepare(`select epoch, position from follower where name = ?`)
	if err != nil {
		return daybook.Position{}, because(ctx, err)
	}
	defer stmt.Reset()
	stmt.BindText(1, follower)
	found, err := stmt.Step()
	if err != nil || !found {
		return daybook.Position{}, because(ctx, err)
	}
	return daybook.Position{Epoch: stmt.ColumnInt(0), Number: stmt.ColumnInt64(1)}, nil
}

// SavePosition keeps a follower's position; see [daybook.Positions].
func (s *Store) SavePosition(ctx context.Context, follower string, p daybook.Position) error {
	err := s.writer.enqueue(&call{ctx: ctx, done: make(chan struct{}), task: func(conn *sqlite.Conn) error {
		stmt, err := conn.Prepare(`insert into follower (name, epoch, position, updated_at) values (?, ?, ?, ?)
			on conflict (name) do update set epoch = excluded.epoch, position = excluded.position, updated_at = excluded.updated_at`)
		if err != nil {
			return err
		}
		stmt.BindText(1, follower)
		stmt.BindInt64(2, int64(p.Epoch))
		stmt.BindInt64(3, p.Number)
		stmt.BindInt64(4, time.Now().UnixMicro())
		return step(stmt)
	}})
	if err != nil {
		return fmt.Errorf("save position: %w", explain(err))
	}
	return nil
}
