package workspace_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
)

func TestSigningInIsRecorded(t *testing.T) {
	h := furnish(t)
	h.post(nil, "/sign-in", `{"email":"Alan@Acme.example","password":"correct horse"}`).is(200)
	h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "user", ResourceID: h.member.id, UserID: h.member.id,
		Details: daybook.Details{"action": "sign_in"}})
}

// The guide's brute-force query counts READ entries whose details.error is "Unauthorized".
func TestAFailedSignInIsDeniedInTheOrganizationOfTheAddress(t *testing.T) {
	h := furnish(t)
	wrong := h.post(nil, "/sign-in", `{"email":"alan@acme.example","password":"wrong"}`,
		header("X-Forwarded-For", "203.0.113.66"), func(r *http.Request) { r.RemoteAddr = "10.0.0.1:1" }).is(401)
	h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "user", ResourceID: h.member.id, UserID: noUser, Outcome: daybook.Denied,
		IPAddress: netip.MustParseAddr("203.0.113.66"), Details: daybook.Details{"action": "sign_in", "error": "Unauthorized"}})

	unknown := h.post(nil, "/sign-in", `{"email":"nobody@acme.example","password":"wrong"}`).is(401)
	h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "user", OrganizationID: platform, UserID: noUser, Outcome: daybook.Denied,
		Details: daybook.Details{"action": "sign_in", "error": "Unauthorized"}})
	if wrong.body != unknown.body {
		t.Errorf("the answer tells which addresses exist: %s and %s", wrong.body, unknown.body)
	}
}

// Somebody who is signed in and tries another's password acts for nobody.
func TestATokenDoesNotSignASignIn(t *testing.T) {
	h := furnish(t)
	h.post(h.admin, "/sign-in", `{"email":"nobody@acme.example","password":"wrong"}`).is(401)
	h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "user", OrganizationID: platform, UserID: noUser, Outcome: daybook.Denied,
		Details: daybook.Details{"action": "sign_in", "error": "Unauthorized"}})
}

func TestTokensThatAreNotOursOpenNothing(t *testing.T) {
	h := furnish(t)
	sign := func(issuer access.Issuer, lifetime time.Duration) string {
		issuer.Algorithm = "HS256"
		signer, err := access.NewSigner(issuer, nil)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		if lifetime < 0 {
			now = now.Add(2 * lifetime)
		}
		token, err := signer.Sign(access.Claims{Subject: h.owner.id, Organization: h.organization, IssuedAt: now, ExpiresAt: now.Add(max(lifetime, -lifetime))})
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	ours := access.Issuer{Issuer: "workspace", Audience: "workspace", Secret: secret}
	if a := h.get(&user{token: sign(ours, time.Hour)}, "/documents"); a.status != 200 {
		t.Fatalf("a token like ours is refused: %d", a.status)
	}
	stranger, elsewhere := ours, ours
	stranger.Secret = []byte("another secret of thirty-two bytes or more")
	elsewhere.Audience = "elsewhere"
	parts := strings.Split(h.owner.token, ".")
	for name, token := range map[string]string{
		"signed with another secret":  sign(stranger, time.Hour),
		"for another audience":        sign(elsewhere, time.Hour),
		"expired":                     sign(ours, -time.Hour),
		"without a signature":         parts[0] + "." + parts[1] + ".",
		"with another's signature":    parts[0] + "." + parts[1] + "." + strings.Split(h.member.token, ".")[2],
		"an algorithm of its own":     "eyJhbGciOiJub25lIn0." + parts[1] + ".",
		"not a token at all":          "x",
		"the signature's last letter": h.owner.token[:len(h.owner.token)-1],
	} {
		t.Run(name, func(t *testing.T) {
			h.in(t)
			h.get(&user{token: token}, "/documents").is(401)
			h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "request", OrganizationID: platform, UserID: noUser, ActorType: daybook.ActorSystem,
				Outcome: daybook.Denied, Details: daybook.Details{"error": "Unauthorized"}})
		})
	}
}
