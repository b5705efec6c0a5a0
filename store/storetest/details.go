package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

func details() []promise {
	return []promise{
		{"details of every shape come back in the same canonical form",
			"the ledger hashes that form: one byte of difference and the entry no longer verifies",
			everyShape},
		{"numbers are exact",
			"an amount, or an id of 64 bits, that comes back rounded is another one",
			exactNumbers},
		{"details at their limits are stored",
			"what is accepted in one store must not be refused when the log moves to another",
			largestDetails},
		{"Go values are stored as what they mean",
			"applications put their own structs, times and errors into details",
			goValues},
	}
}

// keeps appends an entry for each of the details, in one call, and checks that each comes back in
// the given canonical form and as ParseDetails reads that.
func (s *subject) keeps(t testing.TB, given []daybook.Details, canonical []string) {
	t.Helper()
	entries := Entries("acme", len(given))
	for i := range entries {
		entries[i].Details = given[i]
	}
	s.append(t, entries...)
	got := s.all(t, "acme", daybook.Query{Order: daybook.Oldest, Limit: 100})
	tailed, _ := s.tail(t, daybook.Position{}, len(given), 100)
	if len(got) != len(given) {
		t.Fatalf("%d entries come back of %d", len(got), len(given))
	}
	for i := range got {
		want, err := daybook.ParseDetails([]byte(canonical[i]))
		if err != nil {
			t.Fatalf("%.200s: %v", canonical[i], err)
		}
		entries[i].Details = want
		text, err := got[i].Details.Canonical()
		if err != nil || string(text) != canonical[i] {
			t.Errorf("details come back as\n%.300s, want\n%.300s, %v", text, canonical[i], err)
		}
	}
	if diff := Diff(entries, got); diff != "" {
		t.Errorf("read as ParseDetails reads, -want +got:\n%.4000s", diff)
	}
	if diff := Diff(entries, plain(tailed)); diff != "" {
		t.Errorf("tailed, -want +got:\n%.4000s", diff)
	}
}

func everyShape(t testing.TB, s *subject) {
	canonical := []string{
		`{"a":null}`,
		`{"a":true,"b":false}`,
		`{"a":"","b":" "}`,
		`{"a":{},"b":[]}`,
		`{"a":[[],{},null,[null],[[[]]]]}`,
		`{"a":["1",1,true,null,"null","true"]}`,
		`{"":""}`,
		`{"":{"":[""]}}`,
		`{" ":1,"a\nb":2,"a b":3,"a\"b":4,"a.b":{"c.d":5},"a/b":6,"a\\b":7}`,
		`{"$a":1,"'":2,"--":3,";":4,"?":5,"[0]":6,"a[0]":7,"{}":8}`,
		`{"0":"a","1":"b","10":"c","2":"d"}`,
		`{"A":1,"Z":2,"_":3,"a":4,"z":5,"é":6,"ﬀ":7,"😀":8}`, // by bytes: by UTF-16 units 😀 comes before ﬀ
		"{\"e\u0301\":\"decomposed\",\"\u00e9\":\"composed\"}",
		`{"text":"\u0001\u001f\b\t\n\f\r\"\\/"}`,
		`{"text":"<a href=\"x\">&amp;</a>"}`,
		"{\"text\":\"\u007f\u0080\u2028\u2029\ufeff\ufffd\uffff\"}",
		`{"text":"日本語 العربية עברית 👩‍👩‍👧‍👦 \\u0041"}`,
		`{"text":"2026-01-01T00:00:00Z","uuid":"8F14E45F-CEEA-467F-A8D1-0B0F1A2B3C4D"}`,
		`{"text":"{\"json\":\"in a string\"}"}`,
		`{"__proto__":{"x":1},"constructor":1,"id":"x","organization_id":"zeta"}`,
		`{"changes":{"email":{"new":"b@example.com","old":"a@example.com"},"teams":{"new":["a","b"],"old":null}}}`,
	}
	s.keepsTexts(t, canonical)
}

// keepsTexts is keeps for details that are given as their canonical form.
func (s *subject) keepsTexts(t testing.TB, canonical []string) {
	t.Helper()
	given := make([]daybook.Details, len(canonical))
	for i, text := range canonical {
		d, err := daybook.ParseDetails([]byte(text))
		if err != nil {
			t.Fatalf("%.200s: %v", text, err)
		}
		given[i] = d
	}
	s.keeps(t, given, canonical)
}

func exactNumbers(t testing.TB, s *subject) {
	numbers := map[string]string{ // as given, and as it comes back
		"0": "0", "-0": "0", "0.0": "0", "0e10": "0", "-0.0e-5": "0",
		"1": "1", "-1": "-1", "1.0": "1", "1.50": "1.5", "1.50e2": "150", "150E-2": "1.5", "1e0": "1",
		"0.1": "0.1", "-0.1": "-0.1", "0.30000000000000004": "0.30000000000000004",
		"1e-7": "0.0000001", "1E21": "1000000000000000000000",
		"9007199254740993":                 "9007199254740993", // 2^53 + 1
		"9223372036854775807":              "9223372036854775807",
		"9223372036854775808":              "9223372036854775808", // 2^63
		"-9223372036854775809":             "-9223372036854775809",
		"18446744073709551616":             "18446744073709551616", // 2^64
		"123456789012345678901234567890":   "123456789012345678901234567890",
		"0.123456789012345678901234567890": "0.12345678901234567890123456789",
		"12345678901234567890.09876543210": "12345678901234567890.0987654321",
		"1e300":                            "1" + strings.Repeat("0", 300),
		"-1e300":                           "-1" + strings.Repeat("0", 300),
		"1e-300":                           "0." + strings.Repeat("0", 299) + "1",
		"5e-324":                           "0." + strings.Repeat("0", 323) + "5",
		"1.7976931348623157e308":           "17976931348623157" + strings.Repeat("0", 292),
		strings.Repeat("9", 400):           strings.Repeat("9", 400),
	}
	var given []daybook.Details
	var canonical []string
	for n, want := range numbers {
		given = append(given, daybook.Details{"n": json.Number(n)})
		canonical = append(canonical, `{"n":`+want+`}`)
	}
	s.keeps(t, given, canonical)
}

func largestDetails(t testing.TB, s *subject) {
	list := make([]any, daybook.MaxDetailsValues-1)
	for i := range list {
		list[i] = i % 10
	}
	members := daybook.Details{}
	for i := range daybook.MaxDetailsValues {
		members[fmt.Sprint("k", i)] = true
	}
	// Nulls count as one byte, so these are larger than the limit by three bytes for each.
	nulls := daybook.Details{"nulls": make([]any, 4000), "text": ""}
	empty, err := nulls.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	nulls["text"] = strings.Repeat("x", daybook.MaxDetails-len(empty)+3*4000)

	var given []daybook.Details
	var canonical []string
	for _, d := range []daybook.Details{
		ofSize(daybook.MaxDetails),
		{"text": strings.Repeat("\U0001f600", (daybook.MaxDetails-len(`{"text":""}`))/4)},
		{"text": strings.Repeat("\x01", (daybook.MaxDetails-len(`{"text":""}`))/6)},
		nested(daybook.MaxDetailsDepth),
		{"list": list},
		members,
		nulls,
		{strings.Repeat("name", 10_000): 1},
	} {
		text, err := d.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		given, canonical = append(given, d), append(canonical, string(text))
	}
	s.keeps(t, given, canonical)
}

func goValues(t testing.TB, s *subject) {
	type address struct {
		Street string `json:"street"`
		secret string
	}
	number := 7
	s.keeps(t, []daybook.Details{{
		"at":       time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC),
		"bytes":    []byte("\x00\xff"),
		"duration": time.Second,
		"error":    errors.New("no such file"),
		"float":    1e21,
		"id":       daybook.MinID(time.UnixMilli(1)),
		"int":      int64(-1 << 63),
		"nil":      (*int)(nil),
		"pointer":  &number,
		"raw":      json.RawMessage(` { "b" : 1.0 , "a" : [ ] } `),
		"struct":   address{"Main", "kept out"},
		"texts":    []string{"b", "a"},
		"uint":     uint64(1<<64 - 1),
	}}, []string{`{"at":"2026-01-02T03:04:05.000006Z","bytes":"AP8=","duration":1000000000,"error":"no such file",` +
		`"float":1000000000000000000000,"id":"00000000-0001-7000-8000-000000000000","int":-9223372036854775808,"nil":null,"pointer":7,` +
		`"raw":{"a":[],"b":1},"struct":{"street":"Main"},"texts":["b","a"],"uint":18446744073709551615}`})
}
