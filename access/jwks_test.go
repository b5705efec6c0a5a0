package access_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/daybookdev/daybook/access"
)

func publicAlgorithms() []algorithm { return algorithms()[1:] }

// signed returns a token of the valid one's issuer that names a key, and ends in an hour from now on.
func signed(a algorithm, kid string) string {
	f := valid(a)
	f.header = replace(f.header, `"kid":"k1"`, fmt.Sprintf(`"kid":%q`, kid))
	f.claims = replace(f.claims, `"exp":946688400`, fmt.Sprintf(`"exp":%d`, time.Now().Add(time.Hour).Unix()))
	return f.String()
}

func TestAPublishedKeyVerifiesAndEveryMutationIsRefused(t *testing.T) {
	for _, a := range publicAlgorithms() {
		p := &publisher{answer: jwks(jwk("k1", a.public), jwk("k2", a.otherPublic))}
		at2000(t, a.name+"/the valid token passes", func(t *testing.T) {
			if _, err := p.verifier(t, a).Verify(valid(a).String()); err != nil {
				t.Fatal(err)
			}
			if _, err := p.verifier(t, a).Verify(signed(a, "k1")); err != nil {
				t.Error(err)
			}
			wantRefused(t, p.verifier(t, a), signed(a, "k2"), "the signature is wrong")
		})
		for _, c := range refusals {
			at2000(t, a.name+"/"+c.name, func(t *testing.T) {
				f := valid(a)
				c.change(f)
				v := p.verifier(t, a)
				if claims, err := v.Verify(f.String()); !errors.Is(err, access.ErrUnauthenticated) || claims.Subject != "" {
					t.Errorf("%v, %v, want ErrUnauthenticated", claims, err)
				}
			})
		}
	}
}

func TestAnUnknownKeyIsFetchedAtMostOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := publicAlgorithms()[2]
		p := &publisher{answer: jwks(jwk("k1", a.public)), wait: time.Second}
		v := p.verifier(t, a)
		verify := func(kid string, want error) {
			t.Helper()
			if _, err := v.Verify(signed(a, kid)); !errors.Is(err, want) {
				t.Errorf("kid %s: %v, want %v", kid, err, want)
			}
		}
		fetches := func(want int) {
			t.Helper()
			if n := p.count(); n != want {
				t.Errorf("%d fetches, want %d", n, want)
			}
		}
		fetches(0)
		var wg sync.WaitGroup
		for range 50 { // together, before there is any key
			wg.Go(func() { verify("k1", nil) })
		}
		wg.Wait()
		fetches(1)
		for i := range 100 {
			verify(fmt.Sprint("unknown ", i), access.ErrUnauthenticated)
		}
		fetches(1)
		p.set(jwks(jwk("k1", a.public), jwk("k3", a.public))) // the issuer has a new key
		time.Sleep(59*time.Second - time.Millisecond)
		verify("k3", access.ErrUnauthenticated)
		fetches(1)
		time.Sleep(time.Second)
		verify("k3", nil)
		fetches(2)
		for i := range 100 {
			verify(fmt.Sprint("unknown ", i), access.ErrUnauthenticated)
			verify("k1", nil)
		}
		fetches(2)
	})
}

func TestKeysThatTheIssuerTakesBackEndWithinAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := publicAlgorithms()[2]
		p := &publisher{answer: jwks(jwk("k1", a.public), jwk("k2", a.otherPublic))}
		v := p.verifier(t, a)
		if _, err := v.Verify(signed(a, "k1")); err != nil {
			t.Fatal(err)
		}
		p.set(jwks(jwk("k2", a.otherPublic)))
		time.Sleep(time.Hour)
		v.Verify(signed(a, "k1")) // asks again, without waiting
		synctest.Wait()
		wantRefused(t, v, signed(a, "k1"), "kid does not name")
	})
}

func TestOldKeysAreGoodForADayWhenTheyCannotBeFetched(t *testing.T) {
	for name, fail := range map[string]func(p *publisher){
		"no connection": func(p *publisher) { p.answer = "" },
		"an error":      func(p *publisher) { p.status = 503 },
		"no answer":     func(p *publisher) { p.wait = time.Hour },
		"no JSON":       func(p *publisher) { p.answer = "<html>" },
		"no keys":       func(p *publisher) { p.answer = jwks() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := publicAlgorithms()[2]
				p := &publisher{answer: jwks(jwk("k1", a.public))}
				v := p.verifier(t, a)
				if _, err := v.Verify(signed(a, "k1")); err != nil {
					t.Fatal(err)
				}
				begin := time.Now()
				fail(p)
				for time.Since(begin) < 24*time.Hour-time.Second {
					asked := time.Now()
					if _, err := v.Verify(signed(a, "k1")); err != nil || time.Since(asked) > 0 {
						t.Fatalf("after %v, having waited %v: %v", time.Since(begin), time.Since(asked), err)
					}
					synctest.Wait()
					time.Sleep(min(7*time.Minute, 24*time.Hour-time.Second-time.Since(begin)))
				}
				time.Sleep(2 * time.Second)
				asked := time.Now()
				_, err := v.Verify(signed(a, "k1"))
				if !errors.Is(err, access.ErrNoKeys) || errors.Is(err, access.ErrUnauthenticated) || time.Since(asked) > 5*time.Second {
					t.Errorf("after a day, having waited %v: %v, want ErrNoKeys", time.Since(asked), err)
				}
				p.mu.Lock()
				p.answer, p.status, p.wait = jwks(jwk("k1", a.public)), 0, 0
				p.mu.Unlock()
				time.Sleep(time.Minute)
				if _, err := v.Verify(signed(a, "k1")); err != nil {
					t.Errorf("when they can be fetched again: %v", err)
				}
			})
		})
	}
}

func TestWithoutKeysNobodyKnowsWhetherATokenIsGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := publicAlgorithms()[2]
		p := &publisher{wait: time.Hour}
		v := p.verifier(t, a)
		begin := time.Now()
		if _, err := v.Verify(signed(a, "k1")); !errors.Is(err, access.ErrNoKeys) || time.Since(begin) != 5*time.Second {
			t.Errorf("after %v: %v, want ErrNoKeys after 5 seconds", time.Since(begin), err)
		}
		time.Sleep(time.Minute)
		begin = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := v.VerifyContext(ctx, signed(a, "k1")); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != time.Second {
			t.Errorf("after %v: %v, want the end of the context", time.Since(begin), err)
		}
		time.Sleep(5 * time.Second) // the fetch ends
		// What is wrong with a token shows without keys too, and fetches nothing.
		before := p.count()
		time.Sleep(time.Hour)
		for _, token := range []string{"", "a.b.c", valid(hs256()).String()} {
			wantRefused(t, v, token, "")
		}
		if n := p.count() - before; n > 0 {
			t.Errorf("%d fetches for tokens that no key could make good", n)
		}
	})
}

func TestOnlyFittingKeysAreTakenFromASet(t *testing.T) {
	for _, a := range publicAlgorithms() {
		own, another := jwk("k1", a.public), jwk("k2", a.otherPublic)
		with := func(key, member string) string { return strings.TrimSuffix(key, "}") + "," + member + "}" }
		weak := `{"kty":"RSA","kid":"k1","n":"` + encode(strings.Repeat("\xff", 128)) + `","e":"AQAB"}`
		symmetric := `{"kty":"oct","kid":"k1","k":"` + encode(secret) + `"}`
		tests := []struct {
			name, set string
			good      bool
		}{
			{"the key", jwks(own), true},
			{"beside another", jwks(another, own), true},
			{"beside keys of other kinds", jwks(symmetric, weak, `{"kty":"new","kid":"k1"}`, `{}`, `{"kid":7}`, `null`, `7`, own), true},
			{"for this algorithm", jwks(with(own, `"alg":"`+a.name+`"`)), true},
			{"to verify", jwks(with(own, `"key_ops":["verify"]`)), true},
			{"with what is ignored", jwks(with(own, `"x5u":"http://evil.example/","x5c":["MIIB"],"x5t":"x","d":"x","more":{}`)), true},
			{"the same key twice", jwks(own, own), true},
			{"for another algorithm", jwks(with(own, `"alg":"RS512"`), another), false},
			{"use enc", jwks(with(strings.Replace(own, `"use":"sig",`, "", 1), `"use":"enc"`), another), false},
			{"to sign", jwks(with(own, `"key_ops":["sign"]`), another), false},
			{"under another id", jwks(strings.Replace(own, `"k1"`, `"k9"`, 1), another), false},
			{"another key under its id", jwks(strings.Replace(another, `"k2"`, `"k1"`, 1)), false},
			{"two keys under its id", jwks(strings.Replace(another, `"k2"`, `"k1"`, 1), own), false},
			{"a secret", jwks(symmetric), false},
			{"a member twice", `{"keys":[],"keys":[` + own + `]}`, false},
			{"a list", `[` + own + `]`, false},
			{"keys no list", `{"keys":` + own + `}`, false},
			{"something behind it", jwks(own) + "x", false},
			{"too long", jwks(own, `"`+strings.Repeat("x", 64<<10)+`"`), false},
			{"too many", jwks(own + strings.Repeat(",{}", 100)), false},
		}
		for _, tt := range tests {
			at2000(t, a.name+"/"+tt.name, func(t *testing.T) {
				p := &publisher{answer: tt.set}
				_, err := p.verifier(t, a).Verify(valid(a).String())
				if tt.good != (err == nil) || err != nil && !errors.Is(err, access.ErrUnauthenticated) && !errors.Is(err, access.ErrNoKeys) {
					t.Errorf("good: %t, %v", !tt.good, err)
				}
			})
		}
		at2000(t, a.name+"/a token without kid", func(t *testing.T) {
			bare := valid(a)
			bare.header = replace(bare.header, `,"kid":"k1"`, "")
			for set, good := range map[string]bool{jwks(own): true, jwks(own, another): false} {
				p := &publisher{answer: set}
				if _, err := p.verifier(t, a).Verify(bare.String()); good != (err == nil) {
					t.Errorf("%s: %v", set, err)
				}
			}
		})
	}
}

// A key that another issuer publishes, under whatever id, signs nothing for this one.
func TestPublishedKeysOfIssuersDoNotMix(t *testing.T) {
	at2000(t, "ES256", func(t *testing.T) {
		a := publicAlgorithms()[2]
		mine, theirs := &publisher{answer: jwks(jwk("k1", a.public))}, &publisher{answer: jwks(jwk("k1", a.otherPublic))}
		issuer := a.issuer()
		issuer.PublicKey, issuer.KeyID, issuer.JWKS, issuer.Transport = nil, "", "https://id.example/keys", mine
		other := issuer
		other.Issuer, other.JWKS, other.Transport = "https://other.example", "https://other.example/keys", theirs
		v, err := access.NewVerifier(issuer, other)
		if err != nil {
			t.Fatal(err)
		}
		f := valid(a)
		if _, err := v.Verify(f.String()); err != nil {
			t.Error(err)
		}
		f.sign = a.otherSign
		wantRefused(t, v, f.String(), "the signature is wrong")
		f.claims = replace(f.claims, "https://id.example", "https://other.example")
		if _, err := v.Verify(f.String()); err != nil {
			t.Error(err)
		}
	})
}

func TestUnsafeWaysToFetchKeysAreRefused(t *testing.T) {
	a := publicAlgorithms()[0]
	for name, change := range map[string]func(*access.Issuer){
		"http":                       func(i *access.Issuer) { i.JWKS = "http://id.example/keys" },
		"no host":                    func(i *access.Issuer) { i.JWKS = "https:///keys" },
		"file":                       func(i *access.Issuer) { i.JWKS = "file:///etc/keys" },
		"a user":                     func(i *access.Issuer) { i.JWKS = "https://user:password@id.example/keys" },
		"a fragment":                 func(i *access.Issuer) { i.JWKS = "https://id.example/keys#x" },
		"no URL":                     func(i *access.Issuer) { i.JWKS = "id.example/keys" },
		"HS256":                      func(i *access.Issuer) { i.Algorithm = "HS256" },
		"none":                       func(i *access.Issuer) { i.Algorithm = "none" },
		"no algorithm":               func(i *access.Issuer) { i.Algorithm = "" },
		"a public key too":           func(i *access.Issuer) { i.PublicKey = a.public },
		"a secret too":               func(i *access.Issuer) { i.Secret = []byte(secret) },
		"a key id":                   func(i *access.Issuer) { i.KeyID = "k1" },
		"discovery too":              func(i *access.Issuer) { i.Discovery = true },
		"discovery without an https": func(i *access.Issuer) { i.JWKS, i.Discovery, i.Issuer = "", true, "id.example" },
	} {
		issuer := a.issuer()
		issuer.PublicKey, issuer.KeyID, issuer.JWKS = nil, "", "https://id.example/keys"
		if _, err := access.NewVerifier(issuer); err != nil {
			t.Fatal(err)
		}
		change(&issuer)
		if _, err := access.NewVerifier(issuer); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// The same over the network: certificates are checked, redirects are not followed, answers are bounded.
func TestKeysAreFetchedOverTLS(t *testing.T) {
	a := publicAlgorithms()[2]
	claims := access.Claims{Subject: "ada", Organization: "acme", ExpiresAt: time.Now().Add(time.Hour)}
	signer, err := access.NewSigner(access.Issuer{Issuer: "x", Audience: "daybook", Algorithm: a.name, KeyID: "k1"}, a.private)
	if err != nil {
		t.Fatal(err)
	}
	var reached atomic.Int64
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		io.WriteString(w, jwks(jwk("k1", a.public)))
	}))
	defer elsewhere.Close()
	tests := map[string]struct {
		answer  http.HandlerFunc
		trusted bool
		good    bool
	}{
		"keys":                                  {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, jwks(jwk("k1", a.public))) }, true, true},
		"a certificate that nobody vouches for": {func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, jwks(jwk("k1", a.public))) }, false, false},
		"a redirect":                            {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) }, true, false},
		"a permanent redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusPermanentRedirect)
		}, true, false},
		"201": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(201)
			io.WriteString(w, jwks(jwk("k1", a.public)))
		}, true, false},
		"without an end": {func(w http.ResponseWriter, r *http.Request) {
			for range 1 << 10 {
				if _, err := w.Write(make([]byte, 1<<10)); err != nil {
					return
				}
			}
		}, true, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewUnstartedServer(tt.answer)
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.StartTLS()
			defer s.Close()
			issuer := access.Issuer{Issuer: "x", Audience: "daybook", Algorithm: a.name, JWKS: s.URL + "/keys"}
			if tt.trusted {
				issuer.Transport = s.Client().Transport
			}
			v, err := access.NewVerifier(issuer)
			if err != nil {
				t.Fatal(err)
			}
			token, err := signer.Sign(claims)
			if err != nil {
				t.Fatal(err)
			}
			got, err := v.Verify(token)
			if tt.good != (err == nil) || tt.good != (got.Subject == "ada") || err != nil && !errors.Is(err, access.ErrNoKeys) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	if n := reached.Load(); n > 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

func TestDiscoveryFindsTheKeysOfTheIssuerItself(t *testing.T) {
	a := publicAlgorithms()[2]
	for name, tt := range map[string]struct {
		configuration string
		good          bool
	}{
		"the configuration": {`{"issuer":"ISSUER","jwks_uri":"ISSUER/keys","more":[]}`, true},
		"another issuer's":  {`{"issuer":"https://evil.example","jwks_uri":"ISSUER/keys"}`, false},
		"with a slash":      {`{"issuer":"ISSUER/","jwks_uri":"ISSUER/keys"}`, false},
		"keys by http":      {`{"issuer":"ISSUER","jwks_uri":"http://127.0.0.1/keys"}`, false},
		"no keys":           {`{"issuer":"ISSUER"}`, false},
		"no configuration":  {`[]`, false},
	} {
		t.Run(name, func(t *testing.T) {
			mux := http.NewServeMux()
			s := httptest.NewTLSServer(mux)
			defer s.Close()
			mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, strings.ReplaceAll(tt.configuration, "ISSUER", s.URL))
			})
			mux.HandleFunc("/keys", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, jwks(jwk("k1", a.public))) })
			issuer := access.Issuer{Issuer: s.URL, Audience: "daybook", Algorithm: a.name}
			own := issuer
			own.KeyID = "k1"
			signer, err := access.NewSigner(own, a.private)
			if err != nil {
				t.Fatal(err)
			}
			token, err := signer.Sign(access.Claims{Subject: "ada", Organization: "acme", ExpiresAt: time.Now().Add(time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			issuer.Discovery, issuer.Transport = true, s.Client().Transport
			v, err := access.NewVerifier(issuer)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := v.Verify(token); tt.good != (err == nil) || err != nil && !errors.Is(err, access.ErrNoKeys) {
				t.Errorf("%v", err)
			}
		})
	}
}

// A proxy of the environment would see which tokens there are, and could be anybody's.
func TestKeysAreFetchedWithoutAProxy(t *testing.T) {
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	t.Setenv("HTTPS_PROXY", "http://"+proxy.Addr().String())
	var connected atomic.Bool
	go func() {
		if c, err := proxy.Accept(); err == nil {
			connected.Store(true)
			c.Close()
		}
	}()
	a := publicAlgorithms()[2]
	v, err := access.NewVerifier(access.Issuer{Issuer: "https://id.example", Audience: "daybook", Algorithm: a.name, JWKS: "https://id.invalid/keys"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(signed(a, "k1")); !errors.Is(err, access.ErrNoKeys) {
		t.Errorf("%v", err)
	}
	if connected.Load() {
		t.Error("the proxy was asked")
	}
}
