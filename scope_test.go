package daybook_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
)

func TestIdentifyIsSeenFurtherOut(t *testing.T) {
	outer := daybook.WithScope(t.Context(), daybook.Scope{RequestID: "req-1"})
	inner := context.WithValue(outer, struct{ k int }{1}, "x")
	daybook.Identify(inner, func(s *daybook.Scope) { s.OrganizationID, s.UserID = "acme", "ada" })
	want := daybook.Scope{RequestID: "req-1", OrganizationID: "acme", UserID: "ada"}
	if diff := cmp.Diff(want, daybook.ScopeOf(outer), compareAddrs); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	daybook.Identify(t.Context(), func(*daybook.Scope) { t.Error("without a scope there is nothing to change") })
}

func TestScopeTravelsWithJobs(t *testing.T) {
	message := map[string]string{}
	daybook.Inject(daybook.WithScope(t.Context(), scope), func(k, v string) { message[k] = v })
	for k, v := range message {
		if strings.Contains(v, "192.0.2.1") || strings.Contains(v, "curl") {
			t.Errorf("%s carries %q: personal data that the job does not need", k, v)
		}
	}
	got := daybook.ScopeOf(daybook.Extract(t.Context(), func(k string) string { return message[k] }))
	want := scope
	want.IPAddress, want.UserAgent = got.IPAddress, ""
	if diff := cmp.Diff(want, got, compareAddrs); diff != "" || got.IPAddress.IsValid() {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDetachKeepsTheScopeAndNothingElse(t *testing.T) {
	book, _ := newRecorder(t, &appended{}, daybook.Options{})
	ctx, cancel := context.WithCancel(daybook.WithScope(t.Context(), scope))
	ctx, _ = book.WithDraft(ctx, daybook.Entry{})
	detached := daybook.Detach(ctx)
	cancel()
	if detached.Err() != nil || daybook.DraftOf(detached) != nil || daybook.ScopeOf(detached) != scope {
		t.Errorf("error %v, draft %v, scope %+v", detached.Err(), daybook.DraftOf(detached), daybook.ScopeOf(detached))
	}
	daybook.Identify(ctx, func(s *daybook.Scope) { s.UserID = "eve" })
	if daybook.ScopeOf(detached).UserID != "ada" {
		t.Error("a change in the request reaches the work that outlives it")
	}
}

func TestRecordedCountsInAllScopesAround(t *testing.T) {
	book, _ := newRecorder(t, &appended{}, daybook.Options{})
	outer := daybook.WithScope(t.Context(), daybook.Scope{})
	inner := daybook.WithScope(outer, daybook.Scope{OrganizationID: "acme"})
	e := daybook.Entry{Action: daybook.Read, ResourceType: "document"}
	if err := errors.Join(book.Record(inner, e, e), book.Record(daybook.Detach(inner), e)); err != nil {
		t.Fatal(err)
	}
	if o, i := daybook.Recorded(outer), daybook.Recorded(inner); o != 2 || i != 2 || daybook.Recorded(t.Context()) != 0 {
		t.Errorf("outside %d, inside %d; detached work is not the request's", o, i)
	}
}

func TestLogLinesCarryTheScope(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(daybook.LogHandler(slog.NewTextHandler(&out, nil))).With("app", "x").WithGroup("g")
	log.InfoContext(daybook.WithScope(t.Context(), scope), "hello")
	for _, want := range []string{"app=x", "request_id=req-1", "organization_id=acme", "user_id=ada", "trace_id=" + scope.TraceID} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is not in %s", want, &out)
		}
	}
	if strings.Contains(out.String(), "192.0.2.1") {
		t.Errorf("the address is in the application's log: %s", &out)
	}
}
