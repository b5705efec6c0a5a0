package postgres

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

// A row is a normalized entry, without its details, and their canonical form. It is made in the
// caller's goroutine, so that a writer does nothing but write.
type row struct {
	daybook.Entry
	details []byte
	kind    ledger.Kind
	control string

	salt       ledger.Salt
	hash       tlog.Hash // if hashed, in this deployment
	hashed     bool
	deployment string
}

// same reports whether e, which is stored under the row's id, has the row's content.
func (r *row) same(e daybook.Entry) bool {
	details, err := e.Details.Canonical()
	e.Details = nil
	return err == nil && bytes.Equal(details, r.details) && daybook.SameContent(e, r.Entry)
}

// equal reports whether two rows of one id have the same content.
func (r *row) equal(o *row) bool {
	return bytes.Equal(r.details, o.details) && daybook.SameContent(r.Entry, o.Entry)
}

// A key is what no two entries have in common.
type key struct {
	organization string
	id           daybook.ID
}

func (r *row) key() key { return key{r.OrganizationID, r.ID} }

// insertRows writes rows and queues those that were not there, in their order, and returns how many
// these were. Every parameter is a list of texts, so that any driver can send it; the row's own
// insert comes before its queue number is drawn, which the sequencer relies on (see advance). "is
// true" makes the search for what was inserted a hash table, as long as the planner does not expect
// millions of rows: the deployment is asked for and not joined, since nothing is known of the size
// of a table that was never analyzed.
const insertRows = insertQueued + `select count(*), (select deployment from ledger_order where one) from fresh`

// insertNewRows is insertRows for rows that are new: it divides by zero when one of them is stored.
const insertNewRows = insertQueued + `select 1 / (case when count(*) = cardinality($1::text[]) then 1 else 0 end), (select deployment from ledger_order where one) from fresh`

const insertQueued = `
with sent as materialized (
	select e.n, e.id::uuid, e.action, e.resource_type, e.resource_id::daybook_key, e.user_id::daybook_key, e.organization_id::daybook_key,
		e.request_id, e.details::jsonb, e.ip_address, e.user_agent, e.created_at::timestamptz, e.updated_at::timestamptz,
		e.actor_type, e.outcome, e.recorded_by, decode(e.salt, 'hex') as salt, coalesce(e.kind::smallint, 1) as kind, e.control,
		case when (select deployment from ledger_order where one) = $20::text then decode(e.leaf_hash, 'hex') end as leaf_hash
	from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
		$10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[])
		with ordinality as e(id, action, resource_type, resource_id, user_id, organization_id, request_id, details, ip_address,
		user_agent, created_at, updated_at, actor_type, outcome, recorded_by, salt, leaf_hash, kind, control, n)
), fresh as (
	insert into activity_log (id, action, resource_type, resource_id, user_id, organization_id, request_id, details, ip_address,
		user_agent, created_at, updated_at, actor_type, outcome, recorded_by, kind, control, leaf_version, salt)
	select id, action, resource_type, resource_id, user_id, organization_id, request_id, details, ip_address,
		user_agent, created_at, updated_at, actor_type, outcome, recorded_by, kind, control, 1, salt
	from sent
	order by n
	on conflict (organization_id, id) do nothing
	returning organization_id, id
), queued as (
	insert into ledger_pending (organization_id, id, action, resource_type, actor_type, outcome, leaf_hash)
	select organization_id, id, action, resource_type, actor_type, outcome, leaf_hash
	from sent
	where ((organization_id, id) in (select organization_id, id from fresh)) is true
	order by n
)
`

// rowColumns is how many lists insertRows takes; behind them comes the deployment of the leaf hashes.
const rowColumns = 19

// lists returns the parameters of insertRows. Absent and empty are one value: NULL.
func lists(rows []*row) [rowColumns][]*string {
	var l [rowColumns][]*string
	for i := range l {
		l[i] = make([]*string, len(rows))
	}
	for n, r := range rows {
		ip, hash, kind := "", "", ""
		if r.IPAddress.IsValid() {
			ip = r.IPAddress.String()
		}
		if r.hashed {
			hash = hex.EncodeToString(r.hash[:])
		}
		if r.kind > ledger.KindEntry {
			kind = strconv.Itoa(int(r.kind))
		}
		for i, text := range [rowColumns]string{r.ID.String(), string(r.Action), r.ResourceType, r.ResourceID, r.UserID, r.OrganizationID,
			r.RequestID, string(r.details), ip, r.UserAgent, r.CreatedAt.Format(time.RFC3339Nano), r.UpdatedAt.Format(time.RFC3339Nano),
			string(r.ActorType), string(r.Outcome), r.RecordedBy, hex.EncodeToString(r.salt[:]), hash, kind, r.control} {
			if text != "" {
				l[i][n] = &text
			}
		}
	}
	return l
}

// arguments returns the lists as pgx takes them.
func arguments(rows []*row) []any {
	args := make([]any, 0, rowColumns+1)
	for _, list := range lists(rows) {
		args = append(args, list)
	}
	return append(args, deploymentOf(rows))
}

// literals returns the lists as array literals (PostgreSQL, section 8.15.2), which every driver of
// database/sql can send.
func literals(rows []*row) []any {
	args := make([]any, 0, rowColumns+1)
	for _, list := range lists(rows) {
		args = append(args, arrayLiteral(list))
	}
	return append(args, deploymentOf(rows))
}

var escapeItem = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func arrayLiteral(list []*string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, item := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		if item == nil {
			b.WriteString("NULL")
			continue
		}
		b.WriteByte('"')
		escapeItem.WriteString(&b, *item)
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

// columns are the columns of an entry, in the order in which scan reads them. Details come as text:
// what the driver would make of jsonb would round numbers.
const columns = `a.organization_id::text, a.id::text, a.action, a.resource_type, a.resource_id::text, a.user_id::text, a.actor_type,
	a.request_id, a.outcome, a.details::text, a.ip_address, a.user_agent, a.created_at, a.updated_at, a.recorded_by`

// scan reads the columns by the Scan method of pgx.Rows or sql.Rows. What does not parse was not
// written by Daybook: that is an error, never an entry with a hole. before are the targets of
// columns that stand in front.
func scan(read func(...any) error, before ...any) (daybook.Entry, error) {
	var e daybook.Entry
	var id string
	var resource, user, request, details, ip, agent, by *string
	err := read(append(before, &e.OrganizationID, &id, (*string)(&e.Action), &e.ResourceType, &resource, &user, (*string)(&e.ActorType),
		&request, (*string)(&e.Outcome), &details, &ip, &agent, &e.CreatedAt, &e.UpdatedAt, &by)...)
	if err != nil {
		return daybook.Entry{}, err
	}
	uuid, ok := daybook.ParseUUID(id)
	if !ok {
		return daybook.Entry{}, fmt.Errorf("the column id holds %q", id)
	}
	e.ID = uuid
	e.CreatedAt, e.UpdatedAt = e.CreatedAt.UTC(), e.UpdatedAt.UTC()
	for to, from := range map[*string]*string{&e.ResourceID: resource, &e.UserID: user, &e.RequestID: request, &e.UserAgent: agent, &e.RecordedBy: by} {
		if from != nil {
			*to = *from
		}
	}
	if details != nil {
		if e.Details, err = daybook.ParseDetails([]byte(*details)); err != nil {
			return daybook.Entry{}, fmt.Errorf("entry %v: %w", e.ID, err)
		}
	}
	if ip != nil {
		if e.IPAddress, err = netip.ParseAddr(*ip); err != nil {
			return daybook.Entry{}, fmt.Errorf("entry %v: %w", e.ID, err)
		}
	}
	return e, nil
}

// prepare normalizes copies of the entries. ids says which texts the columns take.
func prepare(entries []daybook.Entry, ids IDs, deployment string) ([]*row, error) {
	rows := make([]*row, len(entries))
	var errs []error
	for i, e := range entries {
		details, err := e.Normalize()
		if err == nil && ids == UUID {
			err = checkUUIDs(&e)
		}
		if err != nil {
			if len(entries) > 1 {
				err = fmt.Errorf("entry %d of %d: %w", i+1, len(entries), err)
			}
			errs = append(errs, err)
			continue
		}
		e.Details = nil // the caller's, who may change it when this call has given up; details is ours
		e.UpdatedAt = e.CreatedAt
		rows[i] = &row{Entry: e, details: details, kind: ledger.KindEntry}
		if err := rows[i].seal(deployment); err != nil {
			errs = append(errs, err)
		}
	}
	return rows, errors.Join(errs...)
}

// distinct returns the rows without those that are sent twice; two with one key and other content
// are a conflict.
func distinct(rows []*row) ([]*row, error) {
	seen := make(map[key]*row, len(rows))
	unique := rows[:0:0]
	for _, r := range rows {
		first, ok := seen[r.key()]
		if !ok {
			seen[r.key()] = r
			unique = append(unique, r)
		} else if !first.equal(r) {
			return nil, conflict(r)
		}
	}
	return unique, nil
}

func conflict(r *row) error { return fmt.Errorf("%w: %v", daybook.ErrConflict, r.ID) }

// checkUUIDs refuses what does not fit columns of the type uuid.
func checkUUIDs(e *daybook.Entry) error {
	var errs []error
	for _, f := range [...]struct{ name, value string }{{"organization_id", e.OrganizationID}, {"resource_id", e.ResourceID}, {"user_id", e.UserID}} {
		if !isUUID(f.value) {
			errs = append(errs, &daybook.FieldError{Field: f.name, Reason: fmt.Sprintf("is %.60q, not a UUID: for other ids create the schema with ids=text (MigrateOptions.IDs)", f.value)})
		}
	}
	return errors.Join(errs...)
}

// isUUID reports whether s fits a column of the type uuid; empty is NULL.
func isUUID(s string) bool {
	_, ok := daybook.ParseUUID(s)
	return ok || s == ""
}
