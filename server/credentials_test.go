package server_test

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/server"
	"github.com/daybookdev/daybook/store/sqlite"
)

func newCredentials(t *testing.T) (*access.Credentials, *sqlite.Store, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "log.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	c, err := server.NewCredentials(s, "platform", nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, s, dir
}

func TestCredentialsNeedAPlatformOrganization(t *testing.T) {
	_, s, _ := newCredentials(t)
	if _, err := server.NewCredentials(s, "", nil); err == nil {
		t.Error("they do not")
	}
}

// The life of a key, in the store that keeps it and in the log that tells of it.
func TestTheLifeOfAKeyIsInTheLog(t *testing.T) {
	c, s, dir := newCredentials(t)
	by := access.Operator("ada")
	ctx := daybook.WithScope(t.Context(), daybook.Scope{RequestID: "req-1", UserID: "ada"})
	k, text, err := c.CreateKey(ctx, by, access.KeyRequest{Name: "billing", Organizations: []string{"acme", "zeta"}, Permissions: []access.Permission{access.Record, access.Read}})
	if err != nil {
		t.Fatal(err)
	}
	everywhere, _, err := c.CreateKey(ctx, by, access.KeyRequest{Name: "mirror", AllOrganizations: true, Permissions: []access.Permission{access.Follow}})
	if err != nil {
		t.Fatal(err)
	}
	_, second, err := c.RotateKey(ctx, by, k.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	auth := access.NewAuthenticator(nil, c)
	who := func(text string) (access.Principal, error) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+text)
		return auth.Authenticate(t.Context(), r)
	}
	if _, err := who(text); !errors.Is(err, access.ErrUnauthenticated) {
		t.Errorf("the old secret: %v", err)
	}
	if p, err := who(second); err != nil || !p.Can(access.Read) {
		t.Errorf("the new secret: %v", err)
	}
	if _, err := c.RevokeKey(ctx, by, k.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := who(second); !errors.Is(err, access.ErrUnauthenticated) {
		t.Errorf("the revoked key: %v", err)
	}
	for organization, want := range map[string][]string{
		"acme":     {"CREATE daybook.key " + k.ID, "UPDATE daybook.key " + k.ID, "DELETE daybook.key " + k.ID},
		"zeta":     {"CREATE daybook.key " + k.ID, "UPDATE daybook.key " + k.ID, "DELETE daybook.key " + k.ID},
		"platform": {"CREATE daybook.key " + everywhere.ID},
	} {
		page, err := s.Query(t.Context(), organization, daybook.Query{Order: daybook.Oldest})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range page.Entries {
			got = append(got, string(e.Action)+" "+e.ResourceType+" "+e.ResourceID)
			details, err := e.Details.Canonical()
			if err != nil || e.UserID != "ada" || e.RequestID != "req-1" || e.RecordedBy != "operator" {
				t.Errorf("%+v, %v", e, err)
			}
			for _, other := range []string{"acme", "zeta"} {
				if other != organization && bytes.Contains(details, []byte(other)) {
					t.Errorf("%s is told of %s: %s", organization, other, details)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, -want +got:\n%s", organization, diff)
		}
	}
	keys, _, err := c.ListKeys(t.Context(), by, access.Organization{}, "", 0)
	if err != nil || len(keys) != 2 {
		t.Errorf("%+v, %v", keys, err)
	}
	if i := slices.IndexFunc(keys, func(found access.Key) bool { return found.ID == k.ID }); i < 0 || keys[i].LastUsedAt.IsZero() || keys[i].RevokedAt.IsZero() {
		t.Errorf("%+v", keys)
	}
	// Nothing on the disk would let anybody in.
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	found := false
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found = found || bytes.Contains(content, []byte(k.ID))
		for _, secret := range []string{text, second} {
			if bytes.Contains(content, []byte(strings.Split(secret, "_")[2])) {
				t.Errorf("%s holds a secret", name)
			}
		}
	}
	if !found {
		t.Error("the search for secrets does not even find the id")
	}
}

// Of many who change a key at once each either did or is told to try again.
func TestAChangeOfAKeyIsNotLostToAnother(t *testing.T) {
	c, _, _ := newCredentials(t)
	by := access.Operator("ada")
	k, _, err := c.CreateKey(t.Context(), by, access.KeyRequest{Name: "x", Organizations: []string{"acme"}})
	if err != nil {
		t.Fatal(err)
	}
	errs := make(chan error)
	for range 8 {
		go func() {
			_, _, err := c.RotateKey(context.Background(), by, k.ID, 0)
			errs <- err
		}()
	}
	good := 0
	for range 8 {
		if err := <-errs; err == nil {
			good++
		} else if !errors.Is(err, access.ErrChanged) {
			t.Errorf("%v, want ErrChanged", err)
		}
	}
	if good == 0 {
		t.Error("none succeeded")
	}
	if _, err := c.RevokeKey(t.Context(), by, k.ID); err != nil {
		t.Error(err)
	}
}
