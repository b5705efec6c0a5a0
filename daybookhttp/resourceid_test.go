package daybookhttp_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
)

// decodedID is what an answer's id is by encoding/json.
func decodedID(body []byte) string {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return ""
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return ""
		}
		var value any
		if d.Decode(&value) != nil {
			return ""
		}
		if key == "id" {
			switch v := value.(type) {
			case string:
				return v
			case json.Number:
				return v.String()
			}
			return ""
		}
	}
	return ""
}

func FuzzResourceIDOfAnAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"id":"u1"}`, ` { "a" : [ 1 , {"id":2} ] , "id" : -1.5e3 , "b" : null } `, `{"a\"":"\\","id":"x\u00e9\ud83d\ude00"}`,
		`{"a":"\\\"","i\u0064":"u1"}`, `{"a":{"b":[]},"c":true,"id":0}`, `{}`, `{"id":{"id":"x"}}`, `{"a":"}","id":"1"}`, `[`, `{"id`, `"\`,
	} {
		f.Add([]byte(seed))
	}
	book, shelf := newBook(f, daybook.Options{})
	var body []byte
	h := withScope(book, daybookhttp.Track(book, daybook.Create, "user", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(body)
	}))
	f.Fuzz(func(t *testing.T, data []byte) {
		body = data
		do(h, "POST", "/")
		entries := shelf.take()
		if len(entries) != 1 {
			t.Fatalf("%d entries for %q", len(entries), data)
		}
		if !json.Valid(data) || !utf8.Valid(data) {
			return // anything or nothing, but an entry
		}
		want := decodedID(data)
		if strings.ContainsRune(want, 0) || utf8.RuneCountInString(want) > daybook.MaxResourceID {
			want = ""
		}
		// UUIDs are lower-cased.
		if got := entries[0].ResourceID; got != want && got != strings.ToLower(want) {
			t.Errorf("%q: id %q, want %q", data, got, want)
		}
	})
}

func BenchmarkResponseIDAtTheEnd(b *testing.B) {
	body := []byte(`{"text":"` + strings.Repeat("lorem ipsum ", 300) + `","tags":[` + strings.Repeat(`"tag",`, 50) + `1],"id":"u1"}`)
	book, err := daybook.New(nowhere{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	for name, contentType := range map[string]string{"scanned": "application/json", "not": "text/plain"} {
		b.Run(name, func(b *testing.B) {
			benchmark(b, "POST", "/", withScope(book, daybookhttp.Track(book, daybook.Create, "user", func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{contentType}
				w.Write(body)
			})))
		})
	}
}
