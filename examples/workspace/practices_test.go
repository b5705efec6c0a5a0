package workspace_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybooktest"
)

// The guide's BAD examples, and what becomes of them. The GOOD ones are routes: see README.md.

func record(t *testing.T, e daybook.Entry) (*daybooktest.Book, error) {
	t.Helper()
	book := newBook(t)
	e.OrganizationID = platform
	return book, book.Record(t.Context(), e)
}

// "1. Log Business Operations, Not Technical Details": BAD. A log cannot tell a technical detail from
// a business one; the application can, and RecorderOptions drops these.
func TestTechnicalDetailsAreDropped(t *testing.T) {
	details := daybook.Details{
		"sql_query":            "UPDATE documents SET archived_at=...",
		"connection_pool_size": 10,
		"status":               "archived",
	}
	book, err := record(t, daybook.Entry{Action: daybook.Update, ResourceType: "document", Details: details})
	if err != nil {
		t.Fatal(err)
	}
	got := book.Entries()[0].Details
	if len(got) != 1 || got["status"] != "archived" {
		t.Errorf("recorded %v", got)
	}
	if len(details) != 3 {
		t.Error("the caller's map was changed")
	}
}

// "2. Never Log Sensitive Data": BAD. The secrets are masked before the entry is stored.
func TestSecretsAreMasked(t *testing.T) {
	book, err := record(t, daybook.Entry{Action: daybook.Update, ResourceType: "user", Details: daybook.Details{
		"old_password": "SecurePass123!",
		"new_password": "NewPass456!",
		"credit_card":  "4532-1488-0343-6467",
	}})
	if err != nil {
		t.Fatal(err)
	}
	e := book.Entries()[0]
	text, err := e.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"SecurePass123!", "NewPass456!", "4532", "6467"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s is in %s", secret, text)
		}
	}
	for _, name := range []string{"old_password", "new_password", "credit_card"} {
		if s, _ := e.Details[name].(string); !strings.HasPrefix(s, "[redacted") {
			t.Errorf("%s is %q: nobody sees that it was there", name, s)
		}
	}
}

// "3. Use Consistent Resource Types": a type that is no constant is refused, not stored beside it.
func TestOtherResourceTypesAreRefused(t *testing.T) {
	for _, resourceType := range []string{"User", "users", "doc", "/users/42"} {
		book, err := record(t, daybook.Entry{Action: daybook.Create, ResourceType: resourceType})
		if field, ok := errors.AsType[*daybook.FieldError](err); !ok || field.Field != "resource_type" {
			t.Errorf("%s: error %v", resourceType, err)
		}
		if entries := book.Entries(); len(entries) != 0 {
			t.Errorf("%s was recorded: %+v", resourceType, entries)
		}
	}
}
