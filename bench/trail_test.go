package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
)

var testTime = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

func TestTrailIsTheRowThatIsPromised(t *testing.T) {
	const rows = 10_000
	trail := newTrail(rows, testTime)
	of := map[string]int{}
	var entries []daybook.Entry
	for range rows {
		e := trail.next()
		of[e.OrganizationID]++
		if n := len(entries); n > 0 && entries[n-1].ID.String() >= e.ID.String() {
			t.Fatalf("entry %d does not come behind the one before it", n)
		}
		entries = append(entries, e)
	}
	if first, last := entries[0].CreatedAt, entries[rows-1].CreatedAt; first.Before(testTime.Add(-span)) || !last.Before(testTime) {
		t.Errorf("the entries lie between %v and %v", first, last)
	}
	if share := float64(of[trail.biggest()]) / rows; len(of) != organizations || share < 0.045 || share > 0.055 {
		t.Errorf("%d organizations, the biggest has %.3f of the entries", len(of), share)
	}
	for _, e := range entries[rows-denials:] {
		if e.Outcome != daybook.Denied || e.OrganizationID != trail.biggest() || e.CreatedAt.Before(testTime.Add(-time.Hour)) {
			t.Errorf("the trail does not end with denials within the hour: %v", e.LogValue())
		}
	}
	size, err := sizeOf(entries[:1000])
	if err != nil || size.raw < 340 || size.raw > 400 || size.json < 640 || size.json > 700 {
		t.Errorf("an entry has %.0f bytes of values and %.0f as JSON, %v", size.raw, size.json, err)
	}
	if e := trail.next(); !e.ID.IsZero() || !e.CreatedAt.IsZero() {
		t.Errorf("what follows has a time: %v", e.CreatedAt)
	}
}

func TestTheSmallFileHoldsTheNewestTenth(t *testing.T) {
	p := plan{rows: 1000, ahead: 10, dir: t.TempDir()}
	s, err := store(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	large, small := readAll(t, s.large), readAll(t, s.small)
	if len(large) != 1000 || len(small) != s.smallRows || len(small) < 90 || len(small) > 110 {
		t.Fatalf("%d and %d entries are stored, %d are told", len(large), len(small), s.smallRows)
	}
	if diff := cmp.Diff(ids(large[len(large)-len(small):]), ids(small)); diff != "" {
		t.Errorf("ids (-large +small):\n%s", diff)
	}
	if empty := readAll(t, s.empty); len(empty) > 0 {
		t.Errorf("the empty file has %d entries", len(empty))
	}
}

func ids(entries []daybook.Entry) (ids []string) {
	for _, e := range entries {
		ids = append(ids, e.ID.String())
	}
	return ids
}
