package sqlite

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"path/filepath"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

// A source is the file as one snapshot, for a verification.
type source struct{ conn *sqlite.Conn }

// OpenSource opens the Daybook file at path to verify its ledger. It reads in one transaction, changes
// nothing, and needs nothing of a running Daybook. When ctx ends, so does reading.
func OpenSource(ctx context.Context, path string) (ledger.Source, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	conn, err := connect(ctx, path, sqlite.OpenReadOnly)
	if err != nil {
		return nil, fmt.Errorf("open the ledger %s: %w", path, explain(err))
	}
	conn.SetInterrupt(ctx.Done()) // once: it ends the statements under way
	empty, err := identify(conn)
	if err == nil && empty {
		err = errors.New("the file is empty")
	}
	if err == nil {
		err = run(conn, `pragma query_only = on`, `pragma temp_store = memory`, `pragma mmap_size = 0`, `begin`)
	}
	if err != nil {
		return nil, fmt.Errorf("open the ledger %s: %w", path, errors.Join(explain(err), conn.Close()))
	}
	return &source{conn}, nil
}

// LedgerSource returns the ledger as it is now, by a connection of its own.
func (l *Ledger) LedgerSource(ctx context.Context) (ledger.Source, error) {
	return OpenSource(ctx, l.store.path)
}

func (s *source) Close() error { return s.conn.Close() }

func (s *source) Deployment(context.Context) (string, error) { return deploymentOf(s.conn) }

func (s *source) Logs(context.Context) (all []ledger.Log, err error) {
	err = rows(s.conn, selectLogs+` order by slot`, nil, func(stmt *sqlite.Stmt) error {
		all = append(all, columnLog(stmt))
		return nil
	})
	return all, err
}

// errStop ends a query whose reader has enough.
var errStop = errors.New("stop")

// stream yields what each row of a query becomes.
func stream[T any](conn *sqlite.Conn, sql string, bind func(*sqlite.Stmt), make func(*sqlite.Stmt) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := rows(conn, sql, bind, func(stmt *sqlite.Stmt) error {
			if !yield(make(stmt), nil) {
				return errStop
			}
			return nil
		})
		if err != nil && err != errStop {
			var zero T
			yield(zero, explain(err))
		}
	}
}

// of binds the slot of a log, and its organization if the query has a second parameter.
func of(l ledger.Log) func(*sqlite.Stmt) {
	return func(stmt *sqlite.Stmt) {
		stmt.BindInt64(1, l.Slot)
		if stmt.BindParamCount() > 1 {
			bindID(stmt, 2, l.Organization)
		}
	}
}

func (s *source) Rows(_ context.Context, l ledger.Log) iter.Seq2[ledger.Row, error] {
	return stream(s.conn, `select s.leaf_index, s.position, s.leaf_hash, `+sealedColumns+`
		from ledger_sequence s left join activity_log a on a.position = s.position where s.slot = ? order by s.leaf_index, s.position`, of(l), scanSealed)
}

func (s *source) Controls(_ context.Context, l ledger.Log) iter.Seq2[ledger.Row, error] {
	return stream(s.conn, `select s.leaf_index, s.position, s.leaf_hash, `+sealedColumns+`
		from activity_log a join ledger_sequence s on s.position = a.position
		where s.slot = ?1 and a.organization_id = ?2 and a.kind <> 1 order by s.leaf_index`, of(l), scanSealed)
}

func (s *source) Checkpoints(_ context.Context, l ledger.Log) iter.Seq2[ledger.Signed, error] {
	return stream(s.conn, `select note, size from ledger_checkpoint where slot = ? order by size`, of(l), func(stmt *sqlite.Stmt) ledger.Signed {
		return ledger.Signed{Slot: l.Slot, Checkpoint: ledger.Checkpoint{Size: stmt.ColumnInt64(1)}, Note: stmt.ColumnText(0)}
	})
}

// Contradictions tells of indices that are not those of their tables, by which queries would find
// other entries than there are, and of an order that would give a place twice.
func (s *source) Contradictions(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for text, err := range stream(s.conn, `pragma integrity_check(20)`, nil, func(stmt *sqlite.Stmt) string { return stmt.ColumnText(0) }) {
			if text != "ok" && !yield("the file: "+text, err) {
				return
			}
		}
		for text, err := range stream(s.conn, `select 'the next place is ' || next_position || ', and the last was ' || last
			from (select next_position, (select coalesce(max(position), 0) from ledger_sequence) as last from ledger_order) where next_position <> last + 1
			union all
			select leaves || ' leaves are of the log ' || slot || ', which is not there'
			from (select slot, count(*) as leaves from ledger_sequence group by slot) where slot not in (select slot from ledger)`,
			nil, func(stmt *sqlite.Stmt) string { return stmt.ColumnText(0) }) {
			if !yield(text, err) {
				return
			}
		}
	}
}

func (s *source) Tiles(_ context.Context, l ledger.Log) iter.Seq2[ledger.Tile, error] {
	return stream(s.conn, `select level, n, data from ledger_tile where slot = ?`, of(l), func(stmt *sqlite.Stmt) ledger.Tile {
		return ledger.Tile{Level: stmt.ColumnInt(0), N: stmt.ColumnInt64(1), Data: columnBytes(stmt, 2)}
	})
}

func (s *source) Strays(context.Context) iter.Seq2[ledger.Stray, error] {
	return stream(s.conn, `select organization_id, id from activity_log a where not exists (select 1 from ledger_sequence s
		join ledger l on l.slot = s.slot where s.position = a.position and l.organization_id = a.organization_id)`, nil,
		func(stmt *sqlite.Stmt) ledger.Stray {
			stray := ledger.Stray{Organization: columnID(stmt, 0)}
			stmt.ColumnBytes(1, stray.ID[:])
			return stray
		})
}

func (s *source) List(_ context.Context, digest [32]byte) (content []byte, err error) {
	err = rows(s.conn, `select content from ledger_list where digest = ?`, func(stmt *sqlite.Stmt) { stmt.BindBytes(1, digest[:]) }, func(stmt *sqlite.Stmt) error {
		content = columnBytes(stmt, 0)
		return nil
	})
	return content, err
}

func columnBytes(stmt *sqlite.Stmt, col int) []byte {
	if stmt.ColumnIsNull(col) {
		return nil
	}
	b := make([]byte, stmt.ColumnLen(col))
	stmt.ColumnBytes(col, b)
	return b
}

// sealedColumns are the columns of an entry and of its leaf, in the order in which scanSealed reads
// them behind index, position and leaf hash.
const sealedColumns = `a.position, a.kind, a.leaf_version, a.salt, a.control, a.erased, a.id, a.organization_id, a.resource_id, a.user_id,
	a.action, a.resource_type, a.actor_type, a.outcome, a.request_id, a.details, a.ip_address, a.user_agent, a.recorded_by, a.created_at, a.updated_at`

// scanSealed reads a place and its entry. A value that is not as Daybook writes it makes the entry
// unreadable, also where SQLite would make another of it.
func scanSealed(stmt *sqlite.Stmt) ledger.Row {
	row := ledger.Row{Index: stmt.ColumnInt64(0), Position: stmt.ColumnInt64(1), Hash: columnBytes(stmt, 2)}
	if stmt.ColumnIsNull(3) {
		return row
	}
	c := columnReader{stmt: stmt, at: 4}
	s := &ledger.Sealed{}
	s.Kind, s.Version = ledger.Kind(c.integer("kind", 255)), int(c.integer("leaf_version", 1<<31-1))
	if salt := c.bytes("salt"); salt != nil {
		if len(salt) != len(s.Salt) {
			c.refuse("salt", "has another length")
		} else {
			s.Salt = ledger.Salt(salt)
		}
	} else if stmt.ColumnIsNull(8) {
		c.refuse("salt", "is missing")
	}
	s.Control, s.Erased = c.text("control"), c.text("erased")
	e := &s.Entry
	if id := c.bytes("id"); len(id) == len(e.ID) {
		e.ID = daybook.ID(id)
	} else {
		c.refuse("id", "has another length")
	}
	e.OrganizationID, e.ResourceID, e.UserID = c.id("organization_id"), c.id("resource_id"), c.id("user_id")
	e.Action, e.ResourceType = daybook.Action(c.text("action")), c.text("resource_type")
	e.ActorType, e.Outcome, e.RequestID = daybook.ActorType(c.text("actor_type")), daybook.Outcome(c.text("outcome")), c.text("request_id")
	details, ip := c.text("details"), c.text("ip_address")
	e.UserAgent, e.RecordedBy = c.text("user_agent"), c.text("recorded_by")
	e.CreatedAt = time.UnixMicro(c.integer("created_at", 1<<62)).UTC()
	e.UpdatedAt = time.UnixMicro(c.integer("updated_at", 1<<62)).UTC()
	row.ID = e.ID
	if details != "" {
		var err error
		if e.Details, err = daybook.ParseDetails([]byte(details)); err != nil {
			c.errs = append(c.errs, err)
		} else if canonical, err := e.Details.Canonical(); err != nil || string(canonical) != details {
			row.Derived = append(row.Derived, "details")
		}
	}
	if ip != "" {
		var err error
		if e.IPAddress, err = netip.ParseAddr(ip); err != nil {
			c.errs = append(c.errs, err)
		} else if e.IPAddress.String() != ip {
			c.refuse("ip_address", "has another spelling")
		}
	}
	row.Sealed, row.Fault = s, errors.Join(c.errs...)
	return row
}

// A columnReader reads the columns of a row in their order and refuses what is not of the type in
// which it is written.
type columnReader struct {
	stmt *sqlite.Stmt
	at   int
	errs []error
}

func (c *columnReader) refuse(name, reason string) {
	c.errs = append(c.errs, fmt.Errorf("the column %s %s", name, reason))
}

func (c *columnReader) next(name string, types ...sqlite.ColumnType) int {
	at := c.at
	c.at++
	got := c.stmt.ColumnType(at)
	for _, t := range types {
		if got == t {
			return at
		}
	}
	c.refuse(name, fmt.Sprintf("holds a value of type %v", got))
	return at
}

func (c *columnReader) integer(name string, most int64) int64 {
	n := c.stmt.ColumnInt64(c.next(name, sqlite.TypeInteger))
	if n < 0 || n > most {
		c.refuse(name, "is out of its range")
		return 0
	}
	return n
}

func (c *columnReader) text(name string) string {
	at := c.next(name, sqlite.TypeText, sqlite.TypeNull)
	s := c.stmt.ColumnText(at)
	if s == "" && !c.stmt.ColumnIsNull(at) {
		c.refuse(name, "is empty instead of NULL")
	}
	return s
}

func (c *columnReader) bytes(name string) []byte {
	return columnBytes(c.stmt, c.next(name, sqlite.TypeBlob, sqlite.TypeNull))
}

func (c *columnReader) id(name string) string {
	at := c.next(name, sqlite.TypeBlob, sqlite.TypeText, sqlite.TypeNull)
	s := columnID(c.stmt, at)
	_, uuid := daybook.ParseUUID(s)
	switch blob := c.stmt.ColumnType(at) == sqlite.TypeBlob; {
	case blob && c.stmt.ColumnLen(at) != 16, !blob && uuid:
		c.refuse(name, "is not in the form in which it is looked for")
	case !blob && s == "" && !c.stmt.ColumnIsNull(at):
		c.refuse(name, "is empty instead of NULL")
	}
	return s
}
