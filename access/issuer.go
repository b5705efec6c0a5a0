package access

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// An Issuer is one who signs tokens, and how: all that a token must agree with. Issuer, Audience,
// Algorithm and a key are needed. It prints without its secret.
type Issuer struct {
	// Issuer is the value of iss, compared byte by byte.
	Issuer string

	// Audience is whom tokens are for: it must be among the values of aud, byte by byte. It
	// names this application, so that a token for another one of the same issuer is refused.
	Audience string

	// Algorithm is the one way in which tokens are signed (RFC 7518, section 3.1; RFC 8037):
	//
	//	HS256            HMAC with SHA-256; for an application that signs its own tokens
	//	RS256, PS256     RSA with SHA-256, PKCS #1 v1.5 or PSS
	//	ES256            ECDSA with P-256 and SHA-256
	//	EdDSA            Ed25519
	Algorithm string

	// Secret is the key of HS256: at least 32 random bytes (RFC 7518, section 3.2). Whoever can
	// check such tokens can also sign them.
	Secret []byte `json:"-"`

	// PublicKey is the key of the other algorithms: an *rsa.PublicKey of 2048 to 8192 bits, an
	// *ecdsa.PublicKey on P-256, or an ed25519.PublicKey.
	PublicKey crypto.PublicKey

	// JWKS is where the issuer publishes its keys (RFC 7517, section 5): an https URL, instead of
	// PublicKey. They are fetched when the first token comes, once an hour, and when a token names
	// a key that is not there, at most once a minute. While they cannot be fetched those that there
	// are stay good for 24 hours.
	JWKS string

	// Discovery finds JWKS by OpenID Connect Discovery, section 4: the Issuer is then an https URL.
	Discovery bool

	// Transport fetches keys. nil: HTTPS that takes no proxy from the environment. Redirects are
	// never followed, and of an answer 64 KiB are read in 5 seconds.
	Transport http.RoundTripper `json:"-"`

	// KeyID is the value of kid that tokens signed with this key have. "": the issuer has one
	// key, and kid is ignored.
	KeyID string

	// OrganizationClaim is the claim that holds the organization. "": org_id.
	OrganizationClaim string

	// PermissionsClaim is the claim with the words that Permissions knows: a string of words
	// between spaces, as in RFC 8693, section 4.2, or a list of strings. "": scope.
	PermissionsClaim string

	// Permissions says what the words of that claim allow. Other words allow nothing, so a token
	// of an issuer without Permissions says who somebody is, and allows nothing in a server.
	Permissions map[string][]Permission

	// Type is what typ must say, such as at+jwt for the access tokens of RFC 9068, so that an ID
	// token does not pass for one (RFC 8725, section 3.11). Case and a prefix application/ do
	// not matter. "": typ may be JWT or missing.
	Type string

	// Skew is how far the issuer's clock and ours may be apart, at most 5 minutes. 0: 30
	// seconds. Negative: not at all.
	Skew time.Duration

	// Lifetime is how far ahead exp may lie. 0: 24 hours. A token cannot be taken back.
	Lifetime time.Duration
}

const (
	minSecret = 32   // bytes
	minRSA    = 2048 // bits
	maxRSA    = 8192 // beyond, a signature is work that strangers can order
	maxSkew   = 5 * time.Minute
)

// Format writes who the issuer is, without the secret, whatever the verb.
func (i Issuer) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "issuer %q (%s)", i.Issuer, i.Algorithm)
}

// A key is one key of an issuer, whose defaults are filled in and whose Secret is left out.
type key struct {
	Issuer
	name keyName

	// keys has the keys that the issuer publishes; then check is nil.
	keys *keySet

	// check returns what signatures are checked with: the secret as []byte, or a publicKey. It is
	// a function because fmt writes what unexported fields hold, at some verbs through pointers.
	check func() any
}

// publicKey is what the public keys of the standard library have in common.
type publicKey interface{ Equal(crypto.PublicKey) bool }

// newKey checks the configuration of an issuer.
func newKey(i Issuer) (*key, error) {
	if i.OrganizationClaim == "" {
		i.OrganizationClaim = "org_id"
	}
	if i.PermissionsClaim == "" {
		i.PermissionsClaim = "scope"
	}
	switch {
	case i.Skew == 0:
		i.Skew = 30 * time.Second
	case i.Skew < 0:
		i.Skew = 0
	case i.Skew > maxSkew:
		return nil, fmt.Errorf("the Skew of %s is longer than %s", i.Skew, maxSkew)
	}
	switch {
	case i.Lifetime == 0:
		i.Lifetime = 24 * time.Hour
	case i.Lifetime < 0:
		return nil, fmt.Errorf("the Lifetime of %s is negative", i.Lifetime)
	}
	for _, f := range []struct {
		name, value string
		optional    bool
	}{
		{"Issuer", i.Issuer, false},
		{"Audience", i.Audience, false},
		{"OrganizationClaim", i.OrganizationClaim, false},
		{"PermissionsClaim", i.PermissionsClaim, false},
		{"KeyID", i.KeyID, true},
		{"Type", i.Type, true},
	} {
		if _, ok := plainString(f.value); !ok && (f.value != "" || !f.optional) {
			return nil, fmt.Errorf("the %s is %q: it needs visible characters, without white space around them", f.name, f.value)
		}
	}
	if i.OrganizationClaim == i.PermissionsClaim {
		return nil, fmt.Errorf("the claim %s cannot hold both the organization and the permissions", i.PermissionsClaim)
	}
	i.Permissions = maps.Clone(i.Permissions)
	for word, permissions := range i.Permissions {
		for _, p := range permissions {
			if !slices.Contains(AllPermissions(), p) || p == Follow {
				return nil, fmt.Errorf("the Permissions give %q for %q, which is no permission in one organization", p, word)
			}
		}
	}
	for _, name := range registered {
		if strings.EqualFold(i.OrganizationClaim, name) {
			return nil, fmt.Errorf("the OrganizationClaim is %s, which means something else", name)
		}
	}
	k := &key{Issuer: i, name: keyName{i.Issuer, i.KeyID}}
	if err := k.setCheck(); err != nil {
		return nil, err
	}
	return k, nil
}

// setCheck checks that the one key which the algorithm needs is there, fits it, and is strong
// (RFC 8725, sections 3.2 and 3.5).
func (k *key) setCheck() (err error) {
	if k.JWKS != "" || k.Discovery {
		k.keys, err = newKeySet(&k.Issuer)
		return err
	}
	if k.Algorithm == "HS256" {
		if k.PublicKey != nil {
			return errors.New("the algorithm HS256 has a Secret and no PublicKey")
		}
		secret := bytes.Clone(k.Secret)
		k.Secret, k.check = nil, func() any { return secret }
		return checkSecret(secret)
	}
	if k.Secret != nil {
		return fmt.Errorf("the algorithm %q has a PublicKey and no Secret", k.Algorithm)
	}
	public, err := fittingKey(k.Algorithm, k.PublicKey)
	k.check = func() any { return public }
	return err
}

func checkSecret(secret []byte) error {
	if len(secret) < minSecret {
		return fmt.Errorf("the Secret has %d bytes: HS256 needs %d random ones", len(secret), minSecret)
	}
	if len(bytes.Trim(secret, string(secret[:1]))) == 0 {
		return errors.New("the Secret is one byte again and again: HS256 needs random ones")
	}
	// A public key as a secret is the confusion of algorithms of RFC 8725, section 2.1, by
	// configuration: whoever has the public key could sign.
	if block, _ := pem.Decode(secret); block != nil {
		return errors.New("the Secret is a PEM file: HS256 needs random bytes; a public key needs another algorithm")
	}
	return nil
}

// fittingKey returns the public key if it is one for the algorithm.
func fittingKey(algorithm string, public crypto.PublicKey) (publicKey, error) {
	var want string
	switch algorithm {
	case "RS256", "PS256":
		want = fmt.Sprintf("an *rsa.PublicKey of %d to %d bits", minRSA, maxRSA)
		if p, ok := public.(*rsa.PublicKey); ok && p != nil && p.N != nil &&
			minRSA <= p.N.BitLen() && p.N.BitLen() <= maxRSA && p.E >= 3 && p.E%2 == 1 {
			return p, nil
		}
	case "ES256":
		want = "an *ecdsa.PublicKey on P-256"
		if p, ok := public.(*ecdsa.PublicKey); ok && p != nil && p.Curve == elliptic.P256() && *p != (ecdsa.PublicKey{Curve: p.Curve}) {
			if _, err := p.ECDH(); err == nil { // there is a point, and it is on the curve
				return p, nil
			}
		}
	case "EdDSA":
		want = "an ed25519.PublicKey"
		if p, ok := public.(ed25519.PublicKey); ok && len(p) == ed25519.PublicKeySize {
			return ed25519.PublicKey(bytes.Clone(p)), nil
		}
	default:
		return nil, fmt.Errorf("the Algorithm is %q: use HS256, RS256, PS256, ES256 or EdDSA", algorithm)
	}
	return nil, fmt.Errorf("the PublicKey, a %T, is not what %s needs: %s", public, algorithm, want)
}

// sameAs reports whether both check signatures with the same key, as far as it is known.
func (k *key) sameAs(other *key) bool {
	if k.keys != nil || other.keys != nil {
		return false
	}
	switch check := k.check().(type) {
	case publicKey:
		return check.Equal(other.check())
	case []byte:
		secret, ok := other.check().([]byte)
		return ok && bytes.Equal(check, secret)
	}
	return false
}
