package api_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/api"
	"github.com/daybookdev/daybook/store/memory"
)

func TestAnExportIsExactlyTheFilterAndAnEntry(t *testing.T) {
	s := newServer(t)
	for _, resource := range []string{"=1+1", "plain", "@x"} {
		s.must(t, 201, "POST", "/v1/entries?organization=acme", `{"action":"CREATE","resource_type":"document","resource_id":"`+resource+`"}`)
	}
	s.must(t, 201, "POST", "/v1/entries?organization=acme", `{"action":"CREATE","resource_type":"folder"}`)
	for _, encoding := range []string{"", "gzip", "zstd", "br, gzip;q=0.5", "identity, gzip;q=0"} {
		w := s.do(t, "GET", "/v1/entries/export?organization=acme&format=csv&order=oldest&q=type:document", "", "Accept-Encoding: "+encoding)
		var r io.Reader = w.Body
		switch w.Header().Get("Content-Encoding") {
		case "gzip":
			z, err := gzip.NewReader(r)
			if err != nil {
				t.Fatal(err)
			}
			r = z
		case "zstd":
			z, err := zstd.NewReader(r)
			if err != nil {
				t.Fatal(err)
			}
			defer z.Close()
			r = z
		case "":
			if strings.HasPrefix(encoding, "gzip") || encoding == "zstd" {
				t.Errorf("%s: not compressed", encoding)
			}
		}
		rows, err := csv.NewReader(r).ReadAll()
		if err != nil || len(rows) != 4 || rows[1][3] != "'=1+1" || rows[2][3] != "plain" || rows[3][3] != "'@x" {
			t.Fatalf("%s: %q, %v", encoding, rows, err)
		}
	}
	page, err := s.store.Query(t.Context(), "acme", daybook.Query{ResourceType: "daybook.export"})
	if err != nil || len(page.Entries) != 5 || page.Entries[0].Details["filter"] != "type:document" || page.Entries[0].UserID != "ada" {
		t.Errorf("%v, %v", page.Entries, err)
	}
	if w := s.do(t, "GET", "/v1/entries/export?organization=acme&format=csv&csv=raw&q=type:document", ""); !bytes.Contains(w.Body.Bytes(), []byte(`"=1+1"`)) {
		t.Errorf("raw: %s", w.Body)
	}
}

// A reading store refuses every append.
type readingStore struct{ *memory.Store }

func (readingStore) Append(context.Context, ...daybook.Entry) error { return errors.New("disk full") }

func TestNothingIsReadOrTakenWithoutItsEntry(t *testing.T) {
	s := newServer(t)
	s.must(t, 201, "POST", "/v1/entries?organization=acme", entry)
	broken := newServer(t, func(c *api.Config) { c.Store = readingStore{s.store} })
	for _, target := range []string{"/v1/entries/export?organization=acme", "/v1/entries?organization=acme", "/v1/entries/tail?organization=acme", "/v1/entries/count?organization=acme", "/v1/log"} {
		w := broken.do(t, "GET", target, "")
		if w.Code != 503 || strings.Contains(w.Body.String(), "Plan") || strings.Contains(w.Body.String(), "disk") || !strings.Contains(w.Body.String(), `"instance":"fault-`) {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

// A failing store gives one page, and then fails.
type failingStore struct{ *memory.Store }

func (f failingStore) Query(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
	if !q.After.IsZero() {
		return daybook.Page{}, errors.New("connection lost")
	}
	q.Limit = 2
	return f.Store.Query(ctx, organization, q)
}

func TestAnExportThatFailsBreaksOff(t *testing.T) {
	s := newServer(t, func(c *api.Config) { c.Store = failingStore{memory.New()} })
	for range 5 {
		s.must(t, 201, "POST", "/v1/entries?organization=acme", entry)
	}
	h := httptest.NewServer(s)
	defer h.Close()
	for _, format := range []string{"csv", "ndjson", "json"} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", h.URL+"/v1/entries/export?organization=acme&format="+format, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer operator")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			continue // broken off before anything had left
		}
		defer res.Body.Close()
		if got, err := io.ReadAll(res.Body); err == nil {
			t.Errorf("%s ended as if it were whole: %s %s", format, res.Status, got)
		}
	}
}
