package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/daybookdev/daybook/server"
	"github.com/daybookdev/daybook/store/postgres"
)

// A postgresDiagnosis is what doctor finds of a log in PostgreSQL.
type postgresDiagnosis struct {
	URL string `json:"url"` // without password
	postgres.Facts
	findings
}

const (
	longPending = 10 * time.Second // a sequencer that works leaves nothing that long
	fewDays     = 15               // of partitions ahead
)

func diagnosePostgres(ctx context.Context, place server.Place, store *postgres.Store) (_ *postgresDiagnosis, err error) {
	d := &postgresDiagnosis{URL: place.String(), findings: findings{Warnings: []string{}}}
	if d.Facts, err = store.Facts(ctx); err != nil {
		return nil, err
	}
	d.examine(time.Now())
	return d, nil
}

func (d *postgresDiagnosis) examine(now time.Time) {
	if d.RoleProblem != "" {
		d.warn("%s", strings.ReplaceAll(d.RoleProblem, "or set AllowBypassRLS", "or say --allow-bypass-rls everywhere"))
	}
	if !d.RowSecurity {
		d.warn("row-level security is switched off on activity_log: as the owner, alter table activity_log enable row level security, force row level security")
	}
	if d.MonthsUntil.Before(now.AddDate(0, 0, fewDays)) {
		d.warn("the monthly partitions end at %s: as the owner, run `daybook migrate --apply`, and from a daily job", d.MonthsUntil.Format(time.DateOnly))
	}
	if d.Late {
		d.warn("entries lie in activity_log_late, for want of a month's partition: as the owner, run `daybook migrate --apply`, which moves them")
	}
	if d.OldestPending > longPending {
		d.warn("%s for their place, the first for %s: no program with the log open gives places, or a long transaction holds it up (select * from pg_stat_activity where backend_xmin is not null order by age(backend_xmin) desc)",
			plural(d.Pending, "entry waits", "entries wait"), d.OldestPending.Round(time.Second))
	}
	for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		if d.Settings[name] == "off" {
			d.warn("%s is off: a crash of the database's machine can lose entries that were recorded; switch it on", name)
		}
	}
	for _, f := range d.Followers {
		d.examineFollower(f.Name, f.Behind)
	}
}

func (d *postgresDiagnosis) print(out *output) {
	out.line("log", "%s", d.URL)
	out.line("PostgreSQL", "%s, database %s", d.Server, d.Database)
	out.line("schema", "%d, ids are %s", d.Schema, d.IDs)
	out.line("role", "%s", d.Role)
	rls := "enabled and forced"
	if !d.RowSecurity {
		rls = "off"
	}
	out.line("row security", "%s", rls)
	out.line("last position", "%s", d.Last)
	out.line("pending", "%s, the oldest for %s", plural(d.Pending, "entry", "entries"), d.OldestPending.Round(time.Millisecond))
	out.line("organizations", "%s", grouped(d.Organizations))
	out.line("size", "%s", bytesText(d.Bytes))
	out.line("partitions", "%s, until %s", plural(int64(d.Partitions), "month", "months"), d.MonthsUntil.Format(time.DateOnly))
	out.line("connections", "%d of %s", d.Connections, d.Settings["max_connections"])
	for _, name := range slices.Sorted(maps.Keys(d.Settings)) {
		if name != "max_connections" {
			out.line("setting", "%s = %s", name, d.Settings[name])
		}
	}
	for _, f := range d.Followers {
		out.line("follower", "%s at %s, %s behind", f.Name, f.Position, plural(f.Behind, "entry", "entries"))
	}
	if len(d.Followers) == 0 {
		out.line("followers", "none")
	}
}
