package sqlite

import (
	"context"
	"crypto/sha256"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

// A Ledger is the ledger of a Store; see [ledger.Store]. It is written with the entries, in one
// transaction.
type Ledger struct{ store *Store }

var (
	_ ledger.Store   = (*Ledger)(nil)
	_ ledger.Keeping = (*Store)(nil)
)

// Ledger returns the store's ledger. It lives as long as the store.
func (s *Store) Ledger() ledger.Store { return &Ledger{s} }

// Deployment returns the name under which the file was made.
func (l *Ledger) Deployment(context.Context) (string, error) { return l.store.deployment, nil }

// read runs f on a connection that only reads.
func (l *Ledger) read(ctx context.Context, what string, f func(conn *sqlite.Conn) error) error {
	r, err := l.store.borrow(ctx)
	if err == nil {
		defer l.store.giveBack(r)
		err = f(r.conn)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, because(ctx, err))
	}
	return nil
}

// write runs f in a transaction of the writer.
func (l *Ledger) write(ctx context.Context, what string, f func(conn *sqlite.Conn) error) error {
	if err := l.store.writer.enqueue(&call{ctx: ctx, done: make(chan struct{}), task: f}); err != nil {
		return fmt.Errorf("%s: %w", what, explain(err))
	}
	return nil
}

const selectLogs = `select slot, organization_id, epoch, size from ledger`

func columnLog(stmt *sqlite.Stmt) ledger.Log {
	return ledger.Log{Slot: stmt.ColumnInt64(0), Organization: columnID(stmt, 1), Epoch: stmt.ColumnInt(2), Size: stmt.ColumnInt64(3)}
}

// Logs returns all logs, by slot.
func (l *Ledger) Logs(ctx context.Context) (all []ledger.Log, err error) {
	err = l.read(ctx, "read the logs", func(conn *sqlite.Conn) error {
		return rows(conn, selectLogs+` order by slot`, nil, func(stmt *sqlite.Stmt) error {
			all = append(all, columnLog(stmt))
			return nil
		})
	})
	return all, err
}

// Log returns the log of an organization.
func (l *Ledger) Log(ctx context.Context, organization string) (log ledger.Log, err error) {
	err = l.read(ctx, "read a log", func(conn *sqlite.Conn) error {
		err := rows(conn, selectLogs+` where organization_id = ?`, func(stmt *sqlite.Stmt) { bindID(stmt, 1, organization) }, func(stmt *sqlite.Stmt) error {
			log = columnLog(stmt)
			return nil
		})
		if err == nil && log.Slot == 0 {
			err = ledger.ErrNoLog
		}
		return err
	})
	return log, err
}

// LeafHashes returns leaf hashes; see [ledger.Hashes].
func (l *Ledger) LeafHashes(ctx context.Context, slot, from, to int64) (all []tlog.Hash, err error) {
	err = l.read(ctx, "read leaf hashes", func(conn *sqlite.Conn) error {
		all, err = hashes{conn}.LeafHashes(ctx, slot, from, to)
		return err
	})
	return all, err
}

// Tile returns a full tile; see [ledger.Hashes].
func (l *Ledger) Tile(ctx context.Context, slot int64, level int, n int64) (data []byte, err error) {
	err = l.read(ctx, "read a tile", func(conn *sqlite.Conn) error {
		data, err = hashes{conn}.Tile(ctx, slot, level, n)
		return err
	})
	return data, err
}

// Row returns the row of an entry.
func (l *Ledger) Row(ctx context.Context, log ledger.Log, id daybook.ID) (row ledger.Row, err error) {
	err = l.read(ctx, "read an entry's place", func(conn *sqlite.Conn) error {
		found := false
		err := rows(conn, `select s.leaf_index, s.position, s.leaf_hash, `+sealedColumns+` from activity_log a join ledger_sequence s on s.position = a.position
			where a.organization_id = ? and a.id = ? and s.slot = ?`,
			func(stmt *sqlite.Stmt) {
				bindID(stmt, 1, log.Organization)
				stmt.BindBytes(2, id[:])
				stmt.BindInt64(3, log.Slot)
			},
			func(stmt *sqlite.Stmt) error {
				row, found = scanSealed(stmt), true
				return nil
			})
		if err == nil && !found {
			err = ledger.ErrNoPlace
		}
		return err
	})
	return row, err
}

// Sequence does nothing: entries have their places when Append returns.
func (l *Ledger) Sequence(context.Context) error { return nil }

// Checkpoint returns the newest checkpoint of a log.
func (l *Ledger) Checkpoint(ctx context.Context, log ledger.Log) (note string, err error) {
	err = l.read(ctx, "read a checkpoint", func(conn *sqlite.Conn) error {
		return rows(conn, `select note from ledger_checkpoint where slot = ? order by size desc limit 1`, func(stmt *sqlite.Stmt) { stmt.BindInt64(1, log.Slot) },
			func(stmt *sqlite.Stmt) error {
				note = stmt.ColumnText(0)
				return nil
			})
	})
	return note, err
}

// SaveCheckpoints keeps signed checkpoints.
func (l *Ledger) SaveCheckpoints(ctx context.Context, checkpoints ...ledger.Signed) error {
	return l.write(ctx, "keep checkpoints", func(conn *sqlite.Conn) error {
		stmt, err := conn.Prepare(`insert into ledger_checkpoint (slot, size, note) values (?, ?, ?) on conflict do nothing`)
		if err != nil {
			return err
		}
		for _, c := range checkpoints {
			stmt.BindInt64(1, c.Slot)
			stmt.BindInt64(2, c.Size)
			stmt.BindText(3, c.Note)
			if err := step(stmt); err != nil {
				return err
			}
		}
		return nil
	})
}

// SaveList keeps an erasure list or sweep set.
func (l *Ledger) SaveList(ctx context.Context, content []byte) error {
	digest := sha256.Sum256(content)
	return l.write(ctx, "keep a list", func(conn *sqlite.Conn) error {
		stmt, err := conn.Prepare(`insert into ledger_list (digest, content) values (?, ?) on conflict do nothing`)
		if err != nil {
			return err
		}
		stmt.BindBytes(1, digest[:])
		stmt.BindBytes(2, content)
		return step(stmt)
	})
}

// AppendControl appends a control entry.
func (l *Ledger) AppendControl(ctx context.Context, e daybook.Entry, kind ledger.Kind, note string) error {
	details, err := e.Normalize()
	if err == nil {
		e.Details = nil
		r := row{Entry: e, details: details, kind: kind, control: note}
		if err = r.seal(l.store.deployment); err == nil {
			err = l.store.writer.write(ctx, []row{r})
		}
	}
	if err != nil {
		return fmt.Errorf("append a control entry: %w", explain(err))
	}
	return nil
}

// rows runs a query.
func rows(conn *sqlite.Conn, sql string, bind func(*sqlite.Stmt), f func(*sqlite.Stmt) error) error {
	stmt, err := conn.Prepare(sql)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	if bind != nil {
		bind(stmt)
	}
	for {
		found, err := stmt.Step()
		if err != nil || !found {
			return err
		}
		if err := f(stmt); err != nil {
			return err
		}
	}
}
