package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/daybookdev/daybook/internal/testdb"
)

// A cluster is the PostgreSQL of the scripts whose names begin with "postgres". It starts with the
// first of them, and each of them gets a database of its own, without a schema.
type cluster struct {
	mu     sync.Mutex // guards what follows
	server *testdb.Server
	made   int
}

// The roles of the scripts, each with a password that the output of no command may show.
const (
	ownerRole = "owner" // of the databases
	appRole   = "app"   // gets daybook_app by the scripts
)

func (c *cluster) setup(t *testing.T, env *testscript.Env) error {
	if !strings.HasPrefix(filepath.Base(env.WorkDir), "script-postgres") {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	ctx := context.Background()
	if c.server == nil {
		server, err := testdb.Start("fsync = on") // doctor would warn
		if err != nil {
			return err
		}
		t.Cleanup(func() {
			if err := server.Stop(); err != nil {
				t.Error(err)
			}
		})
		if err := administer(ctx, server.URL(testdb.Superuser, "postgres"),
			fmt.Sprintf(`create role %s login createrole password '%s'`, ownerRole, server.Password),
			fmt.Sprintf(`create role %s login password '%s'`, appRole, server.Password)); err != nil {
			return err
		}
		c.server = server
	}
	c.made++
	name := fmt.Sprint("script_", c.made)
	if err := administer(ctx, c.server.URL(testdb.Superuser, "postgres"), fmt.Sprintf(`create database %s owner %s`, name, ownerRole)); err != nil {
		return err
	}
	env.Setenv("OWNER", c.server.URL(ownerRole, name))
	env.Setenv("APP", c.server.URL(appRole, name))
	env.Setenv("SUPERUSER", c.server.URL(testdb.Superuser, name))
	env.Setenv("PASSWORD", c.server.Password)
	return nil
}
