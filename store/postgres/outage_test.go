package postgres_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/storetest"
)

// ownServer starts a server of the test's own, with the roles and templates.
func ownServer(t *testing.T) *testdb.Server {
	t.Helper()
	own, err := testdb.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := own.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := prepareServer(own); err != nil {
		t.Fatal(err)
	}
	return own
}

// While the application's transactions hold every connection of the pool that it shares with the
// log, an append ends with its caller's patience; when there are connections again the same entries
// are accepted, and stored once.
func TestAnAppendOutlivesAnExhaustedPool(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.Text)
	pool, err := pgxpool.New(t.Context(), server.URL(app, name)+"&pool_max_conns=3")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s, err := postgres.New(t.Context(), pool, &postgres.Options{IDs: postgres.Text, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	held := make([]pgx.Tx, 3)
	for i := range held {
		if held[i], err = pool.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	entries := storetest.Entries("acme", 20)
	var wg sync.WaitGroup
	for _, e := range entries {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			began := time.Now()
			if err := s.Append(ctx, e); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("an append without a connection: %v, want the deadline", err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	wg.Wait()
	for _, tx := range held {
		if err := tx.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range entries {
		if err := s.Append(t.Context(), e); err != nil {
			t.Fatalf("with connections again: %v", err)
		}
	}
	tailAll(t, s, len(entries))
	if n := value[int](t, name, `select count(*) from activity_log`); n != len(entries) {
		t.Errorf("%d entries are stored, want %d", n, len(entries))
	}
}

// A transaction that has recorded and does not end, with a snapshot from before all that follows,
// keeps nobody from getting a place, and gets its own when it commits.
func TestALongTransactionHoldsUpNobody(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.Text)
	s, transactor := open(t, name, postgres.Text), postgres.Transactor(openPool(t, name))
	rounds := 100
	if deep() {
		rounds = 20_000
	}
	late, undone := storetest.Entry("acme"), storetest.Entry("acme")
	long, err := connect(t, app, name).BeginTx(t.Context(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead})
	if err != nil {
		t.Fatal(err)
	}
	defer long.Rollback(context.Background())
	if err := postgres.InTx(long).Append(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	var at daybook.Position
	for round := range rounds {
		e := storetest.Entry("zeta")
		if err := s.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if round%7 == 0 { // others leave gaps in the queue
			err := transactor.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error {
				return errors.Join(tx.Append(ctx, undone), errUndone)
			})
			if !errors.Is(err, errUndone) {
				t.Fatal(err)
			}
		}
		var got []daybook.Sequenced
		for deadline := time.Now().Add(20 * time.Second); len(got) == 0; {
			if got, at, err = s.Tail(t.Context(), at, 10); err != nil {
				t.Fatal(err)
			}
			if time.Now().After(deadline) {
				t.Fatalf("round %d: the entry got no place", round)
			}
		}
		if len(got) != 1 || got[0].ID != e.ID {
			t.Fatalf("round %d: %d entries came, want the one that was appended", round, len(got))
		}
	}
	if n := value[int](t, name, `select cardinality(gap_low) from ledger_order`); n > rounds/7+3 {
		t.Errorf("%d gaps are remembered: more than there are", n)
	}
	if groups, err := s.Count(t.Context(), "zeta", daybook.Query{}); err != nil || groups[0].Count != int64(rounds) {
		t.Errorf("%v are counted, %v, want %d", groups, err, rounds)
	}
	if err := long.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all := tailAll(t, s, rounds+1); all[rounds].ID != late.ID {
		t.Errorf("the last is %v, want what was committed late", all[rounds].ID)
	}
}

var errUndone = errors.New("undone")

// A disk that is full refuses entries and keeps those that were acknowledged; with room again the
// same entries are accepted. The limit of a file's size is met where a full disk is.
func TestAFullDiskLosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	own := ownServer(t)
	restart := func(limit int) {
		t.Helper()
		if err := own.Kill(); err != nil {
			t.Fatal(err)
		}
		own.FileLimit = limit
		if err := own.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	restart(18)
	s, err := postgres.Open(t.Context(), own.URL(app, "template_text"), &postgres.Options{IDs: postgres.Text, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	large := func() []daybook.Entry {
		entries := storetest.Entries("acme", 50)
		for i := range entries {
			noise := ""
			for range 400 {
				noise += rand.Text() // does not compress
			}
			entries[i].Details = daybook.Details{"noise": noise}
		}
		return entries
	}
	stored := 0
	var refused []daybook.Entry
	for range 200 {
		entries := large()
		if err := s.Append(t.Context(), entries...); err != nil {
			if !strings.Contains(err.Error(), "full") && !strings.Contains(err.Error(), "too large") {
				t.Errorf("a full disk is %v", err)
			}
			refused = entries
			break
		}
		stored += len(entries)
	}
	if refused == nil {
		t.Fatalf("%d entries of 10 KB found room: this proves nothing", stored)
	}
	count := func() int64 {
		t.Helper()
		groups, err := s.Count(t.Context(), "acme", daybook.Query{UserID: refused[0].UserID})
		if err != nil {
			t.Fatal(err)
		}
		return groups[0].Count
	}
	if n := count(); n != int64(stored) {
		t.Errorf("%d entries are stored, %d were acknowledged", n, stored)
	}
	restart(0)
	for attempt := 0; ; attempt++ {
		err := s.Append(t.Context(), refused...)
		if err == nil {
			break
		}
		if attempt == 20 {
			t.Fatalf("with room again: %v", err)
		}
	}
	if n := count(); n != int64(stored+len(refused)) {
		t.Errorf("%d entries are stored, want %d", n, stored+len(refused))
	}
	tailAll(t, s, stored+len(refused))
}

// The primary dies under load and its synchronous standby takes over: what was acknowledged is
// there, once and with one place, and the same Store goes on.
func TestAPromotedStandbyGoesOn(t *testing.T) {
	t.Parallel()
	primary := ownServer(t)
	standby, err := primary.Standby()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.Stop(); err != nil {
			t.Error(err)
		}
	})
	conn, err := pgx.Connect(t.Context(), primary.URL(testdb.Superuser, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`alter system set synchronous_standby_names = '*'`, `select pg_reload_conf()`} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for synchronous, deadline := false, time.Now().Add(time.Minute); !synchronous; {
		if err := conn.QueryRow(t.Context(), `select exists (select from pg_stat_replication where sync_state = 'sync')`).Scan(&synchronous); err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("the standby does not become synchronous")
		}
	}
	conn.Close(t.Context())
	both := strings.Replace(primary.URL(app, "template_text"), fmt.Sprintf("127.0.0.1:%d", primary.Port),
		fmt.Sprintf("127.0.0.1:%d,127.0.0.1:%d", primary.Port, standby.Port), 1) + "&target_session_attrs=read-write"
	s, err := postgres.Open(t.Context(), both, &postgres.Options{IDs: postgres.Text, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	const before, after = 300, 100
	acknowledged := make(chan daybook.ID, before+after+8)
	enough := make(chan struct{})
	var wg sync.WaitGroup
	var once sync.Once
	for range 4 {
		wg.Go(func() {
			for len(acknowledged) < before+after {
				e := storetest.Entry("acme")
				for s.Append(t.Context(), e) != nil { // the same until it is acknowledged
					if t.Context().Err() != nil {
						return
					}
				}
				if acknowledged <- e.ID; len(acknowledged) >= before {
					once.Do(func() { close(enough) })
				}
			}
		})
	}
	<-enough
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := standby.Promote(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	close(acknowledged)
	want := map[daybook.ID]bool{}
	for id := range acknowledged {
		want[id] = true
	}
	for i, e := range tailAll(t, s, len(want)) {
		if e.Position.Number != int64(i+1) {
			t.Fatalf("the places are not dense: %v is number %d", e.Position, i+1)
		}
		delete(want, e.ID)
	}
	if len(want) > 0 {
		t.Errorf("%d entries were acknowledged and are lost", len(want))
	}
}
