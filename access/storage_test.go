package access_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/daybookdev/daybook/access"
)

// A shelf is a Storage in memory. Package server tests the one that is a store's documents.
type shelf struct {
	mu     sync.Mutex
	stored map[[2]string]access.Stored
	last   int64
	down   error // what every call returns
}

func (s *shelf) Put(_ context.Context, d access.Stored) (access.Stored, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := [2]string{d.Kind, d.Name}
	switch old := s.stored[k]; {
	case s.down != nil:
		return d, s.down
	case old.Revision != d.Revision:
		return d, access.ErrChanged
	}
	s.last++
	d.Revision, d.Content = s.last, bytes.Clone(d.Content)
	s.stored[k] = d
	return d, nil
}

func (s *shelf) Get(_ context.Context, kind, name string) (access.Stored, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.stored[[2]string{kind, name}]
	switch {
	case s.down != nil:
		return d, s.down
	case !ok || !d.ExpiresAt.IsZero() && !time.Now().Before(d.ExpiresAt):
		return access.Stored{}, access.ErrUnknown
	}
	return d, nil
}

func (s *shelf) List(_ context.Context, kind, after string, limit int) ([]access.Stored, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []access.Stored
	for k, d := range s.stored {
		if k[0] == kind && k[1] > after && (d.ExpiresAt.IsZero() || time.Now().Before(d.ExpiresAt)) {
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b access.Stored) int { return strings.Compare(a.Name, b.Name) })
	return found[:min(len(found), limit)], s.down
}

func (s *shelf) Delete(ctx context.Context, kind, name string) error {
	if _, err := s.Get(ctx, kind, name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.stored, [2]string{kind, name})
	return nil
}

// An office is a deployment's credentials, and what was recorded of them.
type office struct {
	*access.Credentials
	auth   *access.Authenticator
	shelf  *shelf
	fail   error // what Record returns
	record []access.Change
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{shelf: &shelf{stored: map[[2]string]access.Stored{}}}
	o.Credentials = o.branch(t)
	o.auth = access.NewAuthenticator(nil, o.Credentials)
	return o
}

// branch returns the credentials as another process of the deployment has them.
func (o *office) branch(t testing.TB) *access.Credentials {
	t.Helper()
	c, err := access.NewCredentials(access.CredentialsOptions{
		Storage: o.shelf,
		Record: func(_ context.Context, c access.Change) error {
			if o.fail == nil {
				o.record = append(o.record, c)
			}
			return o.fail
		},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var operator = access.Operator("ada")

// key makes a key of acme with the permissions, and returns its id and its text.
func (o *office) key(t testing.TB, permissions ...access.Permission) (id, text string) {
	t.Helper()
	k, text, err := o.CreateKey(t.Context(), operator, access.KeyRequest{Name: "test", Organizations: []string{"acme"}, Permissions: permissions})
	if err != nil {
		t.Fatal(err)
	}
	return k.ID, text
}

func request(headers ...string) *http.Request {
	r := httptest.NewRequest("GET", "/v1/entries", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func bearer(text string) *http.Request { return request("Authorization", "Bearer "+text) }

// who returns the principal of a token that must be good.
func (o *office) who(t testing.TB, text string) access.Principal {
	t.Helper()
	p, err := o.auth.Authenticate(t.Context(), bearer(text))
	if err != nil {
		t.Fatalf("a good credential: %v", err)
	}
	return p
}

// good and refused check what becomes of a request.
func (o *office) good(t testing.TB, what string, r *http.Request) {
	t.Helper()
	if p, err := o.auth.Authenticate(t.Context(), r); err != nil || p.IsZero() {
		t.Errorf("%s: %v, want it to be good", what, err)
	}
}

func (o *office) refused(t testing.TB, what string, r *http.Request) {
	t.Helper()
	refusedBy(t, o.auth, what, r)
}

func refusedBy(t testing.TB, auth *access.Authenticator, what string, r *http.Request) {
	t.Helper()
	p, err := auth.Authenticate(t.Context(), r)
	if !errors.Is(err, access.ErrUnauthenticated) || !p.IsZero() {
		t.Errorf("%s: %q, %v, want ErrUnauthenticated", what, p.ID(), err)
	}
}

// organization returns an Organization of the operator's.
func organization(t testing.TB, name string) access.Organization {
	t.Helper()
	o, err := operator.Organization(name)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// signIn returns the secret of a new session.
func (o *office) signIn(t testing.TB, by access.Principal) string {
	t.Helper()
	secret, _, err := o.Sessions().Begin(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func cookie(secret string) *http.Request {
	return request("Cookie", access.SessionCookieName+"="+secret)
}
