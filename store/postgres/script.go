package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/daybookdev/daybook/internal/migrate"
)

// A Change is what [Migrate] would do.
type Change struct {
	Steps []Step

	// The months that would get partitions: From is the first moment of the first, To that behind
	// the last. Both are zero when none would.
	From, To time.Time

	// IDs are those of the schema, or those that it would be created with.
	IDs IDs

	// Script is plain SQL that does all of it in one transaction, and keeps the record that this
	// program looks at when it starts. Run it as the owner of the tables. It is empty when there is
	// nothing to do.
	Script string
}

// PlanChange returns what [Migrate] would do, and changes nothing. An empty url is an empty database.
func PlanChange(ctx context.Context, url string, options *MigrateOptions) (Change, error) {
	c, err := planChange(ctx, url, options)
	if err != nil {
		return Change{}, fmt.Errorf("plan the migration: %w", explain(err))
	}
	return c, nil
}

func planChange(ctx context.Context, url string, options *MigrateOptions) (c Change, err error) {
	var o MigrateOptions
	if options != nil {
		o = *options
	}
	now := time.Now()
	from := month(now) // of the open partition that the first migration makes
	var s *schema
	var pending []migrate.Migration
	if url == "" {
		s = &schema{ids: o.IDs, deployment: o.Deployment}
		if s.all, err = migrations(); err != nil {
			return c, err
		}
		pending = s.all
	} else {
		if s, err = connectSchema(ctx, url, &o); err != nil {
			return c, err
		}
		defer s.conn.Close(context.WithoutCancel(ctx))
		applied, err := s.Applied(ctx)
		if err != nil {
			return c, err
		}
		if err := s.checkIDs(ctx); err != nil {
			return c, err
		}
		if pending, err = migrate.Pending(s.all, applied); err != nil {
			return c, err
		}
		if len(applied) > 0 {
			if from, err = lateFrom(ctx, s.conn); err != nil {
				return c, err
			}
		}
	}
	c.IDs, c.Steps = s.ids, s.steps(pending)
	if end := partitionsEnd(now, o.Months); from.Before(end) {
		c.From, c.To = from, end
	}
	c.Script = s.script(pending, c.From, c.To)
	return c, nil
}

// script writes what is pending as one transaction. Whoever runs it with a tool that goes on behind
// an error gets a rollback.
func (s *schema) script(pending []migrate.Migration, from, to time.Time) string {
	if len(pending) == 0 && from.IsZero() {
		return ""
	}
	var b strings.Builder
	b.WriteString("begin;\n\n")
	fmt.Fprintf(&b, "do $$ begin perform pg_advisory_xact_lock(%d, hashtext(current_schema())); end $$;\n\n", lockMigrate)
	for _, m := range pending {
		fmt.Fprintf(&b, "-- Migration %d: %s.\n", m.Version, m.Name)
		if m.Version == 1 {
			b.WriteString(createSchemaTable + ";\n")
		}
		fmt.Fprintf(&b, "insert into daybook_schema (version, name, checksum) values (%d, '%s', '%s');\n\n", m.Version, m.Name, m.Checksum)
		b.WriteString(strings.TrimSpace(s.text(m)) + "\n\n")
	}
	if !from.IsZero() {
		fmt.Fprintf(&b, "-- Partitions of the months from %s to before %s.\n", from.Format(time.DateOnly), to.Format(time.DateOnly))
		fmt.Fprintf(&b, "set local lock_timeout = '%s';\n", lockTimeout)
		for _, sql := range partitionStatements(from, to) {
			b.WriteString(sql + ";\n")
		}
		b.WriteString("\n")
	}
	b.WriteString("commit;\n")
	return b.String()
}

// MayNot reports whether an error is that of a role that may not do what was asked: that of the
// application where the owner is needed.
func MayNot(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "42501"
}
