package access

import (
	"context"
	"errors"
	"fmt"
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

// Sessions signs principals in and out. Make it with [Credentials.Sessions].
type Sessions struct{ c *Credentials }

// Sessions returns what signs in and out.
func (c *Credentials) Sessions() Sessions { return Sessions{c} }

// Begin signs a principal in: a new session, whatever there was before, with its rights, for
// [SessionLifetime] or until its credential ends. It is recorded first. secret goes into a cookie named
// [SessionCookieName], with the attributes HttpOnly, Secure and SameSite=Strict, and nowhere else.
//
// A viewer token and a session make no session: ErrForbidden.
func (s Sessions) Begin(ctx context.Context, by Principal) (secret string, expires time.Time, err error) {
	if by.IsZero() || by.ByCookie() || by.p.token() {
		return "", time.Time{}, fmt.Errorf("sign in: %w", ErrForbidden)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	stored := storedSession{ID: newID(), Principal: by.p.id, User: by.p.user, Organizations: by.p.organizations, All: by.p.all,
		Permissions: by.p.permissions, CreatedAt: now, ExpiresAt: now.Add(SessionLifetime), Makers: by.p.makers}
	if e := by.Expires(); !e.IsZero() && e.Before(stored.ExpiresAt) {
		stored.ExpiresAt = e
	}
	secret, stored.Hash = newSecret(sessionPrefix, stored.ID)
	if err := s.c.create(ctx, link{kindSession, stored.ID}, stored, stored.ExpiresAt, stored.change(by, "created")); err != nil {
		return "", time.Time{}, fmt.Errorf("sign in: %w", err)
	}
	return secret, stored.ExpiresAt, nil
}

// End ends the session with the secret, and the viewer tokens made in it: at once in this process, and
// in others within [CredentialsOptions.Fresh]. A session that is not there is no error.
func (s Sessions) End(ctx context.Context, secret string) error {
	p, err := s.c.sessionPrincipal(ctx, secret)
	if errors.Is(err, ErrUnauthenticated) {
		return nil
	} else if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	l := link{kindSession, p.session}
	err = s.c.o.Storage.Delete(ctx, l.Kind, l.ID)
	s.c.forget(l)
	if errors.Is(err, ErrUnknown) { // another request was faster
		return nil
	} else if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	ended := storedSession{ID: p.session, Organizations: p.organizations, All: p.all, Permissions: p.permissions, ExpiresAt: p.expires}
	if err := s.c.o.Record(context.WithoutCancel(ctx), ended.change(Principal{p}, "revoked")); err != nil {
		return fmt.Errorf("the session has ended, but that could not be recorded: %w", err)
	}
	return nil
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
	s, err := lookUp[storedSession](ctx, c, link{kindSession, id})
	if err != nil {
		return nil, err
	}
	kept := noHash
	if s != nil {
		kept = s.Hash
	}
	if same := sameHash(kept, hash); s == nil || !same || !time.Now().Before(s.ExpiresAt) {
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
