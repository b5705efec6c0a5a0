package sqlite

import (
	"bytes"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

// columns are the columns of an entry, in the order in which scan reads them.
const columns = `position, organization_id, id, action, resource_type, resource_id, user_id, actor_type, request_id,
	outcome, details, ip_address, user_agent, created_at, updated_at, recorded_by`

const insertRow = `insert into activity_log (` + columns + `, kind, leaf_version, salt, control)
	values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)
	on conflict (organization_id, id) do nothing`

// A row is a normalized entry, without its details, and their canonical form. It is made in the
// caller's goroutine, so that the writer does nothing but write.
type row struct {
	daybook.Entry
	details []byte
	kind    ledger.Kind
	control string
	salt    ledger.Salt
	hash    tlog.Hash // of the leaf
}

var hashers = sync.Pool{New: func() any { return new(ledger.Hasher) }}

// seal draws the row's salt and makes its leaf hash.
func (r *row) seal(deployment string) (err error) {
	h := hashers.Get().(*ledger.Hasher)
	defer hashers.Put(h)
	r.salt = ledger.NewSalt()
	r.hash, err = h.Hash(ledger.Origin(deployment, r.OrganizationID, 1), &r.Entry, r.details, r.salt, r.kind, r.control)
	return err
}

// same reports whether e, which is stored under the row's id, has the row's content.
func (r *row) same(e daybook.Entry) bool {
	details, err := e.Details.Canonical()
	e.Details = nil
	return err == nil && bytes.Equal(details, r.details) && daybook.SameContent(e, r.Entry)
}

func (r *row) bind(stmt *sqlite.Stmt, position int64) {
	stmt.BindInt64(1, position)
	bindID(stmt, 2, r.OrganizationID)
	stmt.BindBytes(3, r.ID[:])
	stmt.BindText(4, string(r.Action))
	stmt.BindText(5, r.ResourceType)
	bindID(stmt, 6, r.ResourceID)
	bindID(stmt, 7, r.UserID)
	stmt.BindText(8, string(r.ActorType))
	bindText(stmt, 9, r.RequestID)
	stmt.BindText(10, string(r.Outcome))
	bindText(stmt, 11, string(r.details))
	ip := ""
	if r.IPAddress.IsValid() {
		ip = r.IPAddress.String()
	}
	bindText(stmt, 12, ip)
	bindText(stmt, 13, r.UserAgent)
	stmt.BindInt64(14, r.CreatedAt.UnixMicro())
	stmt.BindInt64(15, r.UpdatedAt.UnixMicro())
	bindText(stmt, 16, r.RecordedBy)
	stmt.BindInt64(17, int64(r.kind))
	stmt.BindBytes(18, r.salt[:])
	bindText(stmt, 19, r.control)
}

// bindText stores an absent text as NULL: absent and empty are one value.
func bindText(stmt *sqlite.Stmt, param int, s string) {
	if s == "" {
		stmt.BindNull(param)
		return
	}
	stmt.BindText(param, s)
}

// bindID stores a UUID as its 16 bytes and any other id as text. The two never compare equal, and
// entries hold UUIDs in one spelling only.
func bindID(stmt *sqlite.Stmt, param int, s string) {
	if u, ok := daybook.ParseUUID(s); ok {
		stmt.BindBytes(param, u[:])
		return
	}
	bindText(stmt, param, s)
}

func columnID(stmt *sqlite.Stmt, col int) string {
	if stmt.ColumnType(col) == sqlite.TypeBlob {
		var u daybook.ID
		stmt.ColumnBytes(col, u[:])
		return u.String()
	}
	return stmt.ColumnText(col)
}

// scan reads the row that stmt stands on. What does not parse was not written by Daybook: that is
// an error, never an entry with a hole.
func scan(stmt *sqlite.Stmt) (daybook.Sequenced, error) {
	e := daybook.Entry{
		OrganizationID: columnID(stmt, 1),
		Action:         daybook.Action(stmt.ColumnText(3)),
		ResourceType:   stmt.ColumnText(4),
		ResourceID:     columnID(stmt, 5),
		UserID:         columnID(stmt, 6),
		ActorType:      daybook.ActorType(stmt.ColumnText(7)),
		RequestID:      stmt.ColumnText(8),
		Outcome:        daybook.Outcome(stmt.ColumnText(9)),
		UserAgent:      stmt.ColumnText(12),
		CreatedAt:      time.UnixMicro(stmt.ColumnInt64(13)).UTC(),
		UpdatedAt:      time.UnixMicro(stmt.ColumnInt64(14)).UTC(),
		RecordedBy:     stmt.ColumnText(15),
	}
	stmt.ColumnBytes(2, e.ID[:])
	var err error
	if !stmt.ColumnIsNull(10) {
		if e.Details, err = daybook.ParseDetails([]byte(stmt.ColumnText(10))); err != nil {
			return daybook.Sequenced{}, err
		}
	}
	if !stmt.ColumnIsNull(11) {
		if e.IPAddress, err = netip.ParseAddr(stmt.ColumnText(11)); err != nil {
			return daybook.Sequenced{}, err
		}
	}
	return daybook.Sequenced{Position: daybook.Position{Number: stmt.ColumnInt64(0)}, Entry: e}, nil
}
