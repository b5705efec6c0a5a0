package server

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/daybookdev/daybook"
)

// answerTimeout bounds the reading for one answer.
const answerTimeout = 30 * time.Second

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	// Without methods in the patterns, so that 405 is a problem like the others.
	for pattern, h := range map[string]answer{
		"/healthz": s.healthz,
		"/v1/organizations/{organization}/entries": s.entries,
		"/v1/organizations/{organization}/report":  s.report,
	} {
		mux.HandleFunc(pattern, only(s.handle(h), http.MethodGet, http.MethodHead))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, problem{Status: http.StatusNotFound,
			Detail: "there are /healthz, /v1/organizations/{organization}/entries and /v1/organizations/{organization}/report"})
	})
	return loopbackOnly(mux)
}

// An answer is what a request gets: a value for JSON, or an error for problemOf.
type answer func(r *http.Request, values url.Values) (any, error)

func (s *Server) handle(f answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
		defer cancel()
		// Not r.URL.Query(), which drops what it cannot read, and with it a filter.
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			writeProblem(w, problem{Status: http.StatusBadRequest, Detail: "the query of the URL cannot be read: " + err.Error()})
			return
		}
		v, err := f(r.WithContext(ctx), values)
		if err == nil {
			write(w, "application/json", http.StatusOK, v)
			return
		}
		p := problemOf(err)
		if p.Status >= http.StatusInternalServerError && r.Context().Err() == nil {
			s.config.Logger.LogAttrs(ctx, slog.LevelError, "request failed",
				slog.String("route", r.Pattern), slog.Int("status", p.Status), slog.String("error", err.Error()))
		}
		writeProblem(w, p)
	}
}

func (s *Server) healthz(r *http.Request, values url.Values) (any, error) {
	if _, _, err := s.log.Store.Tail(r.Context(), daybook.Position{}, 1); err != nil {
		return nil, err
	}
	return map[string]string{"status": "ok"}, nil
}

// An entriesAnswer is a page. Since and Until are the range that was meant: whoever asked for "7d"
// repeats them for the next page.
type entriesAnswer struct {
	Entries []daybook.Entry `json:"entries"`
	Next    string          `json:"next,omitempty"` // the "after" of the next page; absent on the last
	Since   time.Time       `json:"since,omitzero"`
	Until   time.Time       `json:"until,omitzero"`
}

func (s *Server) entries(r *http.Request, values url.Values) (any, error) {
	organization := r.PathValue("organization")
	after := values["after"]
	filter := maps.Clone(values)
	delete(filter, "after")
	now := time.Now()
	q, err := ParseQuery(filter, now)
	if err != nil {
		return nil, err
	}
	if len(after) > 0 {
		if len(after) > 1 || after[0] == "" {
			return nil, &daybook.FieldError{Field: "after", Reason: `must be the "next" of the page before`}
		}
		if err := checkFixed(filter, now); err != nil {
			return nil, err
		}
		if q.After, err = s.cursors.Open(organization, q, after[0]); err != nil {
			return nil, err
		}
	}
	page, err := s.log.Store.Query(r.Context(), organization, q)
	if err != nil {
		return nil, err
	}
	next, err := s.cursors.Seal(organization, q, page.Next)
	if err != nil {
		return nil, err
	}
	if page.Entries == nil {
		page.Entries = []daybook.Entry{}
	}
	return entriesAnswer{page.Entries, next, q.From, q.To}, nil
}

// checkFixed refuses times that mean something else in every request: a cursor belongs to one
// query.
func checkFixed(values url.Values, now time.Time) error {
	for _, field := range []string{"since", "until"} {
		m, err := parseMoment(field, values.Get(field), now, time.UTC)
		if err == nil && m.relative {
			return &daybook.FieldError{Field: field, Reason: "moves with the clock: for a further page send the \"" + field + "\" that the first page answered"}
		}
	}
	return nil
}

// A reportAnswer is the counts of the groups that by makes, largest first.
type reportAnswer struct {
	By     []daybook.Field `json:"by"`
	Groups []daybook.Group `json:"groups"`
	Since  time.Time       `json:"since,omitzero"`
	Until  time.Time       `json:"until,omitzero"`
}

func (s *Server) report(r *http.Request, values url.Values) (any, error) {
	by := []daybook.Field{}
	for _, v := range values["by"] {
		by = append(by, daybook.Field(v))
	}
	filter := maps.Clone(values)
	delete(filter, "by")
	for _, name := range []string{"order", "limit", "after"} {
		if filter.Has(name) {
			return nil, &daybook.FieldError{Field: name, Reason: "is for entries: a report has no pages"}
		}
	}
	q, err := ParseQuery(filter, time.Now())
	if err != nil {
		return nil, err
	}
	groups, err := s.log.Store.Count(r.Context(), r.PathValue("organization"), q, by...)
	if err != nil {
		return nil, err
	}
	if groups == nil {
		groups = []daybook.Group{}
	}
	return reportAnswer{by, groups, q.From, q.To}, nil
}
