package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
)

// inOrder makes a page come from an index that has its order, which there always is. Where a month
// is new and its statistics those of an empty table, the planner would read and sort all of it.
const inOrder = `select set_config('enable_sort', 'off', true), set_config('jit', 'off', true)`

// read runs statements as the reader of one organization, in one round trip and one transaction. setting
// is one for the planner, or none.
func (s *Store) read(ctx context.Context, organization, setting, sql string, args []any, f func(pgx.Rows) error) error {
	if err := s.use(); err != nil {
		return err
	}
	defer s.using.Done()
	var batch pgx.Batch
	batch.Queue(`begin read only`)
	batch.Queue(becomeReader, organization)
	if setting != "" {
		batch.Queue(setting)
	}
	batch.Queue(sql, args...).Query(f)
	batch.Queue(`commit`)
	return s.send(ctx, &batch)
}

// send sends a batch that begins and ends a transaction. A statement that fails leaves the
// transaction open, so its connection must be reset before others use it.
func (s *Store) send(ctx context.Context, batch *pgx.Batch) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release() // closes a connection that is still in a transaction
	return conn.SendBatch(ctx, batch).Close()
}

// A condition is the part of a statement behind "where", and its parameters.
type condition struct {
	sql  strings.Builder
	args []any
	rest daybook.FilterTree // what is left to be applied to the rows, or nil
}

// and adds a clause in which %s stands for the parameters, in order.
func (c *condition) and(clause string, args ...any) {
	if c.sql.Len() > 0 {
		c.sql.WriteString("\n	and ")
	}
	names := make([]any, len(args))
	for i := range args {
		names[i] = fmt.Sprintf("$%d", len(c.args)+i+1)
	}
	fmt.Fprintf(&c.sql, clause, names...)
	c.args = append(c.args, args...)
}

func (c *condition) andText(clause, value string) {
	if value != "" {
		c.and(clause, value)
	}
}

func andAny[T ~string](c *condition, column string, values []T) {
	if len(values) == 0 {
		return
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	c.and(column+` = any(%s::text[])`, texts)
}

// compile turns a normalized query, without its cursor, into SQL over activity_log as a. Names come
// from here alone; every value is bound. ok is false when nothing can match, because a value does
// not fit the type of the ids.
func compile(ids IDs, organization string, q *daybook.Query) (c *condition, ok bool) {
	if ids == UUID && !(isUUID(organization) && isUUID(q.UserID) && isUUID(q.ResourceID)) {
		return nil, false
	}
	c = new(condition)
	c.and(`a.organization_id = %s::text::daybook_key`, organization)
	if !q.ID.IsZero() {
		c.and(`a.id = %s::text::uuid`, q.ID.String())
	}
	c.andText(`a.user_id = %s::text::daybook_key`, q.UserID)
	c.andText(`a.resource_id = %s::text::daybook_key`, q.ResourceID)
	c.andText(`a.resource_type = %s::text`, q.ResourceType)
	c.andText(`a.request_id = %s::text`, q.RequestID)
	andAny(c, `a.action`, q.Actions)
	andAny(c, `a.actor_type`, q.ActorTypes)
	if len(q.Outcomes) == 1 && q.Outcomes[0] == daybook.Denied {
		c.and(`a.outcome = 'denied'`) // the literal is what lets the partial index serve it
	} else {
		andAny(c, `a.outcome`, q.Outcomes)
	}
	// The id carries the time, so a range of times is a range of the organization's index, and of
	// partitions.
	if !q.From.IsZero() {
		c.and(`a.id >= %s::text::uuid`, daybook.MinID(q.From).String())
	}
	if !q.To.IsZero() {
		c.and(`a.id < %s::text::uuid`, daybook.MinID(q.To).String())
	}
	switch p := q.IPAddress; {
	case !p.IsValid():
	case p.IsSingleIP():
		c.andText(`a.ip_address = %s::text`, p.Addr().String())
	default:
		c.and(`a.ip_address::inet <<= %s::text::cidr`, p.String())
	}
	andDetails(c, nil, q.Details)
	if !q.Filter.IsZero() {
		c.andFilter(ids, q.Filter.Tree())
	}
	return c, true
}

// andDetails adds what makes the details contain the pattern, exactly as [daybook.Details.Contains]
// says it. The containment of jsonb agrees with it for objects, and for a scalar that is the value;
// a scalar that is an item of the list it looks for only when the pattern has a list, and a list it
// finds in any list that has its items, so there equality is asked for too.
func andDetails(c *condition, path []string, pattern map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(pattern)) {
		path := append(path[:len(path):len(path)], name)
		switch v := pattern[name].(type) {
		case map[string]any:
			if len(v) == 0 {
				c.and(`a.details @> %s::text::jsonb`, within(path, v))
				continue
			}
			andDetails(c, path, v)
		case []any:
			c.and(`(a.details @> %s::text::jsonb and a.details #> %s::text[] = %s::text::jsonb -> 'v')`,
				within(path, v), path, within([]string{"v"}, v))
		default:
			if item := within(path, []any{v}); item != "" {
				c.and(`(a.details @> %s::text::jsonb or a.details @> %s::text::jsonb)`, within(path, v), item)
			} else {
				c.and(`a.details @> %s::text::jsonb`, within(path, v))
			}
		}
	}
}

// within returns the JSON text of v at a path of objects, "" when it exceeds the limits of details, so
// that no entry can have it. Only a value with a list around it does, as the rest is part of details
// that were normalized.
func within(path []string, v any) string {
	for _, name := range slices.Backward(path) {
		v = map[string]any{name: v}
	}
	text, err := daybook.Details(v.(map[string]any)).Canonical()
	if err != nil {
		return ""
	}
	return string(text)
}

// Query returns one page; see [daybook.Store].
func (s *Store) Query(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
	organization, err := daybook.NormalizeOrganization(organization)
	if err == nil {
		err = q.Normalize()
	}
	if err != nil {
		return daybook.Page{}, fmt.Errorf("query: %w", err)
	}
	page, err := s.page(ctx, organization, &q)
	if err != nil {
		return daybook.Page{}, fmt.Errorf("query: %w", explain(err))
	}
	return page, nil
}

func (s *Store) page(ctx context.Context, organization string, q *daybook.Query) (daybook.Page, error) {
	where, ok := compile(s.ids, organization, q)
	if !ok {
		return daybook.Page{}, s.open()
	}
	if q.ID.IsZero() && (!q.Filter.IsZero() || len(q.Details) > 0 || q.IPAddress.IsValid()) { // no index serves it
		return s.walkPage(ctx, organization, q, where)
	}
	order := ` order by a.id desc`
	if q.Order == daybook.Oldest {
		order = ` order by a.id`
	}
	switch {
	case q.After.IsZero():
	case q.Order == daybook.Oldest:
		where.and(`a.id > %s::text::uuid`, q.After.ID.String())
	default:
		where.and(`a.id < %s::text::uuid`, q.After.ID.String())
	}
	// One more tells whether there is another page.
	sql := `select ` + columns + ` from activity_log a where ` + where.sql.String() + order + fmt.Sprintf(` limit %d`, q.Limit+1)
	var page daybook.Page
	err := s.read(ctx, organization, inOrder, sql, where.args, func(rows pgx.Rows) error {
		for rows.Next() {
			if len(page.Entries) == q.Limit {
				page.Next = daybook.Cursor{Order: q.Order, ID: page.Entries[q.Limit-1].ID}
				continue // to the end, or the connection could not be used again
			}
			e, err := scan(rows.Scan)
			if err != nil {
				return err
			}
			page.Entries = append(page.Entries, e)
		}
		return rows.Err()
	})
	if err != nil {
		return daybook.Page{}, err
	}
	return page, nil
}

// open returns why there is nothing to be had from s now.
func (s *Store) open() error {
	err := s.use()
	if err == nil {
		s.using.Done()
	}
	return err
}
