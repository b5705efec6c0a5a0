package api_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/api"
	"github.com/daybookdev/daybook/store/memory"
)

// A sink takes everything and keeps nothing.
type sink struct{ *memory.Store }

func (sink) Append(_ context.Context, entries ...daybook.Entry) error { return nil }

const benched = `{"action":"UPDATE","resource_type":"document","resource_id":"9b2f0c1e-1111-4222-8333-444455556666","organization_id":"6f9619ff-8b86-4d01-b42d-00cf4fc964ff","user_id":"550e8400-e29b-41d4-a716-446655440000","request_id":"req-0123456789abcdef","details":{"changes":{"title":{"new":"Quarterly plan","old":"Draft"}},"size_bytes":52341,"tags":["report","financial"]},"ip_address":"203.0.113.7","user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"}`

func benchmark(b *testing.B, body, media string) {
	a, err := api.New(api.Config{Store: sink{memory.New()}, Authenticator: operator{}, Limits: api.Limits{Record: api.Rate{PerSecond: -1}}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), "POST", "/v1/entries", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer operator")
		r.Header.Set("Content-Type", media)
		r.Header.Set("Prefer", "return=minimal")
		w := httptest.NewRecorder()
		if a.ServeHTTP(w, r); w.Code/100 != 2 {
			b.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}

// One entry a request, without the network and the store.
func BenchmarkRecordOne(b *testing.B) { benchmark(b, benched, "application/json") }

// A thousand lines a request.
func BenchmarkRecordLines(b *testing.B) {
	benchmark(b, strings.Repeat(benched+"\n", 1000), "application/x-ndjson")
}
