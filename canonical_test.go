package daybook_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
)

// canonicalVectors are part of the ledger's format: they are added to and never changed.
var canonicalVectors = []struct{ text, want string }{
	// Numbers.
	{`{"n":1.50e2}`, `{"n":150}`},
	{`{"n":1e-7}`, `{"n":0.0000001}`},
	{`{"n":-0}`, `{"n":0}`},
	{`{"n":-0.0e5}`, `{"n":0}`},
	{`{"n":0e999999999}`, `{"n":0}`},
	{`{"n":0.000}`, `{"n":0}`},
	{`{"n":1.0}`, `{"n":1}`},
	{`{"n":-1.10}`, `{"n":-1.1}`},
	{`{"n":100}`, `{"n":100}`},
	{`{"n":100.00}`, `{"n":100}`},
	{`{"n":1E+2}`, `{"n":100}`},
	{`{"n":120e-1}`, `{"n":12}`},
	{`{"n":12e-1}`, `{"n":1.2}`},
	{`{"n":12e-2}`, `{"n":0.12}`},
	{`{"n":12e-3}`, `{"n":0.012}`},
	{`{"n":0.012e1}`, `{"n":0.12}`},
	{`{"n":0.012e2}`, `{"n":1.2}`},
	{`{"n":0.012e3}`, `{"n":12}`},
	{`{"n":-0.012e4}`, `{"n":-120}`},
	{`{"n":10.5e00000000000000000000000000001}`, `{"n":105}`},
	{`{"n":9007199254740993}`, `{"n":9007199254740993}`},
	{`{"n":5e-324}`, `{"n":0.` + strings.Repeat("0", 323) + `5}`},
	{`{"n":1.7976931348623157e308}`, `{"n":17976931348623157` + strings.Repeat("0", 292) + `}`},
	{`{"n":1` + strings.Repeat("0", 1000) + `e-1000}`, `{"n":1}`},
	{`{"n":0.` + strings.Repeat("0", 5000) + `1e5001}`, `{"n":1}`},

	// Members are sorted by UTF-8 bytes, where U+E000 to U+FFFF stand before U+10000 and above;
	// by UTF-16 units they would stand behind.
	{`{"\ud800\udc00":1,"\ue000":2,"\uffff":3,"z":4,"é":5,"A":6,"a":7,"aa":8,"a ":9,"":0}`,
		"{\"\":0,\"A\":6,\"a\":7,\"a \":9,\"aa\":8,\"z\":4,\"é\":5,\"\ue000\":2,\"\uffff\":3,\"\U00010000\":1}"},
	{`{"q":1,"p":1,"o":1,"n":1,"m":1,"l":1,"k":1,"j":1,"i":1,"h":1,"g":1,"f":1,"e":1,"d":1,"c":1,"b":1,"a":{"2":1,"10":1}}`,
		`{"a":{"10":1,"2":1},"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":1,"q":1}`},

	// Strings.
	{`{"s":"\"\\\/\b\f\n\r\t"}`, `{"s":"\"\\/\b\f\n\r\t"}`},
	{`{"s":"\u0022\u005c\u002f\u0008\u000C\u000a\u000D\u0009"}`, `{"s":"\"\\/\b\f\n\r\t"}`},
	{`{"s":"\u0001\u0007\u000b\u000E\u001F\u0020\u007f"}`, "{\"s\":\"\\u0001\\u0007\\u000b\\u000e\\u001f \x7f\"}"},
	{`{"s":"<>&\u003c\u003E\u0026'"}`, `{"s":"<>&<>&'"}`},
	{`{"s":"\u2028\u2029"}`, "{\"s\":\"\u2028\u2029\"}"},
	{"{\"s\":\"\u2028\x7f\"}", "{\"s\":\"\u2028\x7f\"}"},
	{`{"s":"\ud83d\ude00\uD83D\uDE00"}`, `{"s":"😀😀"}`},
	{`{"s":"\ufffd\uFEFF\uffff"}`, "{\"s\":\"\ufffd\ufeff\uffff\"}"},
	{`{"s":"e\u0301 \u00e9"}`, "{\"s\":\"e\u0301 \u00e9\"}"},
	{`{"\u0061\n":1}`, `{"a\n":1}`},

	// Structure.
	{" \t\r\n{ \"b\" : [ 1 , true , false , null , [ ] , { } , \"\" ] , \"a\" : { \"d\" : 1 , \"c\" : 2 } }\n",
		`{"a":{"c":2,"d":1},"b":[1,true,false,null,[],{},""]}`},
	{`{"a":{"a":1},"b":[{"a":1},{"a":1}]}`, `{"a":{"a":1},"b":[{"a":1},{"a":1}]}`},
	{`{"A":1,"a":2}`, `{"A":1,"a":2}`},
	{`{"new_email":"new@example.com","old_email":"old@example.com","fields_changed":["name","email"],"n":1.50e2}`,
		`{"fields_changed":["name","email"],"n":150,"new_email":"new@example.com","old_email":"old@example.com"}`},

	// The guide's own details.
	{`{"filename": "report.pdf", "size_bytes": 1024000, "content_type": "application/pdf", "tags": ["report", "financial"]}`,
		`{"content_type":"application/pdf","filename":"report.pdf","size_bytes":1024000,"tags":["report","financial"]}`},
	{`{"batch_id": "batch-123", "count": 50, "duration_seconds": 2.5}`,
		`{"batch_id":"batch-123","count":50,"duration_seconds":2.5}`},
	{`{"error_type": "ValidationError", "error_message": "Invalid email format", "attempted_value": "invalid-email"}`,
		`{"attempted_value":"invalid-email","error_message":"Invalid email format","error_type":"ValidationError"}`},
}

func TestCanonicalVectors(t *testing.T) {
	t.Parallel()
	for _, v := range canonicalVectors {
		d := parse(t, v.text)
		if got, err := d.Canonical(); err != nil || string(got) != v.want {
			t.Errorf("%s:\n got %s, %v\nwant %s", v.text, got, err, v.want)
		}
		if diff := cmp.Diff(d, parse(t, v.want)); diff != "" {
			t.Errorf("%s: the canonical form reads differently: %s", v.text, diff)
		}
		raw := daybook.Details{"raw": json.RawMessage(v.text)}
		if got, err := raw.Canonical(); err != nil || string(got) != `{"raw":`+v.want+`}` {
			t.Errorf("%s as a raw message: got %s, %v", v.text, got, err)
		}
	}
}

func TestParsedNumbersAreCanonicalText(t *testing.T) {
	t.Parallel()
	got := parse(t, `{"a":[1.50e2,7,-0],"b":1e-7}`)
	want := daybook.Details{"a": []any{json.Number("150"), json.Number("7"), json.Number("0")}, "b": json.Number("0.0000001")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestParseDetailsRefuses(t *testing.T) {
	t.Parallel()
	const notJSON = "is not valid JSON at byte "
	for _, c := range []struct{ text, field, reason string }{
		// Grammar.
		{``, "details", notJSON + "0: found the end, want a value"},
		{` `, "details", notJSON + "1: found the end, want a value"},
		{`null`, "details", "is not a JSON object"},
		{`[{}]`, "details", "is not a JSON object"},
		{`"{}"`, "details", "is not a JSON object"},
		{"\ufeff{}", "details", notJSON + `0: found '\ufeff', want a value`},
		{"\xff{}", "details", notJSON + "0: found byte 0xff, want a value"},
		{`{} {}`, "details", notJSON + "3: found '{', want nothing more"},
		{`{}x`, "details", notJSON + "2: found 'x', want nothing more"},
		{"{}\x00", "details", notJSON + `2: found '\x00', want nothing more`},
		{"{}\u00a0", "details", notJSON + "2: found '\\u00a0', want nothing more"},
		{"{}\v", "details", notJSON + "2: found '\\v', want nothing more"},
		{`{`, "details", notJSON + "1: found the end, want a member name or }"},
		{"{\x00", "details", notJSON + `1: found '\x00', want a member name or }`},
		{`{a:1}`, "details", notJSON + "1: found 'a', want a member name or }"},
		{`{'a':1}`, "details", notJSON + `1: found '\'', want a member name or }`},
		{`{"a"}`, "details", notJSON + "4: found '}', want :"},
		{`{"a":}`, "details", notJSON + "5: found '}', want a value"},
		{`{"a":1,}`, "details", notJSON + "7: found '}', want a value after the comma"},
		{`{"a":1,,"b":1}`, "details", notJSON + "7: found ',', want a member name or }"},
		{`{,}`, "details", notJSON + "1: found ',', want a member name or }"},
		{`{"a":1 "b":2}`, "details", notJSON + `7: found '"', want , or }`},
		{`{"a":1]`, "details", notJSON + "6: found ']', want , or }"},
		{`{"a":[1}`, "details", notJSON + "7: found '}', want , or ]"},
		{`{"a":[1,]}`, "details", notJSON + "8: found ']', want a value after the comma"},
		{`{"a":[,1]}`, "details", notJSON + "6: found ',', want a value"},
		{`{"a":1}}`, "details", notJSON + "7: found '}', want nothing more"},
		{`{"a":1/**/}`, "details", notJSON + "6: found '/', want , or }"},
		{`{"a":nul}`, "details", notJSON + "5: found 'n', want null"},
		{`{"a":True}`, "details", notJSON + "5: found 'T', want a value"},
		{`{"a":tru`, "details", notJSON + "5: found 't', want true"},
		{`{"a":falsy}`, "details", notJSON + "5: found 'f', want false"},
		{`{"a":truex}`, "details", notJSON + "9: found 'x', want , or }"},
		{`{"a":undefined}`, "details", notJSON + "5: found 'u', want a value"},

		// Numbers.
		{`{"a":NaN}`, "details", notJSON + "5: found 'N', want a value"},
		{`{"a":-Infinity}`, "details", notJSON + "5: found '-', want a number"},
		{`{"a":-}`, "details", notJSON + "5: found '-', want a number"},
		{`{"a":+1}`, "details", notJSON + "5: found '+', want a value"},
		{`{"a":.5}`, "details", notJSON + "5: found '.', want a value"},
		{`{"a":1.}`, "details", notJSON + "5: found '1', want a number"},
		{`{"a":1e}`, "details", notJSON + "5: found '1', want a number"},
		{`{"a":1e+}`, "details", notJSON + "5: found '1', want a number"},
		{`{"a":01}`, "details", notJSON + "6: found '1', want , or }"},
		{`{"a":-01}`, "details", notJSON + "7: found '1', want , or }"},
		{`{"a":0x10}`, "details", notJSON + "6: found 'x', want , or }"},
		{`{"a":1_000}`, "details", notJSON + "6: found '_', want , or }"},
		{`{"a":1e1.5}`, "details", notJSON + "8: found '.', want , or }"},

		// Strings.
		{`{"a":"b`, "details", notJSON + `7: found the end, want "`},
		{`{"a":"b\"}`, "details", notJSON + `10: found the end, want "`},
		{`{"a":"\x41"}`, "details", notJSON + `6: found '\\', want an escape: ...`},
		{`{"a":"\u00g0"}`, "details", notJSON + `6: found '\\', want an escape: ...`},
		{`{"a":"\u00"}`, "details", notJSON + `6: found '\\', want an escape: ...`},
		{`{"a":"\`, "details", notJSON + `6: found '\\', want an escape: ...`},
		{"{\"a\":\"b\nc\"}", "details", notJSON + `7: found '\n', want an escape such as \n for a control character`},
		{"{\"a\":\"\x00\"}", "details", notJSON + `6: found '\x00', want an escape such as \n for a control character`},
		{`{"a":"b\u0000"}`, "details.a", "contains U+0000 at byte 7"},
		{`{"a":"\ud800"}`, "details.a", "contains an unpaired surrogate at byte 6"},
		{`{"a":"\ud800x"}`, "details.a", "contains an unpaired surrogate at byte 6"},
		{`{"a":"\ud800\n"}`, "details.a", "contains an unpaired surrogate at byte 6"},
		{`{"a":"\ud800\ud800"}`, "details.a", "contains an unpaired surrogate at byte 6"},
		{`{"a":"\ud800\u0041"}`, "details.a", "contains an unpaired surrogate at byte 6"},
		{`{"a":"\udc00\ud800"}`, "details.a", "contains an unpaired surrogate at byte 6"},
		{`{"a":"\ud800\ue000"}`, "details.a", "contains an unpaired surrogate at byte 6"},
		{`{"a":"\udc00\udc00"}`, "details.a", "contains an unpaired surrogate at byte 6"},
		{`{"a":"\udfff"}`, "details.a", "contains an unpaired surrogate at byte 6"},
		{"{\"a\":\"b\ufffd\xff\"}", "details.a", "is not valid UTF-8 at byte 10"},
		{"{\"a\":\"\\n\xff\"}", "details.a", "is not valid UTF-8 at byte 8"},
		{"{\"a\":\"\xc3\\u0029\"}", "details.a", "is not valid UTF-8 at byte 6"},
		{"{\"a\":\"\xc0\xaf\"}", "details.a", "is not valid UTF-8 at byte 6"},
		{"{\"a\":\"\xed\xa0\x80\"}", "details.a", "is not valid UTF-8 at byte 6"},
		{"{\"a\":\"\xf4\x90\x80\x80\"}", "details.a", "is not valid UTF-8 at byte 6"},
		{"{\"a\":\"\xe2\x82\"}", "details.a", "is not valid UTF-8 at byte 6"},
		{"{\"b\":{\"a\xff\":1}}", "details.b", "has a member name that is not valid UTF-8 at byte 8"},
		{`{"\u0000":1}`, "details", "has a member name that contains U+0000 at byte 2"},
		{`{"a\n`, "details", notJSON + `5: found the end, want "`},

		// Duplicates, after unescaping.
		{`{"a":1,"a":1}`, "details.a", "occurs twice in one object, again at byte 7"},
		{`{"a":1,"\u0061":2}`, "details.a", "occurs twice in one object, again at byte 7"},
		{`{"":1,"b":2,"":3}`, `details.""`, "occurs twice in one object, again at byte 12"},
		{`{"x":[0,{"weird key":{"c":1,"d":1,"c":1}}]}`, `details.x.1."weird key".c`, "occurs twice in one object, again at byte 34"},

		// Paths.
		{`{"a":{"tags":["","","","\u0000"]}}`, "details.a.tags.3", "contains U+0000 at byte 24"},
		{`{"n":{"m":[1e400]}}`, "details.n.m.0", "is a number of more than 400 characters when written without exponent at byte 11"},
	} {
		d, err := daybook.ParseDetails([]byte(c.text))
		wantFieldError(t, err, c.field, c.reason)
		if d != nil || !errors.Is(err, daybook.ErrInvalid) {
			t.Errorf("%s: got %v, %v, want nil and ErrInvalid", c.text, d, err)
		}
	}
}

func TestTheLimitsAreWhereTheDocumentationSays(t *testing.T) {
	t.Parallel()
	repeat := strings.Repeat
	nested := func(levels int) string {
		return repeat(`{"a":`, levels-1) + `{}` + repeat(`}`, levels-1)
	}
	list := func(item string, n int) string {
		return `{"a":[` + strings.TrimSuffix(repeat(item+",", n), ",") + `]}`
	}
	// What fills details of one string up to n bytes of canonical form.
	text := func(n int) string { return `{"a":"` + repeat("b", n-len(`{"a":""}`)) + `"}` }
	nulls := func(n int) string {
		return `{"a":[` + repeat("null,", 4000) + `"` + repeat("b", n-len(`{"a":[""]}`)-4000*2) + `"]}`
	}
	const number = "is a number of more than 400 characters when written without exponent..."
	for _, c := range []struct {
		limit, within, beyond, field, reason string
	}{
		{"depth of objects", nested(32), nested(33), "details" + repeat(".a", 32), "is nested deeper than 32 levels..."},
		{"depth of lists", `{"a":` + repeat(`[`, 31) + repeat(`]`, 31) + `}`, `{"a":` + repeat(`[`, 32) + repeat(`]`, 32) + `}`,
			"details.a" + repeat(".0", 31), "is nested deeper than 32 levels..."},
		{"values", list(`1`, 4095), list(`1`, 4096), "details", "has more than 4096 values"},
		{"values of objects", list(`{"a":1}`, 2047), list(`{"a":1}`, 2048), "details", "has more than 4096 values"},
		{"whole number", `{"n":1e399}`, `{"n":1e400}`, "details.n", number},
		{"whole number in full", `{"n":` + repeat("1", 400) + `}`, `{"n":` + repeat("1", 401) + `}`, "details.n", number},
		{"negative number", `{"n":-1e398}`, `{"n":-1e399}`, "details.n", number},
		{"fraction", `{"n":1e-398}`, `{"n":1e-399}`, "details.n", number},
		{"number with a point", `{"n":1.` + repeat("1", 398) + `e200}`, `{"n":1.` + repeat("1", 399) + `e200}`, "details.n", number},
		{"exponent", `{"n":0e-999999999999999999999999}`, `{"n":1e999999999999999999999999}`, "details.n", number},
		{"negative exponent", `{"n":0.00e999999999}`, `{"n":-1e-999999999}`, "details.n", number},
		{"exponent that overflows", `{"n":0e18446744073709551616}`, `{"n":1e18446744073709551616}`, "details.n", number},
		{"size of numbers", list("1e399", 163), list("1e399", 164), "details", "is larger than 65536 bytes in canonical form"},
		{"size", text(65536), text(65537), "details", "is larger than 65536 bytes in canonical form"},
		{"size of escapes", `{"a":"` + repeat(`\u0001`, 10921) + `\n"}`, `{"a":"` + repeat(`\u0001`, 10921) + `b\n"}`,
			"details", "is larger than 65536 bytes in canonical form"},
		{"size of unescaped text", `{"a":"` + repeat(`\u0062`, 65528) + `"}`, `{"a":"` + repeat(`\u0062`, 65529) + `"}`,
			"details", "is larger than 65536 bytes in canonical form"},
		{"size with nulls, which count one byte each", nulls(65536), nulls(65537), "details", "is larger than 65536 bytes in canonical form"},
		{"input", `{"a":1` + repeat(" ", 1<<20-len(`{"a":1}`)) + `}`, `{"a":1` + repeat(" ", 1<<20-len(`{"a":1}`)+1) + `}`,
			"details", "is longer than 1048576 bytes of JSON"},
	} {
		d, err := daybook.ParseDetails([]byte(c.within))
		if err != nil {
			t.Errorf("%s: at the limit: %v", c.limit, err)
			continue
		}
		if _, err := d.Canonical(); err != nil {
			t.Errorf("%s: at the limit, writing: %v", c.limit, err)
		}
		_, err = daybook.ParseDetails([]byte(c.beyond))
		wantFieldError(t, err, c.field, c.reason)

		// The writer has the same limits. The bytes of a text are not its own.
		if c.limit == "input" {
			continue
		}
		var loose map[string]any
		decoder := json.NewDecoder(strings.NewReader(c.beyond))
		decoder.UseNumber()
		if err := decoder.Decode(&loose); err != nil {
			t.Fatal(err)
		}
		_, err = daybook.Details(loose).Canonical()
		wantFieldError(t, err, c.field, c.reason)

		// Nor does a raw message open a way around them.
		raw := daybook.Details{}
		for name, v := range loose {
			data, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			raw[name] = json.RawMessage(data)
		}
		_, err = raw.Canonical()
		wantFieldError(t, err, c.field, c.reason)
	}
}

func TestTheLimitsHoldForEveryKindOfGoValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value         any // of details.a, within 31 lists
		field, reason string
	}{
		{map[string]any{}, "details.a" + strings.Repeat(".0", 31), "is nested deeper than 32 levels"},
		{map[string]string{}, "details.a" + strings.Repeat(".0", 31), "is nested deeper than 32 levels"},
		{[]any{}, "details.a" + strings.Repeat(".0", 31), "is nested deeper than 32 levels"},
		{[]string{}, "details.a" + strings.Repeat(".0", 31), "is nested deeper than 32 levels"},
		{[]int{}, "details.a" + strings.Repeat(".0", 31), "is nested deeper than 32 levels"},
		{json.RawMessage(`[]`), "details.a" + strings.Repeat(".0", 31), "is nested deeper than 32 levels at byte 0"},
		{json.Number("1"), "", ""},
		{struct{ A []int }{[]int{}}, "details.a" + strings.Repeat(".0", 31), "is nested deeper than 32 levels"},
	} {
		v := c.value
		for range 31 {
			v = []any{v}
		}
		_, err := daybook.Details{"a": v}.Canonical()
		if c.field == "" {
			if err != nil {
				t.Errorf("%T: %v", c.value, err)
			}
			continue
		}
		wantFieldError(t, err, c.field, c.reason)
	}

	texts := map[string]string{}
	for i := range daybook.MaxDetailsValues {
		texts[strconv.Itoa(i)] = ""
	}
	for _, v := range []any{texts, make([]string, daybook.MaxDetailsValues), make([]any, daybook.MaxDetailsValues), make([]int, daybook.MaxDetailsValues)} {
		_, err := daybook.Details{"a": v}.Canonical()
		wantFieldError(t, err, "details", "has more than 4096 values")
	}
}

func TestLargeGoValuesAreGivenUpEarly(t *testing.T) {
	t.Parallel()
	const tooLarge = "is larger than 65536 bytes in canonical form"
	for name, v := range map[string]any{
		"text":  strings.Repeat("a", 1<<20),
		"bytes": make([]byte, 1<<20),
		"list":  []any{make([]string, 3000), strings.Repeat("a", 60000)},
	} {
		_, err := daybook.Details{name: v}.Canonical()
		wantFieldError(t, err, "details", tooLarge)
	}
	_, err := daybook.Details{"a": make([]any, 1<<20)}.Canonical()
	wantFieldError(t, err, "details", "has more than 4096 values")
	_, err = daybook.Details{"n": json.Number("1" + strings.Repeat("0", 1<<20))}.Canonical()
	wantFieldError(t, err, "details.n", "is a number in more than 1048576 bytes")
	_, err = daybook.Details{"a": map[string]any{"b": make([]int, 1<<20)}}.Canonical()
	wantFieldError(t, err, "details.a.b", "is longer than 1048576 bytes of JSON")
}

func TestDetailsAtTheLimitStayReadableWhenValuesAreErased(t *testing.T) {
	t.Parallel()
	items := make([]any, 4000)
	for i := range items {
		items[i] = json.Number("1")
	}
	d := daybook.Details{"list": items, "pad": ""}
	data, err := d.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	d["pad"] = strings.Repeat("p", daybook.MaxDetails-len(data))
	if data, err := d.Canonical(); err != nil || len(data) != daybook.MaxDetails {
		t.Fatalf("got %d bytes, %v, want exactly the limit", len(data), err)
	}
	for i := range items {
		items[i] = nil
	}
	if data, err = d.Canonical(); err != nil {
		t.Fatalf("write: %v", err)
	}
	back, err := daybook.ParseDetails(data)
	if err != nil || !cmp.Equal(back, d) {
		t.Errorf("read: %v", err)
	}
}

func TestAppendCanonicalWritesBehindWhatIsThere(t *testing.T) {
	b := []byte(strings.Repeat("x", 2*daybook.MaxDetails)) // is not counted
	got, err := upload.AppendCanonical(b)
	if want := string(b) + uploadCanonical; err != nil || string(got) != want {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(want))
	}
	buf := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { buf, _ = upload.AppendCanonical(buf[:0]) }); n > 0 {
		t.Errorf("%v allocations with a buffer that is large enough, want none", n)
	}
}

func FuzzParseDetails(f *testing.F) {
	for _, v := range canonicalVectors {
		f.Add([]byte(v.text))
	}
	for _, seed := range []string{`{"a":1,"a":2}`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}", `{"a":[[[1e400]]]}`, `{"a":1}x`, `{"a":01}`, `{"a":0e99999999999999999999}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := string(data)
		d, err := daybook.ParseDetails(data)
		if string(data) != before {
			t.Fatal("the input was changed")
		}
		if err != nil {
			fieldErr, ok := errors.AsType[*daybook.FieldError](err)
			if !ok || d != nil {
				t.Fatalf("got %v and error %v, want nil and a FieldError", d, err)
			}
			if strings.HasPrefix(fieldErr.Reason, "is not valid JSON") && json.Valid(data) {
				t.Fatalf("%s, but it is valid", err)
			}
			return
		}

		var loose map[string]any
		decoder := json.NewDecoder(strings.NewReader(before))
		decoder.UseNumber()
		if !json.Valid(data) || decoder.Decode(&loose) != nil {
			t.Fatal("accepted, but it is not JSON")
		}
		if !sameValue(map[string]any(d), loose) {
			t.Fatalf("got %v, encoding/json reads %v", d, loose)
		}

		canonical, err := d.Canonical()
		if err != nil {
			t.Fatalf("accepted, but cannot be written: %v", err)
		}
		if canonical == nil {
			return
		}
		if !utf8.Valid(canonical) || !json.Valid(canonical) {
			t.Fatalf("the canonical form %q is not JSON", canonical)
		}
		again, err := daybook.ParseDetails(canonical)
		if err != nil || !cmp.Equal(d, again) {
			t.Fatalf("the canonical form %s reads as %v, %v, want %v", canonical, again, err, d)
		}
		if twice, err := again.Canonical(); err != nil || string(twice) != string(canonical) {
			t.Fatalf("%s becomes %s, %v", canonical, twice, err)
		}
		if loosely, err := daybook.Details(loose).Canonical(); err != nil || string(loosely) != string(canonical) {
			t.Fatalf("what encoding/json read is written as %s, %v, want %s", loosely, err, canonical)
		}
		if !d.Contains(again) || !again.Contains(d) {
			t.Fatalf("%s does not contain itself", canonical)
		}
	})
}

// sameValue compares what two parsers read, numbers by value.
func sameValue(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name := range a {
			if w, ok := b[name]; !ok || !sameValue(a[name], w) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameValue(a[i], b[i]) {
				return false
			}
		}
		return true
	case json.Number:
		b, ok := b.(json.Number)
		if !ok {
			return false
		}
		if isZero(string(a)) || isZero(string(b)) { // whatever the exponent, which can be too large for big.Rat
			return isZero(string(a)) && isZero(string(b))
		}
		ra, okA := new(big.Rat).SetString(string(a))
		rb, okB := new(big.Rat).SetString(string(b))
		return okA && okB && ra.Cmp(rb) == 0
	}
	return a == b
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE]([+-]?[0-9]+))?$`)

func isZero(number string) bool {
	mantissa, _, _ := strings.Cut(strings.ToLower(number), "e")
	return strings.Trim(mantissa, "-0.") == ""
}

// plainDecimal is the specification of canonical numbers in terms of math/big: the exact value
// with as many decimals as it takes. It reports false for what is no number or too long.
func plainDecimal(s string) (string, bool) {
	m := jsonNumber.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	if e, err := strconv.Atoi(m[4]); m[4] != "" && (err != nil || e < -5000 || e > 5000) {
		// With less than 2,000 digits before the exponent, only zero can still be short.
		return "0", isZero(s)
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return "", false
	}
	decimals, _ := r.FloatPrec()
	plain := r.FloatString(decimals)
	return plain, len(plain) <= daybook.MaxDetailsNumber
}

func FuzzCanonicalNumber(f *testing.F) {
	for _, s := range []string{
		"0", "-0", "0.0", "-0.0e5", "1.50e2", "1e-7", "120", "120e-1", "120e-2", "120e-3", "120e-4", "1e399", "1e400", "-1e399", "1e-398", "1e-399",
		"0.00120e3", "9007199254740993", "5e-324", "1.7976931348623157e308", "1e999999999999999999999", "-1e-99999999999999999999", "0e99999999999999999999", "1e18446744073709551616",
		"", "-", "+1", "01", "1.", ".1", "1e", "1e+", "1 ", "1e00000000000000000000001", "0x1p-2", "1/3", "Inf", "NaN", "1_000",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 {
			return
		}
		want, ok := plainDecimal(s)
		got, err := daybook.Details{"n": json.Number(s)}.Canonical()
		if (err == nil) != ok || ok && string(got) != `{"n":`+want+`}` {
			t.Fatalf("written: got %s, %v, want %s, %v", got, err, want, ok)
		}
		d, err := daybook.ParseDetails(fmt.Appendf(nil, `{"n":%s}`, s))
		if jsonNumber.MatchString(s) && ((err == nil) != ok || ok && d["n"] != json.Number(want)) {
			t.Fatalf("read: got %v, %v, want %s, %v", d, err, want, ok)
		}
	})
}

// upload is the guide's example of a document upload: what an entry usually carries.
var upload = daybook.Details{
	"filename":     "report.pdf",
	"size_bytes":   1024000,
	"content_type": "application/pdf",
	"tags":         []string{"report", "financial"},
}

const uploadCanonical = `{"content_type":"application/pdf","filename":"report.pdf","size_bytes":1024000,"tags":["report","financial"]}`

func BenchmarkCanonical(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := upload.Canonical(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendCanonical(b *testing.B) {
	b.ReportAllocs()
	buf := make([]byte, 0, 1024)
	for b.Loop() {
		if _, err := upload.AppendCanonical(buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseDetails(b *testing.B) {
	b.ReportAllocs()
	data := []byte(uploadCanonical)
	for b.Loop() {
		if _, err := daybook.ParseDetails(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkContains(b *testing.B) {
	b.ReportAllocs()
	d, err := upload.Normalize()
	if err != nil {
		b.Fatal(err)
	}
	pattern := daybook.Details{"tags": "financial"}
	for b.Loop() {
		if !d.Contains(pattern) {
			b.Fatal("not found")
		}
	}
}
