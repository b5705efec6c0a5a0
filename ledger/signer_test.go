package ledger_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

const origin = "audit.example.com/o/acme"

// A log of the tests: its leaf hashes, all in memory.
type testLog struct{ hashes []tlog.Hash }

func (l *testLog) grow(n int, flavor string) {
	var reader tlog.HashReaderFunc = func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, i := range indexes {
			found = append(found, l.hashes[i])
		}
		return found, nil
	}
	for range n {
		size := int64(0)
		for tlog.StoredHashCount(size) < int64(len(l.hashes)) {
			size++
		}
		h, err := tlog.StoredHashes(size, []byte(flavor), reader)
		if err != nil {
			panic(err)
		}
		l.hashes = append(l.hashes, h...)
	}
}

func (l *testLog) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, i := range indexes {
		found = append(found, l.hashes[i])
	}
	return found, nil
}

func (l *testLog) request(t *testing.T, old, size int64) ledger.Request {
	t.Helper()
	root, err := tlog.TreeHash(size, l)
	if err != nil {
		t.Fatal(err)
	}
	r := ledger.Request{Checkpoint: ledger.Checkpoint{Origin: origin, Size: size, Root: root}}
	if 0 < old && old < size {
		if r.Proof, err = tlog.ProveTree(size, old, l); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func newSigner(t *testing.T, key *ledger.Key, path string) *ledger.Signer {
	t.Helper()
	s, err := ledger.NewSigner("audit.example.com", key, path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestASignerSignsWhatContinues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	key := ledger.NewKey()
	s := newSigner(t, key, path)
	var l testLog
	old := int64(0)
	for _, n := range []int{1, 1, 5, 300} {
		l.grow(n, "honest")
		r := l.request(t, old, old+int64(n))
		notes, err := s.Sign(r)
		if err != nil {
			t.Fatal(err)
		}
		c, err := ledger.OpenCheckpoint(notes[0], []ledger.PublicKey{key.Public()})
		if err != nil || c != r.Checkpoint {
			t.Fatalf("signed %v, %v", c, err)
		}
		again, err := s.Sign(ledger.Request{Checkpoint: r.Checkpoint})
		if err != nil || again[0] != notes[0] {
			t.Errorf("asked again it signs %q, %v", again, err)
		}
		if _, err := ledger.OpenCheckpoint(notes[0], []ledger.PublicKey{ledger.NewKey().Public()}); !errors.Is(err, ledger.ErrKeyUnknown) {
			t.Errorf("with another key: %v", err)
		}
		old += int64(n)
		s = newSigner(t, key, path) // as behind a restart
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the state's mode: %v, %v", info.Mode(), err)
	}
}

func TestASignerRefusesWhatDoesNotContinue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	key := ledger.NewKey()
	var honest, other testLog
	honest.grow(20, "honest")
	other.grow(30, "other")
	if _, err := newSigner(t, key, path).Sign(honest.request(t, 0, 10)); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]ledger.Request{
		"a smaller size":                  honest.request(t, 0, 9),
		"size 0":                          {Checkpoint: ledger.Checkpoint{Origin: origin}},
		"another root at the same size":   other.request(t, 0, 10),
		"another log that is larger":      other.request(t, 10, 20),
		"a larger size without a proof":   honest.request(t, 0, 20),
		"a larger size with another root": {Checkpoint: ledger.Checkpoint{Origin: origin, Size: 20}, Proof: honest.request(t, 10, 20).Proof},
	} {
		s := newSigner(t, key, path)
		if notes, err := s.Sign(r); !errors.Is(err, ledger.ErrRollback) || notes != nil {
			t.Errorf("%s: %v, %v", name, notes, err)
		}
		if last, _ := s.Last(origin); last.Size != 10 {
			t.Errorf("%s changes the state", name)
		}
	}
	second := newSigner(t, key, path) // opened before the first has signed more
	if _, err := newSigner(t, key, path).Sign(honest.request(t, 10, 15)); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Sign(honest.request(t, 10, 12)); !errors.Is(err, ledger.ErrRollback) {
		t.Errorf("a second program signs what is older: %v", err)
	}
	if _, err := second.Sign(honest.request(t, 15, 20)); err != nil {
		t.Errorf("a second program cannot go on: %v", err)
	}
}

func TestTheNewestCheckpointThatWasKeptWins(t *testing.T) {
	key := ledger.NewKey()
	var l testLog
	l.grow(20, "honest")
	notes, err := newSigner(t, key, "").Sign(l.request(t, 0, 20))
	if err != nil {
		t.Fatal(err)
	}
	s := newSigner(t, key, filepath.Join(t.TempDir(), "state")) // a new machine
	if err := s.Saw(notes[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sign(l.request(t, 0, 10)); !errors.Is(err, ledger.ErrRollback) {
		t.Errorf("a database behind what was kept: %v", err)
	}
	forged, err := newSigner(t, ledger.NewKey(), "").Sign(l.request(t, 0, 20))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Saw(forged[0]); err == nil {
		t.Error("another key's checkpoint is believed")
	}
}

func TestTheSignersStateSurvivesACrash(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	key := ledger.NewKey()
	var l testLog
	l.grow(20, "honest")
	if _, err := newSigner(t, key, path).Sign(l.request(t, 0, 10)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len("15 AAA") { // a line that was not finished was not signed
		if err := os.WriteFile(path, append(whole[:len(whole):len(whole)], "15 AAA"[:n]...), 0o600); err != nil {
			t.Fatal(err)
		}
		if last, _ := newSigner(t, key, path).Last(origin); last.Size != 10 {
			t.Errorf("with %d bytes more: %v", n, last)
		}
	}
	for _, damage := range []string{"garbage\n", "-1 AAAA x\n", "10 " + strings.Repeat("A", 44) + "\n"} {
		if err := os.WriteFile(path, append(whole[:len(whole):len(whole)], damage...), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.NewSigner("audit.example.com", key, path); err == nil {
			t.Errorf("%q is accepted", damage)
		}
	}
}

func TestTheSignersStateStaysShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	key := ledger.NewKey()
	s := newSigner(t, key, path)
	var l testLog
	l.grow(1200, "honest")
	for size := int64(1); size <= 1200; size++ {
		if _, err := s.Sign(l.request(t, size-1, size)); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() > 60_000 {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
	if last, _ := newSigner(t, key, path).Last(origin); last.Size != 1200 {
		t.Errorf("it knows %v", last)
	}
}

func TestAKeyIsMadeOnceAndForItsOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.key")
	k, made, err := ledger.LoadKey(path)
	if err != nil || !made {
		t.Fatal(made, err)
	}
	again, made, err := ledger.LoadKey(path)
	if err != nil || made || again.Public() != k.Public() {
		t.Fatal("another key", made, err)
	}
	name, public, err := ledger.ParseVerifierKey(must(k.Public().VerifierKey("audit.example.com")))
	if err != nil || name != "audit.example.com" || public != k.Public() {
		t.Errorf("read again: %q %v, %v", name, public == k.Public(), err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ledger.LoadKey(path); err == nil {
		t.Error("a key that others may read is used")
	}
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte("daybook/key/v1\nAAAA\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ledger.LoadKey(bad); err == nil {
		t.Error("a damaged key is used, or replaced")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestEveryBitOfAProofCounts(t *testing.T) {
	key := ledger.NewKey()
	keys := []ledger.PublicKey{key.Public()}
	v := vectors(t)[0]
	s := v.sealed(t)
	s.OrganizationID = "acme"
	leaf := must(s.Leaf(origin))
	var l testLog
	l.grow(100, "before")
	hashes, err := tlog.StoredHashesForRecordHash(100, must(leaf.Hash()), &l)
	if err != nil {
		t.Fatal(err)
	}
	l.hashes = append(l.hashes, hashes...)
	l.grow(50, "behind")
	signed, err := newSigner(t, key, "").Sign(l.request(t, 0, 151))
	if err != nil {
		t.Fatal(err)
	}
	extra, err := s.Disclose(origin, "user_id", "details", "user_agent")
	if err != nil {
		t.Fatal(err)
	}
	p := ledger.Proof{Extra: extra, Index: 100, Hashes: must(tlog.ProveRecord(151, 100, &l)), Checkpoint: signed[0]}
	text := p.String()
	parsed, err := ledger.ParseProof(text)
	if err != nil {
		t.Fatal(err)
	}
	c, d, err := parsed.Check(keys)
	if err != nil || c.Size != 151 || d.Values["user_id"] != s.UserID || d.Values["user_agent"] != nil {
		t.Fatalf("%v %v, %v", c, d.Values, err)
	}
	if strings.Contains(string(extra), "req-abc") || strings.Contains(string(extra), "key:ak") {
		t.Error("the proof tells what was not disclosed")
	}
	for i := range len(text) {
		for bit := range 8 {
			other := []byte(text)
			other[i] ^= 1 << bit
			p, err := ledger.ParseProof(string(other))
			if err != nil {
				continue
			}
			if _, _, err := p.Check(keys); err == nil {
				t.Fatalf("byte %d (%q), bit %d: still a proof", i, text[i], bit)
			}
		}
	}
	erased := v.sealed(t)
	if erased.Secrets, err = ledger.Erase(&erased.Entry, erased.Secrets, []string{"user_id"}); err != nil {
		t.Fatal(err)
	}
	if _, err := erased.Disclose(origin, "user_id"); err == nil {
		t.Error("an erased field is disclosed")
	}
	if p.Extra, err = erased.Disclose(origin, "details"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.Check(keys); err != nil {
		t.Errorf("the proof behind an erasure: %v", err)
	}
}

func TestReceiptsAndControlNotesAreReadBack(t *testing.T) {
	key := ledger.NewKey()
	keys := []ledger.PublicKey{key.Public()}
	s := newSigner(t, key, "")
	id := daybook.NewID()
	r := ledger.Receipt{Origin: origin, ID: id, Leaf: tlog.Hash{1, 2, 3}, Accepted: id.Time(), Delay: 10 * time.Second}
	signed, err := s.Receipt(r)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ledger.OpenReceipt(signed, keys); err != nil || got != r {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := ledger.OpenReceipt(strings.Replace(signed, "\n10\n", "\n20\n", 1), keys); !errors.Is(err, ledger.ErrSignature) {
		t.Errorf("altered: %v", err)
	}
	note, err := s.Control(origin, ledger.KindErasure, id, `{"reason":"request"}`)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ledger.OpenControl(note, origin, keys)
	if err != nil || c.Kind != ledger.KindErasure || c.ID != id || string(c.Data) != `{"reason":"request"}` {
		t.Errorf("%v, %v", c, err)
	}
	if _, err := ledger.OpenControl(note, origin+"x", keys); err == nil {
		t.Error("a note of another log is read")
	}
	if _, err := s.Control(origin, ledger.KindErasure, id, `{"b":1,"a":2}`); err == nil {
		t.Error("JSON that is not canonical is signed")
	}
}
