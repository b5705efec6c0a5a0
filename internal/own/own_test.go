package own_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/own"
	"github.com/daybookdev/daybook/store/memory"
)

var quiet = &daybook.Options{Logger: slog.New(slog.DiscardHandler), ResourceTypes: []string{"document"}, Actions: []daybook.Action{"EXPORT"}}

func TestOwnEntriesHaveThePrefixThatApplicationsMayNotUse(t *testing.T) {
	s := memory.New()
	defer s.Close()
	book, err := own.New(s, quiet)
	if err != nil {
		t.Fatal(err)
	}
	ctx := daybook.WithScope(t.Context(), daybook.Scope{OrganizationID: "acme", UserID: "ada", RequestID: "r1"})
	e := daybook.Entry{Action: daybook.Read, ResourceType: own.Export, Details: daybook.Details{"filter": "details.password:hunter2", "password": "hunter2"}}
	if err := book.Record(ctx, e); err != nil {
		t.Fatal(err)
	}
	page, err := s.Query(t.Context(), "acme", daybook.Query{ResourceType: "daybook.export"})
	if err != nil || len(page.Entries) != 1 {
		t.Fatalf("%v, %v", page.Entries, err)
	}
	got := page.Entries[0]
	if got.UserID != "ada" || got.RequestID != "r1" || got.ActorType != daybook.ActorUser {
		t.Errorf("not completed from the scope: %+v", got)
	}
	if got.Details["password"] == "hunter2" {
		t.Errorf("not redacted: %v", got.Details)
	}
	if e.ResourceType != own.Export {
		t.Errorf("the caller's entry was changed: %q", e.ResourceType)
	}
	if n := book.Stats().Recorded; n != 1 {
		t.Errorf("%d counted", n)
	}

	// An application that tries gets nowhere, and so does what is not in the list.
	theirs, err := daybook.New(s, quiet)
	if err != nil {
		t.Fatal(err)
	}
	e.ResourceType = own.Type(own.Export)
	for name, r := range map[string]interface {
		Record(context.Context, ...daybook.Entry) error
	}{"an application's recorder": theirs, "the full type": book} {
		var refused *daybook.FieldError
		if err := r.Record(ctx, e); !errors.As(err, &refused) || refused.Field != "resource_type" {
			t.Errorf("%s: %v, want a FieldError of resource_type", name, err)
		}
	}
	e.ResourceType = "document"
	if err := book.Record(ctx, e); !errors.Is(err, daybook.ErrInvalid) {
		t.Errorf("a type that is not Daybook's: %v", err)
	}
}

func TestOwnRecorderNeedsAnAppender(t *testing.T) {
	if _, err := own.New(nil, nil); err == nil || !strings.Contains(err.Error(), "store") {
		t.Errorf("%v", err)
	}
}
