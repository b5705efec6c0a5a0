package daybookhttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
)

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestTheStatusTellsTheOutcome(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	for _, c := range []struct {
		status  int
		outcome daybook.Outcome
		error   string
	}{
		{200, daybook.Success, ""},
		{201, daybook.Success, ""},
		{204, daybook.Success, ""},
		{302, daybook.Success, ""},
		{304, daybook.Success, ""},
		{400, daybook.Failure, ""},
		{401, daybook.Denied, "Unauthorized"},
		{403, daybook.Denied, "Forbidden"},
		{404, daybook.Failure, ""},
		{409, daybook.Failure, ""},
		{500, daybook.Failure, ""},
		{503, daybook.Failure, ""},
	} {
		w := do(withScope(book, daybookhttp.Track(book, daybook.Update, "user", status(c.status))), "PUT", "/")
		if w.Code != c.status {
			t.Errorf("status %d became %d", c.status, w.Code)
		}
		want := daybook.Entry{Action: daybook.Update, ResourceType: "user", Outcome: c.outcome}
		if c.error != "" {
			want.Details = daybook.Details{"error": c.error}
		}
		shelf.only(t, want)
	}
}

func TestAHandlerThatWritesNothingSucceeds(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	server := serve(t, 1, withScope(book, daybookhttp.Track(book, daybook.Read, "user", func(http.ResponseWriter, *http.Request) {})))
	if a := call(t, server, "GET", "/"); a.Status != 200 || a.Body != "" || a.Header.Get("Content-Length") != "0" {
		t.Errorf("answer %+v", a)
	}
	shelf.only(t, daybook.Entry{Action: daybook.Read, ResourceType: "user", Outcome: daybook.Success})
}

func TestStatusOptionReplacesTheTable(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	gone := func(status int) daybook.Outcome {
		switch status {
		case 404:
			return daybook.Success
		case 418:
			return daybook.Denied
		}
		return ""
	}
	for code, want := range map[int]daybook.Entry{
		404: {Outcome: daybook.Success},
		418: {Outcome: daybook.Denied, Details: daybook.Details{"error": "I'm a teapot"}},
		500: {Outcome: daybook.Failure},
	} {
		do(withScope(book, daybookhttp.Track(book, daybook.Delete, "user", status(code), daybookhttp.Status(gone))), "DELETE", "/")
		want.Action, want.ResourceType = daybook.Delete, "user"
		shelf.only(t, want)
	}
}

// Trap 1: outside the mux, and behind anything that copies the request, path values are empty.
func TestPathIDIsReadInsideTheRoute(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	mux := http.NewServeMux()
	mux.Handle("DELETE /users/{user_id}", daybookhttp.Track(book, daybook.Delete, "user", status(204), daybookhttp.PathID("user_id")))
	type key struct{}
	copying := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), key{}, 1)))
	})
	server := serve(t, 1, withScope(book, copying))
	call(t, server, "DELETE", "/users/u%2042")
	shelf.only(t, daybook.Entry{Action: daybook.Delete, ResourceType: "user", ResourceID: "u 42", Outcome: daybook.Success})
}

func TestNobodyPreventsAnEntryByTheIDInThePath(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	mux := http.NewServeMux()
	mux.Handle("DELETE /users/{user_id}", daybookhttp.Track(book, daybook.Delete, "user", status(403), daybookhttp.PathID("user_id")))
	h := withScope(book, mux)
	for path, kept := range map[string]string{
		strings.Repeat("x", 300):          strings.Repeat("x", 255),
		strings.Repeat("%C3%A9", 256):     strings.Repeat("é", 255),
		"a%00b":                           "a\uFFFDb",
		"%FF":                             "\uFFFD",
		strings.Repeat("%F0%9F%98%80", 3): "", // short and fine: the id itself
	} {
		do(h, "DELETE", "/users/"+path)
		want := daybook.Entry{Action: daybook.Delete, ResourceType: "user", Outcome: daybook.Denied,
			Details: daybook.Details{"error": "Forbidden", "path_id": kept}}
		if kept == "" {
			want.ResourceID, want.Details = "😀😀😀", daybook.Details{"error": "Forbidden"}
		}
		shelf.only(t, want)
	}
}

func TestResourceIDOfAnAnswer(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	long := strings.Repeat("x", 256)
	for _, c := range []struct {
		name, contentType, body string
		status                  int
		want                    string
	}{
		{"string", "application/json", `{"id":"u1"}`, 201, "u1"},
		{"with parameter and case", "Application/JSON; charset=utf-8", `{"id":"u1"}`, 201, "u1"},
		{"suffix", "application/hal+json", `{"id":"u1"}`, 201, "u1"},
		{"sniffed", "", ` {"id":"u1"}`, 200, "u1"},
		{"number", "application/json", `{"name":"x","id":42}`, 201, "42"},
		{"large number", "application/json", `{"id":12345678901234567890}`, 201, "12345678901234567890"},
		{"escaped", "application/json", `{"\u0069d":"a\"b\\"}`, 201, `a"b\`},
		{"behind nested ones", "application/json", `{"a":{"id":"no"},"b":[{"id":"no"},"}"],"id":"u1"}`, 200, "u1"},
		{"first of two", "application/json", `{"id":"u1","id":"u2"}`, 200, "u1"},
		{"not an id", "application/json", `{"id":null}`, 200, ""},
		{"not an object", "application/json", `[{"id":"no"}]`, 200, ""},
		{"other type", "text/plain", `{"id":"no"}`, 200, ""},
		{"short type", "x", `{"id":"no"}`, 200, ""},
		{"no JSON", "", `hello`, 200, ""},
		{"failed", "application/json", `{"id":"no"}`, 422, ""},
		{"too long", "application/json", `{"id":"` + long + `"}`, 200, ""},
		{"no text", "application/json", "{\"id\":\"\xff\"}", 200, ""},
		{"cut off", "application/json", `{"id":"u`, 200, ""},
		{"number that may go on", "application/json", `{"id":4`, 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := withScope(book, daybookhttp.Track(book, daybook.Create, "user", func(w http.ResponseWriter, _ *http.Request) {
				if c.contentType != "" {
					w.Header().Set("Content-Type", c.contentType)
				}
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			}))
			if w := do(h, "POST", "/"); w.Body.String() != c.body {
				t.Errorf("body %q", w.Body)
			}
			outcome := daybook.Success
			if c.status >= 400 {
				outcome = daybook.Failure
			}
			shelf.only(t, daybook.Entry{Action: daybook.Create, ResourceType: "user", ResourceID: c.want, Outcome: outcome})
		})
	}
}

func TestResourceIDOfACompressedAnswerIsNotGuessed(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	do(withScope(book, daybookhttp.Track(book, daybook.Create, "user", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "x")
		fmt.Fprint(w, `{"id":"no"}`)
	})), "POST", "/")
	shelf.only(t, daybook.Entry{Action: daybook.Create, ResourceType: "user", Outcome: daybook.Success})
}

func TestDraftGoesBeforePathAndPathBeforeAnswer(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	mux := http.NewServeMux()
	h := func(w http.ResponseWriter, r *http.Request) {
		daybook.DraftOf(r.Context()).Resource(r.URL.Query().Get("draft"))
		fmt.Fprint(w, `{"key":"answer","id":"other"}`)
	}
	mux.Handle("/path/{id}", daybookhttp.Track(book, daybook.Update, "user", h, daybookhttp.PathID("id"), daybookhttp.ResponseID("key")))
	mux.Handle("/none", daybookhttp.Track(book, daybook.Update, "user", h, daybookhttp.PathID("id"), daybookhttp.ResponseID("key")))
	for path, want := range map[string]string{"/path/p?draft=d": "d", "/path/p": "p", "/none": "answer"} {
		do(withScope(book, mux), "POST", path)
		shelf.only(t, daybook.Entry{Action: daybook.Update, ResourceType: "user", ResourceID: want, Outcome: daybook.Success})
	}
}

func TestHandlersTellTheDraftWhatOnlyTheyKnow(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    []daybook.Entry
	}{
		"a failure behind a 200": {func(_ http.ResponseWriter, r *http.Request) {
			daybook.DraftOf(r.Context()).Fail(errors.New("mailer down"))
		}, []daybook.Entry{{Outcome: daybook.Failure, Details: daybook.Details{"error_type": "Error", "error_message": "mailer down"}}}},
		"a denial behind a 404": {func(w http.ResponseWriter, r *http.Request) {
			daybook.DraftOf(r.Context()).Deny("other organization")
			w.WriteHeader(404)
		}, []daybook.Entry{{Outcome: daybook.Denied, Details: daybook.Details{"error": "other organization"}}}},
		"a reason for a 403": {func(w http.ResponseWriter, r *http.Request) {
			daybook.DraftOf(r.Context()).Deny("suspended")
			w.WriteHeader(403)
		}, []daybook.Entry{{Outcome: daybook.Denied, Details: daybook.Details{"error": "suspended"}}}},
		"details": {func(_ http.ResponseWriter, r *http.Request) {
			daybook.DraftOf(r.Context()).Detail("count", 50)
		}, []daybook.Entry{{Outcome: daybook.Success, Details: daybook.Details{"count": 50}}}},
		"nothing to record": {func(_ http.ResponseWriter, r *http.Request) {
			daybook.DraftOf(r.Context()).Skip()
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			do(withScope(book, daybookhttp.Track(book, daybook.Create, "user", c.handler)), "POST", "/")
			for i := range c.want {
				c.want[i].Action, c.want[i].ResourceType = daybook.Create, "user"
			}
			shelf.only(t, c.want...)
		})
	}
}

func TestOneRequestOneEntry(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	own := func(e daybook.Entry) http.HandlerFunc {
		return func(_ http.ResponseWriter, r *http.Request) { book.Record(r.Context(), e) }
	}
	same := daybook.Entry{Action: daybook.Create, ResourceType: "user", ResourceID: "by hand", Outcome: daybook.Success}
	other := daybook.Entry{Action: daybook.Create, ResourceType: "membership", Outcome: daybook.Success}
	tracked := daybook.Entry{Action: daybook.Create, ResourceType: "user", Outcome: daybook.Success}

	h := withScope(book, daybookhttp.Track(book, daybook.Create, "user", own(same)))
	do(h, "POST", "/")
	shelf.only(t, same)
	do(h, "POST", "/") // another request, not known by what the first one recorded
	shelf.only(t, same)

	do(withScope(book, daybookhttp.Track(book, daybook.Create, "user", own(other))), "POST", "/")
	shelf.only(t, other, tracked)
}

func TestRequestsThatShareAScopeAreRecordedEach(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	h := daybookhttp.Track(book, daybook.Create, "user", status(201))
	ctx := daybook.WithScope(t.Context(), ada)
	want := daybook.Entry{Action: daybook.Create, ResourceType: "user", Outcome: daybook.Success}
	for range 2 {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "POST", "/", nil))
		shelf.only(t, want)
	}
	if n := daybook.Recorded(ctx); n != 2 {
		t.Errorf("the scope around them knows of %d entries", n)
	}
}

func TestTrackInsideTrackNamesTheOneEntry(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	between := func(next http.Handler) http.HandlerFunc { // a wrapper that hides the outer writer
		return func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(struct{ http.ResponseWriter }{w}, r) }
	}
	answer := func(w http.ResponseWriter, r *http.Request) {
		daybook.DraftOf(r.Context()).Detail("inner", true)
		w.WriteHeader(403)
	}
	inner := daybookhttp.Track(book, daybook.Delete, "api_key", answer, daybookhttp.PathID("id"))
	outer := func(w http.ResponseWriter, r *http.Request) {
		daybook.DraftOf(r.Context()).Detail("outer", true)
		between(inner)(w, r)
	}
	mux := http.NewServeMux()
	mux.Handle("/{id}", daybookhttp.Track(book, daybook.Update, "organization", outer))
	want := daybook.Entry{Action: daybook.Delete, ResourceType: "api_key", ResourceID: "k1", Outcome: daybook.Denied,
		Details: daybook.Details{"outer": true, "inner": true, "error": "Forbidden"}}
	for name, h := range map[string]http.Handler{"with Middleware": withScope(book, mux), "without": inScope(mux)} {
		if w := do(h, "DELETE", "/k1"); w.Code != 403 {
			t.Errorf("%s: status %d", name, w.Code)
		}
		shelf.only(t, want)
	}
}

// inScope gives requests the scope of all, as an application's own middleware might.
func inScope(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(daybook.WithScope(r.Context(), ada)))
	})
}

func TestABatchRecordsEachOfItsRequests(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	create := daybookhttp.Track(book, daybook.Create, "user", status(201))
	batch := func(w http.ResponseWriter, r *http.Request) {
		for range 3 {
			create.ServeHTTP(httptest.NewRecorder(), r)
		}
		w.WriteHeader(207)
	}
	one := daybook.Entry{Action: daybook.Create, ResourceType: "user", Outcome: daybook.Success}
	do(withScope(book, http.HandlerFunc(batch)), "POST", "/")
	shelf.only(t, one, one, one)
	do(withScope(book, daybookhttp.Track(book, daybook.Create, "batch", batch)), "POST", "/")
	shelf.only(t, one, one, one) // the first has named the batch's own
}

// Trap 2: the request's context is cancelled during and after the handler.
func TestAClientThatHangsUpDoesNotLoseTheEntry(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	done := make(chan struct{})
	started := make(chan struct{})
	track := daybookhttp.Track(book, daybook.Create, "user", func(w http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
		w.WriteHeader(201)
	}, daybookhttp.Before(func(r *http.Request) (any, error) {
		return map[string]any{"live": r.Context().Err() == nil}, nil
	}))
	server := serve(t, 1, withScope(book, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		track.ServeHTTP(w, r)
	})))
	ctx, hangUp := context.WithCancel(t.Context())
	r, _ := http.NewRequestWithContext(ctx, "POST", server.URL, nil)
	go func() {
		<-started
		hangUp()
	}()
	if _, err := server.Client().Do(r); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	<-done
	// No change of "live": the second load was not cancelled either.
	shelf.only(t, daybook.Entry{Action: daybook.Create, ResourceType: "user", Outcome: daybook.Success})
}

type user struct {
	Name     string `daybook:"name"`
	Password string `daybook:"password,redact"`
}

func TestBeforeTellsWhatChanged(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	change := func(path string, old, new any) map[string]any {
		return map[string]any{path: map[string]any{"old": old, "new": new}}
	}
	for _, c := range []struct {
		name    string
		action  daybook.Action
		states  []any // what load returns, call by call
		handler http.HandlerFunc
		details daybook.Details
		status  int
	}{
		{name: "an update", action: daybook.Update, states: []any{user{Name: "ada"}, user{Name: "Ada"}},
			details: daybook.Details{"changes": change("name", "ada", "Ada")}},
		{name: "no change", action: daybook.Update, states: []any{user{Name: "ada"}, user{Name: "ada"}}},
		{name: "a delete, for which nothing is loaded again", action: daybook.Delete, states: []any{user{Name: "ada"}},
			details: daybook.Details{"changes": change("name", "ada", nil)}},
		{name: "a create", action: daybook.Create, states: []any{nil, user{Name: "Ada"}},
			details: daybook.Details{"changes": change("name", nil, "Ada")}},
		{name: "a failure, for which nothing is loaded again", action: daybook.Update, states: []any{user{Name: "ada"}}, handler: status(409)},
		{name: "an error before", action: daybook.Update, states: []any{errors.New("no database")},
			details: daybook.Details{"changes_error": "no database"}},
		{name: "an error after", action: daybook.Update, states: []any{user{}, errors.New("no database")},
			details: daybook.Details{"changes_error": "no database"}},
		{name: "an error of a thousand characters", action: daybook.Update, states: []any{errors.New(strings.Repeat("x", 1000))},
			details: daybook.Details{"changes_error": strings.Repeat("x", 255)}},
		{name: "two that cannot be compared", action: daybook.Update, states: []any{user{}, 1},
			details: daybook.Details{"changes_error": "diff daybookhttp_test.user and int: the types differ"}},
		{name: "what the handler says goes first", action: daybook.Update, states: []any{user{Name: "a"}, user{Name: "b"}},
			handler: func(_ http.ResponseWriter, r *http.Request) {
				daybook.DraftOf(r.Context()).Change(user{Name: "mine"}, user{Name: "yours"})
			},
			details: daybook.Details{"changes": change("name", "mine", "yours")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			states := c.states
			load := func(r *http.Request) (any, error) {
				if r.PathValue("id") != "u1" {
					t.Errorf("load has the path value %q", r.PathValue("id"))
				}
				state := states[0]
				states = states[1:]
				if err, ok := state.(error); ok {
					return nil, err
				}
				return state, nil
			}
			if c.handler == nil {
				c.handler = status(200)
			}
			mux := http.NewServeMux()
			mux.Handle("/{id}", daybookhttp.Track(book, c.action, "user", c.handler, daybookhttp.Before(load)))
			w := do(withScope(book, mux), "POST", "/u1")
			entries := shelf.take()
			if len(entries) != 1 || len(states) != 0 {
				t.Fatalf("%d entries, %d states not loaded, status %d", len(entries), len(states), w.Code)
			}
			got, err := entries[0].Details.Normalize()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.details, got); diff != "" {
				t.Errorf("details (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLateCallsAreCountedNotRecorded(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	server := serve(t, 1, withScope(book, daybookhttp.Track(book, daybook.Read, "file", func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		daybook.DraftOf(r.Context()).Detail("late", true)
	})))
	call(t, server, "GET", "/")
	shelf.only(t, daybook.Entry{Action: daybook.Read, ResourceType: "file", Outcome: daybook.Success})
	if late := book.Stats().Late; late != 1 {
		t.Errorf("%d late calls counted", late)
	}
}
