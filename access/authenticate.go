package access

import (
	"context"
	"fmt"
	"net/http"
)

// An Authenticator tells who sends a request. Make one with [NewAuthenticator]; the zero
// Authenticator refuses every request. Safe for concurrent use.
type Authenticator struct {
	verifier *Verifier
}

// NewAuthenticator returns an Authenticator of JWTs, if a Verifier is given.
func NewAuthenticator(v *Verifier) *Authenticator { return &Authenticator{verifier: v} }

// Authenticate returns who sent the request.
//
// An error that wraps [ErrUnauthenticated] means that there is no credential or that it is not
// good: answer 401, with the same body whatever the error says; its text is for the log and holds
// nothing of the credential. If it wraps [ErrNoOrganization] too, 403 is right. Any other error
// means that it could not be found out: answer 503.
func (a *Authenticator) Authenticate(ctx context.Context, r *http.Request) (Principal, error) {
	token, err := BearerToken(r)
	if err != nil {
		return Principal{}, err
	}
	if a.verifier == nil {
		return Principal{}, fmt.Errorf("%w: no issuer is configured", ErrUnauthenticated)
	}
	claims, err := a.verifier.Verify(token)
	if err != nil {
		return Principal{}, err
	}
	return claims.principal(), nil
}

// principal returns who verified claims speak for.
func (c Claims) principal() Principal {
	id := "jwt:" + c.Issuer
	if c.Client != "" {
		id += "#" + c.Client
	}
	return Principal{&principal{
		id:            id,
		user:          c.Subject,
		permissions:   inOrder(c.Permissions),
		organizations: []string{foldUUID(c.Organization)},
		expires:       c.ExpiresAt,
	}}
}

// A link is a stored credential that another one depends on.
type link struct {
	kind string
	id   string
}
