package workspace_test

import (
	"fmt"
	"maps"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/examples/workspace"
)

// day drives an application on real stores over HTTP, and returns the log it leaves.
func day(t *testing.T, o workspace.DriveOptions) (workspace.Summary, daybook.Store, daybook.Stats) {
	t.Helper()
	dir := t.TempDir()
	database := newDatabase(t)
	store := newLog(t, dir, database)
	book, err := daybook.New(store, workspace.RecorderOptions(quiet))
	if err != nil {
		t.Fatal(err)
	}
	app, err := workspace.Open(t.Context(), workspace.Config{Dir: filepath.Join(dir, "workspace"), Database: database, Book: book, Log: store, Logger: quiet,
		JWTSecret: secret, PasswordRounds: 1, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app.Handler())
	summary, err := workspace.Drive(t.Context(), server.URL, o)
	server.Close()
	if err != nil {
		t.Error(err)
	}
	if err := app.Settle(t.Context()); err != nil {
		t.Error(err)
	}
	if err := app.Close(); err != nil {
		t.Error(err)
	}
	return summary, store, book.Stats()
}

// The whole, on a real database, a real log and real files: what the guide asks, the log answers.
func TestADay(t *testing.T) {
	t.Parallel()
	var report strings.Builder
	summary, store, stats := day(t, workspace.DriveOptions{Requests: 400, Seed: 7, Organizations: 2, Report: &report})
	if summary.Requests != 400 {
		t.Errorf("%d requests", summary.Requests)
	}
	for _, status := range []int{200, 201, 202, 204, 206, 401, 403, 404, 409, 422} {
		if summary.Statuses[status] == 0 {
			t.Errorf("no answer was %d: %v", status, summary.Statuses)
		}
	}
	if stats.Refused+stats.Failed+stats.Forgotten+stats.Late > 0 {
		t.Errorf("stats %+v", stats)
	}
	if !strings.Contains(report.String(), "400 requests in ") {
		t.Errorf("report %q", report.String())
	}
	organization := summary.Organization.ID
	all := func(organization string, q daybook.Query) (entries []daybook.Entry) {
		t.Helper()
		for e, err := range daybook.All(t.Context(), store, organization, q) {
			if err != nil {
				t.Fatal(err)
			}
			entries = append(entries, e)
		}
		return entries
	}

	t.Run("changes to resource", func(t *testing.T) {
		trail := all(organization, daybook.Query{ResourceType: "document", ResourceID: summary.Document.ID, Order: daybook.Oldest})
		if len(trail) < 9 || trail[0].Action != daybook.Create {
			t.Fatalf("%d entries, the first %+v", len(trail), trail)
		}
		outcomes, actors, addresses := map[daybook.Outcome]bool{}, map[daybook.ActorType]bool{}, map[netip.Addr]bool{}
		for _, e := range trail {
			outcomes[e.Outcome], actors[e.ActorType], addresses[e.IPAddress] = true, true, true
		}
		if !outcomes[daybook.Failure] || !actors[daybook.ActorAPIKey] || len(addresses) < 3 {
			t.Errorf("a poor history: %v %v %v", outcomes, actors, addresses)
		}
	})
	t.Run("audit trail for user", func(t *testing.T) {
		trail := all(organization, daybook.Query{UserID: summary.User.ID})
		if len(trail) < 10 || !slices.IsSortedFunc(trail, func(a, b daybook.Entry) int { return b.CreatedAt.Compare(a.CreatedAt) }) {
			t.Errorf("%d entries, or out of order", len(trail))
		}
	})
	t.Run("activity report", func(t *testing.T) {
		groups, err := store.Count(t.Context(), organization, daybook.Query{}, daybook.ByAction)
		if err != nil || len(groups) != 4 {
			t.Errorf("%v, %v", groups, err)
		}
	})
	t.Run("suspicious activity", func(t *testing.T) {
		failed := all(summary.Attacked.ID, daybook.Query{Actions: []daybook.Action{daybook.Read}, Outcomes: []daybook.Outcome{daybook.Denied},
			Details: daybook.Details{"error": "Unauthorized"}, IPAddress: netip.MustParsePrefix("203.0.113.66/32"), From: time.Now().Add(-time.Hour)})
		if len(failed) != 14 {
			t.Errorf("%d failed sign-ins from the attacker's address", len(failed))
		}
		alerts := all(summary.Attacked.ID, daybook.Query{ResourceType: "notification", ActorTypes: []daybook.ActorType{daybook.ActorSystem}})
		if len(alerts) != 1 {
			t.Errorf("%d alerts", len(alerts))
		}
	})
	t.Run("mail that did not arrive", func(t *testing.T) {
		if failed := all(organization, daybook.Query{ResourceType: "notification", Outcomes: []daybook.Outcome{daybook.Failure}}); len(failed) == 0 {
			t.Error("none")
		}
	})
}

// The same seed gives the same day.
func TestADayCanBeRepeated(t *testing.T) {
	t.Parallel()
	shape := func() (map[int]int, []string) {
		summary, store, _ := day(t, workspace.DriveOptions{Requests: 120, Seed: 3, Organizations: 2})
		groups, err := store.Count(t.Context(), summary.Organization.ID, daybook.Query{}, daybook.ByAction, daybook.ByResourceType, daybook.ByOutcome)
		if err != nil {
			t.Fatal(err)
		}
		var counts []string
		for _, g := range groups {
			counts = append(counts, fmt.Sprint(g.Values, g.Count))
		}
		return summary.Statuses, append(counts, summary.Organization.Name, summary.User.Name, summary.Document.Name, summary.Email)
	}
	statuses, counts := shape()
	again, same := shape()
	if !maps.Equal(statuses, again) {
		t.Errorf("answers %v, then %v", statuses, again)
	}
	if diff := cmp.Diff(counts, same); diff != "" {
		t.Error(diff)
	}
}

// A second day in the same application finds names that are left.
func TestADayAfterADay(t *testing.T) {
	h := start(t)
	server := httptest.NewServer(h.app.Handler())
	defer server.Close()
	var names []string
	for range 2 {
		summary, err := workspace.Drive(t.Context(), server.URL, workspace.DriveOptions{Requests: 60, Organizations: 1})
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, summary.Organization.Name)
	}
	if want := []string{"Acme Analytics", "Acme Analytics 2"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}

func TestADayNeedsItsRequests(t *testing.T) {
	for name, o := range map[string]workspace.DriveOptions{
		"too few requests":       {Requests: 89, Organizations: 2},
		"too many organizations": {Organizations: 9},
		"fewer than none":        {Organizations: -1},
	} {
		if _, err := workspace.Drive(t.Context(), "http://127.0.0.1:1", o); err == nil || !strings.Contains(err.Error(), "must be") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
