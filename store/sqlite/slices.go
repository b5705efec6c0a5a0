package sqlite

import (
	"slices"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/walk"
)

// selectBounds asks for each end by itself: for one of them SQLite reads one entry of the index, for
// both at once all.
const selectBounds = `select (select min(id) from activity_log where organization_id = ?), (select max(id) from activity_log where organization_id = ?)`

// bounds returns the first and the last id of the organization, and false where it has no entries.
func (r *reader) bounds(organization string) (oldest, newest daybook.ID, found bool, err error) {
	stmt, err := r.conn.Prepare(selectBounds)
	if err != nil {
		return oldest, newest, false, err
	}
	defer stmt.Reset()
	bindID(stmt, 1, organization)
	bindID(stmt, 2, organization)
	if _, err := stmt.Step(); err != nil || stmt.ColumnIsNull(0) {
		return oldest, newest, false, err
	}
	stmt.ColumnBytes(0, oldest[:])
	stmt.ColumnBytes(1, newest[:])
	return oldest, newest, true, nil
}

// walkPage returns a page of a query that no index serves.
//
// A slice is read in the order of the ids, whatever the order of the page: rows lie nearly in that
// order, and to go from one to the next takes SQLite a third of what it takes to go back.
func (r *reader) walkPage(organization string, q *daybook.Query, budget time.Duration) (page daybook.Page, err error) {
	oldest, newest, found, err := r.bounds(organization)
	if err != nil || !found {
		return page, err
	}
	w := walk.New(q, oldest, newest, budget)
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
		if err := stmt.Reset(); err != nil {
			return page, err
		}
		low, high := w.Slice()
		stmt.BindBytes(params+1, low[:])
		stmt.BindBytes(params+2, high[:])
		most := q.Limit - len(page.Entries) + 1 // one more tells whether there is another page
		if q.Order == daybook.Oldest {
			stmt.BindInt64(params+3, int64(most))
		} else {
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
		more, next := w.Ended()
		if !next.IsZero() {
			page.Next, page.ScannedTo = next, next.ID.Time()
		}
		if !more {
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
