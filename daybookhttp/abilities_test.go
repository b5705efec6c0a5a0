package daybookhttp_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
)

// The parts of which writers below are put together. Each notes that it was reached.
type (
	base    struct{ *events }
	flusher struct{ *events }
	errored struct{ *events }
	hijack  struct{ *events }
	reader  struct{ *events }
	pusher  struct{ *events }
	unwrap  struct{ http.ResponseWriter }
)

func (b base) Header() http.Header                { return http.Header{} }
func (b base) Write(p []byte) (int, error)        { b.add("write " + string(p)); return len(p), nil }
func (b base) WriteHeader(status int)             { b.add(fmt.Sprint("status ", status)) }
func (b base) SetReadDeadline(t time.Time) error  { b.add("read deadline"); return nil }
func (b base) SetWriteDeadline(t time.Time) error { b.add("write deadline"); return nil }
func (b base) EnableFullDuplex() error            { b.add("full duplex"); return nil }
func (f flusher) Flush()                          { f.add("flush") }
func (f errored) FlushError() error               { f.add("flush"); return errors.New("flush broke") }
func (h hijack) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	h.add("hijack")
	return nil, nil, nil
}
func (r reader) ReadFrom(src io.Reader) (int64, error) {
	b, err := io.ReadAll(src)
	r.add("read from " + string(b))
	return int64(len(b)), err
}
func (p pusher) Push(target string, _ *http.PushOptions) error { p.add("push " + target); return nil }
func (u unwrap) Unwrap() http.ResponseWriter                   { return u.ResponseWriter }

// below returns a writer with these parts: 1 flush, 2 hijack, 4 read from, 8 push.
func below(parts int, e *events) http.ResponseWriter {
	b, f, h, r, p := base{e}, flusher{e}, hijack{e}, reader{e}, pusher{e}
	switch parts {
	case 0:
		return b
	case 1:
		return struct {
			base
			flusher
		}{b, f}
	case 2:
		return struct {
			base
			hijack
		}{b, h}
	case 3:
		return struct {
			base
			flusher
			hijack
		}{b, f, h}
	case 4:
		return struct {
			base
			reader
		}{b, r}
	case 5:
		return struct {
			base
			flusher
			reader
		}{b, f, r}
	case 6:
		return struct {
			base
			hijack
			reader
		}{b, h, r}
	case 7:
		return struct {
			base
			flusher
			hijack
			reader
		}{b, f, h, r}
	case 8:
		return struct {
			base
			pusher
		}{b, p}
	case 9:
		return struct {
			base
			flusher
			pusher
		}{b, f, p}
	case 10:
		return struct {
			base
			hijack
			pusher
		}{b, h, p}
	case 11:
		return struct {
			base
			flusher
			hijack
			pusher
		}{b, f, h, p}
	case 12:
		return struct {
			base
			reader
			pusher
		}{b, r, p}
	case 13:
		return struct {
			base
			flusher
			reader
			pusher
		}{b, f, r, p}
	case 14:
		return struct {
			base
			hijack
			reader
			pusher
		}{b, h, r, p}
	}
	return struct {
		base
		flusher
		hijack
		reader
		pusher
	}{b, f, h, r, p}
}

// partsOf is the inverse of below, by what handlers ask.
func partsOf(w http.ResponseWriter) (parts int) {
	if _, ok := w.(http.Flusher); ok {
		parts |= 1
	}
	if _, ok := w.(http.Hijacker); ok {
		parts |= 2
	}
	if _, ok := w.(io.ReaderFrom); ok {
		parts |= 4
	}
	if _, ok := w.(http.Pusher); ok {
		parts |= 8
	}
	return parts
}

// Trap 4: a wrapper that offers less breaks streams and WebSockets, one that offers more breaks
// those who ask first.
func TestHandlersGetExactlyTheAbilitiesOfTheWriterBelow(t *testing.T) {
	book, _ := newBook(t, daybook.Options{})
	for parts := range 16 {
		var seen []int
		look := func(w http.ResponseWriter, _ *http.Request) {
			seen = append(seen, partsOf(w))
			if _, ok := w.(interface{ Unwrap() http.ResponseWriter }); ok {
				t.Error("whoever unwraps the writer writes past the entry")
			}
			if _, flushErr := w.(interface{ FlushError() error }); flushErr != (partsOf(w)&1 != 0) {
				t.Errorf("parts %04b: FlushError is %v, which Flush is not", parts, flushErr)
			}
		}
		track := daybookhttp.Track(book, daybook.Read, "page", look)
		atomic := daybookhttp.Track(book, daybook.Read, "page", look, daybookhttp.Atomic(new(transactor)))
		for _, h := range []http.Handler{track, withScope(book, http.HandlerFunc(look)), withScope(book, track), atomic} {
			h.ServeHTTP(below(parts, new(events)), httptest.NewRequest("GET", "/", nil))
		}
		for i, got := range seen {
			want := parts
			if i == 3 {
				want &= 8 // an answer that is held to its end has none of the others
			}
			if got != want {
				t.Errorf("parts %04b: handler %d gets %04b", parts, i, got)
			}
		}
		if len(seen) != 4 {
			t.Fatalf("%d of 4 handlers ran", len(seen))
		}
	}
}

func TestEachAbilityReachesTheWriterBelow(t *testing.T) {
	book, _ := newBook(t, daybook.Options{})
	for parts := range 16 {
		for name, wrap := range map[string]func(http.HandlerFunc) http.Handler{
			"track":      func(h http.HandlerFunc) http.Handler { return daybookhttp.Track(book, daybook.Read, "page", h) },
			"middleware": func(h http.HandlerFunc) http.Handler { return withScope(book, h) },
		} {
			var e events
			var want []string
			h := wrap(func(w http.ResponseWriter, _ *http.Request) {
				c := http.NewResponseController(w)
				for what, f := range map[string]func(time.Time) error{"read deadline": c.SetReadDeadline, "write deadline": c.SetWriteDeadline} {
					if err := f(time.Time{}); err != nil {
						t.Error(err)
					}
					want = append(want, what)
				}
				if err := c.EnableFullDuplex(); err != nil {
					t.Error(err)
				}
				want = append(want, "full duplex")
				if p, ok := w.(http.Pusher); ok {
					p.Push("/style.css", nil)
					want = append(want, "push /style.css")
				}
				w.WriteHeader(200)
				want = append(want, "status 200")
				if f, ok := w.(http.Flusher); ok {
					f.Flush()
					want = append(want, "flush")
				}
				if f, ok := w.(io.ReaderFrom); ok {
					f.ReadFrom(struct{ io.Reader }{endless("r", 100<<10)})
					want = append(want, "")
				}
				if f, ok := w.(http.Hijacker); ok {
					f.Hijack()
					want = append(want, "hijack")
				}
			})
			h.ServeHTTP(below(parts, &e), httptest.NewRequest("GET", "/", nil))
			got := e.take()
			for i := range want {
				if want[i] != "" && !contains(got, want[i]) {
					t.Errorf("%s, parts %04b: %q did not get there", name, parts, want[i])
				}
			}
			if read := fmt.Sprint(got); parts&4 != 0 && !containsPart(got, "read from rrr") {
				t.Errorf("%s, parts %04b: ReadFrom did not get there: %.200s", name, parts, read)
			}
		}
	}
}

// http.ResponseController looks below wrappers that have only Unwrap. Through a writer without
// Unwrap it must find the same.
func TestControllersFindWhatLiesBelowAnUnwrap(t *testing.T) {
	book, _ := newBook(t, daybook.Options{})
	var e events
	h := daybookhttp.Track(book, daybook.Read, "page", func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		if err := c.Flush(); err == nil || err.Error() != "flush broke" {
			t.Errorf("flush: %v", err)
		}
		if _, _, err := c.Hijack(); err != nil {
			t.Errorf("hijack: %v", err)
		}
	})
	h.ServeHTTP(unwrap{unwrap{struct {
		base
		errored
		hijack
	}{base{&e}, errored{&e}, hijack{&e}}}}, httptest.NewRequest("GET", "/", nil))
	if got := e.take(); !contains(got, "flush") || !contains(got, "hijack") {
		t.Errorf("reached %q", got)
	}

	h = daybookhttp.Track(book, daybook.Read, "page", func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		_, _, hijackErr := c.Hijack()
		for _, err := range []error{c.Flush(), hijackErr} {
			if !errors.Is(err, http.ErrNotSupported) {
				t.Errorf("error %v", err)
			}
		}
	})
	h.ServeHTTP(unwrap{base{&e}}, httptest.NewRequest("GET", "/", nil))
}
