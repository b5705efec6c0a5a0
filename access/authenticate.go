package access

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// An Authenticator tells who sends a request. Make one with [NewAuthenticator]; the zero
// Authenticator refuses every request. Safe for concurrent use.
type Authenticator struct {
	verifier    *Verifier
	credentials *Credentials
}

// NewAuthenticator returns an Authenticator of JWTs, if a Verifier is given, and of API keys, viewer
// tokens and sessions, if Credentials are.
func NewAuthenticator(v *Verifier, c *Credentials) *Authenticator { return &Authenticator{v, c} }

// Authenticate returns who sent the request: by the token in its Authorization header, or, if it has
// no such header, by the session in its cookie.
//
// An error that wraps [ErrUnauthenticated] means that there is no credential or that it is not
// good: answer 401, with the same body whatever the error says; its text is for the log and holds
// nothing secret. If it wraps [ErrNoOrganization] too, 403 is right. Any other error means that it
// could not be found out: answer 503.
func (a *Authenticator) Authenticate(ctx context.Context, r *http.Request) (Principal, error) {
	if len(r.Header["Authorization"]) == 0 {
		if cookies := r.CookiesNamed(SessionCookieName); len(cookies) > 0 {
			return a.session(ctx, cookies)
		}
	}
	token, err := BearerToken(r)
	if err != nil {
		return Principal{}, err
	}
	if strings.HasPrefix(token, keyPrefix+"_") || strings.HasPrefix(token, tokenPrefix+"_") {
		if a.credentials == nil {
			return Principal{}, unauthenticated("API keys and viewer tokens are not configured")
		}
		p, err := a.credentials.principalOf(ctx, token)
		if err == nil {
			if err = p.p.from(r.Header["Origin"]); err != nil {
				err = fmt.Errorf("%w: %w", ErrUnauthenticated, err)
			}
		}
		if err != nil {
			return Principal{}, err
		}
		return p, nil
	}
	if a.verifier == nil {
		return Principal{}, unauthenticated("no issuer of JWTs is configured, and this is neither an API key nor a viewer token")
	}
	claims, err := a.verifier.VerifyContext(ctx, token)
	if err != nil {
		return Principal{}, err
	}
	return claims.principal()
}

func (a *Authenticator) session(ctx context.Context, cookies []*http.Cookie) (Principal, error) {
	switch {
	case a.credentials == nil:
		return Principal{}, unauthenticated("sessions are not configured")
	case len(cookies) > 1:
		return Principal{}, unauthenticated("the request has more than one session")
	case !strings.HasPrefix(cookies[0].Value, sessionPrefix+"_"):
		return Principal{}, unauthenticated("the session is not one")
	}
	return a.credentials.principalOf(ctx, cookies[0].Value)
}

// maxName is how many characters the names may have that end up in entries.
const maxName = 255

// principal returns who verified claims speak for. Names that no entry can hold are refused here, where
// it is the credential's fault, and not when something has to be recorded.
func (c Claims) principal() (Principal, error) {
	id := "jwt:" + c.Issuer
	if c.Client != "" {
		id += "#" + c.Client
	}
	for name, value := range map[string]string{"iss and client": id, "sub": c.Subject, "the organization": c.Organization} {
		if utf8.RuneCountInString(value) > maxName {
			return Principal{}, unauthenticated(name + " is too long for an entry")
		}
	}
	return Principal{&principal{
		id:            id,
		user:          c.Subject,
		permissions:   inOrder(c.Permissions),
		organizations: []string{foldUUID(c.Organization)},
		expires:       c.ExpiresAt,
	}}, nil
}
