package daybook_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
)

func TestDraftGathersWhatTheWorkKnows(t *testing.T) {
	book, _ := newRecorder(t, &appended{}, daybook.Options{})
	preset := daybook.Details{"via": "web"}
	ended := daybook.Entry{ResourceID: "from-path", Outcome: daybook.Success, Details: daybook.Details{"error": "Forbidden"}}
	for name, c := range map[string]struct {
		work func(ctx context.Context, d *daybook.Draft)
		want daybook.Entry
	}{
		"nothing: the end decides": {func(context.Context, *daybook.Draft) {},
			daybook.Entry{ResourceID: "from-path", Outcome: daybook.Success, Details: daybook.Details{"via": "web", "error": "Forbidden"}}},
		"resource and details win": {func(_ context.Context, d *daybook.Draft) {
			d.Resource("mine")
			d.Detail("error", "mine too")
		}, daybook.Entry{ResourceID: "mine", Outcome: daybook.Success, Details: daybook.Details{"via": "web", "error": "mine too"}}},
		"a failure under a 200": {func(_ context.Context, d *daybook.Draft) { d.Fail(nil); d.Fail(errors.New("half done")) },
			daybook.Entry{ResourceID: "from-path", Outcome: daybook.Failure, Details: daybook.Details{"via": "web", "error": "Forbidden", "error_type": "Error", "error_message": "half done"}}},
		"a 404 that hides a denial": {func(_ context.Context, d *daybook.Draft) { d.Deny("NotAMember") },
			daybook.Entry{ResourceID: "from-path", Outcome: daybook.Denied, Details: daybook.Details{"via": "web", "error": "NotAMember"}}},
		"what changed": {func(_ context.Context, d *daybook.Draft) {
			d.Change(map[string]any{"role": "member", "name": "Ada"}, map[string]any{"role": "owner", "name": "Ada"})
		}, daybook.Entry{ResourceID: "from-path", Outcome: daybook.Success, Details: daybook.Details{"via": "web", "error": "Forbidden",
			"changes": daybook.Changes{"role": {Old: "member", New: "owner"}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, d := book.WithDraft(t.Context(), daybook.Entry{Action: daybook.Update, ResourceType: "document", Details: preset})
			c.work(ctx, daybook.DraftOf(ctx))
			got, ok := d.Close(ended)
			c.want.Action, c.want.ResourceType = daybook.Update, "document"
			if diff := cmp.Diff(c.want, got, compareAddrs); diff != "" || !ok {
				t.Errorf("to record: %v; -want +got:\n%s", ok, diff)
			}
			if len(preset) != 1 {
				t.Errorf("the wrapper's details became %v", preset)
			}
		})
	}
}

func TestDraftIsRecordedOnceOrNotAtAll(t *testing.T) {
	book, _ := newRecorder(t, &appended{}, daybook.Options{})
	entry := daybook.Entry{Action: daybook.Update, ResourceType: "document", OrganizationID: "acme"}
	ended := daybook.Entry{Outcome: daybook.Success}
	for name, c := range map[string]struct {
		work func(ctx context.Context, d *daybook.Draft)
		want bool
	}{
		"skipped":                        {func(_ context.Context, d *daybook.Draft) { d.Skip() }, false},
		"closed before":                  {func(ctx context.Context, d *daybook.Draft) { d.Close(ended) }, false},
		"recorded by the work":           {func(ctx context.Context, _ *daybook.Draft) { book.Record(ctx, entry) }, false},
		"the work recorded another type": {func(ctx context.Context, _ *daybook.Draft) { e := entry; e.ResourceType = "user"; book.Record(ctx, e) }, true},
		"the work recorded a failure": {func(ctx context.Context, _ *daybook.Draft) {
			e := entry
			e.Outcome = daybook.Failure
			book.Record(ctx, e)
		}, true},
		"what the work recorded was lost": {func(ctx context.Context, _ *daybook.Draft) { e := entry; e.Action = "bad"; book.Record(ctx, e) }, true},
		"named anew, recorded as before":  {func(ctx context.Context, d *daybook.Draft) { d.Name("DELETE", "document"); book.Record(ctx, entry) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, d := book.WithDraft(t.Context(), entry)
			c.work(ctx, d)
			if _, ok := d.Close(ended); ok != c.want {
				t.Errorf("to record: %v", ok)
			}
		})
	}
}

// A job that works through a list has one scope and a draft for each item.
func TestUnitsOfWorkInOneScopeDoNotSuppressEachOther(t *testing.T) {
	book, _ := newRecorder(t, &appended{}, daybook.Options{})
	entry := daybook.Entry{Action: daybook.Update, ResourceType: "document", OrganizationID: "acme"}
	scope := daybook.WithScope(t.Context(), daybook.Scope{})
	if err := book.Record(scope, entry); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		ctx, d := book.WithDraft(scope, entry)
		e, ok := d.Close(daybook.Entry{Outcome: daybook.Success})
		if !ok {
			t.Fatal("an entry that another unit of work recorded suppresses this one's")
		}
		if err := book.Record(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
}

// What a client wrote is echoed in reasons: it must not cost the entry.
func TestADenialIsRecordedWhateverItsReasonHolds(t *testing.T) {
	var store appended
	book, _ := newRecorder(t, &store, daybook.Options{})
	ctx, d := book.WithDraft(t.Context(), daybook.Entry{Action: daybook.Read, ResourceType: "document", OrganizationID: "acme"})
	d.Deny("no such name: \xff\x00" + strings.Repeat("x", 100_000))
	d.Change("a", 1)
	e, _ := d.Close(daybook.Entry{})
	if err := book.Record(ctx, e); err != nil || len(store.entries) != 1 || store.entries[0].Outcome != daybook.Denied {
		t.Errorf("%v, %d entries", err, len(store.entries))
	}
}

func TestLateCallsOnADraftAreCounted(t *testing.T) {
	book, _ := newRecorder(t, &appended{}, daybook.Options{})
	_, d := book.WithDraft(t.Context(), daybook.Entry{})
	d.Close(daybook.Entry{})
	d.Detail("too", "late")
	d.Resource("late")
	if late := book.Stats().Late; late != 2 {
		t.Errorf("%d late calls counted, want 2", late)
	}
}

func TestServicesNeedNoDraft(t *testing.T) {
	d := daybook.DraftOf(t.Context())
	d.Name("X", "y")
	d.Resource("x")
	d.Detail("k", 1)
	d.Change(1, 2)
	d.Fail(errors.New("x"))
	d.Deny("x")
	d.Skip()
	if d != nil || d.Skipped() {
		t.Error("there is a draft out of nowhere")
	}
}
