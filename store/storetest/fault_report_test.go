package storetest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// charted makes Histogram answer another question, or with other buckets.
func charted(ask func(q *daybook.Query, edges []time.Time, by *[]daybook.Field) []time.Time, answer func(buckets []daybook.Bucket) []daybook.Bucket) func(*faulty) {
	return func(s *faulty) {
		s.histogram = func(ctx context.Context, organization string, q daybook.Query, edges []time.Time, by []daybook.Field) ([]daybook.Bucket, error) {
			asked := edges
			if ask != nil {
				asked = ask(&q, slices.Clone(edges), &by)
			}
			buckets, err := s.Store.Histogram(ctx, organization, q, asked, by...)
			for i := range buckets { // as they were asked for
				buckets[i].From, buckets[i].To = edges[i], edges[i+1]
			}
			if answer != nil {
				buckets = answer(buckets)
			}
			return buckets, err
		}
	}
}

// ranked makes Top answer otherwise.
func ranked(change func(q daybook.Query, top *daybook.Top)) func(*faulty) {
	return func(s *faulty) {
		s.top = func(ctx context.Context, organization string, q daybook.Query, field daybook.Field, limit int) (daybook.Top, error) {
			top, err := s.Store.Top(ctx, organization, q, field, limit)
			change(q, &top)
			return top, err
		}
	}
}

// detailed makes Top rank other values than those of the entries' details.
func detailed(values func(field daybook.Field, e *daybook.Entry) []string) func(*faulty) {
	return func(s *faulty) {
		s.top = func(ctx context.Context, organization string, q daybook.Query, field daybook.Field, limit int) (daybook.Top, error) {
			ranking, err := daybook.NewRanking(field, limit)
			if err != nil || !field.InDetails() {
				return s.Store.Top(ctx, organization, q, field, limit)
			}
			q.Order, q.After, q.Limit = daybook.Newest, daybook.Cursor{}, 0
			for e, err := range daybook.All(ctx, s.Store, organization, q) {
				if err != nil {
					return daybook.Top{}, err
				}
				found := values(field, &e)
				if len(found) == 0 {
					ranking.AddMissing(1)
				}
				for _, v := range found {
					if err := ranking.Add(v, 1); err != nil {
						return daybook.Top{}, err
					}
				}
			}
			return ranking.Top(), nil
		}
	}
}

// summed makes Count answer from sums of whole hours that Append keeps, and to which it adds
// whatever it is given, if counts says so.
func summed(counts func(err error) bool) func(*faulty) {
	return func(s *faulty) {
		var extra []daybook.Entry // guarded by mu
		s.append = func(ctx context.Context, entries []daybook.Entry) error {
			before := map[daybook.ID]bool{}
			for e := range daybook.All(ctx, s.Store, "acme", daybook.Query{}) {
				before[e.ID] = true
			}
			err := s.Store.Append(ctx, entries...)
			if counts(err) {
				s.mu.Lock()
				defer s.mu.Unlock()
				for _, e := range entries {
					if before[e.ID] || err != nil {
						extra = append(extra, e)
					}
				}
			}
			return err
		}
		s.count = func(ctx context.Context, organization string, q daybook.Query, by []daybook.Field) ([]daybook.Group, error) {
			groups, err := s.Store.Count(ctx, organization, q, by...)
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, e := range extra {
				for i := range groups {
					if len(by) == 1 && by[0].Of(&e) == groups[i].Values[0] {
						groups[i].Count++
					}
				}
			}
			return groups, err
		}
	}
}

func reportFaults() []fault {
	return []fault{
		{"empty buckets are left out", charted(nil, func(buckets []daybook.Bucket) []daybook.Bucket {
			return slices.DeleteFunc(buckets, func(b daybook.Bucket) bool { return b.Count() == 0 })
		}), []string{"report/every bucket", "report/the histogram adds up"}},

		{"the last bucket is left out", charted(nil, func(buckets []daybook.Bucket) []daybook.Bucket {
			return buckets[:max(0, len(buckets)-1)]
		}), []string{"report/every bucket"}},

		{"edges are rounded to hours", charted(func(_ *daybook.Query, edges []time.Time, _ *[]daybook.Field) []time.Time {
			for i, e := range edges {
				edges[i] = e.Truncate(time.Hour)
				if i > 0 && !edges[i].After(edges[i-1]) {
					edges[i] = edges[i-1].Add(1)
				}
			}
			return edges
		}, nil), []string{"report/an entry on an edge", "report/the histogram adds up"}},

		{"the nanoseconds of an edge are cut", charted(func(_ *daybook.Query, edges []time.Time, _ *[]daybook.Field) []time.Time {
			for i, e := range edges {
				edges[i] = e.Truncate(time.Microsecond)
			}
			return edges
		}, nil), []string{"report/an entry on an edge"}},

		{"a day has 24 hours", charted(func(_ *daybook.Query, edges []time.Time, _ *[]daybook.Field) []time.Time {
			for i := range edges {
				if d := edges[i].Sub(edges[0]); i > 0 && d > 20*time.Hour {
					edges[i] = edges[i-1].Add(24 * time.Hour)
				}
			}
			return edges
		}, nil), []string{"report/days have"}},

		{"the query does not narrow a histogram", charted(func(q *daybook.Query, edges []time.Time, _ *[]daybook.Field) []time.Time {
			*q = daybook.Query{}
			return edges
		}, nil), []string{"report/the histogram adds up", "report/no report counts", "model/"}},

		{"a histogram forgets entries without a value", charted(nil, func(buckets []daybook.Bucket) []daybook.Bucket {
			for i, b := range buckets {
				buckets[i].Groups = slices.DeleteFunc(b.Groups, func(g daybook.Group) bool { return slices.Contains(g.Values, "") })
			}
			return buckets
		}), []string{"report/a histogram by a field"}},

		{"the groups of a bucket come as they are found", charted(nil, func(buckets []daybook.Bucket) []daybook.Bucket {
			for _, b := range buckets {
				slices.Reverse(b.Groups)
			}
			return buckets
		}), []string{"report/a histogram by a field"}},

		{"other is not counted", ranked(func(_ daybook.Query, top *daybook.Top) { top.Other = 0 }),
			[]string{"report/top values are", "report/order, cursor"}},

		{"missing is not counted", ranked(func(_ daybook.Query, top *daybook.Top) { top.Missing = 0 }),
			[]string{"report/top values are", "report/a list counts", "report/the top of a path"}},

		{"top values come smallest first", ranked(func(_ daybook.Query, top *daybook.Top) { slices.Reverse(top.Values) }),
			[]string{"report/top values are", "model/"}},

		{"the limit of the query bounds a top", ranked(func(q daybook.Query, top *daybook.Top) {
			if q.Limit > 0 && len(top.Values) > q.Limit {
				top.Values = top.Values[:q.Limit]
			}
		}), []string{"report/order, cursor"}},

		{"every item of a list counts", detailed(func(field daybook.Field, e *daybook.Entry) []string {
			name, _ := strings.CutPrefix(string(field), "details.")
			var values []string
			list, _ := e.Details[name].([]any)
			for _, v := range list {
				if text, ok := v.(string); ok {
					values = append(values, text)
				}
			}
			if list == nil {
				return field.Values(e)
			}
			return values
		}), []string{"report/a list counts", "report/the top of a path"}},

		{"a path ends at the first name", detailed(func(field daybook.Field, e *daybook.Entry) []string {
			if steps, err := field.Steps(); err == nil && len(steps) > 1 {
				return nil
			}
			return field.Values(e)
		}), []string{"report/the top of a path"}},

		{"empty texts of details are none", detailed(func(field daybook.Field, e *daybook.Entry) []string {
			return slices.DeleteFunc(field.Values(e), func(v string) bool { return v == "" })
		}), []string{"report/the top of a path"}},

		{"an entry that is appended again is counted again", summed(func(err error) bool { return err == nil }),
			[]string{"report/what is appended again"}},

		{"the entries of a refused call are counted", summed(func(err error) bool { return err != nil }),
			[]string{"report/what is appended again"}},

		{"a count is that of whole hours", func(s *faulty) {
			s.count = func(ctx context.Context, organization string, q daybook.Query, by []daybook.Field) ([]daybook.Group, error) {
				q.From, q.To = q.From.Truncate(time.Hour), q.To.Truncate(time.Hour)
				return s.Store.Count(ctx, organization, q, by...)
			}
		}, []string{"report/counts of whole", "count/counts equal"}},

		{"a report forgets the organization", func(s *faulty) {
			s.histogram = func(ctx context.Context, _ string, q daybook.Query, edges []time.Time, by []daybook.Field) ([]daybook.Bucket, error) {
				tally, err := daybook.NewTally(edges, by...)
				if err != nil {
					return nil, err
				}
				all, _, err := s.Store.Tail(ctx, daybook.Position{}, 1<<30)
				for _, e := range all {
					value := ""
					for _, f := range by {
						value = f.Of(&e.Entry)
					}
					if q.Normalize(); q.Matches(&e.Entry) {
						tally.Add(e.CreatedAt, value, 1)
					}
				}
				buckets, _ := tally.Buckets()
				return buckets, err
			}
		}, []string{"report/no report counts"}},

		{"a wrong field is another one", func(s *faulty) {
			s.top = func(ctx context.Context, organization string, q daybook.Query, field daybook.Field, limit int) (daybook.Top, error) {
				if daybook.CheckFields([]daybook.Field{field}) != nil && !field.InDetails() {
					field = daybook.ByAction
				}
				return s.Store.Top(ctx, organization, q, field, limit)
			}
		}, []string{"report/a wrong report"}},

		{"edges are sorted first", charted(func(_ *daybook.Query, edges []time.Time, _ *[]daybook.Field) []time.Time {
			slices.SortFunc(edges, time.Time.Compare)
			return edges
		}, nil), []string{"report/a wrong report"}},

		{"groups beyond a limit are left out", func(s *faulty) {
			s.histogram = func(ctx context.Context, organization string, q daybook.Query, edges []time.Time, by []daybook.Field) ([]daybook.Bucket, error) {
				buckets, err := s.Store.Histogram(ctx, organization, q, edges, by...)
				if errors.Is(err, daybook.ErrInvalid) && len(edges) == 11 {
					return s.Store.Histogram(ctx, organization, q, edges)
				}
				return buckets, err
			}
		}, []string{"report/a histogram of too many"}},

		{"an edge belongs to the bucket before it", charted(func(_ *daybook.Query, edges []time.Time, _ *[]daybook.Field) []time.Time {
			for i := range edges {
				edges[i] = edges[i].Add(time.Microsecond)
			}
			return edges
		}, nil), []string{"report/an entry on an edge", "report/the histogram adds up"}},
	}
}
