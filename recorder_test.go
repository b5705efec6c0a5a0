package daybook_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
)

// appended keeps what reaches the store.
type appended struct {
	entries []daybook.Entry
	err     error
	hang    bool // until the context ends
}

func (a *appended) Append(ctx context.Context, entries ...daybook.Entry) error {
	if a.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	if a.err == nil {
		a.entries = append(a.entries, entries...)
	}
	return a.err
}

func (a *appended) Savepoint(_ context.Context, f func() error) error { return f() }

func newRecorder(t *testing.T, a daybook.Appender, o daybook.Options) (*daybook.Recorder, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	}
	book, err := daybook.New(a, &o)
	if err != nil {
		t.Fatal(err)
	}
	return book, &log
}

var scope = daybook.Scope{
	OrganizationID: "acme", UserID: "ada", ActorType: daybook.ActorAPIKey, OnBehalfOf: "bob", RequestID: "req-1",
	TraceID: "0af7651916cd43dd8448eb211c80319c", IPAddress: netip.MustParseAddr("192.0.2.1"), UserAgent: "curl/8",
}

func TestEntryTakesFromTheScopeWhatItLeavesEmpty(t *testing.T) {
	var store appended
	book, _ := newRecorder(t, &store, daybook.Options{})
	ctx := daybook.WithScope(t.Context(), scope)
	given := daybook.Entry{Action: daybook.Create, ResourceType: "document", ResourceID: "d1"}
	own := daybook.Entry{Action: daybook.Read, ResourceType: "document", OrganizationID: "other", UserID: "eve", ActorType: daybook.ActorUser,
		RequestID: "req-9", IPAddress: netip.MustParseAddr("2001:db8::1"), UserAgent: "own", Details: daybook.Details{"trace_id": "mine"}}
	system := daybook.Entry{Action: daybook.Update, ResourceType: "document", ActorType: daybook.ActorSystem}
	if err := book.Record(ctx, given, own, system); err != nil {
		t.Fatal(err)
	}
	trace := daybook.Details{"trace_id": scope.TraceID}
	want := []daybook.Entry{
		{Action: daybook.Create, ResourceType: "document", ResourceID: "d1", OrganizationID: "acme", UserID: "ada", ActorType: daybook.ActorAPIKey,
			RequestID: "req-1", Outcome: daybook.Success, IPAddress: scope.IPAddress, UserAgent: "curl/8",
			Details: daybook.Details{"on_behalf_of": "bob", "trace_id": scope.TraceID}},
		{Action: daybook.Read, ResourceType: "document", OrganizationID: "other", UserID: "eve", ActorType: daybook.ActorUser,
			RequestID: "req-9", Outcome: daybook.Success, IPAddress: own.IPAddress, UserAgent: "own", Details: own.Details},
		{Action: daybook.Update, ResourceType: "document", OrganizationID: "acme", ActorType: daybook.ActorSystem,
			RequestID: "req-1", Outcome: daybook.Success, IPAddress: scope.IPAddress, UserAgent: "curl/8", Details: trace},
	}
	for i, e := range store.entries {
		if e.ID.IsZero() || !e.CreatedAt.Equal(e.ID.Time()) || !e.UpdatedAt.Equal(e.CreatedAt) {
			t.Errorf("entry %d: id %v, created %v, updated %v", i, e.ID, e.CreatedAt, e.UpdatedAt)
		}
		store.entries[i].ID, store.entries[i].CreatedAt, store.entries[i].UpdatedAt = daybook.ID{}, time.Time{}, time.Time{}
	}
	if diff := cmp.Diff(want, store.entries, compareAddrs); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWithoutOrganizationThereIsNoEntry(t *testing.T) {
	var store appended
	book, log := newRecorder(t, &store, daybook.Options{})
	e := daybook.Entry{Action: daybook.Read, ResourceType: "session"}
	if err := book.Record(t.Context(), e); !errors.Is(err, daybook.ErrNoOrganization) || len(store.entries) > 0 {
		t.Errorf("error %v, %d entries stored", err, len(store.entries))
	}
	if !strings.Contains(log.String(), "entry refused") || book.Stats().Refused != 1 {
		t.Errorf("log %q, stats %+v", log, book.Stats())
	}
	book, _ = newRecorder(t, &store, daybook.Options{Organization: "platform"})
	if err := book.Record(t.Context(), e); err != nil || store.entries[0].OrganizationID != "platform" {
		t.Errorf("with Options.Organization: %v, %+v", err, store.entries)
	}
}

func TestVocabularyIsHeld(t *testing.T) {
	var store appended
	book, _ := newRecorder(t, &store, daybook.Options{Actions: []daybook.Action{"EXPORT"}, ResourceTypes: []string{"document"}})
	ctx := daybook.WithScope(t.Context(), daybook.Scope{OrganizationID: "acme"})
	for name, c := range map[string]struct {
		entry daybook.Entry
		want  []string
	}{
		"a registered action and type":    {daybook.Entry{Action: "EXPORT", ResourceType: "document"}, nil},
		"an action that is not":           {daybook.Entry{Action: "IMPORT", ResourceType: "document"}, []string{"action"}},
		"a resource type that is not":     {daybook.Entry{Action: "EXPORT", ResourceType: "user"}, []string{"resource_type"}},
		"a resource type that is ours":    {daybook.Entry{Action: "EXPORT", ResourceType: "daybook.sweep"}, []string{"resource_type", "resource_type"}},
		"two faults are told in one call": {daybook.Entry{Action: "IMPORT", ResourceType: "user"}, []string{"action", "resource_type"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := book.Record(ctx, c.entry)
			if diff := cmp.Diff(c.want, fields(errors.Unwrap(err))); diff != "" {
				t.Errorf("error %v; fields -want +got:\n%s", err, diff)
			}
		})
	}
}

func TestOneBadEntryRefusesTheWholeCall(t *testing.T) {
	var store appended
	book, _ := newRecorder(t, &store, daybook.Options{})
	good := daybook.Entry{Action: daybook.Read, ResourceType: "document", OrganizationID: "acme"}
	err := book.Record(t.Context(), good, daybook.Entry{Action: "bad", ResourceType: "document", OrganizationID: "acme"})
	if !errors.Is(err, daybook.ErrInvalid) || !strings.Contains(err.Error(), "entry 2 of 2") || len(store.entries) != 0 {
		t.Errorf("error %v, %d stored", err, len(store.entries))
	}
}

// A client that hangs up cancels the request's context; its entry must be written all the same.
func TestRecordOutlivesTheRequest(t *testing.T) {
	var store appended
	book, _ := newRecorder(t, &store, daybook.Options{})
	ctx, cancel := context.WithCancel(daybook.WithScope(t.Context(), scope))
	cancel()
	e := daybook.Entry{Action: daybook.Read, ResourceType: "document"}
	if err := book.Record(ctx, e); err != nil || len(store.entries) != 1 {
		t.Errorf("Record: %v, %d stored", err, len(store.entries))
	}
	if err := book.Async().Record(ctx, e); err != nil || len(store.entries) != 2 {
		t.Errorf("Async: %v, %d stored", err, len(store.entries))
	}
}

func TestHangingStoreCostsTheTimeoutAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book, log := newRecorder(t, &appended{hang: true}, daybook.Options{Timeout: 2 * time.Second})
		start := time.Now()
		err := book.Record(t.Context(), daybook.Entry{Action: daybook.Read, ResourceType: "document", OrganizationID: "acme", Details: daybook.Details{"token": "s3cret"}})
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != 2*time.Second {
			t.Errorf("error %v after %v", err, took)
		}
		if book.Stats().Failed != 1 || !strings.Contains(log.String(), "entry not recorded") || strings.Contains(log.String(), "s3cret") {
			t.Errorf("stats %+v, log %s", book.Stats(), log)
		}
	})
}

func TestRecordTxSharesTheFateOfTheWork(t *testing.T) {
	tx := &appended{hang: true}
	book, _ := newRecorder(t, &appended{}, daybook.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := daybook.Entry{Action: daybook.Read, ResourceType: "document", OrganizationID: "acme"}
	if err := book.RecordTx(ctx, tx, e); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled transaction still takes the entry: %v", err)
	}
	tx.hang = false
	if err := book.RecordTx(t.Context(), daybook.BestEffort(tx), e); err != nil || len(tx.entries) != 1 {
		t.Errorf("%v, %d in the transaction", err, len(tx.entries))
	}
}

func TestSecretsDoNotReachTheStore(t *testing.T) {
	var store appended
	book, log := newRecorder(t, &store, daybook.Options{Redact: func(e *daybook.Entry) {
		delete(e.Details, "salary")
		e.Details["new_password"] = e.Details["new_password"].(string) + "!"
	}})
	given := daybook.Details{"new_password": "NewPass456!", "salary": 1, "size": 2}
	err := book.Record(t.Context(), daybook.Entry{Action: daybook.Update, ResourceType: "user", OrganizationID: "acme", Details: given,
		UserAgent: "client Bearer abcdefghijklmnopqrstuvwxyz0123456789"})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := store.entries[0].MarshalJSON()
	for _, secret := range []string{"NewPass456", "salary", "abcdefghijklmnop"} {
		if strings.Contains(string(text), secret) || strings.Contains(log.String(), secret) {
			t.Errorf("%s is in %s", secret, text)
		}
	}
	if len(given) != 3 || given["new_password"] != "NewPass456!" {
		t.Errorf("the caller's details became %v", given)
	}
}

func TestRedactWorksOnACopy(t *testing.T) {
	var store appended
	book, _ := newRecorder(t, &store, daybook.Options{Redact: func(e *daybook.Entry) {
		delete(e.Details["employee"].(map[string]any), "salary")
	}})
	given := daybook.Details{"employee": map[string]any{"salary": 1, "name": "Ada"}}
	err := book.Record(t.Context(), daybook.Entry{Action: daybook.Update, ResourceType: "user", OrganizationID: "acme", Details: given})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(daybook.Details{"employee": map[string]any{"name": "Ada"}}, store.entries[0].Details); diff != "" {
		t.Errorf("stored -want +got:\n%s", diff)
	}
	if len(given["employee"].(map[string]any)) != 2 {
		t.Errorf("the caller's details became %v", given)
	}
}

func TestWhatComesTooLateIsLoggedWithoutItsSecrets(t *testing.T) {
	book, log := newRecorder(t, &appended{}, daybook.Options{})
	if err := book.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx := daybook.WithScope(t.Context(), daybook.Scope{OrganizationID: "acme", RequestID: "Bearer abcdefghijklmnopqrstuvwxyz0123456789"})
	if err := book.Record(ctx, daybook.Entry{Action: daybook.Read, ResourceType: "document"}); !errors.Is(err, daybook.ErrClosed) {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "organization_id=acme") || strings.Contains(log.String(), "abcdefghijklmnop") {
		t.Errorf("the log says %s", log)
	}
}

func TestShutdownRefusesAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &appended{hang: true}
		book, _ := newRecorder(t, store, daybook.Options{Timeout: 3 * time.Second})
		e := daybook.Entry{Action: daybook.Read, ResourceType: "document", OrganizationID: "acme"}
		go book.Record(context.Background(), e)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := book.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a shutdown that cannot finish says %v", err)
		}
		if err := book.Record(t.Context(), e); !errors.Is(err, daybook.ErrClosed) {
			t.Errorf("after a shutdown Record says %v", err)
		}
		if err := book.Shutdown(t.Context()); err != nil || book.Stats().Failed != 2 {
			t.Errorf("%v, stats %+v: one entry timed out, one came too late", err, book.Stats())
		}
	})
}

func TestForgottenWorkIsCountedAndToldOnce(t *testing.T) {
	book, log := newRecorder(t, &appended{}, daybook.Options{})
	book.Forgot(t.Context(), "POST /users")
	if book.Stats().Forgotten != 1 || !strings.Contains(log.String(), "POST /users") {
		t.Errorf("stats %+v, log %s", book.Stats(), log)
	}
	var told []string
	book, log = newRecorder(t, &appended{}, daybook.Options{Forgotten: func(_ context.Context, what string) { told = append(told, what) }})
	book.Forgot(t.Context(), "PUT /x")
	if diff := cmp.Diff([]string{"PUT /x"}, told); diff != "" || log.Len() > 0 {
		t.Errorf("%s log %s", diff, log)
	}
}

func TestOptionsAreRefusedByName(t *testing.T) {
	for want, o := range map[string]daybook.Options{
		"timeout":       {Timeout: -1},
		"action":        {Actions: []daybook.Action{"log in"}},
		"resource_type": {ResourceTypes: []string{"daybook.x"}},
		"organization":  {Organization: "\xff"},
	} {
		if _, err := daybook.New(&appended{}, &o); err == nil || fields(errors.Unwrap(err))[0] != want {
			t.Errorf("%+v: %v, want a FieldError of %s", o, err, want)
		}
	}
	if _, err := daybook.New(nil, nil); err == nil {
		t.Error("a nil store is taken")
	}
}

func BenchmarkRecord(b *testing.B) {
	book, err := daybook.New(discard{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	ctx := daybook.WithScope(b.Context(), daybook.Scope{OrganizationID: "550e8400-e29b-41d4-a716-446655440000", UserID: "550e8400-e29b-41d4-a716-446655440001",
		RequestID: "req-1", IPAddress: netip.MustParseAddr("192.0.2.1"), UserAgent: "Mozilla/5.0"})
	e := daybook.Entry{Action: daybook.Create, ResourceType: "document", ResourceID: "9b2f0c1e-1111-4222-8333-444455556666"}
	guide := daybook.Details{"filename": "report.pdf", "size_bytes": 1024000, "content_type": "application/pdf", "tags": []string{"report", "financial"}}
	for name, details := range map[string]daybook.Details{"plain": nil, "details": guide} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			e.Details = details
			for b.Loop() {
				if err := book.Record(ctx, e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

type discard struct{}

func (discard) Append(context.Context, ...daybook.Entry) error { return nil }

// derives is an Appender that looks at its context in every way a store may.
type derives struct{ t *testing.T }

func (d derives) Append(ctx context.Context, _ ...daybook.Entry) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	at, ok := ctx.Deadline()
	if !ok || time.Until(at) != time.Second || ctx.Err() != nil || context.Cause(inner) != nil || ctx.Value(key{}) != "kept" {
		d.t.Errorf("deadline in %v, error %v, cause %v, value %v", time.Until(at), ctx.Err(), context.Cause(inner), ctx.Value(key{}))
	}
	time.Sleep(2 * time.Second) // of the bubble
	if err := ctx.Err(); !errors.Is(err, context.DeadlineExceeded) {
		d.t.Errorf("behind the deadline: %v", err)
	}
	<-ctx.Done()
	<-inner.Done()
	return ctx.Err()
}

type key struct{}

func TestContextOfAWriteEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book, _ := newRecorder(t, derives{t}, daybook.Options{Timeout: time.Second})
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "kept"))
		cancel()
		err := book.Record(ctx, daybook.Entry{Action: daybook.Read, ResourceType: "document", OrganizationID: "acme"})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}
