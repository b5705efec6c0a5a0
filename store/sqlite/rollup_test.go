package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/sqlite"
	"github.com/daybookdev/daybook/store/storetest"
)

func openFile(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// A day that tells more kinds of entries apart than its sums may is counted from the table; other
// days, and other organizations, are not touched.
func TestADayOfTooManyKindsIsStillCountedExactly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "daybook.db")
	s := openFile(t, path)
	start := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	types := sqlite.MostKinds + 50
	for i := range types {
		e := daybook.Entry{Action: daybook.Read, ResourceType: fmt.Sprintf("type-%d", i), OrganizationID: "acme",
			CreatedAt: start.Add(time.Duration(i%72) * time.Hour)}
		if i >= 40 {
			e.CreatedAt = start.Add(24*time.Hour + time.Duration(i%24)*time.Hour)
		}
		other := daybook.Entry{Action: daybook.Create, ResourceType: "document", OrganizationID: "other", CreatedAt: e.CreatedAt}
		if err := s.Append(t.Context(), e, other); err != nil {
			t.Fatal(err)
		}
	}
	edges, err := daybook.Edges(start, start.Add(72*time.Hour), daybook.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, organization := range []string{"acme", "other"} {
		for _, q := range []daybook.Query{{}, {From: start.Add(90 * time.Minute), To: start.Add(50*time.Hour + 1)}, {Actions: []daybook.Action{daybook.Create}}} {
			got, err := s.Histogram(t.Context(), organization, q, edges, daybook.ByAction)
			if err != nil {
				t.Fatal(err)
			}
			want, err := daybook.Histogram(t.Context(), onlyPages{s}, organization, q, edges, daybook.ByAction)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s, %+v, %v, -pages +rollup:\n%s", organization, q, err, diff)
			}
		}
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if f, err := s.Facts(t.Context()); err != nil || f.Summed != f.Entries {
		t.Errorf("%d entries, %d in the sums, %v", f.Entries, f.Summed, err)
	}
	var days int
	if err := db.QueryRow(`select count(*) from activity_log_day where counts is null`).Scan(&days); err != nil || days != 1 {
		t.Errorf("%d days without sums, %v, want 1", days, err)
	}
}

// onlyPages hides all but the methods of a daybook.Store.
type onlyPages struct{ daybook.Store }

// What is stored by several programs and by calls that come together is in the sums once.
func TestTheRollupEqualsTheTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "daybook.db")
	stores := []*sqlite.Store{openFile(t, path), openFile(t, path)}
	g := storetest.NewGenerator(3)
	done := make(chan error)
	for i := range 8 {
		var batches [][]daybook.Entry
		for range 20 {
			var batch []daybook.Entry
			for range 1 + g.IntN(5) {
				batch = append(batch, g.Entry([]string{"acme", "zeta"}[g.IntN(2)]))
			}
			batches = append(batches, batch)
		}
		go func() {
			for _, b := range batches {
				if err := stores[i%2].Append(context.Background(), b...); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	rollupEqualsTable(t, path, "acme", "zeta")
}

// Sums that were lost are noticed, and made anew beside programs that append.
func TestSumsAreMadeAnewFromTheEntries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "daybook.db")
	s := openFile(t, path)
	g := storetest.NewGenerator(5)
	var entries []daybook.Entry
	for range 300 {
		entries = append(entries, g.Entry([]string{"acme", "zeta"}[g.IntN(2)]))
	}
	if err := s.Append(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`delete from activity_log_day where organization_id = 'acme'`); err != nil {
		t.Fatal(err)
	}
	if f, err := s.Facts(t.Context()); err != nil || f.Entries != 300 || f.Summed >= 300 || f.Summed == 0 {
		t.Fatalf("%d entries, %d in the sums, %v", f.Entries, f.Summed, err)
	}
	var wg sync.WaitGroup
	for i := range 40 {
		e := g.Entry("acme")
		wg.Go(func() {
			if err := s.Append(t.Context(), e); err != nil {
				t.Error(err)
			}
		})
		if i%4 == 0 {
			wg.Go(func() {
				if err := s.SumAgain(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if f, err := s.Facts(t.Context()); err != nil || f.Entries != 340 || f.Summed != 340 {
		t.Errorf("%d entries, %d in the sums, %v", f.Entries, f.Summed, err)
	}
	rollupEqualsTable(t, path, "acme", "zeta")
}

// rollupEqualsTable compares what a file's sums say with its entries.
func rollupEqualsTable(t testing.TB, path string, organizations ...string) {
	t.Helper()
	s := openFile(t, path)
	for _, o := range organizations {
		hours := map[time.Time]int64{}
		kinds := map[[3]string]int64{}
		var entries int64
		for e, err := range daybook.All(t.Context(), s, o, daybook.Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			hours[e.CreatedAt.Truncate(time.Hour)]++
			kinds[[3]string{string(e.Action), string(e.Outcome), e.ResourceType}]++
			entries++
		}
		if entries == 0 {
			t.Fatalf("%s has no entries", o)
		}
		groups, err := s.Count(t.Context(), o, daybook.Query{}, daybook.ByAction, daybook.ByOutcome, daybook.ByResourceType)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			kinds[[3]string(g.Values)] -= g.Count
		}
		for hour, n := range hours {
			bucket, err := s.Histogram(t.Context(), o, daybook.Query{}, []time.Time{hour, hour.Add(time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			if got := bucket[0].Count(); got != n {
				t.Errorf("%s: the hour from %v has %d entries and sums of %d", o, hour, n, got)
			}
		}
		for kind, off := range kinds {
			if off != 0 {
				t.Errorf("%s: the sums of %q are %d too small", o, kind, off)
			}
		}
	}
}

func FuzzADamagedRollupIsAnError(f *testing.F) {
	f.Add([]byte{})
	f.Add(sqlite.SampleDay())
	f.Fuzz(func(t *testing.T, b []byte) {
		again, err := sqlite.ParseDay(b)
		if err != nil {
			return
		}
		if second, err := sqlite.ParseDay(again); err != nil || string(second) != string(again) {
			t.Errorf("%x is %x, and then %x, %v", b, again, second, err)
		}
	})
}
