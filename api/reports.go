package api

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/daybookdev/daybook"
)

// A histogramAnswer is the counts of entries in every interval, empty ones too.
type histogramAnswer struct {
	Interval string           `json:"interval"`
	Zone     string           `json:"tz"`
	By       string           `json:"by,omitempty"`
	Buckets  []daybook.Bucket `json:"buckets"`
	Total    int64            `json:"total"`
	Query    string           `json:"query"`
	Warnings []warning        `json:"warnings,omitempty"`
}

// spans are how far a histogram without a beginning looks back.
var spans = map[string]time.Duration{"minute": time.Hour, "hour": 24 * time.Hour, "day": 30 * 24 * time.Hour,
	"week": 26 * 7 * 24 * time.Hour, "month": 365 * 24 * time.Hour}

// histogram counts entries by the calendar of a zone.
func (a *API) histogram(c *call) (answer, error) {
	q, err := c.ask()
	interval, wrongInterval := c.choice("interval", "day", "minute", "hour", "week", "month")
	by := fields(c.list("by"))
	if err := errors.Join(err, wrongInterval, daybook.CheckFields(by)); err != nil {
		return answer{}, err
	}
	if len(by) > 1 {
		return answer{}, &daybook.FieldError{Field: "by", Reason: fmt.Sprintf("has %d fields, but a histogram is split by one at most", len(by))}
	}
	edges, err := c.edges(q, interval)
	if err != nil {
		return answer{}, renamed(err, "every", "interval")
	}
	if err := c.viewed(q); err != nil {
		return answer{}, err
	}
	ctx, cancel := c.reading()
	defer cancel()
	buckets, err := daybook.Histogram(ctx, a.config.Store, q.organization.String(), q.query, edges, by...)
	if err != nil {
		return answer{}, renamed(slow(ctx, err), "every", "interval")
	}
	out := histogramAnswer{Interval: interval, Zone: q.zone.String(), Buckets: buckets, Query: q.text, Warnings: q.warnings}
	if len(by) == 1 {
		out.By = string(by[0])
	}
	for _, b := range buckets {
		out.Total += b.Count()
	}
	return answer{body: out}, nil
}

// edges returns those of the buckets: the ones that the request names, or those of the intervals
// between the times that it asks for.
func (c *call) edges(q *asked, interval string) (edges []time.Time, err error) {
	for i, s := range c.list("edges") {
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return nil, &daybook.FieldError{Field: fmt.Sprintf("edges.%d", i), Reason: "is not a time such as 2026-11-07T10:00:05Z"}
		}
		edges = append(edges, t)
	}
	if len(edges) > 0 {
		return edges, daybook.CheckEdges(edges)
	}
	from, to := bounds(q.own.Tree())
	to = or(or(q.query.To, to), c.now)
	from = or(or(q.query.From, from), to.Add(-spans[interval]))
	if edges, err = daybook.Edges(from, to, daybook.Interval(interval), q.zone); err == nil {
		q.query = q.query.Within(from, to)
	}
	return edges, err
}

// time returns a parameter that is a time of RFC 3339, zero when it is absent.
func (c *call) time(name string) (time.Time, error) {
	s := c.text(name)
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return t, &daybook.FieldError{Field: name, Reason: fmt.Sprintf("is %.60q, not a time such as 2026-11-07T10:00:05Z", s)}
	}
	return t, nil
}

// renamed calls a field of the library as its parameter is called.
func renamed(err error, from, to string) error {
	if f, ok := errors.AsType[*daybook.FieldError](err); ok && f.Field == from {
		return &daybook.FieldError{Field: to, Reason: f.Reason}
	}
	return err
}

// A topAnswer is the most frequent values of a field.
type topAnswer struct {
	Field   string          `json:"field"`
	Values  []daybook.Group `json:"values"`
	Other   int64           `json:"other"`
	Missing int64           `json:"missing"`
}

const mostFacets = 10

// top answers the most frequent values of one field.
func (a *API) top(c *call) (answer, error) {
	q, err := c.ask()
	limit, wrong := c.number("limit", 1, daybook.MaxTop, daybook.DefaultTop)
	if c.text("field") == "" {
		wrong = errors.Join(wrong, &daybook.FieldError{Field: "field", Reason: "is missing: name one such as action or details.reason"})
	}
	if err := errors.Join(err, wrong); err != nil {
		return answer{}, err
	}
	tops, err := a.tops(c, q, []string{c.text("field")}, limit)
	if err != nil {
		return answer{}, err
	}
	return answer{body: struct {
		topAnswer
		Query    string    `json:"query"`
		Warnings []warning `json:"warnings,omitempty"`
	}{tops[0], q.text, q.warnings}}, nil
}

// facets answers the most frequent values of several fields.
func (a *API) facets(c *call) (answer, error) {
	q, err := c.ask()
	limit, wrong := c.number("limit", 1, daybook.MaxTop, daybook.DefaultTop)
	names := c.list("fields")
	if len(names) == 0 {
		names = []string{"action", "resource_type", "outcome", "actor_type", "user_id"}
	}
	if len(names) > mostFacets {
		wrong = errors.Join(wrong, &daybook.FieldError{Field: "fields", Reason: fmt.Sprintf("has %d fields, more than %d", len(names), mostFacets)})
	}
	if err := errors.Join(err, wrong); err != nil {
		return answer{}, err
	}
	tops, err := a.tops(c, q, names, limit)
	if err != nil {
		return answer{}, renamed(err, "field", "fields")
	}
	return answer{body: struct {
		Facets   []topAnswer `json:"facets"`
		Query    string      `json:"query"`
		Warnings []warning   `json:"warnings,omitempty"`
	}{tops, q.text, q.warnings}}, nil
}

func (a *API) tops(c *call, q *asked, names []string, limit int) ([]topAnswer, error) {
	for _, name := range names {
		if _, err := daybook.NewRanking(daybook.Field(name), limit); err != nil {
			return nil, err
		}
	}
	if err := c.viewed(q); err != nil {
		return nil, err
	}
	ctx, cancel := c.reading()
	defer cancel()
	var tops []topAnswer
	for _, name := range names {
		top, err := daybook.TopValues(ctx, a.config.Store, q.organization.String(), q.query, daybook.Field(name), limit)
		if err != nil {
			return nil, slow(ctx, err)
		}
		tops = append(tops, topAnswer{name, top.Values, top.Other, top.Missing})
	}
	return tops, nil
}

// A userReport is what one user did: the guide's report.
type userReport struct {
	UserID    string           `json:"user_id"`
	From      time.Time        `json:"from"`
	To        time.Time        `json:"to"`
	Total     int64            `json:"total"`
	Actions   []daybook.Group  `json:"actions"`
	Resources []daybook.Group  `json:"resource_types"`
	Outcomes  []daybook.Group  `json:"outcomes"`
	Days      []daybook.Bucket `json:"days"`
	Entries   []daybook.Entry  `json:"entries"` // the first of them, oldest first, as in the guide
	Next      string           `json:"next,omitempty"`
}

// userReport answers what one user did in the last days: counts, days, and the entries page by page.
func (a *API) userReport(c *call) (answer, error) {
	q, err := c.ask()
	days, wrongDays := c.number("days", 1, 366, 30)
	p, wrongPage := c.page()
	if err := errors.Join(err, wrongDays, wrongPage); err != nil {
		return answer{}, err
	}
	from := q.query.From
	if c.text("cursor") != "" && from.IsZero() {
		return answer{}, &daybook.FieldError{Field: "from", Reason: "is missing: repeat the \"from\" of the first page"}
	}
	from = or(from, c.now.AddDate(0, 0, -days).UTC().Truncate(time.Microsecond))
	to := from.AddDate(0, 0, days)
	q.query.UserID, q.query.From, q.query.To = c.r.PathValue("id"), from, to
	q.query.Order, q.query.Limit = daybook.Oldest, p.limit
	if q.query.After, err = a.config.Cursors.Open(q.organization.String(), q.query, p.cursor); err != nil {
		return answer{}, cursorFault(err)
	}
	edges, err := daybook.Edges(from, q.query.To, daybook.Day, q.zone)
	if err != nil {
		return answer{}, err
	}
	if err := c.viewedOne(q, fmt.Sprintf("user:%q created:>=%s", q.query.UserID, from.Format(time.DateOnly))); err != nil {
		return answer{}, err
	}
	ctx, cancel := c.reading()
	defer cancel()
	r := userReport{UserID: q.query.UserID, From: from, To: to}
	organization, store := q.organization.String(), a.config.Store
	for field, groups := range map[daybook.Field]*[]daybook.Group{daybook.ByAction: &r.Actions, daybook.ByResourceType: &r.Resources, daybook.ByOutcome: &r.Outcomes} {
		if *groups, err = store.Count(ctx, organization, q.query, field); err != nil {
			return answer{}, slow(ctx, err)
		}
		*groups = orEmpty(*groups)
	}
	for _, g := range r.Outcomes {
		r.Total += g.Count
	}
	if r.Days, err = daybook.Histogram(ctx, store, organization, q.query, edges); err != nil {
		return answer{}, slow(ctx, err)
	}
	page, err := store.Query(ctx, organization, q.query)
	if err != nil {
		return answer{}, slow(ctx, err)
	}
	r.Entries = orEmpty(page.Entries)
	next, err := a.config.Cursors.Seal(organization, q.query, page.Next)
	r.Next = sealedWith(c.now, next)
	return answer{body: r}, err
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// resourceTrail answers what happened to one resource.
func (a *API) resourceTrail(c *call) (answer, error) {
	return a.trail(c, func(q *daybook.Query) string {
		q.ResourceType, q.ResourceID = c.r.PathValue("type"), c.r.PathValue("id")
		return fmt.Sprintf("type:%q resource_id:%q", q.ResourceType, q.ResourceID)
	})
}

// auditLog answers what happened to the resources that have an id: the guide's endpoint.
func (a *API) auditLog(c *call) (answer, error) {
	return a.trail(c, func(q *daybook.Query) string {
		q.ResourceID = c.r.PathValue("resource_id")
		return fmt.Sprintf("resource_id:%q", q.ResourceID)
	})
}

// userTrail answers what one user did.
func (a *API) userTrail(c *call) (answer, error) {
	return a.trail(c, func(q *daybook.Query) string {
		q.UserID = c.r.PathValue("id")
		return fmt.Sprintf("user:%q", q.UserID)
	})
}

// trail answers a page of the entries that narrow leaves; it returns what it does as a filter.
func (a *API) trail(c *call, narrow func(*daybook.Query) string) (answer, error) {
	q, err := c.ask()
	p, wrong := c.page()
	if err := errors.Join(err, wrong); err != nil {
		return answer{}, err
	}
	if text := narrow(&q.query); q.text == "" {
		q.text = text
	} else {
		q.text = text + " (" + q.text + ")"
	}
	check := q.query
	if err := check.Normalize(); err != nil {
		return answer{}, fmt.Errorf("%w%w", refuse(http.StatusBadRequest, "invalid", "the path names what no entry can have"), err)
	}
	return a.list(c, q, p)
}
