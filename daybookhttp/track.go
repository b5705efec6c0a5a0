package daybookhttp

import (
	"context"
	"net/http"
	"time"

	"github.com/daybookdev/daybook"
)

// Track returns a handler that runs h and records one entry for each request: action a on a
// resource of this type, with the outcome that the answer tells. The package comment says how.
//
// The resource id is the one that the handler gave the draft, else the path's ([PathID]), else the
// field "id" of a JSON answer ([ResponseID]). Organization, user and the rest come from the
// scope: put a [Middleware] around the mux. Track belongs inside the route, since only there the
// path's values are known.
//
// A Track inside a Track names the entry of the outer one anew and writes it, with its own
// options; inside an [Atomic] one, it only names it and gives it the id of its path. Handlers that
// serve several requests in one, as batches do, get an entry for each.
func Track(book *daybook.Recorder, a daybook.Action, resourceType string, h http.HandlerFunc, o ...RouteOption) http.Handler {
	rt := &route{book: book, action: a, resourceType: resourceType, handler: h,
		responseID: "id", hold: defaultHold, required: book.Required()}
	for _, option := range o {
		option(rt)
	}
	return rt
}

// A RouteOption says how [Track] treats one route.
type RouteOption func(*route)

// PathID takes the resource id from the value of the path's wildcard, as in
// "DELETE /users/{user_id}".
//
// What cannot be a resource id, because the client made it too long or no text, is kept beginning
// with its first 255 characters in details.path_id, so that nobody can prevent an entry by it.
func PathID(name string) RouteOption { return func(rt *route) { rt.pathID = name } }

// ResponseID takes the resource id from another field of a JSON answer than "id": a string or a
// number, in the outermost object, within what is held of a 2xx answer.
func ResponseID(field string) RouteOption { return func(rt *route) { rt.responseID = field } }

// Before tells in details.changes what the request changed. load returns the resource as it is:
// it is called before the handler and once more after a success, and the [daybook.Diff] of the two
// are the changes. After a Delete it is not called again: everything is gone. Changes that the
// handler gave the draft go first.
//
// load must return a value of its own, which the handler does not change, and nil for what is not
// there. Its error is told in details.changes_error and fails nothing. The second call has up to
// five seconds and no other end, whatever the client does; under [Atomic] both run in the
// transaction, in savepoints.
func Before(load func(*http.Request) (any, error)) RouteOption {
	return func(rt *route) { rt.load = load }
}

// Status tells the outcome by the status of the answer instead of the package's table. Where f
// returns "" the table holds.
func Status(f func(status int) daybook.Outcome) RouteOption {
	return func(rt *route) { rt.status = f }
}

// Required cannot undo the work: a client may be told of an error although what it asked for is
// done. Use [Atomic] where that matters.
//
// When the entry cannot be made durable within the recorder's Timeout, the client gets 503 with
// Retry-After instead of the success, and 500 when the entry itself was refused, which trying
// again does not change. Headers that the handler has set are dropped with its answer. An answer
// that is no success anyway stays. [daybook.Options.Required] makes it so for all routes.
func Required() RouteOption { return func(rt *route) { rt.required = true } }

// Hold sets how many bytes of the body are held back: 64 KiB if it is not used. With 0 the entry
// is recorded when the body begins. What is held bounds the memory of a request and where
// ResponseID looks.
func Hold(bytes int) RouteOption { return func(rt *route) { rt.hold = max(bytes, 0) } }

// A route is one call of Track.
type route struct {
	book         *daybook.Recorder
	action       daybook.Action
	resourceType string
	handler      http.HandlerFunc

	pathID, responseID string
	load               func(*http.Request) (any, error)
	status             func(int) daybook.Outcome
	required           bool
	transactor         daybook.Transactor
	hold               int
}

// Tracking is the part of an exchange that Track needs.
type tracking struct {
	route     *route // nil below Middleware alone
	request   *http.Request
	draft     *daybook.Draft
	required  bool
	original  http.Header // as it was before the handler, where the answer may have to be replaced
	concluded bool        // the draft is closed
	returned  bool        // the handler has returned: no panic, no runtime.Goexit

	before    any
	beforeErr error

	entry [1]daybook.Entry // what is recorded; here, because Record's arguments escape
}

func (rt *route) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := rt.begin(w, r)
	if x == nil { // inside an Atomic Track
		rt.handler(w, r)
		return
	}
	defer x.end()
	if rt.transactor != nil {
		x.transact()
	} else {
		x.loadBefore(func() (any, error) { return rt.load(x.request) })
		rt.handler(x.view(x.can), x.request)
	}
	x.returned = true
}

// begin finds or makes the exchange and its draft. It returns nil when an Atomic Track further out
// records the entry.
func (rt *route) begin(w http.ResponseWriter, r *http.Request) *exchange {
	ctx := r.Context()
	outer := exchangeOf(ctx)
	first := outer != nil && outer.tracked.CompareAndSwap(false, true)
	draft := daybook.DraftOf(ctx)
	nested := draft != nil && outer != nil && outer.draft == draft

	var x *exchange
	switch {
	case nested && outer.route.transactor != nil:
		draft.Name(rt.action, rt.resourceType)
		if id := rt.idFromPath(r); storableID(id) {
			draft.Resource(id)
		}
		return nil
	case nested && outer.taken.CompareAndSwap(false, true):
		x = newExchange(w)
		x.draft = draft
		x.draft.Name(rt.action, rt.resourceType)
		x.required = outer.required
	case first:
		if v, ok := w.(interface{ self() *exchange }); ok && v.self() == outer {
			x = outer
			break
		}
		x = newExchange(w)
	default:
		// A scope that other requests share, or other parts of this one, must not learn from this
		// one who acts.
		ctx = daybook.WithScope(ctx, daybook.ScopeOf(ctx))
		x = newExchange(w)
	}
	if x.draft == nil {
		ctx, x.draft = rt.book.WithDraft(ctx, daybook.Entry{Action: rt.action, ResourceType: rt.resourceType})
	}
	x.tracked.Store(true)
	x.inside = requestContext{ctx, x}
	x.request = r.WithContext(&x.inside)
	x.route = rt
	x.required = x.required || rt.required
	if x.required || rt.transactor != nil {
		x.original = x.inner.Header().Clone()
	}
	if x.status == 0 { // otherwise somebody has answered already, and nothing can be held back
		x.hold = newHold(rt.hold, rt.transactor != nil)
	}
	return x
}

// conclude records the entry, once, before the answer begins to leave. Its error means that the
// client must not see this answer.
func (x *exchange) conclude() error {
	if x.concluded || !x.close(x.ended(x.loadAfter)) {
		return nil
	}
	err := x.route.book.Record(&x.inside, x.entry[:]...)
	if x.required && (x.answered() < 400 || x.entry[0].Outcome == daybook.Success) {
		return err
	}
	return nil
}

// close ends the draft. It reports false when there is nothing to record, because the handler said
// so or has itself recorded the entry.
func (x *exchange) close(ended daybook.Entry) (toRecord bool) {
	x.entry[0], toRecord = x.draft.Close(ended)
	x.concluded = true
	return toRecord
}

// end records what conclude has not, and lets go what is held. It runs deferred and does not
// recover, so a panic keeps its stack; then what was held is forgotten, as net/http does, and
// whoever recovers may answer.
func (x *exchange) end() {
	if !x.returned {
		x.discard()
		ended := daybook.Entry{Outcome: daybook.Failure, Details: daybook.Details{"error_type": "panic"}}
		x.identify(&ended)
		if x.close(ended) {
			x.route.book.Record(&x.inside, x.entry[:]...) // a fault is counted and logged there
		}
		return
	}
	err := x.conclude()
	switch {
	case x.hold == nil:
	case err != nil:
		x.replace(unrecorded(err))
	default:
		x.release()
	}
}

// answered returns the status that the client gets.
func (x *exchange) answered() int {
	if x.status == 0 {
		return http.StatusOK
	}
	return x.status
}

// ended returns what the answer tells of the entry. load is called after a success of a route that
// has Before.
func (x *exchange) ended(load func() (any, error)) daybook.Entry {
	status := x.answered()
	e := daybook.Entry{Outcome: x.route.outcome(status)}
	if e.Outcome == daybook.Denied {
		e.Details = daybook.Details{"error": http.StatusText(status)}
	}
	x.identify(&e)
	if e.ResourceID == "" && 200 <= status && status < 300 && x.hold != nil {
		if id := x.hold.idFromBody(x.route.responseID, x.inner); storableID(id) {
			e.ResourceID = id
		}
	}
	if x.route.load != nil && e.Outcome == daybook.Success {
		x.compare(&e, load)
	}
	return e
}

// identify sets the resource id from the path.
func (x *exchange) identify(e *daybook.Entry) {
	id := x.route.idFromPath(x.request)
	switch {
	case storableID(id):
		e.ResourceID = id
	case id != "":
		setDetail(e, "path_id", storableText(id))
	}
}

func (rt *route) outcome(status int) daybook.Outcome {
	if rt.status != nil {
		if o := rt.status(status); o != "" {
			return o
		}
	}
	return outcomeOf(status)
}

func outcomeOf(status int) daybook.Outcome {
	switch {
	case status < 400:
		return daybook.Success
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return daybook.Denied
	}
	return daybook.Failure
}

// loadBefore loads the resource as it is before the handler.
func (x *exchange) loadBefore(load func() (any, error)) {
	if x.route.load != nil {
		x.before, x.beforeErr = load()
	}
}

// patience bounds what is asked after the work, when the client's no longer counts.
const patience = 5 * time.Second

// loadAfter loads the resource as it is after the handler, although the client may have hung up.
func (x *exchange) loadAfter() (any, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(&x.inside), patience)
	defer cancel()
	return x.route.load(x.request.WithContext(ctx))
}

// compare tells in e what has changed since loadBefore.
func (x *exchange) compare(e *daybook.Entry, load func() (any, error)) {
	var after any
	err := x.beforeErr
	if err == nil && x.route.action != daybook.Delete {
		after, err = load()
	}
	var changes daybook.Changes
	if err == nil {
		changes, err = daybook.Diff(x.before, after)
	}
	switch {
	case err != nil:
		setDetail(e, "changes_error", storableText(err.Error()))
	case len(changes) > 0:
		setDetail(e, "changes", changes)
	}
}

func setDetail(e *daybook.Entry, key string, value any) {
	if e.Details == nil {
		e.Details = daybook.Details{}
	}
	e.Details[key] = value
}
