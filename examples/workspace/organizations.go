package workspace

import (
	"context"
	"database/sql"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/daybookdev/daybook"
)

// An Organization is a tenant: everything else belongs to one. The daybook tags say what Diff shows
// of a field.
type Organization struct {
	ID        string    `json:"id" daybook:"-"`
	Name      string    `json:"name" daybook:"name"`
	Domain    string    `json:"domain" daybook:"domain"` // that of the founder's e-mail address
	CreatedAt time.Time `json:"created_at" daybook:"-"`
}

// signUp serves POST /organizations: a new organization, its first user and that user's membership,
// in one transaction with their three entries. Either all six exist or none.
//
// The entries name organization and user themselves: before they commit there is nobody whom the
// scope could name.
func (a *App) signUp(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var body struct {
		Name  string  `json:"name"`
		Owner newUser `json:"owner"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	name, err := checkName("name", body.Name)
	if err != nil {
		return err
	}
	founder, err := a.prepareUser(body.Owner)
	if err != nil {
		return err
	}
	organization := Organization{Name: name, Domain: domainOf(founder.Email)}
	organization.ID, organization.CreatedAt = newID()
	founder.OrganizationID = organization.ID
	membership := newMembership(founder, Owner)

	err = a.inTx(ctx, func(tx *sql.Tx, entries daybook.Tx) error {
		if err := insertOrganization(ctx, tx, organization); err != nil {
			return err
		}
		if err := insertUser(ctx, tx, founder); err != nil {
			return err
		}
		if err := insertMembership(ctx, tx, membership); err != nil {
			return err
		}
		by := daybook.Entry{Action: daybook.Create, OrganizationID: organization.ID, UserID: founder.ID}
		made := func(resourceType, id string, details daybook.Details) daybook.Entry {
			e := by
			e.ResourceType, e.ResourceID, e.Details = resourceType, id, details
			return e
		}
		return a.book.RecordTx(ctx, entries,
			made(ResourceOrganization, organization.ID, daybook.Details{"name": organization.Name}),
			made(ResourceUser, founder.ID, nil),
			made(ResourceMembership, membership.ID, membershipDetails(membership)))
	})
	if err != nil {
		return err
	}
	return reply(w, http.StatusCreated, map[string]any{
		"id": organization.ID, "organization": organization, "user": founder, "membership": membership})
}

// showOrganization serves GET /organization: the caller's own.
func (a *App) showOrganization(w http.ResponseWriter, r *http.Request, who caller) error {
	organization, err := findOrganization(r.Context(), a.db, who.organization)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, organization)
}

// renameOrganization serves PATCH /organization. It runs inside the transaction that
// daybookhttp.Atomic opened: the new name exists if and only if its entry does. What changed,
// daybookhttp.Before finds out with loadOrganization.
func (a *App) renameOrganization(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	daybook.DraftOf(ctx).Resource(who.organization) // there is no id in the path
	var body struct {
		Name string `json:"name"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	name, err := checkName("name", body.Name)
	if err != nil {
		return err
	}
	tx := a.outbox.TxFrom(ctx)
	if _, err := tx.ExecContext(ctx, `update organizations set name = $1 where id = $2`, name, who.organization); err != nil {
		return err
	}
	organization, err := findOrganization(ctx, tx, who.organization)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, organization)
}

// loadOrganization returns the caller's organization as it is now.
func (a *App) loadOrganization(r *http.Request) (any, error) {
	ctx := r.Context()
	return findOrganization(ctx, a.querier(ctx), daybook.ScopeOf(ctx).OrganizationID)
}

func insertOrganization(ctx context.Context, q querier, o Organization) error {
	_, err := q.ExecContext(ctx, `
		insert into organizations (id, name, domain, created_at)
		values ($1, $2, $3, $4)`, o.ID, o.Name, o.Domain, o.CreatedAt.UnixMicro())
	return err
}

func findOrganization(ctx context.Context, q querier, id string) (Organization, error) {
	o := Organization{ID: id}
	var created int64
	err := q.QueryRowContext(ctx, `
		select name, domain, created_at
		from organizations
		where id = $1`, id).Scan(&o.Name, &o.Domain, &created)
	o.CreatedAt = time.UnixMicro(created).UTC()
	return o, err
}

// checkName accepts one line of text that people read.
func checkName(field, name string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return "", invalid(field, "Missing "+field, nil)
	case utf8.RuneCountInString(name) > 100:
		return "", invalid(field, "The "+field+" is longer than 100 characters", nil)
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", invalid(field, "The "+field+" contains control characters", name)
	}
	return name, nil
}

func domainOf(email string) string { return email[strings.LastIndexByte(email, '@')+1:] }
