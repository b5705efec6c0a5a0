package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
)

type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" help:"Make a viewer token, and print it once."`
	JWT    tokenJWTCommand    `cmd:"" name:"jwt" help:"Sign a JWT with a secret, to try out what an issuer's tokens may do."`
}

func (tokenCommand) Help() string {
	return `A viewer token shows one organization's log, or the part of it that a filter matches, for at most 15 minutes. Applications make them by POST /v1/viewer-tokens with an API key that may mint.

    daybook token create -o acme
    daybook token create -o acme --user grace --filter 'resource:document/42' --may auditor --for 5m
    daybook token jwt --secret-file secret --issuer https://id.example.com --audience daybook -o acme --user ada --scope audit.read`
}

type tokenCreateCommand struct {
	credentialFlags
	organizationFlag
	User   string   `short:"u" placeholder:"ID" help:"Who looks, for the entries that say so."`
	Filter string   `placeholder:"FILTER" help:"What may be seen, in the language of docs/query.md, without relative times."`
	May    []string `default:"reader" placeholder:"ROLE" help:"reader, auditor, or any of read, export, proof."`
	Origin string   `placeholder:"ORIGIN" help:"The origin of the pages that may use it, such as https://app.example.com."`
	For    string   `default:"15m" placeholder:"TIME" help:"How long it lives."`
	outFlags
}

// A madeToken is a viewer token with its text, as the API tells it.
type madeToken struct {
	access.ViewerToken
	Text string `json:"token"`
}

func (c *tokenCreateCommand) Run(ctx context.Context, p *program) (err error) {
	r := access.ViewerTokenRequest{User: c.User, Origin: c.Origin}
	if r.Permissions, err = permissionsOf(c.May); err != nil {
		return err
	}
	lifetime, ok := span(c.For)
	if !ok || lifetime == 0 {
		return usageError{fmt.Errorf("--for is %.60q, not a time such as 15m", c.For)}
	}
	r.Lifetime = lifetime
	if c.Filter != "" {
		f, _, err := daybook.ParseFilter(c.Filter, &daybook.FilterOptions{Lasting: true})
		if err != nil {
			return usageError{fmt.Errorf("--filter: %w", err)}
		}
		r.Filter = f.String()
	}
	if r.Organization, err = operator().Organization(c.Organization); err != nil {
		return usageError{fmt.Errorf("--organization is %.60q, which no organization is called", c.Organization)}
	}
	credentials, log, err := c.credentials(ctx, p, c.open)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	t, text, err := credentials.CreateViewerToken(ctx, operator(), r)
	if err != nil {
		return credentialError(err)
	}
	out := p.output(c.outFlags)
	if !out.table {
		if err := out.json(madeToken{t, text}); err != nil {
			return err
		}
		return out.flush()
	}
	fmt.Fprintf(out, "%s\n", text)
	if err := out.flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stderr, "\nThis is the viewer token %s, shown this once. It ends at %s.\n", t.ID, t.ExpiresAt.Format(time.RFC3339))
	return err
}

type tokenJWTCommand struct {
	organizationFlag
	SecretFile        string `required:"" placeholder:"FILE" help:"The secret of HS256, as the server's configuration names it; a line end behind it is not part of it."`
	Issuer            string `required:"" placeholder:"ISS" help:"iss, as it is configured."`
	Audience          string `required:"" placeholder:"AUD" help:"aud, as it is configured."`
	User              string `short:"u" required:"" placeholder:"ID" help:"sub: the user."`
	Scope             string `placeholder:"WORDS" help:"scope: the words that the configuration gives permissions to."`
	OrganizationClaim string `default:"org_id" placeholder:"NAME" help:"The claim with the organization."`
	Type              string `placeholder:"TYP" help:"typ, such as at+jwt."`
	For               string `default:"1h" placeholder:"TIME" help:"How long it lives, at most 24h."`
}

func (c *tokenJWTCommand) Run(p *program) error {
	secret, err := os.ReadFile(c.SecretFile)
	if err != nil {
		return err
	}
	secret = bytes.TrimSuffix(bytes.TrimSuffix(secret, []byte("\n")), []byte("\r"))
	lifetime, ok := span(c.For)
	if !ok || lifetime == 0 {
		return usageError{fmt.Errorf("--for is %.60q, not a time such as 1h", c.For)}
	}
	signer, err := access.NewSigner(access.Issuer{Issuer: c.Issuer, Audience: c.Audience, Algorithm: "HS256", Secret: secret,
		OrganizationClaim: c.OrganizationClaim, Type: c.Type}, nil)
	if err != nil {
		return usageError{err}
	}
	claims := access.Claims{Subject: c.User, Organization: c.Organization, ExpiresAt: time.Now().Add(lifetime)}
	if c.Scope != "" {
		claims.All = map[string]any{"scope": c.Scope}
	}
	token, err := signer.Sign(claims)
	if err != nil {
		return usageError{err}
	}
	_, err = fmt.Fprintln(p.stdout, token)
	return err
}
