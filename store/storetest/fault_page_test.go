package storetest_test

import (
	"context"
	"time"

	"github.com/daybookdev/daybook"
)

func pageFaults() []fault {
	return []fault{
		{"a cursor compares the time and the id apart", asking(func(q *daybook.Query) {
			switch at := q.After.ID.Time(); {
			case q.After.IsZero():
			case q.Order == daybook.Newest: // before all of its time
				q.After.ID = daybook.MinID(at)
			default: // behind all of its time
				q.After.ID = daybook.MinID(at.Add(time.Microsecond))
			}
		}), []string{"pages/entries of one time", "pages/pages meet"}},

		{"a cursor is an offset", func(s *faulty) {
			offsets := map[daybook.Cursor]int{}
			s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
				skip, limit := offsets[q.After], q.Limit
				q.After, q.Limit = daybook.Cursor{}, daybook.MaxLimit
				page, err := s.Store.Query(ctx, organization, q)
				page.Entries = page.Entries[min(skip, len(page.Entries)):]
				if len(page.Entries) > limit {
					page.Entries = page.Entries[:limit]
					page.Next = daybook.Cursor{Order: q.Order, ID: page.Entries[limit-1].ID}
					offsets[page.Next] = skip + limit
				}
				return page, err
			}
		}, []string{"pages/pages stay whole"}},

		{"a full page always has a Next", func(s *faulty) {
			s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
				page, err := s.Store.Query(ctx, organization, q)
				if n := len(page.Entries); n > 0 && n == q.Limit {
					page.Next = daybook.Cursor{Order: q.Order, ID: page.Entries[n-1].ID}
				}
				return page, err
			}
		}, []string{"pages/the last page"}},

		{"Next is forgotten", func(s *faulty) {
			s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
				page, err := s.Store.Query(ctx, organization, q)
				page.Next = daybook.Cursor{}
				return page, err
			}
		}, []string{"pages/the last page", "pages/pages meet", "pages/a page has as many", "pages/a cursor of the other", "pages/a cursor finds", "model/"}},

		{"a page has one entry more", asking(func(q *daybook.Query) {
			if q.Limit > 0 {
				q.Limit++
			}
		}), []string{"pages/a page has as many", "pages/the last page", "pages/pages meet"}},

		{"nobody says means 100", asking(func(q *daybook.Query) {
			if q.Limit == 0 {
				q.Limit = 100
			}
		}), []string{"pages/a page has as many"}},

		{"a cursor brings its order", asking(func(q *daybook.Query) { q.After.Order = q.Order }), []string{"pages/a cursor of the other", "model/"}},

		{"a cursor needs its entry", func(s *faulty) {
			s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
				if _, ok := s.stored(organization, q.After.ID); !ok && !q.After.IsZero() {
					return daybook.Page{}, nil
				}
				return s.Store.Query(ctx, organization, q)
			}
		}, []string{"pages/a cursor finds"}},
	}
}
