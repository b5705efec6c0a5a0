package sqlite

import (
	"bytes"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
)

// scanBudget is how long a page may look through entries that no index picks out. Then it ends, and
// says how far it came.
const scanBudget = 2 * time.Second

// A walk looks through an organization's entries in slices of time, from where a page begins in its
// order. Slices grow while they are cheap, so that what is found first comes soon, and the budget can
// end the walk between any two.
type walk struct {
	order daybook.Order
	at    daybook.ID // the place behind which, in the order, the next slice begins
	last  daybook.ID // the last id that there may be
	span  time.Duration
	until time.Time // when the budget is spent
}

const (
	firstSlice = time.Hour
	growth     = 4
	cheap      = scanBudget / 20 // a slice that took less is followed by a longer one
)

// newWalk returns a walk over all that q can find, and false when the organization has no entries.
func (r *reader) newWalk(organization string, q *daybook.Query, budget time.Duration) (*walk, bool, error) {
	stmt, err := r.conn.Prepare(bounds)
	if err != nil {
		return nil, false, err
	}
	defer stmt.Reset()
	bindID(stmt, 1, organization)
	bindID(stmt, 2, organization)
	if _, err := stmt.Step(); err != nil || stmt.ColumnIsNull(0) {
		return nil, false, err
	}
	var oldest, newest daybook.ID
	stmt.ColumnBytes(0, oldest[:])
	stmt.ColumnBytes(1, newest[:])
	if from := daybook.MinID(q.From); !q.From.IsZero() && less(oldest, from) {
		oldest = from
	}
	if to := daybook.MinID(q.To); !q.To.IsZero() && less(to, newest) {
		newest = to
	}
	w := &walk{order: q.Order, at: neighbour(newest, 1), last: oldest, span: firstSlice, until: time.Now().Add(budget)}
	if q.Order == daybook.Oldest {
		w.at, w.last = neighbour(oldest, -1), newest
	}
	if !q.After.IsZero() && less(w.at, q.After.ID) == (q.Order == daybook.Oldest) {
		w.at = q.After.ID
	}
	return w, true, nil
}

// bounds asks for each end by itself: for one of them SQLite reads one entry of the index, for both
// at once all.
const bounds = `select (select min(id) from activity_log where organization_id = ?), (select max(id) from activity_log where organization_id = ?)`

func less(a, b daybook.ID) bool { return bytes.Compare(a[:], b[:]) < 0 }

// neighbour returns the 16 bytes before or behind those of id.
func neighbour(id daybook.ID, step int) daybook.ID {
	for i := len(id) - 1; i >= 0; i-- {
		id[i] += byte(step)
		if step > 0 && id[i] != 0 || step < 0 && id[i] != 0xff {
			break
		}
	}
	return id
}

// next returns the last id of the next slice, in the order.
func (w *walk) next() daybook.ID {
	if w.order == daybook.Oldest {
		if end := daybook.MinID(w.at.Time().Add(w.span)); less(end, w.last) {
			return end
		}
		return w.last
	}
	if end := daybook.MinID(w.at.Time().Add(-w.span)); less(w.last, end) {
		return end
	}
	return w.last
}

// took tells the walk that the slice up to end took so long.
func (w *walk) took(end daybook.ID, d time.Duration) {
	w.at = end
	switch {
	case d < cheap:
		w.span *= growth
	case d > growth*cheap:
		w.span = max(w.span/growth, firstSlice)
	}
}

func (w *walk) done() bool      { return w.at == w.last }
func (w *walk) exhausted() bool { return !time.Now().Before(w.until) }

// walkPage returns a page of a query that no index serves.
//
// A slice is read in the order of the ids, whatever the order of the page: rows lie nearly in that
// order, and to go from one to the next takes SQLite a third of what it takes to go back.
func (r *reader) walkPage(organization string, q *daybook.Query, budget time.Duration) (page daybook.Page, err error) {
	w, found, err := r.newWalk(organization, q, budget)
	if err != nil || !found {
		return page, err
	}
	slice := `id >= ? and id < ?`
	if q.Order == daybook.Oldest {
		slice = `id > ? and id <= ?`
	}
	where := compile(r, organization, q)
	params := len(where.bind)
	where.sql.WriteString("\n  and " + slice)
	stmt, err := r.prepare(`select position from activity_log where `, where, ` order by id limit ?`)
	if err != nil {
		return page, err
	}
	defer stmt.Reset()
	for {
		begin, end := time.Now(), w.next()
		if err := stmt.Reset(); err != nil {
			return page, err
		}
		most := q.Limit - len(page.Entries) + 1 // one more tells whether there is another page
		if q.Order == daybook.Oldest {
			stmt.BindBytes(params+1, w.at[:])
			stmt.BindBytes(params+2, end[:])
			stmt.BindInt64(params+3, int64(most))
		} else {
			stmt.BindBytes(params+1, end[:])
			stmt.BindBytes(params+2, w.at[:])
			stmt.BindInt64(params+3, -1)
		}
		positions, err := lastPositions(stmt, most)
		if err != nil {
			return page, err
		}
		if q.Order == daybook.Newest {
			slices.Reverse(positions)
		}
		if err := r.fetch(positions, q, &page); err != nil || !page.Next.IsZero() {
			return page, err
		}
		w.took(end, time.Since(begin))
		switch {
		case w.done():
			return page, nil
		case w.exhausted():
			page.Next, page.ScannedTo = daybook.Cursor{Order: q.Order, ID: w.at}, w.at.Time()
			return page, nil
		}
	}
}

// lastPositions returns the last n of the positions that stmt gives.
func lastPositions(stmt *sqlite.Stmt, n int) ([]int64, error) {
	var positions []int64
	for {
		found, err := stmt.Step()
		if err != nil || !found {
			return positions[max(0, len(positions)-n):], err
		}
		if positions = append(positions, stmt.ColumnInt64(0)); len(positions) > 2*n+1000 {
			positions = append(positions[:0], positions[len(positions)-n:]...)
		}
	}
}

// fetch adds the entries to the page, and its Next when there is one more than fits.
func (r *reader) fetch(positions []int64, q *daybook.Query, page *daybook.Page) error {
	stmt, err := r.conn.Prepare(`select ` + columns + ` from activity_log where position = ?`)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	for _, p := range positions {
		if err := stmt.Reset(); err != nil {
			return err
		}
		stmt.BindInt64(1, p)
		if err := collect(stmt, q, page); err != nil || !page.Next.IsZero() {
			return err
		}
	}
	return nil
}
