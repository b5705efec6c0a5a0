package postgres_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook/store/postgres"
)

// What can be read of a tally is what was written, and damage is an error and no panic.
func FuzzATallyIsReadAsItWasWritten(f *testing.F) {
	whole := postgres.TallyBytes(map[[4]string]map[int]int64{
		{"CREATE", "document", "user", "success"}: {0: 1, 13: 700, 23: 1 << 40},
		{"READ", "document", "user", "denied"}:    {5: 2},
	})
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add([]byte{1})
	f.Add([]byte{2, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		counts, err := postgres.ParseTally(b)
		if err != nil {
			return
		}
		again, err := postgres.ParseTally(postgres.TallyBytes(counts))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(counts, again); diff != "" {
			t.Errorf("-read +written and read:\n%s", diff)
		}
	})
}
