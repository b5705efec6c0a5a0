package daybookhttp_test

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
)

// A shelf keeps what is appended.
type shelf struct {
	mu      sync.Mutex
	entries []daybook.Entry
	err     error                     // of the next appends
	before  func(ctx context.Context) // called at the beginning of each append
}

func (s *shelf) Append(ctx context.Context, entries ...daybook.Entry) error {
	if s.before != nil {
		s.before(ctx)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.entries = append(s.entries, entries...)
	}
	return s.err
}

func (s *shelf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// take returns what was appended since the last take.
func (s *shelf) take() []daybook.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.entries
	s.entries = nil
	return taken
}

// only fails unless exactly this was appended. Ids and times differ from run to run; organization
// and what the request itself is known by are the business of the tests of Middleware.
func (s *shelf) only(t *testing.T, want ...daybook.Entry) {
	t.Helper()
	ignored := cmpopts.IgnoreFields(daybook.Entry{}, "ID", "CreatedAt", "UpdatedAt", "OrganizationID", "UserID", "ActorType",
		"RequestID", "IPAddress", "UserAgent")
	if diff := cmp.Diff(want, s.take(), ignored, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// quiet is the logger of tests in which faults are expected.
var quiet = slog.New(slog.DiscardHandler)

var ada = daybook.Scope{OrganizationID: "acme", UserID: "ada"}

func identify(*http.Request) (daybook.Scope, error) { return ada, nil }

// newBook returns a recorder and where it appends. Faults are not logged.
func newBook(t testing.TB, o daybook.Options) (*daybook.Recorder, *shelf) {
	t.Helper()
	s := new(shelf)
	if o.Logger == nil {
		o.Logger = quiet
	}
	book, err := daybook.New(s, &o)
	if err != nil {
		t.Fatal(err)
	}
	return book, s
}

// withScope puts the usual Middleware around h.
func withScope(book *daybook.Recorder, h http.Handler) http.Handler {
	return daybookhttp.Middleware(book, &daybookhttp.Options{Identify: identify})(h)
}

// serve starts a server, over HTTP/2 if proto is 2.
func serve(t testing.TB, proto int, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if proto == 2 {
		s.EnableHTTP2 = true
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

// An answer is what a client gets.
type answerOf struct {
	Status  int
	Early   []int // 1xx answers before it
	Header  http.Header
	Trailer http.Header
	Body    string
	Broken  bool // the connection ended before the body
}

// call sends one request to a server and reads the answer.
func call(t testing.TB, s *httptest.Server, method, path string, options ...func(*http.Request)) answerOf {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, option := range options {
		option(r)
	}
	a, err := roundTrip(s, r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func roundTrip(s *httptest.Server, r *http.Request) (a answerOf, err error) {
	r = r.WithContext(traceEarly(r.Context(), &a.Early))
	resp, err := s.Client().Transport.RoundTrip(r)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	a.Status, a.Header, a.Trailer, a.Body, a.Broken = resp.StatusCode, resp.Header, resp.Trailer, string(body), err != nil
	return a, nil
}

// do serves one request without a server.
func do(h http.Handler, method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// events notes what happens in which order.
type events struct {
	mu  sync.Mutex
	all []string
}

func (e *events) add(what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, what)
}

func (e *events) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := slices.Clone(e.all)
	e.all = nil
	return all
}

// number is a number as details have it when they are read.
func number(s string) json.Number { return json.Number(s) }

// traceEarly notes the 1xx answers of a request.
func traceEarly(ctx context.Context, early *[]int) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			*early = append(*early, code)
			return nil
		},
	})
}
