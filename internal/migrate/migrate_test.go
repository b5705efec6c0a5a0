package migrate_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook/internal/migrate"
)

func files(names ...string) fstest.MapFS {
	dir := fstest.MapFS{}
	for _, n := range names {
		dir[n] = &fstest.MapFile{Data: []byte("-- " + n)}
	}
	return dir
}

func load(t *testing.T, names ...string) []migrate.Migration {
	t.Helper()
	all, err := migrate.Load(files(names...))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A database in memory that fails at one version.
type database struct {
	applied []migrate.Applied
	failsAt int
}

var errFails = errors.New("out of disk")

func (d *database) Applied(context.Context) ([]migrate.Applied, error) { return d.applied, nil }

func (d *database) Apply(_ context.Context, m migrate.Migration) (bool, error) {
	if m.Version == d.failsAt {
		return false, errFails
	}
	if m.Version <= len(d.applied) {
		return false, nil
	}
	d.applied = append(d.applied, migrate.Applied{Version: m.Version, Checksum: m.Checksum})
	return true, nil
}

func TestFilesAreReadInOrderAndWithoutGaps(t *testing.T) {
	all := load(t, "0002_more.sql", "0001_log.sql")
	if len(all) != 2 || all[0].Name != "log" || all[1].Version != 2 || all[1].SQL != "-- 0002_more.sql" {
		t.Errorf("loaded %+v", all)
	}
	for _, names := range [][]string{{"0002_more.sql"}, {"0001_log.sql", "0003_gap.sql"}, {"0001_log.sql", "0001_other.sql"}, {"0001_log.sql", "README"}, {"1_log.sql"}} {
		if all, err := migrate.Load(files(names...)); err == nil {
			t.Errorf("%q is loaded as %+v", names, all)
		}
	}
}

func TestAFailedMigrationIsWhereTheNextRunGoesOn(t *testing.T) {
	all := load(t, "0001_a.sql", "0002_b.sql", "0003_c.sql")
	db := &database{failsAt: 2}
	done, err := migrate.Run(t.Context(), db, all)
	if !errors.Is(err, errFails) || len(done) != 1 {
		t.Fatalf("%d done, %v", len(done), err)
	}
	db.failsAt = 0
	done, err = migrate.Run(t.Context(), db, all)
	if diff := cmp.Diff(all[1:], done); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	if done, err := migrate.Run(t.Context(), db, all); err != nil || len(done) != 0 {
		t.Errorf("nothing is pending, but %v, %v", done, err)
	}
}

func TestASchemaThatIsNotThisProgramsIsRefused(t *testing.T) {
	all := load(t, "0001_a.sql", "0002_b.sql")
	of := func(m migrate.Migration) migrate.Applied {
		return migrate.Applied{Version: m.Version, Checksum: m.Checksum}
	}
	for reason, applied := range map[string][]migrate.Applied{
		"newer program": {of(all[0]), of(all[1]), {Version: 3}},
		"altered files": {of(all[0]), {Version: 2, Checksum: "other"}},
		"restore it":    {of(all[1])},
	} {
		if _, err := migrate.Pending(all, applied); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v", reason, err)
		}
		if done, err := migrate.Run(t.Context(), &database{applied: applied}, all); err == nil || len(done) != 0 {
			t.Errorf("%s: %v, %v", reason, done, err)
		}
	}
}
