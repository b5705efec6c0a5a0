package daybook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
)

func ptr[T any](v T) *T { return &v }

type codedError struct{ Code int }

func (codedError) Error() string { return "coded" }

func (e codedError) MarshalText() ([]byte, error) {
	return strconv.AppendInt(nil, int64(e.Code), 10), nil
}

type stringer struct{ A int }

func (stringer) String() string { return "not this" }

type account struct {
	Name   string         `json:"name"`
	Secret string         `json:"-"`
	Limits map[string]int `json:"limits,omitempty"`
	Parent *account       `json:"parent,omitempty"`
	hidden string
}

func TestGoValuesAreWrittenAsEncodingJSONMeansThem(t *testing.T) {
	t.Parallel()
	var (
		noText  *string
		noError *fs.PathError
	)
	when := time.Date(2024, 1, 5, 9, 50, 0, 123456000, time.FixedZone("", 3600))
	for _, c := range []struct {
		value any
		want  string
	}{
		{nil, `null`},
		{true, `true`},
		{false, `false`},
		{"<a & b>", `"<a & b>"`},
		{int(-1), `-1`},
		{int8(math.MinInt8), `-128`},
		{int16(math.MinInt16), `-32768`},
		{int32(math.MinInt32), `-2147483648`},
		{int64(math.MinInt64), `-9223372036854775808`},
		{int64(1<<53 + 1), `9007199254740993`},
		{uint(1), `1`},
		{uint8(math.MaxUint8), `255`},
		{uint16(math.MaxUint16), `65535`},
		{uint32(math.MaxUint32), `4294967295`},
		{uint64(math.MaxUint64), `18446744073709551615`},
		{uintptr(7), `7`},
		{2.5, `2.5`},
		{0.1, `0.1`},
		{float32(0.1), `0.1`},
		{math.Copysign(0, -1), `0`},
		{1e21, `1000000000000000000000`},
		{-1e-7, `-0.0000001`},
		{math.MaxFloat64, `17976931348623157` + strings.Repeat("0", 292)},
		{math.SmallestNonzeroFloat64, `0.` + strings.Repeat("0", 323) + `5`},
		{json.Number("1.50e2"), `150`},
		{json.RawMessage(` {"b": 1.0, "a": "\u0041\/"} `), `{"a":"A/","b":1}`},
		{json.RawMessage(nil), `null`},
		{[]byte("any + old & data"), `"YW55ICsgb2xkICYgZGF0YQ=="`},
		{[]byte{}, `""`},
		{[]byte(nil), `null`},
		{when, `"2024-01-05T09:50:00.123456+01:00"`},
		{2500 * time.Millisecond, `2500000000`},
		{errors.New(`open "x"`), `"open \"x\""`},
		{fmt.Errorf("read: %w", fs.ErrNotExist), `"read: file does not exist"`},
		{codedError{7}, `"7"`},
		{noError, `null`},
		{struct{ Err error }{errors.New("lost")}, `{"Err":{}}`},
		{stringer{1}, `{"A":1}`},
		{netip.MustParseAddr("192.0.2.1"), `"192.0.2.1"`},
		{[]string{"b", "a"}, `["b","a"]`},
		{[]string{}, `[]`},
		{[]string(nil), `null`},
		{[]any{1, "a", nil, []any{}}, `[1,"a",null,[]]`},
		{[]any(nil), `null`},
		{map[string]string{"b": "2", "a": "1", "": "0"}, `{"":"0","a":"1","b":"2"}`},
		{map[string]string(nil), `null`},
		{map[string]any{"b": 1, "a": map[string]any{}}, `{"a":{},"b":1}`},
		{map[string]any(nil), `null`},
		{daybook.Details{"b": 1, "a": 2}, `{"a":2,"b":1}`},
		{daybook.Details{}, `{}`},
		{daybook.Details(nil), `null`},
		{&daybook.Details{"b": 1, "a": 2}, `{"a":2,"b":1}`},
		{[]daybook.Details{nil, {}, {"a": 1.0}}, `[null,{},{"a":1}]`},
		{map[int]bool{10: true, 9: false}, `{"10":true,"9":false}`},
		{[]float64{1, 1e21}, `[1,1000000000000000000000]`},
		{[2]int{1, 2}, `[1,2]`},
		{ptr("a"), `"a"`},
		{noText, `null`},
		{ptr(ptr(5)), `5`},
		{daybook.Create, `"CREATE"`},
		{
			&account{Name: "a<b", Secret: "\xff", Limits: map[string]int{"z": 1, "a": 2}, Parent: &account{}, hidden: "\xff"},
			`{"limits":{"a":2,"z":1},"name":"a<b","parent":{"name":""}}`,
		},
	} {
		got, err := daybook.Details{"v": c.value}.Canonical()
		if want := `{"v":` + c.want + `}`; err != nil || string(got) != want {
			t.Errorf("%T %+v: got %s, %v, want %s", c.value, c.value, got, err, want)
		}
	}
}

func TestGoValuesThatJSONCannotTellAreRefusedByPath(t *testing.T) {
	t.Parallel()
	loop := map[string]any{}
	loop["again"] = loop
	list := []any{nil}
	list[0] = list
	type node struct {
		Next *node
		More daybook.Details
	}
	ring := &node{}
	ring.Next = ring
	hidden := &node{More: daybook.Details{}}
	hidden.More["node"] = hidden
	shy := &struct{ More json.Marshaler }{}
	shy.More = daybook.Details{"shy": shy}
	type text string

	deep := "details" + strings.Repeat(".again", 32)
	for _, c := range []struct {
		details       daybook.Details
		field, reason string
	}{
		{daybook.Details{"n": math.NaN()}, "details.n", "is NaN, which JSON cannot tell"},
		{daybook.Details{"n": float32(math.Inf(-1))}, "details.n", "is -Inf, which JSON cannot tell"},
		{daybook.Details{"n": struct{ X float64 }{math.NaN()}}, "details.n", "cannot be written as JSON: json: unsupported value: NaN"},
		{daybook.Details{"a": []any{1, map[string]any{"b": make(chan int)}}}, "details.a.1.b", "cannot be written as JSON: json: unsupported type: chan int"},
		{daybook.Details{"f": func() {}}, "details.f", "cannot be written as JSON: json: unsupported type: func()"},
		{loop, deep, "is nested deeper than 32 levels"},
		{daybook.Details{"a": list}, "details.a" + strings.Repeat(".0", 31), "is nested deeper than 32 levels"},
		{daybook.Details{"ring": ring}, "details.ring", "is nested deeper than 32 levels"},
		{daybook.Details{"a": []any{hidden}}, "details.a.0", "is nested deeper than 32 levels"},
		{daybook.Details{"a": shy}, "details.a", "is nested deeper than 32 levels"},
		{daybook.Details{"t": time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, "details.t", "is no time of RFC 3339: ..."},
		{daybook.Details{"n": json.Number("")}, "details.n", `is "", which is not a JSON number`},
		{daybook.Details{"n": json.Number("01")}, "details.n", `is "01", which is not a JSON number`},
		{daybook.Details{"n": json.Number(" 1")}, "details.n", `is " 1", which is not a JSON number`},
		{daybook.Details{"n": json.Number("0x10")}, "details.n", `is "0x10", which is not a JSON number`},
		{daybook.Details{"n": json.Number("1e400")}, "details.n", "is a number of more than 400 characters when written without exponent"},
		{daybook.Details{"a": "b\xffc"}, "details.a", "is not valid UTF-8"},
		{daybook.Details{"a": "\xed\xa0\x80"}, "details.a", "is not valid UTF-8"},
		{daybook.Details{"a": "b\x00"}, "details.a", "contains U+0000"},
		{daybook.Details{"a": errors.New("b\x00")}, "details.a", "contains U+0000"},
		{daybook.Details{"a": []string{"", "\x00"}}, "details.a.1", "contains U+0000"},
		{daybook.Details{"a": map[string]string{"b": "\xff"}}, "details.a.b", "is not valid UTF-8"},
		{daybook.Details{"a": map[string]string{"\xff": "b"}}, "details.a", "has a member name that is not valid UTF-8"},
		{daybook.Details{"\x00": 1}, "details", "has a member name that contains U+0000"},
		{daybook.Details{"a": text("\xff")}, "details.a", "contains text that is not valid UTF-8"},
		{daybook.Details{"a": []text{"", "\xff"}}, "details.a", "contains text that is not valid UTF-8"},
		{daybook.Details{"a": map[text]int{"\xff": 1}}, "details.a", "contains text that is not valid UTF-8"},
		{daybook.Details{"a": &account{Name: "\xff"}}, "details.a", "contains text that is not valid UTF-8"},
		{daybook.Details{"a": &account{Name: "\x00"}}, "details.a.name", "contains U+0000"},
		{daybook.Details{"r": json.RawMessage(`{"a":[1,2`)}, "details.r", "is not valid JSON at byte 9: found the end, want , or ]"},
		{daybook.Details{"r": json.RawMessage(``)}, "details.r", "is not valid JSON at byte 0: found the end, want a value"},
		{daybook.Details{"r": json.RawMessage(`{"a":"\ud800"}`)}, "details.r.a", "contains an unpaired surrogate at byte 6"},
		{daybook.Details{"r": json.RawMessage(`{"a":1,"a":2}`)}, "details.r.a", "occurs twice in one object, again at byte 7"},
		{daybook.Details{"weird key": map[string]any{"x": math.NaN()}}, `details."weird key".x`, "is NaN, which JSON cannot tell"},
		{daybook.Details{"é": map[string]any{"": math.NaN()}}, `details."é".""`, "is NaN, which JSON cannot tell"},
		{daybook.Details{"a-b_C.9": math.NaN()}, `details."a-b_C.9"`, "is NaN, which JSON cannot tell"},
		{daybook.Details{"a-b_C9": math.NaN()}, `details.a-b_C9`, "is NaN, which JSON cannot tell"},
		{daybook.Details{strings.Repeat("k", 5000): math.NaN()}, `details."` + strings.Repeat("k", 60) + `"`, "is NaN, which JSON cannot tell"},
	} {
		buf := []byte("kept")
		got, err := c.details.AppendCanonical(buf)
		wantFieldError(t, err, c.field, c.reason)
		if string(got) != "kept" {
			t.Errorf("%s: AppendCanonical returned %q with an error, want the buffer as it was", c.field, got)
		}
		if _, err := c.details.Normalize(); err == nil {
			t.Errorf("%s: Normalize accepted it", c.field)
		}
	}
}

// wantFieldError checks field and reason. A reason may end with "..." for any ending.
func wantFieldError(t *testing.T, err error, field, reason string) {
	t.Helper()
	fieldErr, ok := errors.AsType[*daybook.FieldError](err)
	prefix, open := strings.CutSuffix(reason, "...")
	switch {
	case !ok:
		t.Errorf("got error %v, want a FieldError: %s %s", err, field, reason)
	case fieldErr.Field != field || fieldErr.Reason != reason && !(open && strings.HasPrefix(fieldErr.Reason, prefix)):
		t.Errorf("got %q %q, want %q %q", fieldErr.Field, fieldErr.Reason, field, reason)
	}
}

func TestFloatsKeepTheirExactValue(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		f := math.Float64frombits(rng.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		d, err := daybook.Details{"f": f}.Normalize()
		if err != nil {
			t.Fatalf("%v: %v", f, err)
		}
		text := string(d["f"].(json.Number))
		if back, err := strconv.ParseFloat(text, 64); err != nil || back != f {
			t.Fatalf("%v became %s, which is %v, %v", f, text, back, err)
		}
		if len(text) > 327 {
			t.Fatalf("%v takes %d bytes, more than a float64 needs", f, len(text))
		}
	}
}

func TestAbsentAndEmptyDetailsAreOneValue(t *testing.T) {
	t.Parallel()
	for _, d := range []daybook.Details{nil, {}} {
		if got, err := d.Canonical(); got != nil || err != nil {
			t.Errorf("Canonical of %#v: got %q, %v, want nil", d, got, err)
		}
		if got, err := d.AppendCanonical([]byte("a")); string(got) != "a" || err != nil {
			t.Errorf("AppendCanonical of %#v: got %q, %v, want nothing appended", d, got, err)
		}
		if got, err := d.Normalize(); got != nil || err != nil {
			t.Errorf("Normalize of %#v: got %#v, %v, want nil", d, got, err)
		}
		data, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		back := daybook.Details{"old": 1}
		if err := json.Unmarshal(data, &back); back != nil || err != nil {
			t.Errorf("%#v as JSON is %s, which reads back as %#v, %v, want nil", d, data, back, err)
		}
	}
	if got, err := daybook.ParseDetails([]byte(" {\t} \r\n")); got != nil || err != nil {
		t.Errorf("ParseDetails of {}: got %#v, %v, want nil", got, err)
	}
	// Only the details themselves: inside, an empty object is a value of its own.
	want := daybook.Details{"a": map[string]any{}}
	if got, err := daybook.ParseDetails([]byte(`{"a":{}}`)); err != nil || !cmp.Equal(got, want) {
		t.Errorf("got %#v, %v, want %#v", got, err, want)
	}
}

func TestDetailsAreReadStrictlyInsideOtherJSON(t *testing.T) {
	t.Parallel()
	type outer struct{ D, Other daybook.Details }
	var got outer
	if err := json.Unmarshal([]byte(`{"D": {"n": 1.50e2, "a": [{}]}, "Other": null}`), &got); err != nil {
		t.Fatal(err)
	}
	want := outer{D: daybook.Details{"n": json.Number("150"), "a": []any{map[string]any{}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	data, err := json.Marshal(got)
	if text := `{"D":{"a":[{}],"n":150},"Other":null}`; err != nil || string(data) != text {
		t.Errorf("got %s, %v, want %s", data, err, text)
	}
	err = json.Unmarshal([]byte(`{"D": {"n": 1, "n": 2}}`), &got)
	wantFieldError(t, err, "details.n", "occurs twice in one object, again at byte 9")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("an error changed the details: %s", diff)
	}
	if err := json.Unmarshal([]byte(`{"D": [1]}`), &got); err == nil {
		t.Error("a list was accepted as details")
	}
}

func TestNormalizeCopiesDeeplyAndChangesNothing(t *testing.T) {
	t.Parallel()
	source := func() daybook.Details {
		return daybook.Details{
			"z": map[string]any{"list": []any{3, []string{"b", "a"}}, "text": map[string]string{"k": "v"}},
			"a": daybook.Details{"n": json.Number("1.0")}, "when": time.Unix(0, 0).UTC(),
		}
	}
	d := source()
	got, err := d.Normalize()
	if err != nil {
		t.Fatal(err)
	}
	want := daybook.Details{
		"z": map[string]any{
			"list": []any{json.Number("3"), []any{"b", "a"}},
			"text": map[string]any{"k": "v"},
		},
		"a": map[string]any{"n": json.Number("1")}, "when": "1970-01-01T00:00:00Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	again, err := got.Normalize()
	if diff := cmp.Diff(got, again); err != nil || diff != "" {
		t.Errorf("a second call: %v %s", err, diff)
	}
	again["a"].(map[string]any)["n"] = "changed"
	again["z"].(map[string]any)["list"].([]any)[1].([]any)[0] = "changed"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the copy shares memory with its source: %s", diff)
	}
	if diff := cmp.Diff(source(), d); diff != "" {
		t.Errorf("the source was changed: %s", diff)
	}
}

func TestContains(t *testing.T) {
	t.Parallel()
	const upload = `{"filename":"report.pdf","size_bytes":1024000,"tags":["report","financial"],"ok":true,"none":null,
		"owner":{"id":"u1","roles":["admin",{"name":"x","n":1}]},"grid":[[1],[2]],"empty":{},"nothing":[],"cells":[{"a":null}]}`
	for _, c := range []struct {
		promise, pattern string
		want             bool
	}{
		{"a pattern without members is in all details", `{}`, true},
		{"text is equal", `{"filename":"report.pdf"}`, true},
		{"text is compared whole", `{"filename":"report"}`, false},
		{"all members count", `{"filename":"report.pdf","ok":false}`, false},
		{"a member must be there", `{"file":null}`, false},
		{"null is a value", `{"none":null}`, true},
		{"null is not any value", `{"ok":null}`, false},
		{"a number is equal however it is written", `{"size_bytes":1.024e6}`, true},
		{"a number is not its text", `{"size_bytes":"1024000"}`, false},
		{"a bool is equal", `{"ok":true}`, true},
		{"an item of a list is found", `{"tags":"financial"}`, true},
		{"an item that is not in the list is not", `{"tags":"legal"}`, false},
		{"an equal list is found", `{"tags":["report","financial"]}`, true},
		{"a part of a list is not", `{"tags":["financial"]}`, false},
		{"another order is another list", `{"tags":["financial","report"]}`, false},
		{"a list is no item", `{"grid":[1]}`, false},
		{"a nested list is compared whole", `{"grid":[[1],[2]]}`, true},
		{"an object contains an object", `{"owner":{"id":"u1"}}`, true},
		{"and nothing else", `{"owner":{"id":"u2"}}`, false},
		{"also with lists in it", `{"owner":{"roles":"admin"}}`, true},
		{"an object is no item of a list", `{"owner":{"roles":{"name":"x"}}}`, false},
		{"objects in lists are compared whole", `{"owner":{"roles":["admin",{"n":1,"name":"x"}]}}`, true},
		{"with all members", `{"owner":{"roles":["admin",{"n":1}]}}`, false},
		{"and no other names", `{"owner":{"roles":["admin",{"n":1,"nome":"x"}]}}`, false},
		{"not even where both are null", `{"cells":[{"b":null}]}`, false},
		{"an object is not text", `{"owner":"u1"}`, false},
		{"text is not an object", `{"filename":{}}`, false},
		{"an empty object is in any object", `{"owner":{}}`, true},
		{"an empty list is an empty list", `{"nothing":[]}`, true},
		{"an empty list is in no other", `{"tags":[]}`, false},
		{"an empty list is not an empty object", `{"empty":[]}`, false},
	} {
		d, pattern := parse(t, upload), parse(t, c.pattern)
		if got := d.Contains(pattern); got != c.want {
			t.Errorf("%s: %s: got %v", c.promise, c.pattern, got)
		}
	}
	if d := (daybook.Details{"n": 5}); d.Contains(daybook.Details{"n": 5}) || !d.Contains(nil) {
		t.Error("only normalized values are compared")
	}
	if !daybook.Details(nil).Contains(nil) || daybook.Details(nil).Contains(daybook.Details{"a": nil}) {
		t.Error("absent details contain the empty pattern and no other")
	}
}

func parse(t *testing.T, text string) daybook.Details {
	t.Helper()
	d, err := daybook.ParseDetails([]byte(text))
	if err != nil {
		t.Fatalf("parse %s: %v", text, err)
	}
	return d
}
