package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
)

// filterParameters are those of every route that takes a filter.
var filterParameters = []string{"organization", "q", "tz", "from", "to"}

func parameters(lists ...[]string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// An asked is what a request asks of the log: a query, and in which organization. Only ask makes one.
type asked struct {
	organization access.Organization
	query        daybook.Query
	own          daybook.Filter // what was asked for, without what the credential is limited to
	zone         *time.Location
	text         string // the canonical filter, for the log
	warnings     []warning
}

// A warning is what may be wrong with a filter that was understood.
type warning struct {
	Code       string `json:"code"`
	Message    string `json:"message"`
	At         int    `json:"at"`
	Length     int    `json:"length"`
	Suggestion string `json:"suggestion,omitempty"`
}

// ask reads organization, q and tz, and joins the filter with what the credential is limited to.
func (c *call) ask() (*asked, error) {
	organization, err := c.organization()
	if err != nil {
		return nil, err
	}
	q := &asked{organization: organization, zone: time.UTC}
	q.zone, err = zone("tz", c.text("tz"))
	from, wrongFrom := c.time("from")
	to, wrongTo := c.time("to")
	q.query.From, q.query.To = from, to
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		q.warnings = append(q.warnings, warning{Code: daybook.NoteAlwaysEmpty, Message: "to is not after from: nothing can be found"})
	}
	return q, errors.Join(err, wrongFrom, wrongTo, c.exact(&q.query), c.filter(q, c.text("q"), c.filterTree))
}

func zone(field, name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	z, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return time.UTC, &daybook.FieldError{Field: field, Reason: "is not the name of a time zone such as Europe/Berlin"}
	}
	return z, nil
}

// A page is what is asked of a list.
type pageAsked struct {
	order  string
	limit  int
	cursor string
	after  daybook.ID // of an entry, instead of a cursor
}

var pageParameters = []string{"order", "limit", "cursor"}

func (c *call) page() (p pageAsked, err error) {
	var wrong error
	p.order, err = c.choice("order", "newest", "oldest")
	p.limit, wrong = c.number("limit", 1, daybook.MaxLimit, daybook.DefaultLimit)
	p.cursor, _ = momentOf(c.text("cursor"))
	if c.text("cursor") == "" {
		p.cursor = ""
	}
	if after := c.text("after"); after != "" {
		var wrongAfter error
		if p.after, wrongAfter = daybook.ParseID(after); wrongAfter != nil || p.cursor != "" {
			err = errors.Join(err, &daybook.FieldError{Field: "after", Reason: "must be the id of an entry, and there can be no cursor beside it"})
		}
	}
	return p, errors.Join(err, wrong)
}

// An entriesAnswer is a page of entries.
type entriesAnswer struct {
	Entries   []daybook.Entry `json:"entries"`
	Next      string          `json:"next,omitempty"`       // the cursor of the next page; absent on the last
	NextAfter *daybook.ID     `json:"next_after,omitempty"` // the same place as an id, for the after of a search; not for limited credentials
	ScannedTo time.Time       `json:"scanned_to,omitzero"`  // of a short page: everything behind this time was looked at
	Query     string          `json:"query"`                // the filter, in its canonical form
	Warnings  []warning       `json:"warnings,omitempty"`
}

// scannedTo returns how far a short page has looked. For a credential with a filter it is to the minute,
// on the side of what was looked at: the moment itself is that of an entry that it may not see.
func (c *call) scannedTo(at time.Time, order daybook.Order) time.Time {
	if at.IsZero() || c.principal.Filter() == "" {
		return at
	}
	minute := at.Truncate(time.Minute)
	if order == daybook.Newest && minute.Before(at) {
		minute = minute.Add(time.Minute)
	}
	return minute
}

// entries answers one page.
func (a *API) entries(c *call) (answer, error) {
	q, err := c.ask()
	p, wrong := c.page()
	if err := errors.Join(err, wrong); err != nil {
		return answer{}, err
	}
	return a.list(c, q, p)
}

func (a *API) list(c *call, q *asked, p pageAsked) (answer, error) {
	if q.query.Limit = p.limit; p.order == "oldest" {
		q.query.Order = daybook.Oldest
	}
	var err error
	if !p.after.IsZero() {
		q.query.After = daybook.Cursor{Order: q.query.Order, ID: p.after}
	} else if q.query.After, err = a.config.Cursors.Open(q.organization.String(), q.query, p.cursor); err != nil {
		return answer{}, cursorFault(err)
	}
	if err := c.viewed(q); err != nil {
		return answer{}, err
	}
	ctx, cancel := c.reading()
	defer cancel()
	page, err := a.config.Store.Query(ctx, q.organization.String(), q.query)
	if err != nil {
		return answer{}, slow(ctx, err)
	}
	next, err := a.config.Cursors.Seal(q.organization.String(), q.query, page.Next)
	if err != nil {
		return answer{}, err
	}
	out := entriesAnswer{Entries: orEmpty(page.Entries), Next: sealedWith(c.now, next), ScannedTo: c.scannedTo(page.ScannedTo, q.query.Order), Query: q.text, Warnings: q.warnings}
	if !page.Next.IsZero() && c.principal.Filter() == "" {
		out.NextAfter = &page.Next.ID
	}
	return answer{body: out}, nil
}

// cursorFault names the parameter in which the cursor came.
func cursorFault(err error) error {
	if !errors.Is(err, daybook.ErrCursor) {
		return err
	}
	f := refuse(http.StatusBadRequest, "cursor_invalid", "the cursor is not one of this query: start from the first page")
	f.Errors = []fieldFault{{Field: "cursor", Reason: "is not one that this query has given out"}}
	return f
}

// entry answers one entry.
func (a *API) entry(c *call) (answer, error) {
	q, err := c.ask()
	if err != nil {
		return answer{}, err
	}
	id, err := daybook.ParseID(c.r.PathValue("id"))
	if err != nil {
		return answer{}, err
	}
	q.query.ID = id
	if err := c.viewedOne(q, "id:"+id.String()); err != nil {
		return answer{}, err
	}
	ctx, cancel := c.reading()
	defer cancel()
	page, err := a.config.Store.Query(ctx, q.organization.String(), q.query)
	switch {
	case err != nil:
		return answer{}, slow(ctx, err)
	case len(page.Entries) == 0:
		return answer{}, errNotFound
	}
	return answer{body: page.Entries[0], tag: true}, nil
}
