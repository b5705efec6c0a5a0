package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/daybookdev/daybook"
)

// A search is the body of the POST forms of the routes that read.
type search struct {
	Organization string          `json:"organization"`
	Where        *where          `json:"where,omitempty"`
	Filter       *daybook.Filter `json:"filter,omitempty"`
	From         *time.Time      `json:"from,omitempty"`
	To           *time.Time      `json:"to,omitempty"`
	Order        string          `json:"order,omitempty"`
	Limit        int             `json:"limit,omitempty"`
	After        string          `json:"after,omitempty"`
	By           []string        `json:"by,omitempty"`
	Field        string          `json:"field,omitempty"`
	Edges        []string        `json:"edges,omitempty"`
}

type where struct {
	ID           string              `json:"id,omitempty"`
	Actions      []daybook.Action    `json:"actions,omitempty"`
	ActorTypes   []daybook.ActorType `json:"actor_types,omitempty"`
	Outcomes     []daybook.Outcome   `json:"outcomes,omitempty"`
	ResourceType string              `json:"resource_type,omitempty"`
	ResourceID   string              `json:"resource_id,omitempty"`
	UserID       string              `json:"user_id,omitempty"`
	RequestID    string              `json:"request_id,omitempty"`
	IPAddress    string              `json:"ip_address,omitempty"`
	Details      daybook.Details     `json:"details,omitempty"`
}

// searchFor returns the body of a query that was normalized.
func searchFor(organization string, q daybook.Query) search {
	w := where{Actions: q.Actions, ActorTypes: q.ActorTypes, Outcomes: q.Outcomes, ResourceType: q.ResourceType,
		ResourceID: q.ResourceID, UserID: q.UserID, RequestID: q.RequestID, Details: q.Details}
	if !q.ID.IsZero() {
		w.ID = q.ID.String()
	}
	if q.IPAddress.IsValid() {
		w.IPAddress = q.IPAddress.String()
	}
	s := search{Organization: organization, Where: &w, From: stamp(q.From), To: stamp(q.To)}
	if !q.Filter.IsZero() {
		s.Filter = &q.Filter
	}
	if !q.After.IsZero() {
		s.After = q.After.ID.String()
	}
	return s
}

// stamp returns a time as JSON can have it, nil when there is no bound. Times that RFC 3339 cannot
// write lie outside of all entries' and mean as much at the edge of what it can.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	switch y := t.Year(); {
	case y < 1:
		t = time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)
	case y > 9999:
		t = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	return &t
}

// Query returns one page; see [daybook.Store].
func (s *Store) Query(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
	page, err := s.query(ctx, organization, q)
	if err != nil {
		return daybook.Page{}, fmt.Errorf("query: %w", s.because(ctx, err))
	}
	return page, nil
}

func (s *Store) query(ctx context.Context, organization string, q daybook.Query) (page daybook.Page, err error) {
	if organization, err = s.prepare(ctx, organization, &q); err != nil {
		return page, err
	}
	body := searchFor(organization, q)
	body.Order, body.Limit = q.Order.String(), q.Limit
	var answer struct {
		Entries   []daybook.Entry
		NextAfter daybook.ID `json:"next_after"`
		Next      string
		ScannedTo time.Time `json:"scanned_to"`
	}
	if err := s.read(ctx, "/v1/entries/search", body, &answer); err != nil {
		return page, err
	}
	page.ScannedTo = answer.ScannedTo
	if page.Entries = answer.Entries; !answer.NextAfter.IsZero() {
		page.Next = daybook.Cursor{Order: q.Order, ID: answer.NextAfter}
	} else if answer.Next != "" && len(answer.Entries) > 0 { // a credential that sees a part
		page.Next = daybook.Cursor{Order: q.Order, ID: answer.Entries[len(answer.Entries)-1].ID}
	}
	return page, nil
}

// prepare checks what every read has in common, as stores do.
func (s *Store) prepare(ctx context.Context, organization string, q *daybook.Query) (string, error) {
	if err := s.use(ctx); err != nil {
		return "", err
	}
	organization, err := daybook.NormalizeOrganization(organization)
	if err == nil {
		err = q.Normalize()
	}
	return organization, err
}

func (s *Store) read(ctx context.Context, path string, body search, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return s.call(ctx, request{method: http.MethodPost, path: path, body: text, contentType: "application/json"}, answer)
}

// Count counts entries in groups; see [daybook.Store].
func (s *Store) Count(ctx context.Context, organization string, q daybook.Query, by ...daybook.Field) ([]daybook.Group, error) {
	groups, err := s.count(ctx, organization, q, by)
	if err != nil {
		return nil, fmt.Errorf("count: %w", s.because(ctx, err))
	}
	return groups, nil
}

func (s *Store) count(ctx context.Context, organization string, q daybook.Query, by []daybook.Field) ([]daybook.Group, error) {
	q.Order, q.After, q.Limit = daybook.Newest, daybook.Cursor{}, 0 // not used
	organization, err := s.prepare(ctx, organization, &q)
	if err == nil {
		err = daybook.CheckFields(by)
	}
	if err != nil {
		return nil, err
	}
	body := searchFor(organization, q)
	for _, f := range by {
		body.By = append(body.By, string(f))
	}
	var answer struct{ Groups []daybook.Group }
	if err := s.read(ctx, "/v1/entries/count", body, &answer); err != nil {
		return nil, err
	}
	return answer.Groups, nil
}

// Histogram counts entries in buckets; see [daybook.Reporter].
func (s *Store) Histogram(ctx context.Context, organization string, q daybook.Query, edges []time.Time, by ...daybook.Field) ([]daybook.Bucket, error) {
	buckets, err := s.histogram(ctx, organization, q, edges, by)
	if err != nil {
		return nil, fmt.Errorf("histogram: %w", s.because(ctx, err))
	}
	return buckets, nil
}

func (s *Store) histogram(ctx context.Context, organization string, q daybook.Query, edges []time.Time, by []daybook.Field) ([]daybook.Bucket, error) {
	q.Order, q.After, q.Limit = daybook.Newest, daybook.Cursor{}, 0 // not used
	if _, err := daybook.NewTally(edges, by...); err != nil {       // refuses what the server would
		return nil, err
	}
	organization, err := s.prepare(ctx, organization, &q)
	if err != nil {
		return nil, err
	}
	body := searchFor(organization, q)
	for _, e := range edges {
		body.Edges = append(body.Edges, e.UTC().Format(time.RFC3339Nano))
	}
	for _, f := range by {
		body.By = append(body.By, string(f))
	}
	var answer struct{ Buckets []daybook.Bucket }
	err = s.read(ctx, "/v1/entries/histogram", body, &answer)
	return answer.Buckets, err
}

// Top returns the most frequent values of a field; see [daybook.Reporter].
func (s *Store) Top(ctx context.Context, organization string, q daybook.Query, field daybook.Field, limit int) (top daybook.Top, err error) {
	if top, err = s.top(ctx, organization, q, field, limit); err != nil {
		return daybook.Top{}, fmt.Errorf("top: %w", s.because(ctx, err))
	}
	return top, nil
}

func (s *Store) top(ctx context.Context, organization string, q daybook.Query, field daybook.Field, limit int) (top daybook.Top, err error) {
	q.Order, q.After, q.Limit = daybook.Newest, daybook.Cursor{}, 0 // not used
	ranking, err := daybook.NewRanking(field, limit)
	if err != nil {
		return top, err
	}
	if organization, err = s.prepare(ctx, organization, &q); err != nil {
		return top, err
	}
	body := searchFor(organization, q)
	body.Field, body.Limit = string(field), ranking.Limit()
	err = s.read(ctx, "/v1/entries/top", body, &top)
	return top, err
}

// Tail returns entries of all organizations in the server's total order; see [daybook.Store]. It needs
// the permission follow.
func (s *Store) Tail(ctx context.Context, after daybook.Position, limit int) ([]daybook.Sequenced, daybook.Position, error) {
	if limit <= 0 {
		limit = daybook.DefaultLimit
	}
	entries, next, err := s.log(ctx, after, min(limit, daybook.MaxLimit), 0)
	if err != nil {
		return nil, after, fmt.Errorf("tail: %w", s.because(ctx, err))
	}
	return entries, next, nil
}

func (s *Store) log(ctx context.Context, after daybook.Position, limit int, wait time.Duration) ([]daybook.Sequenced, daybook.Position, error) {
	if err := s.use(ctx); err != nil {
		return nil, after, err
	}
	query := url.Values{"limit": {fmt.Sprint(limit)}, "wait": {fmt.Sprint(int(wait.Seconds()))}}
	if after != (daybook.Position{}) {
		query.Set("after", after.String())
	}
	var answer struct {
		Entries []daybook.Sequenced
		Next    daybook.Position
	}
	if err := s.call(ctx, request{method: http.MethodGet, path: "/v1/log", query: query, wait: wait}, &answer); err != nil {
		return nil, after, err
	}
	return answer.Entries, answer.Next, nil
}

// waitAtServer is how long one request of Watch waits for entries.
const waitAtServer = 30 * time.Second

// Watch returns when something was appended behind the position; see [daybook.Watcher].
func (s *Store) Watch(ctx context.Context, after daybook.Position) error {
	for {
		_, next, err := s.log(ctx, after, 1, waitAtServer)
		if err != nil {
			return fmt.Errorf("watch: %w", s.because(ctx, err))
		}
		if next != after {
			return nil
		}
	}
}

// Last returns where the server's order ends; see [daybook.Ender].
func (s *Store) Last(ctx context.Context) (daybook.Position, error) {
	err := s.use(ctx)
	var answer struct{ Next daybook.Position }
	if err == nil {
		err = s.call(ctx, request{method: http.MethodGet, path: "/v1/log", query: url.Values{"at": {"end"}}}, &answer)
	}
	if err != nil {
		return daybook.Position{}, fmt.Errorf("last: %w", s.because(ctx, err))
	}
	return answer.Next, nil
}
