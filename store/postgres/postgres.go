// Package postgres keeps the log in PostgreSQL 15 or newer: the store for production.
//
// [Migrate] makes the schema, as the owner of the tables. [Open] gives a [Store] for a role that was
// granted daybook_app; several programs may have one on one database. Concurrent Append calls
// share transactions, and nil means committed.
//
// An application that keeps its own data in the same database records in its own transactions:
// [InTx] and [InSQLTx] make a daybook.Tx of one, and a [Transactor] runs one around a request.
//
// Row-level security is the second wall between organizations: see the README of this package.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/migrate"
	"github.com/daybookdev/daybook/internal/walk"
)

// Options are how a [Store] works. The zero Options do.
type Options struct {
	// IDs must be what the schema was created with.
	IDs IDs

	// AnyIDs takes what the schema was created with, whatever IDs says.
	AnyIDs bool

	// Migrate brings the schema to this program's version first, and makes the partitions of the
	// next months now and once a day. The role must then be the owner of the tables, which the
	// role of a running program should not be: see AllowBypassRLS.
	Migrate bool

	// MaxConns is the most connections of the pool that Open makes. 0 means what the URL says in
	// pool_max_conns, or 10.
	MaxConns int32

	// AllowBypassRLS opens the store although its role is a superuser, owns the tables, bypasses
	// row-level security, or may change or read what it should not. For tests and small
	// installations: the wall between organizations is then this program alone.
	AllowBypassRLS bool

	// Logger gets a line when the sequencer or the creation of partitions fails, and for settings of
	// the server that risk entries. nil means slog.Default().
	Logger *slog.Logger
}

// A Store is a daybook.Store in PostgreSQL. It is also a [daybook.Watcher], a [daybook.Positions] and
// a [daybook.Documents]. Safe for concurrent use.
type Store struct {
	pool       *pgxpool.Pool
	ownPool    bool
	ids        IDs
	deployment string
	log        *slog.Logger
	writers    *writers
	sequencer  *sequencer
	changed    *broadcast // something was appended, or got its place
	scanBudget time.Duration

	mu     sync.Mutex // guards closed, and using.Add against Close's Wait
	closed bool
	using  sync.WaitGroup     // calls under way
	gone   chan struct{}      // closed by Close
	stop   context.CancelFunc // ends the goroutines
	ended  sync.WaitGroup     // the goroutines
}

var (
	_ daybook.Store     = (*Store)(nil)
	_ daybook.Watcher   = (*Store)(nil)
	_ daybook.Positions = (*Store)(nil)
	_ daybook.Documents = (*Store)(nil)
)

// ErrNoSchema means that the database has no schema of ours that the role can see: run [Migrate] as the
// owner, or set the role's search_path.
var ErrNoSchema = errors.New("there is no schema, or it is not in this role's search_path: run the migrations first")

// Open connects to the database at url, a connection string of libpq or pgx, checks its schema and
// its role, and starts the sequencer. options may be nil. Close the Store to end both.
//
// It refuses a schema that is missing, incomplete or newer than this program, a server in
// recovery, and a role that row-level security does not hold (see [Options]). It works behind
// PgBouncer in transaction mode: there is no session state, and a statement is prepared by name only
// on a connection that is the server's own.
func Open(ctx context.Context, url string, options *Options) (*Store, error) {
	var o Options
	if options != nil {
		o = *options
	}
	if o.Migrate {
		if _, err := Migrate(ctx, url, &MigrateOptions{IDs: o.IDs}); err != nil {
			return nil, fmt.Errorf("open the log: %w", err)
		}
	}
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	if config.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
		// Statements are kept where a connection is the server's own, and otherwise their descriptions
		// in this program alone.
		direct, err := isServers(ctx, config.ConnConfig.Copy())
		if err != nil {
			return nil, fmt.Errorf("open the log: %w", err)
		}
		if !direct {
			config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		}
	}
	if o.MaxConns > 0 {
		config.MaxConns = o.MaxConns
	} else if config.MaxConns < 10 {
		config.MaxConns = 10
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	s, err := New(ctx, pool, &o)
	if err != nil {
		pool.Close()
		return nil, err
	}
	s.ownPool = true
	if o.Migrate {
		s.ended.Go(func() { s.partitionDaily(url) })
	}
	return s, nil
}

// New returns a Store on the application's own pool, which Close leaves open. Options.Migrate and
// Options.MaxConns mean nothing here. The pool needs connections to spare: while the application's
// own transactions hold all of them, appends wait.
func New(ctx context.Context, pool *pgxpool.Pool, options *Options) (*Store, error) {
	var o Options
	if options != nil {
		o = *options
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if err := checkServer(ctx, pool, &o); err != nil {
		return nil, fmt.Errorf("open the log: %w", explain(err))
	}
	var deployment string
	if err := pool.QueryRow(ctx, `select deployment from ledger_order where one`).Scan(&deployment); err != nil {
		return nil, fmt.Errorf("open the log: %w", explain(err))
	}
	learnDeployment(deployment)
	s := &Store{pool: pool, ids: o.IDs, deployment: deployment, log: o.Logger, changed: newBroadcast(), scanBudget: walk.Budget, gone: make(chan struct{})}
	var background context.Context
	background, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	direct, err := isDirect(ctx, pool)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	s.writers = startWriters(pool, s.changed, direct)
	s.sequencer = &sequencer{pool: pool, log: o.Logger, changed: s.changed, mostBehind: mostBehind}
	s.ended.Go(func() { s.sequencer.run(background) })
	return s, nil
}

// isDirect reports whether connections of the pool are the server's own.
func isDirect(ctx context.Context, pool *pgxpool.Pool) (direct bool, err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Release()
	return keepsStatements(ctx, conn.Conn())
}

func isServers(ctx context.Context, config *pgx.ConnConfig) (direct bool, err error) {
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // prepares nothing
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return false, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return keepsStatements(ctx, conn)
}

// keepsStatements reports whether what is prepared on a connection stays there. A pooler that gives
// each transaction another one tells its clients process numbers of its own making.
func keepsStatements(ctx context.Context, conn *pgx.Conn) (bool, error) {
	var pid uint32
	err := conn.QueryRow(ctx, `select pg_backend_pid()`, pgx.QueryExecModeExec).Scan(&pid)
	return pid == conn.PgConn().PID(), err
}

// use keeps Close waiting until the caller calls s.using.Done. It reports whether s is open.
func (s *Store) use() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return daybook.ErrClosed
	}
	s.using.Add(1)
	return nil
}

// Close finishes the appends and queries under way, ends the sequencer, and closes the pool if Open
// made it. A second call does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.gone)
	s.mu.Unlock()
	s.writers.close()
	s.stop()
	s.ended.Wait()
	s.using.Wait()
	if s.ownPool {
		s.pool.Close()
	}
	return nil
}

// partitionDaily makes the partitions to come, until Close.
func (s *Store) partitionDaily(url string) {
	for {
		select {
		case <-s.gone:
			return
		case <-time.After(24 * time.Hour):
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		if err := CreatePartitions(ctx, url, 0); err != nil {
			s.log.LogAttrs(ctx, slog.LevelError, "partitions not created", slog.String("error", err.Error()))
		}
		cancel()
	}
}

// checkServer refuses a server, schema or role with which the promises cannot be kept.
func checkServer(ctx context.Context, pool *pgxpool.Pool, o *Options) error {
	all, err := migrations()
	if err != nil {
		return err
	}
	done, err := applied(ctx, pool)
	if err != nil {
		return err
	}
	pending, err := migrate.Pending(all, done)
	if err != nil {
		return err
	}
	if len(done) == 0 {
		return ErrNoSchema
	}
	if len(pending) > 0 {
		return fmt.Errorf("the schema has version %d and this program needs %d: run the migrations first", len(done), len(all))
	}
	ids, _, err := readIDs(ctx, pool)
	if err != nil {
		return err
	}
	if o.AnyIDs {
		o.IDs = ids
	}
	if ids != o.IDs {
		return wrongIDs(ids, o.IDs)
	}
	if err := checkRole(ctx, pool, o.AllowBypassRLS); err != nil {
		return err
	}
	return checkSettings(ctx, pool, o.Logger)
}

// checkRole refuses a role that could read or do more than the program needs.
func checkRole(ctx context.Context, pool *pgxpool.Pool, allow bool) error {
	var name string
	var super, bypass, owner, inherits, changes, forced, member bool
	err := pool.QueryRow(ctx, `
		select r.rolname, r.rolsuper, r.rolbypassrls, pg_has_role(c.relowner, 'usage'),
			pg_has_role('daybook_reader', 'usage') or pg_has_role('daybook_follower', 'usage')
				or has_column_privilege(c.oid, 'details', 'select'),
			has_table_privilege(c.oid, 'update, delete, truncate') or has_any_column_privilege(c.oid, 'update'),
			c.relrowsecurity and c.relforcerowsecurity,
			pg_has_role('daybook_app', 'usage') and pg_has_role('daybook_reader', 'member') and pg_has_role('daybook_follower', 'member')
		from pg_roles r, pg_class c
		where r.rolname = current_user and c.oid = to_regclass('activity_log')`).
		Scan(&name, &super, &bypass, &owner, &inherits, &changes, &forced, &member)
	if err != nil {
		return fmt.Errorf("look at the role's rights: %w", err)
	}
	lacks := fmt.Errorf("the role %q lacks rights: as the owner, grant daybook_app to %q", name, name)
	if allow {
		if !member {
			return lacks
		}
		return nil
	}
	const way = "connect as a role that has daybook_app and nothing more of the log, or set AllowBypassRLS"
	switch {
	case super:
		return fmt.Errorf("the role %q is a superuser, whom row-level security does not hold: %s", name, way)
	case bypass:
		return fmt.Errorf("the role %q bypasses row-level security: %s", name, way)
	case owner:
		return fmt.Errorf("the role %q owns the table activity_log and could switch its row-level security off: %s", name, way)
	case !member:
		return lacks
	case inherits:
		return fmt.Errorf("the role %q reads details of all organizations without asking: revoke what it has beside daybook_app", name)
	case changes:
		return fmt.Errorf("the role %q may change or remove entries: revoke update, delete and truncate on activity_log", name)
	case !forced:
		return errors.New("row-level security is switched off on activity_log: as the owner, enable and force it")
	}
	return nil
}

// checkSettings refuses a standby and warns of settings with which a crash of the machine loses what
// was committed.
func checkSettings(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	var standby bool
	var fsync, pages, commit string
	err := pool.QueryRow(ctx, `select pg_is_in_recovery(), current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')`).
		Scan(&standby, &fsync, &pages, &commit)
	if err != nil {
		return fmt.Errorf("look at the server's settings: %w", err)
	}
	if standby {
		return errors.New("the server is a standby: connect to the primary")
	}
	for _, setting := range [][2]string{{"fsync", fsync}, {"full_page_writes", pages}, {"synchronous_commit", commit}} {
		if setting[1] == "off" {
			log.LogAttrs(ctx, slog.LevelWarn, "a crash of the database's machine can lose entries that were recorded: switch it on",
				slog.String("setting", setting[0]))
		}
	}
	return nil
}

// A broadcast wakes everyone who waits for something to happen.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

func newBroadcast() *broadcast { return &broadcast{ch: make(chan struct{})} }

func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ch
}

func (b *broadcast) send() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.ch)
	b.ch = make(chan struct{})
}
