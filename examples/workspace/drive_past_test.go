package workspace_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/examples/workspace"
	"github.com/daybookdev/daybook/store/sqlite"
)

func TestThePastLiesBeforeItsEndAndTellsAnIncident(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "daybook.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	book, err := daybook.New(store, workspace.RecorderOptions(nil))
	if err != nil {
		t.Fatal(err)
	}
	const organization = "550e8400-e29b-41d4-a716-446655440001"
	until := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	past, err := workspace.RecordPast(t.Context(), book, organization, workspace.PastOptions{Until: until, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	weekend := 0
	gone, stored := map[string]bool{}, 0
	var deleted []daybook.Entry
	for e, err := range daybook.All(t.Context(), store, organization, daybook.Query{Order: daybook.Oldest}) {
		if err != nil {
			t.Fatal(err)
		}
		stored++
		if !e.CreatedAt.Before(until) || e.CreatedAt.Before(until.AddDate(0, 0, -29)) {
			t.Errorf("an entry of %v", e.CreatedAt)
		}
		if d := e.CreatedAt.Weekday(); d == time.Saturday || d == time.Sunday {
			weekend++
		}
		if e.ResourceType == workspace.ResourceDocument && e.Action == daybook.Delete {
			deleted = append(deleted, e)
		} else if e.ResourceType == workspace.ResourceDocument && gone[e.ResourceID] {
			t.Errorf("%v happens to a document that is gone", e.Action)
		}
		if e.Action == daybook.Delete {
			gone[e.ResourceID] = true
		}
	}
	n := past.Entries
	if stored != n || n < 28*60 {
		t.Errorf("%d stored, %d recorded", stored, n)
	}
	if weekend == 0 || weekend > n/10 {
		t.Errorf("%d of %d at weekends", weekend, n)
	}
	// From the denials to the person, from the person to the document, from it to all of one request.
	var of daybook.Entry
	for _, e := range deleted {
		if e.IPAddress.String() == "203.0.113.66" {
			of = e
		}
	}
	if of.ID.IsZero() {
		t.Fatal("nothing was deleted from the strange address")
	}
	page, err := store.Query(t.Context(), organization, daybook.Query{RequestID: of.RequestID})
	if err != nil || len(page.Entries) != 2 {
		t.Errorf("%d entries of the request, %v", len(page.Entries), err)
	}
	denied, err := store.Count(t.Context(), organization, daybook.Query{UserID: of.UserID, Outcomes: []daybook.Outcome{daybook.Denied}})
	if err != nil || denied[0].Count < 34 || !of.CreatedAt.After(past.Night) {
		t.Errorf("%v denied, %v", denied, err)
	}
}
