package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/internal/own"
)

// A Ledger signs the logs and proves what is in them. docs/ledger.md has the formats.
type Ledger interface {
	// Checkpoint returns the newest signed checkpoint of an organization's log. It has
	// daybook.ErrNotFound when there is no log.
	Checkpoint(ctx context.Context, organization string) (string, error)

	// Proof returns the inclusion proof of an entry, which discloses the values of these fields. It has
	// ErrPending for an entry that is not under a checkpoint yet.
	Proof(ctx context.Context, organization string, id daybook.ID, fields ...string) (string, error)
}

// disclosable are the fields that a leaf commits to and a proof may disclose.
var disclosable = []string{"resource_id", "user_id", "request_id", "ip_address", "user_agent", "details", "recorded_by"}

// ErrPending means that an entry is committed and not under a checkpoint yet.
var ErrPending = errors.New("the entry is not under a checkpoint yet: ask again in a moment")

var errNoLedger = refuse(http.StatusNotFound, "no_ledger", "this server signs no log")

// evidence is what the routes of the ledger have in common: the organization stands in the path.
func (c *call) evidence() (access.Organization, error) {
	org, err := c.organizationNamed(c.r.PathValue("organization"))
	if err == nil && c.config.Ledger == nil {
		err = errNoLedger
	}
	return org, err
}

// checkpoint answers the newest signed checkpoint of an organization's log.
func (a *API) checkpoint(c *call) (answer, error) {
	org, err := c.evidence()
	if err != nil {
		return answer{}, err
	}
	if err := c.noteOnce(org.String(), own.Proof, "checkpoint", daybook.Details{"route": c.route.Path}); err != nil {
		return answer{}, err
	}
	ctx, cancel := c.reading()
	defer cancel()
	note, err := a.config.Ledger.Checkpoint(ctx, org.String())
	return answer{text: note}, slow(ctx, err)
}

// proof answers the inclusion proof of an entry that the credential may see, with the values that are
// asked for.
func (a *API) proof(c *call) (answer, error) {
	disclose := c.list("disclose")
	for _, f := range disclose {
		if !slices.Contains(disclosable, f) {
			return answer{}, &daybook.FieldError{Field: "disclose", Reason: fmt.Sprintf("has %.60q, which is none of %v", f, disclosable)}
		}
	}
	org, err := c.evidence()
	if err != nil {
		return answer{}, err
	}
	q := &asked{organization: org}
	if err := c.filter(q, "", nil); err != nil {
		return answer{}, err
	}
	if q.query.ID, err = daybook.ParseID(c.r.PathValue("id")); err != nil {
		return answer{}, err
	}
	text := "id:" + q.query.ID.String()
	if err := c.noteOnce(org.String(), own.Proof, fmt.Sprint(text, disclose), daybook.Details{"filter": text, "disclosed": disclose, "route": c.route.Path}); err != nil {
		return answer{}, err
	}
	ctx, cancel := c.reading()
	defer cancel()
	page, err := a.config.Store.Query(ctx, org.String(), q.query)
	switch {
	case err != nil:
		return answer{}, slow(ctx, err)
	case len(page.Entries) == 0:
		return answer{}, errNotFound
	}
	proof, err := a.config.Ledger.Proof(ctx, org.String(), q.query.ID, disclose...)
	return answer{text: proof}, slow(ctx, err)
}
