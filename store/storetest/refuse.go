package storetest

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

func refusing() []promise {
	return []promise{
		{"a wrong entry is refused by the name of its field, and nothing of its call is stored",
			"a store that takes what another refuses makes the log depend on where it is kept, and an error without a field helps nobody",
			wrongEntries},
		{"an entry without an organization is ErrNoOrganization",
			"a guessed organization shows one customer's activity to another",
			noOrganization},
	}
}

// A wrong entry is a good one with one change.
type wrong struct {
	name, field string
	change      func(*daybook.Entry)
}

func wrongOnes() []wrong {
	list := []wrong{
		{"no action", "action", func(e *daybook.Entry) { e.Action = "" }},
		{"an action in lower case", "action", func(e *daybook.Entry) { e.Action = "create" }},
		{"an action of 21 characters", "action", func(e *daybook.Entry) { e.Action = daybook.Action(strings.Repeat("A", 21)) }},
		{"an action with a quotation mark", "action", func(e *daybook.Entry) { e.Action = "A'B" }},
		{"no resource type", "resource_type", func(e *daybook.Entry) { e.ResourceType = "" }},
		{"a URL as resource type", "resource_type", func(e *daybook.Entry) { e.ResourceType = "/users/1" }},
		{"a resource type of 101 characters", "resource_type", func(e *daybook.Entry) { e.ResourceType = strings.Repeat("a", 101) }},
		{"a NUL in the resource type", "resource_type", func(e *daybook.Entry) { e.ResourceType = "a\x00" }},
		{"an unknown actor type", "actor_type", func(e *daybook.Entry) { e.ActorType = "robot" }},
		{"an unknown outcome", "outcome", func(e *daybook.Entry) { e.Outcome = "maybe" }},
		{"an id that is a UUIDv4", "id", func(e *daybook.Entry) { e.ID[6] = 4<<4 | e.ID[6]&15 }},
		{"an id of another variant", "id", func(e *daybook.Entry) { e.ID[8] |= 0xc0 }},
		{"an id from the year 2200", "id", func(e *daybook.Entry) {
			e.ID[0], e.ID[1], e.CreatedAt = 0xff, 0xff, time.Time{}
		}},
		{"an id and a time that disagree", "created_at", func(e *daybook.Entry) { e.CreatedAt = e.CreatedAt.Add(time.Millisecond) }},
		{"a time before 1970", "created_at", func(e *daybook.Entry) {
			e.ID, e.CreatedAt = daybook.ID{}, time.Unix(0, -1)
		}},
		{"a time in the year 2200", "created_at", func(e *daybook.Entry) {
			e.ID, e.CreatedAt = daybook.ID{}, time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
		}},
		{"details that are not a number", "details", func(e *daybook.Entry) { e.Details = daybook.Details{"n": math.NaN()} }},
		{"details that are a function", "details", func(e *daybook.Entry) { e.Details = daybook.Details{"f": func() {}} }},
		{"a NUL in details", "details", func(e *daybook.Entry) { e.Details = daybook.Details{"a": []any{"\x00"}} }},
		{"a NUL in a name in details", "details", func(e *daybook.Entry) { e.Details = daybook.Details{"a\x00": 1} }},
		{"details that are not UTF-8", "details", func(e *daybook.Entry) { e.Details = daybook.Details{"a": "\xff"} }},
		{"details 33 deep", "details", func(e *daybook.Entry) { e.Details = nested(daybook.MaxDetailsDepth + 1) }},
		{"details with 4097 values", "details", func(e *daybook.Entry) { e.Details = daybook.Details{"a": make([]bool, daybook.MaxDetailsValues)} }},
		{"details of 64 KiB and a byte", "details", func(e *daybook.Entry) { e.Details = ofSize(daybook.MaxDetails + 1) }},
	}
	// In a fixed order, since random tests draw from the list.
	for _, text := range []struct {
		field string
		of    func(*daybook.Entry) *string
	}{
		{"organization_id", func(e *daybook.Entry) *string { return &e.OrganizationID }},
		{"resource_id", func(e *daybook.Entry) *string { return &e.ResourceID }},
		{"user_id", func(e *daybook.Entry) *string { return &e.UserID }},
		{"recorded_by", func(e *daybook.Entry) *string { return &e.RecordedBy }},
	} {
		for _, bad := range []struct{ name, value string }{
			{"a NUL in ", "a\x00b"},
			{"no UTF-8 in ", "a\xffb"},
			{"a surrogate in ", "a\xed\xa0\x80b"},
			{"256 characters in ", strings.Repeat("x", 256)},
			{"256 long characters in ", strings.Repeat("\U0001f600", 256)},
		} {
			list = append(list, wrong{bad.name + text.field, text.field, func(e *daybook.Entry) { *text.of(e) = bad.value }})
		}
	}
	return list
}

// nested returns details of so many objects and lists within each other.
func nested(depth int) daybook.Details {
	var v any = []any{}
	for range depth - 2 {
		v = map[string]any{"in": v}
	}
	return daybook.Details{"in": v}
}

// ofSize returns details of n bytes in canonical form.
func ofSize(n int) daybook.Details {
	return daybook.Details{"text": strings.Repeat("x", n-len(`{"text":""}`))}
}

func wrongEntries(t testing.TB, s *subject) {
	for _, w := range wrongOnes() {
		bad := Entry("acme")
		w.change(&bad)
		err := s.Append(t.Context(), Entry("acme"), bad, Entry("zeta"))
		if !refuses(err, w.field) {
			t.Errorf("%s: %v, want a FieldError of %s", w.name, err, w.field)
		}
		if err := s.Append(t.Context(), bad); !refuses(err, w.field) {
			t.Errorf("%s alone: %v, want a FieldError of %s", w.name, err, w.field)
		}
		if a, z := s.total(t, "acme"), s.total(t, "zeta"); a+z != 0 {
			t.Fatalf("%s: %d entries are stored", w.name, a+z)
		}
	}
	two := Entry("acme")
	two.Action, two.Outcome = "", "maybe"
	if err := s.Append(t.Context(), two); !refuses(err, "action") || !refuses(err, "outcome") {
		t.Errorf("two wrong fields: %v, want a FieldError of each", err)
	}
	s.tail(t, daybook.Position{}, 0, 10)
}

func noOrganization(t testing.TB, s *subject) {
	e := Entry("acme")
	e.OrganizationID = ""
	if err := s.Append(t.Context(), Entry("acme"), e); !errors.Is(err, daybook.ErrNoOrganization) {
		t.Errorf("without an organization: %v", err)
	}
	s.stores(t, "acme")
	s.tail(t, daybook.Position{}, 0, 10)
}
