package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

var (
	// ErrForbidden means that a principal may not do what it asks for. Answer 403.
	ErrForbidden = errors.New("not allowed")

	// ErrUnknown means that there is no such key or token, or that it is not the principal's to
	// see. Answer 404.
	ErrUnknown = errors.New("not found")

	// ErrChanged is what a [Storage] returns when somebody else was faster. Credentials return it
	// too, when that happens again and again: try again.
	ErrChanged = errors.New("changed meanwhile")
)

// A RequestError says which field of a request for a credential is wrong, and why. Answer 422.
type RequestError struct{ Field, Reason string }

// Error returns the field and the reason.
func (e *RequestError) Error() string { return e.Field + " " + e.Reason }

// Stored is what a [Storage] keeps of one credential.
type Stored struct {
	Kind, Name string
	Revision   int64 // 0 has never been put
	Content    []byte
	ExpiresAt  time.Time // from then on it is not there; zero: never
}

// A Storage keeps what [Credentials] know, durably. Package server makes one of a store's documents.
// Safe for concurrent use.
type Storage interface {
	// Put stores s in place of the one with s.Revision, or creates it if that is 0, and returns
	// it with its new revision. It is ErrChanged if another one is there, or none.
	Put(ctx context.Context, s Stored) (Stored, error)
	// Get returns what is stored, or ErrUnknown.
	Get(ctx context.Context, kind, name string) (Stored, error)
	// List returns what has names greater than after, at most limit, in the order of names.
	List(ctx context.Context, kind, after string, limit int) ([]Stored, error)
	// Delete deletes what is there, whatever its revision, or returns ErrUnknown.
	Delete(ctx context.Context, kind, name string) error
}

// The kinds of what is stored.
const (
	kindKey     = "api_key"
	kindKeyUse  = "api_key_use" // apart, so that using a key does not disturb its changes
	kindToken   = "viewer_token"
	kindSession = "session"
)

// A Change is something that happened to a credential, and has to be recorded.
type Change struct {
	Of            string // "key", "viewer_token" or "session"
	Did           string // "created", "rotated" or "revoked"
	By            Principal
	ID            string
	Organizations []string // those it concerns
	All           bool     // it concerns the whole deployment
	Name          string   // of a key
	User          string   // whom a viewer token is for
	Filter        string   // of a viewer token
	Origin        string   // of a viewer token
	Permissions   []Permission
	ExpiresAt     time.Time
}

// CredentialsOptions are how [Credentials] work. Storage and Record are needed.
type CredentialsOptions struct {
	Storage Storage

	// Record records a change, durably. No secret is handed out before it has returned nil. A
	// revocation stands whatever it returns.
	Record func(context.Context, Change) error

	// Fresh is how long a credential that was looked up is believed: how late a revocation by
	// another process can be; one by this process works at once. 0: one second. Negative: not at
	// all.
	Fresh time.Duration

	// Logger gets what fails without failing a request. nil means slog.Default().
	Logger *slog.Logger
}

// Credentials makes, checks and revokes API keys, viewer tokens and sessions. Of their secrets it
// keeps hashes. Make one with [NewCredentials]. Safe for concurrent use.
type Credentials struct {
	o CredentialsOptions

	mu      sync.Mutex // guards what follows
	seen    map[link]looked
	changes int                  // how often something seen was forgotten
	used    map[string]time.Time // the hour in which a key was last used
}

// A link is a stored credential that another one depends on.
type link struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// looked is what was found, or that nothing was. Both are kept alike, so that nobody can tell from the
// time of an answer which ids there are.
type looked struct {
	at      time.Time
	value   any // a pointer to what was decoded; nil: there is none
	expires time.Time
}

// mostSeen bounds what is kept of lookups; strangers choose what is looked up.
const mostSeen = 10_000

// NewCredentials returns Credentials on a storage.
func NewCredentials(o CredentialsOptions) (*Credentials, error) {
	switch {
	case o.Storage == nil:
		return nil, errors.New("make credentials: no Storage is given")
	case o.Record == nil:
		return nil, errors.New("make credentials: no Record is given: what happens to credentials must be recorded")
	}
	if o.Fresh == 0 {
		o.Fresh = time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Credentials{o: o, seen: map[link]looked{}, used: map[string]time.Time{}}, nil
}

// lookUp returns what is stored, nil if there is none. Nobody may change it: it is shared.
func lookUp[T any](ctx context.Context, c *Credentials, l link) (*T, error) {
	now := time.Now()
	c.mu.Lock()
	found, ok := c.seen[l]
	changes := c.changes
	c.mu.Unlock()
	if age := now.Sub(found.at); !ok || age < 0 || age >= c.o.Fresh {
		stored, err := c.o.Storage.Get(ctx, l.Kind, l.ID)
		switch {
		case err == nil:
			v := new(T)
			if err := json.Unmarshal(stored.Content, v); err != nil {
				return nil, fmt.Errorf("read %s %s: %w", l.Kind, l.ID, err)
			}
			found = looked{now, v, stored.ExpiresAt}
		case errors.Is(err, ErrUnknown):
			found = looked{at: now}
		default:
			return nil, fmt.Errorf("look up %s: %w", l.Kind, err)
		}
		c.remember(l, found, changes)
	}
	v, _ := found.value.(*T)
	if v == nil || !found.expires.IsZero() && !now.Before(found.expires) {
		return nil, nil
	}
	return v, nil
}

// remember keeps what was found, unless something has changed since the look began: it could be that.
func (c *Credentials) remember(l link, found looked, changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.o.Fresh < 0 || c.changes != changes {
		return
	}
	if len(c.seen) >= mostSeen {
		clear(c.seen)
	}
	c.seen[l] = found
}

func (c *Credentials) forget(l link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.seen, l)
	c.changes++
}

// put stores v and forgets what was looked up before.
func (c *Credentials) put(ctx context.Context, l link, revision int64, v any, expires time.Time) error {
	content, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s: %w", l.Kind, err)
	}
	_, err = c.o.Storage.Put(ctx, Stored{Kind: l.Kind, Name: l.ID, Revision: revision, Content: content, ExpiresAt: expires})
	c.forget(l)
	if err != nil {
		return fmt.Errorf("store %s: %w", l.Kind, err)
	}
	return nil
}

// create stores a new credential and records that. If it cannot be recorded there is none.
func (c *Credentials) create(ctx context.Context, l link, v any, expires time.Time, change Change) error {
	if err := c.put(ctx, l, 0, v, expires); err != nil {
		return err
	}
	if err := c.o.Record(ctx, change); err != nil {
		// Nobody has the secret, so that a deletion that fails leaves nothing that can be used.
		undo := c.o.Storage.Delete(context.WithoutCancel(ctx), l.Kind, l.ID)
		c.forget(l)
		return errors.Join(fmt.Errorf("record the new %s: %w", change.Of, err), undo)
	}
	return nil
}

// principalOf returns the principal of a credential's text.
func (c *Credentials) principalOf(ctx context.Context, text string) (Principal, error) {
	var p *principal
	var err error
	switch text[:len(keyPrefix)+1] {
	case keyPrefix + "_":
		p, err = c.keyPrincipal(ctx, text)
	case tokenPrefix + "_":
		p, err = c.tokenPrincipal(ctx, text)
	case sessionPrefix + "_":
		p, err = c.sessionPrincipal(ctx, text)
	}
	if err != nil {
		return Principal{}, err
	}
	return Principal{p}, nil
}

// stand reports whether all that a credential was made with is still good.
func (c *Credentials) stand(ctx context.Context, makers []maker) (bool, error) {
	now := time.Now()
	for _, m := range makers {
		good := false
		switch m.Kind {
		case kindKey:
			k, err := lookUp[storedKey](ctx, c, m.link)
			if err != nil {
				return false, err
			}
			good = k != nil && k.good(now) && k.has(m.Secret, now)
		case kindSession:
			s, err := lookUp[storedSession](ctx, c, m.link)
			if err != nil {
				return false, err
			}
			good = s != nil && now.Before(s.ExpiresAt)
		}
		if !good {
			return false, nil
		}
	}
	return true, nil
}

// A maker is a credential that another one was made with, and ends with.
type maker struct {
	link
	Secret int `json:"secret,omitempty"` // which of a key's secrets
}

func unauthenticated(why string) error { return fmt.Errorf("%w: %s", ErrUnauthenticated, why) }
