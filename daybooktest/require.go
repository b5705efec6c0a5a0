package daybooktest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
)

// Require returns the first entry that matches want, and ends the test if there is none, with what
// was recorded instead and where it differs.
//
// A field of want that is zero matches anything, its details match an entry that has at least
// those ([daybook.Details.Contains]), and UUIDs match in either case. Secrets have been redacted:
// match what a store would have.
func (b *Book) Require(t testing.TB, want daybook.Entry) daybook.Entry {
	t.Helper()
	p := newPattern(t, want)
	entries := b.Entries()
	var report strings.Builder
	for i := range entries {
		differs := p.differences(&entries[i])
		if len(differs) == 0 {
			return entries[i]
		}
		fmt.Fprintf(&report, "\n\t%s\n\t\tdiffers in %s", show(&entries[i]), strings.Join(differs, ", "))
	}
	if len(entries) == 0 {
		report.WriteString(" nothing")
	}
	t.Fatalf("no entry matches\n\t%s\nrecorded:%s", show(&want), report.String())
	return daybook.Entry{}
}

// None reports an error if an entry was recorded that matches one of these, as in [Book.Require];
// without any, if an entry was recorded at all.
func (b *Book) None(t testing.TB, these ...daybook.Entry) {
	t.Helper()
	if len(these) == 0 {
		these = []daybook.Entry{{}}
	}
	entries := b.Entries()
	for _, unwanted := range these {
		p := newPattern(t, unwanted)
		for i := range entries {
			if len(p.differences(&entries[i])) == 0 {
				t.Errorf("an entry was recorded that should not be:\n\t%s", show(&entries[i]))
			}
		}
	}
}

// A pattern is an entry to compare others with.
type pattern struct{ want daybook.Entry }

func newPattern(t testing.TB, want daybook.Entry) pattern {
	t.Helper()
	details, err := want.Details.Normalize()
	if err != nil {
		t.Fatalf("the entry to look for: %v", err)
	}
	want.Details = details
	return pattern{want}
}

// differences returns the fields in which e is not what is wanted.
func (p pattern) differences(e *daybook.Entry) (fields []string) {
	w := &p.want
	for _, text := range [...]struct{ field, want, got string }{
		{"action", string(w.Action), string(e.Action)},
		{"resource_type", w.ResourceType, e.ResourceType},
		{"resource_id", w.ResourceID, e.ResourceID},
		{"organization_id", w.OrganizationID, e.OrganizationID},
		{"user_id", w.UserID, e.UserID},
		{"actor_type", string(w.ActorType), string(e.ActorType)},
		{"request_id", w.RequestID, e.RequestID},
		{"outcome", string(w.Outcome), string(e.Outcome)},
		{"user_agent", w.UserAgent, e.UserAgent},
		{"recorded_by", w.RecordedBy, e.RecordedBy},
	} {
		if text.want != "" && text.want != text.got && !sameUUID(text.want, text.got) {
			fields = append(fields, text.field)
		}
	}
	for _, other := range [...]struct {
		field string
		same  bool
	}{
		{"id", w.ID.IsZero() || w.ID == e.ID},
		{"details", e.Details.Contains(w.Details)},
		{"ip_address", !w.IPAddress.IsValid() || w.IPAddress.Unmap().WithZone("") == e.IPAddress},
		{"created_at", w.CreatedAt.IsZero() || w.CreatedAt.UnixMicro() == e.CreatedAt.UnixMicro()},
		{"updated_at", w.UpdatedAt.IsZero() || w.UpdatedAt.UnixMicro() == e.UpdatedAt.UnixMicro()},
	} {
		if !other.same {
			fields = append(fields, other.field)
		}
	}
	return fields
}

func sameUUID(a, b string) bool {
	u, ok := daybook.ParseUUID(a)
	v, alsoOK := daybook.ParseUUID(b)
	return ok && alsoOK && u == v
}

func show(e *daybook.Entry) string {
	text, err := e.MarshalJSON()
	if err != nil {
		return fmt.Sprintf("%+v (%v)", *e, err)
	}
	return string(text)
}
