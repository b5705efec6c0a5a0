package workspace

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/mail"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// A User is an account of one organization. PasswordHash is in no answer, and Diff tells of it only
// that it changed.
type User struct {
	ID             string    `json:"id" daybook:"-"`
	OrganizationID string    `json:"organization_id" daybook:"-"`
	Name           string    `json:"name" daybook:"name"`
	Email          string    `json:"email" daybook:"email"`
	PasswordHash   string    `json:"-" daybook:"password_hash,redact"`
	CreatedAt      time.Time `json:"created_at" daybook:"-"`
}

// A newUser is what a client sends to make one.
type newUser struct {
	Name     string `json:"name"`
	Email    string `json:"email"`
	Password string `json:"password"`
}

// createUser serves POST /users: the guide's "Pattern 1: Automatic Logging with Decorator". It does
// not mention the log. Track takes the resource id from the answer's id, and user, organization and
// request id from the scope.
func (a *App) createUser(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	var body struct {
		newUser
		Role Role `json:"role"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	if body.Role == "" {
		body.Role = Member
	}
	if err := mayGrant(who, body.Role); err != nil {
		return err
	}
	user, err := a.prepareUser(body.newUser)
	if err != nil {
		return err
	}
	user.OrganizationID = who.organization
	membership := newMembership(user, body.Role)
	err = a.inTx(ctx, func(tx *sql.Tx, entries daybook.Tx) error {
		if err := insertUser(ctx, tx, user); err != nil {
			return err
		}
		if err := insertMembership(ctx, tx, membership); err != nil {
			return err
		}
		if err := a.enqueue(ctx, tx, Mail{To: user.Email, Subject: "Welcome",
			Body: "An account was made for you. Sign in with this address."}); err != nil {
			return err
		}
		// What the route's own entry does not say is recorded where it happens.
		return a.book.RecordTx(ctx, entries, daybook.Entry{Action: daybook.Create, ResourceType: ResourceMembership,
			ResourceID: membership.ID, Details: membershipDetails(membership)})
	})
	if err != nil {
		return err
	}
	a.wakeMail()
	return reply(w, http.StatusCreated, user)
}

// deleteUser serves DELETE /users/{user_id}: the other half of Pattern 1. An answer without a body
// has no id, so Track takes it from the path.
func (a *App) deleteUser(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	id, err := pathID(r, "user_id", "user")
	if err != nil {
		return err
	}
	err = a.inTx(ctx, func(tx *sql.Tx, _ daybook.Tx) error {
		user, err := findUser(ctx, tx, who.organization, id)
		if err != nil {
			return err
		}
		if err := mayManage(ctx, tx, who, user.ID); err != nil {
			return err
		}
		if err := keepAnOwner(ctx, tx, who.organization, user.ID); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `delete from users where organization_id = $1 and id = $2`, who.organization, user.ID)
		return err
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// updateUser serves PATCH /users/{user_id} with the guide's "User update" details: fields_changed,
// old_email, new_email. Change adds every field's old and new value.
func (a *App) updateUser(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	id, err := pathID(r, "user_id", "user")
	if err != nil {
		return err
	}
	var body struct {
		Name  *string `json:"name"`
		Email *string `json:"email"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	var before, after User
	err = a.inTx(ctx, func(tx *sql.Tx, _ daybook.Tx) error {
		if before, err = findUser(ctx, tx, who.organization, id); err != nil {
			return err
		}
		if err := mayManage(ctx, tx, who, id); err != nil {
			return err
		}
		after = before
		if body.Name != nil {
			if after.Name, err = checkName("name", *body.Name); err != nil {
				return err
			}
		}
		if body.Email != nil {
			if after.Email, err = checkEmail(*body.Email); err != nil {
				return err
			}
		}
		return updateUserRow(ctx, tx, after)
	})
	if err != nil {
		return err
	}
	describeUpdate(daybook.DraftOf(ctx), before, after)
	return reply(w, http.StatusOK, after)
}

func describeUpdate(draft *daybook.Draft, before, after User) {
	changed := []string{}
	if before.Name != after.Name {
		changed = append(changed, "name")
	}
	if before.Email != after.Email {
		changed = append(changed, "email")
		draft.Detail("old_email", before.Email)
		draft.Detail("new_email", after.Email)
	}
	if len(changed) == 0 {
		draft.Skip() // nothing happened, so there is nothing to tell
		return
	}
	draft.Detail("fields_changed", changed)
	draft.Change(before, after)
}

// changeEmail serves PUT /me/email. GOOD, of the guide's "2. Never Log Sensitive Data": metadata only.
// The entry says that the address changed, and neither of the two addresses.
func (a *App) changeEmail(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	if err := ownAccount(ctx, who); err != nil {
		return err
	}
	var body struct {
		Email string `json:"email"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	email, err := checkEmail(body.Email)
	if err != nil {
		return err
	}
	var user User
	var organization Organization
	err = a.inTx(ctx, func(tx *sql.Tx, _ daybook.Tx) error {
		if user, err = findUser(ctx, tx, who.organization, who.user); err != nil {
			return err
		}
		if organization, err = findOrganization(ctx, tx, who.organization); err != nil {
			return err
		}
		user.Email = email
		return updateUserRow(ctx, tx, user)
	})
	if err != nil {
		return err
	}
	draft := daybook.DraftOf(ctx)
	draft.Detail("email_changed", true)
	draft.Detail("domain_verified", domainOf(email) == organization.Domain)
	return reply(w, http.StatusOK, user)
}

// changePassword serves PUT /me/password. The guide's BAD example would record both passwords; here
// the entry says that there is a new one, and Change that it is not the old one.
func (a *App) changePassword(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	if err := ownAccount(ctx, who); err != nil {
		return err
	}
	var body struct {
		Old string `json:"old_password"`
		New string `json:"new_password"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	if err := checkPassword(body.New); err != nil {
		return err
	}
	before, err := findUser(ctx, a.db, who.organization, who.user)
	if err != nil {
		return err
	}
	switch ok, err := a.passwords.check(before.PasswordHash, body.Old); {
	case err != nil:
		return err
	case !ok:
		return errForbidden
	}
	after := before
	if after.PasswordHash, err = a.passwords.hash(body.New); err != nil {
		return err
	}
	// Only the hash that was checked is replaced: of two changes at once one is refused.
	err = changed(a.db.ExecContext(ctx, `
		update users
		set password = $1
		where organization_id = $2 and id = $3 and password = $4`,
		after.PasswordHash, who.organization, who.user, before.PasswordHash))
	if errors.Is(err, sql.ErrNoRows) {
		return &ConflictError{"the password has just been changed"}
	} else if err != nil {
		return err
	}
	draft := daybook.DraftOf(ctx)
	draft.Detail("password_changed", true)
	draft.Change(before, after)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// showMe serves GET /me, with the scope: the guide's get_logging_context.
func (a *App) showMe(w http.ResponseWriter, r *http.Request, who caller) error {
	s := daybook.ScopeOf(r.Context())
	return reply(w, http.StatusOK, map[string]any{
		"user_id": s.UserID, "organization_id": s.OrganizationID, "actor_type": s.ActorType, "role": who.role,
		"request_id": s.RequestID, "ip_address": s.IPAddress})
}

// listUsers serves GET /users.
func (a *App) listUsers(w http.ResponseWriter, r *http.Request, who caller) error {
	users, err := all(r.Context(), a.db, scanUser, `
		select id, organization_id, name, email, password, created_at
		from users
		where organization_id = $1
		order by id`, who.organization)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, map[string]any{"users": users})
}

// showUser serves GET /users/{user_id}. Colleagues may look at each other: Skip. To reach for a user
// of another organization is recorded.
func (a *App) showUser(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	id, err := pathID(r, "user_id", "user")
	if err != nil {
		return err
	}
	user, err := findUser(ctx, a.db, who.organization, id)
	if err != nil {
		return err
	}
	daybook.DraftOf(ctx).Skip()
	return reply(w, http.StatusOK, user)
}

// prepareUser checks what a client sent and hashes the password.
func (a *App) prepareUser(n newUser) (User, error) {
	var user User
	var err error
	if user.Name, err = checkName("name", n.Name); err != nil {
		return User{}, err
	}
	if user.Email, err = checkEmail(n.Email); err != nil {
		return User{}, err
	}
	if err := checkPassword(n.Password); err != nil {
		return User{}, err
	}
	if user.PasswordHash, err = a.passwords.hash(n.Password); err != nil {
		return User{}, err
	}
	user.ID, user.CreatedAt = newID()
	return user, nil
}

// checkEmail accepts a bare address in lower case. Its error is the guide's "Error scenario".
func checkEmail(s string) (string, error) {
	address, err := mail.ParseAddress(s)
	if err != nil || address.Name != "" || address.Address != s || len(s) > 254 {
		return "", invalid("email", "Invalid email format", s)
	}
	return strings.ToLower(s), nil
}

// checkPassword never tells what was tried.
func checkPassword(s string) error {
	if len(s) < 10 || len(s) > 128 {
		return invalid("password", "The password must have 10 to 128 bytes", nil)
	}
	return nil
}

// ownAccount says that the entry is about the caller, whom no path names, and refuses API keys, which
// have neither address nor password.
func ownAccount(ctx context.Context, who caller) error {
	daybook.DraftOf(ctx).Resource(who.user)
	if who.actor == daybook.ActorAPIKey {
		return errForbidden
	}
	return nil
}

// pathID returns the id in the path. What cannot be one is not found, like an id that nothing has.
func pathID(r *http.Request, name, noun string) (string, error) {
	id := strings.ToLower(r.PathValue(name)) // as the log keeps UUIDs
	if _, ok := daybook.ParseUUID(id); !ok {
		return "", &NotFoundError{Noun: noun}
	}
	return id, nil
}

var errTaken = &ConflictError{"the e-mail address is taken"}

func insertUser(ctx context.Context, q querier, u User) error {
	err := changed(q.ExecContext(ctx, `
		insert into users (id, organization_id, name, email, password, created_at)
		values ($1, $2, $3, $4, $5, $6)
		on conflict (email) do nothing`,
		u.ID, u.OrganizationID, u.Name, u.Email, u.PasswordHash, u.CreatedAt.UnixMicro()))
	if errors.Is(err, sql.ErrNoRows) {
		return errTaken
	}
	return err
}

// updateUserRow must run in a transaction that has found the user.
func updateUserRow(ctx context.Context, tx querier, u User) error {
	err := changed(tx.ExecContext(ctx, `
		update users
		set name = $1, email = $2
		where organization_id = $3 and id = $4
			and not exists (select 1 from users as other where other.email = $5 and other.id <> users.id)`,
		u.Name, u.Email, u.OrganizationID, u.ID, u.Email))
	// PostgreSQL sees an address that another transaction took at this moment by its index alone.
	if state, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); errors.Is(err, sql.ErrNoRows) || ok && state.SQLState() == "23505" {
		return errTaken
	}
	return err
}

func findUser(ctx context.Context, q querier, organization, id string) (User, error) {
	user, err := scanUser(q.QueryRowContext(ctx, `
		select id, organization_id, name, email, password, created_at
		from users
		where organization_id = $1 and id = $2`, organization, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = missing(ctx, q, "users", "user", id)
	}
	return user, err
}

func scanUser(r row) (User, error) {
	var u User
	var created int64
	err := r.Scan(&u.ID, &u.OrganizationID, &u.Name, &u.Email, &u.PasswordHash, &created)
	u.CreatedAt = time.UnixMicro(created).UTC()
	return u, err
}
