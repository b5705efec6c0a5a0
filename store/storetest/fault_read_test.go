package storetest_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/daybookdev/daybook"
)

// reading makes Query return other entries than are stored.
func reading(s *faulty, change func(e *daybook.Entry)) {
	s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
		page, err := s.Store.Query(ctx, organization, q)
		for i := range page.Entries {
			change(&page.Entries[i])
		}
		return page, err
	}
}

func readAs(change func(e *daybook.Entry)) func(*faulty) {
	return func(s *faulty) { reading(s, change) }
}

// asking makes Query and Count answer another question.
func asking(change func(q *daybook.Query)) func(*faulty) {
	return func(s *faulty) {
		s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
			change(&q)
			return s.Store.Query(ctx, organization, q)
		}
		s.count = func(ctx context.Context, organization string, q daybook.Query, by []daybook.Field) ([]daybook.Group, error) {
			change(&q)
			return s.Store.Count(ctx, organization, q, by...)
		}
	}
}

// finding makes Query leave out a filter and find by another instead.
func finding(leaveOut func(q *daybook.Query), finds func(q *daybook.Query, e *daybook.Entry) bool) func(*faulty) {
	return func(s *faulty) {
		s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
			asked := q
			leaveOut(&q)
			page, err := s.Store.Query(ctx, organization, q)
			page.Entries = slices.DeleteFunc(page.Entries, func(e daybook.Entry) bool { return !finds(&asked, &e) })
			return page, err
		}
	}
}

// counted makes Count return other groups.
func counted(change func(q daybook.Query, by []daybook.Field, groups []daybook.Group, err error) ([]daybook.Group, error)) func(*faulty) {
	return func(s *faulty) {
		s.count = func(ctx context.Context, organization string, q daybook.Query, by []daybook.Field) ([]daybook.Group, error) {
			groups, err := s.Store.Count(ctx, organization, q, by...)
			return change(q, by, groups, err)
		}
	}
}

// anyOrganization makes Query ask for every organization that same takes for the one that is asked for.
func anyOrganization(same func(asked, stored string, q *daybook.Query) bool) func(*faulty) {
	return func(s *faulty) {
		var names sync.Map
		s.append = func(ctx context.Context, entries []daybook.Entry) error {
			for _, e := range entries {
				names.Store(e.OrganizationID, true)
			}
			return s.Store.Append(ctx, entries...)
		}
		s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
			page, err := s.Store.Query(ctx, organization, q)
			names.Range(func(name, _ any) bool {
				if other := name.(string); other != organization && same(organization, other, &q) {
					more, _ := s.Store.Query(ctx, other, q)
					page.Entries = append(page.Entries, more.Entries...)
				}
				return true
			})
			return page, err
		}
	}
}

// rounded returns v with its numbers as float64 has them.
func rounded(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, _ := v.Float64()
		return f
	case map[string]any:
		for name := range v {
			v[name] = rounded(v[name])
		}
	case []any:
		for i := range v {
			v[i] = rounded(v[i])
		}
	}
	return v
}

func readFaults() []fault {
	return []fault{
		{"no details come back as empty ones", readAs(func(e *daybook.Entry) {
			if e.Details == nil {
				e.Details = daybook.Details{}
			}
		}), []string{"fields/absent and empty", "fields/every field"}},

		{"an IPv4 address comes back as IPv6", readAs(func(e *daybook.Entry) {
			if e.IPAddress.Is4() {
				e.IPAddress = netip.AddrFrom16(e.IPAddress.As16())
			}
		}), []string{"fields/every field"}},

		{"UUIDs come back in upper case", readAs(func(e *daybook.Entry) {
			if len(e.UserID) == 36 {
				e.UserID = strings.ToUpper(e.UserID)
			}
		}), []string{"fields/a UUID", "fields/every field"}},

		{"an organization's UUID is compared as text", func(s *faulty) {
			s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
				page, err := s.Store.Query(ctx, organization, q)
				if len(page.Entries) > 0 && page.Entries[0].OrganizationID != organization {
					page = daybook.Page{}
				}
				return page, err
			}
		}, []string{"fields/a UUID"}},

		{"times are kept to the millisecond", readAs(func(e *daybook.Entry) {
			e.CreatedAt = e.CreatedAt.Truncate(time.Millisecond)
		}), []string{"fields/times"}},

		{"times come back in the zone of the machine", readAs(func(e *daybook.Entry) {
			e.CreatedAt = e.CreatedAt.In(time.FixedZone("", 3600))
		}), []string{"fields/times"}},

		{"members that are null are lost", readAs(func(e *daybook.Entry) {
			for name, v := range e.Details {
				if v == nil {
					delete(e.Details, name)
				}
			}
		}), []string{"details/details of every shape", "details/Go values"}},

		{"numbers go through float64", readAs(func(e *daybook.Entry) {
			rounded(map[string]any(e.Details))
			e.Details, _ = e.Details.Normalize()
		}), []string{"details/numbers", "details/Go values"}},

		{"the first two entries of a page are exchanged", func(s *faulty) {
			s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
				page, err := s.Store.Query(ctx, organization, q)
				if len(page.Entries) > 1 {
					page.Entries[0], page.Entries[1] = page.Entries[1], page.Entries[0]
				}
				return page, err
			}
		}, []string{"query/the zero Query", "pages/pages meet", "model/"}},

		{"the request id is not asked for", asking(func(q *daybook.Query) { q.RequestID = "" }),
			[]string{"query/each filter", "query/filters together", "isolation/no query"}},

		{"of a list only the first item counts", asking(func(q *daybook.Query) { q.Actions = q.Actions[:min(1, len(q.Actions))] }),
			[]string{"query/each filter", "query/filters together"}},

		{"a user or a resource is enough", finding(func(q *daybook.Query) {
			if q.UserID != "" && q.ResourceID != "" {
				q.UserID, q.ResourceID = "", ""
			}
		}, func(q *daybook.Query, e *daybook.Entry) bool {
			return q.UserID == "" || q.ResourceID == "" || q.UserID == e.UserID || q.ResourceID == e.ResourceID
		}), []string{"query/filters together"}},

		{"the id is not asked for together with a time", asking(func(q *daybook.Query) {
			if !q.From.IsZero() {
				q.ID = daybook.ID{}
			}
		}), []string{"query/an entry is found by its id"}},

		{"text is compared without case", finding(func(q *daybook.Query) { q.UserID, q.Limit = "", 1000 },
			func(q *daybook.Query, e *daybook.Entry) bool {
				return q.UserID == "" || strings.EqualFold(q.UserID, e.UserID)
			}), []string{"query/text is found", "query/each filter"}},

		{"text is compared as a pattern", finding(func(q *daybook.Query) { q.ResourceID, q.Limit = "", 1000 },
			func(q *daybook.Query, e *daybook.Entry) bool {
				return q.ResourceID == "" || q.ResourceID == "%" || q.ResourceID == e.ResourceID
			}), []string{"query/text is found"}},

		{"details are compared member by member", finding(func(q *daybook.Query) { q.Details, q.Limit = nil, 1000 },
			func(q *daybook.Query, e *daybook.Entry) bool {
				want, _ := q.Details.Normalize()
				for name, v := range want {
					if got, ok := e.Details[name]; !ok || !reflect.DeepEqual(got, v) {
						return false
					}
				}
				return true
			}), []string{"query/details are found"}},

		{"networks are rounded to whole bytes", asking(func(q *daybook.Query) {
			if q.IPAddress.IsValid() {
				q.IPAddress = netip.PrefixFrom(q.IPAddress.Addr(), q.IPAddress.Bits()/8*8)
			}
		}), []string{"query/addresses"}},

		{"a wrong filter is left out", asking(func(q *daybook.Query) {
			if err := new(*q).Normalize(); err != nil && !errors.Is(err, daybook.ErrCursor) {
				*q = daybook.Query{}
			}
		}), []string{"query/a wrong query"}},

		{"no organization is some organization", func(s *faulty) {
			s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
				return s.Store.Query(ctx, cmp.Or(organization, "acme"), q)
			}
		}, []string{"query/without an organization"}},

		{"a question whose context ended takes its connection with it", func(s *faulty) {
			s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
				if ctx.Err() != nil {
					s.Close()
				}
				return s.Store.Query(ctx, organization, q)
			}
		}, []string{"query/a question whose context"}},

		{"the error of the context is lost", func(s *faulty) {
			s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
				page, err := s.Store.Query(ctx, organization, q)
				if errors.Is(err, context.Canceled) {
					err = errors.New("interrupted")
				}
				return page, err
			}
		}, []string{"query/a question whose context"}},

		{"To is part of the range", asking(func(q *daybook.Query) {
			if !q.To.IsZero() {
				q.To = q.To.Add(time.Microsecond)
			}
		}), []string{"times/From is part", "query/each filter", "query/an entry is found by its id"}},

		{"the nanoseconds of a bound are cut", asking(func(q *daybook.Query) { q.From = q.From.Truncate(time.Microsecond) }),
			[]string{"times/From is part", "times/an entry whose id"}},

		{"a bound goes through nanoseconds in 64 bits", asking(func(q *daybook.Query) {
			if !q.From.IsZero() {
				q.From = time.Unix(0, q.From.UnixNano())
			}
		}), []string{"times/a range may lie"}},

		{"a range compares the milliseconds of ids", asking(func(q *daybook.Query) {
			q.From, q.To = q.From.Truncate(time.Millisecond), q.To.Truncate(time.Millisecond)
		}), []string{"times/an entry whose id", "times/From is part"}},

		{"an id is found in every organization", anyOrganization(func(_, _ string, q *daybook.Query) bool { return !q.ID.IsZero() }),
			[]string{"isolation/no query", "same id/one id in two"}},

		{"a cursor forgets the organization", anyOrganization(func(_, _ string, q *daybook.Query) bool { return !q.After.IsZero() }),
			[]string{"isolation/no query"}},

		{"a filter by details forgets the organization", anyOrganization(func(_, _ string, q *daybook.Query) bool { return len(q.Details) > 0 }),
			[]string{"isolation/no query"}},

		{"organizations are compared without case", anyOrganization(func(a, b string, _ *daybook.Query) bool { return strings.EqualFold(a, b) }),
			[]string{"isolation/organizations that look alike"}},

		{"organizations are compared by how they begin", anyOrganization(func(a, b string, _ *daybook.Query) bool { return strings.HasPrefix(b, a) }),
			[]string{"isolation/organizations that look alike", "isolation/no query"}},

		{"a count forgets the organization", func(s *faulty) {
			s.count = func(ctx context.Context, organization string, q daybook.Query, by []daybook.Field) ([]daybook.Group, error) {
				all, _, err := s.Store.Tail(ctx, daybook.Position{}, 1<<30)
				return []daybook.Group{{Count: int64(len(all))}}, err
			}
		}, []string{"isolation/no query", "isolation/organizations that look alike"}},

		{"a count forgets the user", func(s *faulty) {
			s.count = func(ctx context.Context, organization string, q daybook.Query, by []daybook.Field) ([]daybook.Group, error) {
				q.UserID = ""
				return s.Store.Count(ctx, organization, q, by...)
			}
		}, []string{"count/counts equal", "isolation/no query"}},

		{"groups come smallest first", counted(func(_ daybook.Query, _ []daybook.Field, groups []daybook.Group, err error) ([]daybook.Group, error) {
			slices.Reverse(groups)
			return groups, err
		}), []string{"count/groups come", "count/counts equal"}},

		{"entries without a value are not counted", counted(func(_ daybook.Query, _ []daybook.Field, groups []daybook.Group, err error) ([]daybook.Group, error) {
			return slices.DeleteFunc(groups, func(g daybook.Group) bool { return slices.Contains(g.Values, "") }), err
		}), []string{"count/an absent value", "count/counts equal"}},

		{"nothing is no group", counted(func(_ daybook.Query, _ []daybook.Field, groups []daybook.Group, err error) ([]daybook.Group, error) {
			return slices.DeleteFunc(groups, func(g daybook.Group) bool { return g.Count == 0 }), err
		}), []string{"count/without fields"}},

		{"the limit bounds the count", counted(func(q daybook.Query, _ []daybook.Field, groups []daybook.Group, err error) ([]daybook.Group, error) {
			for i := range groups {
				if q.Limit > 0 {
					groups[i].Count = min(groups[i].Count, int64(q.Limit))
				}
			}
			return groups, err
		}), []string{"count/order, cursor and limit", "count/counts equal", "model/"}},

		{"groups are cut at 1000", counted(func(_ daybook.Query, _ []daybook.Field, groups []daybook.Group, err error) ([]daybook.Group, error) {
			if err != nil && strings.Contains(err.Error(), fmt.Sprint(daybook.MaxGroups)) {
				return make([]daybook.Group, daybook.MaxGroups), nil
			}
			return groups, err
		}), []string{"count/more groups than 1000"}},

		{"an unknown field is left out", func(s *faulty) {
			s.count = func(ctx context.Context, organization string, q daybook.Query, by []daybook.Field) ([]daybook.Group, error) {
				by = slices.DeleteFunc(slices.Clone(by), func(f daybook.Field) bool { return daybook.CheckFields([]daybook.Field{f}) != nil })
				return s.Store.Count(ctx, organization, q, by...)
			}
		}, []string{"count/entries are counted by known"}},
	}
}
