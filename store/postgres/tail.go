package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
)

// selectTail reads behind a position. The order's own row comes with every entry, and alone when
// there is none, so that both are of one snapshot.
const selectTail = `
select o.epoch, o.next_position - 1, s.position, ` + columns + `
from ledger_order o
left join lateral (select position, slot, id from ledger_sequence where position > $1 order by position limit $2) s on true
left join ledger l on l.slot = s.slot
left join lateral (select * from activity_log where organization_id = l.organization_id and id = s.id limit 1) a on true
where o.one
order by s.position`

const organizationColumn = 3 // of selectTail

// Tail returns entries of all organizations in the total order; see [daybook.Store].
//
// It sees what has its place. What is committed and waits for one gets it first, unless another
// program is giving places at that moment: then it comes with the next call.
func (s *Store) Tail(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error) {
	if limit <= 0 {
		limit = daybook.DefaultLimit
	}
	entries, next, err := s.tail(ctx, after, limit)
	if err != nil {
		return nil, after, fmt.Errorf("tail: %w", explain(err))
	}
	return entries, next, nil
}

func (s *Store) tail(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error) {
	if err := s.use(); err != nil {
		return nil, after, err
	}
	defer s.using.Done()
	entries, next, waiting, err := s.tailOnce(ctx, after, limit)
	if err != nil || !waiting || next != after {
		return entries, next, err
	}
	if err := s.sequencer.drain(ctx); err != nil {
		return nil, after, err
	}
	entries, next, _, err = s.tailOnce(ctx, after, limit)
	return entries, next, err
}

func (s *Store) tailOnce(ctx context.Context, after daybook.Position, limit int) (entries []daybook.Sequenced, next daybook.Position, waiting bool, err error) {
	var last daybook.Position
	next = after
	var batch pgx.Batch
	batch.Queue(`begin read only`)
	batch.Queue(becomeFollower)
	batch.Queue(selectWaiting).QueryRow(func(r pgx.Row) error {
		return r.Scan(nil, nil, &waiting)
	})
	batch.Queue(selectTail, after.Number, limit).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var number *int64
			if rows.RawValues()[organizationColumn] == nil { // no place behind the position, or an entry that was removed
				if err := rows.Scan(append([]any{&last.Epoch, &last.Number, &number}, make([]any, len(rows.RawValues())-3)...)...); err != nil {
					return err
				}
			} else {
				e, err := scan(rows.Scan, &last.Epoch, &last.Number, &number)
				if err != nil {
					return err
				}
				entries = append(entries, daybook.Sequenced{Position: daybook.Position{Epoch: last.Epoch, Number: *number}, Entry: e})
			}
			if number != nil {
				next = daybook.Position{Epoch: last.Epoch, Number: *number}
			}
		}
		return rows.Err()
	})
	batch.Queue(`commit`)
	if err := s.send(ctx, &batch); err != nil {
		return nil, after, false, err
	}
	if after.Number < 0 || after.Number > last.Number || after != (daybook.Position{}) && after.Epoch != last.Epoch {
		return nil, after, false, fmt.Errorf("%w %v: this log is at %v", daybook.ErrPosition, after, last)
	}
	return entries, next, waiting, nil
}

// drained reads rows to their end.
func drained(rows pgx.Rows) error {
	for rows.Next() {
	}
	return rows.Err()
}

// Watch returns when something was sequenced behind the position; see [daybook.Watcher]. What this
// program appends it sees at once, and what others commit within about 100 ms.
func (s *Store) Watch(ctx context.Context, after daybook.Position) error {
	if err := s.use(); err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	defer s.using.Done()
	for {
		changed := s.changed.wait() // before the look, so that nothing happens unseen between the two
		last, waiting, err := s.end(ctx)
		if err == nil && waiting && last <= after.Number {
			if err = s.sequencer.drain(ctx); err == nil {
				last, _, err = s.end(ctx)
			}
		}
		if err != nil {
			return fmt.Errorf("watch: %w", explain(err))
		}
		if last > after.Number {
			return nil
		}
		select {
		case <-changed:
		case <-s.gone:
			return fmt.Errorf("watch: %w", daybook.ErrClosed)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// end returns the last place that was given, and whether something waits for one.
func (s *Store) end(ctx context.Context) (last int64, waiting bool, err error) {
	err = s.follow(ctx, selectWaiting, nil, func(r pgx.Rows) error {
		for r.Next() {
			if err := r.Scan(&last, nil, &waiting); err != nil {
				return err
			}
		}
		return r.Err()
	})
	return last - 1, waiting, err
}

// follow runs one statement as the follower, in one round trip and one transaction.
func (s *Store) follow(ctx context.Context, sql string, args []any, f func(pgx.Rows) error) error {
	var batch pgx.Batch
	batch.Queue(`begin`)
	batch.Queue(becomeFollower)
	batch.Queue(sql, args...).Query(f)
	batch.Queue(`commit`)
	return s.send(ctx, &batch)
}

// LoadPosition returns a follower's saved position; see [daybook.Positions].
func (s *Store) LoadPosition(ctx context.Context, follower string) (p daybook.Position, err error) {
	if err = s.use(); err == nil {
		defer s.using.Done()
		err = s.follow(ctx, `select epoch, position from ledger_follower where name = $1`, []any{follower}, func(r pgx.Rows) error {
			for r.Next() {
				if err := r.Scan(&p.Epoch, &p.Number); err != nil {
					return err
				}
			}
			return r.Err()
		})
	}
	if err != nil {
		return daybook.Position{}, fmt.Errorf("load position: %w", explain(err))
	}
	return p, nil
}

// SavePosition keeps a follower's position; see [daybook.Positions].
func (s *Store) SavePosition(ctx context.Context, follower string, p daybook.Position) error {
	err := s.use()
	if err == nil {
		defer s.using.Done()
		err = s.follow(ctx, `insert into ledger_follower (name, epoch, position) values ($1, $2, $3)
			on conflict (name) do update set epoch = excluded.epoch, position = excluded.position, updated_at = now()`,
			[]any{follower, p.Epoch, p.Number}, drained)
	}
	if err != nil {
		return fmt.Errorf("save position: %w", explain(err))
	}
	return nil
}
