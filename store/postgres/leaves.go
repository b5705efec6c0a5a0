package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

// seal makes the leaf hashes that writers did not bring, from the entries as they are stored. What no
// leaf can be made of was not written by Daybook: it gets a place, since nobody may stop the log by
// it, and a hash that no entry has, so that a verification tells.
func (s *sequencer) seal(ctx context.Context, tx pgx.Tx, deployment string, rows []queued, logs map[string]*log) error {
	var organizations, ids []string
	missing := map[[2]string]int{}
	for i, r := range rows {
		if len(r.hash) != tlog.HashSize {
			organizations, ids = append(organizations, r.organization), append(ids, r.id)
			missing[[2]string{r.organization, r.id}] = i
			rows[i].hash = make([]byte, tlog.HashSize)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	found, err := tx.Query(ctx, `select 0::bigint, 0::bigint, null::text, null::bytea, `+sealedColumns+`
		from unnest($1::text[], $2::text[]) as q(organization, id)
		join activity_log a on a.organization_id = q.organization::daybook_key and a.id = q.id::uuid`, organizations, ids)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		row, err := scanSealed(found)
		if err != nil {
			return err
		}
		if row.Fault == nil && row.Sealed != nil {
			e := row.Sealed
			i, ok := missing[[2]string{e.OrganizationID, e.ID.String()}]
			if !ok {
				continue
			}
			delete(missing, [2]string{e.OrganizationID, e.ID.String()})
			l, err := e.Leaf(ledger.Origin(deployment, e.OrganizationID, logs[e.OrganizationID].epoch))
			var h tlog.Hash
			if err == nil {
				h, err = l.Hash()
			}
			if row.Fault = err; err == nil {
				rows[i].hash = h[:]
			}
		}
		if row.Fault != nil {
			s.log.LogAttrs(ctx, slog.LevelError, "an entry that Daybook did not write is in its queue: run daybook verify", slog.String("error", row.Fault.Error()))
		}
	}
	return found.Err()
}

// fullTiles returns the tiles that the round fills.
func fullTiles(ctx context.Context, tx pgx.Tx, logs map[string]*log) (t tileLists, err error) {
	for _, l := range logs {
		if l.was/ledger.TileWidth == l.size/ledger.TileWidth {
			continue
		}
		tiles, err := ledger.FullTiles(ctx, hashes{tx}, l.slot, l.was, l.fresh)
		if err != nil {
			return t, err
		}
		for _, full := range tiles {
			t.slots, t.levels, t.numbers, t.data = append(t.slots, l.slot), append(t.levels, int16(full.Level)), append(t.numbers, full.N), append(t.data, full.Data)
		}
	}
	return t, nil
}

// tileLists are the parameters of insertTiles.
type tileLists struct {
	slots   []int64
	levels  []int16
	numbers []int64
	data    [][]byte
}

const insertTiles = `insert into ledger_tile (slot, level, n, data) select * from unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bytea[])`

// hashes reads the tree's hashes by a connection that is the follower's.
type hashes struct{ querier }

func (h hashes) LeafHashes(ctx context.Context, slot, from, to int64) ([]tlog.Hash, error) {
	rows, err := h.Query(ctx, `select leaf_index, leaf_hash from ledger_sequence where slot = $1 and leaf_index >= $2 and leaf_index < $3 order by leaf_index`, slot, from, to)
	if err != nil {
		return nil, err
	}
	var all []tlog.Hash
	var index int64
	var hash []byte
	_, err = pgx.ForEachRow(rows, []any{&index, &hash}, func() error {
		if index != from+int64(len(all)) || len(hash) != tlog.HashSize {
			return fmt.Errorf("the leaf hash %d of log %d is missing or damaged: run daybook verify", from+int64(len(all)), slot)
		}
		all = append(all, tlog.Hash(hash))
		return nil
	})
	return all, err
}

func (h hashes) Tile(ctx context.Context, slot int64, level int, n int64) (data []byte, err error) {
	err = h.QueryRow(ctx, `select data from ledger_tile where slot = $1 and level = $2 and n = $3`, slot, level, n).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return data, err
}

// sealedColumns are the columns of an entry and of its leaf, as text: what somebody has put into them
// must be readable, whatever it is.
const sealedColumns = `a.kind, a.leaf_version, a.salt, a.control, a.erased, a.organization_id::text, a.id::text, a.action, a.resource_type, a.resource_id::text,
	a.user_id::text, a.actor_type, a.request_id, a.outcome, a.details::text, a.ip_address, a.user_agent,
	to_char(a.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), to_char(a.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), a.recorded_by`

// scanSealed reads index, position, id and leaf hash of a place, and sealedColumns. The entry is nil
// when its columns are NULL.
func scanSealed(rows pgx.Rows) (row ledger.Row, err error) {
	var placed *string
	var kind, version *int16
	var salt []byte
	var control, erased *string
	var text [15]*string
	to := []any{&row.Index, &row.Position, &placed, &row.Hash, &kind, &version, &salt, &control, &erased}
	for i := range text {
		to = append(to, &text[i])
	}
	if err := rows.Scan(to...); err != nil {
		return row, err
	}
	if placed != nil {
		if u, ok := daybook.ParseUUID(*placed); ok {
			row.ID = u
		}
	}
	if text[1] == nil {
		return row, nil
	}
	row.Sealed, row.Fault = parseSealed(text, kind, version, salt, control, erased)
	return row, nil
}

func parseSealed(text [15]*string, kind, version *int16, salt []byte, control, erased *string) (*ledger.Sealed, error) {
	get := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	s := &ledger.Sealed{Control: get(control), Secrets: ledger.Secrets{Erased: get(erased)}}
	e := &s.Entry
	e.OrganizationID, e.Action, e.ResourceType, e.ResourceID, e.UserID = get(text[0]), daybook.Action(get(text[2])), get(text[3]), get(text[4]), get(text[5])
	e.ActorType, e.RequestID, e.Outcome = daybook.ActorType(get(text[6])), get(text[7]), daybook.Outcome(get(text[8]))
	e.UserAgent, e.RecordedBy = get(text[11]), get(text[14])
	var errs []error
	if u, ok := daybook.ParseUUID(get(text[1])); ok {
		e.ID = u
	}
	for i, p := range map[int]*string{4: text[4], 5: text[5], 7: text[7], 11: text[11], 14: text[14]} {
		if p != nil && *p == "" {
			errs = append(errs, fmt.Errorf("column %d is empty instead of NULL", i))
		}
	}
	var err error
	if text[9] != nil {
		if e.Details, err = daybook.ParseDetails([]byte(*text[9])); err != nil {
			errs = append(errs, err)
		} else if e.Details == nil {
			errs = append(errs, errors.New("details are empty instead of NULL"))
		}
	}
	if text[10] != nil {
		if e.IPAddress, err = netip.ParseAddr(*text[10]); err != nil {
			errs = append(errs, err)
		} else if e.IPAddress.String() != *text[10] {
			errs = append(errs, errors.New("the IP address has another spelling"))
		}
	}
	if e.CreatedAt, err = time.Parse(time.RFC3339Nano, get(text[12])); err != nil {
		errs = append(errs, fmt.Errorf("created_at: %w", err))
	}
	if e.UpdatedAt, err = time.Parse(time.RFC3339Nano, get(text[13])); err != nil {
		errs = append(errs, fmt.Errorf("updated_at: %w", err))
	}
	switch {
	case kind == nil || version == nil || *kind < 0 || *kind > 255:
		errs = append(errs, errors.New("kind or leaf_version is missing"))
	default:
		s.Kind, s.Version = ledger.Kind(*kind), int(*version)
	}
	switch {
	case len(salt) == len(s.Salt):
		s.Salt = ledger.Salt(salt)
	case salt != nil || erased == nil:
		errs = append(errs, errors.New("the salt is missing"))
	}
	return s, errors.Join(errs...)
}
