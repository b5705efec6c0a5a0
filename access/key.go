package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// A Key is what is known of an API key; the key itself is not.
type Key struct {
	ID               string       `json:"id"`
	Name             string       `json:"name"`
	Organizations    []string     `json:"organizations,omitempty"`     // those it may act in
	AllOrganizations bool         `json:"all_organizations,omitempty"` // it may act in every one
	Permissions      []Permission `json:"permissions"`
	CreatedAt        time.Time    `json:"created_at"`
	CreatedBy        string       `json:"created_by"` // the ID of a principal
	ExpiresAt        time.Time    `json:"expires_at,omitzero"`
	RotatedAt        time.Time    `json:"rotated_at,omitzero"`
	OldSecretUntil   time.Time    `json:"old_secret_until,omitzero"` // until then both secrets work
	RevokedAt        time.Time    `json:"revoked_at,omitzero"`
	RevokedBy        string       `json:"revoked_by,omitempty"`
	LastUsedAt       time.Time    `json:"last_used_at,omitzero"` // the hour in which it was last used
}

// A storedKey is a Key as it is stored.
type storedKey struct {
	Key
	Secrets []storedSecret `json:"secrets"`
}

type storedSecret struct {
	Number int       `json:"number"` // from 1 on
	Hash   []byte    `json:"hash"`
	Until  time.Time `json:"until,omitzero"`
}

// good reports whether the key as a whole may be used.
func (k *storedKey) good(now time.Time) bool {
	return k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}

// has reports whether one of the key's secrets may be used.
func (k *storedKey) has(number int, now time.Time) bool {
	return slices.ContainsFunc(k.Secrets, func(s storedSecret) bool { return s.Number == number && s.good(now) })
}

func (s *storedSecret) good(now time.Time) bool { return s.Until.IsZero() || now.Before(s.Until) }

// keptAfter is how long a key can be listed that was revoked or has expired.
const keptAfter = 90 * 24 * time.Hour

// kept returns until when the key is stored.
func (k *storedKey) kept() time.Time {
	switch {
	case !k.RevokedAt.IsZero():
		return k.RevokedAt.Add(keptAfter)
	case !k.ExpiresAt.IsZero():
		return k.ExpiresAt.Add(keptAfter)
	}
	return time.Time{}
}

// A KeyRequest is what somebody asks a key to be.
type KeyRequest struct {
	Name string // for people; at most 100 characters

	// Organizations are those that the key may act in. Empty: the only one of who asks.
	Organizations []string

	// AllOrganizations is for every organization there is, now and later. Only a principal of all
	// can ask for it.
	AllOrganizations bool

	// Permissions are at most those of who asks. Empty: record.
	Permissions []Permission

	ExpiresAt time.Time // zero: never
}

// CreateKey makes an API key with the rights that are asked for, and returns what is known of it and
// its text, which is never to be had again. by needs [Keys], and cannot give what it does not have.
// That the key was made is recorded first.
//
// Errors are *RequestError, ErrForbidden, or those of the storage and of Record.
func (c *Credentials) CreateKey(ctx context.Context, by Principal, r KeyRequest) (Key, string, error) {
	key, text, err := c.createKey(ctx, by, r)
	if err != nil {
		return Key{}, "", fmt.Errorf("create key: %w", err)
	}
	return key, text, nil
}

func (c *Credentials) createKey(ctx context.Context, by Principal, r KeyRequest) (Key, string, error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	k := storedKey{Key: Key{ID: newID(), Name: r.Name, AllOrganizations: r.AllOrganizations, CreatedAt: now, CreatedBy: by.ID()}}
	if !by.Can(Keys) || by.Filter() != "" {
		return Key{}, "", ErrForbidden
	}
	if _, ok := plainString(r.Name); !ok || utf8.RuneCountInString(r.Name) > 100 {
		return Key{}, "", &RequestError{"name", "is not 1 to 100 visible characters"}
	}
	var err error
	if k.Permissions, err = permissionsOf(by, r.Permissions, Record); err != nil {
		return Key{}, "", err
	}
	if k.Organizations, err = organizationsOf(by, r); err != nil {
		return Key{}, "", err
	}
	if slices.Contains(k.Permissions, Follow) && !r.AllOrganizations {
		return Key{}, "", &RequestError{"permissions", "have follow, which reads every organization: ask for all organizations"}
	}
	if !r.ExpiresAt.IsZero() {
		if k.ExpiresAt = r.ExpiresAt.UTC().Truncate(time.Microsecond); !now.Before(k.ExpiresAt) {
			return Key{}, "", &RequestError{"expires_at", "is not in the future"}
		}
		if k.ExpiresAt.Year() > 2190 {
			return Key{}, "", &RequestError{"expires_at", "is behind the year 2190: leave it out for a key that does not expire"}
		}
	}
	text, hash := newSecret(keyPrefix, k.ID)
	k.Secrets = []storedSecret{{Number: 1, Hash: hash}}
	if err := c.create(ctx, link{kindKey, k.ID}, k, k.kept(), k.change(by, "created")); err != nil {
		return Key{}, "", err
	}
	return k.Key, text, nil
}

// permissionsOf returns the permissions that are asked for, if by has them all.
func permissionsOf(by Principal, asked []Permission, whenEmpty Permission) ([]Permission, error) {
	if len(asked) == 0 {
		asked = []Permission{whenEmpty}
	}
	for _, p := range asked {
		switch {
		case !slices.Contains(AllPermissions(), p):
			return nil, &RequestError{"permissions", fmt.Sprintf("have %.40q, which there is not", p)}
		case !by.Can(p):
			return nil, fmt.Errorf("%w: nobody can give the permission %s without having it", ErrForbidden, p)
		}
	}
	return inOrder(asked), nil
}

// organizationsOf returns the organizations that are asked for, if by may act in them all.
func organizationsOf(by Principal, r KeyRequest) ([]string, error) {
	if r.AllOrganizations {
		if _, all := by.Organizations(); !all {
			return nil, fmt.Errorf("%w: only a credential of all organizations can make another", ErrForbidden)
		}
		if len(r.Organizations) > 0 {
			return nil, &RequestError{"organizations", "cannot be named beside all_organizations"}
		}
		return nil, nil
	}
	asked := r.Organizations
	if len(asked) == 0 {
		asked = []string{""}
	}
	var found []string
	for _, name := range asked {
		o, err := by.Organization(name)
		switch {
		case errors.Is(err, ErrWhichOrganization):
			return nil, &RequestError{"organizations", "are missing: name at least one"}
		case err != nil:
			return nil, err
		}
		found = append(found, o.String())
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// ListKeys returns at most limit keys of an organization whose ids are greater than after, in the order
// of their ids, and the id to go on after; "" at the end. Revoked and expired ones are listed for 90
// days. A key for other organizations as well is listed without their names.
//
// The zero Organization lists every key there is, to a principal of all organizations. by needs [Keys].
func (c *Credentials) ListKeys(ctx context.Context, by Principal, o Organization, after string, limit int) (keys []Key, next string, err error) {
	if !by.Can(Keys) || by.Filter() != "" {
		return nil, "", fmt.Errorf("list keys: %w", ErrForbidden)
	}
	if _, all := by.Organizations(); o == (Organization{}) && !all {
		return nil, "", fmt.Errorf("list keys: %w", ErrWhichOrganization)
	}
	if limit <= 0 || limit > 200 {
		limit = 200
	}
	const batch = 200
	for {
		stored, err := c.o.Storage.List(ctx, kindKey, after, batch)
		if err != nil {
			return nil, "", fmt.Errorf("list keys: %w", err)
		}
		for _, s := range stored {
			after = s.Name
			var k storedKey
			if err := json.Unmarshal(s.Content, &k); err != nil {
				return nil, "", fmt.Errorf("list keys: read %s: %w", s.Name, err)
			}
			if o != (Organization{}) {
				if !slices.Contains(k.Organizations, o.String()) {
					continue
				}
				k.Organizations = []string{o.String()}
			}
			if k.LastUsedAt, err = c.lastUsed(ctx, k.ID); err != nil {
				return nil, "", fmt.Errorf("list keys: %w", err)
			}
			if keys = append(keys, k.Key); len(keys) == limit {
				return keys, after, nil
			}
		}
		if len(stored) < batch {
			return keys, "", nil
		}
	}
}

// MaxOverlap is the longest time for which an old secret of a key works beside the new one.
const MaxOverlap = 30 * 24 * time.Hour

// RotateKey gives a key a new secret and returns its text. The old one works for overlap longer, at
// most [MaxOverlap]; a still older one ends at once, and so do viewer tokens and sessions made with
// it. by needs [Keys], and all organizations and permissions of the key, since it gets to use them.
//
// Errors are *RequestError, ErrForbidden, ErrUnknown (also for a key that was revoked or has expired),
// ErrChanged, or those of the storage and of Record.
func (c *Credentials) RotateKey(ctx context.Context, by Principal, id string, overlap time.Duration) (Key, string, error) {
	if overlap < 0 || overlap > MaxOverlap {
		return Key{}, "", fmt.Errorf("rotate key: %w", &RequestError{"overlap", "is not between 0 and 30 days"})
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	k, revision, err := c.ownKey(ctx, by, id)
	if err == nil && !k.good(now) {
		err = ErrUnknown
	}
	if err == nil {
		_, err = permissionsOf(by, k.Permissions, Record)
	}
	if err != nil {
		return Key{}, "", fmt.Errorf("rotate key: %w", err)
	}
	before := *k
	last := k.Secrets[len(k.Secrets)-1]
	last.Until = now.Add(overlap)
	text, hash := newSecret(keyPrefix, k.ID)
	k.Secrets = []storedSecret{last, {Number: last.Number + 1, Hash: hash}}
	k.RotatedAt, k.OldSecretUntil = now, last.Until
	l := link{kindKey, k.ID}
	if err := c.put(ctx, l, revision, k, k.kept()); err != nil {
		return Key{}, "", fmt.Errorf("rotate key: %w", err)
	}
	if err := c.o.Record(ctx, k.change(by, "rotated")); err != nil {
		// Nobody has the new secret; the old one must go on working.
		ctx := context.WithoutCancel(ctx)
		stored, undo := c.o.Storage.Get(ctx, l.Kind, l.ID)
		if undo == nil {
			undo = c.put(ctx, l, stored.Revision, before, before.kept())
		}
		return Key{}, "", fmt.Errorf("rotate key: %w", errors.Join(fmt.Errorf("record the rotation: %w", err), undo))
	}
	return k.Key, text, nil
}

// RevokeKey ends a key, and the viewer tokens and sessions made with it: at once in this process, and
// in others within [CredentialsOptions.Fresh]. by needs [Keys] and all organizations of the key.
//
// If it returns an error that wraps none of ErrForbidden, ErrUnknown and ErrChanged, the key may have
// been revoked without that being recorded; to revoke it again settles it.
func (c *Credentials) RevokeKey(ctx context.Context, by Principal, id string) (Key, error) {
	k, revision, err := c.ownKey(ctx, by, id)
	if err != nil {
		return Key{}, fmt.Errorf("revoke key: %w", err)
	}
	if k.RevokedAt.IsZero() {
		k.RevokedAt, k.RevokedBy, k.Secrets = time.Now().UTC().Truncate(time.Microsecond), by.ID(), nil
		if err := c.put(ctx, link{kindKey, k.ID}, revision, k, k.kept()); err != nil {
			return Key{}, fmt.Errorf("revoke key: %w", err)
		}
	}
	if err := c.o.Record(context.WithoutCancel(ctx), k.change(by, "revoked")); err != nil {
		return Key{}, fmt.Errorf("the key is revoked, but that could not be recorded: %w", err)
	}
	return k.Key, nil
}

// ownKey returns a key that by may change, as it is stored.
func (c *Credentials) ownKey(ctx context.Context, by Principal, id string) (*storedKey, int64, error) {
	if !by.Can(Keys) || by.Filter() != "" {
		return nil, 0, ErrForbidden
	}
	if !isID(id) {
		return nil, 0, ErrUnknown
	}
	stored, err := c.o.Storage.Get(ctx, kindKey, id)
	if err != nil {
		return nil, 0, err
	}
	k := new(storedKey)
	if err := json.Unmarshal(stored.Content, k); err != nil {
		return nil, 0, fmt.Errorf("read key %s: %w", id, err)
	}
	_, all := by.Organizations()
	if k.AllOrganizations && !all {
		return nil, 0, ErrUnknown
	}
	for _, name := range k.Organizations {
		if _, err := by.Organization(name); err != nil {
			return nil, 0, ErrUnknown
		}
	}
	return k, stored.Revision, nil
}

// change returns what happened to the key, for the log.
func (k *storedKey) change(by Principal, did string) Change {
	return Change{Of: "key", Did: did, By: by, ID: k.ID, Organizations: k.Organizations, All: k.AllOrganizations,
		Name: k.Name, Permissions: k.Permissions, ExpiresAt: k.ExpiresAt}
}

// keyPrincipal returns the principal of an API key.
func (c *Credentials) keyPrincipal(ctx context.Context, text string) (*principal, error) {
	id, hash, ok := parseSecret(keyPrefix, text)
	if !ok {
		return nil, unauthenticated("the API key is not one: it was cut, or mistyped")
	}
	k, err := lookUp[storedKey](ctx, c, link{kindKey, id})
	if err != nil {
		return nil, err
	}
	now := time.Now()
	number := 0
	if k == nil || len(k.Secrets) == 0 {
		sameHash(noHash, hash)
	} else {
		for _, s := range k.Secrets {
			if sameHash(s.Hash, hash) && s.good(now) {
				number = s.Number
			}
		}
	}
	// One answer for an unknown id, a wrong secret and a key that has ended: a stranger learns nothing.
	if k == nil || number == 0 || !k.good(now) {
		return nil, unauthenticated("the API key " + id + " is unknown, or its secret is another one, or it was revoked or has expired")
	}
	c.use(ctx, id, now)
	return &principal{
		id:            "key:" + id,
		permissions:   inOrder(k.Permissions),
		organizations: k.Organizations,
		all:           k.AllOrganizations,
		expires:       k.ExpiresAt,
		makers:        []maker{{link{kindKey, id}, number}},
	}, nil
}

// A keyUse says when a key was used.
type keyUse struct {
	Hour time.Time `json:"hour"`
}

// use notes that a key was used, once an hour. That it cannot be noted is no reason to refuse.
func (c *Credentials) use(ctx context.Context, id string, now time.Time) {
	hour := now.UTC().Truncate(time.Hour)
	c.mu.Lock()
	noted := c.used[id].Equal(hour)
	c.used[id] = hour
	c.mu.Unlock()
	if noted {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	stored, err := c.o.Storage.Get(ctx, kindKeyUse, id)
	if err != nil && !errors.Is(err, ErrUnknown) {
		c.o.Logger.Warn("last use of an API key not noted", "key", id, "error", err.Error())
		return
	}
	var before keyUse
	if json.Unmarshal(stored.Content, &before) == nil && !before.Hour.Before(hour) {
		return
	}
	err = c.put(ctx, link{kindKeyUse, id}, stored.Revision, keyUse{hour}, time.Time{})
	if err != nil && !errors.Is(err, ErrChanged) { // another process notes the same
		c.o.Logger.Warn("last use of an API key not noted", "key", id, "error", err.Error())
	}
}

func (c *Credentials) lastUsed(ctx context.Context, id string) (time.Time, error) {
	stored, err := c.o.Storage.Get(ctx, kindKeyUse, id)
	if errors.Is(err, ErrUnknown) {
		return time.Time{}, nil
	}
	var u keyUse
	if err == nil {
		err = json.Unmarshal(stored.Content, &u)
	}
	return u.Hour, err
}

// Any reports whether there is any key at all, usable or not: a server without one tells how to make
// the first.
func (c *Credentials) Any(ctx context.Context) (bool, error) {
	found, err := c.o.Storage.List(ctx, kindKey, "", 1)
	if err != nil {
		return false, fmt.Errorf("look for API keys: %w", err)
	}
	return len(found) > 0, nil
}
