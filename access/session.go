package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	// SessionCookieName is the name of the cookie that a session is in. Its prefix makes browsers
	// keep it to this host, to secure connections and to the path / (RFC 6265bis, section 4.1.3.2).
	SessionCookieName = "__Host-daybook"

	// SessionLifetime is how long a session lives at most.
	SessionLifetime = 8 * time.Hour
)

// A storedSession is who signed in, as it was then: rights do not change without the credential.
type storedSession struct {
	ID            string       `json:"id"`
	Principal     string       `json:"principal"` // its ID
	User          string       `json:"user,omitempty"`
	Organizations []string     `json:"organizations,omitempty"`
	All           bool         `json:"all,omitempty"`
	Permissions   []Permission `json:"permissions"`
	CreatedAt     time.Time    `json:"created_at"`
	ExpiresAt     time.Time    `json:"expires_at"`
	Hash          []byte       `json:"hash"`
	Makers        []maker      `json:"makers,omitempty"`
}

// CreateSession signs a principal in: a new session, whatever there was before, with its rights, for
// [SessionLifetime] or until the credential ends. It is recorded first. The cookie goes into the
// answer; nothing else may hold its value.
//
// A viewer token and a session make no session: ErrForbidden.
func (c *Credentials) CreateSession(ctx context.Context, by Principal) (*http.Cookie, error) {
	if by.IsZero() || by.ByCookie() || by.p.token() {
		return nil, fmt.Errorf("sign in: %w", ErrForbidden)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	s := storedSession{ID: newID(), Principal: by.p.id, User: by.p.user, Organizations: by.p.organizations, All: by.p.all,
		Permissions: by.p.permissions, CreatedAt: now, ExpiresAt: now.Add(SessionLifetime), Makers: by.p.makers}
	if e := by.Expires(); !e.IsZero() && e.Before(s.ExpiresAt) {
		s.ExpiresAt = e
	}
	text, hash := newSecret(sessionPrefix, s.ID)
	s.Hash = hash
	if err := c.create(ctx, link{kindSession, s.ID}, s, s.ExpiresAt, s.change(by, "created")); err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	return sessionCookie(text, int(time.Until(s.ExpiresAt).Seconds())), nil
}

// EndSession signs out whoever came in by a cookie, and returns the cookie that makes the browser
// forget it. It is at once in this process, and in others within [CredentialsOptions.Fresh]; viewer
// tokens made in the session end too.
func (c *Credentials) EndSession(ctx context.Context, by Principal) (*http.Cookie, error) {
	gone := sessionCookie("", -1)
	if !by.ByCookie() {
		return gone, nil
	}
	l := link{kindSession, by.p.session}
	err := c.o.Storage.Delete(ctx, l.Kind, l.ID)
	c.forget(l)
	switch {
	case errors.Is(err, ErrUnknown): // another request was faster
		return gone, nil
	case err != nil:
		return gone, fmt.Errorf("sign out: %w", err)
	}
	s := storedSession{ID: by.p.session, Organizations: by.p.organizations, All: by.p.all, Permissions: by.p.permissions, ExpiresAt: by.p.expires}
	if err := c.o.Record(context.WithoutCancel(ctx), s.change(by, "revoked")); err != nil {
		return gone, fmt.Errorf("the session has ended, but that could not be recorded: %w", err)
	}
	return gone, nil
}

func sessionCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: SessionCookieName, Value: value, Path: "/", MaxAge: maxAge, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

func (s *storedSession) change(by Principal, did string) Change {
	return Change{Of: "session", Did: did, By: by, ID: s.ID, Organizations: s.Organizations, All: s.All,
		User: by.UserID(), Permissions: s.Permissions, ExpiresAt: s.ExpiresAt}
}

// sessionPrincipal returns the principal of a session.
func (c *Credentials) sessionPrincipal(ctx context.Context, text string) (*principal, error) {
	id, hash, ok := parseSecret(sessionPrefix, text)
	if !ok {
		return nil, unauthenticated("the session is not one")
	}
	var s storedSession
	found, err := c.lookUp(ctx, link{kindSession, id}, &s)
	if err != nil {
		return nil, err
	}
	if !found {
		s.Hash = noHash
	}
	if same := sameHash(s.Hash, hash); !found || !same || !time.Now().Before(s.ExpiresAt) {
		return nil, unauthenticated("the session is unknown, or has ended")
	}
	if stands, err := c.stand(ctx, s.Makers); err != nil {
		return nil, err
	} else if !stands {
		return nil, unauthenticated("what the session was made with has ended")
	}
	return &principal{
		id:            s.Principal,
		user:          s.User,
		permissions:   inOrder(s.Permissions),
		organizations: s.Organizations,
		all:           s.All,
		expires:       s.ExpiresAt,
		session:       id,
		makers:        append(s.Makers[:len(s.Makers):len(s.Makers)], maker{link: link{kindSession, id}}),
	}, nil
}
