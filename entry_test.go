package daybook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
)

var compareAddrs = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// fields returns the fields that err refuses.
func fields(err error) (names []string) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			names = append(names, fields(e)...)
		}
		return names
	}
	if field, ok := errors.AsType[*daybook.FieldError](err); ok {
		return []string{field.Field}
	}
	return nil
}

func valid() daybook.Entry {
	return daybook.Entry{Action: daybook.Update, ResourceType: "document", OrganizationID: "acme"}
}

func TestNormalizeRefusesWithTheFieldNamed(t *testing.T) {
	v4 := daybook.ID{6: 0x40, 8: 0x80}
	for name, c := range map[string]struct {
		change func(*daybook.Entry)
		field  string
	}{
		"no action":               {func(e *daybook.Entry) { e.Action = "" }, "action"},
		"lower-case action":       {func(e *daybook.Entry) { e.Action = "create" }, "action"},
		"action of 21 characters": {func(e *daybook.Entry) { e.Action = daybook.Action(strings.Repeat("A", 21)) }, "action"},
		"action with a space":     {func(e *daybook.Entry) { e.Action = "LOG IN" }, "action"},
		"no resource type":        {func(e *daybook.Entry) { e.ResourceType = "" }, "resource_type"},
		"a URL as resource type":  {func(e *daybook.Entry) { e.ResourceType = "/users?token=x" }, "resource_type"},
		"resource type too long":  {func(e *daybook.Entry) { e.ResourceType = strings.Repeat("a", 101) }, "resource_type"},
		"resource id too long":    {func(e *daybook.Entry) { e.ResourceID = strings.Repeat("é", 256) }, "resource_id"},
		"user id with NUL":        {func(e *daybook.Entry) { e.UserID = "a\x00b" }, "user_id"},
		"user id not UTF-8":       {func(e *daybook.Entry) { e.UserID = "a\xffb" }, "user_id"},
		"organization too long":   {func(e *daybook.Entry) { e.OrganizationID = strings.Repeat("o", 256) }, "organization_id"},
		"unknown actor type":      {func(e *daybook.Entry) { e.ActorType = "robot" }, "actor_type"},
		"unknown outcome":         {func(e *daybook.Entry) { e.Outcome = "maybe" }, "outcome"},
		"id of another version":   {func(e *daybook.Entry) { e.ID = v4 }, "id"},
		"time before 1970":        {func(e *daybook.Entry) { e.CreatedAt = time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC) }, "created_at"},
		"time in 2200":            {func(e *daybook.Entry) { e.CreatedAt = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) }, "created_at"},
		"id and time disagree": {func(e *daybook.Entry) {
			e.ID = daybook.NewID()
			e.CreatedAt = e.ID.Time().Add(2 * time.Millisecond)
		}, "created_at"},
		"NUL in details": {func(e *daybook.Entry) { e.Details = daybook.Details{"a": []any{1, "x\x00"}} }, "details.a.1"},
	} {
		t.Run(name, func(t *testing.T) {
			e := valid()
			c.change(&e)
			_, err := e.Normalize()
			if diff := cmp.Diff([]string{c.field}, fields(err)); diff != "" || !errors.Is(err, daybook.ErrInvalid) {
				t.Errorf("error %v; fields -want +got:\n%s", err, diff)
			}
		})
	}
}

func TestNormalizeTellsAllThatIsWrong(t *testing.T) {
	e := daybook.Entry{Action: "x", ResourceType: "é", ActorType: "?", Details: daybook.Details{"f": func() {}}}
	_, err := e.Normalize()
	want := []string{"action", "resource_type", "actor_type", "details.f"}
	if diff := cmp.Diff(want, fields(err)); diff != "" || !errors.Is(err, daybook.ErrNoOrganization) {
		t.Errorf("error %v; fields -want +got:\n%s", err, diff)
	}
}

func TestNormalizeGivesOneForm(t *testing.T) {
	at := time.Date(2026, 11, 7, 11, 0, 5, 123456789, time.FixedZone("CET", 3600))
	e := daybook.Entry{
		Action: daybook.Read, ResourceType: "document",
		OrganizationID: "550E8400-E29B-41D4-A716-446655440000", UserID: "Ada", ResourceID: "9B2F0C1E-1111-4222-8333-444455556666",
		RequestID: strings.Repeat("r", 300), UserAgent: strings.Repeat("é", 300) + "\xff",
		IPAddress: netip.MustParseAddr("::ffff:192.0.2.1"), CreatedAt: at,
	}
	details, err := e.Normalize()
	if err != nil || details != nil {
		t.Fatalf("details %q, error %v", details, err)
	}
	want := daybook.Entry{
		ID: e.ID, Action: daybook.Read, ResourceType: "document",
		OrganizationID: "550e8400-e29b-41d4-a716-446655440000", UserID: "Ada", ResourceID: "9b2f0c1e-1111-4222-8333-444455556666",
		ActorType: daybook.ActorUser, Outcome: daybook.Success,
		RequestID: strings.Repeat("r", 255), UserAgent: strings.Repeat("é", 250),
		IPAddress: netip.MustParseAddr("192.0.2.1"),
		CreatedAt: time.Date(2026, 11, 7, 10, 0, 5, 123456000, time.UTC), UpdatedAt: time.Date(2026, 11, 7, 10, 0, 5, 123456000, time.UTC),
	}
	if diff := cmp.Diff(want, e, compareAddrs); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	again := e
	if _, err := again.Normalize(); err != nil || cmp.Diff(e, again, compareAddrs) != "" {
		t.Errorf("a second call changes the entry: %v\n%s", err, cmp.Diff(e, again, compareAddrs))
	}
	if !daybook.SameContent(e, again) {
		t.Error("an entry is not the same as itself")
	}
}

func TestEntryWithOnlyAnIDTakesItsTime(t *testing.T) {
	e := valid()
	e.ID = daybook.NewIDAt(time.Date(2020, 2, 29, 1, 2, 3, 4000, time.UTC))
	if _, err := e.Normalize(); err != nil || !e.CreatedAt.Equal(e.ID.Time()) {
		t.Errorf("created %v, id says %v, error %v", e.CreatedAt, e.ID.Time(), err)
	}
}

func TestSystemActsWithoutAUser(t *testing.T) {
	e := valid()
	if _, err := e.Normalize(); err != nil || e.ActorType != daybook.ActorSystem {
		t.Errorf("actor type %q, error %v", e.ActorType, err)
	}
}

func TestResultTellsTheOutcome(t *testing.T) {
	_, missing := os.Open("/does/not/exist")
	for name, c := range map[string]struct {
		err  error
		want daybook.Entry
	}{
		"nil is a success": {nil, daybook.Entry{Outcome: daybook.Success, Details: daybook.Details{"type": "email"}}},
		"a typed error says its type": {fmt.Errorf("send: %w", missing), daybook.Entry{Outcome: daybook.Failure, Details: daybook.Details{
			"type": "email", "error_type": "PathError", "error_message": "send: " + missing.Error()}}},
		"a plain error is an Error": {errors.New("no route"), daybook.Entry{Outcome: daybook.Failure, Details: daybook.Details{
			"type": "email", "error_type": "Error", "error_message": "no route"}}},
	} {
		t.Run(name, func(t *testing.T) {
			given := daybook.Details{"type": "email"}
			got := daybook.Entry{Details: given}.Result(c.err)
			if diff := cmp.Diff(c.want, got, compareAddrs); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if len(given) != 1 {
				t.Errorf("the caller's details became %v", given)
			}
		})
	}
}

func TestEntryComesBackFromJSON(t *testing.T) {
	e := valid()
	e.UserID, e.ResourceID, e.RequestID, e.UserAgent, e.RecordedBy = "u", "r", "req-1", "curl/8 \"x\"", "key:1"
	e.IPAddress = netip.MustParseAddr("2001:db8::1")
	e.Details = daybook.Details{"n": json.Number("12345678901234567890.5"), "list": []any{"<a>", nil, true}, "o": map[string]any{"": "\u2028"}}
	if _, err := e.Normalize(); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	back, err := daybook.ParseEntry(text)
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if diff := cmp.Diff(e, back, compareAddrs); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	text, err = json.Marshal(daybook.Sequenced{Position: daybook.Position{Epoch: 1, Number: 42}, Entry: e})
	if err != nil || !strings.HasPrefix(string(text), `{"position":"1-42","id":"`+e.ID.String()+`","action":"UPDATE"`) || !json.Valid(text) {
		t.Errorf("sequenced entry is %s, %v", text, err)
	}
}

func TestParseEntryRefusesWithTheFieldNamed(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"unknown member":      {`{"action":"READ","resource_type":"x","usr":"u"}`, []string{"usr"}},
		"case variant":        {`{"Action":"READ"}`, []string{"Action"}},
		"repeated member":     {`{"action":"READ","action":"DELETE"}`, []string{"action"}},
		"repeated in details": {`{"details":{"a":{"b":1,"b":2}}}`, []string{"details.a.b"}},
		"number for a text":   {`{"user_id":7}`, []string{"user_id"}},
		"details are a list":  {`{"details":[]}`, []string{"details"}},
		"bad id and address":  {`{"id":"7","ip_address":"300.1.1.1","created_at":"yesterday"}`, []string{"created_at", "id", "ip_address"}},
		"not an object":       {`[]`, []string{"entry"}},
		"two objects":         {`{} {}`, []string{"entry"}},
		"cut off":             {`{"action":"RE`, []string{"entry"}},
		"unknown, odd member": {`{"a b":1}`, []string{`"a b"`}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := daybook.ParseEntry([]byte(c.text))
			if diff := cmp.Diff(c.want, fields(err)); diff != "" {
				t.Errorf("got %v, error %v; fields -want +got:\n%s", e, err, diff)
			}
		})
	}
}

// The limit that an error names is the one of the details, wherever they stand.
func TestDetailsHaveTheSameDepthInAnEntry(t *testing.T) {
	for depth, want := range map[int]string{32: "", 33: "nested deeper than 32 levels"} {
		text := `{"details":` + strings.Repeat(`{"a":`, depth-1) + `{"n":1}` + strings.Repeat("}", depth-1) + `}`
		_, err := daybook.ParseEntry([]byte(text))
		if got := fmt.Sprint(err); (want == "") != (err == nil) || !strings.Contains(got, want) {
			t.Errorf("%d levels: %v", depth, err)
		}
	}
}

func FuzzParseEntry(f *testing.F) {
	f.Add([]byte(`{"id":"0198c6b2-0000-7000-8000-000000000000","action":"READ","resource_type":"x","organization_id":"o","details":{"a":[1]},"ip_address":"192.0.2.1","created_at":"2026-11-07T10:00:05Z"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := daybook.ParseEntry(data)
		if err != nil {
			if len(fields(err)) == 0 {
				t.Errorf("the error names no field: %v", err)
			}
			return
		}
		if _, err := e.Normalize(); err != nil {
			return
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatalf("a parsed entry does not marshal: %v", err)
		}
		back, err := daybook.ParseEntry(text)
		if err != nil || cmp.Diff(e, back, compareAddrs) != "" {
			t.Errorf("%s comes back with %v\n%s", text, err, cmp.Diff(e, back, compareAddrs))
		}
	})
}
