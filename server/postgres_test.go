//go:build unix

package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/server"
	"github.com/daybookdev/daybook/store/postgres"
)

// startPostgres starts a server with a database "log", whose owner is "owner", and a role "app" that
// has daybook_app when the log is made.
func startPostgres(t *testing.T) *testdb.Server {
	t.Helper()
	db, err := testdb.Start("fsync = on")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Stop(); err != nil {
			t.Error(err)
		}
	})
	execute(t, db.URL(testdb.Superuser, "postgres"), fmt.Sprintf(`create role owner login createrole password '%s'`, db.Password),
		fmt.Sprintf(`create role app login password '%s'`, db.Password), `create database log owner owner`)
	return db
}

func makeLog(t *testing.T, db *testdb.Server) {
	t.Helper()
	if _, err := postgres.Migrate(t.Context(), db.URL("owner", "log"), &postgres.MigrateOptions{IDs: postgres.Text}); err != nil {
		t.Fatal(err)
	}
	execute(t, db.URL(testdb.Superuser, "log"), `grant daybook_app to app`)
}

func execute(t *testing.T, url string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

func TestServersShareALogInPostgreSQL(t *testing.T) {
	db := startPostgres(t)
	keys := t.TempDir()
	onPostgres := func(c *server.Config) {
		c.Data, c.Database, c.Timeout = "", db.URL("app", "log"), 3*time.Second
		c.Ledger.KeyFile, c.Ledger.Interval = filepath.Join(keys, "ledger.key"), 50*time.Millisecond
	}
	c := server.DefaultConfig()
	onPostgres(&c)
	if s, err := server.New(t.Context(), c); !errors.Is(err, server.ErrNoLog) {
		t.Fatalf("without a schema: %v, %v", s, err)
	} else if strings.Contains(err.Error(), db.Password) {
		t.Errorf("the error shows the password: %v", err)
	}
	makeLog(t, db)
	first, second := newWorld(t, onPostgres), run(t, onPostgres, func(c *server.Config) { c.PrivateListen = "127.0.0.1:0" })
	for i := range 3 {
		if a := first.do("POST", "/v1/entries?organization=acme", fmt.Sprintf(`{"action":"CREATE","resource_type":"document","resource_id":"%d"}`, i)); a.Code != 201 {
			t.Fatalf("record: %d %s", a.Code, a.Body)
		}
	}
	// A cursor that one gave is good for the other.
	page := first.do("GET", "/v1/entries?organization=acme&q=resource_type:document&limit=2", "").Body.String()
	_, cursor, _ := strings.Cut(page, `"next":"`)
	cursor, _, _ = strings.Cut(cursor, `"`)
	if status, body := get(t, "http://"+second.address+"/v1/entries?organization=acme&q=resource_type:document&limit=2&cursor="+cursor); status != 200 || !strings.Contains(body, `"resource_id":"0"`) {
		t.Errorf("the second page: %d %s (the first: %s)", status, body, page)
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		_, text := get(t, "http://"+second.private+"/metrics")
		if strings.Contains(text, "daybook_ledger_fault 0") && !strings.Contains(text, "daybook_ledger_signed_timestamp_seconds 0") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the logs are not signed: %s", second.logged)
		}
	}
	if _, text := get(t, "http://"+second.private+"/metrics"); !strings.Contains(text, "daybook_store_up 1") || !strings.Contains(text, `daybook_pool_connections{state="max"} 10`) {
		t.Errorf("metrics: %s", text)
	}

	// What waits for its place too long is told, and is no reason to take the server away.
	blocker, err := pgx.Connect(t.Context(), db.URL(testdb.Superuser, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer blocker.Close(context.Background())
	const lockSequence = 0x44617963
	if _, err := blocker.Exec(t.Context(), `select pg_advisory_lock($1, hashtext('public'))`, lockSequence); err != nil { // of the one that gives places
		t.Fatal(err)
	}
	first.do("POST", "/v1/entries?organization=acme", `{"action":"READ","resource_type":"document"}`)
	if _, err := blocker.Exec(t.Context(), `update ledger_pending set queued_at = queued_at - interval '5 minutes'`); err != nil {
		t.Fatal(err)
	}
	if a := first.do("GET", "/readyz", ""); a.Code != 200 || !strings.Contains(a.Body.String(), `"status":"degraded","reasons":[{"code":"backlog"`) {
		t.Errorf("with a backlog: %d %s", a.Code, a.Body)
	}
	if _, text := get(t, "http://"+second.private+"/metrics"); !strings.Contains(text, "daybook_oldest_pending_seconds 30") {
		t.Errorf("metrics: %s", text)
	}
	blocker.Close(context.Background())

	if err := db.Kill(); err != nil {
		t.Fatal(err)
	}
	if a := first.do("POST", "/v1/entries?organization=acme", `{"action":"READ","resource_type":"document"}`); a.Code != 503 {
		t.Errorf("record without a database: %d %s", a.Code, a.Body)
	}
	a := first.do("GET", "/readyz", "")
	if a.Code != 503 || !strings.Contains(a.Body.String(), `"code":"store"`) || !strings.Contains(a.Body.String(), `"code":"writes"`) {
		t.Errorf("without a database: %d %s", a.Code, a.Body)
	}
	if _, text := get(t, "http://"+second.private+"/metrics"); !strings.Contains(text, "daybook_store_up 0") {
		t.Errorf("metrics: %s", text)
	}
	if err := db.Restart(); err != nil {
		t.Fatal(err)
	}
	if a := first.do("POST", "/v1/entries?organization=acme", `{"action":"READ","resource_type":"document"}`); a.Code != 201 {
		t.Errorf("record with the database back: %d %s", a.Code, a.Body)
	}
	if a := first.do("GET", "/readyz", ""); a.Code != 200 {
		t.Errorf("with the database back: %d %s", a.Code, a.Body)
	}
}

// In a log whose ids are UUIDs, as in the guide, Daybook's own entries have such ids too.
func TestALogWithUUIDsHoldsTheServersOwnEntries(t *testing.T) {
	db := startPostgres(t)
	if _, err := postgres.Migrate(t.Context(), db.URL("owner", "log"), nil); err != nil {
		t.Fatal(err)
	}
	execute(t, db.URL(testdb.Superuser, "log"), `grant daybook_app to app`)
	r := run(t, func(c *server.Config) { c.Data, c.Database = "", db.URL("app", "log") })
	place, err := server.ParsePlace(db.URL("app", "log"))
	if err != nil {
		t.Fatal(err)
	}
	log, err := server.OpenLog(t.Context(), place, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	credentials, err := server.NewCredentials(log.Store, server.DefaultPlatform, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := credentials.CreateKey(t.Context(), access.Operator("root"), access.KeyRequest{Name: "all", AllOrganizations: true, Permissions: []access.Permission{access.Read}}); err != nil {
		t.Error(err)
	}
	acme := "550e8400-e29b-41d4-a716-446655440001"
	for _, target := range []string{"/v1/entries?organization=" + acme, "/v1/me", "/v1/log"} {
		if status, body := get(t, "http://"+r.address+target); status != 200 {
			t.Errorf("%s: %d %s", target, status, body)
		}
	}
	page, err := log.Store.Query(t.Context(), server.PlatformUUID, daybook.Query{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, e := range page.Entries {
		found[e.ResourceType] = true
	}
	for _, want := range []string{"daybook.config", "daybook.key", "daybook.view"} {
		if !found[want] {
			t.Errorf("the platform's organization lacks %s: %v", want, found)
		}
	}
	c := r.config
	c.Organization = "platform"
	if s, err := server.New(t.Context(), c); err == nil || !strings.Contains(err.Error(), "platform_organization") {
		s.Close()
		t.Errorf("a platform that is no UUID: %v", err)
	}
}

// In a schema whose ids are UUIDs the entries about credentials fit too, and two servers on it agree on
// a key within a second.
func TestCredentialsInPostgreSQLWithUUIDs(t *testing.T) {
	db := startPostgres(t)
	if _, err := postgres.Migrate(t.Context(), db.URL("owner", "log"), &postgres.MigrateOptions{IDs: postgres.UUID}); err != nil {
		t.Fatal(err)
	}
	execute(t, db.URL(testdb.Superuser, "log"), `grant daybook_app to app`)
	const platform, acme = "00000000-0000-4000-8000-000000000000", "0189abcd-0000-4000-8000-00000000000a"
	open := func() (*access.Credentials, server.Store) {
		s, err := postgres.Open(t.Context(), db.URL("app", "log"), &postgres.Options{IDs: postgres.UUID})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		c, err := server.NewCredentials(s, platform, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c, s
	}
	here, store := open()
	there, _ := open()
	by := access.Operator("root")
	k, text, err := here.CreateKey(t.Context(), by, access.KeyRequest{Name: "x", Organizations: []string{strings.ToUpper(acme)}, Permissions: []access.Permission{access.Read}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := here.CreateKey(t.Context(), by, access.KeyRequest{Name: "all", AllOrganizations: true}); err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest("GET", "/", nil)
	request.Header.Set("Authorization", "Bearer "+text)
	for _, c := range []*access.Credentials{here, there} {
		p, err := access.NewAuthenticator(nil, c).Authenticate(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		if o, err := p.Organization(""); err != nil || o.String() != acme {
			t.Errorf("%q, %v", o, err)
		}
	}
	if _, err := there.RevokeKey(t.Context(), by, k.ID); err != nil {
		t.Fatal(err)
	}
	elsewhere := access.NewAuthenticator(nil, here)
	revoked := time.Now()
	for {
		_, err := elsewhere.Authenticate(t.Context(), request)
		if errors.Is(err, access.ErrUnauthenticated) {
			break
		}
		if err != nil || time.Since(revoked) > 10*time.Second {
			t.Fatalf("%v after the revocation: %v", time.Since(revoked), err)
		}
	}
	for organization, want := range map[string]int{acme: 2, platform: 1} {
		page, err := store.Query(t.Context(), organization, daybook.Query{ResourceType: "daybook.key"})
		if err != nil || len(page.Entries) != want {
			t.Errorf("%d entries in %s, %v, want %d", len(page.Entries), organization, err, want)
		}
	}
}
