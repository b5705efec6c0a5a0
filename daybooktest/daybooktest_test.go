package daybooktest_test

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
	"github.com/daybookdev/daybook/daybooktest"
)

// A trial is a test that may fail, within one that must not.
type trial struct {
	testing.TB
	mu       sync.Mutex
	failures []string
	log      bytes.Buffer
	cleanups []func()
}

func (t *trial) Helper()           {}
func (t *trial) Cleanup(f func())  { t.cleanups = append(t.cleanups, f) }
func (t *trial) Output() io.Writer { return &t.log }

func (t *trial) Errorf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures = append(t.failures, fmt.Sprintf(format, args...))
}

func (t *trial) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

func (t *trial) Fatal(args ...any) { t.Fatalf("%s", fmt.Sprint(args...)) }

// try returns how f failed.
func try(t *testing.T, f func(t *trial)) []string {
	tr := &trial{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, c := range tr.cleanups {
				c()
			}
		}()
		f(tr)
	}()
	<-done
	return tr.failures
}

// quiet is the logger of tests in which faults are expected.
var quiet = slog.New(slog.DiscardHandler)

var ada = daybook.Scope{OrganizationID: "acme", UserID: "ada", RequestID: "req-1", IPAddress: netip.MustParseAddr("192.0.2.1"), UserAgent: "curl/8"}

const upper, lower = "0190163D-8694-739B-AEA5-966C26F8AD91", "0190163d-8694-739b-aea5-966c26f8ad91"

func record(t testing.TB, book *daybooktest.Book) daybook.Entry {
	t.Helper()
	ctx := daybook.WithScope(t.Context(), ada)
	e := daybook.Entry{Action: daybook.Update, ResourceType: "user", ResourceID: upper, Outcome: daybook.Failure,
		Details: daybook.Details{"password": "hunter2", "tags": []string{"a", "b"}, "n": 1}}
	if err := book.Record(ctx, e); err != nil {
		t.Fatal(err)
	}
	return book.Entries()[0]
}

func TestRequireMatchesWhatIsGivenAndNothingElse(t *testing.T) {
	book := daybooktest.New(t)
	got := record(t, book)
	for _, want := range []daybook.Entry{
		{},
		{Action: daybook.Update},
		{Action: daybook.Update, ResourceType: "user", ResourceID: upper, OrganizationID: "acme", UserID: "ada", ActorType: daybook.ActorUser,
			RequestID: "req-1", Outcome: daybook.Failure, UserAgent: "curl/8", ID: got.ID, CreatedAt: got.CreatedAt, UpdatedAt: got.UpdatedAt},
		{IPAddress: netip.MustParseAddr("::ffff:192.0.2.1")},
		{Details: daybook.Details{"n": 1.0, "tags": "a"}},
		{Details: daybook.Details{"tags": []any{"a", "b"}}},
		got,
	} {
		if diff := cmp.Diff(got, book.Require(t, want), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("required %v (-recorded +returned):\n%s", want, diff)
		}
	}
	for field, want := range map[string]daybook.Entry{
		"action":          {Action: daybook.Delete},
		"resource_type":   {ResourceType: "document"},
		"resource_id":     {ResourceID: strings.Replace(lower, "0", "1", 1)},
		"organization_id": {OrganizationID: "other"},
		"user_id":         {UserID: "eve"},
		"actor_type":      {ActorType: daybook.ActorSystem},
		"request_id":      {RequestID: "req-2"},
		"outcome":         {Outcome: daybook.Success},
		"details":         {Details: daybook.Details{"n": 2}},
		"ip_address":      {IPAddress: netip.MustParseAddr("192.0.2.2")},
		"user_agent":      {UserAgent: "curl/9"},
		"id":              {ID: daybook.NewID()},
		"created_at":      {CreatedAt: got.CreatedAt.Add(time.Microsecond)},
		"updated_at":      {UpdatedAt: got.UpdatedAt.Add(time.Microsecond)},
		"recorded_by":     {RecordedBy: "key-1"},
	} {
		failures := try(t, func(t *trial) {
			book.Require(t, want)
			t.Errorf("Require went on")
		})
		if len(failures) != 1 || !strings.Contains(failures[0], "differs in "+field) || !strings.Contains(failures[0], `"resource_id":"`+lower) {
			t.Errorf("%s: failures %q", field, failures)
		}
		if failures := try(t, func(t *trial) { book.None(t, want) }); len(failures) != 0 {
			t.Errorf("%s: None fails with %q", field, failures)
		}
	}
}

func TestRequireSaysThatNothingWasRecorded(t *testing.T) {
	failures := try(t, func(t *trial) { daybooktest.New(t).Require(t, daybook.Entry{Action: daybook.Delete}) })
	if len(failures) != 1 || !strings.Contains(failures[0], `{"action":"DELETE"`) || !strings.HasSuffix(failures[0], "recorded: nothing") {
		t.Errorf("failures %q", failures)
	}
	failures = try(t, func(t *trial) {
		daybooktest.New(t).Require(t, daybook.Entry{Details: daybook.Details{"x": func() {}}})
	})
	if len(failures) != 1 || !strings.Contains(failures[0], "details.x") {
		t.Errorf("failures %q", failures)
	}
}

func TestNoneFailsForEachEntryThatMatches(t *testing.T) {
	book := daybooktest.New(t)
	book.None(t)
	book.None(t, daybook.Entry{Action: daybook.Update})
	record(t, book)
	for _, these := range [][]daybook.Entry{nil, {{Action: daybook.Delete}, {Outcome: daybook.Failure}}} {
		if failures := try(t, func(t *trial) { book.None(t, these...) }); len(failures) != 1 || !strings.Contains(failures[0], `"action":"UPDATE"`) {
			t.Errorf("failures %q", failures)
		}
	}
}

func TestEntriesAreWhatProductionWouldStore(t *testing.T) {
	book := daybooktest.NewWith(t, daybook.Options{ResourceTypes: []string{"user"}, Logger: quiet})
	e := record(t, book)
	if e.ID.IsZero() || e.ResourceID != lower || e.Details["password"] == "hunter2" || e.Details["password"] == nil {
		t.Errorf("entry %+v", e)
	}
	ctx := daybook.WithScope(t.Context(), ada)
	for name, err := range map[string]error{
		"another resource type": book.Record(ctx, daybook.Entry{Action: daybook.Create, ResourceType: "document"}),
		"another action":        book.Record(ctx, daybook.Entry{Action: "ARCHIVE", ResourceType: "user"}),
	} {
		if !errors.Is(err, daybook.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := book.Record(t.Context(), daybook.Entry{Action: daybook.Create, ResourceType: "user"}); !errors.Is(err, daybook.ErrNoOrganization) {
		t.Errorf("without a scope: %v", err)
	}
	if n := len(book.Entries()); n != 1 {
		t.Errorf("%d entries", n)
	}
	for range 2100 { // more than two pages
		book.Record(ctx, daybook.Entry{Action: daybook.Read, ResourceType: "user"})
	}
	if n := len(book.Entries()); n != 2101 {
		t.Errorf("%d entries", n)
	}
}

func TestFailWithAsksWhatTheApplicationAnswers(t *testing.T) {
	book := daybooktest.NewWith(t, daybook.Options{Logger: quiet})
	errDown := errors.New("store down")
	h := daybookhttp.Track(book.Recorder, daybook.Create, "user", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201) }, daybookhttp.Required())
	answer := func() int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(daybook.WithScope(t.Context(), ada), "POST", "/", nil))
		return w.Code
	}
	book.FailWith(errDown)
	if code := answer(); code != 503 {
		t.Errorf("status %d", code)
	}
	if err := book.Record(daybook.WithScope(t.Context(), ada), daybook.Entry{Action: daybook.Read, ResourceType: "user"}); !errors.Is(err, errDown) {
		t.Errorf("error %v", err)
	}
	book.None(t)
	book.FailWith(nil)
	if code := answer(); code != 201 {
		t.Errorf("healed: status %d", code)
	}
	book.Require(t, daybook.Entry{Action: daybook.Create, Outcome: daybook.Success})
}

func TestAForgottenEntryFailsTheTest(t *testing.T) {
	post := func(book *daybooktest.Book, h http.HandlerFunc) {
		mux := http.NewServeMux()
		mux.Handle("POST /users", h)
		identify := func(*http.Request) (daybook.Scope, error) { return ada, nil }
		daybookhttp.Middleware(book.Recorder, &daybookhttp.Options{Identify: identify})(mux).
			ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/users?token=secret", nil))
	}
	forgets := func(http.ResponseWriter, *http.Request) {}
	failures := try(t, func(t *trial) { post(daybooktest.New(t), forgets) })
	if len(failures) != 1 || failures[0] != "POST /users changed something and recorded nothing" {
		t.Errorf("failures %q", failures)
	}
	for name, f := range map[string]func(*trial){
		"it records": func(t *trial) {
			book := daybooktest.New(t)
			post(book, func(_ http.ResponseWriter, r *http.Request) {
				book.Record(r.Context(), daybook.Entry{Action: daybook.Create, ResourceType: "user"})
			})
		},
		"the store is failing": func(t *trial) {
			book := daybooktest.New(t)
			book.FailWith(errors.New("down"))
			post(book, func(_ http.ResponseWriter, r *http.Request) {
				book.Record(r.Context(), daybook.Entry{Action: daybook.Create, ResourceType: "user"})
			})
			if !strings.Contains(t.log.String(), "entry not recorded") {
				t.Errorf("log %q", t.log.String())
			}
		},
		"the test's own hook": func(t *trial) {
			told := ""
			book := daybooktest.NewWith(t, daybook.Options{Forgotten: func(_ context.Context, what string) { told = what }})
			post(book, forgets)
			if told != "POST /users" {
				t.Errorf("told %q", told)
			}
		},
	} {
		if failures := try(t, f); len(failures) != 0 {
			t.Errorf("%s: failures %q", name, failures)
		}
	}

	var ended *trial
	var late *daybooktest.Book
	try(t, func(t *trial) { ended, late = t, daybooktest.New(t) })
	post(late, forgets)
	err := late.Record(daybook.WithScope(t.Context(), ada), daybook.Entry{Action: daybook.Create, ResourceType: "user"})
	if !errors.Is(err, daybook.ErrClosed) {
		t.Errorf("a book records after its test: %v", err)
	}
	if len(ended.failures) > 0 || ended.log.Len() > 0 {
		t.Errorf("a test that has ended is told %q, %q", ended.failures, ended.log.String())
	}
}

func TestJSONIsTheSameInEveryRun(t *testing.T) {
	run := func() string {
		book := daybooktest.New(t)
		mux := http.NewServeMux()
		mux.Handle("DELETE /users/{id}", daybookhttp.Track(book.Recorder, daybook.Delete, "user", func(_ http.ResponseWriter, r *http.Request) {
			daybook.DraftOf(r.Context()).Detail("again", strings.ToUpper(r.PathValue("id")))
		}, daybookhttp.PathID("id")))
		identify := func(*http.Request) (daybook.Scope, error) {
			return daybook.Scope{OrganizationID: "acme", UserID: "ada"}, nil
		}
		h := daybookhttp.Middleware(book.Recorder, &daybookhttp.Options{Identify: identify})(mux)
		for _, id := range []string{daybook.NewID().String(), "u2"} {
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("DELETE", "/users/"+id, nil))
		}
		return string(book.JSON())
	}
	const want = `[
  {
    "id": "00000000-0000-0000-0000-000000000001",
    "action": "DELETE",
    "resource_type": "user",
    "resource_id": "00000000-0000-0000-0000-000000000002",
    "organization_id": "acme",
    "user_id": "ada",
    "actor_type": "user",
    "request_id": "req-1",
    "outcome": "success",
    "details": {
      "again": "00000000-0000-0000-0000-000000000002"
    },
    "ip_address": "192.0.2.1"
  },
  {
    "id": "00000000-0000-0000-0000-000000000003",
    "action": "DELETE",
    "resource_type": "user",
    "resource_id": "u2",
    "organization_id": "acme",
    "user_id": "ada",
    "actor_type": "user",
    "request_id": "req-2",
    "outcome": "success",
    "details": {
      "again": "U2"
    },
    "ip_address": "192.0.2.1"
  }
]
`
	for range 2 {
		if diff := cmp.Diff(want, run()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if got := string(daybooktest.New(t).JSON()); got != "[]\n" {
		t.Errorf("of nothing: %q", got)
	}
}

type (
	base struct {
		Created time.Time `daybook:"created"`
	}
	address struct {
		City   string `daybook:"city"`
		Street string
	}
	spoken  struct{ Any string }
	endless []endless
	node    struct {
		Next *node `daybook:"next"`
		Name string
	}
	good struct {
		base
		Name     string         `daybook:"name"`
		Password string         `daybook:",redact"`
		Phone    string         `daybook:"phone,mask"`
		Secret   address        `daybook:",redact"`
		Left     address        `daybook:"-"`
		Valued   spoken         `daybook:""`
		Any      any            `daybook:"any"`
		Deep     endless        `daybook:"deep"`
		Labels   map[string]int `daybook:"labels"`
		internal address
	}
	bad struct {
		address
		Name  string
		Email string               `json:"email"`
		Home  *address             `daybook:"home"`
		Work  map[string][]address `daybook:"work"`
		Odd   string               `daybook:"odd,hash"`
	}
)

func (spoken) Value() (driver.Value, error) { return "x", nil }

func TestClassifiedFindsFieldsWithoutATag(t *testing.T) {
	for name, c := range map[string]struct {
		check func(testing.TB)
		want  []string // in the failures, in order
	}{
		"all classified":         {daybooktest.Classified[good], nil},
		"a pointer to such":      {daybooktest.Classified[*good], nil},
		"fields of all kinds":    {daybooktest.Classified[bad], []string{"address.Street has no", "bad.Name has no", "bad.Email has no", `bad.Odd has the unknown option "hash"`}},
		"a list of itself":       {daybooktest.Classified[[]node], []string{"node.Name has no"}},
		"what has no fields":     {daybooktest.Classified[int], []string{"int has no fields"}},
		"what speaks for itself": {daybooktest.Classified[time.Time], []string{"time.Time has no fields"}},
	} {
		failures := try(t, func(t *trial) { c.check(t) })
		ok := len(failures) == len(c.want)
		for i := range failures {
			ok = ok && strings.Contains(failures[i], c.want[i])
		}
		if !ok {
			t.Errorf("%s: failures %q", name, failures)
		}
	}
	if _, err := daybook.Diff(good{}, good{Name: "x", internal: address{City: "x"}}); err != nil {
		t.Errorf("what is classified cannot be compared: %v", err)
	}
}

// Code that reads the log sees what was recorded, and meets the same faults.
func TestStoreIsTheBookAsAStore(t *testing.T) {
	book := daybooktest.New(t)
	entry := daybook.Entry{Action: daybook.Read, ResourceType: "document", OrganizationID: "acme"}
	if err := book.Record(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	store := book.Store()
	if err := store.Append(t.Context(), entry); err != nil || len(book.Entries()) != 2 {
		t.Errorf("%v, %d entries", err, len(book.Entries()))
	}
	down := errors.New("down")
	book.FailWith(down)
	_, queried := store.Query(t.Context(), "acme", daybook.Query{})
	_, counted := store.Count(t.Context(), "acme", daybook.Query{})
	_, _, tailed := store.Tail(t.Context(), daybook.Position{}, 1)
	for name, err := range map[string]error{"Append": store.Append(t.Context(), entry), "Query": queried, "Count": counted, "Tail": tailed} {
		if !errors.Is(err, down) {
			t.Errorf("%s: %v", name, err)
		}
	}
	book.FailWith(nil)
	if page, err := store.Query(t.Context(), "acme", daybook.Query{}); err != nil || len(page.Entries) != 2 {
		t.Errorf("%v, %d entries", err, len(page.Entries))
	}
}
