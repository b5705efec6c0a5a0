package server

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/api"
)

// authenticator returns who says where requests come from.
func (s *Server) authenticator() (api.Authenticator, error) {
	if s.config.Auth.Mode == AuthOff {
		return everybody{}, nil
	}
	var issuers []access.Issuer
	var errs []error
	for i := range s.config.Auth.JWT {
		issuer, err := s.config.Auth.JWT[i].issuer()
		if err != nil {
			errs = append(errs, fmt.Errorf("auth.jwt[%d]: %w", i, err))
			continue
		}
		issuers = append(issuers, issuer)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var verifier *access.Verifier
	if len(issuers) > 0 {
		var err error
		if verifier, err = access.NewVerifier(issuers...); err != nil {
			return nil, fmt.Errorf("auth.jwt: %w", err)
		}
	}
	return access.NewAuthenticator(verifier, s.credentials), nil
}

// everybody is whom a server believes that asks for no credential.
type everybody struct{}

func (everybody) Authenticate(context.Context, *http.Request) (access.Principal, error) {
	return access.Operator(""), nil
}

// issuer reads the files of j.
func (j *JWT) issuer() (access.Issuer, error) {
	i := access.Issuer{
		Issuer: j.Issuer, Audience: j.Audience, Algorithm: j.Algorithm, KeyID: j.KeyID,
		OrganizationClaim: j.OrganizationClaim, PermissionsClaim: j.PermissionsClaim, Type: j.Type, Skew: j.Skew, Lifetime: j.Lifetime,
	}
	if len(j.Permissions) > 0 {
		i.Permissions = map[string][]access.Permission{}
	}
	for word, names := range j.Permissions {
		permissions, err := access.ParsePermissions(names...)
		if err != nil {
			return i, &daybook.FieldError{Field: "permissions", Reason: err.Error()}
		}
		i.Permissions[word] = permissions
	}
	var err error
	switch {
	case j.SecretFile != "":
		i.Secret, err = os.ReadFile(j.SecretFile)
		i.Secret = bytes.TrimSuffix(bytes.TrimSuffix(i.Secret, []byte("\n")), []byte("\r"))
	case j.KeyFile != "":
		i.PublicKey, err = readPublicKey(j.KeyFile)
	default:
		i.JWKS, i.Discovery = j.JWKS, j.Discovery
	}
	return i, err
}

func readPublicKey(name string) (crypto.PublicKey, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM", name)
	}
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "CERTIFICATE":
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return c.PublicKey, nil
	}
	return nil, fmt.Errorf("%s holds a %s, but must hold a PUBLIC KEY", name, block.Type)
}

func actionsOf(names []string) []daybook.Action {
	var all []daybook.Action
	for _, name := range names {
		all = append(all, daybook.Action(name))
	}
	return all
}
