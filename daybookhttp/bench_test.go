package daybookhttp_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
)

// A sink is a ResponseWriter that costs nothing, with the abilities of net/http's.
type sink struct {
	httptest.ResponseRecorder // for its methods; none is reached
	header                    http.Header
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

type nowhere struct{}

func (nowhere) Append(context.Context, ...daybook.Entry) error { return nil }

func benchmark(b *testing.B, method, path string, handler http.Handler) {
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("X-Request-Id", "req-abc123def456")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")
	w := &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		handler.ServeHTTP(w, r)
	}
}

func deleteUser(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }

var answer = []byte(`{"name":"Ada Lovelace","email":"ada@example.com","id":"0190163d-8694-739b-aea5-966c26f8ad91"}`)

func createUser(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusCreated)
	w.Write(answer)
}

func routes(wrap func(a daybook.Action, h http.HandlerFunc, o ...daybookhttp.RouteOption) http.Handler) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("DELETE /users/{user_id}", wrap(daybook.Delete, deleteUser, daybookhttp.PathID("user_id")))
	mux.Handle("POST /users", wrap(daybook.Create, createUser))
	return mux
}

func bareRoutes() http.Handler {
	return routes(func(_ daybook.Action, h http.HandlerFunc, _ ...daybookhttp.RouteOption) http.Handler { return h })
}

func trackedRoutes(b *testing.B) http.Handler {
	book, err := daybook.New(nowhere{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	mux := routes(func(a daybook.Action, h http.HandlerFunc, o ...daybookhttp.RouteOption) http.Handler {
		return daybookhttp.Track(book, a, "user", h, o...)
	})
	identify := func(*http.Request) (daybook.Scope, error) {
		return daybook.Scope{OrganizationID: "acme", UserID: "ada"}, nil
	}
	return daybookhttp.Middleware(book, &daybookhttp.Options{Identify: identify})(mux)
}

func BenchmarkBare(b *testing.B) {
	b.Run("path id", func(b *testing.B) { benchmark(b, "DELETE", "/users/42", bareRoutes()) })
	b.Run("response id", func(b *testing.B) { benchmark(b, "POST", "/users", bareRoutes()) })
}

func BenchmarkMiddlewareTrack(b *testing.B) {
	b.Run("path id", func(b *testing.B) { benchmark(b, "DELETE", "/users/42", trackedRoutes(b)) })
	b.Run("response id", func(b *testing.B) { benchmark(b, "POST", "/users", trackedRoutes(b)) })
}
