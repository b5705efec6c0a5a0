package sqlite

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

//go:embed schema.sql
var schema string

const (
	applicationID = 0x44617962 // "Dayb", in the file's header (PRAGMA application_id)
	schemaVersion = 1          // PRAGMA user_version
	pageSize      = 4096

	// Until this version two connections that wrote and checkpointed at once could corrupt a WAL
	// (https://sqlite.org/wal.html, "The WAL-Reset Bug"); the next one was withdrawn.
	oldestSQLite    = 3_051_003
	withdrawnSQLite = 3_052_000
)

// busyTimeout is how long a statement waits for another process to finish writing.
const busyTimeout = 10 * time.Second

func connect(ctx context.Context, path string, flags sqlite.OpenFlags) (*sqlite.Conn, error) {
	if sqlite.VersionNumber < oldestSQLite || sqlite.VersionNumber == withdrawnSQLite {
		return nil, fmt.Errorf("this program was built with SQLite %s, which can corrupt its files: build it with the version in Daybook's go.mod", sqlite.Version)
	}
	conn, err := sqlite.OpenConn(path, flags)
	if err != nil {
		return nil, err
	}
	conn.SetInterrupt(ctx.Done())
	conn.SetBusyTimeout(busyTimeout)
	// What a tampered file's schema calls must be harmless.
	err = run(conn, `pragma trusted_schema = off`)
	conn.SetInterrupt(nil)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// prepare makes the schema in an empty file, and otherwise checks that the file is ours and not
// newer than this program, before anything in it is changed. It returns the deployment's name, which
// is the one given if the file is new.
func prepare(ctx context.Context, conn *sqlite.Conn, deployment string) (string, error) {
	empty, err := identify(conn)
	if err != nil {
		return "", err
	}
	if empty {
		// Both take effect only before the first table, and outside a transaction. Incremental
		// vacuum is what lets a sweep give space back.
		if err := run(conn, fmt.Sprintf(`pragma page_size = %d`, pageSize), `pragma auto_vacuum = incremental`); err != nil {
			return "", err
		}
	}
	if err := enterWAL(ctx, conn); err != nil {
		return "", err
	}
	err = run(conn,
		`pragma synchronous = full`,
		`pragma temp_store = memory`,
		`pragma cache_size = -65536`, // 64 MiB
		`pragma journal_size_limit = 268435456`,
		fmt.Sprintf(`pragma wal_autocheckpoint = %d`, walPages))
	if err == nil && empty {
		err = create(conn, deployment)
	}
	if err != nil {
		return "", err
	}
	return deploymentOf(conn)
}

// deploymentOf returns the name in which the file's logs are signed.
func deploymentOf(conn *sqlite.Conn) (string, error) {
	stmt, err := conn.Prepare(`select deployment from ledger_order`)
	if err != nil {
		return "", err
	}
	return sqlitex.ResultText(stmt)
}

// enterWAL switches a new file to WAL. When several programs do so at once SQLite tells all but one at
// once that the file is busy, without waiting, since two that wait for each other would wait for ever.
func enterWAL(ctx context.Context, conn *sqlite.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, busyTimeout)
	defer cancel()
	for {
		err := run(conn, `pragma journal_mode = wal`)
		if sqlite.ErrCode(err).ToPrimary() != sqlite.ResultBusy {
			return err
		}
		again := time.NewTimer(5 * time.Millisecond)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return err
		}
	}
}

// create makes the schema in one transaction. Two programs may start at once: the second finds
// what the first made.
func create(conn *sqlite.Conn, deployment string) (err error) {
	end, err := sqlitex.ImmediateTransaction(conn)
	if err != nil {
		return err
	}
	defer end(&err)
	if empty, err := identify(conn); err != nil || !empty {
		return err
	}
	if err := sqlitex.ExecuteScript(conn, schema, nil); err != nil {
		return fmt.Errorf("create the schema: %w", err)
	}
	if err := sqlitex.Execute(conn, `insert into ledger_order values (1, ?, 1, 1)`, &sqlitex.ExecOptions{Args: []any{deployment}}); err != nil {
		return fmt.Errorf("create the schema: %w", err)
	}
	return run(conn,
		fmt.Sprintf(`pragma application_id = %d`, applicationID),
		fmt.Sprintf(`pragma user_version = %d`, schemaVersion))
}

// identify reports whether the file is empty, and refuses it if it is neither that nor ours.
func identify(conn *sqlite.Conn) (empty bool, err error) {
	tables, err1 := number(conn, `select count(*) from sqlite_schema`)
	application, err2 := number(conn, `pragma application_id`)
	version, err3 := number(conn, `pragma user_version`)
	if err := cmp.Or(err1, err2, err3); err != nil {
		return false, err
	}
	switch {
	case tables == 0 && application == 0:
		return true, nil
	case application != applicationID:
		return false, errors.New("it is a SQLite database, but not a Daybook's: give the path of another file")
	case version > schemaVersion:
		return false, fmt.Errorf("a newer Daybook wrote it (schema %d, this program knows %d): use that program, or a newer one", version, schemaVersion)
	}
	return false, nil
}

func run(conn *sqlite.Conn, statements ...string) error {
	for _, s := range statements {
		if err := sqlitex.ExecuteTransient(conn, s, nil); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// number returns the one number that a statement gives.
func number(conn *sqlite.Conn, sql string) (int64, error) {
	stmt, err := conn.Prepare(sql)
	if err != nil {
		return 0, err
	}
	return sqlitex.ResultInt64(stmt)
}

// explain adds to an error of SQLite what the reader of it can do.
func explain(err error) error {
	if err == nil {
		return nil
	}
	advice := ""
	switch code := sqlite.ErrCode(err); code.ToPrimary() {
	case sqlite.ResultFull:
		advice = "the disk is full: free space; nothing of this write was kept"
	case sqlite.ResultNotADB:
		advice = "it is not a SQLite database: give the path of another file"
	case sqlite.ResultCorrupt:
		advice = "the file is damaged: stop writing, keep a copy of it and its -wal file, and restore a backup"
	case sqlite.ResultReadOnly, sqlite.ResultPerm:
		advice = "the file or its directory cannot be written: check their owner and mode"
	case sqlite.ResultCantOpen:
		advice = "the file or its directory cannot be opened: check the path, its owner and mode"
	case sqlite.ResultBusy:
		advice = fmt.Sprintf("another program has been writing for %v: end it, or try again", busyTimeout)
	case sqlite.ResultIOErr:
		advice = "the disk failed: see the system's log"
	default:
		return err
	}
	return fmt.Errorf("%s (%w)", advice, err)
}
