package access_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/daybookdev/daybook/access"
)

// A forged token is put together by hand, without the library under test and without the one that
// it uses, so that anything can be wrong with it.
type forged struct {
	algorithm
	header string
	claims string
	alter  func(token string) string
}

// now is the present moment of every test that runs in at2000: 2000-01-01T00:00:00Z. What the
// tokens say is relative to it.
const (
	now         = 946684800
	validClaims = `{"iss":"https://id.example","aud":"daybook","sub":"user-7","org_id":"acme",` +
		`"exp":946688400,"nbf":946684740,"iat":946684740,"jti":"token-1"}`
)

// valid returns the one valid token that all the refused ones are made from.
func valid(a algorithm) *forged {
	return &forged{algorithm: a, header: `{"alg":"` + a.name + `","typ":"JWT","kid":"k1"}`, claims: validClaims}
}

func (f *forged) String() string {
	input := encode(f.header) + "." + encode(f.claims)
	token := input + "." + encode(string(f.sign(input)))
	if f.alter != nil {
		token = f.alter(token)
	}
	return token
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// at2000 runs f as a subtest whose clock stands at now.
func at2000(t *testing.T, name string, f func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// An algorithm is one way to sign, with the keys of two issuers.
type algorithm struct {
	name    string
	public  crypto.PublicKey // nil for HS256
	private crypto.Signer    // nil for HS256
	sign    func(input string) []byte

	otherPublic crypto.PublicKey
	otherSign   func(input string) []byte // with another key of the same kind
}

const (
	secret      = "0123456789abcdefghijklmnopqrstuv"
	otherSecret = "another secret of thirty-two byt"
)

// issuer returns the issuer of the valid token, other another one, whose key has the same id.
func (a algorithm) issuer() access.Issuer {
	i := access.Issuer{Issuer: "https://id.example", Audience: "daybook", Algorithm: a.name, PublicKey: a.public, KeyID: "k1"}
	if a.public == nil {
		i.Secret = []byte(secret)
	}
	return i
}

func (a algorithm) other() access.Issuer {
	i := a.issuer()
	i.Issuer, i.PublicKey = "https://other.example", a.otherPublic
	if a.public == nil {
		i.Secret = []byte(otherSecret)
	}
	return i
}

func (a algorithm) verifier(t testing.TB, change func(*access.Issuer)) *access.Verifier {
	t.Helper()
	issuer := a.issuer()
	if change != nil {
		change(&issuer)
	}
	v, err := access.NewVerifier(issuer, a.other())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// hs256 is the algorithm of the tests to which the algorithm does not matter.
func hs256() algorithm { return algorithms()[0] }

var algorithms = sync.OnceValue(func() []algorithm {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	var rsaKeys [2]*rsa.PrivateKey
	var ecKeys [2]*ecdsa.PrivateKey
	var edKeys [2]ed25519.PrivateKey
	for i := range 2 {
		var err error
		rsaKeys[i], err = rsa.GenerateKey(rand.Reader, 2048)
		must(err)
		ecKeys[i], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(err)
		_, edKeys[i], err = ed25519.GenerateKey(rand.Reader)
		must(err)
	}
	return []algorithm{
		{"HS256", nil, nil, hmacWith(secret), nil, hmacWith(otherSecret)},
		{"RS256", rsaKeys[0].Public(), rsaKeys[0], pkcs1With(rsaKeys[0]), rsaKeys[1].Public(), pkcs1With(rsaKeys[1])},
		{"PS256", rsaKeys[0].Public(), rsaKeys[0], pssWith(rsaKeys[0]), rsaKeys[1].Public(), pssWith(rsaKeys[1])},
		{"ES256", ecKeys[0].Public(), ecKeys[0], ecdsaWith(ecKeys[0]), ecKeys[1].Public(), ecdsaWith(ecKeys[1])},
		{"EdDSA", edKeys[0].Public(), edKeys[0], ed25519With(edKeys[0]), edKeys[1].Public(), ed25519With(edKeys[1])},
	}
})

func hmacWith(secret string) func(string) []byte {
	return func(input string) []byte {
		h := hmac.New(sha256.New, []byte(secret))
		h.Write([]byte(input))
		return h.Sum(nil)
	}
}

func pkcs1With(k *rsa.PrivateKey) func(string) []byte {
	return func(input string) []byte {
		sum := sha256.Sum256([]byte(input))
		b, err := rsa.SignPKCS1v15(nil, k, crypto.SHA256, sum[:])
		if err != nil {
			panic(err)
		}
		return b
	}
}

func pssWith(k *rsa.PrivateKey) func(string) []byte {
	return func(input string) []byte {
		sum := sha256.Sum256([]byte(input))
		b, err := rsa.SignPSS(rand.Reader, k, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		if err != nil {
			panic(err)
		}
		return b
	}
}

func ecdsaWith(k *ecdsa.PrivateKey) func(string) []byte {
	return func(input string) []byte {
		sum := sha256.Sum256([]byte(input))
		r, s, err := ecdsa.Sign(rand.Reader, k, sum[:])
		if err != nil {
			panic(err)
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
}

func ed25519With(k ed25519.PrivateKey) func(string) []byte {
	return func(input string) []byte { return ed25519.Sign(k, []byte(input)) }
}

// What follows are the changes that make a valid token a wrong one. Each panics when it does not
// find what it is to change, so that no case passes because it changed nothing.

func replace(s, old, new string) string {
	if strings.Count(s, old) != 1 {
		panic("not once in " + s + ": " + old)
	}
	return strings.Replace(s, old, new, 1)
}

func claim(old, new string) func(*forged) {
	return func(f *forged) { f.claims = replace(f.claims, old, new) }
}

func header(old, new string) func(*forged) {
	return func(f *forged) { f.header = replace(f.header, old, new) }
}

func addClaim(member string) func(*forged) {
	return claim(`"jti":"token-1"`, `"jti":"token-1",`+member)
}

func addHeader(member string) func(*forged) { return header(`"kid":"k1"`, `"kid":"k1",`+member) }

func alter(f func(token string) string) func(*forged) {
	return func(t *forged) { t.alter = f }
}

// part changes the text of one part of the finished token: 0 header, 1 payload, 2 signature.
func part(n int, change func(string) string) func(*forged) {
	return alter(func(token string) string {
		parts := strings.Split(token, ".")
		parts[n] = change(parts[n])
		return strings.Join(parts, ".")
	})
}
