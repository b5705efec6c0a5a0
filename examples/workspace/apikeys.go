package workspace

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// An APIKey lets a program act in the organization, with what a member may do. Its secret is shown
// once and kept as a hash.
type APIKey struct {
	ID             string     `json:"id"`
	OrganizationID string     `json:"organization_id"`
	Name           string     `json:"name"`
	CreatedBy      string     `json:"created_by"`
	CreatedAt      time.Time  `json:"created_at"`
	LastUsedAt     *time.Time `json:"last_used_at"` // to the minute; null until it is used

	hash []byte
}

// rotateKey serves POST /api-keys/{key_id}/rotate: a new key in the place of an old one, in one
// transaction with both entries.
//
// GOOD, of the guide's "4. Include Context for Important Operations": the old key's last entry has
// its name, age and last use, and says why it went.
func (a *App) rotateKey(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	fresh, secret := newKey(who)
	err := a.inTx(ctx, func(tx *sql.Tx, entries daybook.Tx) error {
		old, err := keyInPath(r, tx, who)
		if err != nil {
			return err
		}
		fresh.Name = old.Name
		if err := deleteKeyRow(ctx, tx, old); err != nil {
			return err
		}
		if err := insertKey(ctx, tx, fresh); err != nil {
			return err
		}
		return a.book.RecordTx(ctx, entries,
			daybook.Entry{Action: daybook.Create, ResourceType: ResourceAPIKey, ResourceID: fresh.ID,
				Details: daybook.Details{"key_name": fresh.Name, "replaces": old.ID}},
			daybook.Entry{Action: daybook.Delete, ResourceType: ResourceAPIKey, ResourceID: old.ID,
				Details: goodbye(old, "key rotation")})
	})
	if err != nil {
		return err
	}
	return reply(w, http.StatusCreated, keyAnswer(fresh, secret))
}

// deleteKey serves DELETE /api-keys/{key_id}?reason=, with the same details.
func (a *App) deleteKey(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	if err := only(r, "reason"); err != nil {
		return err
	}
	reason := "revoked"
	if s := r.URL.Query().Get("reason"); s != "" {
		var err error
		if reason, err = checkName("reason", s); err != nil {
			return err
		}
	}
	var key APIKey
	err := a.inTx(ctx, func(tx *sql.Tx, _ daybook.Tx) (err error) {
		if key, err = keyInPath(r, tx, who); err != nil {
			return err
		}
		return deleteKeyRow(ctx, tx, key)
	})
	if err != nil {
		return err
	}
	draft := daybook.DraftOf(ctx)
	for name, value := range goodbye(key, reason) {
		draft.Detail(name, value)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// goodbye returns the guide's details of a key that is deleted.
func goodbye(key APIKey, reason string) daybook.Details {
	d := daybook.Details{
		"key_name":  key.Name,
		"age_days":  int(time.Since(key.CreatedAt).Hours() / 24),
		"last_used": nil,
		"reason":    reason,
	}
	if key.LastUsedAt != nil {
		d["last_used"] = key.LastUsedAt.Format(time.RFC3339)
	}
	return d
}

// createKey serves POST /api-keys.
func (a *App) createKey(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
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
	key, secret := newKey(who)
	key.Name = name
	if err := insertKey(ctx, a.db, key); err != nil {
		return err
	}
	daybook.DraftOf(ctx).Detail("key_name", key.Name)
	return reply(w, http.StatusCreated, keyAnswer(key, secret))
}

// listKeys serves GET /api-keys.
func (a *App) listKeys(w http.ResponseWriter, r *http.Request, who caller) error {
	keys, err := all(r.Context(), a.db, scanKey, selectKeys+`
		where organization_id = $1
		order by id`, who.organization)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, map[string]any{"api_keys": keys})
}

// A presented key is "wk_", the id's 32 hexadecimal digits, "_", and the secret's 64.
const (
	keyPrefix = "wk_"
	keyLength = len(keyPrefix) + 32 + 1 + 64
)

func newKey(who caller) (key APIKey, secret []byte) {
	secret = make([]byte, 32)
	rand.Read(secret) // never fails (crypto/rand)
	hash := sha256.Sum256(secret)
	key = APIKey{OrganizationID: who.organization, CreatedBy: who.user, hash: hash[:]}
	key.ID, key.CreatedAt = newID()
	return key, secret
}

func keyAnswer(key APIKey, secret []byte) any {
	return struct {
		APIKey
		Key string `json:"key"` // this once
	}{key, keyPrefix + strings.ReplaceAll(key.ID, "-", "") + "_" + hex.EncodeToString(secret)}
}

// identifyKey returns the scope of a presented key: actor type api_key, and its id as the user.
func (a *App) identifyKey(ctx context.Context, presented string) (daybook.Scope, error) {
	if len(presented) != keyLength || presented[keyLength-65] != '_' {
		return daybook.Scope{}, errors.New("the API key is not one of ours")
	}
	raw, err1 := hex.DecodeString(presented[len(keyPrefix) : keyLength-65])
	secret, err2 := hex.DecodeString(presented[keyLength-64:])
	if err := errors.Join(err1, err2); err != nil {
		return daybook.Scope{}, errors.New("the API key is not one of ours")
	}
	id := daybook.ID(raw).String()
	key, err := scanKey(a.db.QueryRowContext(ctx, selectKeys+`
		where id = $1`, id))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return daybook.Scope{}, fmt.Errorf("find API key: %w", err)
	}
	// An unknown id is compared too, so that it takes as long as a wrong secret.
	hash := sha256.Sum256(secret)
	if len(key.hash) == 0 {
		key.hash = make([]byte, sha256.Size)
	}
	if subtle.ConstantTimeCompare(hash[:], key.hash) != 1 || err != nil {
		return daybook.Scope{}, errors.New("the API key is unknown or was deleted")
	}
	if now := time.Now(); key.LastUsedAt == nil || now.Sub(*key.LastUsedAt) >= time.Minute {
		_, err := a.db.ExecContext(ctx, `
			update api_keys
			set last_used_at = $1
			where id = $2`, now.Truncate(time.Minute).UnixMicro(), id)
		if err != nil {
			return daybook.Scope{}, fmt.Errorf("note the use of an API key: %w", err)
		}
	}
	return daybook.Scope{OrganizationID: key.OrganizationID, UserID: key.ID, ActorType: daybook.ActorAPIKey}, nil
}

func keyInPath(r *http.Request, q querier, who caller) (APIKey, error) {
	id, err := pathID(r, "key_id", "API key")
	if err != nil {
		return APIKey{}, err
	}
	key, err := scanKey(q.QueryRowContext(r.Context(), selectKeys+`
		where organization_id = $1 and id = $2`, who.organization, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = missing(r.Context(), q, "api_keys", "API key", id)
	}
	return key, err
}

func insertKey(ctx context.Context, q querier, k APIKey) error {
	_, err := q.ExecContext(ctx, `
		insert into api_keys (id, organization_id, name, secret, created_by, created_at)
		values ($1, $2, $3, $4, $5, $6)`, k.ID, k.OrganizationID, k.Name, k.hash, k.CreatedBy, k.CreatedAt.UnixMicro())
	return err
}

func deleteKeyRow(ctx context.Context, q querier, k APIKey) error {
	_, err := q.ExecContext(ctx, `delete from api_keys where organization_id = $1 and id = $2`, k.OrganizationID, k.ID)
	return err
}

const selectKeys = `
	select id, organization_id, name, secret, created_by, created_at, last_used_at
	from api_keys`

func scanKey(r row) (APIKey, error) {
	var k APIKey
	var created int64
	var used sql.NullInt64
	err := r.Scan(&k.ID, &k.OrganizationID, &k.Name, &k.hash, &k.CreatedBy, &created, &used)
	k.CreatedAt = time.UnixMicro(created).UTC()
	if used.Valid {
		at := time.UnixMicro(used.Int64).UTC()
		k.LastUsedAt = &at
	}
	return k, err
}
