package access_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook/access"
)

func TestASessionHasTheRightsOfWhoSignedIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		_, key := o.key(t, access.Read, access.Export)
		by := o.who(t, key)
		cookie, err := o.CreateSession(t.Context(), by)
		if err != nil {
			t.Fatal(err)
		}
		if cookie.Name[:7] != "__Host-" || !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || cookie.Domain != "" || cookie.MaxAge != int(8*time.Hour/time.Second) {
			t.Errorf("the cookie is %v", cookie)
		}
		r := request("Cookie", cookie.Name+"="+cookie.Value)
		p, err := o.auth.Authenticate(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if p.ID() != by.ID() || !p.ByCookie() || by.ByCookie() || !p.Expires().Equal(time.Now().Add(8*time.Hour)) {
			t.Errorf("the principal is %q, by cookie: %t, until %v", p.ID(), p.ByCookie(), p.Expires())
		}
		if diff := cmp.Diff(by.Permissions(), p.Permissions()); diff != "" {
			t.Errorf("permissions, -want +got:\n%s", diff)
		}
		if org, err := p.Organization(""); err != nil || org.String() != "acme" {
			t.Errorf("organization %q, %v", org, err)
		}
		again, err := o.CreateSession(t.Context(), by)
		if err != nil || again.Value == cookie.Value {
			t.Errorf("a second sign-in: %v, the same session: %t", err, again.Value == cookie.Value)
		}
		if _, err := o.CreateSession(t.Context(), p); err == nil {
			t.Error("a session makes a session, which could go on for ever")
		}
		time.Sleep(8*time.Hour - time.Microsecond)
		o.good(t, "the session before its end", r)
		time.Sleep(time.Microsecond)
		o.refused(t, "the session at its end", r)
	})
}

func TestSigningOutEndsTheSession(t *testing.T) {
	o := newOffice(t)
	_, key := o.key(t, access.Read)
	cookie, err := o.CreateSession(t.Context(), o.who(t, key))
	if err != nil {
		t.Fatal(err)
	}
	r := request("Cookie", cookie.Name+"="+cookie.Value)
	p, err := o.auth.Authenticate(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to do
		gone, err := o.EndSession(t.Context(), p)
		if err != nil || gone.MaxAge != -1 || gone.Value != "" || gone.Name != cookie.Name {
			t.Errorf("%v, %v", gone, err)
		}
		o.refused(t, "the old cookie", r)
	}
	o.good(t, "the key that signed in", bearer(key))
	var did []string
	for _, c := range o.record {
		did = append(did, c.Of+" "+c.Did)
	}
	if diff := cmp.Diff([]string{"key created", "session created", "session revoked"}, did); diff != "" {
		t.Errorf("recorded, -want +got:\n%s", diff)
	}
	if _, err := o.EndSession(t.Context(), o.who(t, key)); err != nil {
		t.Errorf("sign out without a session: %v", err)
	}
}

// A JWT cannot be taken back, so what is made with it ends when it does.
func TestASessionEndsWithTheJWTThatMadeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		issuer := access.Issuer{Issuer: "https://id.example", Audience: "daybook", Algorithm: "HS256", Secret: []byte("0123456789abcdef0123456789abcdef"),
			Permissions: map[string][]access.Permission{"r": {access.Read}}}
		by, err := authenticate(t, issuer, access.Claims{Subject: "ada", Organization: "acme", ExpiresAt: time.Now().Add(time.Hour), All: map[string]any{"scope": "r"}})
		if err != nil {
			t.Fatal(err)
		}
		cookie, err := o.CreateSession(t.Context(), by)
		if err != nil {
			t.Fatal(err)
		}
		r := request("Cookie", cookie.Name+"="+cookie.Value)
		p, err := o.auth.Authenticate(t.Context(), r)
		if err != nil || p.UserID() != "ada" || p.ID() != "jwt:https://id.example" || !p.Expires().Equal(by.Expires()) {
			t.Fatalf("%q, user %q, until %v, %v", p.ID(), p.UserID(), p.Expires(), err)
		}
		time.Sleep(time.Hour - time.Microsecond)
		o.good(t, "the session before the token's end", r)
		time.Sleep(time.Microsecond)
		o.refused(t, "the session after it", r)
	})
}
