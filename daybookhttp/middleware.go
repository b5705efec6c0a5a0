package daybookhttp

import (
	"cmp"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/daybookdev/daybook"
)

// Options are how [Middleware] reads a request. The zero Options do, but then authentication
// further in must call [daybook.Identify].
type Options struct {
	// Identify returns who acts, and in which organization, from credentials that it has checked;
	// see [Bearer]. It reports and does not answer: after an error the scope has no user, and the
	// application's own authentication refuses the request. What it leaves empty of the request's
	// id and the rest, the Middleware fills in.
	Identify func(*http.Request) (daybook.Scope, error)

	// TrustedProxies are the networks of the proxies whose forwarding header is believed. Empty:
	// nobody's; the client is the peer. See ClientIP.
	TrustedProxies []netip.Prefix

	// ForwardedHeader is the one header in which they tell the client's address. Empty means
	// X-Forwarded-For. Proxies must not pass on what clients send in it: they append to it or
	// replace it.
	ForwardedHeader string

	// RequestIDHeader carries the request's id. Empty means X-Request-Id. A value of 1 to 128 of
	// A-Z a-z 0-9 . _ - is taken as it is, otherwise there is a new one; it is set in the answer.
	// It is the client's claim: never a key, never a proof.
	RequestIDHeader string

	// Denied is the resource type of the entry for a 401 or 403 that no Track recorded, with the
	// action that the method tells. Empty: there is none.
	Denied string
}

// Middleware returns a layer that gives each request a mutable scope: organization and user from
// Options.Identify, or later from [daybook.Identify], which authentication further in calls; the
// request id; the trace id of a valid traceparent header (W3C Trace Context); IP address and user
// agent. Put one around the whole mux. o may be nil.
//
// It also guards against forgetting: a POST, PUT, PATCH or DELETE that was answered with 2xx, and
// within which nothing was recorded, is told to [daybook.Recorder.Forgot] by the pattern of its
// route, or by its path where the mux is given a copy of the request, but never with its query.
// Work that is deliberately not recorded has a [Track] and says [daybook.Draft.Skip].
func Middleware(book *daybook.Recorder, o *Options) func(http.Handler) http.Handler {
	m := middleware{book: book}
	if o != nil {
		m.Options = *o
		m.TrustedProxies = slices.Clone(o.TrustedProxies)
	}
	m.ForwardedHeader = http.CanonicalHeaderKey(cmp.Or(m.ForwardedHeader, "X-Forwarded-For"))
	m.RequestIDHeader = http.CanonicalHeaderKey(cmp.Or(m.RequestIDHeader, "X-Request-Id"))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { m.serve(w, r, next) })
	}
}

type middleware struct {
	book *daybook.Recorder
	Options
}

func (m *middleware) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	x := newExchange(w)
	scope := m.scope(r)
	x.requestID[0] = scope.RequestID
	w.Header()[m.RequestIDHeader] = x.requestID[:]
	x.outside = requestContext{daybook.WithScope(r.Context(), scope), x}
	r = r.WithContext(&x.outside)
	next.ServeHTTP(x.view(x.can), r)
	if !x.tracked.Load() {
		m.guard(x, r)
	}
}

func (m *middleware) scope(r *http.Request) (s daybook.Scope) {
	if m.Identify != nil {
		var err error
		if s, err = m.Identify(r); err != nil {
			s = daybook.Scope{}
		}
	}
	if s.RequestID == "" {
		s.RequestID = requestID(r.Header[m.RequestIDHeader])
	}
	if s.TraceID == "" {
		s.TraceID = traceID(r.Header["Traceparent"])
	}
	if !s.IPAddress.IsValid() {
		s.IPAddress = ClientIP(r, m.TrustedProxies, m.ForwardedHeader)
	}
	if s.UserAgent == "" {
		s.UserAgent = r.UserAgent()
	}
	return s
}

// guard looks after a request that no Track has recorded.
func (m *middleware) guard(x *exchange, r *http.Request) {
	ctx := &x.outside
	if daybook.Recorded(ctx) > 0 {
		return
	}
	status := x.answered()
	action := actionOf(r.Method)
	switch {
	case m.Denied != "" && (status == http.StatusUnauthorized || status == http.StatusForbidden):
		m.book.Record(ctx, daybook.Entry{Action: action, ResourceType: m.Denied, Outcome: daybook.Denied,
			Details: daybook.Details{"error": http.StatusText(status)}}) // a fault is counted and logged there
	case action != daybook.Read && 200 <= status && status < 300:
		m.book.Forgot(ctx, workOf(r))
	}
}

func actionOf(method string) daybook.Action {
	switch method {
	case http.MethodPost:
		return daybook.Create
	case http.MethodPut, http.MethodPatch:
		return daybook.Update
	case http.MethodDelete:
		return daybook.Delete
	}
	return daybook.Read
}

// workOf names what a request was for, without the query, in which secrets travel.
func workOf(r *http.Request) string {
	what := cmp.Or(r.Pattern, r.URL.Path)
	if method, _, ok := strings.Cut(what, " "); ok && method == r.Method {
		return what
	}
	return r.Method + " " + what
}
