package api_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/api"
)

// A follower reads an event stream.
type follower struct {
	t     *testing.T
	lines *bufio.Scanner
	close func()
	id    string // of the last event, or mark
}

func follow(t *testing.T, base, query, lastEventID string) *follower {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	r, err := http.NewRequestWithContext(ctx, "GET", base+"/v1/entries/tail?organization=acme"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer operator")
	if lastEventID != "" {
		r.Header.Set("Last-Event-ID", lastEventID)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s %v", res.Status, res.Header)
	}
	f := &follower{t: t, lines: bufio.NewScanner(res.Body), close: func() { cancel(); res.Body.Close() }}
	t.Cleanup(f.close)
	return f
}

// next returns the data of the next event, "" at the end of the stream.
func (f *follower) next() string {
	f.t.Helper()
	for f.lines.Scan() {
		line := f.lines.Text()
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			f.id = id
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			return data
		}
	}
	return ""
}

// begun waits for the mark with which a stream begins.
func (f *follower) begun() {
	f.t.Helper()
	for f.id == "" && f.lines.Scan() {
		if id, ok := strings.CutPrefix(f.lines.Text(), "id: "); ok {
			f.id = id
		}
	}
}

func TestAStreamShowsTheOrganizationsEntriesAndGoesOnWhereItWas(t *testing.T) {
	s := newServer(t)
	h := httptest.NewServer(s)
	defer h.Close()
	defer s.EndStreams()
	record := func(organization, resource string) {
		t.Helper()
		s.must(t, 201, "POST", "/v1/entries?organization="+organization, fmt.Sprintf(`{"action":"CREATE","resource_type":"document","resource_id":%q}`, resource))
	}
	record("acme", "before")
	f := follow(t, h.URL, "&q=type:document", "")
	f.begun()
	record("rival", "theirs")
	record("acme", "first")
	s.must(t, 201, "POST", "/v1/entries?organization=acme", `{"action":"CREATE","resource_type":"folder"}`)
	record("acme", "second")
	for _, want := range []string{"first", "second"} {
		if got := f.next(); !strings.Contains(got, `"resource_id":"`+want+`"`) {
			t.Fatalf("%s, want %s", got, want)
		}
	}
	f.close()
	record("acme", "meanwhile")
	again := follow(t, h.URL, "&q=type:document", f.id)
	record("acme", "later")
	for _, want := range []string{"meanwhile", "later"} {
		if got := again.next(); !strings.Contains(got, `"resource_id":"`+want+`"`) {
			t.Fatalf("%s, want %s", got, want)
		}
	}
	// The place belongs to this organization and this filter, and to nobody else.
	for _, target := range []string{"/v1/entries/tail?organization=rival&q=type:document", "/v1/entries/tail?organization=acme&q=type:folder", "/v1/entries/tail?organization=acme"} {
		if w := s.do(t, "GET", target, "", "Last-Event-ID: "+again.id); w.Code != 400 || !strings.Contains(w.Body.String(), "position_invalid") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

// A far reader gets everything once, in order, while many write.
func TestAStreamThatBeginsFarBackMissesNothing(t *testing.T) {
	s := newServer(t)
	h := httptest.NewServer(s)
	defer h.Close()
	defer s.EndStreams()
	f := follow(t, h.URL, "&q=type:document", "")
	f.begun()
	f.close()
	const writers, each = 4, 300
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for i := range each {
				e := daybook.Entry{Action: daybook.Create, ResourceType: "document", OrganizationID: "acme", ResourceID: fmt.Sprint(i)}
				if err := s.store.Append(t.Context(), e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	again := follow(t, h.URL, "&q=type:document", f.id)
	wg.Wait()
	seen := map[string]bool{}
	for len(seen) < writers*each {
		data := again.next()
		if data == "" {
			t.Fatalf("the stream ended after %d", len(seen))
		}
		id := data[:len(`{"id":"0192f0c1-0000-7000-8000-000000000001"`)]
		if seen[id] {
			t.Fatalf("%s twice", id)
		}
		seen[id] = true
	}
}

// changing authenticates as long as it is told to.
type changing struct{ bad *atomic.Bool }

func (c changing) Authenticate(ctx context.Context, r *http.Request) (access.Principal, error) {
	if c.bad.Load() {
		return access.Principal{}, access.ErrUnauthenticated
	}
	return access.Operator("ada"), nil
}

func TestAStreamEndsWithItsCredentialAndWithTheServer(t *testing.T) {
	var bad atomic.Bool
	s := newServer(t, func(c *api.Config) { c.Authenticator, c.Heartbeat = changing{&bad}, 5*time.Millisecond })
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/v1/entries/tail?organization=acme", nil)
	done := make(chan string)
	w := &gate{ResponseRecorder: httptest.NewRecorder(), beats: make(chan struct{}, 100)}
	go func() { s.ServeHTTP(w, r); done <- w.Body.String() }()
	<-w.beats
	<-w.beats // it lives over a heartbeat; the credential is looked at between two
	bad.Store(true)
	body := <-done
	// Every heartbeat is a place, so that it does not tell whether others recorded.
	if n := strings.Count(body, "id: "); n < 2 || strings.Contains(body, "\n:") {
		t.Errorf("%q", body)
	}
	bad.Store(false)
	go func() { s.ServeHTTP(w, r); done <- "" }()
	<-w.beats
	s.EndStreams()
	<-done
}

// Entries of others come without a pause: there is no heartbeat, and the credential is looked at all the
// same.
func TestABusyStreamEndsWithItsCredential(t *testing.T) {
	var bad atomic.Bool
	s := newServer(t, func(c *api.Config) { c.Authenticator, c.Heartbeat = changing{&bad}, 200*time.Millisecond })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, "GET", "/v1/entries/tail?organization=acme", nil)
	w := &gate{ResponseRecorder: httptest.NewRecorder(), beats: make(chan struct{}, 100)}
	done := make(chan struct{})
	go func() { s.ServeHTTP(w, r); close(done) }()
	<-w.beats
	bad.Store(true)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-done:
			if ctx.Err() != nil {
				t.Error("the stream outlived its credential")
			}
			return
		case <-tick.C:
			if err := s.store.Append(context.Background(), daybook.Entry{ID: daybook.NewID(), OrganizationID: "rival", Action: daybook.Read, ResourceType: "x"}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestTheStreamsOfOneOrganizationLeaveRoomForOthers(t *testing.T) {
	s := newServer(t, func(c *api.Config) { c.Limits.Streams = 4 })
	open := func(organization string) (end func()) {
		ctx, cancel := context.WithCancel(t.Context())
		w := &gate{ResponseRecorder: httptest.NewRecorder(), beats: make(chan struct{}, 1)}
		r := httptest.NewRequestWithContext(ctx, "GET", "/v1/entries/tail?organization="+organization, nil)
		r.Header.Set("Authorization", "Bearer operator")
		done := make(chan struct{})
		go func() { s.ServeHTTP(w, r); close(done) }()
		select {
		case <-w.beats:
		case <-done:
			t.Fatalf("a stream of %s: %d %s", organization, w.Code, w.Body)
		}
		return func() { cancel(); <-done }
	}
	ends := []func(){open("acme"), open("acme")}
	if w := s.do(t, "GET", "/v1/entries/tail?organization=acme", ""); w.Code != 429 {
		t.Errorf("a third of four streams: %d", w.Code)
	}
	ends = append(ends, open("rival"))
	ends[0]()
	ends = append(ends[1:], open("acme"))
	for _, end := range ends {
		end()
	}
}

// A gate tells when something was flushed.
type gate struct {
	*httptest.ResponseRecorder
	beats chan struct{}
}

func (g *gate) Flush() {
	select {
	case g.beats <- struct{}{}:
	default:
	}
}

func TestARepeatedRequestIsRecordedOnce(t *testing.T) {
	s := newServer(t)
	first := s.must(t, 201, "POST", "/v1/entries?organization=acme", entry, "Idempotency-Key: a-1")
	again := s.must(t, 200, "POST", "/v1/entries?organization=acme", entry, "Idempotency-Key: a-1")
	if first["id"] != again["id"] || again["status"] != "duplicate" {
		t.Errorf("%v, then %v", first, again)
	}
	lines := entry + "\n" + entry + "\n" + strings.Replace(entry, "}}", `},"created_at":"2026-01-02T03:04:05Z"}`, 1)
	s.must(t, 200, "POST", "/v1/entries?organization=acme", lines, "Idempotency-Key: a-2", "Content-Type: application/x-ndjson")
	if got := s.must(t, 200, "POST", "/v1/entries?organization=acme", lines, "Idempotency-Key: a-2", "Content-Type: application/x-ndjson"); got["duplicate"] != 3.0 {
		t.Errorf("%v", got)
	}
	for key, status := range map[string]int{"a-1": 422, "": 400, "a b": 400, strings.Repeat("k", 256): 400} {
		if w := s.do(t, "POST", "/v1/entries?organization=acme", `{"action":"READ","resource_type":"x"}`, "Idempotency-Key: "+key); w.Code != status {
			t.Errorf("key %.10q: %d %s, want %d", key, w.Code, w.Body, status)
		}
	}
	if n, err := s.store.Count(t.Context(), "acme", daybook.Query{}); err != nil || n[0].Count != 4 {
		t.Errorf("%v entries, %v", n, err)
	}
}

func TestAKeyOfARequestWithoutAGoodEntryIsNotKept(t *testing.T) {
	s := newServer(t)
	s.do(t, "POST", "/v1/entries?organization=acme", `[{"action":"READ","resource_type":"x","nonsense":1}]`, "Idempotency-Key: 1")
	if kept, err := s.store.ListDocuments(t.Context(), "idempotency", "", "", 10); err != nil || len(kept) != 0 {
		t.Errorf("%d keys are kept, %v", len(kept), err)
	}
	s.must(t, 201, "POST", "/v1/entries?organization=acme", entry, "Idempotency-Key: 1")
	if kept, err := s.store.ListDocuments(t.Context(), "idempotency", "", "", 10); err != nil || len(kept) != 1 {
		t.Errorf("%d keys are kept, %v", len(kept), err)
	}
}

// An application's client has one name for the users of all its organizations.
func TestAnIdempotencyKeyIsOfOneUserOfOneOrganization(t *testing.T) {
	issuer := access.Issuer{Issuer: "https://id.example", Audience: "daybook", Algorithm: "HS256", Secret: []byte("0123456789abcdef0123456789abcdef"),
		Permissions: map[string][]access.Permission{"record": {access.Record}}}
	signer, err := access.NewSigner(issuer, nil)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := access.NewVerifier(issuer)
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, func(c *api.Config) { c.Authenticator = access.NewAuthenticator(verifier, nil) })
	for i, who := range []struct{ organization, user string }{{"acme", "ada"}, {"rival", "ada"}, {"acme", "grace"}} {
		token, err := signer.Sign(access.Claims{Subject: who.user, Organization: who.organization, Client: "portal",
			ExpiresAt: time.Now().Add(time.Hour), All: map[string]any{"scope": "record"}})
		if err != nil {
			t.Fatal(err)
		}
		own := fmt.Sprintf(`{"action":"READ","resource_type":"x","resource_id":"%d"}`, i)
		s.must(t, 201, "POST", "/v1/entries", own, "Idempotency-Key: 1", "Authorization: Bearer "+token)
	}
}

// A flood of one organization is told to wait, once in the log, and leaves room for what was denied and
// for the others.
func TestAFloodIsRefusedAndWhatMattersIsNot(t *testing.T) {
	s := newServer(t, func(c *api.Config) { c.Limits.Record = api.Rate{PerSecond: 0.001, Burst: 20} })
	record := func(organization, outcome string) int {
		return s.do(t, "POST", "/v1/entries?organization="+organization, fmt.Sprintf(`{"action":"READ","resource_type":"x","outcome":%q}`, outcome)).Code
	}
	codes := map[int]int{}
	for range 50 {
		codes[record("acme", "success")]++
	}
	if codes[201] != 18 || codes[429] != 32 {
		t.Errorf("%v", codes)
	}
	if a, b, c := record("acme", "denied"), record("acme", "failure"), record("acme", "denied"); a != 201 || b != 201 || c != 429 {
		t.Errorf("what matters: %d %d %d", a, b, c)
	}
	if code := record("rival", "success"); code != 201 {
		t.Errorf("the other organization: %d", code)
	}
	page, err := s.store.Query(t.Context(), "acme", daybook.Query{ResourceType: "daybook.gap"})
	if n := len(page.Entries); err != nil || n < 1 || n > 2 { // a minute may have ended
		t.Errorf("%d gaps, %v", n, err)
	}
	w := s.do(t, "POST", "/v1/entries?organization=acme", entry)
	if w.Header().Get("Retry-After") == "" {
		t.Errorf("%v", w.Header())
	}
}

func TestWhoSendsManyBadTokensIsToldToWait(t *testing.T) {
	s := newServer(t, func(c *api.Config) { c.Limits.Denied = api.Rate{PerSecond: 0.001, Burst: 10} })
	var last int
	for range 20 {
		last = s.do(t, "GET", "/v1/me", "", "Authorization: Bearer bad").Code
	}
	if last != 429 {
		t.Errorf("%d", last)
	}
	s.must(t, 200, "GET", "/v1/me", "") // a good one is not disturbed
}

// Whoever has one IPv6 address has all of its /64.
func TestBadTokensFromOneIPv6NetworkCountTogether(t *testing.T) {
	var from netip.Addr
	s := newServer(t, func(c *api.Config) {
		c.Limits.Denied = api.Rate{PerSecond: 0.001, Burst: 10}
		c.ClientAddr = func(*http.Request) netip.Addr { return from }
	})
	code := func(addr string) int {
		from = netip.MustParseAddr(addr)
		return s.do(t, "GET", "/v1/me", "", "Authorization: Bearer bad").Code
	}
	var last int
	for i := range 20 {
		last = code(fmt.Sprintf("2001:db8::%x", i))
	}
	if last != 429 {
		t.Errorf("the last of many addresses: %d", last)
	}
	if a, b := code("2001:db8:0:1::1"), code("192.0.2.1"); a != 401 || b != 401 {
		t.Errorf("others: %d, %d", a, b)
	}
}

func TestAnEntryThatTheCallerHasIsNotSentAgain(t *testing.T) {
	s := newServer(t)
	id := s.must(t, 201, "POST", "/v1/entries?organization=acme", entry)["id"].(string)
	tag := s.do(t, "GET", "/v1/entries/"+id+"?organization=acme", "").Header().Get("ETag")
	if w := s.do(t, "GET", "/v1/entries/"+id+"?organization=acme", "", "If-None-Match: "+tag); tag == "" || w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("%q: %d %s", tag, w.Code, w.Body)
	}
	if w := s.do(t, "HEAD", "/v1/entries/"+id+"?organization=acme", ""); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d %s", w.Code, w.Body)
	}
}

func TestOnlyConfiguredOriginsMayRead(t *testing.T) {
	s := newServer(t, func(c *api.Config) { c.Origins = []string{"https://app.example.com"} })
	pre := []string{"Access-Control-Request-Method: POST", "Authorization: "}
	if w := s.do(t, "OPTIONS", "/v1/entries", "", append(pre, "Origin: https://app.example.com")...); w.Code != 204 || w.Header().Get("Access-Control-Allow-Origin") != "https://app.example.com" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, origin := range []string{"https://app.example.com.evil.com", "http://app.example.com", "null", "https://APP.example.com"} {
		if w := s.do(t, "GET", "/v1/me", "", "Origin: "+origin); w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: %v", origin, w.Header())
		}
	}
	if w := newServer(t).do(t, "GET", "/v1/me", "", "Origin: https://app.example.com"); w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("not configured: %v", w.Header())
	}
	if _, err := api.New(api.Config{Store: s.store, Authenticator: operator{}, Origins: []string{"*"}}); err == nil {
		t.Error("every origin was accepted")
	}
}

// Relative times mean the same on every page.
func TestPagesOfARelativeTimeBelongTogether(t *testing.T) {
	s := newServer(t)
	for range 5 {
		s.must(t, 201, "POST", "/v1/entries?organization=acme", entry)
	}
	target, seen := "/v1/entries?organization=acme&limit=2&q=created:-1h+type:document", 0
	for next := ""; ; {
		page := s.must(t, 200, "GET", target+next, "")
		seen += len(page["entries"].([]any))
		cursor, ok := page["next"].(string)
		if !ok {
			break
		}
		if w := s.do(t, "GET", target+"&cursor="+cursor[:len(cursor)-1]+"x", ""); w.Code != 400 {
			t.Errorf("a cursor of another moment: %d %s", w.Code, w.Body)
		}
		next = "&cursor=" + cursor
	}
	if seen != 5 {
		t.Errorf("%d entries on all pages", seen)
	}
}
