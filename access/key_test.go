package access_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook/access"
)

func TestAKeyHasTheRightsThatItWasMadeWith(t *testing.T) {
	o := newOffice(t)
	expires := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	k, text, err := o.CreateKey(t.Context(), operator, access.KeyRequest{
		Name: "billing service", Organizations: []string{"zeta", "acme", "acme", "AAAAAAAA-0000-4000-8000-00000000000A"}, Permissions: []access.Permission{access.Export, access.Record}, ExpiresAt: expires})
	if err != nil {
		t.Fatal(err)
	}
	p := o.who(t, text)
	names, all := p.Organizations()
	want := []string{"aaaaaaaa-0000-4000-8000-00000000000a", "acme", "zeta"}
	if diff := cmp.Diff(want, names); diff != "" || all {
		t.Errorf("all: %t, organizations -want +got:\n%s", all, diff)
	}
	if p.ID() != "key:"+k.ID || p.UserID() != "" || p.Filter() != "" || !p.Expires().Equal(expires) || p.ByCookie() {
		t.Errorf("the principal is %q, user %q, until %v", p.ID(), p.UserID(), p.Expires())
	}
	for _, permission := range access.AllPermissions() {
		if want := permission == access.Record || permission == access.Export; p.Can(permission) != want {
			t.Errorf("it may %s: %t", permission, !want)
		}
	}
	for asked, want := range map[string]error{"acme": nil, "zeta": nil, "": access.ErrWhichOrganization, "other": access.ErrForeign, "ACME": access.ErrForeign, "acme ": access.ErrForeign} {
		if _, err := p.Organization(asked); !errors.Is(err, want) {
			t.Errorf("Organization(%q): %v, want %v", asked, err, want)
		}
	}
}

func TestAKeyThatAsksForNothingMayOnlyRecord(t *testing.T) {
	o := newOffice(t)
	_, text := o.key(t)
	if diff := cmp.Diff([]access.Permission{access.Record}, o.who(t, text).Permissions()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTheTextOfAKeyIsWhatScannersLookFor(t *testing.T) {
	o := newOffice(t)
	pattern := regexp.MustCompile(access.SecretPattern)
	seen := map[string]bool{}
	for range 50 {
		_, text := o.key(t)
		if pattern.FindString("key="+text+".") != text || len(text) != 98 || seen[text] {
			t.Errorf("%q", text)
		}
		seen[text] = true
	}
}

// Nobody gives what it does not have.
func TestAKeyIsNeverMoreThanItsMaker(t *testing.T) {
	o := newOffice(t)
	_, text := o.key(t, access.Keys, access.Read)
	maker := o.who(t, text)
	_, text = o.key(t, access.Read)
	reader := o.who(t, text)
	tests := []struct {
		name string
		by   access.Principal
		ask  access.KeyRequest
		want error
	}{
		{"without the permission keys", reader, access.KeyRequest{Permissions: []access.Permission{access.Read}}, access.ErrForbidden},
		{"by nobody", access.Principal{}, access.KeyRequest{}, access.ErrForbidden},
		{"with another permission", maker, access.KeyRequest{Permissions: []access.Permission{access.Read, access.Export}}, access.ErrForbidden},
		{"with the default that the maker lacks", maker, access.KeyRequest{}, access.ErrForbidden},
		{"for another organization", maker, access.KeyRequest{Organizations: []string{"zeta"}, Permissions: []access.Permission{access.Read}}, access.ErrForeign},
		{"for another one as well", maker, access.KeyRequest{Organizations: []string{"acme", "zeta"}, Permissions: []access.Permission{access.Read}}, access.ErrForeign},
		{"for all organizations", maker, access.KeyRequest{AllOrganizations: true, Permissions: []access.Permission{access.Read}}, access.ErrForbidden},
	}
	for _, tt := range tests {
		tt.ask.Name = tt.name
		if k, text, err := o.CreateKey(t.Context(), tt.by, tt.ask); !errors.Is(err, tt.want) || text != "" || k.ID != "" {
			t.Errorf("%s: %+v, %v, want %v", tt.name, k, err, tt.want)
		}
	}
	if n := len(o.record); n != 2 {
		t.Errorf("%d changes are recorded, want 2", n)
	}
}

func TestAWrongRequestForAKeyNamesItsField(t *testing.T) {
	o := newOffice(t)
	acme := []string{"acme"}
	tests := []struct {
		field string
		ask   access.KeyRequest
	}{
		{"name", access.KeyRequest{Organizations: acme}},
		{"name", access.KeyRequest{Name: " x", Organizations: acme}},
		{"name", access.KeyRequest{Name: "a\nb", Organizations: acme}},
		{"name", access.KeyRequest{Name: strings.Repeat("x", 101), Organizations: acme}},
		{"organizations", access.KeyRequest{Name: "x"}},
		{"organizations", access.KeyRequest{Name: "x", Organizations: acme, AllOrganizations: true}},
		{"permissions", access.KeyRequest{Name: "x", Organizations: acme, Permissions: []access.Permission{"root"}}},
		{"permissions", access.KeyRequest{Name: "x", Organizations: acme, Permissions: []access.Permission{access.Follow}}},
		{"expires_at", access.KeyRequest{Name: "x", Organizations: acme, ExpiresAt: time.Now()}},
		{"expires_at", access.KeyRequest{Name: "x", Organizations: acme, ExpiresAt: time.Now().AddDate(300, 0, 0)}},
	}
	for _, tt := range tests {
		_, text, err := o.CreateKey(t.Context(), operator, tt.ask)
		if e, ok := errors.AsType[*access.RequestError](err); !ok || e.Field != tt.field || text != "" {
			t.Errorf("%+v: %v, want a refusal of %s", tt.ask, err, tt.field)
		}
	}
	if len(o.record) > 0 || len(o.shelf.stored) > 0 {
		t.Errorf("%d changes are recorded, %d stored", len(o.record), len(o.shelf.stored))
	}
}

func TestARevokedKeyIsRefusedAtTheNextRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		id, text := o.key(t)
		elsewhere := access.NewAuthenticator(nil, o.branch(t))
		o.good(t, "the key", bearer(text))
		if _, err := elsewhere.Authenticate(t.Context(), bearer(text)); err != nil {
			t.Fatal(err)
		}
		k, err := o.RevokeKey(t.Context(), operator, id)
		if err != nil || k.RevokedBy != "operator" || k.RevokedAt.IsZero() {
			t.Fatalf("%+v, %v", k, err)
		}
		o.refused(t, "the revoked key", bearer(text))
		time.Sleep(time.Second)
		refusedBy(t, elsewhere, "the revoked key in another process, a second later", bearer(text))
		if _, _, err := o.RotateKey(t.Context(), operator, id, 0); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("rotate a revoked key: %v, want ErrUnknown", err)
		}
	})
}

// A lookup that began before the revocation must not be believed after it.
func TestARevocationWinsOverALookupUnderWay(t *testing.T) {
	o := newOffice(t)
	slow := &slowShelf{shelf: o.shelf}
	c, err := access.NewCredentials(access.CredentialsOptions{Storage: slow, Record: func(context.Context, access.Change) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	id, text := o.key(t)
	auth := access.NewAuthenticator(nil, c)
	slow.between = func() {
		slow.between = nil
		if _, err := c.RevokeKey(t.Context(), operator, id); err != nil {
			t.Error(err)
		}
	}
	auth.Authenticate(t.Context(), bearer(text)) // at the same time: either answer is right
	refusedBy(t, auth, "the next request", bearer(text))
}

// slowShelf calls between after it has looked and before it answers.
type slowShelf struct {
	*shelf
	between func()
}

func (s *slowShelf) Get(ctx context.Context, kind, name string) (access.Stored, error) {
	d, err := s.shelf.Get(ctx, kind, name)
	if s.between != nil && kind == "api_key" {
		s.between()
	}
	return d, err
}

func TestAKeyEndsWhenItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		k, text, err := o.CreateKey(t.Context(), operator, access.KeyRequest{Name: "x", Organizations: []string{"acme"}, ExpiresAt: time.Now().Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute - time.Microsecond)
		o.good(t, "the key before its end", bearer(text))
		time.Sleep(time.Microsecond)
		o.refused(t, "the key at its end", bearer(text))
		if _, _, err := o.RotateKey(t.Context(), operator, k.ID, time.Hour); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("rotate an expired key: %v, want ErrUnknown", err)
		}
	})
}

func TestBothSecretsOfARotatedKeyWorkDuringTheOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		id, first := o.key(t)
		k, second, err := o.RotateKey(t.Context(), operator, id, time.Hour)
		if err != nil || k.ID != id || !k.OldSecretUntil.Equal(time.Now().Add(time.Hour)) || second == first {
			t.Fatalf("%+v, %v", k, err)
		}
		o.good(t, "the old secret", bearer(first))
		o.good(t, "the new secret", bearer(second))
		if o.who(t, first).ID() != o.who(t, second).ID() {
			t.Error("they are two principals")
		}
		time.Sleep(time.Hour - time.Microsecond)
		o.good(t, "the old secret before the end of the overlap", bearer(first))
		time.Sleep(time.Microsecond)
		o.refused(t, "the old secret after the overlap", bearer(first))
		o.good(t, "the new secret after the overlap", bearer(second))

		_, third, err := o.RotateKey(t.Context(), operator, id, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		_, fourth, err := o.RotateKey(t.Context(), operator, id, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		o.refused(t, "a secret before the last two", bearer(second))
		o.good(t, "the last but one", bearer(third))
		o.good(t, "the last", bearer(fourth))
		_, fifth, err := o.RotateKey(t.Context(), operator, id, 0)
		if err != nil {
			t.Fatal(err)
		}
		o.refused(t, "the old secret without an overlap", bearer(fourth))
		o.good(t, "the new one", bearer(fifth))
		for _, overlap := range []time.Duration{-1, access.MaxOverlap + 1} {
			_, _, err := o.RotateKey(t.Context(), operator, id, overlap)
			if e, ok := errors.AsType[*access.RequestError](err); !ok || e.Field != "overlap" {
				t.Errorf("an overlap of %v: %v", overlap, err)
			}
		}
	})
}

func TestNoSecretIsHandedOutBeforeItIsRecorded(t *testing.T) {
	o := newOffice(t)
	id, text := o.key(t, access.Record, access.Read, access.Mint)
	by := o.who(t, text)
	o.fail = errors.New("the log is down")
	before := len(o.shelf.stored)
	if _, text, err := o.CreateKey(t.Context(), operator, access.KeyRequest{Name: "x", Organizations: []string{"acme"}}); !errors.Is(err, o.fail) || text != "" {
		t.Errorf("create a key: %q, %v", text, err)
	}
	if _, text, err := o.RotateKey(t.Context(), operator, id, 0); !errors.Is(err, o.fail) || text != "" {
		t.Errorf("rotate: %q, %v", text, err)
	}
	if _, text, err := o.CreateViewerToken(t.Context(), by, access.ViewerTokenRequest{Organization: organization(t, "acme")}); !errors.Is(err, o.fail) || text != "" {
		t.Errorf("create a viewer token: %q, %v", text, err)
	}
	if secret, _, err := o.Sessions().Begin(t.Context(), by); !errors.Is(err, o.fail) || secret != "" {
		t.Errorf("sign in: %q, %v", secret, err)
	}
	if n := len(o.shelf.stored); n != before {
		t.Errorf("%d credentials are stored, %d before", n, before)
	}
	o.good(t, "the old secret of a rotation that was not recorded", bearer(text))
	// Safety comes first the other way round.
	if _, err := o.RevokeKey(t.Context(), operator, id); !errors.Is(err, o.fail) {
		t.Errorf("revoke: %v", err)
	}
	o.refused(t, "a key whose revocation could not be recorded", bearer(text))
	o.fail = nil
	if _, err := o.RevokeKey(t.Context(), operator, id); err != nil {
		t.Errorf("revoke again: %v", err)
	}
	if last := o.record[len(o.record)-1]; last.Did != "revoked" || last.ID != id {
		t.Errorf("recorded last: %+v", last)
	}
}

func TestEachChangeOfAKeyIsRecorded(t *testing.T) {
	o := newOffice(t)
	k, _, err := o.CreateKey(t.Context(), operator, access.KeyRequest{Name: "x", Organizations: []string{"acme", "zeta"}, Permissions: []access.Permission{access.Read}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := o.RotateKey(t.Context(), operator, k.ID, time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := o.RevokeKey(t.Context(), operator, k.ID); err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, c := range o.record {
		did = append(did, c.Of+" "+c.Did)
		if c.ID != k.ID || c.By.ID() != "operator" || c.By.UserID() != "ada" || c.Name != "x" || !slices.Equal(c.Organizations, []string{"acme", "zeta"}) || c.All {
			t.Errorf("%+v", c)
		}
	}
	if diff := cmp.Diff([]string{"key created", "key rotated", "key revoked"}, did); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Who runs one organization's log sees the keys of that one, and changes those that are for it alone.
func TestKeysOfOtherOrganizationsAreNotSeenAndNotChanged(t *testing.T) {
	o := newOffice(t)
	_, text := o.key(t, access.Keys, access.Record, access.Read)
	admin := o.who(t, text)
	make := func(name string, all bool, organizations ...string) string {
		k, _, err := o.CreateKey(t.Context(), operator, access.KeyRequest{Name: name, AllOrganizations: all, Organizations: organizations})
		if err != nil {
			t.Fatal(err)
		}
		return k.ID
	}
	own, shared := make("own", false, "acme"), make("shared", false, "acme", "zeta")
	foreign, everywhere := make("foreign", false, "zeta"), make("everywhere", true)
	keys, next, err := o.ListKeys(t.Context(), admin, organization(t, "acme"), "", 0)
	if err != nil || next != "" {
		t.Fatalf("%q, %v", next, err)
	}
	for _, k := range keys {
		if !slices.Equal(k.Organizations, []string{"acme"}) || k.AllOrganizations {
			t.Errorf("the list shows %+v", k)
		}
	}
	ids := func(keys []access.Key) (names []string) {
		for _, k := range keys {
			names = append(names, k.Name)
		}
		slices.Sort(names)
		return names
	}
	if diff := cmp.Diff([]string{"own", "shared", "test"}, ids(keys)); diff != "" {
		t.Errorf("the list of acme, -want +got:\n%s", diff)
	}
	absent := "00000000-0000-4000-8000-000000000000"
	var said []string
	for _, id := range []string{absent, shared, foreign, everywhere, "", "x", strings.ToUpper(own), "../" + own, absent + "0", strings.ReplaceAll(own, "-", "")} {
		_, _, err1 := o.RotateKey(t.Context(), admin, id, 0)
		_, err2 := o.RevokeKey(t.Context(), admin, id)
		if !errors.Is(err1, access.ErrUnknown) || !errors.Is(err2, access.ErrUnknown) {
			t.Errorf("%q: %v, %v, want ErrUnknown", id, err1, err2)
		}
		said = append(said, fmt.Sprint(err1, err2))
	}
	if said = slices.Compact(said); len(said) != 1 {
		t.Errorf("the answers differ: %q", said)
	}
	if _, err := o.RevokeKey(t.Context(), admin, own); err != nil {
		t.Errorf("its own: %v", err)
	}
	if _, _, err := o.ListKeys(t.Context(), admin, access.Organization{}, "", 0); !errors.Is(err, access.ErrWhichOrganization) {
		t.Errorf("the list of all, by one organization's: %v", err)
	}
	var all []access.Key
	for after := ""; ; {
		page, next, err := o.ListKeys(t.Context(), operator, access.Organization{}, after, 2)
		if err != nil || len(page) > 2 {
			t.Fatalf("%d keys, %v", len(page), err)
		}
		if all = append(all, page...); next == "" {
			break
		}
		after = next
	}
	if diff := cmp.Diff([]string{"everywhere", "foreign", "own", "shared", "test"}, ids(all)); diff != "" {
		t.Errorf("the list of all, -want +got:\n%s", diff)
	}
	for _, nobody := range []access.Principal{{}, o.who(t, func() string { _, text := o.key(t, access.Read); return text }())} {
		if _, _, err := o.ListKeys(t.Context(), nobody, organization(t, "acme"), "", 0); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("the list without the permission: %v", err)
		}
	}
}

// A person with keys alone must not rotate a key that may read, and read with it.
func TestNobodyRotatesAKeyThatMayMore(t *testing.T) {
	o := newOffice(t)
	_, text := o.key(t, access.Keys)
	id, _ := o.key(t, access.Read)
	if _, secret, err := o.RotateKey(t.Context(), o.who(t, text), id, 0); !errors.Is(err, access.ErrForbidden) || secret != "" {
		t.Errorf("%v, want ErrForbidden", err)
	}
}

func TestTheListShowsTheHourOfTheLastUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t)
		id, text := o.key(t)
		last := func() time.Time {
			keys, _, err := o.ListKeys(t.Context(), operator, access.Organization{}, "", 0)
			if err != nil || len(keys) != 1 || keys[0].ID != id {
				t.Fatalf("%+v, %v", keys, err)
			}
			return keys[0].LastUsedAt
		}
		if got := last(); !got.IsZero() {
			t.Errorf("used at %v, and it never was", got)
		}
		o.refused(t, "a wrong secret", bearer(other(text)))
		if got := last(); !got.IsZero() {
			t.Errorf("a refused request used it at %v", got)
		}
		for range 3 {
			time.Sleep(25 * time.Minute)
			for range 10 {
				o.good(t, "the key", bearer(text))
			}
			if got, want := last(), time.Now().UTC().Truncate(time.Hour); !got.Equal(want) {
				t.Errorf("used at %v, want %v", got, want)
			}
		}
		if n := o.shelf.last; n > 3 { // the key, and two hours
			t.Errorf("%d writes", n)
		}
		elsewhere := access.NewAuthenticator(nil, o.branch(t))
		o.shelf.down = errors.New("the disk is full")
		if p, err := o.auth.Authenticate(t.Context(), bearer(text)); err != nil || p.IsZero() {
			t.Errorf("a key that was looked up a moment ago: %v", err)
		}
		if _, err := elsewhere.Authenticate(t.Context(), bearer(text)); !errors.Is(err, o.shelf.down) || errors.Is(err, access.ErrUnauthenticated) {
			t.Errorf("a key that cannot be looked up: %v, and it is not known whether it is good", err)
		}
	})
}

func TestTheStorageHoldsNoSecret(t *testing.T) {
	o := newOffice(t)
	id, key := o.key(t, access.Read, access.Mint)
	_, rotated, err := o.RotateKey(t.Context(), operator, id, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := o.CreateViewerToken(t.Context(), o.who(t, key), access.ViewerTokenRequest{Organization: organization(t, "acme")})
	if err != nil {
		t.Fatal(err)
	}
	session := o.signIn(t, o.who(t, key))
	for _, text := range []string{key, rotated, token, session} {
		secret := strings.Split(text, "_")[2]
		for k, d := range o.shelf.stored {
			if strings.Contains(string(d.Content), secret) {
				t.Errorf("%v holds a secret", k)
			}
		}
		for _, c := range o.record {
			if strings.Contains(fmt.Sprintf("%+v", c), secret) {
				t.Errorf("the record of %s %s holds a secret", c.Of, c.Did)
			}
		}
		for _, r := range []*http.Request{bearer(other(text)), bearer(text[:90])} {
			if _, err := o.auth.Authenticate(t.Context(), r); err == nil || strings.Contains(err.Error(), secret[2:50]) {
				t.Errorf("the error holds a secret: %v", err)
			}
		}
	}
}

// An id that is unknown and a secret that is wrong take as long as each other. It is printed and not
// asserted: machines that test are busy.
func TestTimeOfAnUnknownIDAndAWrongSecret(t *testing.T) {
	if os.Getenv("DAYBOOK_DEEP") == "" {
		t.Log("only with DAYBOOK_DEEP=1")
		return
	}
	o := newOffice(t)
	_, text := o.key(t)
	wrong, unknown := bearer(other(text)), bearer(otherID(text))
	const rounds = 100_000
	var took [2][]time.Duration
	for range rounds {
		for i, r := range []*http.Request{wrong, unknown} {
			begin := time.Now()
			o.auth.Authenticate(t.Context(), r)
			took[i] = append(took[i], time.Since(begin))
		}
	}
	for i := range took {
		slices.Sort(took[i])
	}
	at := func(d []time.Duration, percent int) time.Duration { return d[len(d)*percent/100] }
	for _, percent := range []int{10, 25, 50, 75, 90} {
		t.Logf("%d %%: a wrong secret %v, an unknown id %v", percent, at(took[0], percent), at(took[1], percent))
	}
}
