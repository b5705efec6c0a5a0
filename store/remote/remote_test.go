package remote_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/remote"
)

// A fake answers as it is told. The suite of stores runs against a real server, in internal/apitest.
func fake(t *testing.T, options *remote.Options, answer http.HandlerFunc) *remote.Store {
	t.Helper()
	h := httptest.NewServer(answer)
	t.Cleanup(h.Close)
	s, err := remote.Open(h.URL, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func problem(w http.ResponseWriter, status int, code, rest string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"title":"x","status":%d,"code":%q%s}`, status, code, rest)
}

func lines(t *testing.T, r *http.Request) []string {
	t.Helper()
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Error(err)
			return nil
		}
		body = z
	}
	var all []string
	for s := bufio.NewScanner(body); s.Scan(); {
		all = append(all, s.Text())
	}
	return all
}

var entry = daybook.Entry{OrganizationID: "acme", Action: daybook.Create, ResourceType: "document"}

// What passes is tried again, with the same entry, until it is stored.
func TestWhatPassesIsTriedAgainWithTheSameEntry(t *testing.T) {
	var attempts atomic.Int32
	var mu sync.Mutex
	ids := map[string]bool{}
	s := fake(t, nil, func(w http.ResponseWriter, r *http.Request) {
		for _, line := range lines(t, r) {
			var e struct{ ID string }
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Error(err)
			}
			mu.Lock()
			ids[e.ID] = true
			mu.Unlock()
		}
		switch attempts.Add(1) {
		case 1:
			problem(w, 503, "unavailable", "")
		case 2:
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			conn.Close() // cut off
		case 3:
			w.Header().Set("Retry-After", "0")
			problem(w, 429, "rate_limited", "")
		default:
			io.WriteString(w, `{"created":1,"duplicate":0,"failed":0,"results":[]}`)
		}
	})
	if err := s.Append(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	if attempts.Load() != 4 || len(ids) != 1 || ids[""] {
		t.Errorf("%d attempts with the ids %v", attempts.Load(), ids)
	}
}

// What the server refuses is not tried again, and is the library's error.
func TestARefusalIsTheLibrarysError(t *testing.T) {
	for code, c := range map[string]struct {
		status int
		rest   string
		want   error
	}{
		"conflict":         {409, "", daybook.ErrConflict},
		"invalid":          {400, `,"errors":[{"field":"limit","reason":"is silly"}]`, daybook.ErrInvalid},
		"cursor_invalid":   {400, "", daybook.ErrCursor},
		"position_invalid": {400, "", daybook.ErrPosition},
		"no_organization":  {400, "", daybook.ErrNoOrganization},
		"query_timeout":    {422, "", context.DeadlineExceeded},
		"not_found":        {404, "", daybook.ErrNotFound},
	} {
		var attempts atomic.Int32
		s := fake(t, nil, func(w http.ResponseWriter, r *http.Request) {
			attempts.Add(1)
			problem(w, c.status, code, c.rest)
		})
		_, err := s.Query(t.Context(), "acme", daybook.Query{})
		p, ok := errors.AsType[*remote.Problem](err)
		if !errors.Is(err, c.want) || attempts.Load() != 1 || !ok || p.Status != c.status || p.Code != code {
			t.Errorf("%s: %v after %d attempts", code, err, attempts.Load())
		}
		if f, ok := errors.AsType[*daybook.FieldError](err); code == "invalid" && (!ok || f.Field != "limit") {
			t.Errorf("the field is lost: %v", err)
		}
	}
}

// Many who append at once share requests, and each hears of its own entry.
func TestCallsShareRequestsAndEachHearsOfItsOwn(t *testing.T) {
	const callers = 200
	var requests atomic.Int32
	release := make(chan struct{})
	s := fake(t, &remote.Options{Requests: 1}, func(w http.ResponseWriter, r *http.Request) {
		all := lines(t, r)
		if requests.Add(1) == 1 {
			<-release // until everybody waits
		}
		var results []string
		for i, line := range all {
			if strings.Contains(line, `"resource_id":"bad"`) {
				results = append(results, fmt.Sprintf(`{"index":%d,"status":"conflict","errors":[{"field":"id","reason":"is taken","code":"conflict"}]}`, i))
			}
		}
		fmt.Fprintf(w, `{"created":0,"duplicate":0,"failed":%d,"results":[%s]}`, len(results), strings.Join(results, ","))
	})
	var wg sync.WaitGroup
	var waiting, conflicts atomic.Int32
	for i := range callers {
		wg.Go(func() {
			e := entry
			if e.ResourceID = "good"; i%10 == 0 {
				e.ResourceID = "bad"
			}
			if waiting.Add(1) == callers {
				close(release)
			}
			err := s.Append(t.Context(), e)
			switch {
			case e.ResourceID == "bad" && errors.Is(err, daybook.ErrConflict):
				conflicts.Add(1)
			case e.ResourceID == "bad" || err != nil:
				t.Errorf("%s: %v", e.ResourceID, err)
			}
		})
	}
	wg.Wait()
	if n := requests.Load(); n > callers/4 || conflicts.Load() != callers/10 {
		t.Errorf("%d requests, %d conflicts", n, conflicts.Load())
	}
}

// Whoever gives up gets their context's error at once, and the others are not disturbed.
func TestAServerThatHangsHoldsNobody(t *testing.T) {
	release := make(chan struct{})
	s := fake(t, &remote.Options{Requests: 1}, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
			return
		}
		io.WriteString(w, `{"created":1,"duplicate":0,"failed":0,"results":[]}`)
	})
	other := make(chan error)
	go func() { other <- s.Append(t.Context(), entry) }()
	for _, f := range []func(context.Context) error{
		func(ctx context.Context) error { return s.Append(ctx, entry) },
		func(ctx context.Context) error { return s.Append(ctx, entry, entry) },
		func(ctx context.Context) error { _, err := s.Query(ctx, "acme", daybook.Query{}); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		began := time.Now()
		if err := f(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		cancel()
	}
	close(release)
	if err := <-other; err != nil {
		t.Error(err)
	}
}

// A credential goes to the server that was named, and nowhere else.
func TestARedirectIsNotFollowed(t *testing.T) {
	var stolen atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Store(true) }))
	defer thief.Close()
	s := fake(t, &remote.Options{Token: "secret"}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
	})
	if _, err := s.Query(t.Context(), "acme", daybook.Query{}); err == nil || stolen.Load() || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}

func TestAnswersOfOtherServersAreErrors(t *testing.T) {
	for _, body := range []string{"<html>", "", `{"entries":1}`, `{"entries":[{"id":"x"}]}`, "null"} {
		s := fake(t, &remote.Options{Retry: -1}, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, body) })
		if page, err := s.Query(t.Context(), "acme", daybook.Query{}); err == nil && body != "null" {
			t.Errorf("%q: %v", body, page)
		}
	}
}

func TestAddressesAreChecked(t *testing.T) {
	for _, address := range []string{"", "log.example.com", "ftp://x", "https://", "https://a:b@x", "https://x?y=1", "https://x#y", ":"} {
		if s, err := remote.Open(address, nil); !errors.Is(err, daybook.ErrInvalid) {
			t.Errorf("%q: %v, %v", address, s, err)
		}
	}
	if _, err := remote.Open("https://x", &remote.Options{Token: "a\r\nHost: y"}); !errors.Is(err, daybook.ErrInvalid) {
		t.Errorf("a token with a line break: %v", err)
	}
}

func TestAClosedStoreRefuses(t *testing.T) {
	s := fake(t, nil, func(w http.ResponseWriter, r *http.Request) {})
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Append(t.Context(), entry); !errors.Is(err, daybook.ErrClosed) {
		t.Errorf("%v", err)
	}
	if _, _, err := s.Tail(t.Context(), daybook.Position{}, 1); !errors.Is(err, daybook.ErrClosed) {
		t.Errorf("%v", err)
	}
}
