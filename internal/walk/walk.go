// Package walk divides the entries of an organization into slices of time, for pages of queries that
// no index serves. Slices grow while they are cheap, so that what is found first comes soon, and a
// budget can end the page between any two.
package walk

import (
	"bytes"
	"time"

	"github.com/daybookdev/daybook"
)

// Budget is how long a page may look through entries that no index picks out. Then it ends, and says
// how far it came.
const Budget = 2 * time.Second

const (
	first  = time.Hour   // the length of the first slice
	growth = 4           // by how many times the next one is longer
	cheap  = Budget / 20 // the time that a slice may take so that the next one is
)

// A Walk goes through the ids between which everything lies that a query can find, in its order.
type Walk struct {
	order daybook.Order
	at    daybook.ID // the place behind which the next slice begins
	end   daybook.ID // of the next slice
	last  daybook.ID // the last id that there may be
	span  time.Duration
	begun time.Time // the slice
	until time.Time // when the budget is spent
}

// New returns a walk over what q, which is normalized, can find between an organization's oldest and
// newest id, both included.
func New(q *daybook.Query, oldest, newest daybook.ID, budget time.Duration) *Walk {
	if from := daybook.MinID(q.From); !q.From.IsZero() && less(oldest, from) {
		oldest = from
	}
	if to := daybook.MinID(q.To); !q.To.IsZero() && less(to, newest) {
		newest = to
	}
	w := &Walk{order: q.Order, at: neighbour(newest, 1), last: oldest, span: first, until: time.Now().Add(budget)}
	if q.Order == daybook.Oldest {
		w.at, w.last = neighbour(oldest, -1), newest
	}
	if !q.After.IsZero() && less(w.at, q.After.ID) == (q.Order == daybook.Oldest) {
		w.at = q.After.ID
	}
	return w
}

// Slice begins the next slice and returns its bounds: of a walk to the newest the ids above low up to
// high, of a walk to the oldest those from low on below high.
func (w *Walk) Slice() (low, high daybook.ID) {
	w.begun = time.Now()
	w.end = w.last
	if w.order == daybook.Oldest {
		if end := daybook.MinID(w.at.Time().Add(w.span)); less(end, w.last) {
			w.end = end
		}
		return w.at, w.end
	}
	if end := daybook.MinID(w.at.Time().Add(-w.span)); less(w.last, end) {
		w.end = end
	}
	return w.end, w.at
}

// Ended tells the walk that the slice was looked through, and reports whether there is another. When
// the budget is spent it also returns where the next page begins.
func (w *Walk) Ended() (more bool, next daybook.Cursor) {
	w.at = w.end
	switch took := time.Since(w.begun); {
	case took < cheap:
		w.span *= growth
	case took > growth*cheap:
		w.span = max(w.span/growth, first)
	}
	switch {
	case w.at == w.last:
		return false, daybook.Cursor{}
	case !time.Now().Before(w.until):
		return false, daybook.Cursor{Order: w.order, ID: w.at}
	}
	return true, daybook.Cursor{}
}

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
