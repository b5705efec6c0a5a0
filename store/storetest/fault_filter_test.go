package storetest_test

import (
	"context"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// misread makes Query and Count take one piece of a filter's text for another.
func misread(written, read string) func(*faulty) {
	return asking(func(q *daybook.Query) { q.Filter = reread(q.Filter, written, read) })
}

func reread(f daybook.Filter, written, read string) daybook.Filter {
	wrong, _, err := daybook.ParseFilter(strings.ReplaceAll(f.String(), written, read), nil)
	if err != nil {
		return f
	}
	return wrong
}

// filtering makes Query apply another filter than the one that is asked for, to the rows.
func filtering(matches func(f daybook.Filter, e daybook.Entry) bool) func(*faulty) {
	return finding(func(q *daybook.Query) {
		if !q.Filter.IsZero() {
			q.Filter, q.Limit = daybook.Filter{}, 1000
		}
	}, func(q *daybook.Query, e *daybook.Entry) bool { return q.Filter.IsZero() || matches(q.Filter, *e) })
}

func filterFaults() []fault {
	all := []string{"filter/each construct", "filter/random filters"}
	return []fault{
		{"the filter is not asked for", asking(func(q *daybook.Query) { q.Filter = daybook.Filter{} }), append(all, "filter/a filter narrows")},
		{"a filter is asked for instead of the rest", asking(func(q *daybook.Query) {
			if !q.Filter.IsZero() {
				q.UserID, q.ResourceID, q.RequestID, q.Actions, q.From = "", "", "", nil, q.To
			}
		}), []string{"filter/a filter narrows"}},
		{"what is missing is another value", misread("user!=", "-user:"), all},
		{"a negation leaves out what is missing", misread("-user:", "user!="), all},
		{"or is and", misread(" OR ", " "), all},
		{"no negation", misread("-", ""), all},
		{"a wildcard is a character", misread("*", `\*`), all},
		{"a quoted number is a number", misread(`"1"`, "1"), all},
		{"after a bound is from it on", misread(">1", ">=1"), all},
		{"a search is one word", misread(`"x y"`, "x"), all},
		{"the last day of a range is not part of it", misread("..2026-03-15T23:59Z", "..2026-03-14T23:59Z"), []string{"filter/each construct"}},
		{"ids are compared without case", filtering(func(f daybook.Filter, e daybook.Entry) bool {
			lower := e
			lower.UserID = strings.ToLower(e.UserID)
			return f.Matches(&e) || f.Matches(&lower)
		}), all},
		{"case is folded as Unicode has it", filtering(func(f daybook.Filter, e daybook.Entry) bool {
			folded := e
			folded.UserAgent = strings.Map(func(r rune) rune {
				if r == 'é' || r == 'É' {
					return 'e'
				}
				return r
			}, e.UserAgent)
			return f.Matches(&e) || f.String() == "agent:é" && reread(f, "é", "e").Matches(&folded)
		}), []string{"filter/each construct"}},
		{"details are not looked for in lists", filtering(func(f daybook.Filter, e daybook.Entry) bool {
			flat := e
			flat.Details, _ = e.Details.Normalize()
			for name, v := range flat.Details {
				if _, list := v.([]any); list {
					flat.Details[name] = "a list"
				}
			}
			return f.Matches(&flat)
		}), all},
		{"null is present", filtering(func(f daybook.Filter, e daybook.Entry) bool {
			filled := e
			filled.Details, _ = e.Details.Normalize()
			for name, v := range filled.Details {
				if v == nil {
					filled.Details[name] = false
				}
			}
			return f.Matches(&filled)
		}), all},
		{"free text is found across two values", filtering(func(f daybook.Filter, e daybook.Entry) bool {
			joined := e
			joined.UserAgent = strings.Join([]string{e.UserAgent, "x", "y"}, " ")
			return f.Matches(&joined)
		}), all},
		{"a filtered page loses its last entry", func(s *faulty) {
			s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
				page, err := s.Store.Query(ctx, organization, q)
				if n := len(page.Entries); !q.Filter.IsZero() && !page.Next.IsZero() && n > 1 {
					page.Entries = page.Entries[:n-1]
				}
				return page, err
			}
		}, all},
		{"a count is that of one page", func(s *faulty) {
			s.count = func(ctx context.Context, organization string, q daybook.Query, by []daybook.Field) ([]daybook.Group, error) {
				groups, err := s.Store.Count(ctx, organization, q, by...)
				if !q.Filter.IsZero() {
					for i := range groups {
						groups[i].Count = min(groups[i].Count, 50)
					}
				}
				return groups, err
			}
		}, all},
		{"a chart forgets the filter", charted(func(q *daybook.Query, edges []time.Time, _ *[]daybook.Field) []time.Time {
			q.Filter = daybook.Filter{}
			return edges
		}, nil), []string{"filter/reports count"}},
		{"a ranking forgets the filter", func(s *faulty) {
			s.top = func(ctx context.Context, organization string, q daybook.Query, field daybook.Field, limit int) (daybook.Top, error) {
				q.Filter = daybook.Filter{}
				return s.Store.Top(ctx, organization, q, field, limit)
			}
		}, []string{"filter/reports count"}},
	}
}
