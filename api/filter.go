package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// filter parses a filter, given as text or as a tree, into q, and joins it with what the credential is
// limited to: as trees, so that nothing in one can widen the other.
func (c *call) filter(q *asked, text string, tree []byte) error {
	o := &daybook.FilterOptions{Now: c.now, Zone: q.zone, Me: c.principal.UserID(), Actions: c.config.Actions}
	var f daybook.Filter
	var notes []daybook.FilterNote
	var err error
	if tree != nil {
		f, notes, err = daybook.ParseFilterJSON(tree, o)
	} else {
		f, notes, err = daybook.ParseFilter(text, o)
	}
	if err != nil {
		return err
	}
	limit, _, err := daybook.ParseFilter(c.principal.Filter(), &daybook.FilterOptions{Now: c.now})
	if err != nil { // it was checked when the token was made: what cannot be read allows nothing
		return errors.Join(errForbidden, err)
	}
	q.query.Filter, q.own, q.text = daybook.AllOf(limit, f), f, f.String()
	for _, n := range notes {
		q.warnings = append(q.warnings, warning(n))
	}
	return nil
}

// A cursor that leaves the server carries the moment that relative times of its query count from, so
// that -7d means the same on every page. The moment is part of the filter, to which the cursor is
// bound: one that was altered is refused.

func sealedWith(now time.Time, cursor string) string {
	if cursor == "" {
		return ""
	}
	return cursor + "." + strconv.FormatInt(now.UnixMicro(), 36)
}

func momentOf(cursor string) (string, time.Time) {
	sealed, moment, ok := strings.Cut(cursor, ".")
	us, err := strconv.ParseInt(moment, 36, 64)
	if !ok || err != nil || us < 0 || us > 1<<53 || strconv.FormatInt(us, 36) != moment {
		return "not one of ours", time.Now()
	}
	return sealed, time.UnixMicro(us)
}

// A filterAnswer is what a filter means.
type filterAnswer struct {
	Query    string          `json:"query"`
	Filter   json.RawMessage `json:"filter"`
	Warnings []warning       `json:"warnings,omitempty"`
}

// parse checks a filter, for a search bar and for whoever keeps filters.
func (a *API) parse(c *call) (answer, error) {
	q := &asked{}
	var err, wrong error
	q.zone, wrong = zone("tz", c.text("tz"))
	if err = errors.Join(wrong, c.filter(q, c.text("q"), nil)); err != nil {
		return answer{}, err
	}
	if err := c.session(); err != nil {
		return answer{}, err
	}
	tree, err := q.own.MarshalJSON()
	if err != nil {
		return answer{}, fmt.Errorf("write the filter: %w", err)
	}
	return answer{body: filterAnswer{q.text, tree, q.warnings}}, nil
}

// bounds returns the times that the filter leaves, as far as they stand at its top. A zero bound is
// none.
func bounds(tree daybook.FilterTree) (from, to time.Time) {
	switch t := tree.(type) {
	case daybook.FilterTimes:
		if t.Field == "created_at" {
			return t.From, t.To
		}
	case daybook.FilterAll:
		for _, part := range t {
			f, u := bounds(part)
			if from.IsZero() || !f.IsZero() && f.After(from) {
				from = f
			}
			if to.IsZero() || !u.IsZero() && u.Before(to) {
				to = u
			}
		}
	}
	return from, to
}
