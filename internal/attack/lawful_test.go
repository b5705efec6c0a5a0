package attack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// control appends a control entry and returns it.
func (b *bench) control(t *testing.T, kind ledger.Kind, data daybook.Details) daybook.ID {
	t.Helper()
	id, err := b.keeper.Control(t.Context(), "acme", kind, data, daybook.Entry{})
	if err != nil {
		t.Fatal(err)
	}
	b.sequence(t)
	return id
}

func (b *bench) saveList(t *testing.T, content []byte) string {
	t.Helper()
	if err := b.ledger.SaveList(t.Context(), content); err != nil {
		t.Fatal(err)
	}
	return digest(content)
}

// anonymize erases paths of entries as a lawful run does, in the order declare, erase, done.
func (b *bench) anonymize(t *testing.T, run string, paths map[daybook.ID][]string, entries []daybook.Entry) (list string) {
	t.Helper()
	list = b.saveList(t, ledger.ErasureList(b.log(t, "acme").Origin(deployment), paths))
	data := func(state string) daybook.Details {
		return daybook.Details{"run": run, "state": state, "reason": "request", "entries": len(paths), "list": list, "except": "none"}
	}
	id := b.control(t, ledger.KindErasure, data("declared"))
	b.sign(t)
	for _, e := range entries {
		if paths[e.ID] == nil {
			continue
		}
		b.erase(t, e, paths[e.ID]...)
		at := fmt.Sprint(id.Time().UnixMicro())
		if b.kind == "postgres" {
			at = "'" + id.Time().Format(time.RFC3339Nano) + "'"
		}
		b.exec(t, fmt.Sprintf(`update activity_log set updated_at = %s where id = %s`, at, b.id(e.ID)))
	}
	b.control(t, ledger.KindErasure, data("done"))
	return list
}

func TestALawfulHistoryVerifies(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		entries := b.record(t, "acme", 300)
		b.sign(t)
		paths := map[daybook.ID][]string{
			entries[3].ID: {"details/changes/status/old", "ip_address", "user_id"},
			entries[7].ID: {"details", "user_id"},
			entries[9].ID: {"details/tags/1"},
		}
		b.anonymize(t, "e1", paths, entries)
		b.anonymize(t, "e2", map[daybook.ID][]string{entries[3].ID: {"details/changes"}}, entries) // what holds something erased
		// Entries that have had their time are removed.
		set := []byte("daybook/sweep-set/v1 " + b.log(t, "acme").Origin(deployment) + "\n20-29\n40-40\n")
		name := b.saveList(t, set)
		data := daybook.Details{"run": "s1", "state": "declared", "policy": "none", "set": name, "except": "none", "entries": 11}
		b.control(t, ledger.KindSweep, data)
		b.sign(t)
		for i := range entries {
			if 20 <= i && i <= 29 || i == 40 {
				b.exec(t, fmt.Sprintf(`delete from activity_log where id = %s`, b.id(entries[i].ID)))
			}
		}
		data["state"] = "done"
		b.control(t, ledger.KindSweep, data)
		// The key changes: the old one names the new one before that signs.
		fresh := ledger.NewKey()
		vkey, err := fresh.Public().VerifierKey(deployment)
		if err != nil {
			t.Fatal(err)
		}
		b.control(t, ledger.KindKey, daybook.Details{"new": vkey})
		kept := b.sign(t)
		b.useRotated(t, fresh)
		b.record(t, "acme", 10)
		kept = append(kept, b.sign(t)...)
		r := b.verify(t, &ledger.VerifyOptions{Kept: kept[:1]})
		if c := r.Logs[0].Checked; r.Result != ledger.OK || c.Erased != 3 || c.Swept != 11 || c.Controls != 7 || c.Entries != 299 {
			t.Errorf("%s", text(r))
		}
		for _, e := range []daybook.Entry{entries[3], entries[9], entries[100]} {
			p, err := b.keeper.Proof(t.Context(), "acme", e.ID, "resource_id")
			if err != nil {
				t.Errorf("a proof behind erasures: %v", err)
				continue
			}
			if _, _, err := p.Check([]ledger.PublicKey{fresh.Public()}); err != nil {
				t.Error(err)
			}
		}

		// The same, with something unlawful.
		for _, wrong := range []struct {
			name string
			do   func()
			undo func()
			code ledger.Code
		}{
			{"A15 an erased value is back", func() { set2(t, b, entries[3], `user_id = 'ada'`) }, func() { set2(t, b, entries[3], `user_id = null`) }, ledger.ErasedPresent},
			{"A15 erased details are back", func() { set2(t, b, entries[7], `details = {json_object('a', 1)|jsonb_build_object('a', 1)}`) }, func() { set2(t, b, entries[7], `details = null`) }, ledger.ErasedPresent},
			{"A14 the list is altered", func() {
				b.exec(t, `update ledger_list set content = {x'41'|'\x41'::bytea} where digest = `+b.hex(name))
			},
				func() { b.exec(t, `update ledger_list set content = `+b.blob(set)+` where digest = `+b.hex(name)) }, ledger.ListMismatch},
			{"A14 the list is gone", func() { b.exec(t, `delete from ledger_list where digest = `+b.hex(name)) },
				func() { b.saveList(t, set) }, ledger.ListUnavailable},
			{"A14 more is erased than was signed", func() { b.erase(t, entries[50], "user_id") }, nil, ledger.ValueMissing},
			{"A14 more is removed than was signed", func() { b.exec(t, fmt.Sprintf(`delete from activity_log where id = %s`, b.id(entries[30].ID))) }, nil, ledger.RowMissing},
		} {
			wrong.do()
			if r := b.verify(t, nil); !r.Has(wrong.code) || r.Result == ledger.OK {
				t.Errorf("%s: no %s: %.2000s", wrong.name, wrong.code, text(r))
			}
			if wrong.undo != nil {
				wrong.undo()
				if r := b.verify(t, nil); r.Result != ledger.OK {
					t.Fatalf("%s: undone, and %.2000s", wrong.name, text(r))
				}
			}
		}
	})
}

func set2(t *testing.T, b *bench, e daybook.Entry, assignment string) {
	t.Helper()
	b.exec(t, fmt.Sprintf(`update activity_log set %s where id = %s`, assignment, b.id(e.ID)))
}

func (b *bench) hex(digest string) string {
	data, err := hex.DecodeString(digest)
	if err != nil {
		panic(err)
	}
	return b.blob(data)
}

// useRotated lets another key sign from now on. What the old one signed stays.
func (b *bench) useRotated(t *testing.T, key *ledger.Key) {
	t.Helper()
	kept := map[string]ledger.Checkpoint{}
	logs, err := b.ledger.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := ledger.NewSigner(deployment, key, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range logs {
		origin := l.Origin(deployment)
		c, ok := b.signer.Last(origin)
		if !ok {
			continue
		}
		kept[origin] = c
		if _, err := s.Sign(ledger.Request{Checkpoint: c}); err != nil {
			t.Fatal(err)
		}
	}
	b.signer = s
	s.Trust(b.key.Public())
	b.keeper = b.newKeeper(t)
}

func TestAnUnfinishedRunIsANote(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		entries := b.record(t, "acme", 10)
		b.sequence(t)
		list := b.saveList(t, ledger.ErasureList(b.log(t, "acme").Origin(deployment), map[daybook.ID][]string{entries[1].ID: {"user_id"}}))
		b.control(t, ledger.KindErasure, daybook.Details{"run": "e1", "state": "declared", "list": list})
		b.sign(t)
		for range 2 {
			if r := b.verify(t, nil); r.Result != ledger.OK || !r.Has(ledger.UnfinishedErasure) {
				t.Errorf("%s", text(r))
			}
			b.erase(t, entries[1], "user_id")
			b.exec(t, fmt.Sprintf(`update activity_log set updated_at = (select created_at from activity_log where kind = 3) where id = %s`, b.id(entries[1].ID)))
		}
	})
}

// A21, A22: what is deleted before it has its place only a receipt shows.
func TestWhatVanishesBeforeItHasItsPlaceOnlyAReceiptShows(t *testing.T) {
	b := open(t, "postgres")
	b.record(t, "acme", 5)
	b.sign(t)
	// Whoever holds the sequencer's lock keeps it from giving places.
	conn, err := b.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), `begin; select pg_advisory_xact_lock(1147238755, hashtext('public'))`); err != nil {
		t.Fatal(err)
	}
	gone := b.record(t, "acme", 1)[0]
	receipt, err := b.keeper.Receipt(t.Context(), "acme", gone.ID)
	if err != nil {
		t.Fatal(err)
	}
	if r := b.verify(t, &ledger.VerifyOptions{Receipts: []string{receipt}}); r.Result != ledger.OK || !strings.Contains(text(r), "waits for its place") {
		t.Errorf("while it waits: %s", text(r))
	}
	if r := b.verify(t, &ledger.VerifyOptions{Receipts: []string{receipt}, Now: time.Now().Add(time.Hour)}); !r.Has(ledger.ReceiptMissing) {
		t.Errorf("an hour later: %s", text(r))
	}
	if n := b.exec(t, `delete from ledger_pending`); n != 1 {
		t.Fatalf("%d rows wait", n)
	}
	if r := b.verify(t, nil); !r.Has(ledger.RowExtra) {
		t.Errorf("its pending row is gone: %s", text(r))
	}
	b.exec(t, fmt.Sprintf(`delete from activity_log where id = %s`, b.id(gone.ID)))
	judge(t, "without a receipt", b.verify(t, nil), "")
	judge(t, "with its receipt", b.verify(t, &ledger.VerifyOptions{Receipts: []string{receipt}}), ledger.ReceiptMissing)
}

func TestAReceiptIsForOneContent(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		e := b.record(t, "acme", 3)[1]
		b.sequence(t)
		receipt, err := b.keeper.Receipt(t.Context(), "acme", e.ID)
		if err != nil {
			t.Fatal(err)
		}
		b.sign(t)
		if r := b.verify(t, &ledger.VerifyOptions{Receipts: []string{receipt}}); r.Result != ledger.OK || r.Logs[0].Checked.Receipts != 1 {
			t.Errorf("%s", text(r))
		}
		set2(t, b, e, `user_id = 'eve'`)
		b.rehash(t, "acme")
		b.resign(t, "acme", b.key)
		judge(t, "rewritten with the key", b.verify(t, nil), "")
		judge(t, "rewritten with the key, receipt", b.verify(t, &ledger.VerifyOptions{Receipts: []string{receipt}}), ledger.ReceiptMissing)
	})
}
