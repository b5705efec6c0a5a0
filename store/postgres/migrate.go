package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/migrate"
	"github.com/daybookdev/daybook/ledger"
)

//go:embed migrations/*.sql
var files embed.FS

// IDs is the type of the columns organization_id, user_id and resource_id. It is chosen when the
// schema is created and stays.
type IDs int

// The types of ids.
const (
	UUID IDs = iota // the guide's: every such id of an entry must be a UUID
	Text            // any text
)

// String returns "uuid" or "text".
func (i IDs) String() string {
	if i == Text {
		return "text"
	}
	return "uuid"
}

// MigrateOptions are how [Migrate] creates the schema. The zero MigrateOptions do.
type MigrateOptions struct {
	IDs IDs // only when the schema is created; later it must be what it was

	// AnyIDs takes what the schema was created with, whatever IDs says, where there is one.
	AnyIDs bool

	// Deployment is the name in which the ledger's logs are signed, such as audit.example.com,
	// when the schema is created; see ledger.CheckDeployment. Empty draws one.
	Deployment string

	// Months is how many months behind the present one get their partitions now: 0 means 3.
	Months int
}

// A Step is a migration that was or would be applied.
type Step struct {
	Version int
	Name    string
	SQL     string
}

// Migrate brings the schema at url to the version of this program, makes the partitions of the months
// to come, and returns what it applied. The role of url becomes the owner of the tables, and must
// be allowed to create roles unless daybook_app, daybook_reader and daybook_follower exist. Tables
// are made in the first schema of the role's search_path.
//
// Several programs may call it at once: one applies, the others wait and find it done. Each
// migration is one transaction; an interrupted Migrate leaves whole steps, and the next call goes
// on. A schema that a newer program made is refused.
func Migrate(ctx context.Context, url string, options *MigrateOptions) ([]Step, error) {
	var o MigrateOptions
	if options != nil {
		o = *options
	}
	s, err := connectSchema(ctx, url, &o)
	if err != nil {
		return nil, fmt.Errorf("migrate: %w", explain(err))
	}
	defer s.conn.Close(context.WithoutCancel(ctx))
	if err := s.checkIDs(ctx); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	done, err := migrate.Run(ctx, s, s.all)
	if err != nil {
		return s.steps(done), explain(err)
	}
	if err := createPartitions(ctx, s.conn, time.Now(), o.Months); err != nil {
		return s.steps(done), fmt.Errorf("migrate: %w", explain(err))
	}
	return s.steps(done), nil
}

// Plan returns what [Migrate] would apply, with its SQL, and changes nothing.
func Plan(ctx context.Context, url string, options *MigrateOptions) ([]Step, error) {
	var o MigrateOptions
	if options != nil {
		o = *options
	}
	s, err := connectSchema(ctx, url, &o)
	if err != nil {
		return nil, fmt.Errorf("plan the migration: %w", explain(err))
	}
	defer s.conn.Close(context.WithoutCancel(ctx))
	applied, err := s.Applied(ctx)
	if err == nil {
		err = s.checkIDs(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("plan the migration: %w", explain(err))
	}
	pending, err := migrate.Pending(s.all, applied)
	if err != nil {
		return nil, fmt.Errorf("plan the migration: %w", err)
	}
	return s.steps(pending), nil
}

// A schema is the one that a connection sees.
type schema struct {
	conn *pgx.Conn
	ids  IDs
	any  bool // ids gives way to what is there
	all  []migrate.Migration

	deployment string // empty: the database draws one
}

func connectSchema(ctx context.Context, url string, o *MigrateOptions) (*schema, error) {
	if o.Deployment != "" {
		if err := ledger.CheckDeployment(o.Deployment); err != nil {
			return nil, err
		}
	}
	all, err := migrations()
	if err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	return &schema{conn, o.IDs, o.AnyIDs, all, o.Deployment}, nil
}

func migrations() ([]migrate.Migration, error) {
	dir, err := fs.Sub(files, "migrations")
	if err != nil {
		return nil, err
	}
	return migrate.Load(dir)
}

// The key of every lock of ours, with the table's schema as second half.
const (
	lockMigrate  = 0x44617962 // "Dayb"
	lockSequence = 0x44617963
)

const createSchemaTable = `create table daybook_schema (version int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`

const selectApplied = `select version, checksum from daybook_schema order by version`

// Applied returns what the schema's own record says, nothing where there is none.
func (s *schema) Applied(ctx context.Context) ([]migrate.Applied, error) { return applied(ctx, s.conn) }

// A querier is a connection, a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func applied(ctx context.Context, db querier) ([]migrate.Applied, error) {
	var there bool
	// Not to_regclass: behind the wait for a lock it may still answer what it knew before.
	if err := db.QueryRow(ctx, `select exists (select from pg_class where relname = 'daybook_schema' and pg_table_is_visible(oid))`).Scan(&there); err != nil || !there {
		return nil, err
	}
	rows, err := db.Query(ctx, selectApplied)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[migrate.Applied])
}

// Apply runs one migration; see [migrate.Database].
func (s *schema) Apply(ctx context.Context, m migrate.Migration) (mine bool, err error) {
	err = pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1, hashtext(current_schema()))`, lockMigrate); err != nil {
			return err
		}
		done, err := applied(ctx, tx)
		if err != nil || len(done) >= m.Version {
			return err
		}
		if m.Version == 1 {
			if _, err := tx.Exec(ctx, createSchemaTable); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, s.text(m), pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into daybook_schema (version, name, checksum) values ($1, $2, $3)`, m.Version, m.Name, m.Checksum)
		mine = err == nil
		return err
	})
	return mine && err == nil, err
}

// text fills in what the file leaves open.
func (s *schema) text(m migrate.Migration) string {
	key := "uuid"
	if s.ids == Text {
		key = `text collate "C"`
	}
	name, _, _ := strings.Cut(key, " ")
	deployment := `'daybook.internal/' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 16)`
	if s.deployment != "" {
		deployment = "'" + s.deployment + "'" // which has no quotes
	}
	return strings.NewReplacer("{deployment}", deployment, "{key}", key, "{key_name}", name, "{now}", daybook.MinID(month(time.Now())).String()).Replace(m.SQL)
}

func (s *schema) steps(migrations []migrate.Migration) []Step {
	var steps []Step
	for _, m := range migrations {
		steps = append(steps, Step{m.Version, m.Name, s.text(m)})
	}
	return steps
}

// checkIDs refuses options that are not those of the schema that is there.
func (s *schema) checkIDs(ctx context.Context) error {
	ids, there, err := readIDs(ctx, s.conn)
	if err == nil && there && s.any {
		s.ids = ids
	}
	if err == nil && there && ids != s.ids {
		err = wrongIDs(ids, s.ids)
	}
	return err
}

func readIDs(ctx context.Context, db querier) (ids IDs, there bool, err error) {
	var base string
	err = db.QueryRow(ctx, selectIDs).Scan(&base)
	if errors.Is(err, pgx.ErrNoRows) {
		return UUID, false, nil
	}
	return idsNamed(base), err == nil, err
}

const selectIDs = `select typbasetype::regtype::text from pg_type where oid = to_regtype('daybook_key')`

func idsNamed(base string) IDs {
	if base == "text" {
		return Text
	}
	return UUID
}

func wrongIDs(is, want IDs) error {
	return fmt.Errorf("the schema was created with ids=%v, not ids=%v: open it with that, or create another schema", is, want)
}

// explain adds to an error of PostgreSQL what the reader of it can do.
func explain(err error) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return err
	}
	advice := ""
	switch e.Code {
	case "42P01", "42883", "42704":
		advice = "the schema is not there, or not in this role's search_path: run the migrations first"
	case "42501":
		advice = "this role may not do that: grant daybook_app to the role that the program connects as, and run migrations as the owner"
	case "53100":
		advice = "the database's disk is full: free space; nothing of this write was kept"
	case "25006":
		advice = "the database is read-only: connect to the primary server"
	default:
		return err
	}
	return fmt.Errorf("%s (%w)", advice, err)
}
