package workspace

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"github.com/daybookdev/daybook"
)

// A Membership says what a user may do in the organization. To take it away locks the account out at
// the next request and keeps it; POST /memberships lets it in again.
type Membership struct {
	ID             string    `json:"id" daybook:"-"`
	OrganizationID string    `json:"organization_id" daybook:"-"`
	UserID         string    `json:"user_id" daybook:"-"`
	Role           Role      `json:"role" daybook:"role"`
	CreatedAt      time.Time `json:"created_at" daybook:"-"`
}

func newMembership(u User, role Role) Membership {
	m := Membership{OrganizationID: u.OrganizationID, UserID: u.ID, Role: role}
	m.ID, m.CreatedAt = newID()
	return m
}

// membershipDetails says whom a membership concerns: its own id tells nobody.
func membershipDetails(m Membership) daybook.Details {
	return daybook.Details{"user_id": m.UserID, "role": m.Role}
}

// listMemberships serves GET /memberships.
func (a *App) listMemberships(w http.ResponseWriter, r *http.Request, who caller) error {
	memberships, err := all(r.Context(), a.db, scanMembership, `
		select id, organization_id, user_id, role, created_at
		from memberships
		where organization_id = $1
		order by id`, who.organization)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, map[string]any{"memberships": memberships})
}

// createMembership serves POST /memberships, for an account of the organization that has none.
//
// This and the next two are atomic: daybookhttp.Atomic opened the transaction, the handler works in
// it, and Track writes the entry into it before it commits. A grant without an entry does not exist.
func (a *App) createMembership(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	var body struct {
		UserID string `json:"user_id"`
		Role   Role   `json:"role"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	if err := mayGrant(who, body.Role); err != nil {
		return err
	}
	tx := a.outbox.TxFrom(ctx)
	user, err := findUser(ctx, tx, who.organization, body.UserID)
	if err != nil {
		return err
	}
	membership := newMembership(user, body.Role)
	if err := insertMembership(ctx, tx, membership); err != nil {
		return err
	}
	draft := daybook.DraftOf(ctx)
	for key, value := range membershipDetails(membership) {
		draft.Detail(key, value)
	}
	return reply(w, http.StatusCreated, membership)
}

// changeRole serves PATCH /memberships/{membership_id}. Change puts {"role": {"old": …, "new": …}}
// into details.changes.
func (a *App) changeRole(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	var body struct {
		Role Role `json:"role"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	if err := mayGrant(who, body.Role); err != nil {
		return err
	}
	tx := a.outbox.TxFrom(ctx)
	before, err := a.membershipInPath(r, tx, who)
	if err != nil {
		return err
	}
	after := before
	after.Role = body.Role
	if !after.Role.covers(Owner) {
		if err := keepAnOwner(ctx, tx, who.organization, before.UserID); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `
		update memberships
		set role = $1
		where organization_id = $2 and id = $3`, after.Role, who.organization, after.ID); err != nil {
		return err
	}
	draft := daybook.DraftOf(ctx)
	if before.Role == after.Role {
		draft.Skip()
	}
	draft.Detail("user_id", after.UserID)
	draft.Change(before, after)
	return reply(w, http.StatusOK, after)
}

// deleteMembership serves DELETE /memberships/{membership_id}.
func (a *App) deleteMembership(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	tx := a.outbox.TxFrom(ctx)
	membership, err := a.membershipInPath(r, tx, who)
	if err != nil {
		return err
	}
	if err := keepAnOwner(ctx, tx, who.organization, membership.UserID); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `
		delete from memberships
		where organization_id = $1 and id = $2`, who.organization, membership.ID); err != nil {
		return err
	}
	draft := daybook.DraftOf(ctx)
	for key, value := range membershipDetails(membership) {
		draft.Detail(key, value)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// membershipInPath finds what the path names and refuses those who may not manage it.
func (a *App) membershipInPath(r *http.Request, tx querier, who caller) (Membership, error) {
	ctx := r.Context()
	id, err := pathID(r, "membership_id", "membership")
	if err != nil {
		return Membership{}, err
	}
	m, err := scanMembership(tx.QueryRowContext(ctx, `
		select id, organization_id, user_id, role, created_at
		from memberships
		where organization_id = $1 and id = $2`, who.organization, id))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Membership{}, missing(ctx, tx, "memberships", "membership", id)
	case err != nil:
		return Membership{}, err
	}
	return m, mayManage(ctx, tx, who, m.UserID)
}

// mayGrant refuses unknown roles, and those above the caller's own.
func mayGrant(who caller, role Role) error {
	switch {
	case !role.covers(Member):
		return invalid("role", "The role must be owner, admin or member", string(role))
	case !who.role.covers(role):
		return errForbidden
	}
	return nil
}

// mayManage refuses a caller whose role is below that of the user concerned.
func mayManage(ctx context.Context, q querier, who caller, user string) error {
	var role Role
	err := q.QueryRowContext(ctx, `
		select role
		from memberships
		where organization_id = $1 and user_id = $2`, who.organization, user).Scan(&role)
	switch {
	case errors.Is(err, sql.ErrNoRows): // an account without a role
		return nil
	case err != nil:
		return err
	case !who.role.covers(role):
		return errForbidden
	}
	return nil
}

// keepAnOwner refuses to take the role from, or delete, the last owner.
func keepAnOwner(ctx context.Context, tx querier, organization, user string) error {
	var last bool
	err := tx.QueryRowContext(ctx, `
		select exists (select 1 from memberships where organization_id = $1 and user_id = $2 and role = 'owner')
			and not exists (select 1 from memberships where organization_id = $1 and user_id <> $2 and role = 'owner')`,
		organization, user).Scan(&last)
	if err == nil && last {
		err = &ConflictError{"the organization must keep an owner: make another one first"}
	}
	return err
}

func insertMembership(ctx context.Context, q querier, m Membership) error {
	err := changed(q.ExecContext(ctx, `
		insert into memberships (id, organization_id, user_id, role, created_at)
		values ($1, $2, $3, $4, $5)
		on conflict (organization_id, user_id) do nothing`,
		m.ID, m.OrganizationID, m.UserID, m.Role, m.CreatedAt.UnixMicro()))
	if errors.Is(err, sql.ErrNoRows) {
		return &ConflictError{"the user has a membership already"}
	}
	return err
}

func scanMembership(r row) (Membership, error) {
	var m Membership
	var created int64
	err := r.Scan(&m.ID, &m.OrganizationID, &m.UserID, &m.Role, &created)
	m.CreatedAt = time.UnixMicro(created).UTC()
	return m, err
}
