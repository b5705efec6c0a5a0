package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

// A Ledger is the ledger of a Store; see [ledger.Store]. The sequencer keeps it: entries get their
// leaf where they get their place.
type Ledger struct{ store *Store }

var (
	_ ledger.Store   = (*Ledger)(nil)
	_ ledger.Keeping = (*Store)(nil)
)

// Ledger returns the store's ledger. It lives as long as the store.
func (s *Store) Ledger() ledger.Store { return &Ledger{s} }

// Deployment returns the name under which the schema was created.
func (l *Ledger) Deployment(context.Context) (string, error) { return l.store.deployment, nil }

// follow runs f as the follower, in a transaction.
func (l *Ledger) follow(ctx context.Context, what string, f func(tx pgx.Tx) error) error {
	err := l.store.use()
	if err == nil {
		defer l.store.using.Done()
		err = pgx.BeginFunc(ctx, l.store.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, becomeFollower); err != nil {
				return err
			}
			return f(tx)
		})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, explain(err))
	}
	return nil
}

const selectLogs = `select slot, organization_id::text, epoch, size from ledger`

func scanLog(rows pgx.Rows) ([]ledger.Log, error) {
	var all []ledger.Log
	var l ledger.Log
	_, err := pgx.ForEachRow(rows, []any{&l.Slot, &l.Organization, &l.Epoch, &l.Size}, func() error {
		all = append(all, l)
		return nil
	})
	return all, err
}

// Logs returns all logs, by slot.
func (l *Ledger) Logs(ctx context.Context) (all []ledger.Log, err error) {
	err = l.follow(ctx, "read the logs", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectLogs+` order by slot`)
		if err == nil {
			all, err = scanLog(rows)
		}
		return err
	})
	return all, err
}

// Log returns the log of an organization.
func (l *Ledger) Log(ctx context.Context, organization string) (log ledger.Log, err error) {
	if l.store.ids == UUID && !isUUID(organization) {
		return log, ledger.ErrNoLog
	}
	err = l.follow(ctx, "read a log", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectLogs+` where organization_id = $1::text::daybook_key`, organization)
		if err != nil {
			return err
		}
		all, err := scanLog(rows)
		if err == nil && len(all) == 0 {
			return ledger.ErrNoLog
		}
		if err == nil {
			log = all[0]
		}
		return err
	})
	return log, err
}

// LeafHashes returns leaf hashes; see [ledger.Hashes].
func (l *Ledger) LeafHashes(ctx context.Context, slot, from, to int64) (all []tlog.Hash, err error) {
	err = l.follow(ctx, "read leaf hashes", func(tx pgx.Tx) error {
		all, err = hashes{tx}.LeafHashes(ctx, slot, from, to)
		return err
	})
	return all, err
}

// Tile returns a full tile; see [ledger.Hashes].
func (l *Ledger) Tile(ctx context.Context, slot int64, level int, n int64) (data []byte, err error) {
	err = l.follow(ctx, "read a tile", func(tx pgx.Tx) error {
		data, err = hashes{tx}.Tile(ctx, slot, level, n)
		return err
	})
	return data, err
}

// Row returns the row of an entry, and for one that waits for its place an index of -1.
func (l *Ledger) Row(ctx context.Context, log ledger.Log, id daybook.ID) (row ledger.Row, err error) {
	err = l.follow(ctx, "read an entry's place", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select s.leaf_index, s.position, s.id::text, s.leaf_hash, `+sealedColumns+`
			from ledger_sequence s left join activity_log a on a.organization_id = $3::text::daybook_key and a.id = s.id
			where s.slot = $1 and s.id = $2::text::uuid order by s.leaf_index limit 1`, log.Slot, id.String(), log.Organization)
		if err != nil {
			return err
		}
		defer rows.Close()
		if rows.Next() {
			row, err = scanSealed(rows)
			return err
		}
		if err := rows.Err(); err != nil {
			return err
		}
		row = ledger.Row{Index: -1, ID: id}
		err = tx.QueryRow(ctx, `select leaf_hash from ledger_pending where organization_id = $1::text::daybook_key and id = $2::text::uuid`, log.Organization, id.String()).Scan(&row.Hash)
		if errors.Is(err, pgx.ErrNoRows) {
			return ledger.ErrNoPlace
		}
		return err
	})
	return row, err
}

// Sequence gives what is committed and waits its place.
func (l *Ledger) Sequence(ctx context.Context) error {
	if err := l.store.use(); err != nil {
		return fmt.Errorf("sequence: %w", err)
	}
	defer l.store.using.Done()
	return l.store.sequencer.drain(ctx)
}

// Checkpoint returns the newest checkpoint of a log.
func (l *Ledger) Checkpoint(ctx context.Context, log ledger.Log) (note string, err error) {
	err = l.follow(ctx, "read a checkpoint", func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `select note from ledger_checkpoint where slot = $1 order by size desc limit 1`, log.Slot).Scan(&note)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return note, err
}

// SaveCheckpoints keeps signed checkpoints.
func (l *Ledger) SaveCheckpoints(ctx context.Context, checkpoints ...ledger.Signed) error {
	var slots, sizes []int64
	var notes []string
	for _, c := range checkpoints {
		slots, sizes, notes = append(slots, c.Slot), append(sizes, c.Size), append(notes, c.Note)
	}
	return l.follow(ctx, "keep checkpoints", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into ledger_checkpoint (slot, size, note) select * from unnest($1::bigint[], $2::bigint[], $3::text[]) on conflict do nothing`, slots, sizes, notes)
		return err
	})
}

// SaveList keeps an erasure list or sweep set.
func (l *Ledger) SaveList(ctx context.Context, content []byte) error {
	digest := sha256.Sum256(content)
	return l.follow(ctx, "keep a list", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into ledger_list (digest, content) values ($1, $2) on conflict do nothing`, digest[:], content)
		return err
	})
}

// AppendControl appends a control entry.
func (l *Ledger) AppendControl(ctx context.Context, e daybook.Entry, kind ledger.Kind, note string) error {
	s := l.store
	rows, err := prepare([]daybook.Entry{e}, s.ids, "")
	if err == nil {
		rows[0].kind, rows[0].control = kind, note
		if err = rows[0].seal(s.deployment); err == nil {
			err = s.writers.write(ctx, rows)
		}
	}
	if err != nil {
		return fmt.Errorf("append a control entry: %w", explain(err))
	}
	return nil
}
