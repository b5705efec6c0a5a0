package daybook_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

func TestIDsOfOneProcessAscend(t *testing.T) {
	const callers, each = 8, 5000
	lists := make([][]daybook.ID, callers)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for range each {
				lists[c] = append(lists[c], daybook.NewID())
			}
		})
	}
	wg.Wait()
	var all []daybook.ID
	for _, list := range lists {
		if !slices.IsSortedFunc(list, compareIDs) {
			t.Error("the ids of one caller are not in the order of its calls")
		}
		all = append(all, list...)
	}
	slices.SortFunc(all, compareIDs)
	if n := len(slices.Compact(all)); n != callers*each {
		t.Errorf("%d ids are not unique: %d differ", callers*each, n)
	}
}

func TestIDCarriesItsTimeToTheMicrosecond(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		at := time.UnixMicro(rng.Int64N(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro())).UTC()
		id := daybook.NewIDAt(at.Add(time.Duration(rng.IntN(1000)))) // nanoseconds are floored
		if !id.Time().Equal(at) {
			t.Fatalf("id of %v says %v", at, id.Time())
		}
		if parsed, err := daybook.ParseID(strings.ToUpper(id.String())); err != nil || parsed != id {
			t.Fatalf("%v comes back as %v, %v", id, parsed, err)
		}
	}
}

// A range of times must be exactly a range of ids, also for ids of other programs, whose twelve bits
// behind the version are random.
func TestTimeRangeIsIDRange(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	base := time.Date(2026, 11, 7, 10, 0, 0, 0, time.UTC)
	for range 50000 {
		id := daybook.NewIDAt(base.Add(time.Duration(rng.IntN(3000)) * time.Microsecond))
		if rng.IntN(2) == 0 { // another program's
			id[6], id[7] = 7<<4|byte(rng.IntN(16)), byte(rng.IntN(256))
		}
		at := base.Add(time.Duration(rng.IntN(3_000_000)))
		if atOrAfter := !id.Time().Before(at); atOrAfter != (compareIDs(id, daybook.MinID(at)) >= 0) {
			t.Fatalf("id %v has time %v; at or after %v is %v, but MinID is %v", id, id.Time(), at, atOrAfter, daybook.MinID(at))
		}
	}
}

func TestIDsOfOneTimeAscend(t *testing.T) {
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	last := daybook.NewIDAt(at)
	for range 100_000 { // an import whose times are seconds
		id := daybook.NewIDAt(at)
		if compareIDs(id, last) <= 0 || !id.Time().Equal(at) {
			t.Fatalf("%v (%v) follows %v", id, id.Time(), last)
		}
		last = id
	}
}

func TestParseIDRefusesWhatIsNoUUIDv7(t *testing.T) {
	for name, text := range map[string]string{
		"empty":             "",
		"version 4":         "550e8400-e29b-41d4-a716-446655440000",
		"variant":           "0198c6b2-0000-7000-0000-000000000000",
		"time beyond 2199":  "ffffffff-ffff-7fff-bfff-ffffffffffff",
		"no hyphens":        "0198c6b2000070008000000000000000",
		"braces":            "{0198c6b2-0000-7000-8000-000000000000}",
		"a letter too many": "0198c6b2-0000-7000-8000-0000000000000",
		"not hexadecimal":   "0198c6b2-0000-7000-8000-00000000000g",
	} {
		if id, err := daybook.ParseID(text); err == nil {
			t.Errorf("%s: %q is taken as %v", name, text, id)
		}
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("0198c6b2-0000-7000-8000-000000000000")
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := daybook.ParseID(s); err == nil && !strings.EqualFold(id.String(), s) {
			t.Errorf("%q is read as %v", s, id)
		}
	})
}

func compareIDs(a, b daybook.ID) int { return slices.Compare(a[:], b[:]) }

func BenchmarkNewID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		daybook.NewID()
	}
}
