// Command daybook keeps an activity log: it records entries, finds them, counts them, follows them
// and serves them. `daybook help` explains it with examples; `daybook demo` shows it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // --zone works where the system has no zones
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(conclude(os.Stderr, run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)))
}

// conclude prints err, if any, and returns the exit status: 0 for success, 2 for a command line that
// is wrong or what a verification cannot decide, 1 for everything else.
func conclude(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	// The text of an error may quote an entry.
	fmt.Fprintln(stderr, escapeLines("daybook: "+err.Error()))
	if errors.Is(err, errUsage) || errors.Is(err, errUndecided) {
		return 2
	}
	return 1
}
