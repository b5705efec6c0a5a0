package daybookhttp_test

import (
	"context"
	"errors"
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

// atomicBook returns a recorder on the same log that db's transactions write to.
func atomicBook(t *testing.T, db *transactor, o daybook.Options) *daybook.Recorder {
	t.Helper()
	book, err := daybook.New(&db.shelf, &o)
	if err != nil {
		t.Fatal(err)
	}
	return book
}

func insert(w http.ResponseWriter, r *http.Request) {
	work := workOf(r.Context())
	work.rows = append(work.rows, "ada")
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Set-Cookie", "session=s3cret")
	w.WriteHeader(201)
	fmt.Fprint(w, `{"id":"u1"}`)
}

func TestAtomicKeepsWorkAndEntryTogether(t *testing.T) {
	errDeadlock := errors.New("deadlock detected")
	created := daybook.Entry{Action: daybook.Create, ResourceType: "user", ResourceID: "u1", Outcome: daybook.Success}
	failed := func(id, message string) daybook.Entry {
		return daybook.Entry{Action: daybook.Create, ResourceType: "user", ResourceID: id, Outcome: daybook.Failure,
			Details: daybook.Details{"error_type": "Error", "error_message": message}}
	}
	commitUnknown := fmt.Errorf("connection lost: %w", daybook.ErrUnknownCommit)
	unknown := failed("u1", "")
	unknown.Details = daybook.Details{"commit": "unknown"}
	for _, c := range []struct {
		name    string
		db      *transactor
		askable bool
		handler http.HandlerFunc
		options []daybookhttp.RouteOption
		status  int
		rows    []string
		want    []daybook.Entry
	}{
		{name: "a success commits both", status: 201, rows: []string{"ada"}, want: []daybook.Entry{created}},
		{name: "a failure rolls back and is recorded alone", status: 409,
			handler: func(w http.ResponseWriter, r *http.Request) {
				insert(httptest.NewRecorder(), r)
				w.WriteHeader(409)
			},
			want: []daybook.Entry{{Action: daybook.Create, ResourceType: "user", Outcome: daybook.Failure}}},
		{name: "so is a denial", status: 403,
			handler: func(w http.ResponseWriter, r *http.Request) {
				insert(httptest.NewRecorder(), r)
				w.WriteHeader(403)
			},
			want: []daybook.Entry{{Action: daybook.Create, ResourceType: "user", Outcome: daybook.Denied, Details: daybook.Details{"error": "Forbidden"}}}},
		{name: "and a failure that only the draft knows", status: 201,
			handler: func(w http.ResponseWriter, r *http.Request) {
				insert(w, r)
				daybook.DraftOf(r.Context()).Fail(errDeadlock)
			},
			want: []daybook.Entry{failed("u1", "deadlock detected")}},
		{name: "the transaction does not begin", db: &transactor{begin: errDeadlock}, status: 503,
			want: []daybook.Entry{failed("", "deadlock detected")}},
		{name: "the entry cannot be recorded", db: &transactor{append: errDeadlock}, status: 503,
			want: []daybook.Entry{failed("u1", "record in transaction: deadlock detected")}},
		{name: "the commit fails", db: &transactor{commit: errDeadlock}, status: 503,
			want: []daybook.Entry{failed("u1", "deadlock detected")}},
		{name: "a transactor that would run the handler twice", db: &transactor{runs: 2}, status: 503, rows: []string{"ada"},
			want: []daybook.Entry{created, failed("u1", "a request's handler cannot run twice")}},
		// Trap 9: nobody knows whether the commit succeeded.
		{name: "a lost commit that succeeded", db: &transactor{commit: commitUnknown, commits: true}, askable: true,
			status: 201, rows: []string{"ada"}, want: []daybook.Entry{created}},
		{name: "a lost commit that failed", db: &transactor{commit: commitUnknown}, askable: true, status: 503,
			want: []daybook.Entry{failed("u1", commitUnknown.Error())}},
		{name: "a lost commit, and nobody to ask", db: &transactor{commit: commitUnknown}, status: 503, want: []daybook.Entry{unknown}},
		{name: "a lost commit, and no answer", db: &transactor{commit: commitUnknown, commits: true, settle: errDeadlock}, askable: true,
			status: 503, rows: []string{"ada"}, want: []daybook.Entry{created, unknown}},
		{name: "an answer that is larger than what is held", status: 500,
			options: []daybookhttp.RouteOption{daybookhttp.Hold(10)},
			want:    []daybook.Entry{failed("", "the answer is larger than what is held of it")}},
		{name: "an answer that just fits", status: 201, rows: []string{"ada"},
			options: []daybookhttp.RouteOption{daybookhttp.Hold(11)}, want: []daybook.Entry{created}},
		{name: "work that is deliberately not recorded", status: 201, rows: []string{"ada"},
			handler: func(w http.ResponseWriter, r *http.Request) {
				daybook.DraftOf(r.Context()).Skip()
				insert(w, r)
			}},
		{name: "not even when it fails", status: 500,
			handler: func(w http.ResponseWriter, r *http.Request) {
				daybook.DraftOf(r.Context()).Skip()
				insert(httptest.NewRecorder(), r)
				w.WriteHeader(500)
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := c.db
			if db == nil {
				db = new(transactor)
			}
			book := atomicBook(t, db, daybook.Options{Logger: quiet, Organization: "everybody"})
			var tx daybook.Transactor = db
			if c.askable {
				tx = settler{db}
			}
			if c.handler == nil {
				c.handler = insert
			}
			track := daybookhttp.Track(book, daybook.Create, "user", c.handler, append(c.options, daybookhttp.Atomic(tx))...)
			a := call(t, serve(t, 1, daybookhttp.Middleware(book, nil)(track)), "POST", "/")
			if a.Status != c.status || (a.Header.Get("Retry-After") != "") != (c.status == 503) {
				t.Errorf("answer %d %v %q", a.Status, a.Header, a.Body)
			}
			if c.status >= 500 && a.Header.Get("Set-Cookie") != "" {
				t.Error("the cookie of a success that was none")
			}
			if c.status == 201 && (a.Body != `{"id":"u1"}` || a.Header.Get("Content-Type") != "application/json") {
				t.Errorf("body %q, header %v", a.Body, a.Header)
			}
			if diff := cmp.Diff(c.rows, db.rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if c.askable && (db.askedOrganization != "everybody" || db.asked.IsZero()) {
				t.Errorf("asked for %q %v", db.askedOrganization, db.asked)
			}
			for i := range db.entries {
				if d := db.entries[i].Details; d["commit"] == "unknown" {
					if message, _ := d["error_message"].(string); !strings.Contains(message, "unknown result") {
						t.Errorf("message %q", message)
					}
					db.entries[i].Details = daybook.Details{"commit": "unknown"}
				}
			}
			db.only(t, c.want...)
			if s := book.Stats(); s.Forgotten != 0 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

func TestAtomicAnswersOnlyAfterTheCommit(t *testing.T) {
	var e events
	db := &transactor{}
	db.before = func(context.Context) { e.add("commit") }
	book := atomicBook(t, db, daybook.Options{Organization: "acme"})
	track := daybookhttp.Track(book, daybook.Create, "user", insert, daybookhttp.Atomic(db))
	track.ServeHTTP(below(15, &e), httptest.NewRequest("POST", "/", nil))
	if got := e.take(); !slices.Equal(got, []string{"commit", "status 201", `write {"id":"u1"}`}) {
		t.Errorf("%q", got)
	}
}

func TestAtomicStreamsNothing(t *testing.T) {
	db := &transactor{}
	book := atomicBook(t, db, daybook.Options{Organization: "acme"})
	track := daybookhttp.Track(book, daybook.Read, "feed", func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		_, _, hijackErr := c.Hijack()
		for _, err := range []error{c.Flush(), hijackErr} {
			if !errors.Is(err, http.ErrNotSupported) {
				t.Errorf("error %v", err)
			}
		}
		w.WriteHeader(103) // decides nothing, so it may go out
		io.Copy(w, endless("x", 1000))
	}, daybookhttp.Atomic(db))
	a := call(t, serve(t, 1, track), "GET", "/")
	if a.Status != 200 || len(a.Body) != 1000 || !slices.Equal(a.Early, []int{103}) {
		t.Errorf("answer %+v", a)
	}
}

// Frameworks keep the writer in the context, where a handler finds one with more abilities.
func TestAtomicStreamsNothingPastItsWriterEither(t *testing.T) {
	db := &transactor{}
	book := atomicBook(t, db, daybook.Options{Organization: "acme"})
	var kept http.ResponseWriter
	track := daybookhttp.Track(book, daybook.Read, "feed", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "a")
		_, _, hijackErr := http.NewResponseController(kept).Hijack()
		for _, err := range []error{http.NewResponseController(kept).Flush(), hijackErr} {
			if !errors.Is(err, http.ErrNotSupported) {
				t.Errorf("error %v", err)
			}
		}
		if n, err := io.Copy(kept, struct{ io.Reader }{endless("x", 100<<10)}); err == nil {
			t.Errorf("copied %d bytes", n)
		}
	}, daybookhttp.Atomic(db))
	a := call(t, serve(t, 1, withScope(book, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept = w
		track.ServeHTTP(w, r)
	}))), "GET", "/")
	if a.Status != 500 || strings.Contains(a.Body, "x") {
		t.Errorf("answer %+v", a)
	}
}

func TestAPanicRollsBack(t *testing.T) {
	db := &transactor{}
	book := atomicBook(t, db, daybook.Options{Organization: "acme"})
	track := daybookhttp.Track(book, daybook.Create, "user", func(w http.ResponseWriter, r *http.Request) {
		insert(w, r)
		panic(http.ErrAbortHandler)
	}, daybookhttp.Atomic(db))
	func() {
		defer func() { recover() }()
		do(track, "POST", "/")
	}()
	if len(db.rows) != 0 {
		t.Errorf("rows %q", db.rows)
	}
	db.only(t, daybook.Entry{Action: daybook.Create, ResourceType: "user", Outcome: daybook.Failure, Details: daybook.Details{"error_type": "panic"}})
}

// Trap 8: the client leaves, and the commit fails with its context.
func TestAClientThatLeavesAnAtomicRequestLeavesOneFailure(t *testing.T) {
	db := &transactor{}
	book := atomicBook(t, db, daybook.Options{Organization: "acme", Logger: quiet})
	ctx, hangUp := context.WithCancel(t.Context())
	track := daybookhttp.Track(book, daybook.Create, "user", func(w http.ResponseWriter, r *http.Request) {
		insert(w, r)
		hangUp()
	}, daybookhttp.Atomic(db))
	track.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "POST", "/", nil))
	if len(db.rows) != 0 {
		t.Errorf("rows %q", db.rows)
	}
	entries := db.take()
	if len(entries) != 1 || entries[0].Outcome != daybook.Failure {
		t.Errorf("entries %v", entries)
	}
}

func TestWhatTheHandlerRecordedInTheTransactionIsNotLostWithIt(t *testing.T) {
	db := &transactor{}
	book := atomicBook(t, db, daybook.Options{Organization: "acme"})
	own := func(outcome daybook.Outcome, code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			e := daybook.Entry{Action: daybook.Create, ResourceType: "user", ResourceID: "u1", Outcome: outcome}
			if err := book.RecordTx(r.Context(), workOf(r.Context()), e); err != nil {
				t.Error(err)
			}
			w.WriteHeader(code)
		}
	}
	do(daybookhttp.Track(book, daybook.Create, "user", own(daybook.Success, 201), daybookhttp.Atomic(db)), "POST", "/")
	db.only(t, daybook.Entry{Action: daybook.Create, ResourceType: "user", ResourceID: "u1", Outcome: daybook.Success})

	do(daybookhttp.Track(book, daybook.Create, "user", own(daybook.Failure, 500), daybookhttp.Atomic(db)), "POST", "/")
	db.only(t, daybook.Entry{Action: daybook.Create, ResourceType: "user", Outcome: daybook.Failure})
}

func TestTrackInsideAnAtomicTrackNamesItsEntry(t *testing.T) {
	db := &transactor{}
	book := atomicBook(t, db, daybook.Options{Organization: "acme"})
	inner := daybookhttp.Track(book, daybook.Create, "user", insert, daybookhttp.PathID("id"))
	mux := http.NewServeMux()
	mux.Handle("/{id}", daybookhttp.Track(book, daybook.Update, "page", inner.ServeHTTP, daybookhttp.Atomic(db)))
	do(mux, "POST", "/u7")
	db.only(t, daybook.Entry{Action: daybook.Create, ResourceType: "user", ResourceID: "u7", Outcome: daybook.Success})

	mux = http.NewServeMux()
	atomic := daybookhttp.Track(book, daybook.Create, "user", insert, daybookhttp.Atomic(db))
	mux.Handle("/", daybookhttp.Track(book, daybook.Update, "page", atomic.ServeHTTP))
	db.commit = errors.New("deadlock")
	if w := do(mux, "POST", "/"); w.Code != 503 {
		t.Errorf("status %d", w.Code)
	}
	if entries := db.take(); len(entries) != 1 || entries[0].ResourceType != "user" || entries[0].Outcome != daybook.Failure {
		t.Errorf("entries %v", entries)
	}
}

func TestBeforeRunsInTheTransaction(t *testing.T) {
	db := &transactor{rows: []string{"old"}}
	book := atomicBook(t, db, daybook.Options{Organization: "acme"})
	load := func(r *http.Request) (any, error) {
		work := workOf(r.Context())
		if work == nil {
			return nil, errors.New("outside the transaction")
		}
		return map[string]any{"rows": len(work.rows)}, nil
	}
	do(daybookhttp.Track(book, daybook.Create, "user", insert, daybookhttp.Atomic(db), daybookhttp.Before(load)), "POST", "/")
	details, err := db.take()[0].Details.Normalize()
	want := daybook.Details{"changes": map[string]any{"rows": map[string]any{"old": number("0"), "new": number("1")}}}
	if diff := cmp.Diff(want, details); diff != "" || err != nil {
		t.Errorf("details (-want +got):\n%s\n%v", diff, err)
	}

	spoil := func(r *http.Request) (any, error) {
		work := workOf(r.Context())
		work.rows = append(work.rows, "spoilt")
		return nil, errors.New("no such column")
	}
	do(daybookhttp.Track(book, daybook.Create, "user", insert, daybookhttp.Atomic(db), daybookhttp.Before(spoil)), "POST", "/")
	db.only(t, daybook.Entry{Action: daybook.Create, ResourceType: "user", ResourceID: "u1", Outcome: daybook.Success,
		Details: daybook.Details{"changes_error": "no such column"}})
	if !slices.Equal(db.rows, []string{"old", "ada", "ada"}) {
		t.Errorf("rows %q: a load that failed was not rolled back to its savepoint", db.rows)
	}
}
