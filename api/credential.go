package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"github.com/daybookdev/daybook/access"
)

// An Authenticator says who a request comes from. *access.Authenticator is one; its Authenticate says
// what the errors mean.
type Authenticator interface {
	Authenticate(ctx context.Context, r *http.Request) (access.Principal, error)
}

// authenticate returns who the request comes from. All credentials that are not good get one answer;
// whoever has sent too many gets none.
func (c *call) authenticate() (access.Principal, error) {
	p, err := c.config.Authenticator.Authenticate(c.r.Context(), c.r)
	switch {
	case err == nil && !p.IsZero():
		return p, nil
	case err == nil:
		err = access.ErrUnauthenticated
	case errors.Is(err, access.ErrNoOrganization):
		return p, errForbidden
	case !errors.Is(err, access.ErrUnauthenticated):
		return p, fmt.Errorf("authenticate: %w: %w", errUnavailable, err)
	}
	if limit := c.limits.take(denied, networkOf(c.config.ClientAddr(c.r)), 1, false); limit != nil {
		return p, limit
	}
	return p, err
}

// networkOf names whom failed authentications are counted for: an address, or, since whoever has one
// IPv6 address has 2^64 of them, its /64.
func networkOf(addr netip.Addr) string {
	if addr.Is6() && !addr.Is4In6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.Unmap().String()
}

// organization returns the organization that the request is about. One that the credential may not
// see is answered like one that does not exist.
func (c *call) organization() (access.Organization, error) {
	return c.organizationNamed(c.text("organization"))
}

func (c *call) organizationNamed(name string) (access.Organization, error) {
	org, err := c.principal.Organization(name)
	if err == nil {
		err = c.limits.take(c.route.class, org.String(), 1, false)
	}
	return org, err
}
