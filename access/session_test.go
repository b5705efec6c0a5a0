package access_test

import (
	"errors"
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
		secret, expires, err := o.Sessions().Begin(t.Context(), by)
		if err != nil || !expires.Equal(time.Now().Add(8*time.Hour)) {
			t.Fatalf("it ends at %v, %v", expires, err)
		}
		r := cookie(secret)
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
		if o.signIn(t, by) == secret {
			t.Error("a second sign-in gives the same session")
		}
		for _, nobody := range []access.Principal{p, {}} { // p: it could go on for ever
			if _, _, err := o.Sessions().Begin(t.Context(), nobody); !errors.Is(err, access.ErrForbidden) {
				t.Errorf("a session by %q in a session: %v, want ErrForbidden", nobody.ID(), err)
			}
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
	secret := o.signIn(t, o.who(t, key))
	o.good(t, "the session", cookie(secret))
	if err := o.Sessions().End(t.Context(), other(secret)); err != nil {
		t.Errorf("sign out with a wrong secret: %v", err)
	}
	o.good(t, "the session that a wrong secret named", cookie(secret))
	for _, secret := range []string{secret, secret, "", "x", key} { // after the first there is nothing to do
		if err := o.Sessions().End(t.Context(), secret); err != nil {
			t.Errorf("sign out: %v", err)
		}
	}
	o.refused(t, "the old cookie", cookie(secret))
	o.good(t, "the key that signed in", bearer(key))
	var did []string
	for _, c := range o.record {
		did = append(did, c.Of+" "+c.Did)
	}
	if diff := cmp.Diff([]string{"key created", "session created", "session revoked"}, did); diff != "" {
		t.Errorf("recorded, -want +got:\n%s", diff)
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
		r := cookie(o.signIn(t, by))
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
