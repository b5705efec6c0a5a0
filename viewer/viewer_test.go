package viewer_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/viewer"
)

// good is the one credential that authenticates.
const good = "Bearer good"

type authenticator struct{}

func (authenticator) Authenticate(_ context.Context, r *http.Request) (access.Principal, error) {
	switch r.Header.Get("Authorization") {
	case good:
		return access.Operator("ada"), nil
	case "Bearer broken":
		return access.Principal{}, errors.New("the disk is gone")
	}
	return access.Principal{}, access.ErrUnauthenticated
}

// sessions is a map: what a session is, access tests.
type sessions map[string]bool

func (s sessions) Begin(context.Context, access.Principal) (string, time.Time, error) {
	s["secret"] = true
	return "secret", time.Now().Add(8 * time.Hour), nil
}

func (s sessions) End(_ context.Context, secret string) error {
	delete(s, secret)
	return nil
}

func newViewer(t *testing.T, s sessions) *viewer.Viewer {
	t.Helper()
	v, err := viewer.New(viewer.Config{Authenticator: authenticator{}, Sessions: s})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func get(h http.Handler, path string, headers ...string) *http.Response {
	return do(h, "GET", path, headers...)
}

func do(h http.Handler, method, path string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, "https://log.example.com"+path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestThePageIsServedUnderAStrictPolicyAtEveryPathOfItsOwn(t *testing.T) {
	v := newViewer(t, sessions{})
	for _, path := range []string{"/", "/o/acme/log?q=x", "/o/acme/entries/01890000-0000-7000-8000-000000000000"} {
		r := get(v, path)
		if r.StatusCode != 200 || r.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %s, %s", path, r.Status, r.Header.Get("Content-Type"))
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
				"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
			"X-Content-Type-Options":     "nosniff",
			"Referrer-Policy":            "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin",
			"Cache-Control":              "no-cache",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
	for _, path := range []string{"/index.html", "/v1/entries", "/assets/none.js", "/favicon.ico", "/../viewer.go"} {
		if r := get(v, path); r.StatusCode == 200 {
			t.Errorf("%s is answered with %s", path, r.Header.Get("Content-Type"))
		}
	}
	if r := do(v, "POST", "/o/acme/log"); r.StatusCode != 405 {
		t.Errorf("POST to the page: %s", r.Status)
	}
}

func TestTheFilesOfThePageAreThereCompressedAndKeptForEver(t *testing.T) {
	v := newViewer(t, sessions{})
	page := text(t, get(v, "/"))
	found := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(found) < 2 {
		t.Fatalf("the page names %d files:\n%s", len(found), page)
	}
	if strings.Contains(page, "<style") || regexp.MustCompile(`<script(?: [^>]*)?>[^<]`).MatchString(page) || strings.Contains(page, " on") && regexp.MustCompile(` on\w+=`).MatchString(page) {
		t.Errorf("the page has scripts or styles within:\n%s", page)
	}
	var script int
	for _, f := range found {
		r := get(v, f[1], "Accept-Encoding", "br;q=1, gzip")
		if r.StatusCode != 200 || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") || r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %s %v", f[1], r.Status, r.Header)
		}
		if strings.HasSuffix(f[1], ".js") {
			script += int(r.ContentLength)
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Fatalf("%s: %v", f[1], err)
			}
			if _, err := io.Copy(io.Discard, z); err != nil {
				t.Errorf("%s: %v", f[1], err)
			}
		}
		tag := r.Header.Get("ETag")
		if again := get(v, f[1], "If-None-Match", "W/"+tag); again.StatusCode != 304 {
			t.Errorf("%s with its own tag: %s", f[1], again.Status)
		}
		if plain := get(v, f[1], "Accept-Encoding", "gzip;q=0"); plain.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s is compressed for who refuses that", f[1])
		}
	}
	if script == 0 || script > 80<<10 {
		t.Errorf("the first script is %d bytes compressed, the budget is %d", script, 80<<10)
	}
}

func TestSigningInTradesTheCredentialForACookieThatScriptsCannotRead(t *testing.T) {
	s := sessions{}
	v := newViewer(t, s)
	r := do(v, "POST", "/session", "Authorization", good, "Sec-Fetch-Site", "same-origin")
	if r.StatusCode != 201 || !s["secret"] {
		t.Fatalf("sign in: %s, %v", r.Status, s)
	}
	c := r.Cookies()[0]
	if c.Name != access.SessionCookieName || c.Value != "secret" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Expires.Before(time.Now().Add(7*time.Hour)) {
		t.Errorf("the cookie is %s", r.Header.Get("Set-Cookie"))
	}
	if r.Header.Get("Cache-Control") != "no-store" || strings.Contains(text(t, r), "secret") {
		t.Error("the answer may be kept, or tells the secret")
	}
	for credential, want := range map[string]string{good: "true", "Bearer other": "false"} {
		if in := text(t, get(v, "/session", "Authorization", credential)); in != "{\"signed_in\":"+want+"}\n" {
			t.Errorf("%s: %s", credential, in)
		}
	}
	if r := get(v, "/session", "Authorization", "Bearer broken"); r.StatusCode != 503 {
		t.Errorf("a store that is gone: %s", r.Status)
	}
	out := do(v, "DELETE", "/session", "Cookie", access.SessionCookieName+"=secret", "Sec-Fetch-Site", "same-origin")
	if out.StatusCode != 204 || len(s) != 0 || out.Cookies()[0].MaxAge >= 0 {
		t.Errorf("sign out: %s, %v, %s", out.Status, s, out.Header.Get("Set-Cookie"))
	}
}

func TestSigningInIsRefusedFromOtherOriginsAndWithoutAGoodCredential(t *testing.T) {
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"no credential":            {nil, 401},
		"an unknown credential":    {[]string{"Authorization", "Bearer other"}, 401},
		"a cookie of a session":    {[]string{"Cookie", access.SessionCookieName + "=secret"}, 401},
		"the store is gone":        {[]string{"Authorization", "Bearer broken"}, 503},
		"another site":             {[]string{"Authorization", good, "Sec-Fetch-Site", "cross-site"}, 403},
		"a sister of the host":     {[]string{"Authorization", good, "Sec-Fetch-Site", "same-site"}, 403},
		"another origin, old":      {[]string{"Authorization", good, "Origin", "https://evil.example"}, 403},
		"the same origin, no site": {[]string{"Authorization", good, "Origin", "https://log.example.com"}, 201},
	} {
		s := sessions{}
		r := do(newViewer(t, s), "POST", "/session", c.headers...)
		if r.StatusCode != c.status || (len(s) > 0) != (c.status == 201) {
			t.Errorf("%s: %s, sessions %v", name, r.Status, s)
		}
		if c.status >= 400 && (r.Header.Get("Content-Type") != "application/problem+json" || r.Header.Get("Set-Cookie") != "" || strings.Contains(text(t, r), "disk")) {
			t.Errorf("%s: %v", name, r.Header)
		}
	}
}

func TestWithoutSessionsThereIsNoSignIn(t *testing.T) {
	v, err := viewer.New(viewer.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if r := do(v, "POST", "/session", "Authorization", good); r.StatusCode != 405 {
		t.Errorf("%s", r.Status)
	}
	if in := text(t, get(v, "/session")); in != "{\"signed_in\":true}\n" {
		t.Errorf("without sessions the page is told %s", in)
	}
	if _, err := viewer.New(viewer.Config{Sessions: sessions{}}); err == nil {
		t.Error("sessions without an authenticator are accepted")
	}
}
