package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/api"
	"github.com/daybookdev/daybook/store/memory"
)

// operator authenticates whoever says "Bearer operator".
type operator struct{}

func (operator) Authenticate(_ context.Context, r *http.Request) (access.Principal, error) {
	if r.Header.Get("Authorization") != "Bearer operator" {
		return access.Principal{}, fmt.Errorf("no token: %w", access.ErrUnauthenticated)
	}
	return access.Operator("ada"), nil
}

type server struct {
	*api.API
	store *memory.Store
}

func newServer(t *testing.T, change ...func(*api.Config)) *server {
	t.Helper()
	s := &server{store: memory.New()}
	c := api.Config{Store: s.store, Authenticator: operator{}, Logger: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&c)
	}
	a, err := api.New(c)
	if err != nil {
		t.Fatal(err)
	}
	s.API = a
	return s
}

// do sends a request and returns the answer. headers are "Name: value".
func (s *server) do(t *testing.T, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // a stream that should have been refused has no end
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer operator")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// must sends a request, checks the status, and reads the answer.
func (s *server) must(t *testing.T, status int, method, target, body string, headers ...string) map[string]any {
	t.Helper()
	w := s.do(t, method, target, body, headers...)
	if w.Code != status {
		t.Fatalf("%s %s %s: %d %s, want %d", method, target, body, w.Code, w.Body, status)
	}
	if w.Body.Len() == 0 {
		return nil
	}
	var v map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%s %s: %v in %s", method, target, err, w.Body)
	}
	return v
}

const entry = `{"action":"CREATE","resource_type":"document","resource_id":"42","details":{"title":"Plan"}}`

func TestWhatIsRecordedIsFoundAtOnce(t *testing.T) {
	s := newServer(t)
	got := s.must(t, 201, "POST", "/v1/entries?organization=acme", entry)
	id := got["id"].(string)
	page := s.must(t, 200, "GET", "/v1/entries?organization=acme&limit=2", "")
	entries := page["entries"].([]any)
	if first := entries[len(entries)-1].(map[string]any); first["id"] != id || first["recorded_by"] != "operator" || first["organization_id"] != "acme" {
		t.Errorf("recorded %s, found %v", id, first)
	}
	if one := s.must(t, 200, "GET", "/v1/entries/"+id+"?organization=acme", ""); one["resource_id"] != "42" {
		t.Errorf("entry %v", one)
	}
	counts := s.must(t, 200, "GET", "/v1/entries/count?organization=acme&by=resource_type", "")
	if counts["total"].(float64) < 2 {
		t.Errorf("counts %v", counts)
	}
}

func TestEachEntryOfManyIsAnswered(t *testing.T) {
	s := newServer(t)
	id := daybook.NewID().String()
	line := func(id, action string) string {
		return fmt.Sprintf(`{"id":%q,"action":%q,"resource_type":"document"}`, id, action)
	}
	lines := strings.Join([]string{line(id, "CREATE"), line(id, "CREATE"), line(id, "UPDATE"), `{"action":"create"}`, "", `{`, entry,
		`{"action":"CREATE","resource_type":"daybook.key"}`}, "\n")
	got := s.must(t, 207, "POST", "/v1/entries?organization=acme", lines, "Content-Type: application/x-ndjson")
	var statuses []string
	for _, r := range got["results"].([]any) {
		statuses = append(statuses, r.(map[string]any)["status"].(string))
	}
	if want := "created duplicate conflict invalid invalid created invalid"; strings.Join(statuses, " ") != want {
		t.Errorf("results %v, want %s", statuses, want)
	}
	got = s.must(t, 200, "POST", "/v1/entries?organization=acme", "["+line(id, "CREATE")+"]")
	if got["duplicate"] != 1.0 {
		t.Errorf("sent again: %v", got)
	}
	var problem struct{ Code string }
	w := s.do(t, "POST", "/v1/entries?organization=acme&atomic=true", "["+entry+`,{"action":"x"}]`)
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || w.Code != 422 || !bytes.Contains(w.Body.Bytes(), []byte("entries.1.action")) {
		t.Errorf("atomic: %d %s", w.Code, w.Body)
	}
}

func TestViewsAreRecordedOnceForAViewerAndAQuery(t *testing.T) {
	s := newServer(t)
	for range 3 {
		s.must(t, 200, "GET", "/v1/entries?organization=acme", "")
	}
	page, err := s.store.Query(t.Context(), "acme", daybook.Query{})
	if err != nil || len(page.Entries) != 1 || page.Entries[0].ResourceType != "daybook.view" || page.Entries[0].UserID != "ada" {
		t.Errorf("three views left %v, %v", page.Entries, err)
	}
}

func TestCredentialsThatAreNotGoodGetOneAnswer(t *testing.T) {
	s := newServer(t)
	first := s.do(t, "GET", "/v1/entries", "", "Authorization: Bearer x")
	if first.Code != 401 || first.Header().Get("WWW-Authenticate") == "" {
		t.Errorf("%d %s", first.Code, first.Body)
	}
	second := s.do(t, "GET", "/v1/entries", "", "Authorization: ")
	if !bytes.Equal(first.Body.Bytes(), second.Body.Bytes()) {
		t.Errorf("%s and %s", first.Body, second.Body)
	}
}
