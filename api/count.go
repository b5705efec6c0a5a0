package api

import (
	"errors"

	"github.com/daybookdev/daybook"
)

// A countAnswer is the counts of the groups that by makes, largest first.
type countAnswer struct {
	By       []string        `json:"by"`
	Groups   []daybook.Group `json:"groups"`
	Total    int64           `json:"total"`
	Query    string          `json:"query"`
	Warnings []warning       `json:"warnings,omitempty"`
}

// count counts the entries that the filter finds, in groups.
func (a *API) count(c *call) (answer, error) {
	q, err := c.ask()
	by := fields(c.list("by"))
	if err := errors.Join(err, daybook.CheckFields(by)); err != nil {
		return answer{}, err
	}
	if err := c.viewed(q); err != nil {
		return answer{}, err
	}
	ctx, cancel := c.reading()
	defer cancel()
	groups, err := a.config.Store.Count(ctx, q.organization.String(), q.query, by...)
	if err != nil {
		return answer{}, slow(ctx, err)
	}
	out := countAnswer{By: []string{}, Groups: []daybook.Group{}, Query: q.text, Warnings: q.warnings}
	for _, f := range by {
		out.By = append(out.By, string(f))
	}
	for _, g := range groups {
		if out.Total += g.Count; g.Values == nil {
			g.Values = []string{}
		}
		out.Groups = append(out.Groups, g)
	}
	return answer{body: out}, nil
}

func fields(names []string) []daybook.Field {
	var by []daybook.Field
	for _, n := range names {
		by = append(by, daybook.Field(n))
	}
	return by
}
