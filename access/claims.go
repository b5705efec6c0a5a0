package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// registered are the claims of RFC 7519, section 4.1.
var registered = [...]string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}

// read returns what the claims say, without the organization, after checking all that does not
// depend on the present moment.
func (k *key) read(claims object) (Claims, error) {
	for _, name := range append(registered[:], k.OrganizationClaim, k.PermissionsClaim, "azp", "client_id") {
		if err := claims.onlySpelling(name); err != nil {
			return Claims{}, fmt.Errorf("the payload %w", err)
		}
	}
	c := Claims{All: claims}
	var err error
	if c.Issuer, _ = claims["iss"].(string); c.Issuer != k.name.issuer {
		return Claims{}, errors.New("iss is another issuer")
	}
	if c.Audience, err = k.audience(claims["aud"]); err != nil {
		return Claims{}, err
	}
	var ok bool
	if c.Subject, ok = plainString(claims["sub"]); !ok {
		return Claims{}, errors.New("sub is missing or not a string of visible characters")
	}
	if id, there := claims["jti"]; there {
		if c.ID, ok = plainString(id); !ok {
			return Claims{}, errors.New("jti is not a string of visible characters")
		}
	}
	if c.Client, err = client(claims); err != nil {
		return Claims{}, err
	}
	if c.Permissions, err = k.permissions(claims[k.PermissionsClaim]); err != nil {
		return Claims{}, err
	}
	if _, ok := claims["exp"]; !ok {
		return Claims{}, errors.New("exp is missing")
	}
	if c.ExpiresAt, err = claims.time("exp"); err != nil {
		return Claims{}, err
	}
	if c.NotBefore, err = claims.time("nbf"); err != nil {
		return Claims{}, err
	}
	if c.IssuedAt, err = claims.time("iat"); err != nil {
		return Claims{}, err
	}
	return c, nil
}

// audience reads aud, which is a string or a list of strings (RFC 7519, section 4.1.3).
func (k *key) audience(v any) ([]string, error) {
	var audience []string
	switch v := v.(type) {
	case string:
		audience = []string{v}
	case []any:
		for _, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, errors.New("aud holds something else than strings")
			}
			audience = append(audience, s)
		}
	default:
		return nil, errors.New("aud is missing, or neither a string nor a list")
	}
	if !slices.Contains(audience, k.Audience) {
		return nil, fmt.Errorf("aud does not name %q", k.Audience)
	}
	return audience, nil
}

// client reads who the token was made for: azp (OpenID Connect) or client_id (RFC 9068).
func client(claims object) (string, error) {
	for _, name := range [...]string{"azp", "client_id"} {
		if v, there := claims[name]; there {
			s, ok := plainString(v)
			if !ok {
				return "", fmt.Errorf("%s is not a string of visible characters", name)
			}
			return s, nil
		}
	}
	return "", nil
}

// permissions reads the claim with the words that the issuer's Permissions know.
func (k *key) permissions(v any) ([]Permission, error) {
	var found []Permission
	switch v := v.(type) {
	case nil:
	case string:
		for word := range strings.FieldsSeq(v) {
			found = append(found, k.Permissions[word]...)
		}
	case []any:
		for _, item := range v {
			word, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("%s holds something else than strings", k.PermissionsClaim)
			}
			found = append(found, k.Permissions[word]...)
		}
	default:
		return nil, fmt.Errorf("%s is neither a string nor a list", k.PermissionsClaim)
	}
	return inOrder(found), nil
}

// organization reads the claim that names the organization.
func (k *key) organization(claims object) (string, error) {
	s, ok := plainString(claims[k.OrganizationClaim])
	if !ok {
		return "", fmt.Errorf("%w: %s is missing or not one string of visible characters", ErrNoOrganization, k.OrganizationClaim)
	}
	return s, nil
}

// checkTimes compares the claims with the present moment.
func (k *key) checkTimes(c Claims, now time.Time) error {
	switch {
	case !now.Before(c.ExpiresAt.Add(k.Skew)):
		return fmt.Errorf("exp passed %s ago", now.Sub(c.ExpiresAt).Round(time.Second))
	case c.ExpiresAt.After(now.Add(k.Lifetime + k.Skew)):
		return fmt.Errorf("exp is more than %s ahead", k.Lifetime)
	case c.NotBefore.After(now.Add(k.Skew)):
		return fmt.Errorf("nbf is %s ahead", c.NotBefore.Sub(now).Round(time.Second))
	case c.IssuedAt.After(now.Add(k.Skew)):
		return fmt.Errorf("iat is %s ahead", c.IssuedAt.Sub(now).Round(time.Second))
	}
	return nil
}

// latest is the last second that has a four-digit year: 9999-12-31T23:59:59Z.
const latest = 253402300799

// time reads a NumericDate (RFC 7519, section 2). The RFC allows fractions; they are refused,
// since programs round them differently. It returns the zero time if there is no such claim.
func (o object) time(name string) (time.Time, error) {
	v, ok := o[name]
	if !ok {
		return time.Time{}, nil
	}
	n, _ := v.(json.Number)
	seconds, err := strconv.ParseUint(string(n), 10, 64)
	if err != nil || seconds > latest {
		return time.Time{}, fmt.Errorf("%s is not a whole number of seconds from 1970 to 9999", name)
	}
	return time.Unix(int64(seconds), 0).UTC(), nil
}
