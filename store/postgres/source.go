package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

// A source is the database as one snapshot, for a verification.
type source struct {
	tx    pgx.Tx
	close func() error
}

// OpenSource connects to the database at url to verify its ledger. It reads in one transaction that
// changes nothing, as a role that has daybook_app, and needs nothing of a running Daybook.
func OpenSource(ctx context.Context, url string) (ledger.Source, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	s, err := snapshot(ctx, conn.BeginTx)
	if err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	s.close = func() error { return conn.Close(context.WithoutCancel(ctx)) }
	return s, nil
}

// LedgerSource returns the ledger as it is now, on a connection of the pool.
func (l *Ledger) LedgerSource(ctx context.Context) (ledger.Source, error) {
	s, err := snapshot(ctx, l.store.pool.BeginTx)
	if err != nil {
		return nil, err
	}
	s.close = func() error { return s.tx.Rollback(context.WithoutCancel(ctx)) }
	return s, nil
}

func snapshot(ctx context.Context, begin func(context.Context, pgx.TxOptions) (pgx.Tx, error)) (*source, error) {
	tx, err := begin(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err == nil {
		if _, err = tx.Exec(ctx, `select set_config('role', 'daybook_follower', true)`); err != nil {
			err = errors.Join(err, tx.Rollback(context.WithoutCancel(ctx)))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", explain(err))
	}
	return &source{tx: tx}, nil
}

func (s *source) Close() error { return s.close() }

func (s *source) Deployment(ctx context.Context) (name string, err error) {
	err = s.tx.QueryRow(ctx, `select deployment from ledger_order where one`).Scan(&name)
	return name, err
}

func (s *source) Logs(ctx context.Context) ([]ledger.Log, error) {
	rows, err := s.tx.Query(ctx, selectLogs+` order by slot`)
	if err != nil {
		return nil, err
	}
	return scanLog(rows)
}

// sourceRows is how many rows are read at once.
const sourceRows = 5000

// selectRows reads places behind one, with their entries. An entry that has two places is said to be
// derived wrongly in both: no hash shows it.
const selectRows = `select s.leaf_index, s.position, s.id::text, s.leaf_hash, ` + sealedColumns + `
	from (select * from ledger_sequence where slot = $1 and (leaf_index, position) > ($2, $3) order by leaf_index, position limit $4) s
	left join activity_log a on a.organization_id = $5::text::daybook_key and a.id = s.id
	order by s.leaf_index, s.position`

func (s *source) Rows(ctx context.Context, l ledger.Log) iter.Seq2[ledger.Row, error] {
	return func(yield func(ledger.Row, error) bool) {
		twice, err := s.twice(ctx, l)
		if err != nil {
			yield(ledger.Row{}, err)
			return
		}
		index, position := int64(math.MinInt64), int64(math.MinInt64)
		for {
			batch, err := s.read(ctx, selectRows, l.Slot, index, position, sourceRows, l.Organization)
			if err != nil {
				yield(ledger.Row{}, err)
				return
			}
			for _, row := range batch {
				if twice[row.ID] {
					row.Derived = append(row.Derived, "ledger_sequence.id")
				}
				if !yield(row, nil) {
					return
				}
				index, position = row.Index, row.Position
			}
			if len(batch) < sourceRows {
				return
			}
		}
	}
}

// twice returns the entries that have more than one place in a log.
func (s *source) twice(ctx context.Context, l ledger.Log) (map[daybook.ID]bool, error) {
	rows, err := s.tx.Query(ctx, `select id::text from ledger_sequence where slot = $1 group by id having count(*) > 1`, l.Slot)
	if err != nil {
		return nil, err
	}
	all := map[daybook.ID]bool{}
	var id string
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		u, _ := daybook.ParseUUID(id)
		all[u] = true
		return nil
	})
	return all, err
}

func (s *source) read(ctx context.Context, sql string, args ...any) ([]ledger.Row, error) {
	rows, err := s.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []ledger.Row
	for rows.Next() {
		row, err := scanSealed(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

func (s *source) Controls(ctx context.Context, l ledger.Log) iter.Seq2[ledger.Row, error] {
	return each(func() ([]ledger.Row, error) {
		return s.read(ctx, `select s.leaf_index, s.position, s.id::text, s.leaf_hash, `+sealedColumns+`
			from activity_log a join ledger_sequence s on s.slot = $1 and s.id = a.id
			where a.organization_id = $2::text::daybook_key and a.kind <> 1 order by s.leaf_index`, l.Slot, l.Organization)
	})
}

func (s *source) Checkpoints(ctx context.Context, l ledger.Log) iter.Seq2[ledger.Signed, error] {
	return func(yield func(ledger.Signed, error) bool) {
		size := int64(math.MinInt64)
		for {
			rows, err := s.tx.Query(ctx, `select size, note from ledger_checkpoint where slot = $1 and size > $2 order by size limit 1000`, l.Slot, size)
			if err != nil {
				yield(ledger.Signed{}, err)
				return
			}
			var notes []ledger.Signed
			var note string
			_, err = pgx.ForEachRow(rows, []any{&size, &note}, func() error {
				notes = append(notes, ledger.Signed{Slot: l.Slot, Checkpoint: ledger.Checkpoint{Size: size}, Note: note})
				return nil
			})
			if err != nil {
				yield(ledger.Signed{}, err)
				return
			}
			for _, note := range notes {
				if !yield(note, nil) {
					return
				}
			}
			if len(notes) < 1000 {
				return
			}
		}
	}
}

// Contradictions tells of an order that would give a place twice.
func (s *source) Contradictions(ctx context.Context) iter.Seq2[string, error] {
	return each(func() ([]string, error) {
		rows, err := s.tx.Query(ctx, `select format('the next place is %s, and the last was %s', next_position, last)
			from (select next_position, (select coalesce(max(position), 0) from ledger_sequence) as last from ledger_order) o where next_position <> last + 1
			union all
			select format('%s leaves are of the log %s, which is not there', count(*), slot)
			from ledger_sequence where slot not in (select slot from ledger) group by slot`)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowTo[string])
	})
}

func (s *source) Tiles(ctx context.Context, l ledger.Log) iter.Seq2[ledger.Tile, error] {
	return func(yield func(ledger.Tile, error) bool) {
		level, n := -1, int64(0)
		for {
			rows, err := s.tx.Query(ctx, `select level, n, data from ledger_tile where slot = $1 and (level, n) > ($2, $3) order by level, n limit 256`, l.Slot, level, n)
			if err != nil {
				yield(ledger.Tile{}, err)
				return
			}
			var tiles []ledger.Tile
			var data []byte
			_, err = pgx.ForEachRow(rows, []any{&level, &n, &data}, func() error {
				tiles = append(tiles, ledger.Tile{Level: level, N: n, Data: data})
				data = nil
				return nil
			})
			if err != nil {
				yield(ledger.Tile{}, err)
				return
			}
			for _, t := range tiles {
				if !yield(t, nil) {
					return
				}
			}
			if len(tiles) < 256 {
				return
			}
		}
	}
}

func (s *source) Strays(ctx context.Context) iter.Seq2[ledger.Stray, error] {
	return func(yield func(ledger.Stray, error) bool) {
		rows, err := s.tx.Query(ctx, `select a.organization_id::text, a.id::text, coalesce(p.queued_at, '0001-01-01 00:00:00+00')
			from activity_log a
			left join ledger l on l.organization_id = a.organization_id
			left join ledger_sequence s on s.slot = l.slot and s.id = a.id
			left join ledger_pending p on p.organization_id = a.organization_id and p.id = a.id
			where s.position is null`)
		if err != nil {
			yield(ledger.Stray{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var stray ledger.Stray
			var id string
			if err := rows.Scan(&stray.Organization, &id, &stray.Waiting); err != nil {
				yield(stray, err)
				return
			}
			stray.ID, _ = daybook.ParseUUID(id)
			if !yield(stray, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(ledger.Stray{}, err)
		}
	}
}

func (s *source) List(ctx context.Context, digest [32]byte) (content []byte, err error) {
	err = s.tx.QueryRow(ctx, `select content from ledger_list where digest = $1`, digest[:]).Scan(&content)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return content, err
}

// each yields what read returns.
func each[T any](read func() ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		all, err := read()
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
		if err != nil {
			var zero T
			yield(zero, err)
		}
	}
}
