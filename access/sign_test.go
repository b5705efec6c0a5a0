package access_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook/access"
)

func (a algorithm) signer(t testing.TB, change func(*access.Issuer)) *access.Signer {
	t.Helper()
	issuer := a.issuer()
	if change != nil {
		change(&issuer)
	}
	s, err := access.NewSigner(issuer, a.private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestVerifierReadsWhatSignerWrites(t *testing.T) {
	for _, a := range algorithms() {
		at2000(t, a.name+"/the least", func(t *testing.T) {
			token, err := a.signer(t, nil).Sign(access.Claims{
				Subject: "user-7", Organization: "acme", ExpiresAt: time.Now().Add(time.Hour + 999*time.Millisecond)})
			if err != nil {
				t.Fatal(err)
			}
			got, err := a.verifier(t, nil).Verify(token)
			if err != nil {
				t.Fatal(err)
			}
			want := access.Claims{
				Subject: "user-7", Organization: "acme", Issuer: "https://id.example", Audience: []string{"daybook"},
				IssuedAt: time.Unix(now, 0).UTC(), ExpiresAt: time.Unix(now+3600, 0).UTC(), All: got.All,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("claims: -want +got:\n%s", diff)
			}
		})
		at2000(t, a.name+"/everything, read and signed again", func(t *testing.T) {
			change := func(i *access.Issuer) { i.Type, i.OrganizationClaim = "at+jwt", "https://id.example/org" }
			s, v := a.signer(t, change), a.verifier(t, change)
			want := access.Claims{
				Subject: "user-7 <ünï & 😀>", Organization: "acme", Issuer: "https://id.example",
				Audience: []string{"payroll", "daybook"}, ID: "token-1",
				IssuedAt: time.Unix(now-60, 0), NotBefore: time.Unix(now-30, 0), ExpiresAt: time.Unix(now+60, 0),
				All: map[string]any{"roles": []string{"admin"}, "sub": "not this one", "https://id.example/org": "nor this"},
			}
			token, err := s.Sign(want)
			if err != nil {
				t.Fatal(err)
			}
			first, err := v.Verify(token)
			if err != nil {
				t.Fatal(err)
			}
			if first.Subject != want.Subject || first.Organization != "acme" || !first.NotBefore.Equal(want.NotBefore) || first.All["roles"].([]any)[0] != "admin" {
				t.Errorf("read %v", first)
			}
			if token, err = s.Sign(first); err != nil {
				t.Fatal(err)
			}
			second, err := v.Verify(token)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(first, second); diff != "" {
				t.Errorf("signed again: -first +second:\n%s", diff)
			}
			if want.All["sub"] != "not this one" || len(want.All) != 3 {
				t.Errorf("the caller's claims became %v", want.All)
			}
		})
	}
}

func TestClaimsLeftOutOfAClaimsStructAreLeftOutOfTheToken(t *testing.T) {
	at2000(t, "though All has them", func(t *testing.T) {
		token, err := hs256().signer(t, nil).Sign(access.Claims{
			Subject: "user-7", Organization: "acme", ExpiresAt: time.Now().Add(time.Hour),
			All: map[string]any{"nbf": 1, "jti": "old", "aud": "payroll"}})
		if err != nil {
			t.Fatal(err)
		}
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
		want := `{"aud":["daybook"],"exp":946688400,"iat":946684800,"iss":"https://id.example","org_id":"acme","sub":"user-7"}`
		if string(payload) != want {
			t.Errorf("the payload is %s %v, want %s", payload, err, want)
		}
	})
}

func TestHeaderSaysAlgTypAndKid(t *testing.T) {
	for _, a := range algorithms() {
		for name, c := range map[string]struct {
			change func(*access.Issuer)
			want   string
		}{
			"a key id": {nil, `{"alg":"` + a.name + `","kid":"k1","typ":"JWT"}`},
			"no key id, and a type": {func(i *access.Issuer) { i.KeyID, i.Type = "", "at+jwt" },
				`{"alg":"` + a.name + `","typ":"at+jwt"}`},
		} {
			at2000(t, a.name+"/"+name, func(t *testing.T) {
				token, err := a.signer(t, c.change).Sign(access.Claims{Subject: "user-7", Organization: "acme", ExpiresAt: time.Now().Add(time.Hour)})
				if err != nil {
					t.Fatal(err)
				}
				got, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
				if string(got) != c.want {
					t.Errorf("the header is %s %v, want %s", got, err, c.want)
				}
			})
		}
	}
}

func TestSignerRefusesWhatNoVerifierWouldAccept(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(now+s, 0) }
	for name, c := range map[string]struct {
		why    string
		change func(*access.Claims)
	}{
		"no subject":                       {"sub is", func(c *access.Claims) { c.Subject = "" }},
		"a subject with a space behind":    {"sub is", func(c *access.Claims) { c.Subject += " " }},
		"a subject that is not UTF-8":      {"not valid UTF-8", func(c *access.Claims) { c.Subject += "\xff" }},
		"a subject with a byte 0":          {"escapes what", func(c *access.Claims) { c.Subject += "\x00" }},
		"no organization":                  {"no organization", func(c *access.Claims) { c.Organization = "" }},
		"an organization not UTF-8":        {"not valid UTF-8", func(c *access.Claims) { c.Organization += "\xff" }},
		"an organization in All alone":     {"no organization", func(c *access.Claims) { c.Organization, c.All = "", map[string]any{"org_id": "acme"} }},
		"another issuer":                   {"iss is another", func(c *access.Claims) { c.Issuer = "https://other.example" }},
		"another audience":                 {"aud does not", func(c *access.Claims) { c.Audience = []string{"payroll"} }},
		"an audience that is not UTF-8":    {"not valid UTF-8", func(c *access.Claims) { c.Audience = []string{"daybook", "\xff"} }},
		"an id that is not UTF-8":          {"not valid UTF-8", func(c *access.Claims) { c.ID = "\xff" }},
		"no end":                           {"exp is missing", func(c *access.Claims) { c.ExpiresAt = time.Time{} }},
		"an end before now":                {"exp is not after", func(c *access.Claims) { c.ExpiresAt = at(-1) }},
		"an end in the same second":        {"exp is not after", func(c *access.Claims) { c.ExpiresAt = at(0).Add(999 * time.Millisecond) }},
		"an end before nbf":                {"exp is not after", func(c *access.Claims) { c.NotBefore = at(3601) }},
		"an end more than 24 hours ahead":  {"exp is more than", func(c *access.Claims) { c.ExpiresAt = at(24*3600 + 1) }},
		"an end after the year 9999":       {"exp is not a whole", func(c *access.Claims) { c.ExpiresAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }},
		"a beginning before 1970":          {"iat is not a whole", func(c *access.Claims) { c.IssuedAt = time.Unix(-1, 0) }},
		"a claim that is no JSON":          {"write the claims", func(c *access.Claims) { c.All = map[string]any{"f": func() {}} }},
		"a claim that looks like another":  {"spells sub", func(c *access.Claims) { c.All = map[string]any{"SUB": "user-8"} }},
		"a claim nested too deep":          {"deeper", func(c *access.Claims) { c.All = map[string]any{"x": nested(32)} }},
		"a claim that makes it too long":   {"longer than 8192", func(c *access.Claims) { c.All = map[string]any{"x": strings.Repeat("x", 8<<10)} }},
		"a claim of JSON with a duplicate": {"two members", func(c *access.Claims) { c.All = map[string]any{"x": rawJSON(`{"a":1,"a":2}`)} }},
	} {
		at2000(t, name, func(t *testing.T) {
			claims := access.Claims{Subject: "user-7", Organization: "acme", ExpiresAt: at(3600)}
			s := hs256().signer(t, nil)
			if _, err := s.Sign(claims); err != nil {
				t.Fatalf("before the change: %v", err)
			}
			c.change(&claims)
			token, err := s.Sign(claims)
			if err == nil || token != "" || !strings.Contains(err.Error(), c.why) || errors.Is(err, access.ErrUnauthenticated) {
				t.Errorf("the error is %v, want %q", err, c.why)
			}
		})
	}
}

func nested(levels int) any {
	var v any = 1
	for range levels {
		v = []any{v}
	}
	return v
}

type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func TestUnsafeSignersAreRefused(t *testing.T) {
	hs, rs, es := algorithms()[0], algorithms()[1], algorithms()[3]
	for name, c := range map[string]struct {
		why     string
		issuer  access.Issuer
		private crypto.Signer
	}{
		"HS256 with a private key":           {"no PublicKey", hs.issuer(), rs.private},
		"HS256 with a short secret":          {"has 3 bytes", access.Issuer{Issuer: "i", Audience: "a", Algorithm: "HS256", Secret: []byte("abc")}, nil},
		"RS256 without a private key":        {"needs a private key", rs.issuer(), nil},
		"RS256 with another private key":     {"is not that of the private key", es.issuer(), rs.private},
		"RS256 with an elliptic private key": {"not what RS256 needs", withoutKey(rs.issuer()), es.private},
		"a key of 1024 bits":                 {"not what RS256 needs", withoutKey(rs.issuer()), weakKey(t)},
		"a key of another kind":              {"the private key is a", withoutKey(rs.issuer()), otherSigner{rs.private}},
		"the algorithm none":                 {"the Algorithm", access.Issuer{Issuer: "i", Audience: "a", Algorithm: "none"}, rs.private},
		"no audience":                        {"the Audience", access.Issuer{Issuer: "i", Algorithm: "HS256", Secret: []byte(secret)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := access.NewSigner(c.issuer, c.private); err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("the error is %v, want %q", err, c.why)
			}
		})
	}
}

func TestPublicKeyOfASignerMayBeLeftOut(t *testing.T) {
	for _, a := range algorithms() {
		at2000(t, a.name, func(t *testing.T) {
			token, err := a.signer(t, func(i *access.Issuer) { i.PublicKey = nil }).
				Sign(access.Claims{Subject: "user-7", Organization: "acme", ExpiresAt: time.Now().Add(time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := a.verifier(t, nil).Verify(token); err != nil {
				t.Error(err)
			}
		})
	}
}

func withoutKey(i access.Issuer) access.Issuer {
	i.PublicKey = nil
	return i
}

func weakKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// An otherSigner is a private key of a type that is not offered.
type otherSigner struct{ crypto.Signer }

func (otherSigner) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return bytes.Repeat([]byte{1}, 256), nil
}
