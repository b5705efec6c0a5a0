package api

import (
	"time"

	"github.com/daybookdev/daybook/access"
)

// A meAnswer says who the credential speaks for.
type meAnswer struct {
	ID            string              `json:"id"`
	UserID        string              `json:"user_id,omitempty"`
	Organizations []string            `json:"organizations"`
	All           bool                `json:"all_organizations"`
	Permissions   []access.Permission `json:"permissions"`
	Filter        string              `json:"filter,omitempty"` // what the credential sees of it
	Expires       time.Time           `json:"expires,omitzero"`
}

func (a *API) me(c *call) (answer, error) {
	if err := c.session(); err != nil {
		return answer{}, err
	}
	p := c.principal
	m := meAnswer{ID: p.ID(), UserID: p.UserID(), Permissions: p.Permissions(), Filter: p.Filter(), Expires: p.Expires().UTC()}
	if p.Expires().IsZero() {
		m.Expires = time.Time{}
	}
	m.Organizations, m.All = p.Organizations()
	m.Organizations = orEmpty(m.Organizations)
	return answer{body: m}, nil
}
