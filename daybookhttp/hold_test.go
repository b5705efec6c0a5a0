package daybookhttp_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
)

func contains(all []string, what string) bool { return slices.Contains(all, what) }

func containsPart(all []string, part string) bool {
	return slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, part) })
}

func endless(s string, n int) io.Reader { return strings.NewReader(strings.Repeat(s, n)) }

// Trap 10: an entry that is written after the answer is lost by a crash in between.
func TestTheEntryIsWrittenBeforeAnythingGoesOut(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		want    []string
	}{
		{"when the handler returns", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(201)
			io.WriteString(w, "a")
			io.WriteString(w, "b")
		}, []string{"entry", "status 201", "write ab"}},
		{"when it has written nothing", func(http.ResponseWriter, *http.Request) {}, []string{"entry"}},
		{"when the hold is full", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "1234")
			io.WriteString(w, "5")
			io.WriteString(w, "6")
		}, []string{"entry", "status 200", "write 1234", "write 5", "write 6"}},
		{"when it flushes", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, "a")
			w.(http.Flusher).Flush()
			io.WriteString(w, "b")
		}, []string{"entry", "status 200", "write a", "flush", "write b"}},
		{"when it flushes an empty answer", func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush()
		}, []string{"entry", "flush"}},
		{"when it hijacks after an answer", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(101)
			w.(http.Hijacker).Hijack()
		}, []string{"entry", "status 101", "hijack"}},
		{"when it hijacks", func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Hijacker).Hijack()
		}, []string{"hijack", "entry"}}, // to have the connection sends nothing
		{"when it reads from a file", func(w http.ResponseWriter, _ *http.Request) {
			io.Copy(w, struct{ io.Reader }{endless("r", 513)}) // not a WriterTo
		}, []string{"entry", "status 200", "write " + strings.Repeat("r", 512), "read from r"}},
		{"after early hints", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(103)
			w.WriteHeader(200)
		}, []string{"status 103", "entry", "status 200"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			book, shelf := newBook(t, daybook.Options{})
			var e events
			shelf.before = func(context.Context) { e.add("entry") }
			h := withScope(book, daybookhttp.Track(book, daybook.Read, "page", c.handler, daybookhttp.Hold(4)))
			h.ServeHTTP(below(7, &e), httptest.NewRequest("GET", "/", nil))
			got := e.take()
			if c.name == "when it flushes an empty answer" { // the status may be left to the writer below
				got = slices.DeleteFunc(got, func(s string) bool { return s == "status 200" })
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Trap 3: a wrapper for which the first WriteHeader wins takes 103 for the answer.
func TestEarlyHintsDecideNothing(t *testing.T) {
	for proto := 1; proto <= 2; proto++ {
		book, shelf := newBook(t, daybook.Options{})
		server := serve(t, proto, withScope(book, daybookhttp.Track(book, daybook.Create, "user", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(103)
			w.WriteHeader(103)
			w.WriteHeader(422)
		})))
		if a := call(t, server, "POST", "/"); a.Status != 422 || !slices.Equal(a.Early, []int{103, 103}) {
			t.Errorf("HTTP %d: answer %+v", proto, a)
		}
		shelf.only(t, daybook.Entry{Action: daybook.Create, ResourceType: "user", Outcome: daybook.Failure})
	}
}

func TestTheFirstStatusCounts(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	server := serve(t, 1, withScope(book, daybookhttp.Track(book, daybook.Create, "user", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(403)
		w.WriteHeader(200)
		w.WriteHeader(103)
	})))
	if a := call(t, server, "POST", "/"); a.Status != 403 || a.Early != nil {
		t.Errorf("answer %+v", a)
	}
	shelf.only(t, daybook.Entry{Action: daybook.Create, ResourceType: "user", Outcome: daybook.Denied, Details: daybook.Details{"error": "Forbidden"}})
}

func TestAnImpossibleStatusPanicsWhereItIsWritten(t *testing.T) {
	book, _ := newBook(t, daybook.Options{})
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	do(daybookhttp.Track(book, daybook.Read, "page", func(w http.ResponseWriter, _ *http.Request) {
		defer func() {
			r := recover()
			if r == nil {
				t.Error("the handler was not told")
			}
			panic(r)
		}()
		w.WriteHeader(0)
	}), "GET", "/")
}

func TestHeadersAreThoseOfTheMomentOfTheStatus(t *testing.T) {
	book, _ := newBook(t, daybook.Options{})
	for name, handler := range map[string]http.HandlerFunc{
		"with a map taken before": func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h.Set("X-Kept", "early")
			h["X-Gone"] = []string{"early"}
			w.WriteHeader(200)
			h.Set("X-Kept", "late")
			h.Add("X-Kept", "later")
			h.Del("X-Gone")
			h.Set("X-New", "late")
			h.Set(http.TrailerPrefix+"X-Trailer", "t")
		},
		"with a map taken at the first Write": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Kept", "early")
			w.Header().Set("X-Gone", "early")
			io.WriteString(w, "")
			w.Header().Set("X-Kept", "late")
			delete(w.Header(), "X-Gone")
			w.Header().Set("X-New", "late")
			w.Header().Set(http.TrailerPrefix+"X-Trailer", "t")
		},
	} {
		for proto := 1; proto <= 2; proto++ {
			server := serve(t, proto, withScope(book, daybookhttp.Track(book, daybook.Read, "page", func(w http.ResponseWriter, r *http.Request) {
				handler(w, r)
				io.Copy(w, endless("x", 5000))
			})))
			a := call(t, server, "GET", "/")
			if !slices.Equal(a.Header["X-Kept"], []string{"early"}) || a.Header.Get("X-Gone") != "early" || a.Header.Get("X-New") != "" {
				t.Errorf("%s, HTTP %d: header %v", name, proto, a.Header)
			}
			if a.Trailer.Get("X-Trailer") != "t" {
				t.Errorf("%s, HTTP %d: trailer %v", name, proto, a.Trailer)
			}
		}
	}
	server := serve(t, 1, withScope(book, daybookhttp.Track(book, daybook.Read, "page", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(200)
		w.Header().Set("X-New", "late") // the first call of Header
	})))
	if a := call(t, server, "GET", "/"); a.Header.Get("X-New") != "" {
		t.Errorf("header %v", a.Header)
	}
}

func TestTheBodyHeldIsBounded(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	for _, c := range []struct {
		hold []daybookhttp.RouteOption
		fits int
	}{
		{nil, 64 << 10},
		{[]daybookhttp.RouteOption{daybookhttp.Hold(100)}, 100},
		{[]daybookhttp.RouteOption{daybookhttp.Hold(0)}, 0},
		{[]daybookhttp.RouteOption{daybookhttp.Hold(-1)}, 0},
	} {
		var e events
		h := withScope(book, daybookhttp.Track(book, daybook.Read, "page", func(w http.ResponseWriter, _ *http.Request) {
			w.Write(bytes.Repeat([]byte("x"), c.fits))
			if n := len(shelf.take()); n != 0 {
				t.Errorf("%d entries before more than %d bytes are written", n, c.fits)
			}
			io.WriteString(w, "y")
			if n := len(shelf.take()); n != 1 {
				t.Errorf("%d entries after more than %d bytes were written", n, c.fits)
			}
		}, c.hold...))
		h.ServeHTTP(below(0, &e), httptest.NewRequest("GET", "/", nil))
		if got := strings.Join(e.take(), ","); got != "status 200,write "+strings.Repeat("x", c.fits)+",write y" && c.fits > 0 {
			t.Errorf("%.100s", got)
		}
	}
}

func TestWritesAreRefusedAsNetHTTPRefusesThem(t *testing.T) {
	book, _ := newBook(t, daybook.Options{})
	results := func(w http.ResponseWriter, code, length int) (got []error) {
		if length >= 0 {
			w.Header().Set("Content-Length", fmt.Sprint(length))
		}
		w.WriteHeader(code)
		_, err := w.Write(nil)
		got = append(got, err)
		_, err = w.Write([]byte("1234"))
		got = append(got, err)
		_, err = io.WriteString(w, "5")
		got = append(got, err)
		_, err = io.Copy(w, struct{ io.Reader }{strings.NewReader("")})
		got = append(got, err)
		_, err = io.Copy(w, struct{ io.Reader }{strings.NewReader("6")})
		got = append(got, err)
		_, err = io.Copy(w, struct{ io.Reader }{errorReader{}})
		return append(got, err)
	}
	for _, c := range []struct{ code, length int }{{200, -1}, {200, 6}, {200, 5}, {200, 4}, {200, 3}, {204, -1}, {304, -1}, {304, 100}} {
		var want, got []error
		call(t, serve(t, 1, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { want = results(w, c.code, c.length) })), "GET", "/")
		call(t, serve(t, 1, withScope(book, daybookhttp.Track(book, daybook.Read, "page", func(w http.ResponseWriter, _ *http.Request) {
			got = results(w, c.code, c.length)
		}))), "GET", "/")
		if !slices.Equal(want, got) {
			t.Errorf("status %d, length %d: bare %v, tracked %v", c.code, c.length, want, got)
		}
	}
}

type errorReader struct{}

func (errorReader) Read([]byte) (int, error) { return 0, io.ErrNoProgress }

func TestAnAnswerThatHasBegunOutsideGoesOn(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	var e events
	track := daybookhttp.Track(book, daybook.Read, "page", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "body") }, daybookhttp.Required())
	h := withScope(book, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(202)
		io.WriteString(w, "head")
		track.ServeHTTP(w, r)
		io.WriteString(w, "foot")
	}))
	h.ServeHTTP(below(0, &e), httptest.NewRequest("GET", "/", nil))
	if got := e.take(); !slices.Equal(got, []string{"status 202", "write head", "write body", "write foot"}) {
		t.Errorf("%q", got)
	}
	shelf.only(t, daybook.Entry{Action: daybook.Read, ResourceType: "page", Outcome: daybook.Success})
	shelf.fail(errStoreDown)
	h.ServeHTTP(below(0, &e), httptest.NewRequest("GET", "/", nil))
	if got := e.take(); len(got) != 4 {
		t.Errorf("what cannot be held cannot be replaced: %q", got)
	}
}

// The pool of holds must not carry an answer from one request into another.
func TestAnswersDoNotMix(t *testing.T) {
	book, _ := newBook(t, daybook.Options{})
	track := daybookhttp.Track(book, daybook.Read, "page", func(w http.ResponseWriter, r *http.Request) {
		who := r.URL.Query().Get("who")
		w.Header().Set("X-Who", who)
		if who[0] == 'p' {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(200)
		w.Header().Set("X-Late", who)
		io.Copy(w, endless(who, 1000))
	})
	server := serve(t, 1, withScope(book, track))
	done := make(chan error)
	for c := range 8 {
		go func() {
			for i := range 50 {
				who := fmt.Sprintf("%c%d-%d", "abp"[i%3], c, i)
				resp, err := server.Client().Get(server.URL + "/?who=" + who)
				if err != nil {
					continue // aborted
				}
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || string(body) != strings.Repeat(who, 1000) || resp.Header.Get("X-Who") != who || resp.Header.Get("X-Late") != "" {
					done <- fmt.Errorf("%s got %v %.40q", who, resp.Header, body)
					return
				}
			}
			done <- nil
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestWritesAfterTheHandlerGoNowhereElse(t *testing.T) {
	book, _ := newBook(t, daybook.Options{})
	var late http.ResponseWriter
	h := withScope(book, daybookhttp.Track(book, daybook.Read, "page", func(w http.ResponseWriter, _ *http.Request) {
		late = w
		io.WriteString(w, "first")
	}))
	first := do(h, "GET", "/")
	old := late
	h = withScope(book, daybookhttp.Track(book, daybook.Read, "page", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "sec")
		io.WriteString(old, " late")
		io.WriteString(w, "ond")
	}))
	if second := do(h, "GET", "/"); second.Body.String() != "second" || first.Body.String() != "first late" {
		t.Errorf("first %q, second %q", first.Body, second.Body)
	}
}
