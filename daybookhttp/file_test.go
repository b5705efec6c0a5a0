package daybookhttp_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
)

// bigFile makes a sparse file of 64 MiB with something at its end.
func bigFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "big.bin")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("the end"), 64<<20-7); err != nil {
		t.Fatal(err)
	}
	return path
}

// Trap 5: a body that is captured costs memory and time, and keeps the kernel from sending files.
func TestFilesAreLeftToTheKernel(t *testing.T) {
	path := bigFile(t)
	book, shelf := newBook(t, daybook.Options{})
	var kernel events
	var viaReadFrom int64
	spy := func(next http.Handler) http.Handler { // between the server and Middleware
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(spyWriter{w, func(src io.Reader) (int64, error) {
				n, err := w.(io.ReaderFrom).ReadFrom(src)
				limited, ok := src.(*io.LimitedReader)
				if ok {
					_, ok = limited.R.(*os.File)
				}
				kernel.add(fmt.Sprintf("a file: %v", ok))
				viaReadFrom += n
				return n, err
			}}, r)
		})
	}
	track := daybookhttp.Track(book, daybook.Read, "file", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, path) })
	for name, h := range map[string]http.Handler{"with Middleware": withScope(book, track), "without": inScope(track)} {
		server := serve(t, 1, spy(h))
		viaReadFrom = 0
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		resp, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		server.Close() // waits for the handler
		runtime.ReadMemStats(&after)
		if n != 64<<20 || err != nil || resp.ContentLength != n {
			t.Errorf("%s: %d bytes of %d, error %v", name, n, resp.ContentLength, err)
		}
		if got := kernel.take(); !slices.Equal(got, []string{"a file: true"}) || viaReadFrom < n-1024 {
			t.Errorf("%s: %d bytes by ReadFrom, %v", name, viaReadFrom, got)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 2<<20 {
			t.Errorf("%s: %d bytes allocated", name, used)
		}
		shelf.only(t, daybook.Entry{Action: daybook.Read, ResourceType: "file", Outcome: daybook.Success})
	}
}

type spyWriter struct {
	http.ResponseWriter
	readFrom func(io.Reader) (int64, error)
}

func (s spyWriter) ReadFrom(src io.Reader) (int64, error) { return s.readFrom(src) }

// Trap 5, the other direction: whoever reads a request's body leaves none for the handler.
func TestTheRequestsBodyIsTheHandlersAlone(t *testing.T) {
	book, _ := newBook(t, daybook.Options{})
	const sent = `{"name":"Ada"}`
	var body *bytes.Reader
	h := withScope(book, daybookhttp.Track(book, daybook.Create, "user", func(w http.ResponseWriter, r *http.Request) {
		if body.Len() != len(sent) {
			t.Errorf("%d of %d bytes are left for the handler", body.Len(), len(sent))
		}
		if r.URL.Query().Has("read") {
			io.ReadAll(r.Body)
		}
	}))
	for path, left := range map[string]int{"/?read": 0, "/": len(sent)} {
		body = bytes.NewReader([]byte(sent))
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", path, body))
		if body.Len() != left {
			t.Errorf("%s: %d bytes are left, want %d", path, body.Len(), left)
		}
	}
}

func TestRangesOfAFile(t *testing.T) {
	path := bigFile(t)
	content := bytes.NewReader([]byte(strings.Repeat("0123456789", 20_000)))
	modified := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	handlers := map[string]http.HandlerFunc{
		"ServeFile": func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, path) },
		"ServeContent": func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "x.txt", modified, io.NewSectionReader(content, 0, content.Size()))
		},
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, handler := range handlers {
		book, shelf := newBook(t, daybook.Options{})
		track := withScope(book, daybookhttp.Track(book, daybook.Read, "file", handler))
		for proto := 1; proto <= 2; proto++ {
			bare, tracked := serve(t, proto, handler), serve(t, proto, track)
			for _, c := range []struct {
				method  string
				option  func(*http.Request)
				outcome daybook.Outcome
			}{
				{"GET", header("Range", "bytes=10-19"), daybook.Success},
				{"GET", header("Range", "bytes=0-150000"), daybook.Success},
				{"GET", header("Range", "bytes=-7"), daybook.Success},
				{"GET", header("Range", "bytes=999999999-"), daybook.Failure},
				{"GET", header("If-Modified-Since", time.Now().UTC().Format(http.TimeFormat)), daybook.Success},
				{"GET", header("If-Match", `"x"`), daybook.Failure},
				{"HEAD", header("Accept", "*/*"), daybook.Success},
			} {
				want, got := call(t, bare, c.method, "/", c.option), call(t, tracked, c.method, "/", c.option)
				for _, a := range []answerOf{want, got} {
					a.Header.Del("Date")
					a.Header.Del("X-Request-Id")
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s over HTTP %d: (-bare +tracked):\n%s", name, proto, diff)
				}
				shelf.only(t, daybook.Entry{Action: daybook.Read, ResourceType: "file", Outcome: c.outcome})
			}
		}
	}
}
