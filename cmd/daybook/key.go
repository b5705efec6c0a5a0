package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/server"
)

type keyCommand struct {
	Create keyCreateCommand `cmd:"" help:"Make an API key, and print it once."`
	List   keyListCommand   `cmd:"" help:"List the API keys."`
	Rotate keyRotateCommand `cmd:"" help:"Give an API key a new secret, and print it once."`
	Revoke keyRevokeCommand `cmd:"" help:"End an API key."`
}

func (keyCommand) Help() string {
	return `API keys let programs record and people read through "daybook serve". They lie in the log's database as hashes; whatever happens to one is an entry of the organizations that it is for. A server sees a revocation within a second.

    daybook key create billing -o acme
    daybook key create ops -o acme --may auditor --expires 90d
    daybook key create mirror --all-organizations --may follower
    daybook key list -o acme
    daybook key rotate 2f1c7d9e-4b7a-4c53-9d0e-6a1f0c2b3d4e --overlap 24h
    daybook key revoke 2f1c7d9e-4b7a-4c53-9d0e-6a1f0c2b3d4e`
}

// credentialFlags say where the credentials are, and where it is recorded what happens to those of all
// organizations.
type credentialFlags struct {
	logFlags
	Platform string `name:"platform-organization" env:"DAYBOOK_PLATFORM_ORGANIZATION" default:"daybook" placeholder:"ID" help:"The organization of entries about the deployment as a whole."`
}

// credentials opens the log and its credentials; open is f.open or f.create.
func (f credentialFlags) credentials(ctx context.Context, p *program, open func(context.Context) (*server.Log, error)) (*access.Credentials, io.Closer, error) {
	log, err := open(ctx)
	if err != nil {
		return nil, nil, err
	}
	c, err := server.NewCredentials(log.Store, f.Platform, slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		return nil, nil, errors.Join(err, log.Close())
	}
	return c, log, nil
}

// operator is whoever runs this program: who has the data may do everything with it.
func operator() access.Principal {
	name := ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return access.Operator(name)
}

// credentialError says of errors of package access which flag they are about.
func credentialError(err error) error {
	flags := map[string]string{"name": "NAME", "organizations": "--organization", "permissions": "--may", "expires_at": "--expires", "lifetime": "--for"}
	if f, ok := errors.AsType[*access.RequestError](err); ok {
		flag, ok := flags[f.Field]
		if !ok {
			flag = "--" + f.Field
		}
		return usageError{fmt.Errorf("%s %s", flag, f.Reason)}
	}
	return flagError(err)
}

// permissionsOf reads what --may says.
func permissionsOf(words []string) ([]access.Permission, error) {
	found, err := access.ParsePermissions(words...)
	if err != nil {
		return nil, usageError{fmt.Errorf("--may: %w", err)}
	}
	return found, nil
}

type keyCreateCommand struct {
	Name string `arg:"" help:"What it is for, such as the program that will have it."`
	credentialFlags
	Organization     []string `short:"o" env:"DAYBOOK_ORGANIZATION" placeholder:"ID" help:"The organizations that it is for."`
	AllOrganizations bool     `help:"It is for every organization there is, now and later."`
	May              []string `default:"recorder" placeholder:"ROLE" help:"Roles (recorder, reader, auditor, embedder, admin, follower) or single permissions."`
	Expires          string   `placeholder:"TIME" help:"When it ends: how far ahead, such as 90d or 12h, a date, or RFC 3339. Never if left out."`
	outFlags
}

// A madeKey is a key with its text, as the API tells it.
type madeKey struct {
	access.Key
	Text string `json:"key"`
}

func (c *keyCreateCommand) Run(ctx context.Context, p *program) (err error) {
	r := access.KeyRequest{Name: c.Name, Organizations: c.Organization, AllOrganizations: c.AllOrganizations}
	if c.AllOrganizations {
		r.Organizations = nil // DAYBOOK_ORGANIZATION may be set for other commands
	}
	if r.Permissions, err = permissionsOf(c.May); err != nil {
		return err
	}
	zone, err := c.location()
	if err != nil {
		return err
	}
	if r.ExpiresAt, err = ahead("--expires", c.Expires, time.Now(), zone); err != nil {
		return err
	}
	credentials, log, err := c.credentials(ctx, p, c.create)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	k, text, err := credentials.CreateKey(ctx, operator(), r)
	if err != nil {
		return credentialError(err)
	}
	return p.printKey(c.outFlags, k, text)
}

// printKey prints a new text. It is never in a log or on standard error.
func (p *program) printKey(flags outFlags, k access.Key, text string) error {
	out := p.output(flags)
	if !out.table {
		if err := out.json(madeKey{k, text}); err != nil {
			return err
		}
		return out.flush()
	}
	fmt.Fprintf(out, "%s\n", text)
	if err := out.flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.stderr, "\nThis is the key %s, shown this once. Whoever has it may: %s.\n", k.ID, listed(k.Permissions))
	return err
}

func listed(permissions []access.Permission) string {
	var words []string
	for _, p := range permissions {
		words = append(words, string(p))
	}
	return strings.Join(words, ", ")
}

type keyListCommand struct {
	credentialFlags
	Organization *string `short:"o" placeholder:"ID" help:"Only keys for this organization."`
	outFlags
}

func (c *keyListCommand) Run(ctx context.Context, p *program) (err error) {
	var organization access.Organization
	if c.Organization != nil {
		if organization, err = operator().Organization(*c.Organization); err != nil {
			return usageError{fmt.Errorf("--organization is %.60q, which no organization is called", *c.Organization)}
		}
	}
	zone, err := c.location()
	if err != nil {
		return err
	}
	credentials, log, err := c.credentials(ctx, p, c.open)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	out := p.output(c.outFlags)
	var all []access.Key
	for after := ""; ; {
		keys, next, err := credentials.ListKeys(ctx, operator(), organization, after, 200)
		if err != nil {
			return err
		}
		if all = append(all, keys...); next == "" {
			break
		}
		after = next
	}
	slices.SortStableFunc(all, func(a, b access.Key) int { return a.CreatedAt.Compare(b.CreatedAt) })
	if !out.table {
		for _, k := range all {
			if err := out.json(k); err != nil {
				return err
			}
		}
		return out.flush()
	}
	if len(all) == 0 {
		out.printf("no keys\n")
		return out.flush()
	}
	now := time.Now()
	var rows [][]string
	for _, k := range all {
		rows = append(rows, keyRow(k, now, zone))
	}
	newTable(out.Writer, out.columns, []column{
		{title: "ID"},
		{title: "NAME", least: 8, cut: cutEnd},
		{title: "STATE"},
		{title: "ORGANIZATIONS", least: 8, cut: cutEnd, drop: 2},
		{title: "MAY", least: 8, cut: cutEnd, drop: 1},
		{title: "LAST USED", drop: 3},
	}).print(rows)
	return out.flush()
}

// keyRow returns the cells of a key.
func keyRow(k access.Key, now time.Time, zone *time.Location) []string {
	date := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04") }
	state := "good"
	switch {
	case !k.RevokedAt.IsZero():
		state = "revoked " + date(k.RevokedAt)
	case !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt):
		state = "expired " + date(k.ExpiresAt)
	case !k.ExpiresAt.IsZero():
		state = "until " + date(k.ExpiresAt)
	}
	organizations := strings.Join(k.Organizations, " ")
	if k.AllOrganizations {
		organizations = "(all)"
	}
	used := "never"
	if !k.LastUsedAt.IsZero() {
		used = date(k.LastUsedAt)
	}
	return []string{k.ID, escapeText(k.Name), state, escapeText(organizations), listed(k.Permissions), used}
}

type keyRotateCommand struct {
	ID string `arg:"" name:"id" help:"The key's id, as daybook key list shows it."`
	credentialFlags
	Overlap string `default:"24h" placeholder:"TIME" help:"How long the old secret works beside the new one, at most 30d; 0 ends it at once."`
	outFlags
}

func (c *keyRotateCommand) Run(ctx context.Context, p *program) (err error) {
	overlap, ok := span(c.Overlap)
	if !ok {
		return usageError{fmt.Errorf("--overlap is %.60q, not a time such as 24h or 7d", c.Overlap)}
	}
	credentials, log, err := c.credentials(ctx, p, c.open)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	k, text, err := credentials.RotateKey(ctx, operator(), c.ID, overlap)
	if err != nil {
		return unknownKey(c.ID, credentialError(err))
	}
	return p.printKey(c.outFlags, k, text)
}

type keyRevokeCommand struct {
	ID string `arg:"" name:"id" help:"The key's id, as daybook key list shows it."`
	credentialFlags
}

func (c *keyRevokeCommand) Run(ctx context.Context, p *program) (err error) {
	credentials, log, err := c.credentials(ctx, p, c.open)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	if _, err := credentials.RevokeKey(ctx, operator(), c.ID); err != nil {
		return unknownKey(c.ID, err)
	}
	_, err = fmt.Fprintf(p.stderr, "the key %s is revoked\n", c.ID)
	return err
}

func unknownKey(id string, err error) error {
	if errors.Is(err, access.ErrUnknown) {
		return fmt.Errorf("there is no key %.60q that could be changed: see `daybook key list`", id)
	}
	return err
}

// span reads how long something is: numbers with the units s, m, h, d and w, or 0.
func span(s string) (time.Duration, bool) {
	if s == "0" {
		return 0, true
	}
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	var sum time.Duration
	for rest := s; rest != ""; {
		end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || '9' < r })
		if end < 1 || end > 6 {
			return 0, false
		}
		n, err := strconv.Atoi(rest[:end])
		unit, known := units[rest[end]]
		if err != nil || !known {
			return 0, false
		}
		sum += time.Duration(n) * unit
		rest = rest[end+1:]
	}
	return sum, s != "" && sum < 200*365*24*time.Hour
}

// ahead reads a time to come, zero for "".
func ahead(flag, s string, now time.Time, zone *time.Location) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, ok := span(s); ok {
		return now.Add(d), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return t, nil
	}
	return time.Time{}, usageError{fmt.Errorf("%s is %.60q: give how far ahead, such as 90d, a date such as 2027-01-31, or RFC 3339", flag, s)}
}
