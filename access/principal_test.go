package access_test

import (
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook/access"
	"github.com/google/go-cmp/cmp"
)

func TestTheZeroPrincipalIsNobody(t *testing.T) {
	var p access.Principal
	if !p.IsZero() || p.ID() != "" || p.UserID() != "" || p.Filter() != "" || p.Origin() != "" || !p.Expires().IsZero() || p.ByCookie() {
		t.Errorf("the zero Principal is %q, %q", p.ID(), p.UserID())
	}
	for _, permission := range access.AllPermissions() {
		if p.Can(permission) {
			t.Errorf("the zero Principal may %s", permission)
		}
	}
	if names, all := p.Organizations(); len(names) > 0 || all {
		t.Errorf("the zero Principal has the organizations %q, all: %t", names, all)
	}
	for _, asked := range []string{"", "acme"} {
		if o, err := p.Organization(asked); !errors.Is(err, access.ErrForeign) || o.String() != "" {
			t.Errorf("Organization(%q): %q, %v", asked, o, err)
		}
	}
}

// From one token on: the organization and the permissions come from it and from nowhere else.
func TestAJWTGivesItsOrganizationAndItsPermissions(t *testing.T) {
	issuer := access.Issuer{
		Issuer: "https://id.example", Audience: "daybook", Algorithm: "HS256", Secret: []byte("0123456789abcdef0123456789abcdef"),
		Permissions: map[string][]access.Permission{"log.read": {access.Read}, "log.audit": {access.Proof, access.Export, access.Read}},
	}
	tests := []struct {
		name string
		all  map[string]any
		want []access.Permission
	}{
		{"words between spaces", map[string]any{"scope": "openid log.read  unknown"}, []access.Permission{access.Read}},
		{"a list of words", map[string]any{"scope": []string{"log.audit", "log.read"}}, []access.Permission{access.Read, access.Export, access.Proof}},
		{"only other words", map[string]any{"scope": "read admin"}, []access.Permission{}},
		{"no claim", nil, []access.Permission{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			claims := access.Claims{Subject: "ada", Organization: "AAAAAAAA-0000-4000-8000-000000000000", Client: "portal", ExpiresAt: time.Now().Add(time.Hour), All: tt.all}
			p, err := authenticate(t, issuer, claims)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, p.Permissions()); diff != "" {
				t.Errorf("permissions, -want +got:\n%s", diff)
			}
			if p.ID() != "jwt:https://id.example#portal" || p.UserID() != "ada" || p.Expires().IsZero() {
				t.Errorf("the principal is %q, user %q, until %v", p.ID(), p.UserID(), p.Expires())
			}
			for _, asked := range []string{"", "aaaaaaaa-0000-4000-8000-000000000000", "AAAAAAAA-0000-4000-8000-000000000000"} {
				if o, err := p.Organization(asked); err != nil || o.String() != "aaaaaaaa-0000-4000-8000-000000000000" {
					t.Errorf("Organization(%q): %q, %v", asked, o, err)
				}
			}
			for _, asked := range []string{"acme", "aaaaaaaa-0000-4000-8000-00000000000", "aaaaaaaa-0000-4000-8000-0000000000001", " ", "*", "%"} {
				if o, err := p.Organization(asked); !errors.Is(err, access.ErrForeign) || o.String() != "" {
					t.Errorf("Organization(%q): %q, %v", asked, o, err)
				}
			}
		})
	}
	t.Run("a claim of another kind", func(t *testing.T) {
		for _, scope := range []any{7, true, []any{"log.read", 7}, map[string]any{"log.read": true}} {
			claims := access.Claims{Subject: "ada", Organization: "acme", ExpiresAt: time.Now().Add(time.Hour), All: map[string]any{"scope": scope}}
			if _, err := authenticate(t, issuer, claims); err == nil {
				t.Errorf("scope %v is accepted", scope)
			}
		}
	})
}

// What no entry can hold must not come as far as being recorded.
func TestNamesThatNoEntryCanHoldAreRefused(t *testing.T) {
	issuer := access.Issuer{Issuer: "https://id.example", Audience: "daybook", Algorithm: "HS256", Secret: []byte("0123456789abcdef0123456789abcdef")}
	for name, change := range map[string]func(c *access.Claims, n int){
		"the user":         func(c *access.Claims, n int) { c.Subject = strings.Repeat("é", n) },
		"the organization": func(c *access.Claims, n int) { c.Organization = strings.Repeat("é", n) },
		"the client":       func(c *access.Claims, n int) { c.Client = strings.Repeat("é", n-len("jwt:https://id.example#")) },
	} {
		for n, good := range map[int]bool{255: true, 256: false} {
			c := access.Claims{Subject: "ada", Organization: "acme", ExpiresAt: time.Now().Add(time.Hour)}
			change(&c, n)
			_, err := authenticate(t, issuer, c)
			if good != (err == nil) || err != nil && !errors.Is(err, access.ErrUnauthenticated) {
				t.Errorf("%s of %d characters: %v", name, n, err)
			}
		}
	}
}

func authenticate(t *testing.T, issuer access.Issuer, c access.Claims) (access.Principal, error) {
	t.Helper()
	signer, err := access.NewSigner(issuer, nil)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := access.NewVerifier(issuer)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signer.Sign(c)
	if err != nil {
		return access.Principal{}, err
	}
	r := httptest.NewRequest("GET", "/v1/entries", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return access.NewAuthenticator(verifier, nil).Authenticate(t.Context(), r)
}

func TestAnIssuerGivesOnlyPermissionsOfOneOrganization(t *testing.T) {
	for _, p := range []access.Permission{access.Follow, "admin", ""} {
		_, err := access.NewVerifier(access.Issuer{
			Issuer: "i", Audience: "a", Algorithm: "HS256", Secret: []byte("0123456789abcdef0123456789abcdef"),
			Permissions: map[string][]access.Permission{"word": {access.Read, p}},
		})
		if err == nil {
			t.Errorf("the permission %q is accepted", p)
		}
	}
}

func TestRolesAreSetsOfPermissions(t *testing.T) {
	for _, r := range access.Roles() {
		got, err := access.ParsePermissions(r.Name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r.Permissions, got); diff != "" {
			t.Errorf("role %s, -want +got:\n%s", r.Name, diff)
		}
		if slices.Contains(r.Permissions, access.Anonymize) {
			t.Errorf("role %s may anonymize, which is given by its own name alone", r.Name)
		}
		if slices.Contains(r.Permissions, access.Follow) && len(r.Permissions) > 1 {
			t.Errorf("role %s mixes follow with permissions of one organization", r.Name)
		}
	}
	got, err := access.ParsePermissions("reader", "record", "read")
	if diff := cmp.Diff([]access.Permission{access.Record, access.Read}, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	if _, err := access.ParsePermissions("read", "root"); err == nil {
		t.Error("an unknown word is accepted")
	}
}
