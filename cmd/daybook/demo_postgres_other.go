//go:build !unix

package main

import (
	"context"
	"errors"
)

type privatePostgres struct{ url string }

func startPostgres(context.Context) (*privatePostgres, error) {
	return nil, errors.New("a private PostgreSQL can be started on Unix only: name one that runs with --database")
}

func (*privatePostgres) stop() error { return nil }
