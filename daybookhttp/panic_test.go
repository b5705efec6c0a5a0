package daybookhttp_test

import (
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
)

// Trap 6: a recover inside loses the stack, and what completes only at the end is never completed.
func TestAPanicIsAFailureAndKeepsItsStack(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	blowUp := func(w http.ResponseWriter, r *http.Request) {
		daybook.DraftOf(r.Context()).Detail("step", "half")
		w.Header().Set("X-Half", "done")
		fmt.Fprint(w, "half an answer")
		panicOrigin()
	}
	var stack string
	recoverer := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					stack = string(debug.Stack())
					w.WriteHeader(500)
					fmt.Fprint(w, "sorry")
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
	mux := http.NewServeMux()
	mux.Handle("/{id}", daybookhttp.Track(book, daybook.Create, "user", blowUp, daybookhttp.PathID("id")))
	track := http.Handler(mux)
	want := daybook.Entry{Action: daybook.Create, ResourceType: "user", ResourceID: "u1", Outcome: daybook.Failure,
		Details: daybook.Details{"step": "half", "error_type": "panic"}}
	for name, h := range map[string]http.Handler{
		"recover outside of all":            recoverer(withScope(book, track)),
		"recover within the Middleware":     withScope(book, recoverer(track)),
		"recover without a Middleware":      inScope(recoverer(track)),
		"recover around a Track in a Track": withScope(book, recoverer(daybookhttp.Track(book, daybook.Read, "page", track.ServeHTTP))),
	} {
		stack = ""
		a := call(t, serve(t, 1, h), "POST", "/u1")
		if a.Status != 500 || a.Body != "sorry" {
			t.Errorf("%s: answer %d %q", name, a.Status, a.Body)
		}
		if !strings.Contains(stack, "panicOrigin") {
			t.Errorf("%s: the stack does not show the origin:\n%s", name, stack)
		}
		shelf.only(t, want)
	}
}

//go:noinline
func panicOrigin() { panic("boom") }

func TestAbortAndGoexitAreFailures(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	want := daybook.Entry{Action: daybook.Read, ResourceType: "file", Outcome: daybook.Failure, Details: daybook.Details{"error_type": "panic"}}

	server := serve(t, 1, withScope(book, daybookhttp.Track(book, daybook.Read, "file", func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	})))
	if _, err := server.Client().Get(server.URL); err == nil {
		t.Error("an aborted answer arrived")
	}
	shelf.only(t, want)

	gone := make(chan struct{})
	go func() {
		defer close(gone)
		do(withScope(book, daybookhttp.Track(book, daybook.Read, "file", func(http.ResponseWriter, *http.Request) { runtime.Goexit() })), "GET", "/")
	}()
	<-gone
	shelf.only(t, want)
}

func TestAPanicAfterTheAnswerBeganChangesNoEntry(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	server := serve(t, 1, withScope(book, daybookhttp.Track(book, daybook.Read, "file", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "begun")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})))
	if a := call(t, server, "GET", "/"); a.Body != "begun" || !a.Broken {
		t.Errorf("answer %+v", a)
	}
	shelf.only(t, daybook.Entry{Action: daybook.Read, ResourceType: "file", Outcome: daybook.Success})
}
