package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// prove signs and verifies the log, and then, where it lies in a file, does what its owner could: it
// changes an entry behind Daybook's back, shows that the verification tells, and changes it back.
func (c *demoCommand) prove(ctx context.Context, p *program) error {
	kept := filepath.Join(c.Data, "checkpoints.kept")
	sign, verify := []string{"checkpoint"}, []string{"verify", "--kept", kept}
	if c.Database != "" {
		key := filepath.Join(c.Data, "ledger.key")
		sign, verify = append(sign, "--key", key), append(verify, "--trust", key+".trust")
	}
	fmt.Fprintf(p.stdout, "\nEvery entry is a leaf in the Merkle log of its organization. Here is what was signed of them\n\n$ %s > %s\n",
		commandLine(slices.Concat(programName(), sign, c.logArguments())...), escapeText(kept))
	f, err := os.OpenFile(kept, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("keep checkpoints: %w", err)
	}
	if err := errors.Join(run(ctx, slices.Concat(sign, c.openArguments()), strings.NewReader(""), f, io.Discard), f.Close()); err != nil {
		return fmt.Errorf("sign the log: %w", err)
	}
	again := func() error {
		fmt.Fprintf(p.stdout, "\n$ %s\n", commandLine(slices.Concat(programName(), verify, c.logArguments())...))
		return run(ctx, slices.Concat(verify, c.openArguments()), strings.NewReader(""), p.stdout, io.Discard)
	}
	if err := again(); err != nil {
		return fmt.Errorf("verify the log: %w", err)
	}
	if c.Database != "" {
		return nil
	}
	_, path, _ := c.log().Files()
	const hide = `update activity_log set outcome = 'success' where position = (select max(position) from activity_log where outcome = 'denied')`
	fmt.Fprintf(p.stdout, "\nNow its own file is changed by SQL, as whoever owns it could: a denial becomes a success\n\nsqlite> %s;\n", hide)
	var position int64
	if err := tamper(path, `select max(position) from activity_log where outcome = 'denied'`, func(n int64) { position = n }); err != nil {
		return err
	}
	if err := tamper(path, hide, nil); err != nil {
		return err
	}
	if err := again(); !errors.Is(err, errTampered) {
		return fmt.Errorf("the verification of a log that was changed says: %w", err)
	}
	fmt.Fprintf(p.stdout, "exit status 1\n\nThe change is taken back.\n")
	if err := tamper(path, fmt.Sprintf(`update activity_log set outcome = 'denied' where position = %d`, position), nil); err != nil {
		return err
	}
	return again()
}

// openArguments name the log with the password that is not printed.
func (c *demoCommand) openArguments() []string {
	if c.Database != "" {
		return []string{"--database", c.Database}
	}
	return []string{"--data", c.Data}
}

// tamper runs SQL on a Daybook file past Daybook.
func tamper(path, sql string, number func(int64)) error {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return fmt.Errorf("open the file past Daybook: %w", err)
	}
	err = sqlitex.ExecuteTransient(conn, sql, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		if number != nil {
			number(stmt.ColumnInt64(0))
		}
		return nil
	}})
	return errors.Join(err, conn.Close())
}
