package access

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// MaxToken is how many bytes a token may have.
const MaxToken = 8 << 10

var (
	// ErrUnauthenticated is wrapped by every error about a token: it is not known who sent the
	// request. Answer 401 without the error's text, which is for the log; it says what is wrong
	// and holds nothing of the token.
	ErrUnauthenticated = errors.New("unauthenticated")

	// ErrNoOrganization is wrapped besides [ErrUnauthenticated] when a token is right in
	// everything else but does not name one organization. Answer 403 if it is to be told apart;
	// never take the organization from elsewhere.
	ErrNoOrganization = errors.New("no organization")

	// ErrNoKeys means that the keys of an issuer cannot be fetched, so that nobody knows whether a
	// token is good. Answer 503.
	ErrNoKeys = errors.New("the issuer's keys cannot be had")
)

// Claims are what a verified token says about who acts.
type Claims struct {
	Subject      string    // sub: the user
	Organization string    // the claim that [Issuer.OrganizationClaim] names
	Issuer       string    // iss: who vouches for all this
	Client       string    // azp or client_id: the program that the token was made for, "" if it is not named
	Audience     []string  // aud: whom the token is for, ours among them
	ID           string    // jti, "" if there is none; one ES256 token may have several texts, but not ids
	ExpiresAt    time.Time // exp
	NotBefore    time.Time // nbf, zero if there is none
	IssuedAt     time.Time // iat, zero if there is none

	// Permissions are what [Issuer.Permissions] makes of the token's words. A Signer does not
	// write them.
	Permissions []Permission

	// All holds every claim of the token, those above included, as encoding/json decodes them,
	// but numbers as json.Number. Whatever is read from it has a valid signature, and no other
	// check was made.
	All map[string]any
}

// A Verifier checks tokens of one or more issuers. It is made by [NewVerifier]; the zero Verifier
// refuses every token. Safe for concurrent use.
type Verifier struct {
	keys map[keyName]*key
}

// A keyName is what a token names its key by. A key id alone would let one issuer's key vouch for
// another issuer's users.
type keyName struct {
	issuer string
	id     string // "" is the key of an issuer that has only one
}

// NewVerifier returns a Verifier for the tokens of the issuers.
//
// One issuer may be given several times, once for each of its keys; then each has a KeyID of its
// own, and all have the same algorithm. Two issuers cannot have the same key. Keys must not be
// changed afterwards; of secrets a copy is kept.
func NewVerifier(issuers ...Issuer) (*Verifier, error) {
	if len(issuers) == 0 {
		return nil, errors.New("make verifier: no issuer is given")
	}
	v := &Verifier{keys: make(map[keyName]*key, len(issuers))}
	for _, i := range issuers {
		k, err := newKey(i)
		if err == nil {
			err = v.add(k)
		}
		if err != nil {
			return nil, fmt.Errorf("make verifier: issuer %q: %w", i.Issuer, err)
		}
	}
	return v, nil
}

func (v *Verifier) add(k *key) error {
	for name, other := range v.keys {
		switch {
		case name.issuer != k.name.issuer && k.sameAs(other):
			return fmt.Errorf("the key is also that of issuer %q: each could sign as the other", name.issuer)
		case name.issuer != k.name.issuer:
		case k.name.id == "" || name.id == "" || name.id == k.name.id:
			return errors.New("is given several times: each needs a KeyID of its own")
		case k.Algorithm != other.Algorithm:
			return fmt.Errorf("has the algorithms %s and %s: choose one", other.Algorithm, k.Algorithm)
		}
	}
	v.keys[k.name] = k
	return nil
}

// Verify checks the token and returns its claims.
//
// The token must be signed with the key of the issuer that it names; that issuer's audience must
// be among those it names; the present moment must lie before exp, not before nbf and not before
// iat, give or take the issuer's skew; and exp must not lie further ahead than its lifetime. Every
// error wraps [ErrUnauthenticated], or [ErrNoKeys] for an issuer that publishes its keys.
func (v *Verifier) Verify(token string) (Claims, error) {
	return v.VerifyContext(context.Background(), token)
}

// VerifyContext does what [Verifier.Verify] does. ctx ends the wait for an issuer's keys.
func (v *Verifier) VerifyContext(ctx context.Context, token string) (Claims, error) {
	c, err := v.verify(ctx, token)
	if errors.Is(err, ErrNoKeys) {
		return Claims{}, err
	}
	if err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrUnauthenticated, err)
	}
	return c, nil
}

func (v *Verifier) verify(ctx context.Context, token string) (Claims, error) {
	headerText, payload, err := split(token)
	if err != nil {
		return Claims{}, err
	}
	h, err := parseHeader(headerText)
	if err != nil {
		return Claims{}, fmt.Errorf("the header %w", err)
	}
	claims, err := parseObject(payload)
	if err != nil {
		return Claims{}, fmt.Errorf("the payload %w", err)
	}
	// The issuer is only claimed so far. It chooses whose key must have signed that claim.
	k, err := v.key(claims, h)
	if err != nil {
		return Claims{}, err
	}
	if err := k.accepts(h); err != nil {
		return Claims{}, err
	}
	if k, err = k.published(ctx, h.kid); err != nil {
		return Claims{}, err
	}
	if err := k.checkSignature(token, payload); err != nil {
		return Claims{}, err
	}
	c, err := k.read(claims)
	if err != nil {
		return Claims{}, err
	}
	if err := k.checkTimes(c, time.Now()); err != nil {
		return Claims{}, err
	}
	// Last, so that ErrNoOrganization means that all else is right.
	c.Organization, err = k.organization(claims)
	return c, err
}

// split decodes the parts of a token of the form header.payload.signature.
func split(token string) (header, payload []byte, err error) {
	if len(token) > MaxToken {
		return nil, nil, fmt.Errorf("the token is longer than %d bytes", MaxToken)
	}
	// Five parts would be an encrypted token (RFC 7516).
	if strings.Count(token, ".") != 2 {
		return nil, nil, errors.New("the token does not have three parts")
	}
	var parts [3][]byte
	i := 0
	for s := range strings.SplitSeq(token, ".") {
		b, err := base64.RawURLEncoding.Strict().DecodeString(s)
		// The decoder skips line breaks.
		if err != nil || len(b) == 0 || strings.ContainsAny(s, "\r\n") {
			return nil, nil, fmt.Errorf("part %d of the token is not base64url without padding", i+1)
		}
		parts[i] = b
		i++
	}
	return parts[0], parts[1], nil
}

// A header is what a token says about how it was signed.
type header struct {
	alg string
	kid string // "" if there is none
	typ string // "" if there is none
}

// unusableHeaders are those that change what is signed or by whom, or say that the token is no
// plain signed one (RFC 7515, section 4.1; RFC 7516, section 4.1; RFC 7797). All others are
// ignored, as RFC 7515 asks.
var unusableHeaders = [...]string{"crit", "b64", "jwk", "jku", "x5u", "x5c", "cty", "enc", "zip"}

func parseHeader(data []byte) (header, error) {
	object, err := parseObject(data)
	if err != nil {
		return header{}, err
	}
	for name := range object {
		for _, u := range unusableHeaders {
			if strings.EqualFold(name, u) {
				return header{}, fmt.Errorf("has %s, which is not accepted", u)
			}
		}
	}
	var h header
	for _, f := range []struct {
		name  string
		value *string
	}{{"alg", &h.alg}, {"kid", &h.kid}, {"typ", &h.typ}} {
		if err := object.onlySpelling(f.name); err != nil {
			return header{}, err
		}
		if v, ok := object[f.name]; ok {
			if *f.value, ok = plainString(v); !ok {
				return header{}, fmt.Errorf("has %s, but not as a string of visible characters", f.name)
			}
		}
	}
	return h, nil
}

// key returns the key that must have signed the claims.
func (v *Verifier) key(claims object, h header) (*key, error) {
	issuer, ok := claims["iss"].(string)
	if !ok {
		return nil, errors.New("iss is missing or not a string")
	}
	if k, ok := v.keys[keyName{issuer, h.kid}]; ok {
		return k, nil
	}
	if k, ok := v.keys[keyName{issuer, ""}]; ok {
		return k, nil
	}
	return nil, errors.New("iss and kid do not name a key of an issuer that is configured")
}

// accepts reports whether the header says what the configuration says.
func (k *key) accepts(h header) error {
	if h.alg != k.Algorithm {
		return fmt.Errorf("alg is not %s", k.Algorithm)
	}
	switch {
	case k.Type != "" && (h.typ == "" || mediaType(h.typ) != mediaType(k.Type)):
		return fmt.Errorf("typ is not %s", k.Type)
	case k.Type == "" && h.typ != "" && mediaType(h.typ) != "jwt":
		return errors.New("typ is not JWT")
	}
	return nil
}

// mediaType returns the form in which typ headers are compared (RFC 7515, section 4.1.9).
func mediaType(typ string) string {
	return strings.TrimPrefix(strings.ToLower(typ), "application/")
}

func (k *key) checkSignature(token string, payload []byte) error {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(k.Algorithm)})
	if err != nil {
		return errors.New("the token cannot be read") // err may quote it
	}
	verified, err := signed.Verify(k.check())
	// What is believed is what was signed, whatever the library made of the text.
	if err != nil || !bytes.Equal(verified, payload) {
		return errors.New("the signature is wrong")
	}
	return nil
}
