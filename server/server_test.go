package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/server"
)

// Whatever a test starts has ended with it.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A written log of a server can be read while it is written.
type written struct {
	mu   sync.Mutex
	text strings.Builder
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// A world is a server that asks for no credential, unless a test changes its configuration.
type world struct {
	*server.Server
	t      *testing.T
	config server.Config
	logged *written
}

func newWorld(t *testing.T, changes ...func(*server.Config)) *world {
	t.Helper()
	w := &world{t: t, config: server.DefaultConfig(), logged: &written{}}
	w.config.Data = filepath.Join(t.TempDir(), "data")
	w.config.Listen, w.config.Auth.Mode = "127.0.0.1:0", server.AuthOff
	w.config.Logger = slog.New(slog.NewTextHandler(w.logged, nil))
	for _, change := range changes {
		change(&w.config)
	}
	s, err := server.New(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	w.Server = s
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// do serves a request without a network. headers are "Name: value".
func (w *world) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, target, strings.NewReader(body))
	r.Host = "localhost"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		}
		r.Header.Set(name, value)
	}
	answer := httptest.NewRecorder()
	w.ServeHTTP(answer, r)
	return answer
}

// A running server is one behind a network.
type running struct {
	*world
	address, private string
	cancel           context.CancelFunc
	ended            chan error
}

func run(t *testing.T, changes ...func(*server.Config)) *running {
	t.Helper()
	addresses := make(chan [2]net.Addr, 1)
	r := &running{ended: make(chan error, 1)}
	r.world = newWorld(t, append(changes, func(c *server.Config) {
		c.Listening = func(public, private net.Addr) { addresses <- [2]net.Addr{public, private} }
	})...)
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() { r.ended <- r.Run(ctx) }()
	select {
	case a := <-addresses:
		r.address = a[0].String()
		if a[1] != nil {
			r.private = a[1].String()
		}
	case err := <-r.ended:
		t.Fatalf("run: %v", err)
	}
	t.Cleanup(func() {
		if r.cancel(); r.ended != nil {
			<-r.ended
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return r
}

// end waits until Run has ended.
func (r *running) end() error {
	r.cancel()
	err := <-r.ended
	r.ended = nil
	return err
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestTheAPIIsServedOnTheLog(t *testing.T) {
	w := newWorld(t)
	if a := w.do("POST", "/v1/entries?organization=acme", `{"action":"CREATE","resource_type":"document","resource_id":"42"}`); a.Code != 201 {
		t.Fatalf("record: %d %s", a.Code, a.Body)
	}
	if a := w.do("GET", "/v1/entries?organization=acme", ""); a.Code != 200 || !strings.Contains(a.Body.String(), `"resource_id":"42"`) {
		t.Errorf("query: %d %s", a.Code, a.Body)
	}
	if a := w.do("GET", "/v1/entries?organization=birch", ""); strings.Contains(a.Body.String(), `"resource_id":"42"`) {
		t.Errorf("another organization sees %s", a.Body)
	}
}

func TestCredentialsAreAskedFor(t *testing.T) {
	w := newWorld(t, func(c *server.Config) { c.Auth.Mode = server.AuthRequired })
	for _, target := range []string{"/v1/entries?organization=acme", "/v1/me", "/v1/log"} {
		if a := w.do("GET", target, ""); a.Code != 401 || a.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: %d %s", target, a.Code, a.Body)
		}
	}
	for _, target := range []string{"/healthz", "/readyz", "/openapi.json"} {
		if a := w.do("GET", target, ""); a.Code != 200 {
			t.Errorf("%s: %d %s", target, a.Code, a.Body)
		}
	}
}

// A page in a browser of this machine can make its own name mean 127.0.0.1, and then read what it
// fetches from there.
func TestWithoutCredentialsRequestsForAnotherHostAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, host := range []string{"localhost", "localhost:8484", "127.0.0.1", "127.0.0.1:8484", "127.9.9.9", "[::1]", "[::1]:8484", "[::ffff:127.0.0.1]:1"} {
		if a := w.do("GET", "/healthz", "", "Host: "+host); a.Code != 200 {
			t.Errorf("Host %q: %d %s", host, a.Code, a.Body)
		}
	}
	for _, host := range []string{"evil.example", "evil.example:8484", "localhost.evil.example", "127.0.0.1.evil.example", "192.0.2.1", "0.0.0.0", "[::]", "localhost:1:2", "127.1"} {
		for _, target := range []string{"/healthz", "/v1/entries?organization=acme", "/nothing"} {
			if a := w.do("GET", target, "", "Host: "+host); a.Code != http.StatusMisdirectedRequest {
				t.Errorf("Host %q: %d %s", host, a.Code, a.Body)
			}
		}
	}
	for _, header := range []string{"X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1", "X-Forwarded-Host: log.example", "X-Real-Ip: 192.0.2.1"} {
		if a := w.do("GET", "/healthz", "", header); a.Code != http.StatusMisdirectedRequest {
			t.Errorf("%s: %d, though a proxy stands in front", header, a.Code)
		}
	}
	if a := w.do("POST", "/v1/entries?organization=acme", `{"action":"READ","resource_type":"document"}`, "Origin: https://evil.example", "Sec-Fetch-Site: cross-site"); a.Code != 403 {
		t.Errorf("a page of another origin records: %d %s", a.Code, a.Body)
	}
}

func TestWithoutCredentialsItListensOnLoopbackOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "127.0.0.1", "127.0.0.1:http:x", "127.0.0.1:99999"} {
		w := newWorld(t, func(c *server.Config) {
			c.Listen = address
			c.Listening = func(a, _ net.Addr) { t.Errorf("%q: it listens on %v", address, a) }
		})
		if err := w.Run(t.Context()); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", address)) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestWithCredentialsItListensEverywhereAndWarnsOfPlainText(t *testing.T) {
	r := run(t, func(c *server.Config) { c.Listen, c.Auth.Mode = "0.0.0.0:0", server.AuthRequired })
	if !strings.Contains(r.logged.String(), "unencrypted") {
		t.Errorf("logged: %s", r.logged)
	}
	proxied := run(t, func(c *server.Config) {
		c.Listen, c.Auth.Mode = "0.0.0.0:0", server.AuthRequired
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	})
	if strings.Contains(proxied.logged.String(), "unencrypted") {
		t.Errorf("behind a proxy: logged: %s", proxied.logged)
	}
}

func TestAnAddressInUseIsSaid(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, change := range []func(*server.Config){
		func(c *server.Config) { c.Listen = l.Addr().String() },
		func(c *server.Config) { c.PrivateListen = l.Addr().String() },
	} {
		if err := newWorld(t, change).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("error %v", err)
		}
	}
}

// What was accepted is answered, whoever has sent a signal meanwhile.
func TestRunEndsWithItsContextAndFinishesAnswers(t *testing.T) {
	dir := t.TempDir()
	log, err := server.CreateLog(t.Context(), server.DirectoryPlace(dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	entries := make([]daybook.Entry, daybook.MaxLimit)
	for i := range entries {
		entries[i] = daybook.Entry{OrganizationID: "acme", Action: daybook.Read, ResourceType: "document",
			Details: daybook.Details{"text": strings.Repeat("x", 10_000)}}
	}
	if err := errors.Join(log.Store.Append(t.Context(), entries...), log.Close()); err != nil {
		t.Fatal(err)
	}
	r := run(t, func(c *server.Config) { c.Data = dir })
	conn, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /v1/entries?organization=acme&limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
	answer, err := http.ReadResponse(bufio.NewReaderSize(conn, 16), nil)
	if err != nil {
		t.Fatal(err)
	}
	// 10 MB do not fit into the buffers of the connection, so the answer is being written now.
	r.cancel()
	var page struct{ Entries []daybook.Entry }
	if err := json.NewDecoder(answer.Body).Decode(&page); err != nil || len(page.Entries) != daybook.MaxLimit {
		t.Errorf("%d entries of the answer under way, %v", len(page.Entries), err)
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
}

// A load balancer sees that the server is about to end before its port closes, and event streams,
// which would go on for ever, end first.
func TestDrainingIsAnnouncedAndEndsStreams(t *testing.T) {
	r := run(t, func(c *server.Config) { c.PrivateListen, c.DrainDelay = "127.0.0.1:0", 300*time.Millisecond })
	stream, err := http.Get("http://" + r.address + "/v1/entries/tail?organization=acme")
	if err != nil || stream.StatusCode != 200 {
		t.Fatalf("%v, %v", stream, err)
	}
	defer stream.Body.Close()
	if status, body := get(t, "http://"+r.address+"/readyz"); status != 200 {
		t.Errorf("before: %d %s", status, body)
	}
	r.cancel()
	for {
		status, body := get(t, "http://"+r.address+"/readyz")
		if status == 503 {
			if !strings.Contains(body, `"code":"draining"`) {
				t.Errorf("draining: %s", body)
			}
			break
		}
	}
	if status, _ := get(t, "http://"+r.private+"/readyz"); status != 503 {
		t.Errorf("the private listener says %d", status)
	}
	if status, _ := get(t, "http://"+r.address+"/healthz"); status != 200 {
		t.Errorf("the process lives, and /healthz says %d", status)
	}
	if _, err := io.Copy(io.Discard, stream.Body); err != nil {
		t.Errorf("the stream was cut: %v", err)
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
}

func TestAClosedLogIsNotReady(t *testing.T) {
	w := newWorld(t)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if a := w.do("GET", "/readyz", ""); a.Code != 503 || !strings.Contains(a.Body.String(), `"code":"store"`) {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	if a := w.do("GET", "/healthz", ""); a.Code != 200 {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	if a := w.do("POST", "/readyz", "{}"); a.Code != 405 || a.Header().Get("Allow") == "" {
		t.Errorf("%d %s", a.Code, a.Body)
	}
}

func TestDataDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	place := server.DirectoryPlace(dir)
	if _, err := server.OpenLog(t.Context(), place, nil); !errors.Is(err, server.ErrNoLog) {
		t.Errorf("a missing directory: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("OpenLog made the directory")
	}
	log, err := server.CreateLog(t.Context(), place, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	first, err := log.CursorKey(t.Context())
	if err != nil || first == (daybook.CursorKey{}) {
		t.Fatalf("key %x, %v", first, err)
	}
	if again, err := log.CursorKey(t.Context()); again != first || err != nil {
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
	if _, err := log.CursorKey(t.Context()); err == nil || !strings.Contains(err.Error(), key) {
		t.Errorf("a damaged key: %v", err)
	}
}
