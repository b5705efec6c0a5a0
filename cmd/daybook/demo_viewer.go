package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/server"
)

// look makes a key for one organization and says how its log is looked at in a browser: the address
// signs in by itself.
func (c *demoCommand) look(ctx context.Context, p *program, organization string) (err error) {
	log, err := server.OpenLog(ctx, c.log(), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	config := server.DefaultConfig()
	credentials, err := server.NewCredentials(log.Store, config.Organization, nil)
	if err != nil {
		return err
	}
	permissions, err := access.ParsePermissions("admin")
	if err != nil {
		return err
	}
	_, key, err := credentials.CreateKey(ctx, access.Operator(""), access.KeyRequest{Name: "demo", Organizations: []string{organization}, Permissions: permissions})
	if err != nil {
		return fmt.Errorf("make a key for the page: %w", err)
	}
	_, err = fmt.Fprintf(p.stdout, "\nLook at it in a browser. This serves the log:\n\n  %s\n\nand this address signs in to one organization:\n\n  http://%s/o/%s/log?t=-24h#key=%s\n",
		commandLine(slices.Concat(programName(), []string{"serve"}, c.logArguments())...), config.Listen, organization, key)
	return err
}
