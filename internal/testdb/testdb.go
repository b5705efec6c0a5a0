//go:build unix

// Package testdb is the private PostgreSQL of tests: package privatepg under a name that says what for.
//
// A package's tests start one in TestMain and give each test a database of its own.
package testdb

import "github.com/daybookdev/daybook/internal/privatepg"

// Superuser is the role that may do everything in a Server.
const Superuser = privatepg.Superuser

// A Server is a running PostgreSQL. Its methods are not safe for concurrent use.
type Server = privatepg.Server

// Start starts one; see [privatepg.Start].
func Start(settings ...string) (*Server, error) { return privatepg.Start(settings...) }

// A Bouncer is a running PgBouncer; see [privatepg.Server.StartBouncer].
type Bouncer = privatepg.Bouncer
