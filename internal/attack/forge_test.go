package attack

import (
	"encoding/hex"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

// id returns an entry's id as SQL.
func (b *bench) id(id daybook.ID) string {
	if b.kind == "sqlite" {
		return "x'" + hex.EncodeToString(id[:]) + "'"
	}
	return "'" + id.String() + "'"
}

func (b *bench) blob(data []byte) string {
	if b.kind == "sqlite" {
		return "x'" + hex.EncodeToString(data) + "'"
	}
	return `'\x` + hex.EncodeToString(data) + "'::bytea"
}

// log returns an organization's log.
func (b *bench) log(t *testing.T, organization string) ledger.Log {
	t.Helper()
	l, err := b.ledger.Log(t.Context(), organization)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// rows returns the rows of a log as they are.
func (b *bench) rows(t *testing.T, l ledger.Log) (all []ledger.Row) {
	t.Helper()
	src := b.source(t)
	defer src.Close()
	for row, err := range src.Rows(t.Context(), l) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	return all
}

// rehash does what a clever owner does behind an edit: it makes the leaf hashes of a log anew of what is
// there now, and its size and tiles.
func (b *bench) rehash(t *testing.T, organization string) {
	t.Helper()
	l := b.log(t, organization)
	var fresh []tlog.Hash
	for _, row := range b.rows(t, l) {
		hash := tlog.Hash(row.Hash)
		if row.Sealed != nil {
			leaf, err := row.Sealed.Leaf(l.Origin(deployment))
			if err != nil {
				t.Fatal(err)
			}
			if hash, err = leaf.Hash(); err != nil {
				t.Fatal(err)
			}
			b.exec(t, fmt.Sprintf(`update ledger_sequence set leaf_hash = %s where slot = %d and leaf_index = %d`, b.blob(hash[:]), l.Slot, row.Index))
		}
		fresh = append(fresh, hash)
	}
	b.exec(t, fmt.Sprintf(`update ledger set size = %d where slot = %d`, len(fresh), l.Slot))
	b.exec(t, fmt.Sprintf(`delete from ledger_tile where slot = %d`, l.Slot))
	tiles, err := ledger.FullTiles(t.Context(), nil, l.Slot, 0, fresh)
	if err != nil {
		t.Fatal(err)
	}
	for _, tile := range tiles {
		b.exec(t, fmt.Sprintf(`insert into ledger_tile (slot, level, n, data) values (%d, %d, %d, %s)`, l.Slot, tile.Level, tile.N, b.blob(tile.Data)))
	}
}

// cut removes everything of an organization's log from an index on, and says that it never was.
func (b *bench) cut(t *testing.T, organization string, from int64) {
	t.Helper()
	l := b.log(t, organization)
	for _, row := range b.rows(t, l)[from:] {
		if row.Sealed != nil {
			b.exec(t, fmt.Sprintf(`delete from activity_log where id = %s`, b.id(row.Sealed.ID)))
		}
	}
	b.exec(t, fmt.Sprintf(`delete from ledger_sequence where slot = %d and leaf_index >= %d`, l.Slot, from))
	b.exec(t, fmt.Sprintf(`delete from ledger_tile where slot = %d and (n + 1) * case level when 0 then 256 else 65536 end > %d`, l.Slot, from))
	b.exec(t, fmt.Sprintf(`update ledger set size = %d where slot = %d`, from, l.Slot))
	b.exec(t, `update ledger_order set next_position = (select coalesce(max(position), 0) + 1 from ledger_sequence)`)
}

// forgetCheckpoints removes the checkpoints of a log that are larger than a size.
func (b *bench) forgetCheckpoints(t *testing.T, organization string, above int64) {
	t.Helper()
	b.exec(t, fmt.Sprintf(`delete from ledger_checkpoint where slot = %d and size > %d`, b.log(t, organization).Slot, above))
}

// resign signs an organization's log as it is with a key, past the signer's state, and puts the checkpoint
// in the place of all others.
func (b *bench) resign(t *testing.T, organization string, key *ledger.Key) {
	t.Helper()
	l := b.log(t, organization)
	root, err := ledger.NewTree(t.Context(), b.ledger, l.Slot, l.Size).Root()
	if err != nil {
		t.Fatal(err)
	}
	s, err := ledger.NewSigner(deployment, key, "")
	if err != nil {
		t.Fatal(err)
	}
	c := ledger.Checkpoint{Origin: l.Origin(deployment), Size: l.Size, Root: root}
	notes, err := s.Sign(ledger.Request{Checkpoint: c})
	if err != nil {
		t.Fatal(err)
	}
	b.forgetCheckpoints(t, organization, -1)
	if err := b.ledger.SaveCheckpoints(t.Context(), ledger.Signed{Slot: l.Slot, Checkpoint: c, Note: notes[0]}); err != nil {
		t.Fatal(err)
	}
}
