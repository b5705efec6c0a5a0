package daybookhttp_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
)

// Trap 4, streams: what a handler flushes arrives while it goes on.
func TestServerSentEventsStream(t *testing.T) {
	for proto := 1; proto <= 2; proto++ {
		book, shelf := newBook(t, daybook.Options{})
		next := make(chan string)
		server := serve(t, proto, withScope(book, daybookhttp.Track(book, daybook.Read, "feed", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.(http.Flusher).Flush()
			for event := range next {
				fmt.Fprintf(w, "data: %s\n\n", event)
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Error(err)
				}
			}
		})))
		resp, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		shelf.only(t, daybook.Entry{Action: daybook.Read, ResourceType: "feed", Outcome: daybook.Success}) // at its beginning
		body := bufio.NewReader(resp.Body)
		for _, event := range []string{"one", "two", "three"} {
			next <- event
			line, err := body.ReadString('\n')
			if err != nil || line != "data: "+event+"\n" {
				t.Fatalf("HTTP %d: line %q, error %v", proto, line, err)
			}
			body.ReadString('\n')
		}
		close(next)
		if rest, err := io.ReadAll(body); len(rest) > 0 || err != nil {
			t.Errorf("rest %q, error %v", rest, err)
		}
		resp.Body.Close()
	}
}

// Trap 4, WebSockets: both ways in which handlers upgrade.
func TestConnectionsAreUpgraded(t *testing.T) {
	const switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
	for name, upgrade := range map[string]func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error){
		"by hand": func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error) {
			conn, rw, err := w.(http.Hijacker).Hijack()
			if err == nil {
				rw.WriteString(switched)
				err = rw.Flush()
			}
			return conn, rw, err
		},
		"by WriteHeader": func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error) {
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "echo")
			w.WriteHeader(101)
			return http.NewResponseController(w).Hijack()
		},
	} {
		t.Run(name, func(t *testing.T) {
			book, shelf := newBook(t, daybook.Options{Forgotten: func(_ context.Context, what string) { t.Errorf("forgotten: %s", what) }})
			echo := func(w http.ResponseWriter, r *http.Request) {
				conn, rw, err := upgrade(w)
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				line, _ := rw.ReadString('\n')
				fmt.Fprintf(conn, "echo %s", line)
				if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrHijacked) {
					t.Errorf("write after hijack: %v", err)
				}
			}
			server := serve(t, 1, withScope(book, daybookhttp.Track(book, daybook.Create, "socket", echo)))
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
			in := bufio.NewReader(conn)
			resp, err := http.ReadResponse(in, nil)
			if err != nil || resp.StatusCode != 101 || resp.Header.Get("Upgrade") != "echo" {
				t.Fatalf("answer %+v, error %v", resp, err)
			}
			shelf.only(t, daybook.Entry{Action: daybook.Create, ResourceType: "socket", Outcome: daybook.Success}) // before the answer
			fmt.Fprint(conn, "hello\n")
			if line, err := in.ReadString('\n'); line != "echo hello\n" {
				t.Errorf("line %q, error %v", line, err)
			}
		})
	}
}

func TestAHijackThatFailsDecidesNothing(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	refuse := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(noHijack{w}, r) })
	}
	h := refuse(daybookhttp.Track(book, daybook.Read, "socket", func(w http.ResponseWriter, _ *http.Request) {
		if _, _, err := w.(http.Hijacker).Hijack(); err == nil {
			t.Error("no error")
		}
		w.WriteHeader(500)
	}))
	if w := do(withScope(book, h), "GET", "/"); w.Code != 500 {
		t.Errorf("status %d", w.Code)
	}
	shelf.only(t, daybook.Entry{Action: daybook.Read, ResourceType: "socket", Outcome: daybook.Failure})
}

type noHijack struct{ http.ResponseWriter }

func (noHijack) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, http.ErrNotSupported
}

func TestDeadlinesReachTheConnection(t *testing.T) {
	book, shelf := newBook(t, daybook.Options{})
	server := serve(t, 1, withScope(book, daybookhttp.Track(book, daybook.Create, "user", func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		if err := errors.Join(c.EnableFullDuplex(), c.SetReadDeadline(time.Unix(1, 0)), c.SetWriteDeadline(time.Time{})); err != nil {
			t.Error(err)
		}
		if _, err := io.ReadAll(r.Body); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read: %v", err)
		}
		w.WriteHeader(408)
	})))
	body, keepOpen := io.Pipe()
	defer keepOpen.Close()
	resp, err := server.Client().Post(server.URL, "text/plain", body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 408 {
		t.Errorf("status %d", resp.StatusCode)
	}
	shelf.only(t, daybook.Entry{Action: daybook.Create, ResourceType: "user", Outcome: daybook.Failure})
}
