package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/internal/own"
)

// Package access makes, records and ends credentials; what stands here is their form in HTTP. A secret
// is told once, in the answer that makes it.

// credentials returns what keeps API keys and viewer tokens.
func (c *call) credentials() (*access.Credentials, error) {
	if c.config.Credentials == nil {
		return nil, refuse(http.StatusNotFound, "not_found", "this server keeps no keys and tokens")
	}
	return c.config.Credentials, nil
}

// changing returns the context for a change of credentials: what is recorded about it has the facts of
// this request.
func (c *call) changing() (context.Context, context.CancelFunc) {
	ctx, cancel := c.writing()
	return daybook.WithScope(ctx, c.scope()), cancel
}

// change says what an error of package access is for the caller.
func changeError(err error) error {
	if f, ok := errors.AsType[*access.RequestError](err); ok {
		return errors.Join(refuse(http.StatusUnprocessableEntity, "invalid", "the request was refused"), &daybook.FieldError{Field: f.Field, Reason: f.Reason})
	}
	return err
}

// mint takes one from the rate of changes.
func (c *call) mint() error { return c.limits.take(minting, c.principal.ID(), 1, false) }

type keysAnswer struct {
	Keys []access.Key `json:"keys"`
	Next string       `json:"next,omitempty"`
}

// keys lists the keys of an organization, or, for a credential of all that names none, all.
func (a *API) keys(c *call) (answer, error) {
	k, err := c.credentials()
	if err != nil {
		return answer{}, err
	}
	org, err := c.principal.Organization(c.text("organization"))
	_, all := c.principal.Organizations()
	noted := org.String()
	if all && errors.Is(err, access.ErrWhichOrganization) {
		err, noted = nil, c.config.Organization
	}
	limit, wrong := c.number("limit", 1, 200, 100)
	if err := errors.Join(err, wrong); err != nil {
		return answer{}, err
	}
	if err := c.noteOnce(noted, own.Key, "list", daybook.Details{"did": "listed"}); err != nil {
		return answer{}, err
	}
	ctx, cancel := c.reading()
	defer cancel()
	list, next, err := k.ListKeys(ctx, c.principal, org, c.text("after"), limit)
	return answer{body: keysAnswer{orEmpty(list), next}}, changeError(err)
}

// A newKey is a key with its text.
type newKey struct {
	access.Key
	Text string `json:"key"`
}

func (a *API) makeKey(c *call) (answer, error) {
	k, err := c.credentials()
	if err != nil {
		return answer{}, err
	}
	d, err := c.readDocument()
	if err != nil {
		return answer{}, err
	}
	r := access.KeyRequest{Name: d.text("name"), Organizations: d.texts("organizations"), AllOrganizations: d.flag("all_organizations"),
		Permissions: d.permissions(), ExpiresAt: d.time("expires_at")}
	if err := d.end(); err != nil {
		return answer{}, err
	}
	if err := c.mint(); err != nil {
		return answer{}, err
	}
	ctx, cancel := c.changing()
	defer cancel()
	key, text, err := k.CreateKey(ctx, c.principal, r)
	return answer{status: http.StatusCreated, body: newKey{key, text}}, changeError(err)
}

// permissions takes a member that names permissions and roles.
func (d *document) permissions() []access.Permission {
	words := d.texts("permissions")
	found, err := access.ParsePermissions(words...)
	if err != nil {
		d.refuse("permissions", err.Error())
	}
	return found
}

func (a *API) rotateKey(c *call) (answer, error) {
	k, err := c.credentials()
	if err != nil {
		return answer{}, err
	}
	d, err := c.readDocument()
	if err != nil {
		return answer{}, err
	}
	overlap := d.number("overlap_seconds", 0, int(access.MaxOverlap.Seconds()), 0)
	if err := d.end(); err != nil {
		return answer{}, err
	}
	if err := c.mint(); err != nil {
		return answer{}, err
	}
	ctx, cancel := c.changing()
	defer cancel()
	key, text, err := k.RotateKey(ctx, c.principal, c.r.PathValue("id"), time.Duration(overlap)*time.Second)
	return answer{body: newKey{key, text}}, changeError(err)
}

func (a *API) revokeKey(c *call) (answer, error) {
	k, err := c.credentials()
	if err == nil {
		err = c.mint()
	}
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := c.changing()
	defer cancel()
	_, err = k.RevokeKey(ctx, c.principal, c.r.PathValue("id"))
	return answer{}, changeError(err)
}

// A newToken is a viewer token with its text.
type newToken struct {
	access.ViewerToken
	Text string `json:"token"`
}

func (a *API) makeToken(c *call) (answer, error) {
	k, err := c.credentials()
	if err != nil {
		return answer{}, err
	}
	d, err := c.readDocument()
	if err != nil {
		return answer{}, err
	}
	org, err := c.organizationNamed(d.text("organization"))
	if err != nil {
		return answer{}, err
	}
	r := access.ViewerTokenRequest{Organization: org, User: d.text("user"), Permissions: d.permissions(), Origin: d.text("origin"),
		Lifetime: time.Duration(d.number("lifetime_seconds", 1, int(access.MaxTokenLifetime.Seconds()), int(access.MaxTokenLifetime.Seconds()))) * time.Second}
	// Taken in its canonical form, and without what would mean something else tomorrow.
	filter, _, wrong := daybook.ParseFilter(d.text("filter"), &daybook.FilterOptions{Lasting: true, Actions: c.config.Actions})
	if err := errors.Join(wrong, d.end()); err != nil {
		return answer{}, err
	}
	r.Filter = filter.String()
	ctx, cancel := c.changing()
	defer cancel()
	token, text, err := k.CreateViewerToken(ctx, c.principal, r)
	return answer{status: http.StatusCreated, body: newToken{token, text}}, changeError(err)
}

func (a *API) revokeToken(c *call) (answer, error) {
	k, err := c.credentials()
	if err == nil {
		err = c.mint()
	}
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := c.changing()
	defer cancel()
	return answer{}, changeError(k.RevokeViewerToken(ctx, c.principal, c.r.PathValue("id")))
}
