package storetest

import (
	"fmt"
	"net/netip"
	"reflect"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
)

// Entry returns an entry with every field set, as it is read back: normalized, with a new id. Only
// RecordedBy is empty, which is for the server to set.
func Entry(organization string) daybook.Entry {
	e := daybook.Entry{
		ID:             daybook.NewID(),
		Action:         daybook.Update,
		ResourceType:   "document",
		ResourceID:     "0d6e4079-e367-4a6c-a1ac-35bf0bf1c4f5",
		OrganizationID: organization,
		UserID:         "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
		ActorType:      daybook.ActorAPIKey,
		RequestID:      "req-2b7e151628aed2a6",
		Outcome:        daybook.Failure,
		Details: daybook.Details{
			"changes": map[string]any{"status": map[string]any{"old": "draft", "new": "final"}},
			"tags":    []any{"report", "finance"},
			"size":    4096,
		},
		IPAddress: netip.MustParseAddr("203.0.113.7"),
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	}
	return normalized(e)
}

// Entries returns n entries as Entry does, a second apart in the past, earliest first, with the
// resource ids "1" to n.
func Entries(organization string, n int) []daybook.Entry {
	start := time.Date(2026, 3, 14, 15, 9, 26, 535897000, time.UTC)
	entries := make([]daybook.Entry, n)
	for i := range entries {
		e := Entry(organization)
		e.ID, e.CreatedAt, e.UpdatedAt = daybook.NewIDAt(start.Add(time.Duration(i)*time.Second)), time.Time{}, time.Time{}
		e.ResourceID = fmt.Sprint(i + 1)
		entries[i] = normalized(e)
	}
	return entries
}

// normalized returns e in the form in which stores keep it. It panics for what no store keeps:
// that is a fault of the test.
func normalized(e daybook.Entry) daybook.Entry {
	_, err := e.Normalize()
	if err == nil {
		e.Details, err = e.Details.Normalize()
	}
	if err != nil {
		panic(fmt.Sprintf("storetest: an entry that cannot be stored: %v", err))
	}
	return e
}

// Diff returns how got differs from want, in lines with - and +, or "" when they are equal. Times
// are equal when they are the same instant; everything else must be the same to the last bit, an
// empty map and nil included.
func Diff(want, got []daybook.Entry) string {
	if len(want) == 0 && len(got) == 0 || reflect.DeepEqual(want, got) { // cmp takes its time
		return ""
	}
	return cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b }))
}
