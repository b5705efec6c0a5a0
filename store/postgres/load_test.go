package postgres_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/storetest"
)

// Callers who bring as many entries as they can do not leave the order behind: however many they
// bring, few wait for their places at any time, and all have one in the end.
func TestTheOrderKeepsUpWithBulk(t *testing.T) {
	t.Parallel()
	const callers, batch, most = 4, 1000, 2000
	calls := 10
	if deep() {
		calls = 500
	}
	name := newDatabase(t, postgres.Text)
	s := open(t, name, postgres.Text)
	postgres.SetMostBehind(s, most)
	var worst atomic.Int64
	written := make(chan struct{})
	var wg, watching sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for range calls {
				entries := storetest.Entries([]string{"acme", "zeta"}[caller%2], batch)
				if err := s.Append(t.Context(), entries...); err != nil {
					t.Errorf("append: %v", err)
					return
				}
			}
		})
	}
	watching.Go(func() {
		conn := connect(t, testdb.Superuser, name)
		for {
			var waiting int64
			if err := conn.QueryRow(t.Context(), `select count(*) from ledger_pending`).Scan(&waiting); err != nil {
				t.Errorf("look at the queue: %v", err)
				return
			}
			worst.Store(max(worst.Load(), waiting))
			select {
			case <-written:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	wg.Wait()
	close(written)
	watching.Wait()
	// What was too many may wait, and what each caller wrote meanwhile.
	if limit := int64(most + callers*batch); worst.Load() > limit {
		t.Errorf("%d entries waited for their places at once, want at most %d", worst.Load(), limit)
	}
	all := tailAll(t, s, callers*calls*batch)
	if groups, err := s.Count(t.Context(), "acme", daybook.Query{}); err != nil || groups[0].Count != int64(len(all)/2) {
		t.Errorf("%v are counted, %v, want %d", groups, err, len(all)/2)
	}
}
