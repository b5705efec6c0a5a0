package workspace

import (
	"database/sql"
	"errors"
	"net/http"
	"strings"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
)

// signIn serves POST /sign-in. Its entry is READ of the account, denied with details.error
// "Unauthorized" when the sign-in failed, so that the guide's own query finds it.
//
// Before a sign-in no token says which organization it concerns. An address that somebody has tells
// it: there the failure is recorded, with the account as its resource and without a user, since
// nobody proved to be one. What nobody has goes to the platform organization, without the address:
// people type passwords into the wrong field.
func (a *App) signIn(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	draft := daybook.DraftOf(ctx)
	draft.Detail("action", "sign_in")
	// Whatever credentials the request carries, it is not they that act here.
	daybook.Identify(ctx, func(s *daybook.Scope) {
		s.OrganizationID, s.UserID, s.ActorType = "", "", daybook.ActorUser
	})
	var body struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	user, err := scanUser(a.db.QueryRowContext(ctx, `
		select id, organization_id, name, email, password, created_at
		from users
		where email = $1`, strings.ToLower(body.Email)))
	switch {
	case err == nil:
		draft.Resource(user.ID)
		daybook.Identify(ctx, func(s *daybook.Scope) { s.OrganizationID = user.OrganizationID })
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	ok, err := a.passwords.check(user.PasswordHash, body.Password)
	if err != nil {
		return err
	}
	var role Role
	err = a.db.QueryRowContext(ctx, `
		select role
		from memberships
		where organization_id = $1 and user_id = $2`, user.OrganizationID, user.ID).Scan(&role)
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	case !ok || err != nil: // a wrong password, nobody, or an account without a membership
		return errSignIn
	}
	token, expires, err := a.tokens.sign(user)
	if err != nil {
		return err
	}
	daybook.Identify(ctx, func(s *daybook.Scope) { s.UserID = user.ID })
	return reply(w, http.StatusOK, map[string]any{
		"token": token, "expires_at": expires, "user": user, "organization_id": user.OrganizationID, "role": role})
}

// identify is daybookhttp's Options.Identify: the guide's AuthMiddleware and TenantIsolationMiddleware.
// It takes user and organization from a token's verified claims or from a stored API key. What it
// refuses leaves the scope empty, and App.allow answers 401.
func (a *App) identify(r *http.Request) (daybook.Scope, error) {
	if key := r.Header.Get("X-API-Key"); key != "" {
		return a.identifyKey(r.Context(), key)
	}
	return daybookhttp.Bearer(func(token string) (daybook.Scope, error) {
		if strings.HasPrefix(token, keyPrefix) {
			return a.identifyKey(r.Context(), token)
		}
		return a.tokens.verify(token)
	})(r)
}
