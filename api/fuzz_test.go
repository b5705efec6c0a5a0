package api_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/api"
)

// A list that is JSON has the elements that encoding/json finds; of what is none, some element or the
// list is refused.
func FuzzElementsOfAList(f *testing.F) {
	for _, s := range []string{"[]", "[1]", `[{"a":"]"},"\\",[[]]]`, "[", "[,]", "[1,]", "[1]x", `["]`, `["\"]`, "[}", "[1 2]", "[\n]", `[{"a":[1,2,{"b":"}"}]} , null]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		if len(list) == 0 || list[0] != '[' {
			return
		}
		got, err := api.Elements(list)
		good := err == nil
		for _, text := range got {
			good = good && json.Valid(text)
		}
		var want []json.RawMessage
		if json.Unmarshal(list, &want) != nil {
			if good {
				t.Errorf("%q is no JSON, but its elements are %q", list, got)
			}
			return
		}
		if !good || len(got) != len(want) {
			t.Fatalf("%q: %q, %v, want %q", list, got, err, want)
		}
		for i := range got {
			if !bytes.Equal(bytes.TrimSpace(want[i]), got[i]) {
				t.Errorf("%q: element %d is %q, want %q", list, i, got[i], want[i])
			}
		}
	})
}

// Nobody makes a position: what was not sealed here for the same stream is refused.
func FuzzPositions(f *testing.F) {
	var key daybook.CursorKey
	key[0] = 1
	sealed, err := api.SealPosition(key, daybook.Position{Epoch: 1, Number: 42}, "acme")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed, "acme")
	f.Add(sealed, "rival")
	f.Add(sealed[1:], "acme")
	f.Add("x.1z", "acme")
	f.Fuzz(func(t *testing.T, text, bound string) {
		p, err := api.OpenPosition(key, text, bound)
		// Only one place was sealed; its text differs from process to process.
		if text == sealed && bound == "acme" && err != nil || err == nil && (bound != "acme" || p != daybook.Position{Epoch: 1, Number: 42}) {
			t.Errorf("%q for %q: %v, %v", text, bound, p, err)
		}
	})
}

// What a request brings is read or refused, and never a panic.
func FuzzDocuments(f *testing.F) {
	for _, s := range []string{"{}", `{"text":"a","number":1,"texts":["a"],"flag":true,"time":"2026-01-01T00:00:00Z","value":{"a":1}}`, `{"text":1}`, `{"texts":[1]}`, `{"number":1e99}`, `{"x":1,"x":2}`, "[]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := api.ReadDocument(data); err == nil && !json.Valid(data) {
			t.Errorf("%q was read", data)
		}
	})
}
