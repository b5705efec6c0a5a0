package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// interrupter is a standard output that interrupts the program while it prints.
type interrupter struct {
	bytes.Buffer
	interrupt func()
}

func (w *interrupter) Write(p []byte) (int, error) {
	w.interrupt()
	return w.Buffer.Write(p)
}

func TestAnInterruptedFollowerPrintsNothingTwice(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	entry := strings.NewReader(`{"action":"READ","resource_type":"a","organization_id":"acme"}`)
	if err := run(t.Context(), []string{"record", "--data", dir, "-"}, entry, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, follow := range [][]string{{"--follow"}, nil} {
		args := append([]string{"tail", "--data", dir, "--name", "f" + strings.Join(follow, "")}, follow...)
		ctx, cancel := context.WithCancel(t.Context())
		first := &interrupter{interrupt: cancel}
		// Only with --follow an interrupt is how it is meant to end.
		if err := run(ctx, args, nil, first, io.Discard); (err == nil) != (follow != nil) {
			t.Errorf("%v: %v", args, err)
		}
		if n := strings.Count(first.String(), "\n"); n != 1 {
			t.Errorf("%v printed %d lines", args, n)
		}
		var second bytes.Buffer
		if err := run(t.Context(), args[:5], nil, &second, io.Discard); err != nil || second.Len() > 0 {
			t.Errorf("%v printed again: %s, %v", args[:5], second.String(), err)
		}
	}
}
