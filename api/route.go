package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/daybookdev/daybook/access"
)

// A Route is one operation of the API.
type Route struct {
	Method     string
	Path       string            // a pattern of net/http, which is also a path of the OpenAPI document
	Permission access.Permission // what the credential must allow; "" for routes that need none, or any credential
	Open       bool              // no credential at all
	Records    Recorded          // what the request leaves in the log
	Parameters []string          // of the query; any other is refused
	Body       Body

	handle func(*call) (answer, error)
	class  class // of rate limits
	stream bool  // the answer has no time limit
}

// Recorded is how a request shows in the log.
type Recorded string

// How requests show.
const (
	AsNothing  Recorded = "nothing"  // allowed for the routes in unrecorded alone
	AsEntries  Recorded = "entries"  // it records entries, which name the credential
	AsView     Recorded = "view"     // READ daybook.view, one for a viewer and a query in 15 minutes
	AsSession  Recorded = "session"  // READ daybook.session, one for a viewer in 15 minutes
	AsExport   Recorded = "export"   // READ daybook.export, before the first byte
	AsLog      Recorded = "log"      // READ daybook.log in the platform's organization
	AsKey      Recorded = "key"      // daybook.key
	AsToken    Recorded = "token"    // daybook.viewer_token
	AsSaved    Recorded = "saved"    // daybook.saved_view
	AsEvidence Recorded = "evidence" // READ daybook.proof, one for a viewer and a query in 15 minutes
)

// unrecorded are the routes that leave no entry: they tell nothing of any organization.
var unrecorded = []string{"GET /healthz", "GET /readyz", "GET /openapi.json"}

// Body is what a route reads.
type Body int

// The bodies.
const (
	NoBody         Body = iota // one that is sent is refused
	JSONBody                   // one JSON object
	ParametersBody             // the parameters, as a JSON object
	EntriesBody                // an entry, a list of entries, or lines of entries
)

// mount builds the mux. A route that does not say how it is recorded does not start.
func (a *API) mount() (*http.ServeMux, error) {
	var errs []error
	paths := map[string][]Route{}
	for _, r := range a.routes {
		name := r.Method + " " + r.Path
		switch {
		case r.Records == "":
			errs = append(errs, fmt.Errorf("route %s does not say how it is recorded", name))
		case (r.Records == AsNothing) != slices.Contains(unrecorded, name):
			errs = append(errs, fmt.Errorf("route %s: what is not recorded stands in one list, and nothing else does", name))
		case r.Open && r.Permission != "", r.Open != (r.Records == AsNothing):
			errs = append(errs, fmt.Errorf("route %s: only what tells nothing of any organization is open", name))
		}
		paths[r.Path] = append(paths[r.Path], r)
	}
	mux := http.NewServeMux()
	for path, routes := range paths {
		mux.Handle(path, a.methods(routes)) // without methods in the patterns, so that 405 is a problem like the others
	}
	mux.HandleFunc("/", a.notFound)
	return mux, errors.Join(errs...)
}

func (a *API) notFound(w http.ResponseWriter, r *http.Request) {
	writeProblem(w, problem{Status: http.StatusNotFound, Code: "not_found", Detail: "there is nothing at this path: /openapi.json says what there is"})
}

func (a *API) methods(routes []Route) http.Handler {
	byMethod := map[string]Route{}
	var allowed []string
	for _, r := range routes {
		byMethod[r.Method] = r
		allowed = append(allowed, r.Method)
		if r.Method == http.MethodGet {
			byMethod[http.MethodHead] = r
			allowed = append(allowed, http.MethodHead)
		}
	}
	slices.Sort(allowed)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		route, ok := byMethod[r.Method]
		if !ok {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			writeProblem(w, problem{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Detail: "this path answers " + strings.Join(allowed, ", ")})
			return
		}
		a.serve(w, r, &route)
	})
}

// serve answers one request by its route: who asks, whether it may, how often, with which
// parameters, in which organization; and then the handler.
func (a *API) serve(w http.ResponseWriter, r *http.Request, route *Route) {
	c := &call{API: a, w: w, r: r, route: route, now: time.Now().UTC().Truncate(time.Microsecond)}
	done, err := c.begin()
	defer done()
	var out answer
	if err == nil {
		out, err = route.handle(c)
	}
	switch {
	case err != nil && c.streaming:
		// The head is out, so the only way to say that the rest is missing is to break off.
		a.logFault(r, route, "answer broken off", "", err)
		panic(http.ErrAbortHandler)
	case err != nil:
		a.fail(w, r, route, err)
	case !c.streaming:
		out.write(w, r)
	}
}

// fail answers with the problem that err is. From 500 on the fault is the server's own: it is logged
// under an id, and the id is all that the client gets.
func (a *API) fail(w http.ResponseWriter, r *http.Request, route *Route, err error) {
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError {
		p.Instance = faultID()
		if r.Context().Err() == nil {
			a.logFault(r, route, "request failed", p.Instance, err)
		}
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="daybook"`)
	}
	if p.retryAfter > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(int(p.retryAfter.Seconds()+0.999)))
	}
	if p.Status == http.StatusRequestEntityTooLarge || p.Status == http.StatusRequestTimeout {
		w.Header().Set("Connection", "close") // what is left of the body is not read
	}
	writeProblem(w, p)
}

func (a *API) logFault(r *http.Request, route *Route, message, id string, err error) {
	a.config.Logger.LogAttrs(r.Context(), slog.LevelError, message, slog.String("route", route.Method+" "+route.Path),
		slog.String("id", id), slog.String("error", err.Error()))
}
