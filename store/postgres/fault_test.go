package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/storetest"
)

// tailAll reads the total order until it has n entries of distinct ids, and fails when one comes twice.
func tailAll(t *testing.T, s daybook.Store, n int) []daybook.Sequenced {
	t.Helper()
	var all []daybook.Sequenced
	seen := map[daybook.ID]bool{}
	var at daybook.Position
	for deadline := time.Now().Add(30 * time.Second); len(all) < n; {
		batch, next, err := s.Tail(t.Context(), at, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range batch {
			if seen[e.ID] {
				t.Fatalf("entry %v has two places", e.ID)
			}
			seen[e.ID] = true
		}
		all, at = append(all, batch...), next
		if time.Now().After(deadline) {
			t.Fatalf("%d entries came of %d", len(all), n)
		}
	}
	return all
}

// The postmaster is killed while callers append. What was acknowledged is there when it runs again,
// once, and has one place.
func TestKilledServerLosesNothingThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	own := ownServer(t)
	s, err := postgres.Open(t.Context(), own.URL(app, "template_text"), &postgres.Options{IDs: postgres.Text, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	const callers = 8
	kills := 3
	if deep() {
		kills = 100
	}
	var acknowledged, sent sync.Map
	var count, tried atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				e := storetest.Entry("acme")
				sent.Store(e.ID, true)
				for { // as a spool would: the same entry until it is acknowledged
					if tried.Add(1); s.Append(t.Context(), e) == nil {
						break
					}
				}
				acknowledged.Store(e.ID, true)
				count.Add(1)
			}
		})
	}
	reach := func(n int64) {
		t.Helper()
		for deadline := time.Now().Add(60 * time.Second); count.Load() < n; {
			if time.Now().After(deadline) {
				t.Fatalf("%d entries are acknowledged of %d", count.Load(), n)
			}
			<-time.After(time.Millisecond)
		}
	}
	for range kills {
		reach(count.Load() + 200)
		if err := own.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := own.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	reach(count.Load() + 50)
	close(stop)
	wg.Wait()
	all := tailAll(t, s, int(count.Load()))
	if len(all) != int(count.Load()) {
		t.Errorf("%d entries have places, %d were acknowledged", len(all), count.Load())
	}
	for i, e := range all {
		if _, ok := sent.Load(e.ID); !ok {
			t.Errorf("entry %v was never sent", e.ID)
		}
		acknowledged.Delete(e.ID)
		if e.Position.Number != int64(i+1) {
			t.Fatalf("the places are not dense: %v is number %d", e.Position, i+1)
		}
	}
	acknowledged.Range(func(id, _ any) bool {
		t.Errorf("entry %v was acknowledged and is lost", id)
		return true
	})
	groups, err := s.Count(t.Context(), "acme", daybook.Query{})
	if err != nil || groups[0].Count != int64(len(all)) {
		t.Errorf("%v are stored, %v, want %d", groups, err, len(all))
	}
}

// A proxy stands between a program and the server, and cuts connections around commits.
type proxy struct{ address string }

// startProxy starts one. cut decides about each message from the client: whether to forward it, and
// the answers from then on.
func startProxy(t *testing.T, cut func(message string) (forward, answer bool)) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { pass(client, cut) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return &proxy{address: l.Addr().String()}
}

func pass(client net.Conn, cut func(string) (forward, answer bool)) {
	defer client.Close()
	upstream, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", server.Port))
	if err != nil {
		return
	}
	var mute atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			n, err := upstream.Read(buf)
			if n > 0 && !mute.Load() {
				client.Write(buf[:n])
			}
			if err != nil || mute.Load() {
				client.Close()
				io.Copy(io.Discard, upstream) // so that the server can finish
				return
			}
		}
	})
	buf := make([]byte, 256<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			break
		}
		forward, answer := cut(string(buf[:n]))
		if !answer {
			mute.Store(true)
		}
		if forward {
			upstream.Write(buf[:n])
		}
		if !forward {
			break
		}
	}
	upstream.(*net.TCPConn).CloseWrite()
	wg.Wait()
	upstream.Close()
}

func (p *proxy) url(database string) string {
	return strings.Replace(server.URL(app, database), fmt.Sprintf("127.0.0.1:%d", server.Port), p.address, 1)
}

// cutCommits cuts some of the commits: in turn it drops the answer, and the commit itself.
func cutCommits(every int64) (cut func(string) (bool, bool), cuts *atomic.Int64) {
	var commits atomic.Int64
	cuts = new(atomic.Int64)
	return func(message string) (forward, answer bool) {
		// An append that is one round trip has no commit of its own: the end of its batch is.
		ends := strings.Contains(message, "daybook_insert") && !strings.Contains(message, "with sent as") // executed, not prepared
		if !ends && (!strings.Contains(strings.ToLower(message), "commit") || strings.Contains(message, "begin read only")) {
			return true, true
		}
		if n := commits.Add(1); n%every != 0 {
			return true, true
		}
		return cuts.Add(1)%2 == 1, false
	}, cuts
}

// When the connection is lost around a commit nobody knows what became of it. Append finds out: it
// returns nil, and every entry is there once.
func TestAnAppendWhoseCommitIsCutIsStoredOnce(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.Text)
	cut, cuts := cutCommits(5)
	p := startProxy(t, cut)
	s, err := postgres.Open(t.Context(), p.url(name), &postgres.Options{IDs: postgres.Text, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	const callers = 4
	each := 25
	if deep() {
		each = 2500
	}
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range each {
				if err := s.Append(t.Context(), storetest.Entry("acme"), storetest.Entry("zeta")); err != nil {
					t.Errorf("append: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if cuts.Load() < 2 {
		t.Fatalf("%d commits were cut: this proves nothing", cuts.Load())
	}
	if all := tailAll(t, open(t, name, postgres.Text), callers*each*2); len(all) != callers*each*2 {
		t.Errorf("%d entries, want %d", len(all), callers*each*2)
	}
}

// In the application's own transaction only it can decide. It is told that nobody knows, and can ask.
func TestAnUnknownCommitCanBeAskedFor(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.Text)
	cut, _ := cutCommits(1)
	p := startProxy(t, cut)
	pool, err := pgxpool.New(t.Context(), p.url(name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	direct := postgres.Transactor(openPool(t, name))
	sqlDirect := postgres.SQLTransactor(openDB(t, name))
	for n, want := range []bool{true, false, true, false} {
		e := storetest.Entry("acme")
		err := postgres.Transactor(pool).Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error {
			if postgres.TxFrom(ctx) == nil {
				t.Error("the context carries no transaction")
			}
			return tx.Append(ctx, e)
		})
		if !errors.Is(err, daybook.ErrUnknownCommit) {
			t.Fatalf("cut %d: %v, want ErrUnknownCommit", n, err)
		}
		if got, err := direct.Committed(t.Context(), "acme", e.ID); err != nil || got != want {
			t.Errorf("cut %d: committed %v, %v, want %v", n, got, err, want)
		}
		if got, err := sqlDirect.Committed(t.Context(), "acme", e.ID); err != nil || got != want {
			t.Errorf("cut %d: committed %v, %v, want %v", n, got, err, want)
		}
		if got, err := direct.Committed(t.Context(), "zeta", e.ID); err != nil || got {
			t.Errorf("another organization's: %v, %v", got, err)
		}
	}
	// What the server refuses is known.
	err = direct.Transact(t.Context(), func(ctx context.Context, tx daybook.Tx) error {
		postgres.TxFrom(ctx).Exec(ctx, `select 1/0`)
		return nil
	})
	if err == nil || errors.Is(err, daybook.ErrUnknownCommit) {
		t.Errorf("the commit of a spoiled transaction: %v", err)
	}
	if n := value[int](t, name, `select count(*) from activity_log`); n != 2 {
		t.Errorf("%d entries, want 2: to ask leaves nothing", n)
	}
}

// Several programs sequence one log, and their connections are ended again and again: whoever is left
// goes on, and the order stays whole.
func TestSequencersTakeOverFromEachOther(t *testing.T) {
	t.Parallel()
	name := newDatabase(t, postgres.Text)
	stores := []*postgres.Store{open(t, name, postgres.Text), open(t, name, postgres.Text), open(t, name, postgres.Text)}
	const writers = 4
	each := 60
	if deep() {
		each = 3000
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				e := storetest.Entry(fmt.Sprint("org-", w))
				e.ResourceID = fmt.Sprint(n)
				var err error
				for range 10 {
					if err = stores[(w+n)%len(stores)].Append(t.Context(), e, storetest.Entry("other")); err == nil {
						break
					}
				}
				if err != nil {
					t.Errorf("append: %v", err)
				}
			}
		})
	}
	written := make(chan struct{})
	go func() { wg.Wait(); close(written) }()
	ended := 0
	for done := false; !done; {
		ended += value[int](t, name, `select count(*) from (select pg_terminate_backend(pid) from pg_stat_activity
			where datname = $1 and usename = $2 order by random() limit 2) as ended`, name, app)
		for _, s := range stores {
			s.Tail(t.Context(), daybook.Position{}, 1) // may fail: its connection was ended
		}
		select {
		case <-written:
			done = true
		case <-time.After(20 * time.Millisecond):
		}
	}
	if ended == 0 {
		t.Error("no connection was ended: this proves nothing")
	}
	if err := stores[0].Close(); err != nil { // a leader that leaves in good order
		t.Error(err)
	}
	var got []daybook.Sequenced
	for range 20 { // the first calls may meet connections that were ended
		if _, _, err := stores[1].Tail(t.Context(), daybook.Position{}, 1); err == nil {
			break
		}
	}
	got = tailAll(t, stores[1], writers*each*2)
	next := map[string]int{}
	for i, e := range got {
		if e.Position.Number != int64(i+1) {
			t.Fatalf("the places are not dense: %v is number %d", e.Position, i+1)
		}
		if strings.HasPrefix(e.OrganizationID, "org-") {
			if e.ResourceID != fmt.Sprint(next[e.OrganizationID]) {
				t.Fatalf("%s has %s where %d belongs", e.OrganizationID, e.ResourceID, next[e.OrganizationID])
			}
			next[e.OrganizationID]++
		}
	}
	if n := value[int](t, name, `select count(*) from ledger_pending`); n != 0 {
		t.Errorf("%d entries wait for places", n)
	}
	broken := value[int](t, name, `select count(*) from ledger l where size <> (select count(*) from ledger_sequence s where s.slot = l.slot)
		or size <> (select coalesce(max(leaf_index) + 1, 0) from ledger_sequence s where s.slot = l.slot)`)
	if broken != 0 {
		t.Errorf("%d logs have gaps in their leaves", broken)
	}
}
