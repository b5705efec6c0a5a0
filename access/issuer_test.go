package access_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook/access"
)

func TestUnsafeIssuersAreRefused(t *testing.T) {
	hs, rs, es, ed := algorithms()[0], algorithms()[1], algorithms()[3], algorithms()[4]
	weakRSA := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2046), E: 65537} // 2047 bits
	hugeRSA := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 8192), E: 65537}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(rs.public)
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	var noRSA *rsa.PublicKey

	for name, c := range map[string]struct {
		of     algorithm
		why    string
		change func(*access.Issuer)
	}{
		"no name":                      {hs, "the Issuer", func(i *access.Issuer) { i.Issuer = "" }},
		"a name with a space":          {hs, "the Issuer", func(i *access.Issuer) { i.Issuer += " " }},
		"no audience":                  {hs, "the Audience", func(i *access.Issuer) { i.Audience = "" }},
		"an audience of spaces":        {hs, "the Audience", func(i *access.Issuer) { i.Audience = "\t" }},
		"a key id with a line break":   {hs, "the KeyID", func(i *access.Issuer) { i.KeyID = "k1\n" }},
		"a type of spaces":             {hs, "the Type", func(i *access.Issuer) { i.Type = " " }},
		"a claim that is not UTF-8":    {hs, "the OrganizationClaim", func(i *access.Issuer) { i.OrganizationClaim = "\xff" }},
		"the user as the organization": {hs, "means something else", func(i *access.Issuer) { i.OrganizationClaim = "sub" }},
		"the issuer as organization":   {hs, "means something else", func(i *access.Issuer) { i.OrganizationClaim = "ISS" }},
		"too long a skew":              {hs, "the Skew", func(i *access.Issuer) { i.Skew = 5*time.Minute + 1 }},
		"a negative lifetime":          {hs, "the Lifetime", func(i *access.Issuer) { i.Lifetime = -time.Hour }},
		"no algorithm":                 {rs, "the Algorithm", func(i *access.Issuer) { i.Algorithm = "" }},
		"the algorithm none":           {rs, "the Algorithm", func(i *access.Issuer) { i.Algorithm = "none" }},
		"two algorithms":               {rs, "the Algorithm", func(i *access.Issuer) { i.Algorithm = "RS256,PS256" }},
		"an algorithm in lower case":   {rs, "the Algorithm", func(i *access.Issuer) { i.Algorithm = "rs256" }},
		"an algorithm not offered":     {rs, "the Algorithm", func(i *access.Issuer) { i.Algorithm = "RS512" }},
		"no secret":                    {hs, "has 0 bytes", func(i *access.Issuer) { i.Secret = nil }},
		"31 bytes of secret":           {hs, "has 31 bytes", func(i *access.Issuer) { i.Secret = i.Secret[:31] }},
		"a secret that was not filled": {hs, "one byte", func(i *access.Issuer) { i.Secret = make([]byte, 64) }},
		"a public key as secret":       {hs, "PEM", func(i *access.Issuer) { i.Secret = publicPEM }},
		"a secret and a public key":    {hs, "no PublicKey", func(i *access.Issuer) { i.PublicKey = rs.public }},
		"a public key and a secret":    {rs, "no Secret", func(i *access.Issuer) { i.Secret = []byte(secret) }},
		"no public key":                {rs, "the PublicKey, a <nil>", func(i *access.Issuer) { i.PublicKey = nil }},
		"a nil public key":             {rs, "the PublicKey", func(i *access.Issuer) { i.PublicKey = noRSA }},
		"an empty RSA key":             {rs, "the PublicKey", func(i *access.Issuer) { i.PublicKey = &rsa.PublicKey{} }},
		"an RSA key of 2047 bits":      {rs, "2048", func(i *access.Issuer) { i.PublicKey = weakRSA }},
		"an RSA key of 8193 bits":      {rs, "8192", func(i *access.Issuer) { i.PublicKey = hugeRSA }},
		"an RSA exponent of 1":         {rs, "the PublicKey", func(i *access.Issuer) { i.PublicKey = &rsa.PublicKey{N: rs.public.(*rsa.PublicKey).N, E: 1} }},
		"an even RSA exponent":         {rs, "the PublicKey", func(i *access.Issuer) { i.PublicKey = &rsa.PublicKey{N: rs.public.(*rsa.PublicKey).N, E: 4} }},
		"an RSA key by value":          {rs, "the PublicKey", func(i *access.Issuer) { i.PublicKey = *rs.public.(*rsa.PublicKey) }},
		"a private key":                {rs, "a *rsa.PrivateKey", func(i *access.Issuer) { i.PublicKey = rs.private }},
		"the bytes of a public key":    {rs, "the PublicKey", func(i *access.Issuer) { i.PublicKey = der }},
		"an elliptic key for RSA":      {rs, "the PublicKey", func(i *access.Issuer) { i.PublicKey = es.public }},
		"an RSA key for ECDSA":         {es, "the PublicKey", func(i *access.Issuer) { i.PublicKey = rs.public }},
		"a key on another curve":       {es, "P-256", func(i *access.Issuer) { i.PublicKey = p384.Public() }},
		"an empty elliptic key":        {es, "P-256", func(i *access.Issuer) { i.PublicKey = &ecdsa.PublicKey{} }},
		"a point off the curve": {es, "P-256", func(i *access.Issuer) {
			off := p384.PublicKey
			off.Curve = elliptic.P256()
			i.PublicKey = &off
		}},
		"an elliptic key of no point":   {es, "P-256", func(i *access.Issuer) { i.PublicKey = &ecdsa.PublicKey{Curve: elliptic.P256()} }},
		"an elliptic key for Ed25519":   {ed, "the PublicKey", func(i *access.Issuer) { i.PublicKey = es.public }},
		"half an Ed25519 key":           {ed, "the PublicKey", func(i *access.Issuer) { i.PublicKey = ed.public.(ed25519.PublicKey)[:16] }},
		"an Ed25519 private key":        {ed, "a ed25519.PrivateKey", func(i *access.Issuer) { i.PublicKey = ed.private }},
		"an Ed25519 key with HS256":     {ed, "no PublicKey", func(i *access.Issuer) { i.Algorithm = "HS256" }},
		"an Ed25519 key as HMAC secret": {ed, "no Secret", func(i *access.Issuer) { i.Secret = ed.public.(ed25519.PublicKey) }},
	} {
		t.Run(name, func(t *testing.T) {
			i := c.of.issuer()
			if _, err := access.NewVerifier(i); err != nil {
				t.Fatalf("before the change: %v", err)
			}
			c.change(&i)
			_, err := access.NewVerifier(i)
			if err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("the error is %v, want %q", err, c.why)
			}
		})
	}
}

func TestConfusableIssuersAreRefused(t *testing.T) {
	if _, err := access.NewVerifier(); err == nil {
		t.Error("a Verifier without an issuer")
	}
	for _, a := range algorithms() {
		for name, c := range map[string]struct {
			why    string
			change func(*access.Issuer) // of another issuer
		}{
			"the same key":                      {"the key is also", func(i *access.Issuer) { i.PublicKey, i.Secret = a.issuer().PublicKey, a.issuer().Secret }},
			"the same issuer and key id":        {"several times", func(i *access.Issuer) { i.Issuer = a.issuer().Issuer }},
			"the same issuer without a key id":  {"several times", func(i *access.Issuer) { i.Issuer, i.KeyID = a.issuer().Issuer, "" }},
			"the same issuer with another kind": {"choose one", otherKind(a)},
		} {
			t.Run(a.name+"/"+name, func(t *testing.T) {
				other := a.other()
				c.change(&other)
				for _, issuers := range [][]access.Issuer{{a.issuer(), other}, {other, a.issuer()}} {
					_, err := access.NewVerifier(issuers...)
					if err == nil || !strings.Contains(err.Error(), c.why) {
						t.Errorf("the error is %v, want %q", err, c.why)
					}
				}
			})
		}
	}
}

// otherKind makes the issuer the same as a's, with a key id of its own and another algorithm.
func otherKind(a algorithm) func(*access.Issuer) {
	return func(i *access.Issuer) {
		*i = algorithms()[4].other()
		if a.name == "EdDSA" {
			*i = hs256().other()
		}
		i.Issuer, i.KeyID = a.issuer().Issuer, "k2"
	}
}

func TestSecretIsNotPrinted(t *testing.T) {
	i := hs256().issuer()
	v, err := access.NewVerifier(i)
	if err != nil {
		t.Fatal(err)
	}
	s, err := access.NewSigner(i, nil)
	if err != nil {
		t.Fatal(err)
	}
	canaries := []string{secret, fmt.Sprint([]byte(secret))[1:20], fmt.Sprintf("%x", secret[:8]), "0x30, 0x31", "MDEyMzQ1"}
	for _, value := range []any{i, &i, []access.Issuer{i}, map[string]access.Issuer{"a": i}, v, *v, s, *s} {
		var text strings.Builder
		fmt.Fprintf(&text, "%v %+v %#v %s %q %x %d %t", value, value, value, value, value, value, value, value)
		b, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(b)
		for _, c := range canaries {
			if strings.Contains(text.String(), c) {
				t.Errorf("%T prints as %s", value, text.String())
			}
		}
	}
	if _, err := access.NewVerifier(func() access.Issuer { i := i; i.Secret = i.Secret[:20]; return i }()); err == nil || strings.Contains(err.Error(), secret[:8]) {
		t.Errorf("the error is %v", err)
	}
}

func TestSecretIsCopied(t *testing.T) {
	i := hs256().issuer()
	v, err := access.NewVerifier(i)
	if err != nil {
		t.Fatal(err)
	}
	copy(i.Secret, bytes.Repeat([]byte("x"), len(i.Secret)))
	at2000(t, "a token of before still passes", func(t *testing.T) {
		if _, err := v.Verify(valid(hs256()).String()); err != nil {
			t.Error(err)
		}
	})
}
