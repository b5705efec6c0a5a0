package workspace

import (
	"fmt"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
)

// tokenLifetime is how long a sign-in lasts. A token cannot be taken back, but it opens nothing
// once the membership is gone: see App.callerOf.
const tokenLifetime = 12 * time.Hour

// tokens are JSON Web Tokens that the application signs for itself: sub is the user, org_id the
// organization.
type tokens struct {
	signer   *access.Signer
	verifier *access.Verifier
}

func newTokens(secret []byte) (*tokens, error) {
	issuer := access.Issuer{Issuer: "workspace", Audience: "workspace", Algorithm: "HS256", Secret: secret, Lifetime: tokenLifetime}
	signer, err := access.NewSigner(issuer, nil)
	if err != nil {
		return nil, fmt.Errorf("Config.JWTSecret: %w", err)
	}
	verifier, err := access.NewVerifier(issuer)
	if err != nil {
		return nil, fmt.Errorf("Config.JWTSecret: %w", err)
	}
	return &tokens{signer, verifier}, nil
}

func (t *tokens) sign(u User) (token string, expires time.Time, err error) {
	expires = time.Now().Add(tokenLifetime).UTC().Truncate(time.Second)
	token, err = t.signer.Sign(access.Claims{Subject: u.ID, Organization: u.OrganizationID, ExpiresAt: expires})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign token: %w", err)
	}
	return token, expires, nil
}

// verify believes a token whose signature is ours and whose time has not passed.
func (t *tokens) verify(token string) (daybook.Scope, error) {
	claims, err := t.verifier.Verify(token)
	if err != nil {
		return daybook.Scope{}, err
	}
	return daybook.Scope{UserID: claims.Subject, OrganizationID: claims.Organization, ActorType: daybook.ActorUser}, nil
}
