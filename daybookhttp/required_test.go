package daybookhttp_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
)

var errStoreDown = errors.New("store is down")

func TestByDefaultAFailingStoreLeavesTheAnswerAsItIs(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	shelf.fail(errStoreDown)
	server := serve(t, 1, withScope(book, daybookhttp.Track(book, daybook.Create, "user", createUser)))
	if a := call(t, server, "POST", "/"); a.Status != 201 || a.Body != string(answer) {
		t.Errorf("answer %+v", a)
	}
	if s := book.Stats(); s.Failed != 1 || s.Forgotten != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestRequiredAnswersNoSuccessWithoutAnEntry(t *testing.T) {
	success := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "session=s3cret")
		w.Header().Set("Location", "/users/1")
		w.Header().Set("Content-Length", "2")
		w.Header().Set("X-Kept", "changed")
		w.Header().Set(http.TrailerPrefix+"X-Sum", "1")
		w.WriteHeader(201)
		io.WriteString(w, "ok")
	}
	redirect := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusSeeOther) }
	flushing := func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "secret")
		if err := http.NewResponseController(w).Flush(); err == nil {
			t.Error("flush told no error")
		}
		if _, err := io.WriteString(w, "secret"); err == nil {
			t.Error("write told no error")
		}
		if _, err := io.Copy(w, struct{ io.Reader }{endless("secret", 10)}); err == nil {
			t.Error("copy told no error")
		}
		if _, _, err := http.NewResponseController(w).Hijack(); err == nil {
			t.Error("hijack told no error")
		}
		w.WriteHeader(200)
	}
	large := func(w http.ResponseWriter, _ *http.Request) {
		if _, err := w.Write(make([]byte, 100<<10)); err == nil {
			t.Error("write told no error")
		}
	}
	file := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000000")
		if n, err := io.Copy(w, struct{ io.Reader }{endless("secret", 200_000)}); err == nil || n > 512 {
			t.Errorf("copied %d bytes, error %v", n, err)
		}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"a success": success, "a redirect": redirect, "a flush": flushing, "a large answer": large, "a file": file,
		"a failure behind a 200": func(_ http.ResponseWriter, r *http.Request) {
			daybook.DraftOf(r.Context()).Fail(errors.New("mailer down"))
		},
	} {
		for _, everywhere := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, for all routes %v", name, everywhere), func(t *testing.T) {
				book, shelf := newBook(t, daybook.Options{Required: everywhere})
				shelf.fail(errStoreDown)
				var o []daybookhttp.RouteOption
				if !everywhere {
					o = append(o, daybookhttp.Required())
				}
				track := daybookhttp.Track(book, daybook.Create, "user", handler, o...)
				outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("X-Kept", "from outside")
					track.ServeHTTP(w, r)
				})
				a := call(t, serve(t, 1, withScope(book, outer)), "POST", "/")
				if a.Status != 503 || a.Body != "Service Unavailable\n" || a.Broken {
					t.Errorf("answer %d %.60q", a.Status, a.Body)
				}
				if a.Header.Get("Retry-After") == "" || a.Header.Get("X-Kept") != "from outside" || a.Header.Get("X-Request-Id") == "" {
					t.Errorf("header %v", a.Header)
				}
				if a.Header.Get("Set-Cookie") != "" || a.Header.Get("Location") != "" || len(a.Trailer) > 0 {
					t.Errorf("of the success is left %v %v", a.Header, a.Trailer)
				}
				if s := book.Stats(); s.Failed != 1 || s.Forgotten != 0 {
					t.Errorf("stats %+v", s)
				}
				shelf.fail(nil)
				if name == "a success" {
					if a := call(t, serve(t, 1, withScope(book, outer)), "POST", "/"); a.Status != 201 || a.Trailer.Get("X-Sum") == "" && a.Body != "ok" {
						t.Errorf("with a healthy store: %+v", a)
					}
				}
			})
		}
	}
}

func TestRequiredLeavesWhatIsNoSuccess(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{Required: true})
	shelf.fail(errStoreDown)
	for _, code := range []int{400, 401, 403, 404, 500} {
		if w := do(withScope(book, daybookhttp.Track(book, daybook.Create, "user", status(code))), "POST", "/"); w.Code != code {
			t.Errorf("status %d became %d", code, w.Code)
		}
	}
	gone := daybookhttp.Status(func(int) daybook.Outcome { return daybook.Success })
	if w := do(withScope(book, daybookhttp.Track(book, daybook.Delete, "user", status(404), gone)), "DELETE", "/"); w.Code != 503 {
		t.Errorf("a 404 that is a success became %d", w.Code)
	}
	skip := func(w http.ResponseWriter, r *http.Request) { daybook.DraftOf(r.Context()).Skip() }
	if w := do(withScope(book, daybookhttp.Track(book, daybook.Create, "user", skip)), "POST", "/"); w.Code != 200 {
		t.Errorf("what is not to be recorded became %d", w.Code)
	}
}

func TestRequiredTellsThatTryingAgainDoesNotHelp(t *testing.T) {
	book, _ := newBook(t, daybook.Options{Required: true})
	for name, h := range map[string]http.Handler{
		"no organization": daybookhttp.Middleware(book, nil)(daybookhttp.Track(book, daybook.Create, "user", createUser)),
		"invalid":         withScope(book, daybookhttp.Track(book, daybook.Create, "no such type!", createUser)),
	} {
		if w := do(h, "POST", "/"); w.Code != 500 || w.Header().Get("Retry-After") != "" {
			t.Errorf("%s: status %d, header %v", name, w.Code, w.Header())
		}
	}
	if s := book.Stats(); s.Refused != 2 {
		t.Errorf("stats %+v", s)
	}
}

// Trap 16: a store that never answers must not hang the application.
func TestRequiredAnswersInTimeWhenTheStoreHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book, shelf := newBook(t, daybook.Options{Timeout: 3 * time.Second})
		shelf.before = func(ctx context.Context) { <-ctx.Done() }
		begun := time.Now()
		w := do(withScope(book, daybookhttp.Track(book, daybook.Create, "user", createUser, daybookhttp.Required())), "POST", "/")
		if took := time.Since(begun); w.Code != 503 || took != 3*time.Second {
			t.Errorf("status %d after %v", w.Code, took)
		}
	})
}

func TestRequiredClosesAHijackedConnection(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	shelf.fail(errStoreDown)
	server := serve(t, 1, withScope(book, daybookhttp.Track(book, daybook.Create, "socket", func(w http.ResponseWriter, _ *http.Request) {
		if _, _, err := w.(http.Hijacker).Hijack(); err == nil {
			t.Error("the handler got the connection")
		}
		http.Error(w, "upgrade failed", 500)
	}, daybookhttp.Required())))
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" {
		t.Fatalf("answer %+v, error %v", resp, err)
	}
	if rest, err := io.ReadAll(in); len(rest) > 0 || err != nil {
		t.Errorf("after it %q, error %v", rest, err)
	}
}

func TestRequiredOutsideHoldsInside(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	shelf.fail(errStoreDown)
	inner := daybookhttp.Track(book, daybook.Create, "user", createUser)
	w := httptest.NewRecorder()
	withScope(book, daybookhttp.Track(book, daybook.Read, "page", inner.ServeHTTP, daybookhttp.Required())).
		ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
	if w.Code != 503 || strings.Contains(w.Body.String(), "Ada") {
		t.Errorf("answer %d %q", w.Code, w.Body)
	}
}
