package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/server"
)

// A world is a server with a log in which acme has 7 entries and birch one.
type world struct {
	*server.Server
	t       *testing.T
	dir     string
	entries []daybook.Entry // acme's, oldest first
	logged  *strings.Builder
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: filepath.Join(t.TempDir(), "data"), logged: &strings.Builder{}}
	data, err := server.CreateLog(t.Context(), server.DirectoryPlace(w.dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 7 {
		e := daybook.Entry{OrganizationID: "acme", Action: daybook.Update, ResourceType: "document", ResourceID: fmt.Sprint(i % 2), UserID: "ada",
			CreatedAt: time.Date(2026, 11, 20+i, 12, 0, 0, 0, time.UTC)}
		if i == 3 {
			e.Outcome, e.Action = daybook.Denied, daybook.Read
		}
		if _, err := e.Normalize(); err != nil {
			t.Fatal(err)
		}
		w.entries = append(w.entries, e)
	}
	foreign := daybook.Entry{OrganizationID: "birch", Action: daybook.Delete, ResourceType: "document", UserID: "bob"}
	if err := errors.Join(data.Store.Append(t.Context(), append(w.entries, foreign)...), data.Close()); err != nil {
		t.Fatal(err)
	}
	w.Server, err = server.New(t.Context(), server.Config{Data: w.dir, Logger: slog.New(slog.NewTextHandler(w.logged, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) request(method, target, host string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Host = host
	answer := httptest.NewRecorder()
	w.Handler().ServeHTTP(answer, r)
	return answer
}

type page struct {
	Entries []daybook.Entry
	Next    string
	Since   time.Time
	Until   time.Time
}

func (w *world) page(target string) page {
	w.t.Helper()
	answer := w.request("GET", target, "localhost")
	var p page
	if err := json.Unmarshal(answer.Body.Bytes(), &p); answer.Code != 200 || err != nil {
		w.t.Fatalf("GET %s: %d %v %s", target, answer.Code, err, answer.Body)
	}
	return p
}

type problem struct {
	Title  string
	Status int
	Detail string
	Field  string
	Errors []struct{ Field, Reason string }
}

func (w *world) problem(method, target, host string) problem {
	w.t.Helper()
	answer := w.request(method, target, host)
	var p problem
	if err := json.Unmarshal(answer.Body.Bytes(), &p); err != nil || answer.Header().Get("Content-Type") != "application/problem+json" {
		w.t.Fatalf("%s %s: %d %v %s", method, target, answer.Code, err, answer.Body)
	}
	if p.Status != answer.Code || p.Title != http.StatusText(p.Status) || p.Detail == "" {
		w.t.Errorf("%s %s: %d %+v", method, target, answer.Code, p)
	}
	return p
}

func TestPagesMeetWithoutGapOrOverlap(t *testing.T) {
	w := newWorld(t)
	for _, order := range []string{"newest", "oldest"} {
		var got []daybook.ID
		after := ""
		for pages := 0; ; pages++ {
			p := w.page("/v1/organizations/acme/entries?limit=3&order=" + order + after)
			for _, e := range p.Entries {
				got = append(got, e.ID)
			}
			if p.Next == "" || pages > 5 {
				break
			}
			after = "&after=" + p.Next
		}
		var want []daybook.ID
		for i := range w.entries {
			if order == "newest" {
				i = len(w.entries) - 1 - i
			}
			want = append(want, w.entries[i].ID)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s:\n%s", order, d)
		}
	}
}

// Such a year has no JSON, and the zero time means no bound.
func TestTimesThatNoEntryHasAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, parameter := range []string{"until=9999-12-31", "since=0000-01-01T00:00:00%2B10:00", "until=0001-01-01T00:00:00Z", "until=0000-12-31"} {
		field, _, _ := strings.Cut(parameter, "=")
		if p := w.problem("GET", "/v1/organizations/acme/entries?"+parameter, "localhost"); p.Status != http.StatusBadRequest || p.Field != field {
			t.Errorf("%s: %+v", parameter, p)
		}
	}
}

func TestFiltersNarrowThePage(t *testing.T) {
	w := newWorld(t)
	for parameters, want := range map[string]int{
		"": 7, "user=ada": 7, "user=bob": 0, "outcome=denied": 1, "action=READ&action=UPDATE": 7, "action=READ": 1,
		"resource_id=1": 3, "since=2026-11-22&until=2026-11-23": 2, "id=" + w.entries[4].ID.String(): 1,
	} {
		if p := w.page("/v1/organizations/acme/entries?" + parameters); len(p.Entries) != want {
			t.Errorf("%s finds %d entries, want %d", parameters, len(p.Entries), want)
		}
	}
	if answer := w.request("GET", "/v1/organizations/nobody/entries", "localhost"); answer.Body.String() != "{\"entries\":[]}\n" {
		t.Errorf("an organization without entries: %s", answer.Body)
	}
}

func TestCursorsAreForOneQueryOfOneOrganization(t *testing.T) {
	w := newWorld(t)
	next := w.page("/v1/organizations/acme/entries?limit=2").Next
	altered := "B" + next[1:]
	for _, target := range []string{
		"/v1/organizations/birch/entries?after=" + next,
		"/v1/organizations/acme/entries?order=oldest&after=" + next,
		"/v1/organizations/acme/entries?user=ada&after=" + next,
		"/v1/organizations/acme/entries?after=" + altered,
		"/v1/organizations/acme/entries?after=x",
		"/v1/organizations/acme/entries?after=",
		"/v1/organizations/acme/entries?after=" + next + "&after=" + next,
	} {
		if p := w.problem("GET", target, "localhost"); p.Status != 400 || p.Field != "after" {
			t.Errorf("%s: %+v", target, p)
		}
	}
	// Another limit is the same query, and a restart keeps the key.
	again, err := server.New(t.Context(), server.Config{Data: w.dir})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	w.Server = again
	if p := w.page("/v1/organizations/acme/entries?limit=9&after=" + next); len(p.Entries) != 5 {
		t.Errorf("%d entries on the second page", len(p.Entries))
	}
}

func TestARelativeTimeIsFixedByTheFirstPage(t *testing.T) {
	w := newWorld(t)
	first := w.page("/v1/organizations/acme/entries?limit=1&since=20w")
	if first.Since.IsZero() || first.Next == "" {
		t.Fatalf("%+v", first)
	}
	if p := w.problem("GET", "/v1/organizations/acme/entries?limit=1&since=20w&after="+first.Next, "localhost"); p.Field != "since" {
		t.Errorf("%+v", p)
	}
	second := w.page("/v1/organizations/acme/entries?limit=1&since=" + url.QueryEscape(first.Since.Format(time.RFC3339Nano)) + "&after=" + first.Next)
	if len(second.Entries) != 1 || second.Entries[0].ID != w.entries[5].ID {
		t.Errorf("%+v", second)
	}
}

func TestReport(t *testing.T) {
	w := newWorld(t)
	for target, want := range map[string]string{
		"by=action":            `{"by":["action"],"groups":[{"values":["UPDATE"],"count":6},{"values":["READ"],"count":1}]}`,
		"by=action&by=outcome": `{"by":["action","outcome"],"groups":[{"values":["UPDATE","success"],"count":6},{"values":["READ","denied"],"count":1}]}`,
		"":                     `{"by":[],"groups":[{"values":[],"count":7}]}`,
		"by=user_id&user=eve":  `{"by":["user_id"],"groups":[]}`,
	} {
		answer := w.request("GET", "/v1/organizations/acme/report?"+target, "localhost")
		if got := strings.TrimSpace(answer.Body.String()); got != want {
			t.Errorf("%s: %s, want %s", target, got, want)
		}
	}
	for target, field := range map[string]string{"by=x": "by", "by=action&by=action": "by", "limit=3": "limit", "after=x": "after", "user=": "user"} {
		if p := w.problem("GET", "/v1/organizations/acme/report?"+target, "localhost"); p.Status != 400 || p.Field != field {
			t.Errorf("%s: %+v", target, p)
		}
	}
}

func TestProblems(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		method, target string
		status         int
		field          string
	}{
		{"GET", "/", 404, ""},
		{"GET", "/v1/organizations/acme", 404, ""},
		{"GET", "/v1/organizations/acme/entries/x", 404, ""},
		{"POST", "/v1/organizations/acme/entries", 405, ""},
		{"DELETE", "/healthz", 405, ""},
		{"GET", "/v1/organizations/acme/entries?usr=ada", 400, "usr"},
		{"GET", "/v1/organizations/acme/entries?limit=-1", 400, "limit"},
		{"GET", "/v1/organizations/acme/entries?user=%zz", 400, ""},
		{"GET", "/v1/organizations/acme/entries?user=a;action=READ", 400, ""},
		{"GET", "/v1/organizations/" + strings.Repeat("x", 300) + "/entries", 400, "organization_id"},
		{"GET", "/v1/organizations/a%00b/entries", 400, "organization_id"},
	} {
		if p := w.problem(tt.method, tt.target, "127.0.0.1:8484"); p.Status != tt.status || p.Field != tt.field {
			t.Errorf("%s %s: %+v", tt.method, tt.target, p)
		}
	}
	if p := w.problem("GET", "/v1/organizations/acme/entries?usr=x&ip=y", "localhost"); len(p.Errors) != 2 || strings.Contains(p.Detail, "\n") {
		t.Errorf("two wrong parameters: %+v", p)
	}
}

func TestFaultsOfTheServerAreNotTold(t *testing.T) {
	for _, err := range []error{
		errors.New("query: open /var/lib/daybook: secret"),
		fmt.Errorf("secret: %w", context.DeadlineExceeded),
		fmt.Errorf("secret: %w", daybook.ErrClosed),
		fmt.Errorf("secret: %w", os.ErrPermission),
	} {
		if p := server.Problem(err); !strings.Contains(p, `"status":50`) || strings.Contains(p, "secret") {
			t.Errorf("%v is answered with %s", err, p)
		}
	}
}

func TestAnswersAreNeitherCachedNorSniffed(t *testing.T) {
	w := newWorld(t)
	for _, target := range []string{"/healthz", "/v1/organizations/acme/entries", "/nothing", "/v1/organizations/acme/report?by=x"} {
		h := w.request("GET", target, "localhost").Header()
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", target, h)
		}
	}
}

// A page in a browser of this machine can make its own name mean 127.0.0.1, and then read what it
// fetches from there.
func TestRequestsForAnotherHostAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, host := range []string{"localhost", "localhost:8484", "127.0.0.1", "127.0.0.1:8484", "127.9.9.9", "[::1]", "[::1]:8484", "[::ffff:127.0.0.1]:1"} {
		if answer := w.request("GET", "/healthz", host); answer.Code != 200 {
			t.Errorf("Host %q: %d %s", host, answer.Code, answer.Body)
		}
	}
	for _, host := range []string{"", "evil.example", "evil.example:8484", "localhost.evil.example", "127.0.0.1.evil.example", "192.0.2.1", "0.0.0.0", "[::]", "localhost:1:2", "127.1"} {
		for _, target := range []string{"/healthz", "/v1/organizations/acme/entries", "/nothing"} {
			if p := w.problem("GET", target, host); p.Status != http.StatusMisdirectedRequest {
				t.Errorf("Host %q: %+v", host, p)
			}
		}
	}
}

func TestListensOnLoopbackOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "127.0.0.1", "127.0.0.1:http:x", "127.0.0.1:99999", ""} {
		s, err := server.New(t.Context(), server.Config{Data: t.TempDir(), Listen: address,
			Listening: func(a net.Addr) { t.Errorf("%q: it listens on %v", address, a) }})
		if err != nil {
			t.Fatal(err)
		}
		if address != "" { // which is the default
			if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", address)) {
				t.Errorf("%q: %v", address, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestRunEndsWithItsContextAndFinishesAnswers(t *testing.T) {
	dir := t.TempDir()
	data, err := server.CreateLog(t.Context(), server.DirectoryPlace(dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	entries := make([]daybook.Entry, daybook.MaxLimit)
	for i := range entries {
		entries[i] = daybook.Entry{OrganizationID: "acme", Action: daybook.Read, ResourceType: "document",
			Details: daybook.Details{"text": strings.Repeat("x", 10_000)}}
	}
	if err := errors.Join(data.Store.Append(t.Context(), entries...), data.Close()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	listening := make(chan net.Addr, 1)
	s, err := server.New(ctx, server.Config{Data: dir, Listen: "127.0.0.1:0", Listening: func(a net.Addr) { listening <- a }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()

	conn, err := net.Dial("tcp", (<-listening).String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /v1/organizations/acme/entries?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil)
	if err != nil {
		t.Fatal(err)
	}
	// 10 MB do not fit into the buffers of the connection, so the answer is being written now.
	cancel()
	var p page
	if err := json.NewDecoder(answer.Body).Decode(&p); err != nil || len(p.Entries) != daybook.MaxLimit {
		t.Errorf("%d entries of the answer under way, %v", len(p.Entries), err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAnAddressInUseIsSaid(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := server.New(t.Context(), server.Config{Data: t.TempDir(), Listen: l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("error %v", err)
	}
}

func TestAClosedLogIsNotAvailableAndLogged(t *testing.T) {
	w := newWorld(t)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/healthz", "/v1/organizations/acme/entries"} {
		if p := w.problem("GET", target, "localhost"); p.Status != 503 {
			t.Errorf("%s: %+v", target, p)
		}
	}
	if log := w.logged.String(); !strings.Contains(log, "/v1/organizations/{organization}/entries") || strings.Contains(log, "acme") {
		t.Errorf("logged: %s", log)
	}
}

func TestDataDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if _, err := server.OpenLog(t.Context(), server.DirectoryPlace(dir), nil); !errors.Is(err, server.ErrNoLog) {
		t.Errorf("a missing directory: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("OpenLog made the directory")
	}
	data, err := server.CreateLog(t.Context(), server.DirectoryPlace(dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	first, err := data.CursorKey()
	if err != nil || first == (daybook.CursorKey{}) {
		t.Fatalf("key %x, %v", first, err)
	}
	if again, err := data.CursorKey(); again != first || err != nil {
		t.Errorf("another key at the second use, %v", err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, %v", f.Name(), info.Mode(), err)
		}
		if strings.Contains(f.Name(), ".new-") {
			t.Errorf("%s was left", f.Name())
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has mode %v, %v", info.Mode(), err)
	}
	key := filepath.Join(dir, server.KeyFile)
	if err := os.WriteFile(key, first[:9], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := data.CursorKey(); err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("a damaged key: %v", err)
	}
}
