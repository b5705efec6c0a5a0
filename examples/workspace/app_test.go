package workspace_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/textproto"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/examples/workspace"
)

// A house is the application under test: the real one, on a database and a file store of its own,
// with the recorder of daybooktest.
type house struct {
	t      *testing.T
	dir    string
	book   *journal
	url    string // of the database, empty on SQLite
	app    *workspace.App
	mailer *postman
	seen   int // entries that wants has looked at

	refuses atomic.Bool // transactions take no entries

	organization         string
	owner, admin, member *user
}

// A user is somebody who has signed in.
type user struct {
	id, email, token string
	membership       string
}

var secret = []byte("a secret of at least thirty-two bytes")

// start opens the application in an empty directory, without anybody in it.
func start(t *testing.T) *house {
	t.Helper()
	t.Parallel()
	h := &house{t: t, dir: t.TempDir(), url: newDatabase(t), mailer: &postman{}}
	h.book = newJournal(t, h.url)
	h.open()
	return h
}

// quiet is for what tests bring about on purpose.
var quiet = slog.New(slog.DiscardHandler)

func (h *house) config() workspace.Config {
	return workspace.Config{Dir: h.dir, Database: h.url, Book: h.book.Recorder, Log: h.book.Store(), Mailer: h.mailer, Logger: quiet,
		JWTSecret: secret, PasswordRounds: 1, MaxUpload: 8 << 10,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Outbox: h.outbox}
}

func (h *house) open() {
	h.t.Helper()
	app, err := workspace.Open(h.t.Context(), h.config())
	if err != nil {
		h.t.Fatal(err)
	}
	h.app = app
	h.t.Cleanup(func() {
		if h.app == app {
			h.close()
		}
	})
}

func (h *house) close() {
	h.t.Helper()
	if err := h.app.Close(); err != nil {
		h.t.Error(err)
	}
	h.app = nil
}

// in makes a subtest the one that is told of faults, as long as it runs.
func (h *house) in(t *testing.T) {
	outer := h.t
	h.t = t
	t.Cleanup(func() { h.t = outer })
}

// furnish signs up an organization with an owner, an admin and a member. Their entries are passed.
func furnish(t *testing.T) *house {
	h := start(t)
	h.organization, h.owner = h.signUp("Acme", "ada@acme.example")
	h.admin = h.hire(h.owner, "grace@acme.example", "admin")
	h.member = h.hire(h.owner, "alan@acme.example", "member")
	var list struct {
		Memberships []struct {
			ID     string
			UserID string `json:"user_id"`
		}
	}
	h.get(h.owner, "/memberships").into(&list)
	for _, m := range list.Memberships {
		for _, u := range []*user{h.owner, h.admin, h.member} {
			if u.id == m.UserID {
				u.membership = m.ID
			}
		}
	}
	h.pass()
	return h
}

func (h *house) signUp(name, email string) (organization string, founder *user) {
	h.t.Helper()
	var made struct {
		ID   string
		User struct{ ID string }
	}
	h.post(nil, "/organizations", `{"name":"`+name+`","owner":{"name":"Founder","email":"`+email+`","password":"correct horse"}}`).
		is(201).into(&made)
	return made.ID, h.signIn(made.User.ID, email)
}

func (h *house) hire(by *user, email, role string) *user {
	h.t.Helper()
	var made struct{ ID string }
	h.post(by, "/users", `{"name":"Somebody","email":"`+email+`","password":"correct horse","role":"`+role+`"}`).is(201).into(&made)
	return h.signIn(made.ID, email)
}

func (h *house) signIn(id, email string) *user {
	h.t.Helper()
	u := &user{id: id, email: email}
	var made struct{ Token string }
	h.post(nil, "/sign-in", `{"email":"`+email+`","password":"correct horse"}`).is(200).into(&made)
	u.token = made.Token
	return u
}

// An answer is what a request got.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   string
}

func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d: %s", a.what, a.status, status, a.body)
	}
	return a
}

func (a *answer) into(v any) *answer {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		a.t.Fatalf("%s: %v: %s", a.what, err, a.body)
	}
	return a
}

// A change alters a request before it is sent.
type change func(*http.Request)

func header(name, value string) change { return func(r *http.Request) { r.Header.Set(name, value) } }

// send serves the request and everything that it leaves behind but mail.
func (h *house) send(by *user, r *http.Request, changes ...change) *answer {
	h.t.Helper()
	if by != nil {
		r.Header.Set("Authorization", "Bearer "+by.token)
	}
	for _, c := range changes {
		c(r)
	}
	w := httptest.NewRecorder()
	h.app.Handler().ServeHTTP(w, r)
	return &answer{h.t, r.Method + " " + r.URL.Path, w.Code, w.Header(), w.Body.String()}
}

func (h *house) do(by *user, method, path, body string, changes ...change) *answer {
	h.t.Helper()
	r := httptest.NewRequestWithContext(h.t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return h.send(by, r, changes...)
}

func (h *house) get(by *user, path string, changes ...change) *answer {
	h.t.Helper()
	return h.do(by, "GET", path, "", changes...)
}

func (h *house) post(by *user, path, body string, changes ...change) *answer {
	h.t.Helper()
	return h.do(by, "POST", path, body, changes...)
}

// upload sends a document; content may be anything.
func (h *house) upload(by *user, name, content string, tags ...string) *answer {
	h.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, tag := range tags {
		if err := w.WriteField("tags", tag); err != nil {
			h.t.Fatal(err)
		}
	}
	head := textproto.MIMEHeader{}
	head.Set("Content-Disposition", multipart.FileContentDisposition("file", name))
	head.Set("Content-Type", "application/pdf")
	part, err := w.CreatePart(head)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := io.WriteString(part, content); err != nil {
		h.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		h.t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(h.t.Context(), "POST", "/documents", &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return h.send(by, r)
}

// document uploads one and passes its entry.
func (h *house) document(by *user) (id string) {
	h.t.Helper()
	var made struct{ ID string }
	h.upload(by, "report.pdf", "%PDF-1.7", "report", "financial").is(201).into(&made)
	h.pass()
	return made.ID
}

// settle waits for what requests have left behind.
func (h *house) settle() {
	h.t.Helper()
	if err := h.app.Settle(h.t.Context()); err != nil {
		h.t.Error(err)
	}
}

// entries returns what was recorded since the last look, in the order of the log.
func (h *house) entries() []daybook.Entry {
	h.t.Helper()
	h.settle()
	entries := h.book.Entries()
	fresh := entries[h.seen:]
	h.seen = len(entries)
	return slices.Clone(fresh)
}

// pass looks away.
func (h *house) pass() { h.t.Helper(); h.entries() }

const (
	anyID    = "*" // in a wanted entry: there is some resource id
	noUser   = "-" // in a wanted entry: there is no user
	platform = workspace.PlatformOrganization
)

// wants fails unless exactly these entries were recorded since the last look, in any order: mail is
// sent beside the requests. Id and time are not compared; request id, IP address and user agent only
// where they are given; the organization is the house's, the outcome success, the actor a user,
// unless the entry says otherwise.
func (h *house) wants(want ...daybook.Entry) {
	h.t.Helper()
	got := h.entries()
	for i := range want {
		w := &want[i]
		w.OrganizationID = cmp.Or(w.OrganizationID, h.organization)
		w.Outcome = cmp.Or(w.Outcome, daybook.Success)
		w.ActorType = cmp.Or(w.ActorType, daybook.ActorUser)
		w.UserID = strings.Trim(w.UserID, noUser)
		var err error
		if w.Details, err = w.Details.Normalize(); err != nil {
			h.t.Fatal(err)
		}
	}
	order := func(a, b daybook.Entry) int {
		key := func(e daybook.Entry) string {
			return fmt.Sprint(e.ResourceType, e.Action, e.OrganizationID, e.Outcome)
		}
		return strings.Compare(key(a), key(b))
	}
	slices.SortStableFunc(want, order)
	slices.SortStableFunc(got, order)
	for i := range got {
		e := &got[i]
		e.ID, e.CreatedAt, e.UpdatedAt = daybook.ID{}, time.Time{}, time.Time{}
		if i >= len(want) {
			continue
		}
		w := &want[i]
		if w.ResourceID == anyID && e.ResourceID != "" {
			e.ResourceID = anyID
		}
		if w.RequestID == "" {
			e.RequestID = ""
		}
		if !w.IPAddress.IsValid() {
			e.IPAddress = netip.Addr{}
		}
		if w.UserAgent == "" {
			e.UserAgent = ""
		}
	}
	if diff := gocmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}), cmpopts.EquateEmpty()); diff != "" {
		h.t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// count runs a query that answers one number.
func (h *house) count(query string, args ...any) (n int) {
	h.t.Helper()
	if err := h.app.DB().QueryRowContext(h.t.Context(), query, args...).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	if _, err := h.app.DB().ExecContext(h.t.Context(), query, args...); err != nil {
		h.t.Fatal(err)
	}
}

// files returns the names of the stored documents.
func (h *house) files() []string {
	h.t.Helper()
	return stored(h.t, filepath.Join(h.dir, "files"))
}

// A postman is a Mailer that keeps what it is given.
type postman struct {
	mu   sync.Mutex
	sent []workspace.Mail
	fail error // of the next ones
}

func (p *postman) Send(_ context.Context, m workspace.Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail == nil {
		p.sent = append(p.sent, m)
	}
	return p.fail
}

func (p *postman) failWith(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = err
}

// took returns what was sent since the last call.
func (p *postman) took() []workspace.Mail {
	p.mu.Lock()
	defer p.mu.Unlock()
	sent := p.sent
	p.sent = nil
	return sent
}
