package access_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook/access"
)

// A token that never passes is of no use as a seed, so these are valid until 2100.
const century = `"exp":4102444800`

func centuryVerifier(f *testing.F) *access.Verifier {
	issuer := hs256().issuer()
	issuer.Lifetime = 200 * 365 * 24 * time.Hour
	v, err := access.NewVerifier(issuer)
	if err != nil {
		f.Fatal(err)
	}
	return v
}

// FuzzVerify sends any text as a token: without the secret nothing passes but the very tokens that
// were made with it.
func FuzzVerify(f *testing.F) {
	v := centuryVerifier(f)
	token := valid(hs256())
	claim(`"exp":946688400`, century)(token)
	good := token.String()
	if _, err := v.Verify(good); err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for _, c := range refusals {
		t := valid(hs256())
		c.change(t)
		if token := t.String(); len(token) < 1<<10 {
			f.Add(token)
		}
	}
	f.Fuzz(func(t *testing.T, token string) {
		checkAnswer(t, v, token)
		if _, err := v.Verify(token); err == nil && token != good {
			t.Errorf("accepted: %q", token)
		}
	})
}

// FuzzVerifySigned signs any header and any claims, as an issuer might that makes faults or lets
// its users choose claims: what passes has one reading, and it is the one returned.
func FuzzVerifySigned(f *testing.F) {
	v := centuryVerifier(f)
	for _, c := range refusals {
		t := valid(hs256())
		c.change(t)
		if len(t.claims) < 1<<10 { // the fuzzer would cut long ones for minutes
			f.Add(t.header, strings.Replace(t.claims, `"exp":946688400`, century, 1))
		}
	}
	f.Fuzz(func(t *testing.T, header, claims string) {
		token := (&forged{algorithm: hs256(), header: header, claims: claims}).String()
		checkAnswer(t, v, token)
		c, err := v.Verify(token)
		if err != nil {
			return
		}
		var h struct{ Alg, Kid string }
		var p struct {
			Iss, Sub string
			Org      string `json:"org_id"`
			Exp      int64
		}
		// encoding/json ignores case and takes the last of duplicates: the reader that would see
		// another user if there were two.
		if err := errors.Join(json.Unmarshal([]byte(header), &h), json.Unmarshal([]byte(claims), &p)); err != nil {
			t.Fatalf("accepted, but %v", err)
		}
		if h.Alg != "HS256" || h.Kid != "k1" || p.Iss != c.Issuer || p.Sub != c.Subject || p.Org != c.Organization || p.Exp != c.ExpiresAt.Unix() {
			t.Errorf("read %+v from header %s and claims %s", c, header, claims)
		}
	})
}

// checkAnswer checks what holds for every token.
func checkAnswer(t *testing.T, v *access.Verifier, token string) {
	t.Helper()
	c, err := v.Verify(token)
	if err != nil {
		if !errors.Is(err, access.ErrUnauthenticated) || c.Subject != "" || c.All != nil {
			t.Errorf("%v with the claims %v", err, c)
		}
		if len(token) > 80 && strings.Contains(err.Error(), token[len(token)-40:]) {
			t.Errorf("%q is in the error %q", token, err)
		}
		return
	}
	now := time.Now()
	if c.Issuer != "https://id.example" || !slices.Contains(c.Audience, "daybook") || c.Subject == "" || c.Organization == "" ||
		!c.ExpiresAt.After(now.Add(-time.Minute)) || c.NotBefore.After(now.Add(time.Minute)) || c.IssuedAt.After(now.Add(time.Minute)) {
		t.Errorf("accepted: %+v", c)
	}
	for part := range strings.SplitSeq(token, ".") {
		if b, err := base64.RawURLEncoding.DecodeString(part); err != nil || base64.RawURLEncoding.EncodeToString(b) != part {
			t.Errorf("accepted, but %q is another spelling of its bytes", part)
		}
	}
}

// Whatever comes in the place of a credential: nobody panics, and only the exact text is good.
func FuzzCredential(f *testing.F) {
	o := newOffice(f)
	_, key := o.key(f, access.Read, access.Mint)
	_, token := o.token(f, o.who(f, key), access.ViewerTokenRequest{})
	session := o.signIn(f, o.who(f, key))
	good := []string{key, token, session}
	for _, text := range good {
		f.Add(text)
		f.Add(text[:len(text)-1])
		f.Add(other(text))
		f.Add(otherID(text))
		f.Add(strings.ToUpper(text))
	}
	f.Add("")
	f.Add("dbk_")
	f.Add("dbv__")
	f.Add("dbs_\x00")
	f.Fuzz(func(t *testing.T, text string) {
		for _, r := range []*http.Request{bearer(text), cookie(text)} {
			p, err := o.auth.Authenticate(t.Context(), r)
			if err == nil && (!slices.Contains(good, strings.Trim(text, "\" ")) || p.IsZero()) {
				t.Errorf("%q is accepted", text)
			}
			if err != nil && (!errors.Is(err, access.ErrUnauthenticated) || !p.IsZero()) {
				t.Errorf("%q: %q, %v", text, p.ID(), err)
			}
		}
	})
}

// Whatever an issuer publishes: nobody panics, and no token passes but by the key that signed it.
func FuzzKeySet(f *testing.F) {
	a := publicAlgorithms()[2]
	own, another := jwk("k1", a.public), jwk("k1", a.otherPublic)
	f.Add(jwks(another))
	f.Add(jwks(another, another))
	f.Add(jwks(`{"kty":"EC","crv":"P-256","kid":"k1","x":"","y":""}`, `{"kty":"oct","k":"AAAA"}`, `{"kty":"RSA","n":"AQAB","e":"AQAB"}`))
	f.Add(`{"keys":[null,7,[],{"use":"enc"}]}`)
	f.Add(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"` + encode(strings.Repeat("x", 32)) + `","key_ops":["verify"]}]}`)
	f.Add(strings.Replace(another, "P-256", "P-521", 1))
	f.Fuzz(func(t *testing.T, set string) {
		if set == "" || strings.Contains(set, strings.Split(own, `"x":"`)[1][:20]) {
			return // not an answer, or the key itself
		}
		p := &publisher{answer: set}
		c, err := p.verifier(t, a).Verify(signed(a, "k1"))
		if err == nil || c.Subject != "" || !errors.Is(err, access.ErrUnauthenticated) && !errors.Is(err, access.ErrNoKeys) {
			t.Errorf("%s: %v, %v", set, c.Subject, err)
		}
	})
}
