package access

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// A Signer makes tokens, for an application that is its own issuer. Safe for concurrent use.
type Signer struct {
	key     *key
	signJWS func(payload []byte) (*jose.JSONWebSignature, error) // has the private key
}

// NewSigner returns a Signer of tokens that a [Verifier] for the issuer accepts.
//
// For HS256 the private key is nil: the issuer's Secret signs. For the other algorithms it is an
// *rsa.PrivateKey, an *ecdsa.PrivateKey or an ed25519.PrivateKey; the issuer's PublicKey must be
// its other half, or nil.
func NewSigner(issuer Issuer, privateKey crypto.Signer) (*Signer, error) {
	s, err := newSigner(issuer, privateKey)
	if err != nil {
		return nil, fmt.Errorf("make signer: issuer %q: %w", issuer.Issuer, err)
	}
	return s, nil
}

func newSigner(issuer Issuer, privateKey crypto.Signer) (*Signer, error) {
	var signing any
	switch p := privateKey.(type) {
	case nil:
		if issuer.Algorithm != "HS256" {
			return nil, fmt.Errorf("the algorithm %q needs a private key", issuer.Algorithm)
		}
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey:
		public, ok := p.Public().(publicKey)
		if !ok || issuer.PublicKey != nil && !public.Equal(issuer.PublicKey) {
			return nil, errors.New("the PublicKey is not that of the private key")
		}
		issuer.PublicKey = public
		signing = p
	default:
		return nil, fmt.Errorf("the private key is a %T: use an *rsa.PrivateKey, *ecdsa.PrivateKey or ed25519.PrivateKey", p)
	}
	k, err := newKey(issuer)
	if err != nil {
		return nil, err
	}
	if signing == nil {
		signing = k.check()
	}
	typ := k.Type
	if typ == "" {
		typ = "JWT"
	}
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(typ))
	if k.KeyID != "" {
		options.WithHeader("kid", k.KeyID)
	}
	j, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(k.Algorithm), Key: signing}, options)
	if err != nil {
		return nil, err
	}
	return &Signer{k, j.Sign}, nil
}

// Sign returns a token with the claims.
//
// Subject, Organization and ExpiresAt are needed. An empty Issuer or Audience is that of the
// issuer, a zero IssuedAt is now, and an empty ID or NotBefore is left out. All adds claims; those
// that have a field of their own in Claims come from there. Times are cut to the second.
//
// It is an error to ask for a token that a Verifier for the issuer would never accept: of another
// issuer or for another audience, one that ends before it begins or lives longer than the issuer's
// Lifetime, or one longer than [MaxToken].
func (s *Signer) Sign(c Claims) (string, error) {
	token, err := s.sign(c)
	if err != nil {
		return "", fmt.Errorf("sign token: %w", err)
	}
	return token, nil
}

func (s *Signer) sign(c Claims) (string, error) {
	if c.Issuer == "" {
		c.Issuer = s.key.name.issuer
	}
	if len(c.Audience) == 0 {
		c.Audience = []string{s.key.Audience}
	}
	if c.IssuedAt.IsZero() {
		c.IssuedAt = time.Now()
	}
	payload, err := json.Marshal(s.members(c))
	if err != nil {
		return "", fmt.Errorf("write the claims: %w", err)
	}
	if err := s.check(c, payload); err != nil {
		return "", err
	}
	signed, err := s.signJWS(payload)
	if err != nil {
		return "", err
	}
	token, err := signed.CompactSerialize()
	if err == nil && len(token) > MaxToken {
		err = fmt.Errorf("the token is longer than %d bytes", MaxToken)
	}
	return token, err
}

// members returns the claims as JSON has them.
func (s *Signer) members(c Claims) map[string]any {
	members := maps.Clone(c.All)
	if members == nil {
		members = make(map[string]any)
	}
	for _, name := range registered {
		delete(members, name)
	}
	members["iss"] = c.Issuer
	members["sub"] = c.Subject
	members["aud"] = c.Audience
	members[s.key.OrganizationClaim] = c.Organization
	if c.Client != "" {
		members["client_id"] = c.Client
	}
	members["iat"] = c.IssuedAt.Unix()
	if !c.ExpiresAt.IsZero() {
		members["exp"] = c.ExpiresAt.Unix()
	}
	if !c.NotBefore.IsZero() {
		members["nbf"] = c.NotBefore.Unix()
	}
	if c.ID != "" {
		members["jti"] = c.ID
	}
	return members
}

// check reads the payload as a Verifier will, and compares what it reads with what was asked for:
// encoding/json writes some strings otherwise than they are.
func (s *Signer) check(c Claims, payload []byte) error {
	claims, err := parseObject(payload)
	if err != nil {
		return fmt.Errorf("the payload %w", err)
	}
	read, err := s.key.read(claims)
	if err != nil {
		return err
	}
	if read.Organization, err = s.key.organization(claims); err != nil {
		return err
	}
	begin := read.IssuedAt
	if read.NotBefore.After(begin) {
		begin = read.NotBefore
	}
	switch {
	case read.Subject != c.Subject, read.Organization != c.Organization, read.ID != c.ID, c.Client != "" && read.Client != c.Client, !slices.Equal(read.Audience, c.Audience):
		return errors.New("a claim is not valid UTF-8")
	case !read.ExpiresAt.After(begin):
		return errors.New("exp is not after iat and nbf")
	case read.ExpiresAt.Sub(read.IssuedAt) > s.key.Lifetime:
		return fmt.Errorf("exp is more than %s after iat", s.key.Lifetime)
	}
	return nil
}
