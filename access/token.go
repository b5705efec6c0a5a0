package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxTokenLifetime is how long a viewer token lives at most, and if nothing else is asked for.
const MaxTokenLifetime = 15 * time.Minute

// A ViewerToken is what is known of a viewer token: a right to look at one organization's log for some
// minutes, for pages of an application's users. The token itself is not known.
type ViewerToken struct {
	ID           string       `json:"id"`
	Organization string       `json:"organization"`
	User         string       `json:"user,omitempty"`
	Filter       string       `json:"filter,omitempty"`
	Permissions  []Permission `json:"permissions"`
	Origin       string       `json:"origin,omitempty"`
	CreatedAt    time.Time    `json:"created_at"`
	CreatedBy    string       `json:"created_by"`
	ExpiresAt    time.Time    `json:"expires_at"`
}

type storedToken struct {
	ViewerToken
	Hash   []byte  `json:"hash"`
	Makers []maker `json:"makers,omitempty"`
}

// A ViewerTokenRequest is what somebody asks a viewer token to be.
type ViewerTokenRequest struct {
	Organization Organization

	// User is the person who looks, for the entries that say so. "": nobody in particular.
	User string

	// Filter limits what the person sees, as the canonical text of a filter without relative
	// times. "": no limit. The caller has parsed it; it is taken as it is.
	Filter string

	// Permissions are at most those of who asks, out of read, export and proof. Empty: read.
	Permissions []Permission

	// Origin is the origin of the pages that may use the token, such as https://app.example.com.
	// "": any.
	Origin string

	// Lifetime is at most [MaxTokenLifetime]. 0: that.
	Lifetime time.Duration
}

// CreateViewerToken makes a viewer token, and returns what is known of it and its text, which is never
// to be had again. by needs [Mint], and cannot give what it does not have. The token ends with the
// credential that it was made with, at the latest. That it was made is recorded first.
//
// Errors are *RequestError, ErrForbidden, or those of the storage and of Record.
func (c *Credentials) CreateViewerToken(ctx context.Context, by Principal, r ViewerTokenRequest) (ViewerToken, string, error) {
	token, text, err := c.createToken(ctx, by, r)
	if err != nil {
		return ViewerToken{}, "", fmt.Errorf("create viewer token: %w", err)
	}
	return token, text, nil
}

func (c *Credentials) createToken(ctx context.Context, by Principal, r ViewerTokenRequest) (ViewerToken, string, error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	if !by.Can(Mint) || by.Filter() != "" {
		return ViewerToken{}, "", ErrForbidden
	}
	if o, err := by.Organization(r.Organization.String()); err != nil || o != r.Organization {
		return ViewerToken{}, "", ErrForeign
	}
	t := storedToken{ViewerToken: ViewerToken{ID: newID(), Organization: r.Organization.String(), User: r.User, Filter: r.Filter,
		Origin: r.Origin, CreatedAt: now, CreatedBy: by.ID()}, Makers: by.p.makers}
	if _, ok := plainString(r.User); r.User != "" && (!ok || utf8.RuneCountInString(r.User) > 255) {
		return ViewerToken{}, "", &RequestError{"user", "is not up to 255 visible characters"}
	}
	if !utf8.ValidString(r.Filter) || len(r.Filter) > 16<<10 {
		return ViewerToken{}, "", &RequestError{"filter", "is longer than 16 KiB"}
	}
	if r.Origin != "" && !isOrigin(r.Origin) {
		return ViewerToken{}, "", &RequestError{"origin", "is not an origin such as https://app.example.com: scheme, host in lower case, and a port only if it is not the usual one"}
	}
	var err error
	if t.Permissions, err = permissionsOf(by, r.Permissions, Read); err != nil {
		return ViewerToken{}, "", err
	}
	for _, p := range t.Permissions {
		if p != Read && p != Export && p != Proof {
			return ViewerToken{}, "", &RequestError{"permissions", "have " + string(p) + ", but a viewer token has at most read, export and proof"}
		}
	}
	switch {
	case r.Lifetime < 0 || r.Lifetime > MaxTokenLifetime:
		return ViewerToken{}, "", &RequestError{"lifetime", "is not between 1 second and 15 minutes"}
	case r.Lifetime == 0:
		r.Lifetime = MaxTokenLifetime
	}
	t.ExpiresAt = now.Add(r.Lifetime)
	if e := by.Expires(); !e.IsZero() && e.Before(t.ExpiresAt) {
		t.ExpiresAt = e
	}
	text, hash := newSecret(tokenPrefix, t.ID)
	t.Hash = hash
	if err := c.create(ctx, link{kindToken, t.ID}, t, t.ExpiresAt, t.change(by, "created")); err != nil {
		return ViewerToken{}, "", err
	}
	return t.ViewerToken, text, nil
}

// isOrigin reports whether s is an origin as browsers write it (RFC 6454, section 6.2).
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || strings.ToLower(s) != s {
		return false
	}
	usual := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	return s == u.Scheme+"://"+u.Host && u.Port() != usual && !strings.HasSuffix(u.Host, ":") && !strings.ContainsAny(s, "*@ ,\\")
}

// RevokeViewerToken ends a viewer token: at once in this process, and in others within
// [CredentialsOptions.Fresh]. by is who made it, or has [Keys] in its organization. Errors are
// ErrUnknown, which is also that of a token that has expired, or those of the storage and of Record.
func (c *Credentials) RevokeViewerToken(ctx context.Context, by Principal, id string) error {
	t, err := c.ownToken(ctx, by, id)
	if err != nil {
		return fmt.Errorf("revoke viewer token: %w", err)
	}
	l := link{kindToken, id}
	err = c.o.Storage.Delete(ctx, l.Kind, l.ID)
	c.forget(l)
	if err != nil {
		return fmt.Errorf("revoke viewer token: %w", err)
	}
	if err := c.o.Record(context.WithoutCancel(ctx), t.change(by, "revoked")); err != nil {
		return fmt.Errorf("the viewer token is revoked, but that could not be recorded: %w", err)
	}
	return nil
}

func (c *Credentials) ownToken(ctx context.Context, by Principal, id string) (*storedToken, error) {
	if !isID(id) || by.IsZero() || by.Filter() != "" {
		return nil, ErrUnknown
	}
	stored, err := c.o.Storage.Get(ctx, kindToken, id)
	if err != nil {
		return nil, err
	}
	t := new(storedToken)
	if err := json.Unmarshal(stored.Content, t); err != nil {
		return nil, fmt.Errorf("read viewer token %s: %w", id, err)
	}
	if _, err := by.Organization(t.Organization); err != nil {
		return nil, ErrUnknown
	}
	if t.CreatedBy != by.ID() && !by.Can(Keys) {
		return nil, ErrUnknown
	}
	return t, nil
}

func (t *storedToken) change(by Principal, did string) Change {
	return Change{Of: "viewer_token", Did: did, By: by, ID: t.ID, Organizations: []string{t.Organization}, User: t.User,
		Filter: t.Filter, Origin: t.Origin, Permissions: t.Permissions, ExpiresAt: t.ExpiresAt}
}

// tokenPrincipal returns the principal of a viewer token.
func (c *Credentials) tokenPrincipal(ctx context.Context, text string) (*principal, error) {
	id, hash, ok := parseSecret(tokenPrefix, text)
	if !ok {
		return nil, unauthenticated("the viewer token is not one: it was cut, or mistyped")
	}
	t, err := lookUp[storedToken](ctx, c, link{kindToken, id})
	if err != nil {
		return nil, err
	}
	kept := noHash
	if t != nil {
		kept = t.Hash
	}
	if same := sameHash(kept, hash); t == nil || !same || !time.Now().Before(t.ExpiresAt) {
		return nil, unauthenticated("the viewer token " + id + " is unknown, or was revoked, or has expired")
	}
	if stands, err := c.stand(ctx, t.Makers); err != nil {
		return nil, err
	} else if !stands {
		return nil, unauthenticated("what the viewer token " + id + " was made with has ended")
	}
	return &principal{
		id:            "token:" + id,
		user:          t.User,
		permissions:   inOrder(t.Permissions),
		organizations: []string{t.Organization},
		filter:        t.Filter,
		origin:        t.Origin,
		expires:       t.ExpiresAt,
	}, nil
}

// from reports whether a request with the Origin headers may use the principal. Programs that are no
// browsers send none, and neither do browsers to the page's own origin.
func (p *principal) from(origins []string) error {
	if p.origin != "" && len(origins) > 0 && !slices.Equal(origins, []string{p.origin}) {
		return errors.New("the viewer token is for another origin")
	}
	return nil
}
