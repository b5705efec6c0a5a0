package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// A producer that lives on must not wait for its batch to become full, and an interrupt says how far
// it came.
func TestLinesOfASlowProducerAreRecorded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	const line = `{"action":"READ","resource_type":"a","organization_id":"acme"}` + "\n"
	if err := run(t.Context(), []string{"record", "--data", dir, "-"}, strings.NewReader(line), io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	lines, producer := io.Pipe()
	defer producer.Close()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"record", "--data", dir, "-"}, lines, io.Discard, io.Discard)
	}()
	if _, err := io.WriteString(producer, line); err != nil {
		t.Fatal(err)
	}
	// It prints the second entry as soon as that is stored, and then ends.
	follow, seen := context.WithCancel(t.Context())
	printed := &interrupter{interrupt: seen}
	if err := run(follow, []string{"tail", "--data", dir, "--follow", "--from", "1-1"}, nil, printed, io.Discard); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(printed.String(), `"1-2"`); n != 1 {
		t.Errorf("the line of a batch that is not full: %s", printed)
	}
	interrupt()
	err := <-ended
	if err == nil || err.Error() != "interrupted\n1 entry is recorded, all of the lines up to 1: go on from line 2" {
		t.Errorf("an interrupted record says %v", err)
	}
}
