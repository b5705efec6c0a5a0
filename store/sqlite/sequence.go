package sqlite

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook/ledger"
)

// A log is the row of ledger of one organization, and what a transaction adds to it.
type log struct {
	slot, was int64
	fresh     []tlog.Hash
}

// sequence gives the rows, which have the positions from first on, their leaves, in the transaction
// that inserts them: there is no moment at which an entry is stored and not in its log.
func (w *writer) sequence(rows []*row, first int64) error {
	logs := map[string]*log{}
	insert, err := w.conn.Prepare(`insert into ledger_sequence (position, slot, leaf_index, leaf_hash) values (?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	for i, r := range rows {
		l := logs[r.OrganizationID]
		if l == nil {
			if l, err = w.log(r.OrganizationID); err != nil {
				return err
			}
			logs[r.OrganizationID] = l
		}
		insert.BindInt64(1, first+int64(i))
		insert.BindInt64(2, l.slot)
		insert.BindInt64(3, l.was+int64(len(l.fresh)))
		insert.BindBytes(4, r.hash[:])
		if err := step(insert); err != nil {
			return err
		}
		l.fresh = append(l.fresh, r.hash)
	}
	for _, l := range logs {
		if err := w.grow(l); err != nil {
			return err
		}
	}
	return nil
}

// log returns an organization's log, and begins one that is new.
func (w *writer) log(organization string) (*log, error) {
	find, err := w.conn.Prepare(`select slot, size, epoch from ledger where organization_id = ?`)
	if err != nil {
		return nil, err
	}
	defer find.Reset()
	bindID(find, 1, organization)
	found, err := find.Step()
	if err != nil {
		return nil, err
	}
	if found {
		if epoch := find.ColumnInt64(2); epoch != 1 {
			return nil, fmt.Errorf("the log of %q is in epoch %d, which this program cannot continue: use a newer one", organization, epoch)
		}
		return &log{slot: find.ColumnInt64(0), was: find.ColumnInt64(1)}, nil
	}
	begin, err := w.conn.Prepare(`insert into ledger (organization_id) values (?)`)
	if err != nil {
		return nil, err
	}
	bindID(begin, 1, organization)
	if err := step(begin); err != nil {
		return nil, err
	}
	return &log{slot: w.conn.LastInsertRowID()}, nil
}

// grow writes the log's new size, and the tiles that are full now.
func (w *writer) grow(l *log) error {
	size := l.was + int64(len(l.fresh))
	update, err := w.conn.Prepare(`update ledger set size = ? where slot = ? and size = ?`)
	if err != nil {
		return err
	}
	update.BindInt64(1, size)
	update.BindInt64(2, l.slot)
	update.BindInt64(3, l.was)
	if err := step(update); err != nil {
		return err
	}
	if l.was/ledger.TileWidth == size/ledger.TileWidth {
		return nil
	}
	// The writer's connection is not interrupted, so no context ends here.
	full, err := ledger.FullTiles(context.Background(), hashes{w.conn}, l.slot, l.was, l.fresh)
	if err != nil {
		return err
	}
	insert, err := w.conn.Prepare(`insert into ledger_tile (slot, level, n, data) values (?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	for _, t := range full {
		insert.BindInt64(1, l.slot)
		insert.BindInt64(2, int64(t.Level))
		insert.BindInt64(3, t.N)
		insert.BindBytes(4, t.Data)
		if err := step(insert); err != nil {
			return err
		}
	}
	return nil
}

// hashes reads the tree's hashes by a connection.
type hashes struct{ *sqlite.Conn }

func (h hashes) LeafHashes(_ context.Context, slot, from, to int64) (all []tlog.Hash, err error) {
	stmt, err := h.Prepare(`select leaf_index, leaf_hash from ledger_sequence where slot = ? and leaf_index >= ? and leaf_index < ? order by leaf_index`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stmt.Reset()) }()
	stmt.BindInt64(1, slot)
	stmt.BindInt64(2, from)
	stmt.BindInt64(3, to)
	for {
		found, err := stmt.Step()
		if err != nil || !found {
			return all, err
		}
		var hash tlog.Hash
		if stmt.ColumnInt64(0) != from+int64(len(all)) || stmt.ColumnLen(1) != len(hash) {
			return nil, fmt.Errorf("the leaf hash %d of log %d is missing or damaged: run daybook verify", from+int64(len(all)), slot)
		}
		stmt.ColumnBytes(1, hash[:])
		all = append(all, hash)
	}
}

func (h hashes) Tile(_ context.Context, slot int64, level int, n int64) (data []byte, err error) {
	stmt, err := h.Prepare(`select data from ledger_tile where slot = ? and level = ? and n = ?`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stmt.Reset()) }()
	stmt.BindInt64(1, slot)
	stmt.BindInt64(2, int64(level))
	stmt.BindInt64(3, n)
	found, err := stmt.Step()
	if err != nil || !found {
		return nil, err
	}
	data = make([]byte, stmt.ColumnLen(0))
	stmt.ColumnBytes(0, data)
	return data, nil
}
