package access_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook/access"
)

// token makes a viewer token of acme.
func (o *office) token(t testing.TB, by access.Principal, r access.ViewerTokenRequest) (access.ViewerToken, string) {
	t.Helper()
	r.Organization = organization(t, "acme")
	token, text, err := o.CreateViewerToken(t.Context(), by, r)
	if err != nil {
		t.Fatal(err)
	}
	return token, text
}

func TestAViewerTokenHasTheRightsThatItWasMadeWith(t *testing.T) {
	o := newOffice(t)
	_, key := o.key(t, access.Record, access.Read, access.Export, access.Mint, access.Keys)
	by := o.who(t, key)
	token, text := o.token(t, by, access.ViewerTokenRequest{User: "grace", Filter: "resource:document/42", Permissions: []access.Permission{access.Export, access.Read}, Origin: "https://app.example.com", Lifetime: time.Minute})
	p := o.who(t, text)
	if p.ID() != "token:"+token.ID || p.UserID() != "grace" || p.Filter() != "resource:document/42" || p.Origin() != "https://app.example.com" || !p.Expires().Equal(token.ExpiresAt) {
		t.Errorf("the principal is %q, user %q, filter %q, origin %q, until %v", p.ID(), p.UserID(), p.Filter(), p.Origin(), p.Expires())
	}
	if diff := cmp.Diff([]access.Permission{access.Read, access.Export}, p.Permissions()); diff != "" {
		t.Errorf("permissions, -want +got:\n%s", diff)
	}
	for asked, want := range map[string]error{"": nil, "acme": nil, "zeta": access.ErrForeign} {
		if _, err := p.Organization(asked); !errors.Is(err, want) {
			t.Errorf("Organization(%q): %v, want %v", asked, err, want)
		}
	}
	last := o.record[len(o.record)-1]
	if last.Of != "viewer_token" || last.Did != "created" || last.By.ID() != by.ID() || last.User != "grace" || last.Filter != "resource:document/42" || !slices.Equal(last.Organizations, []string{"acme"}) {
		t.Errorf("recorded: %+v", last)
	}
	// It makes nothing further.
	if _, _, err := o.CreateKey(t.Context(), p, access.KeyRequest{Name: "x"}); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("a key by a viewer token: %v", err)
	}
	if _, _, err := o.CreateViewerToken(t.Context(), p, access.ViewerTokenRequest{Organization: organization(t, "acme")}); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("a viewer token by a viewer token: %v", err)
	}
	for _, filter := range []string{"", "user:ada"} {
		_, text := o.token(t, by, access.ViewerTokenRequest{Filter: filter})
		if _, _, err := o.Sessions().Begin(t.Context(), o.who(t, text)); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("a session by a viewer token with the filter %q: %v", filter, err)
		}
	}
}

func TestAViewerTokenIsNeverMoreThanItsMaker(t *testing.T) {
	o := newOffice(t)
	_, text := o.key(t, access.Mint, access.Record, access.Keys)
	minter := o.who(t, text)
	_, text = o.key(t, access.Read)
	reader := o.who(t, text)
	acme, zeta := organization(t, "acme"), organization(t, "zeta")
	tests := []struct {
		name string
		by   access.Principal
		ask  access.ViewerTokenRequest
		want error
	}{
		{"without the permission mint", reader, access.ViewerTokenRequest{Organization: acme}, access.ErrForbidden},
		{"by nobody", access.Principal{}, access.ViewerTokenRequest{Organization: acme}, access.ErrForbidden},
		{"to read, by one that may not", minter, access.ViewerTokenRequest{Organization: acme}, access.ErrForbidden},
		{"for another organization", minter, access.ViewerTokenRequest{Organization: zeta}, access.ErrForeign},
		{"for no organization, by one of several", operator, access.ViewerTokenRequest{}, access.ErrForeign},
		{"for no organization", minter, access.ViewerTokenRequest{}, access.ErrForeign},
	}
	for _, tt := range tests {
		if _, text, err := o.CreateViewerToken(t.Context(), tt.by, tt.ask); !errors.Is(err, tt.want) || text != "" {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	for _, p := range access.AllPermissions() {
		_, text, err := o.CreateViewerToken(t.Context(), operator, access.ViewerTokenRequest{Organization: acme, Permissions: []access.Permission{p}})
		if may := p == access.Read || p == access.Export || p == access.Proof; may != (err == nil) || may != (text != "") {
			t.Errorf("a viewer token with %s: %v", p, err)
		}
	}
}

func TestAWrongRequestForAViewerTokenNamesItsField(t *testing.T) {
	o := newOffice(t)
	tests := []struct {
		field string
		ask   access.ViewerTokenRequest
	}{
		{"user", access.ViewerTokenRequest{User: " ada"}},
		{"user", access.ViewerTokenRequest{User: "a\x00"}},
		{"filter", access.ViewerTokenRequest{Filter: string(make([]byte, 17000))}},
		{"lifetime", access.ViewerTokenRequest{Lifetime: -1}},
		{"lifetime", access.ViewerTokenRequest{Lifetime: access.MaxTokenLifetime + 1}},
	}
	for _, origin := range []string{"app.example.com", "https://", "https://app.example.com/", "https://app.example.com:443", "http://localhost:80", "HTTPS://app.example.com",
		"https://App.example.com", "https://*.example.com", "https://user@app.example.com", "https://a.example https://b.example", "null", "file:///", "https://app.example.com:", "https://app.example.com?x", "javascript://a"} {
		tests = append(tests, struct {
			field string
			ask   access.ViewerTokenRequest
		}{"origin", access.ViewerTokenRequest{Origin: origin}})
	}
	for _, tt := range tests {
		tt.ask.Organization = organization(t, "acme")
		_, text, err := o.CreateViewerToken(t.Context(), operator, tt.ask)
		if e, ok := errors.AsType[*access.RequestError](err); !ok || e.Field != tt.field || text != "" {
			t.Errorf("%+v: %v, want a refusal of %s", tt.ask, err, tt.field)
		}
	}
}

func TestAViewerTokenLivesForMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		token, text := o.token(t, operator, access.ViewerTokenRequest{})
		if want := time.Now().Add(15 * time.Minute); !token.ExpiresAt.Equal(want) {
			t.Errorf("it ends at %v, want %v", token.ExpiresAt, want)
		}
		time.Sleep(15*time.Minute - time.Microsecond)
		o.good(t, "the token before its end", bearer(text))
		time.Sleep(time.Microsecond)
		o.refused(t, "the token at its end", bearer(text))

		// A maker that ends sooner takes it along.
		_, key, err := o.CreateKey(t.Context(), operator, access.KeyRequest{Name: "x", Organizations: []string{"acme"}, Permissions: []access.Permission{access.Mint, access.Read}, ExpiresAt: time.Now().Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		token, text = o.token(t, o.who(t, key), access.ViewerTokenRequest{})
		if want := time.Now().Add(time.Minute); !token.ExpiresAt.Equal(want) {
			t.Errorf("it ends at %v, and its maker at %v", token.ExpiresAt, want)
		}
		time.Sleep(time.Minute)
		o.refused(t, "the token of an expired key", bearer(text))
	})
}

func TestAViewerTokenEndsWithWhatItWasMadeWith(t *testing.T) {
	mint := []access.Permission{access.Mint, access.Read, access.Keys}
	tests := []struct {
		name string
		end  func(t *testing.T, o *office, id, session string) error
	}{
		{"its key is revoked", func(t *testing.T, o *office, id, _ string) error {
			_, err := o.RevokeKey(t.Context(), operator, id)
			return err
		}},
		{"its secret ends", func(t *testing.T, o *office, id, _ string) error {
			_, _, err := o.RotateKey(t.Context(), operator, id, 0)
			return err
		}},
		{"its session ends", func(t *testing.T, o *office, _, session string) error {
			return o.Sessions().End(t.Context(), session)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			id, key := o.key(t, mint...)
			_, direct := o.token(t, o.who(t, key), access.ViewerTokenRequest{})
			session, other := o.signIn(t, o.who(t, key)), o.signIn(t, o.who(t, key))
			p, err := o.auth.Authenticate(t.Context(), cookie(session))
			if err != nil {
				t.Fatal(err)
			}
			_, within := o.token(t, p, access.ViewerTokenRequest{})
			for what, r := range map[string]*http.Request{"made with the key": bearer(direct), "made in the session": bearer(within), "the session": cookie(session)} {
				o.good(t, what, r)
			}
			if err := tt.end(t, o, id, session); err != nil {
				t.Fatal(err)
			}
			o.refused(t, "the token made in the session", bearer(within))
			o.refused(t, "the session", cookie(session))
			if tt.name == "its session ends" {
				o.good(t, "the token made with the key", bearer(direct))
				o.good(t, "another session", cookie(other))
			} else {
				o.refused(t, "the token made with the key", bearer(direct))
				o.refused(t, "another session", cookie(other))
			}
		})
	}
	t.Run("a rotation with an overlap", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			o := newOffice(t)
			id, key := o.key(t, mint...)
			if _, _, err := o.RotateKey(t.Context(), operator, id, time.Minute); err != nil {
				t.Fatal(err)
			}
			_, token := o.token(t, o.who(t, key), access.ViewerTokenRequest{})
			time.Sleep(59 * time.Second)
			o.good(t, "the token during the overlap", bearer(token))
			time.Sleep(time.Second)
			o.refused(t, "the token after the overlap", bearer(token))
		})
	})
}

func TestAViewerTokenIsRevokedByItsMakerOrWhoHasKeys(t *testing.T) {
	o := newOffice(t)
	_, text := o.key(t, access.Mint, access.Read)
	maker := o.who(t, text)
	_, text = o.key(t, access.Mint, access.Read)
	another := o.who(t, text)
	_, text = o.key(t, access.Keys)
	admin := o.who(t, text)
	k, text, err := o.CreateKey(t.Context(), operator, access.KeyRequest{Name: "x", Organizations: []string{"zeta"}, Permissions: []access.Permission{access.Keys, access.Mint, access.Read}})
	if err != nil {
		t.Fatal(err)
	}
	foreign := o.who(t, text)
	for _, by := range []access.Principal{maker, admin, operator} {
		token, text := o.token(t, maker, access.ViewerTokenRequest{})
		for _, not := range []access.Principal{another, foreign, {}, o.who(t, text)} {
			if err := o.RevokeViewerToken(t.Context(), not, token.ID); !errors.Is(err, access.ErrUnknown) {
				t.Errorf("by %q: %v, want ErrUnknown", not.ID(), err)
			}
		}
		o.good(t, "the token", bearer(text))
		if err := o.RevokeViewerToken(t.Context(), by, token.ID); err != nil {
			t.Errorf("by %q: %v", by.ID(), err)
		}
		o.refused(t, "the revoked token", bearer(text))
		if last := o.record[len(o.record)-1]; last.Did != "revoked" || last.ID != token.ID || last.By.ID() != by.ID() {
			t.Errorf("recorded: %+v", last)
		}
		if err := o.RevokeViewerToken(t.Context(), by, token.ID); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("again: %v, want ErrUnknown", err)
		}
	}
	for _, id := range []string{"", "x", k.ID} {
		if err := o.RevokeViewerToken(t.Context(), operator, id); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("%q: %v, want ErrUnknown", id, err)
		}
	}
}

func TestAViewerTokenIsForItsOriginAlone(t *testing.T) {
	o := newOffice(t)
	_, bound := o.token(t, operator, access.ViewerTokenRequest{Origin: "https://app.example.com"})
	_, free := o.token(t, operator, access.ViewerTokenRequest{})
	_, local := o.token(t, operator, access.ViewerTokenRequest{Origin: "http://localhost:3000"})
	from := func(text string, origins ...string) *http.Request {
		r := bearer(text)
		r.Header["Origin"] = origins
		return r
	}
	o.good(t, "its origin", from(bound, "https://app.example.com"))
	o.good(t, "its origin with a port", from(local, "http://localhost:3000"))
	o.good(t, "a program that is no browser", bearer(bound))
	o.good(t, "any origin", from(free, "https://evil.example"))
	for _, origin := range []string{"https://evil.example", "http://app.example.com", "https://app.example.com.evil.example", "https://app.example.com:8443", "null", "", "https://APP.example.com"} {
		o.refused(t, "the origin "+origin, from(bound, origin))
	}
	o.refused(t, "two origins", from(bound, "https://app.example.com", "https://app.example.com"))
}
