package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/sqlite"
)

func TestOpenRefusesWhatIsNotItsOwnAndLeavesItAlone(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		want string
	}{
		"a text file":                {func(t *testing.T, path string) { write(t, path, strings.Repeat("hello, world\n", 100)) }, "is not a SQLite database"},
		"another program's database": {func(t *testing.T, path string) { execute(t, path, `create table t (x)`) }, "not a Daybook's"},
		"another program's id":       {func(t *testing.T, path string) { execute(t, path, `pragma application_id = 7`) }, "not a Daybook's"},
		"a newer schema": {func(t *testing.T, path string) {
			open(t, path).Close()
			execute(t, path, `pragma user_version = 99`)
		}, "schema 99, this program knows 1"},
		"a directory": {func(t *testing.T, path string) { os.Mkdir(path, 0o700) }, "is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			c.make(t, path)
			before, _ := os.ReadFile(path)
			s, err := sqlite.Open(t.Context(), path, nil)
			if err == nil {
				s.Close()
				t.Fatal("it is opened")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("the error does not say %q and %s: %v", c.want, path, err)
			}
			after, _ := os.ReadFile(path)
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("the file was changed:\n%s", diff)
			}
		})
	}
}

func TestOpenSaysWhichDirectoryIsMissing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	_, err := sqlite.Open(t.Context(), filepath.Join(dir, "daybook.db"), nil)
	if err == nil || !strings.Contains(err.Error(), "the directory "+dir+" does not exist") {
		t.Errorf("%v", err)
	}
}

func TestACancelledOpenIsAnError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "daybook.db")
	if _, err := sqlite.Open(ctx, path, nil); err == nil {
		t.Error("it is opened")
	}
	if _, err := open(t, path).Query(ctx, "acme", daybook.Query{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a query that needs a new connection: %v", err)
	}
}

// Connections are opened as they are needed, and no name of a file means something else.
func TestAPathNamesOneFileForGood(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{":memory:", "daybook.db", "file:x.db", "a?mode=memory"} {
		s, err := sqlite.Open(t.Context(), path, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Append(t.Context(), entry("acme", path)); err != nil {
			t.Fatal(err)
		}
		here, _ := os.Getwd()
		t.Chdir(t.TempDir())
		other := open(t, "daybook.db")
		if page, err := other.Query(t.Context(), "acme", daybook.Query{}); err != nil || len(page.Entries) != 0 {
			t.Errorf("another directory's log has %d entries, %v", len(page.Entries), err)
		}
		if page, err := s.Query(t.Context(), "acme", daybook.Query{}); err != nil || len(page.Entries) != 1 || page.Entries[0].ResourceID != path {
			t.Errorf("%s: %d entries, %v", path, len(page.Entries), err)
		}
		if info, err := os.Stat(filepath.Join(here, path)); err != nil || info.Size() == 0 && fileSize(filepath.Join(here, path+"-wal")) == 0 {
			t.Errorf("%s is not on disk: %v", path, err)
		}
		t.Chdir(here)
	}
	if _, err := sqlite.Open(t.Context(), "", nil); err == nil {
		t.Error("an empty path is opened")
	}
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

func TestOnlyTheOwnerReadsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "daybook.db")
	s := open(t, path)
	if err := s.Append(t.Context(), entry("acme", "d1")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// Programs may start at the same moment: a server and a command, two commands.
func TestManyMayOpenANewFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "daybook.db")
	const openers, each = 6, 20
	var wg sync.WaitGroup
	for o := range openers {
		wg.Go(func() {
			s, err := sqlite.Open(t.Context(), path, nil)
			if err != nil {
				t.Error(err)
				return
			}
			for i := range each {
				if err := s.Append(t.Context(), entry("acme", fmt.Sprint(o, "-", i))); err != nil {
					t.Error(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := open(t, path)
	f, err := s.Facts(t.Context())
	if err != nil || f.Entries != openers*each || f.Last != (daybook.Position{Epoch: 1, Number: openers * each}) || f.Organizations != 1 {
		t.Errorf("%+v, %v", f, err)
	}
}

// The guide's columns are there under the guide's names, for those who read the file with SQL.
func TestGuideColumnsAreThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "daybook.db")
	s := open(t, path)
	e := entry("acme", "d1")
	e.Details = daybook.Details{"error": "Unauthorized"}
	if err := s.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var got string
	err = db.QueryRow(`select action || ' ' || resource_type || ' ' || resource_id || ' ' || user_id || ' ' || organization_id || ' ' || (details->>'error')
		from activity_log where request_id is null and ip_address is null and user_agent is null and created_at = updated_at and length(id) = 16`).Scan(&got)
	if err != nil || got != "UPDATE document d1 ada acme Unauthorized" {
		t.Errorf("%q, %v", got, err)
	}
}

// Every query of the design is served by an index: a full scan of one organization, or worse of all,
// shows only when the log is large.
func TestQueriesUseTheirIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "daybook.db")
	open(t, path)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, c := range map[string]struct{ where, index string }{
		"newest page":       {`organization_id = ?`, "activity_log_id (organization_id=?)"},
		"next page":         {`organization_id = ? and id < ?`, "activity_log_id (organization_id=? AND id<?)"},
		"all of a user":     {`organization_id = ? and user_id = ?`, "activity_log_user (organization_id=? AND user_id=?)"},
		"a user since":      {`organization_id = ? and user_id = ? and id >= ?`, "activity_log_user (organization_id=? AND user_id=? AND id>?)"},
		"all of a resource": {`organization_id = ? and resource_id = ? and resource_type = ?`, "activity_log_resource (organization_id=? AND resource_id=?)"},
		"denied in an hour": {`organization_id = ? and outcome = 'denied' and id >= ?`, "activity_log_denied (organization_id=? AND id>?)"},
		"one entry":         {`organization_id = ? and id = ?`, "activity_log_id (organization_id=? AND id=?)"},
	} {
		var plan []string
		rows, err := db.Query(`explain query plan select * from activity_log where `+c.where+` order by id desc limit 51`, make([]any, strings.Count(c.where, "?"))...)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, detail)
		}
		rows.Close()
		if text := strings.Join(plan, "; "); !strings.Contains(text, c.index) || strings.Contains(text, "TEMP B-TREE") {
			t.Errorf("%s: %s; want %s and no sorting", name, text, c.index)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func execute(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func TestDocumentsOutliveTheStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	s, err := sqlite.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	put, err := s.PutDocument(t.Context(), daybook.Document{Kind: "view", Organization: "acme", Name: "a", Content: []byte("x")})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	if s, err = sqlite.Open(t.Context(), path, nil); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got, err := s.Document(t.Context(), "view", "acme", "a")
	if diff := cmp.Diff(put, got); err != nil || diff != "" {
		t.Errorf("%v, -put +read:\n%s", err, diff)
	}
}
