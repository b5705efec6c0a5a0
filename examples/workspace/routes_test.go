package workspace_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
	"github.com/daybookdev/daybook/daybooktest"
	"github.com/daybookdev/daybook/examples/workspace"
)

var pattern = regexp.MustCompile(`(?:track|mux\.Handle)\("([A-Z]+ /[^"]*)"`)

// routes returns the patterns in routes.go, so that a new route cannot escape the tests.
func routes(t *testing.T) (patterns []string) {
	t.Helper()
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range pattern.FindAllSubmatch(source, -1) {
		patterns = append(patterns, string(m[1]))
	}
	if len(patterns) < 30 {
		t.Fatalf("only %d routes found: %q", len(patterns), patterns)
	}
	return patterns
}

// A log that fails does not fail the application, unless a route says so.
func TestTheApplicationAnswersWhileTheLogIsAway(t *testing.T) {
	h := furnish(t)
	document := h.document(h.member)
	id, _ := h.key("production-key")
	h.pass()
	failed := h.book.Recorder.Stats().Failed
	h.book.FailWith(errors.New("the log is away"))

	// These record through Track, as best effort: counted and logged, and the answer stays.
	h.get(h.member, "/documents/"+document+"/content").is(200)
	h.do(h.admin, "PATCH", "/users/"+h.member.id, `{"name":"Alan"}`).is(200)
	h.post(h.admin, "/api-keys", `{"name":"second"}`).is(201)
	if n := h.book.Recorder.Stats().Failed - failed; n != 3 {
		t.Errorf("%d entries were counted as failed", n)
	}

	// These record in the application's own database. Nothing of it is lost.
	h.post(h.member, "/documents/"+document+"/archive", "").is(200)
	h.do(h.owner, "PATCH", "/memberships/"+h.member.membership, `{"role":"admin"}`).is(200)
	h.post(h.admin, "/api-keys/"+id+"/rotate", "").is(201)
	if n := h.waiting(); n != 4 && h.url == "" {
		t.Errorf("%d entries wait in the outbox", n)
	}

	h.book.FailWith(nil)
	h.wants(
		daybook.Entry{Action: daybook.Update, ResourceType: "document", ResourceID: document, UserID: h.member.id, Details: daybook.Details{"action": "archive"}},
		daybook.Entry{Action: daybook.Update, ResourceType: "membership", ResourceID: h.member.membership, UserID: h.owner.id,
			Details: daybook.Details{"user_id": h.member.id, "changes": daybook.Changes{"role": {Old: "member", New: "admin"}}}},
		daybook.Entry{Action: daybook.Create, ResourceType: "api_key", ResourceID: anyID, UserID: h.admin.id,
			Details: daybook.Details{"key_name": "production-key", "replaces": id}},
		daybook.Entry{Action: daybook.Delete, ResourceType: "api_key", ResourceID: id, UserID: h.admin.id,
			Details: daybook.Details{"key_name": "production-key", "age_days": 0, "last_used": nil, "reason": "key rotation"}},
	)
	if n := h.waiting(); n != 0 {
		t.Errorf("%d entries are still in the outbox", n)
	}
}

// What waits in the outbox when the application ends is delivered when it starts again.
func TestTheOutboxSurvivesAnEnd(t *testing.T) {
	h := furnish(t)
	document := h.document(h.member)
	h.book.FailWith(errors.New("the log is away"))
	h.post(h.member, "/documents/"+document+"/archive", "").is(200)
	if err := h.app.Close(); err == nil && h.url == "" {
		t.Error("nobody was told that an entry is still in the outbox")
	}
	h.book.FailWith(nil)
	h.open()
	h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "document", ResourceID: document, UserID: h.member.id, Details: daybook.Details{"action": "archive"}})
}

// The guard that every test here stands under: work that changes something and records nothing fails
// the test.
func TestAForgottenEntryFailsTheTest(t *testing.T) {
	told := &listener{TB: t}
	book := daybooktest.NewWith(told, *workspace.RecorderOptions(quiet))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /forgetful", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusCreated) })
	mux.HandleFunc("POST /refusing", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusConflict) })
	handler := daybookhttp.Middleware(book.Recorder, nil)(mux)
	for _, path := range []string{"/refusing", "/forgetful"} {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", path, nil))
	}
	if len(told.faults) != 1 || !strings.Contains(told.faults[0], "POST /forgetful") {
		t.Errorf("faults %q", told.faults)
	}
}

// A listener is a test that hears of faults and does not fail.
type listener struct {
	testing.TB
	faults []string
}

func (l *listener) Errorf(format string, args ...any) {
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	h := start(t)
	for name, test := range map[string]struct {
		change func(*workspace.Config)
		want   string
	}{
		"no directory":   {func(c *workspace.Config) { c.Dir = "" }, "Config.Dir"},
		"no recorder":    {func(c *workspace.Config) { c.Book = nil }, "Config.Book"},
		"no log":         {func(c *workspace.Config) { c.Log = nil }, "Config.Log"},
		"a short secret": {func(c *workspace.Config) { c.JWTSecret = []byte("short") }, "Config.JWTSecret"},
		"a file for a directory": {func(c *workspace.Config) {
			c.Dir = filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(c.Dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "open workspace"},
	} {
		c := h.config()
		c.Dir = t.TempDir()
		test.change(&c)
		if app, err := workspace.Open(t.Context(), c); err == nil {
			t.Errorf("%s: opened", name)
			app.Close()
		} else if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
