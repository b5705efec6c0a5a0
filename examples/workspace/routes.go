package workspace

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
)

// routes is the whole API, with the entry that each route leaves.
//
// A Track is the guide's log_activity_decorator. Where the handler itself records the same action
// on the same type, in its transaction, the Track around it adds nothing to a success and records
// what the transaction cannot: refusals and failures.
func (a *App) routes(proxies []netip.Prefix) http.Handler {
	const (
		create, read, update, remove = daybook.Create, daybook.Read, daybook.Update, daybook.Delete

		organization, user, membership = ResourceOrganization, ResourceUser, ResourceMembership
		document, key, activity        = ResourceDocument, ResourceAPIKey, ResourceActivityLog
	)
	id := daybookhttp.PathID // the guide's resource_id_param_name
	atomic := daybookhttp.Atomic(a.outbox)
	mux := http.NewServeMux()
	track := func(pattern string, action daybook.Action, resourceType string, h http.HandlerFunc, options ...daybookhttp.RouteOption) {
		mux.Handle(pattern, daybookhttp.Track(a.book, action, resourceType, h, options...))
	}

	track("POST /organizations", create, organization, a.answered(a.signUp))
	mux.Handle("GET /organization", a.allow(Member, a.showOrganization))
	track("PATCH /organization", update, organization, a.allow(Owner, a.renameOrganization), atomic, daybookhttp.Before(a.loadOrganization))

	mux.Handle("POST /sign-in", a.watchSignIn(daybookhttp.Track(a.book, read, user, a.answered(a.signIn))))
	mux.Handle("GET /me", a.allow(Member, a.showMe))
	track("PUT /me/email", update, user, a.allow(Member, a.changeEmail))
	track("PUT /me/password", update, user, a.allow(Member, a.changePassword))

	track("POST /users", create, user, a.allow(Admin, a.createUser))
	mux.Handle("GET /users", a.allow(Member, a.listUsers))
	track("GET /users/{user_id}", read, user, a.allow(Member, a.showUser), id("user_id"))
	track("PATCH /users/{user_id}", update, user, a.allow(Admin, a.updateUser), id("user_id"))
	track("DELETE /users/{user_id}", remove, user, a.allow(Admin, a.deleteUser), id("user_id"))

	mux.Handle("GET /memberships", a.allow(Member, a.listMemberships))
	track("POST /memberships", create, membership, a.allow(Admin, a.createMembership), atomic)
	track("PATCH /memberships/{membership_id}", update, membership, a.allow(Admin, a.changeRole), id("membership_id"), atomic)
	track("DELETE /memberships/{membership_id}", remove, membership, a.allow(Admin, a.deleteMembership), id("membership_id"), atomic)

	track("POST /documents", create, document, a.allow(Member, a.uploadDocument))
	mux.Handle("GET /documents", a.allow(Member, a.listDocuments))
	track("GET /documents/export", read, document, a.allow(Admin, a.exportDocuments), daybookhttp.Required())
	track("POST /documents/batch-tag", update, document, a.allow(Member, a.tagDocuments))
	track("GET /documents/{document_id}", read, document, a.allow(Member, a.showDocument), id("document_id"))
	track("GET /documents/{document_id}/content", read, document, a.allow(Member, a.downloadDocument), id("document_id"))
	track("PATCH /documents/{document_id}", update, document, a.allow(Member, a.updateDocument), id("document_id"), atomic)
	track("POST /documents/{document_id}/archive", update, document, a.allow(Member, a.archiveDocument), id("document_id"))
	track("DELETE /documents/{document_id}", remove, document, a.allow(Member, a.deleteDocument), id("document_id"))

	mux.Handle("GET /api-keys", a.allow(Admin, a.listKeys))
	track("POST /api-keys", create, key, a.allow(Admin, a.createKey))
	track("POST /api-keys/{key_id}/rotate", remove, key, a.allow(Admin, a.rotateKey), id("key_id"))
	track("DELETE /api-keys/{key_id}", remove, key, a.allow(Admin, a.deleteKey), id("key_id"))

	track("POST /notifications", create, ResourceNotification, a.allow(Member, a.notify))

	track("GET /audit-log/{resource_id}", read, activity, a.allow(Admin, a.showAuditLog))
	track("GET /reports/users/{user_id}", read, activity, a.allow(Admin, a.reportUser))
	track("GET /reports/actions", read, activity, a.allow(Admin, a.reportActions))

	return daybookhttp.Middleware(a.book, &daybookhttp.Options{
		Identify:       a.identify,
		TrustedProxies: proxies,
		Denied:         ResourceRequest,
	})(mux)
}

// A Role is what a membership allows. Each covers those below it.
type Role string

// The roles, from the most to the least powerful.
const (
	Owner  Role = "owner"
	Admin  Role = "admin"
	Member Role = "member"
)

// covers reports whether r allows at least what other does. An unknown role allows nothing.
func (r Role) covers(other Role) bool {
	rank := func(r Role) int {
		switch r {
		case Owner:
			return 3
		case Admin:
			return 2
		case Member:
			return 1
		}
		return 0
	}
	return rank(r) > 0 && rank(r) >= rank(other)
}

// A caller is who sent the request: proven by a token or key, and a member of the organization
// today.
type caller struct {
	organization string
	user         string // of an API key its id
	actor        daybook.ActorType
	role         Role
}

// allow serves f to callers whose role covers least, and refuses the others.
//
// The organization comes from the scope, which identify filled from verified claims, and from
// nowhere else: no route reads one from path, query, header or body.
func (a *App) allow(least Role, f func(w http.ResponseWriter, r *http.Request, who caller) error) http.HandlerFunc {
	return a.answered(func(w http.ResponseWriter, r *http.Request) error {
		who, err := a.callerOf(r.Context())
		if err != nil {
			return err
		}
		if !who.role.covers(least) {
			return errForbidden
		}
		return f(w, r, who)
	})
}

func (a *App) callerOf(ctx context.Context) (caller, error) {
	s := daybook.ScopeOf(ctx)
	if s.OrganizationID == "" || s.UserID == "" {
		return caller{}, errUnauthorized
	}
	who := caller{organization: s.OrganizationID, user: s.UserID, actor: s.ActorType, role: Member}
	if who.actor == daybook.ActorAPIKey {
		return who, nil // identify has just found it
	}
	err := a.querier(ctx).QueryRowContext(ctx, `
		select role
		from memberships
		where organization_id = $1 and user_id = $2`, who.organization, who.user).Scan(&who.role)
	switch {
	case errors.Is(err, sql.ErrNoRows): // removed since the token was made
		return caller{}, errForbidden
	case err != nil:
		return caller{}, fmt.Errorf("find membership: %w", err)
	}
	return who, nil
}

// missing returns the error for a row that the caller's organization does not have, and finds out
// whether another one has it. table is one of ours and never text from outside.
func missing(ctx context.Context, q querier, table, noun, id string) error {
	e := &NotFoundError{Noun: noun}
	if err := q.QueryRowContext(ctx, `select exists (select 1 from `+table+` where id = $1)`, id).Scan(&e.Foreign); err != nil {
		return fmt.Errorf("find %s: %w", noun, err)
	}
	return e
}

// only refuses query parameters other than the named ones, and repeated ones.
func only(r *http.Request, names ...string) error {
	for name, values := range r.URL.Query() {
		if len(values) != 1 || !slices.Contains(names, name) {
			return &MalformedError{fmt.Sprintf("the query parameter %.60q is unknown or repeated", name)}
		}
	}
	return nil
}
