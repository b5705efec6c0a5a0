package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
)

// A reader is one connection that only reads, used by one query at a time.
type reader struct {
	conn    *sqlite.Conn
	texts   map[string]bool                           // of statements, which the connection keeps prepared as long as it lives
	details daybook.Details                           // what the SQL function details_contain looks for
	network netip.Prefix                              // what the SQL function ip_within looks for
	words   map[string]string                         // that it has met in the rollup
	tests   []func(args []sqlite.Value) (bool, error) // what the functions of filters look for
}

// borrow waits for a free reader, and opens it when it is new. The caller gives it back.
func (s *Store) borrow(ctx context.Context) (*reader, error) {
	select {
	case <-s.gone: // Close wins over a free reader
		return nil, daybook.ErrClosed
	default:
	}
	var r *reader
	select {
	case r = <-s.readers:
	case <-s.gone:
		return nil, daybook.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if r == nil {
		var err error
		if r, err = openReader(ctx, s.path); err != nil {
			s.readers <- nil
			return nil, err
		}
	}
	r.conn.SetInterrupt(ctx.Done())
	return r, nil
}

// mostStatements bounds the statements that a reader keeps prepared. Filters combine to thousands of
// texts, and whoever asks chooses; a reader that has met so many begins anew.
const mostStatements = 200

// giveBack ends what a cancelled query may have left open: a snapshot that nobody ends would keep
// the WAL from ever being folded into the file.
func (s *Store) giveBack(r *reader) {
	r.conn.SetInterrupt(nil)
	r.tests = nil
	broken := !r.conn.AutocommitEnabled() && exec(r.conn, `rollback`) != nil
	if broken || len(r.texts) > mostStatements {
		r.conn.Close()
		r = nil
	}
	s.readers <- r
}

func openReader(ctx context.Context, path string) (*reader, error) {
	conn, err := connect(ctx, path, sqlite.OpenReadOnly)
	if err != nil {
		return nil, err
	}
	r := &reader{conn: conn, texts: map[string]bool{}, words: map[string]string{}}
	if err := r.setUp(); err != nil {
		conn.Close()
		return nil, err
	}
	return r, nil
}

// setUp registers the two tests that SQL cannot state exactly. They are the domain's own code, so
// SQLite and every other store agree by construction. What they look for is in the reader rather
// than in an argument, so that it is parsed once a query and not once a row.
func (r *reader) setUp() error {
	// No mmap: a disk that fails would then be a signal, which ends the program, and not an error.
	err := run(r.conn, `pragma query_only = on`, `pragma temp_store = memory`, `pragma cache_size = -16384`, `pragma mmap_size = 0`)
	if err != nil {
		return err
	}
	err = r.conn.CreateFunction("details_contain", &sqlite.FunctionImpl{NArgs: 1,
		Scalar: func(_ sqlite.Context, args []sqlite.Value) (sqlite.Value, error) {
			details, err := daybook.ParseDetails([]byte(args[0].Text()))
			return boolean(err == nil && details.Contains(r.details)), err
		}})
	if err != nil {
		return err
	}
	if err := r.functions(); err != nil {
		return err
	}
	return r.conn.CreateFunction("ip_within", &sqlite.FunctionImpl{NArgs: 1,
		Scalar: func(_ sqlite.Context, args []sqlite.Value) (sqlite.Value, error) {
			addr, err := netip.ParseAddr(args[0].Text())
			return boolean(err == nil && r.network.Contains(addr)), err
		}})
}

func boolean(b bool) sqlite.Value {
	if b {
		return sqlite.IntegerValue(1)
	}
	return sqlite.IntegerValue(0)
}

// A condition is the part of a statement behind "where", and what its parameters are bound to.
type condition struct {
	sql  strings.Builder
	bind []func(stmt *sqlite.Stmt, param int)
}

func (c *condition) and(sql string, bind ...func(*sqlite.Stmt, int)) {
	if c.sql.Len() > 0 {
		c.sql.WriteString("\n  and ")
	}
	c.sql.WriteString(sql)
	c.bind = append(c.bind, bind...)
}

func (c *condition) andText(column, value string) {
	if value != "" {
		c.and(column+` = ?`, text(value))
	}
}

func (c *condition) andID(column, value string) {
	if value != "" {
		c.and(column+` = ?`, func(stmt *sqlite.Stmt, param int) { bindID(stmt, param, value) })
	}
}

func text(value string) func(*sqlite.Stmt, int) {
	return func(stmt *sqlite.Stmt, param int) { stmt.BindText(param, value) }
}

func blob(id daybook.ID) func(*sqlite.Stmt, int) {
	return func(stmt *sqlite.Stmt, param int) { stmt.BindBytes(param, id[:]) }
}

// compile turns a normalized query, without its cursor, into SQL over activity_log. Names come
// from here alone; every value is bound. Lists travel as one JSON array, so that their length
// does not make another statement.
func compile(r *reader, organization string, q *daybook.Query) *condition {
	c := new(condition)
	c.and(`organization_id = ?`, func(stmt *sqlite.Stmt, param int) { bindID(stmt, param, organization) })
	if !q.ID.IsZero() {
		c.and(`id = ?`, blob(q.ID))
	}
	c.andID(`user_id`, q.UserID)
	c.andID(`resource_id`, q.ResourceID)
	c.andText(`resource_type`, q.ResourceType)
	c.andText(`request_id`, q.RequestID)
	andAny(c, `action`, q.Actions)
	andAny(c, `actor_type`, q.ActorTypes)
	if len(q.Outcomes) == 1 && q.Outcomes[0] == daybook.Denied {
		c.and(`outcome = 'denied'`) // the literal is what lets the partial index serve it
	} else {
		andAny(c, `outcome`, q.Outcomes)
	}
	// The id carries the time, so a range of times is a range of the organization's index.
	if !q.From.IsZero() {
		c.and(`id >= ?`, blob(daybook.MinID(q.From)))
	}
	if !q.To.IsZero() {
		c.and(`id < ?`, blob(daybook.MinID(q.To)))
	}
	switch p := q.IPAddress; {
	case !p.IsValid():
	case p.IsSingleIP():
		c.andText(`ip_address`, p.Addr().String())
	default:
		r.network = p
		c.and(`ip_address is not null and ip_within(ip_address)`)
	}
	if len(q.Details) > 0 {
		r.details = q.Details
		// Canonical text holds every matching scalar literally: this cheap test spares most rows
		// the exact one. The longest are the rarest.
		found := literals(nil, q.Details)
		slices.SortStableFunc(found, func(a, b string) int { return len(b) - len(a) })
		for _, literal := range found[:min(len(found), mostLiterals)] {
			c.and(`instr(details, ?) > 0`, text(literal))
		}
		c.and(`details is not null and details_contain(details)`)
	}
	if !q.Filter.IsZero() {
		c.andFilter(r, q.Filter.Tree())
	}
	return c
}

// mostLiterals bounds the cheap tests of one statement: each is a part of its text.
const mostLiterals = 3

func andAny[T ~string](c *condition, column string, values []T) {
	switch len(values) {
	case 0:
	case 1:
		c.andText(column, string(values[0]))
	default:
		list, _ := json.Marshal(values) // strings of a checked vocabulary: cannot fail
		c.and(column+` in (select value from json_each(?))`, text(string(list)))
	}
}

// literals returns the canonical text of every member with a scalar value in d, at any depth
// of objects.
func literals(found []string, d map[string]any) []string {
	for _, key := range sortedKeys(d) {
		switch v := d[key].(type) {
		case map[string]any:
			found = literals(found, v)
		case []any:
		default:
			// The canonical form of {"":v} is {"":text}: the text of v alone lies between.
			b, err := daybook.Details{"": v}.Canonical()
			if err == nil {
				found = append(found, string(b[len(`{"":`):len(b)-1]))
			}
		}
	}
	return found
}

func sortedKeys(d map[string]any) []string {
	keys := make([]string, 0, len(d))
	for k := range d {
		keys = append(keys, k)
	}
	slices.Sort(keys) // so that one query is one statement
	return keys
}

// Query returns one page; see [daybook.Store].
func (s *Store) Query(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
	organization, err := daybook.NormalizeOrganization(organization)
	if err != nil {
		return daybook.Page{}, fmt.Errorf("query: %w", err)
	}
	if err := q.Normalize(); err != nil {
		return daybook.Page{}, fmt.Errorf("query: %w", err)
	}
	r, err := s.borrow(ctx)
	if err != nil {
		return daybook.Page{}, fmt.Errorf("query: %w", because(ctx, err))
	}
	defer s.giveBack(r)
	var page daybook.Page
	if q.ID.IsZero() && (!q.Filter.IsZero() || len(q.Details) > 0 || q.IPAddress.IsValid()) { // no index serves it
		page, err = r.walkPage(organization, &q, s.scanBudget)
	} else {
		page, err = r.page(organization, &q)
	}
	if err != nil {
		return daybook.Page{}, fmt.Errorf("query: %w", because(ctx, err))
	}
	return page, nil
}

func (r *reader) page(organization string, q *daybook.Query) (page daybook.Page, err error) {
	where := compile(r, organization, q)
	direction, beyond := `desc`, `id < ?`
	if q.Order == daybook.Oldest {
		direction, beyond = `asc`, `id > ?`
	}
	if !q.After.IsZero() {
		where.and(beyond, blob(q.After.ID))
	}
	stmt, err := r.prepare(`select `+columns+` from activity_log where `, where, ` order by id `+direction+` limit ?`)
	if err != nil {
		return page, err
	}
	defer stmt.Reset()
	stmt.BindInt64(len(where.bind)+1, int64(q.Limit)+1) // one more tells whether there is another page
	err = collect(stmt, q, &page)
	return page, err
}

// collect adds the rows of stmt to the page, and its Next when there is one more than fits.
func collect(stmt *sqlite.Stmt, q *daybook.Query, page *daybook.Page) error {
	for {
		found, err := stmt.Step()
		if err != nil || !found {
			return err
		}
		if len(page.Entries) == q.Limit {
			page.Next = daybook.Cursor{Order: q.Order, ID: page.Entries[q.Limit-1].ID}
			return nil
		}
		entry, err := scan(stmt)
		if err != nil {
			return err
		}
		page.Entries = append(page.Entries, entry.Entry)
	}
}

func (r *reader) prepare(head string, where *condition, tail string) (*sqlite.Stmt, error) {
	sql := head + where.sql.String() + tail
	r.texts[sql] = true
	stmt, err := r.conn.Prepare(sql)
	if err != nil {
		return nil, err
	}
	for i, bind := range where.bind {
		bind(stmt, i+1)
	}
	return stmt, nil
}

// because returns the context's error where it is the reason for err.
func because(ctx context.Context, err error) error {
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultInterrupt && ctx.Err() != nil {
		return ctx.Err()
	}
	return explain(err)
}
