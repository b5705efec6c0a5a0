package daybookhttp_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
)

func TestTheScopeOfARequest(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	options := &daybookhttp.Options{
		Identify: func(r *http.Request) (daybook.Scope, error) {
			return daybook.Scope{OrganizationID: "acme", UserID: "ada", ActorType: daybook.ActorAPIKey, OnBehalfOf: "bob"}, nil
		},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, // httptest's peer is 192.0.2.1
	}
	var seen daybook.Scope
	h := daybookhttp.Middleware(book, options)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen = daybook.ScopeOf(r.Context())
		book.Record(r.Context(), daybook.Entry{Action: daybook.Update, ResourceType: "document"})
	}))
	options.TrustedProxies[0] = netip.Prefix{} // the Middleware has a copy
	do(h, "POST", "/", "X-Request-Id: req-abc123def456", "User-Agent: curl/8", "X-Forwarded-For: 198.51.100.7",
		"Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	want := daybook.Scope{OrganizationID: "acme", UserID: "ada", ActorType: daybook.ActorAPIKey, OnBehalfOf: "bob",
		RequestID: "req-abc123def456", TraceID: "0af7651916cd43dd8448eb211c80319c",
		IPAddress: netip.MustParseAddr("198.51.100.7"), UserAgent: "curl/8"}
	if diff := cmp.Diff(want, seen, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("scope (-want +got):\n%s", diff)
	}
	e := shelf.take()[0]
	if e.OrganizationID != "acme" || e.UserID != "ada" || e.RequestID != "req-abc123def456" || e.UserAgent != "curl/8" || e.IPAddress != want.IPAddress {
		t.Errorf("entry %v", e)
	}
}

// Trap 13: authentication that runs inside sets a value that nobody further out sees.
func TestAuthenticationFurtherInIsSeenFurtherOut(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	authenticate := func(next http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			daybook.Identify(r.Context(), func(s *daybook.Scope) { s.OrganizationID, s.UserID = "acme", "ada" })
			next.ServeHTTP(w, r)
		}
	}
	for name, h := range map[string]http.Handler{
		"between":            authenticate(daybookhttp.Track(book, daybook.Create, "user", status(201))),
		"inside of Track":    daybookhttp.Track(book, daybook.Create, "user", authenticate(status(201))),
		"denied by no Track": authenticate(status(403)),
	} {
		do(daybookhttp.Middleware(book, &daybookhttp.Options{Denied: "request"})(h), "POST", "/")
		entries := shelf.take()
		if len(entries) != 1 || entries[0].UserID != "ada" || entries[0].OrganizationID != "acme" {
			t.Errorf("%s: entries %v", name, entries)
		}
	}
}

// Trap 19: claims that nobody has checked.
func TestACredentialThatIsRefusedNamesNobody(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{Organization: "platform"})
	identify := func(*http.Request) (daybook.Scope, error) {
		return daybook.Scope{OrganizationID: "victim", UserID: "root"}, errors.New("forged")
	}
	h := daybookhttp.Middleware(book, &daybookhttp.Options{Identify: identify})(
		daybookhttp.Track(book, daybook.Read, "session", status(401)))
	do(h, "GET", "/", "X-Organization-Id: victim", "X-User-Id: root")
	e := shelf.take()[0]
	if e.OrganizationID != "platform" || e.UserID != "" || e.Outcome != daybook.Denied {
		t.Errorf("entry %v", e)
	}
}

func TestBearerHandsOnlyAWellFormedTokenToItsVerifier(t *testing.T) {
	var verified []string
	bearer := daybookhttp.Bearer(func(token string) (daybook.Scope, error) {
		verified = append(verified, token)
		if token != "good" {
			return daybook.Scope{}, errors.New("bad signature")
		}
		return ada, nil
	})
	for _, c := range []struct {
		lines []string
		token string // handed to verify; "" for none
		ok    bool
	}{
		{[]string{"Bearer good"}, "good", true},
		{[]string{"bearer good"}, "good", true},
		{[]string{"BEARER   good "}, "good", true},
		{[]string{"Bearer forged.eyJ.sig="}, "forged.eyJ.sig=", false},
		{nil, "", false},
		{[]string{""}, "", false},
		{[]string{"Bearer"}, "", false},
		{[]string{"Bearer "}, "", false},
		{[]string{"Bearer ="}, "", false},
		{[]string{"Basic good"}, "", false},
		{[]string{"Bearergood"}, "", false},
		{[]string{"Bearer good, Bearer evil"}, "", false},
		{[]string{"Bearer go od"}, "", false},
		{[]string{"Bearer gööd"}, "", false},
		{[]string{"Bearer good", "Bearer good"}, "", false},
		{[]string{"Bearer good", "Basic x"}, "", false},
	} {
		verified = nil
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Authorization"] = c.lines
		scope, err := bearer(r)
		if (err == nil) != c.ok || c.ok && scope != ada || !c.ok && scope != (daybook.Scope{}) {
			t.Errorf("%q: scope %v, error %v", c.lines, scope, err)
		}
		if token := strings.Join(verified, "|"); token != c.token {
			t.Errorf("%q: verified %q", c.lines, token)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("Bearer without a verifier")
		}
	}()
	daybookhttp.Bearer(nil)
}

func TestRequestIDs(t *testing.T) {
	book, _ := newBook(t, daybook.Options{})
	var seen string
	look := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = daybook.ScopeOf(r.Context()).RequestID })
	made := regexp.MustCompile(`^req-[0-9a-f]{16}$`)
	unique := make(map[string]bool)
	for _, c := range []struct {
		lines []string
		kept  bool
	}{
		{[]string{"req-abc123def456"}, true},
		{[]string{"a"}, true},
		{[]string{"A.z_0-9"}, true},
		{[]string{strings.Repeat("x", 128)}, true},
		{nil, false},
		{[]string{""}, false},
		{[]string{strings.Repeat("x", 129)}, false},
		{[]string{"a b"}, false},
		{[]string{"a\nb"}, false},
		{[]string{"a/b"}, false},
		{[]string{"<script>"}, false},
		{[]string{"é"}, false},
		{[]string{"a", "b"}, false},
	} {
		for _, header := range []string{"", "x-correlation-id"} {
			h := daybookhttp.Middleware(book, &daybookhttp.Options{RequestIDHeader: header})(look)
			name := http.CanonicalHeaderKey(header)
			if name == "" {
				name = "X-Request-Id"
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.Header[name] = c.lines
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Header()[name]; !slices.Equal(got, []string{seen}) {
				t.Errorf("%q: answered %q, recorded %q", c.lines, got, seen)
			}
			switch {
			case c.kept && seen != c.lines[0]:
				t.Errorf("%q became %q", c.lines, seen)
			case !c.kept && (!made.MatchString(seen) || unique[seen]):
				t.Errorf("%q became %q", c.lines, seen)
			}
			unique[seen] = true
		}
	}
}

func TestTraceIDs(t *testing.T) {
	book, _ := newBook(t, daybook.Options{})
	var seen string
	h := daybookhttp.Middleware(book, nil)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen = daybook.ScopeOf(r.Context()).TraceID
	}))
	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	const zeros = "00000000000000000000000000000000"
	for line, valid := range map[string]bool{
		"00-" + trace + "-" + parent + "-01":                  true,
		"00-" + trace + "-" + parent + "-00":                  true,
		"cc-" + trace + "-" + parent + "-01":                  true,
		"cc-" + trace + "-" + parent + "-01-what-comes-later": true,
		"":                           false,
		"00-" + trace + "-" + parent: false,
		"00-" + trace + "-" + parent + "-01-more":             false,
		"cc-" + trace + "-" + parent + "-01more":              false,
		"ff-" + trace + "-" + parent + "-01":                  false,
		"0g-" + trace + "-" + parent + "-01":                  false,
		"00-" + zeros + "-" + parent + "-01":                  false,
		"00-" + trace + "-" + zeros[:16] + "-01":              false,
		"00-" + strings.ToUpper(trace) + "-" + parent + "-01": false,
		"00-" + trace + "_" + parent + "-01":                  false,
		"00-" + trace + "-" + parent + "-0g":                  false,
	} {
		do(h, "GET", "/", "Traceparent: "+line)
		if (seen == trace) != valid || !valid && seen != "" {
			t.Errorf("%q: trace id %q", line, seen)
		}
	}
	do(h, "GET", "/", "Traceparent: 00-"+trace+"-"+parent+"-01", "Traceparent: 00-"+trace+"-"+parent+"-01")
	if seen != "" {
		t.Errorf("two headers: trace id %q", seen)
	}
}

func TestForgottenEntriesAreTold(t *testing.T) {
	var told []string
	book, shelf := newBook(t, daybook.Options{Forgotten: func(ctx context.Context, what string) {
		told = append(told, what+" by "+daybook.ScopeOf(ctx).UserID)
	}})
	record := func(w http.ResponseWriter, r *http.Request) {
		book.Record(r.Context(), daybook.Entry{Action: daybook.Create, ResourceType: "user"})
	}
	skip := daybookhttp.Track(book, daybook.Create, "user", func(_ http.ResponseWriter, r *http.Request) { daybook.DraftOf(r.Context()).Skip() })
	hijacked := func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			conn.Close()
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /users", status(201))
	mux.HandleFunc("/any/{id}", status(200))
	mux.HandleFunc("GET /read", status(200))
	mux.HandleFunc("POST /failed", status(409))
	mux.HandleFunc("POST /redirect", status(303))
	mux.HandleFunc("POST /recorded", record)
	mux.HandleFunc("POST /nothing", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /detached", func(w http.ResponseWriter, r *http.Request) {
		record(w, r.WithContext(daybook.WithScope(r.Context(), ada))) // a scope within
	})
	mux.Handle("POST /skip", skip)
	mux.HandleFunc("POST /hijack", hijacked)
	mux.Handle("POST /tracked", daybookhttp.Track(book, daybook.Create, "no such type!", status(201)))
	server := serve(t, 1, withScope(book, mux))
	for _, c := range []struct {
		method, path string
		want         []string
	}{
		{"POST", "/users?token=secret", []string{"POST /users by ada"}},
		{"PUT", "/any/42?token=secret", []string{"PUT /any/{id} by ada"}},
		{"PATCH", "/any/42", []string{"PATCH /any/{id} by ada"}},
		{"DELETE", "/any/42", []string{"DELETE /any/{id} by ada"}},
		{"POST", "/nothing", []string{"POST /nothing by ada"}},
		{"GET", "/any/42", nil},
		{"GET", "/read", nil},
		{"HEAD", "/read", nil},
		{"POST", "/failed", nil},
		{"POST", "/redirect", nil},
		{"POST", "/recorded", nil},
		{"POST", "/detached", nil},
		{"POST", "/skip", nil},
		{"POST", "/hijack", nil},
		{"POST", "/tracked", nil}, // refused, which is counted as that
	} {
		told = nil
		call(t, server, c.method, c.path)
		if !slices.Equal(told, c.want) {
			t.Errorf("%s %s: told %q", c.method, c.path, told)
		}
	}
	shelf.take()

	copied := withScope(book, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(context.WithoutCancel(r.Context())))
	}))
	told = nil
	do(copied, "POST", "/users?token=secret")
	if !slices.Equal(told, []string{"POST /users by ada"}) { // its path
		t.Errorf("behind a copy: told %q", told)
	}
	told = nil
	do(withScope(book, status(200)), "POST", "/no%20mux?token=secret")
	if !slices.Equal(told, []string{"POST /no mux by ada"}) {
		t.Errorf("without a mux: told %q", told)
	}
	if n := book.Stats().Forgotten; n != 7 {
		t.Errorf("%d forgotten entries counted", n)
	}
}

func TestTheGuardOfAPanicIsThePanic(t *testing.T) {
	var log bytes.Buffer
	book, _ := newBook(t, daybook.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	h := withScope(book, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	func() {
		defer func() { recover() }()
		do(h, "POST", "/")
	}()
	if log.Len() > 0 || book.Stats().Forgotten > 0 {
		t.Errorf("log %s", &log)
	}
}

func TestDenialsWithoutATrackAreRecorded(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	denied := daybookhttp.Middleware(book, &daybookhttp.Options{Identify: identify, Denied: "request"})
	for method, action := range map[string]daybook.Action{
		"GET": daybook.Read, "HEAD": daybook.Read, "OPTIONS": daybook.Read, "POST": daybook.Create,
		"PUT": daybook.Update, "PATCH": daybook.Update, "DELETE": daybook.Delete,
	} {
		for code, reason := range map[int]string{401: "Unauthorized", 403: "Forbidden"} {
			do(denied(status(code)), method, "/")
			shelf.only(t, daybook.Entry{Action: action, ResourceType: "request", Outcome: daybook.Denied, Details: daybook.Details{"error": reason}})
		}
	}
	do(denied(status(404)), "GET", "/")
	do(withScope(book, status(403)), "GET", "/")
	shelf.only(t)

	do(denied(daybookhttp.Track(book, daybook.Read, "user", status(403))), "GET", "/")
	shelf.only(t, daybook.Entry{Action: daybook.Read, ResourceType: "user", Outcome: daybook.Denied, Details: daybook.Details{"error": "Forbidden"}})

	byHand := daybook.Entry{Action: daybook.Read, ResourceType: "session", Outcome: daybook.Denied}
	do(denied(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		book.Record(r.Context(), byHand)
		w.WriteHeader(401)
	})), "GET", "/")
	shelf.only(t, byHand)
}

// Trap 14: what outlives the request keeps its scope.
func TestWorkThatOutlivesTheRequestKeepsItsScope(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	answered, recorded := make(chan struct{}), make(chan struct{})
	server := serve(t, 1, withScope(book, daybookhttp.Track(book, daybook.Create, "user", func(_ http.ResponseWriter, r *http.Request) {
		ctx := daybook.Detach(r.Context())
		message := make(map[string]string)
		daybook.Inject(r.Context(), func(k, v string) { message[k] = v })
		go func() {
			defer close(recorded)
			<-answered
			book.Record(ctx, daybook.Entry{Action: daybook.Create, ResourceType: "notification"})
			job := daybook.Extract(context.Background(), func(k string) string { return message[k] })
			book.Record(job, daybook.Entry{Action: daybook.Create, ResourceType: "export"})
		}()
	})))
	call(t, server, "POST", "/", func(r *http.Request) { r.Header.Set("X-Request-Id", "req-7") })
	close(answered)
	<-recorded
	entries := shelf.take()
	if len(entries) != 3 {
		t.Fatalf("%d entries", len(entries))
	}
	for _, e := range entries {
		if e.OrganizationID != "acme" || e.UserID != "ada" || e.RequestID != "req-7" {
			t.Errorf("entry %v by %q", e, e.UserID)
		}
	}
}

// A handler that times out while it goes on must not disturb the Middleware around the timeout.
func TestTimeoutsBetweenMiddlewareAndTrack(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	finish, finished := make(chan struct{}), make(chan struct{})
	track := daybookhttp.Track(book, daybook.Create, "user", func(w http.ResponseWriter, r *http.Request) {
		<-finish
		w.WriteHeader(201)
	})
	slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(finished)
		track.ServeHTTP(w, r)
	})
	h := withScope(book, http.TimeoutHandler(slow, 1, "too late"))
	if w := do(h, "POST", "/"); w.Code != 503 {
		t.Errorf("status %d", w.Code)
	}
	close(finish)
	<-finished
	shelf.only(t, daybook.Entry{Action: daybook.Create, ResourceType: "user", Outcome: daybook.Success}) // the work was done
}
