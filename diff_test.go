package daybook_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/google/go-cmp/cmp"
)

type diffAddress struct {
	City string
	Zip  *string `json:"zip,omitempty"`
}

type diffAudited struct {
	CreatedBy string
	Version   int `json:"version"`
}

type hidden struct{ Shown string }

type diffed struct {
	diffAudited
	*hidden
	Email      string `daybook:"mail" json:"email"`
	FullName   string `json:"name,omitempty"`
	UserID     string
	HTTPServer string
	OwnerIDs   []string
	Secret     string   `daybook:",redact"`
	Keys       diffKeys `daybook:"keys,redact"`
	Phone      string   `daybook:"phone,mask"`
	Numbers    []int    `daybook:",mask"`
	Internal   string   `daybook:"-"`
	NotInJSON  string   `json:"-"`
	ToldAnyway string   `json:"-" daybook:"told,redact"`
	private    string
	Active     *bool
	Address    diffAddress
	Billing    *diffAddress
	Labels     map[string]string
	Extra      any
	Blob       []byte
	Callback   func()
	Updates    chan int
	At         time.Time
	Every      time.Duration
	IP         netip.Addr
	Home       *url.URL
	Nick       sql.NullString
	Level      slog.Level
	Shown      diffMoney
	Raw        json.RawMessage
	Err        error
	Ratio      float32
	Digest     [4]byte
	Points     map[int]bool
}

type diffKeys struct{ Main, Spare string }

type diffMoney struct{ cents int64 }

func (m *diffMoney) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("cents", m.cents), slog.Group("", slog.String("currency", "EUR")))
}

func diffPtr[T any](v T) *T { return &v }

func TestDiffTellsWhatChanged(t *testing.T) {
	rome := time.FixedZone("", 3600)
	noon := time.Date(2026, 11, 1, 12, 0, 0, 5000, time.UTC)
	for _, c := range []struct {
		promise string
		edit    func(old, new *diffed)
		want    daybook.Changes
	}{
		{"nothing changed, nothing told", func(_, _ *diffed) {}, nil},
		{"tag, json name, snake case", func(_, b *diffed) {
			b.Email, b.FullName, b.UserID, b.HTTPServer = "a", "b", "c", "d"
		}, daybook.Changes{"mail": {"", "a"}, "name": {"", "b"}, "user_id": {"", "c"}, "http_server": {"", "d"}}},
		{"embedded structs are part of the outer one", func(a, b *diffed) {
			b.CreatedBy, b.Version = "bob", 2
		}, daybook.Changes{"created_by": {"", "bob"}, "version": {int64(0), int64(2)}}},
		{"an ambiguous name of an embedded struct yields to the outer field", func(_, b *diffed) {
			b.hidden = &hidden{"x"}
		}, nil},
		{"redacted: that it changed, not to what", func(a, b *diffed) {
			a.Secret, b.Secret, a.Keys.Main, b.ToldAnyway = "hunter2", "", "hunter2", "hunter3"
		}, daybook.Changes{"secret": {"[redacted]", "[redacted]"}, "keys": {"[redacted]", "[redacted]"}, "told": {"[redacted]", "[redacted]"}}},
		{"a redacted field that did not change is not told", func(a, b *diffed) {
			a.Secret, b.Secret, b.Email = "hunter2", "hunter2", "a"
		}, daybook.Changes{"mail": {"", "a"}}},
		{"masked: the last four of more than eight", func(a, b *diffed) {
			a.Phone, b.Phone, b.Numbers = "+1 555 0123", "12345678", []int{1234567890, 7}
		}, daybook.Changes{"phone": {"****0123", "****"}, "numbers": {nil, []any{"****7890", "****"}}}},
		{"a masked field whose masks are equal has changed", func(a, b *diffed) {
			a.Phone, b.Phone = "555-111-4567", "555-222-4567"
		}, daybook.Changes{"phone": {"****4567", "****4567"}}},
		{"left out: - tag, json -, unexported, functions, channels", func(_, b *diffed) {
			b.Internal, b.NotInJSON, b.private, b.Callback, b.Updates = "a", "b", "c", func() {}, make(chan int)
		}, nil},
		{"pointers are followed, nil is null", func(a, b *diffed) {
			a.Active, b.Active, b.Address.Zip = diffPtr(true), diffPtr(false), diffPtr("1")
		}, daybook.Changes{"active": {true, false}, "address.zip": {nil, "1"}}},
		{"nil to false is a change", func(_, b *diffed) { b.Active = diffPtr(false) }, daybook.Changes{"active": {nil, false}}},
		{"other structs have dotted paths, from null when there was none", func(a, b *diffed) {
			b.Address.City, b.Billing = "Oslo", &diffAddress{City: "Rome"}
		}, daybook.Changes{"address.city": {"", "Oslo"}, "billing.city": {nil, "Rome"}}},
		{"maps by member, odd names quoted", func(a, b *diffed) {
			a.Labels = map[string]string{"a": "1", "b": "2", "same": "s"}
			b.Labels = map[string]string{"b": "3", "weird.key": "4", `q"\`: "5", "": "6", "same": "s"}
		}, daybook.Changes{"labels.a": {"1", nil}, "labels.b": {"2", "3"}, `labels."weird.key"`: {nil, "4"}, `labels."q\"\\"`: {nil, "5"}, `labels.""`: {nil, "6"}}},
		{"a map with numbers as keys", func(_, b *diffed) { b.Points = map[int]bool{7: true} }, daybook.Changes{"points.7": {nil, true}}},
		{"lists as a whole, nil is empty", func(a, b *diffed) {
			a.OwnerIDs, b.OwnerIDs, b.Labels = []string{"x"}, []string{"x", "y"}, map[string]string{}
			b.Numbers = []int{}
		}, daybook.Changes{"owner_ids": {[]any{"x"}, []any{"x", "y"}}}},
		{"a list of structs keeps their redaction", func(_, b *diffed) {
			b.Extra = []*diffed{{Secret: "hunter2"}}
		}, daybook.Changes{"extra": {nil, []any{zeroDiffed}}}},
		{"an object that was none is told whole", func(a, b *diffed) {
			a.Extra, b.Extra = "none", map[string]any{"a": []any{1, nil}}
		}, daybook.Changes{"extra": {"none", map[string]any{"a": []any{int64(1), nil}}}}},
		{"an object with nothing in it came", func(_, b *diffed) {
			b.Extra = &struct{ P *int }{}
		}, daybook.Changes{"extra": {nil, map[string]any{"p": nil}}}},
		{"equal numbers of different types are equal", func(a, b *diffed) {
			a.Extra, b.Extra = map[string]any{"n": 1, "u": uint8(2), "j": json.Number("3")}, map[string]any{"n": 1.0, "u": int64(2), "j": 3}
		}, nil},
		{"bytes by their length", func(a, b *diffed) {
			a.Blob, b.Blob, b.Digest, b.Raw = []byte("abc"), []byte("abd"), [4]byte{1}, json.RawMessage("no json")
		}, daybook.Changes{"blob": {"(3 bytes)", "(3 bytes)"}, "digest": {"(4 bytes)", "(4 bytes)"}, "raw": {nil, "(7 bytes)"}}},
		{"JSON by its members", func(a, b *diffed) {
			a.Raw, b.Raw = json.RawMessage(`{"a":1,"b":2.50}`), json.RawMessage(`{ "b": 2.5, "a": 12345678901234567890123 }`)
		}, daybook.Changes{"raw.a": {int64(1), "12345678901234567890123"}}},
		{"the same instant in another zone is no change", func(a, b *diffed) { a.At, b.At = noon, noon.In(rome) }, nil},
		{"times in UTC, durations as Go writes them", func(a, b *diffed) {
			a.At, b.At, b.Every = noon, noon.In(rome).Add(time.Hour), 90*time.Second
		}, daybook.Changes{"at": {"2026-11-01T12:00:00.000005Z", "2026-11-01T13:00:00.000005Z"}, "every": {"0s", "1m30s"}}},
		{"text: addresses, URLs without password, levels, errors", func(a, b *diffed) {
			b.IP, b.Home, b.Level, b.Err = netip.MustParseAddr("192.0.2.1"), &url.URL{Scheme: "https", Host: "x", User: url.UserPassword("bob", "hunter2")}, slog.LevelWarn, errors.New("broken")
		}, daybook.Changes{"ip": {"", "192.0.2.1"}, "home": {nil, "https://bob:xxxxx@x"}, "level": {"INFO", "WARN"}, "err": {nil, "broken"}}},
		{"a LogValuer is what it says, also by its pointer", func(_, b *diffed) { b.Shown.cents = 5 }, daybook.Changes{"shown.cents": {int64(0), int64(5)}}},
		{"a nullable column is null or its value", func(_, b *diffed) { b.Nick = sql.NullString{String: "x", Valid: true} }, daybook.Changes{"nick": {nil, "x"}}},
		{"floats as they are written", func(_, b *diffed) { b.Ratio, b.Extra = 0.1, math.NaN() }, daybook.Changes{"ratio": {0.0, 0.1}, "extra": {nil, "NaN"}}},
		{"long text is cut between characters, with its length", func(_, b *diffed) {
			b.Email = "x" + strings.Repeat("é", 1000)
		}, daybook.Changes{"mail": {"", "x" + strings.Repeat("é", 511) + "…(2001 bytes)"}}},
		{"long texts that differ at their ends differ", func(a, b *diffed) {
			a.Email, b.Email = strings.Repeat("x", 2000)+"a", strings.Repeat("x", 2000)+"b"
		}, daybook.Changes{"mail": {strings.Repeat("x", 1024) + "…(2001 bytes)", strings.Repeat("x", 1024) + "…(2001 bytes)"}}},
		{"what is no UTF-8 is told all the same", func(_, b *diffed) { b.Email = "a\xffb\x00" }, daybook.Changes{"mail": {"", "a\uFFFDb\uFFFD"}}},
	} {
		t.Run(c.promise, func(t *testing.T) {
			var a, b diffed
			c.edit(&a, &b)
			got, err := daybook.Diff(&a, b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if _, err := (daybook.Details{"changes": got}).Canonical(); err != nil {
				t.Errorf("the changes cannot be stored: %v", err)
			}
		})
	}
}

// zeroDiffed is a zero diffed as an item of a list.
var zeroDiffed = map[string]any{
	"created_by": "", "version": int64(0), "mail": "", "name": "", "user_id": "", "http_server": "", "owner_ids": nil,
	"secret": "[redacted]", "keys": "[redacted]", "phone": "", "numbers": nil, "told": "[redacted]", "active": nil,
	"address": map[string]any{"city": "", "zip": nil}, "billing": nil, "labels": nil, "extra": nil, "blob": nil, "at": "0001-01-01T00:00:00Z",
	"every": "0s", "ip": "", "home": nil, "nick": nil, "level": "INFO", "shown": map[string]any{"cents": int64(0), "currency": "EUR"},
	"raw": nil, "err": nil, "ratio": 0.0, "digest": "(4 bytes)", "points": nil,
}

func TestDiffOfWhatIsCreatedOrDeleted(t *testing.T) {
	type user struct {
		Name     string
		Age      int
		Admin    *bool
		Password string `daybook:",redact"`
		Address  diffAddress
		Since    time.Time
		Tags     []string
	}
	u := &user{Name: "Bob", Admin: diffPtr(false), Password: "hunter2", Address: diffAddress{City: "Oslo"}, Tags: []string{}}
	for _, c := range []struct {
		promise       string
		before, after any
		want          daybook.Changes
	}{
		{"created: all that is not zero, from null", nil, u,
			daybook.Changes{"name": {nil, "Bob"}, "admin": {nil, false}, "password": {nil, "[redacted]"}, "address.city": {nil, "Oslo"}}},
		{"deleted: all that was not zero, to null", *u, (*user)(nil),
			daybook.Changes{"name": {"Bob", nil}, "admin": {false, nil}, "password": {"[redacted]", nil}, "address.city": {"Oslo", nil}}},
		{"nothing from nothing", nil, (*user)(nil), nil},
		{"a map is created", nil, map[string]any{"a": 1, "b": "", "c": map[string]any{"d": true}}, daybook.Changes{"a": {nil, int64(1)}, "c.d": {nil, true}}},
		{"an empty map is created", nil, map[string]any{}, nil},
		{"maps are compared", map[string]any{"a": 1}, map[string]any{"a": nil, "b": "x"}, daybook.Changes{"a": {int64(1), nil}, "b": {nil, "x"}}},
		{"Details are compared", daybook.Details{"a": 1}, daybook.Details{"a": 2}, daybook.Changes{"a": {int64(1), int64(2)}}},
	} {
		got, err := daybook.Diff(c.before, c.after)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: error %v; -want +got:\n%s", c.promise, err, diff)
		}
	}
}

func TestDiffFollowsTheRulesOfJSONForEmbedding(t *testing.T) {
	type Deep struct{ Twice string }
	type A struct {
		Deep
		X, Y, Z string
	}
	type B struct {
		Deep
		X string
		V string `json:"y"`
	}
	type Named struct{ W string }
	type outer struct {
		A
		B
		Named `json:"named"`
		Z     string
	}
	old, new := outer{}, outer{A{Deep{"0"}, "1", "2", "3"}, B{Deep{"0"}, "4", "5"}, Named{"6"}, "7"}
	// X and Twice are ambiguous; of two y the tag decides; of two Z the outer one.
	want := daybook.Changes{"y": {"", "5"}, "named.w": {"", "6"}, "z": {"", "7"}}
	got, err := daybook.Diff(old, new)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v; -want +got:\n%s", err, diff)
	}
}

type diffRing struct {
	Name string
	Next *diffRing
}

type diffMistagged struct {
	Token string `daybook:"token,redcat"`
}

type diffBroken struct{}

func (diffBroken) MarshalText() ([]byte, error) { return nil, errors.New("no text today") }

type diffBottomless int

func (b diffBottomless) LogValue() slog.Value { return slog.GroupValue(slog.Any("x", b+1)) }

func TestDiffRefuses(t *testing.T) {
	loop := &diffRing{Name: "a"}
	loop.Next = &diffRing{Name: "b", Next: loop}
	self := map[string]any{}
	self["a.b"] = []any{self}
	deep := any("x")
	for range 100 {
		deep = []any{deep}
	}
	for _, c := range []struct {
		what, field   string
		before, after any
		text          []string
	}{
		{"other types", "", diffed{}, diffAddress{}, []string{"daybook_test.diffed", "daybook_test.diffAddress"}},
		{"a map and a struct", "", map[string]any{}, diffAddress{}, []string{"map[string]interface {}", "daybook_test.diffAddress"}},
		{"no fields", "", "a", "b", []string{"string"}},
		{"a list", "", nil, []int{1}, []string{"[]int"}},
		{"a cycle of pointers", "next.next.next", &diffRing{}, loop, []string{"diffRing", "contains itself"}},
		{"a cycle of maps", `"a.b".0`, nil, self, []string{"contains itself"}},
		{"too deep", "", nil, map[string]any{"a": deep}, []string{"deeper than 32"}},
		{"a LogValuer without end", "", nil, struct{ B diffBottomless }{1}, []string{"deeper than 32"}},
		{"an unknown option in a tag", "Token", diffMistagged{}, diffMistagged{"x"}, []string{"redcat"}},
		{"a text that fails", "b", nil, struct{ B diffBroken }{}, []string{"no text today"}},
		{"keys without text", "m", nil, struct{ M map[float64]int }{map[float64]int{1: 1}}, []string{"map[float64]int"}},
	} {
		got, err := daybook.Diff(c.before, c.after)
		if err == nil {
			t.Errorf("%s: no error, but %v", c.what, got)
			continue
		}
		for _, text := range c.text {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: error %q does not say %q", c.what, err, text)
			}
		}
		if f, ok := errors.AsType[*daybook.FieldError](err); c.field != "" && (!ok || f.Field != c.field) {
			t.Errorf("%s: error %v is not of field %s", c.what, err, c.field)
		}
	}

	shared := &diffRing{Name: "s"} // twice is no cycle
	if _, err := daybook.Diff(nil, map[string]any{"a": shared, "b": []*diffRing{shared, shared}}); err != nil {
		t.Errorf("one value in two places: %v", err)
	}
}

func TestDiffChangesNothing(t *testing.T) {
	before, after := map[string]any{"a": []any{1}}, map[string]any{"a": []any{2}}
	got, err := daybook.Diff(before, after)
	if err != nil {
		t.Fatal(err)
	}
	got["a"].New.([]any)[0] = 9
	if diff := cmp.Diff(map[string]any{"a": []any{2}}, after); diff != "" {
		t.Errorf("changes share memory with what they are of: %s", diff)
	}
}

func TestChangesAreStoredAsOldAndNew(t *testing.T) {
	c := daybook.Changes{"email": {"a", nil}}
	want := `{"changes":{"email":{"new":null,"old":"a"}}}`
	for _, v := range []any{c, c.Value()} {
		got, err := daybook.Details{"changes": v}.Canonical()
		if string(got) != want || err != nil {
			t.Errorf("%T is stored as %s, error %v; want %s", v, got, err, want)
		}
	}
}

func ExampleDiff() {
	type User struct {
		Email    string `json:"email"`
		Password string `daybook:",redact"`
		Role     string `json:"role"`
	}
	changes, err := daybook.Diff(
		User{"old@example.com", "SecurePass123!", "editor"},
		User{"new@example.com", "NewPass456!", "editor"})
	fmt.Println(changes["email"], changes["password"], len(changes), err)
	// Output: {old@example.com new@example.com} {[redacted] [redacted]} 2 <nil>
}

func BenchmarkDiff(b *testing.B) {
	old := diffed{Email: "old@example.com", FullName: "Bob"}
	new := diffed{Email: "new@example.com", FullName: "Bob"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := daybook.Diff(&old, &new); err != nil {
			b.Fatal(err)
		}
	}
}
