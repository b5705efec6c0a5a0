package access_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook/access"
)

func TestVerifyReturnsWhatTheTokenSays(t *testing.T) {
	want := access.Claims{
		Subject:      "user-7",
		Organization: "acme",
		Issuer:       "https://id.example",
		Audience:     []string{"daybook"},
		ID:           "token-1",
		ExpiresAt:    time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC),
		NotBefore:    time.Date(1999, 12, 31, 23, 59, 0, 0, time.UTC),
		IssuedAt:     time.Date(1999, 12, 31, 23, 59, 0, 0, time.UTC),
		All: map[string]any{
			"iss": "https://id.example", "aud": "daybook", "sub": "user-7", "org_id": "acme", "jti": "token-1",
			"exp": json.Number("946688400"), "nbf": json.Number("946684740"), "iat": json.Number("946684740"),
			"roles": []any{"admin", json.Number("12345678901234567890")}, "extra": map[string]any{"a": nil, "b": true},
		},
	}
	for _, a := range algorithms() {
		v := a.verifier(t, nil)
		at2000(t, a.name, func(t *testing.T) {
			f := valid(a)
			addClaim(`"roles":["admin",12345678901234567890],"extra":{"a":null,"b":true}`)(f)
			got, err := v.Verify(f.String())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("claims: -want +got:\n%s", diff)
			}
		})
	}
}

// What the RFCs allow and nothing here forbids is not refused.
func TestHarmlessDifferencesAreAccepted(t *testing.T) {
	for name, change := range map[string]func(*forged){
		"no typ":                              header(`,"typ":"JWT"`, ``),
		"typ in lower case":                   header(`"JWT"`, `"jwt"`),
		"typ as a media type":                 header(`"JWT"`, `"application/JWT"`),
		"header members that nobody knows":    addHeader(`"x5t":"AAAA","nonce":"1","org.example":{"a":[1]}`),
		"white space around the members":      func(f *forged) { f.header = replace(f.header, `,"kid":`, " ,\r\n \"kid\" : ") },
		"white space around the claims":       func(f *forged) { f.claims = " \n" + f.claims + "\t\n" },
		"several audiences, ours among them":  claim(`"daybook"`, `["payroll","daybook"]`),
		"no nbf, no iat, no jti":              claim(`,"nbf":946684740,"iat":946684740,"jti":"token-1"`, ``),
		"the organization spelled in escapes": claim(`"acme"`, `"\u0061cme"`),
		"a name beyond the basic plane":       addClaim(`"name":"\ud83d\ude00 😀 \\ud800 \u00e9"`),
		"a claim that only looks like sub":    addClaim(`"subs":"user-8","s_ub":1,"su":2`),
		"other claims that differ in case":    addClaim(`"name":"Ada","Name":"Bob"`),
		"32 levels":                           addClaim(`"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31)),
	} {
		at2000(t, name, func(t *testing.T) {
			f := valid(hs256())
			change(f)
			c, err := f.verifier(t, nil).Verify(f.String())
			if err != nil || c.Subject != "user-7" || c.Organization != "acme" {
				t.Errorf("%v %v", c, err)
			}
		})
	}
}

func TestATokenOf8KiBIsAccepted(t *testing.T) {
	at2000(t, "and one of a byte more is not", func(t *testing.T) {
		f := valid(hs256())
		v := f.verifier(t, nil)
		longest := 0
		for pad := 5900; pad < 6100; pad++ {
			f := valid(hs256())
			addClaim(`"pad":"` + strings.Repeat("x", pad) + `"`)(f)
			token := f.String()
			_, err := v.Verify(token)
			if ok := len(token) <= access.MaxToken; ok != (err == nil) {
				t.Fatalf("%d bytes: %v", len(token), err)
			}
			if err == nil {
				longest = max(longest, len(token))
			}
		}
		if longest < access.MaxToken-1 {
			t.Errorf("the longest token tried had %d bytes", longest)
		}
	})
}

func TestTokenIsValidFromNbfToExpGiveOrTakeTheSkew(t *testing.T) {
	const ns = time.Nanosecond
	for name, c := range map[string]struct {
		configured  time.Duration
		first, last time.Duration // since nbf or iat, an hour before exp
	}{
		"by default 30 seconds": {0, -30 * time.Second, time.Hour + 30*time.Second - ns},
		"configured":            {5 * time.Minute, -5 * time.Minute, time.Hour + 5*time.Minute - ns},
		"not at all":            {-1, 0, time.Hour - ns},
	} {
		for what, begin := range map[string]string{"nbf": `"nbf":946688400`, "iat": `"iat":946688400`} {
			f := valid(hs256())
			claim(`"nbf":946684740,"iat":946684740`, begin)(f)
			claim(`"exp":946688400`, `"exp":946692000`)(f)
			v := f.verifier(t, func(i *access.Issuer) { i.Skew = c.configured })
			for at, want := range map[time.Duration]bool{c.first - ns: false, c.first: true, c.last: true, c.last + ns: false} {
				at2000(t, fmt.Sprintf("%s/%s/%s", name, what, at), func(t *testing.T) {
					time.Sleep(time.Hour + at) // by the clock of the bubble
					if _, err := v.Verify(f.String()); (err == nil) != want {
						t.Errorf("%v, want it accepted: %t", err, want)
					}
				})
			}
		}
	}
}

func TestExpIsAtMostALifetimeAhead(t *testing.T) {
	for name, c := range map[string]struct {
		lifetime time.Duration
		ahead    time.Duration
		want     bool
	}{
		"24 hours and the skew by default": {0, 24*time.Hour + 30*time.Second, true},
		"a second more":                    {0, 24*time.Hour + 31*time.Second, false},
		"15 minutes where configured":      {15 * time.Minute, 15 * time.Minute, true},
		"16 minutes where 15 are":          {15 * time.Minute, 16 * time.Minute, false},
		"a year where that is":             {8760 * time.Hour, 8760 * time.Hour, true},
	} {
		at2000(t, name, func(t *testing.T) {
			f := valid(hs256())
			claim("946688400", fmt.Sprint(time.Now().Add(c.ahead).Unix()))(f)
			v := f.verifier(t, func(i *access.Issuer) { i.Lifetime = c.lifetime })
			if _, err := v.Verify(f.String()); (err == nil) != c.want {
				t.Errorf("%v, want it accepted: %t", err, c.want)
			}
		})
	}
}

func TestTypIsWhatIsConfigured(t *testing.T) {
	for name, c := range map[string]struct {
		configured, header string
		want               bool
	}{
		"an access token":                         {"at+jwt", `"typ":"at+jwt",`, true},
		"an access token as a media type":         {"at+jwt", `"typ":"application/at+JWT",`, true},
		"configured as a media type":              {"application/at+jwt", `"typ":"at+jwt",`, true},
		"an ID token for an access token":         {"at+jwt", `"typ":"JWT",`, false},
		"a token without typ for an access token": {"at+jwt", ``, false},
		"a logout token for an access token":      {"at+jwt", `"typ":"logout+jwt",`, false},
		"a token without typ where JWT is asked":  {"JWT", ``, false},
		"an access token where JWT is asked":      {"JWT", `"typ":"at+jwt",`, false},
		"no typ where any application is asked":   {"application/", ``, false},
		"JWT where JWT is asked":                  {"JWT", `"typ":"JWT",`, true},
	} {
		at2000(t, name, func(t *testing.T) {
			f := valid(hs256())
			header(`"typ":"JWT",`, c.header)(f)
			v := f.verifier(t, func(i *access.Issuer) { i.Type = c.configured })
			if _, err := v.Verify(f.String()); (err == nil) != c.want {
				t.Errorf("%v, want it accepted: %t", err, c.want)
			}
		})
	}
}

func TestKidIsIgnoredWhereTheIssuerHasOneKey(t *testing.T) {
	for name, kid := range map[string]string{"none": ``, "one": `,"kid":"2024-01"`} {
		at2000(t, name, func(t *testing.T) {
			f := valid(hs256())
			header(`,"kid":"k1"`, kid)(f)
			v := f.verifier(t, func(i *access.Issuer) { i.KeyID = "" })
			if _, err := v.Verify(f.String()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestKeysOfOneIssuerAreToldApartByTheirID(t *testing.T) {
	for _, a := range algorithms() {
		first, second := a.issuer(), a.other()
		second.Issuer, second.KeyID = first.Issuer, "k2"
		v, err := access.NewVerifier(first, second)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			kid  string
			sign func(string) []byte
			want bool
		}{
			"the first key":               {"k1", a.sign, true},
			"the second key":              {"k2", a.otherSign, true},
			"the first key as the second": {"k2", a.sign, false},
			"the second key as the first": {"k1", a.otherSign, false},
			"a third id":                  {"k3", a.sign, false},
		} {
			at2000(t, a.name+"/"+name, func(t *testing.T) {
				f := valid(a)
				header(`"k1"`, `"`+c.kid+`"`)(f)
				f.sign = c.sign
				if _, err := v.Verify(f.String()); (err == nil) != c.want {
					t.Errorf("%v, want it accepted: %t", err, c.want)
				}
			})
		}
	}
}

// Each issuer has its own audience, claim and type, and vouches for its own users only.
func TestIssuersDoNotMix(t *testing.T) {
	a := hs256()
	other := a.other()
	other.Audience, other.OrganizationClaim, other.Type = "payroll", "https://other.example/tenant", "at+jwt"
	v, err := access.NewVerifier(a.issuer(), other)
	if err != nil {
		t.Fatal(err)
	}
	theirs := func() *forged {
		f := valid(a)
		f.sign = a.otherSign
		header(`"JWT"`, `"at+jwt"`)(f)
		claim(`"https://id.example"`, `"https://other.example"`)(f)
		claim(`"daybook"`, `"payroll"`)(f)
		claim(`"org_id"`, `"https://other.example/tenant"`)(f)
		return f
	}
	at2000(t, "the other issuer's token passes", func(t *testing.T) {
		c, err := v.Verify(theirs().String())
		if err != nil || c.Issuer != "https://other.example" || c.Organization != "acme" {
			t.Errorf("%v %v", c, err)
		}
	})
	for name, c := range map[string]struct {
		why    string
		change func(*forged)
	}{
		"our name with the other's key": {"signature", func(f *forged) {
			header(`"at+jwt"`, `"JWT"`)(f)
			claim(`"https://other.example",`, `"https://id.example",`)(f)
		}},
		"our key with the other's name":                {"signature", func(f *forged) { f.sign = a.sign }},
		"our audience in the other's token":            {"aud", claim(`"payroll"`, `"daybook"`)},
		"our organization claim in the other's token":  {"no organization", claim(`"https://other.example/tenant"`, `"org_id"`)},
		"our type in the other's token":                {"typ", header(`"at+jwt"`, `"JWT"`)},
		"the other's organization claim in other case": {"spells", addClaim(`"https://other.example/TENANT":"globex"`)},
	} {
		at2000(t, name, func(t *testing.T) {
			f := theirs()
			c.change(f)
			wantRefused(t, v, f.String(), c.why)
		})
	}
}

func TestVerifyIsSafeForConcurrentUse(t *testing.T) {
	at2000(t, "all verify alike", func(t *testing.T) {
		f := valid(hs256())
		v, token := f.verifier(t, nil), f.String()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 100 {
					c, err := v.Verify(token)
					if err != nil || c.Subject != "user-7" {
						t.Error(c, err)
					}
					c.All["sub"], c.Audience[0] = "changed", "changed" // ours to change
				}
			})
		}
		wg.Wait()
	})
}
