package attack

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/daybookdev/daybook/ledger"
)

// A witness of the tests, made from https://c2sp.org/tlog-witness.
type witness struct {
	t       *testing.T
	key     ledger.WitnessKey
	private ed25519.PrivateKey
	log     []ledger.PublicKey // whose checkpoints it takes

	mu   sync.Mutex
	seen map[string]ledger.Checkpoint
	down bool
}

func newWitness(t *testing.T, b *bench) (*witness, *httptest.Server) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &witness{t: t, private: private, log: []ledger.PublicKey{b.key.Public()}, seen: map[string]ledger.Checkpoint{}}
	w.key.Name = "witness.example.com"
	copy(w.key.Key[:], public)
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	return w, server
}

func (w *witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil || w.down || r.URL.Path != "/add-checkpoint" {
		rw.WriteHeader(http.StatusInternalServerError)
		return
	}
	head, note, ok := strings.Cut(string(body), "\n\n")
	lines := strings.Split(head, "\n")
	size, isOld := strings.CutPrefix(lines[0], "old ")
	old, err := strconv.ParseInt(size, 10, 64)
	if !ok || !isOld || err != nil {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			rw.WriteHeader(http.StatusBadRequest)
			return
		}
		proof = append(proof, h)
	}
	c, err := ledger.OpenCheckpoint(note, w.log)
	if err != nil {
		rw.WriteHeader(http.StatusForbidden)
		return
	}
	last := w.seen[c.Origin]
	switch {
	case old != last.Size:
		rw.Header().Set("Content-Type", "text/x.tlog.size")
		rw.WriteHeader(http.StatusConflict)
		fmt.Fprintf(rw, "%d\n", last.Size)
		return
	case c.Size < old || c.Size == old && old > 0 && c.Root != last.Root:
		rw.WriteHeader(http.StatusConflict)
		fmt.Fprintf(rw, "%d\n", last.Size)
		return
	case old > 0 && tlog.CheckTree(proof, c.Size, c.Root, last.Size, last.Root) != nil:
		rw.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	w.seen[c.Origin] = c
	text, _, _ := strings.Cut(note, "\n\n")
	at := uint64(time.Now().Unix())
	signature := ed25519.Sign(w.private, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s\n", at, text))
	var id uint32
	fmt.Sscanf(strings.SplitN(w.key.String(), "+", 3)[1], "%x", &id)
	data := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(nil, id), at)
	fmt.Fprintf(rw, "— %s %s\n", w.key.Name, base64.StdEncoding.EncodeToString(append(data, signature...)))
}

// publish runs a keeper with the publisher until it has taken everything.
func (b *bench) publish(t *testing.T, p ledger.Publisher) *ledger.Keeper {
	t.Helper()
	k, err := ledger.NewKeeper(t.Context(), b.ledger, b.signer, &ledger.KeeperOptions{Interval: 20 * time.Millisecond, Publishers: []ledger.Publisher{p}, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return k
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatal("it never happens: " + what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func TestCheckpointsArePublishedToAFileThatVerifyReads(t *testing.T) {
	b := open(t, "sqlite")
	path := filepath.Join(t.TempDir(), "kept")
	if err := os.WriteFile(path, []byte("audit.example.com/o/acme\n12"), 0o644); err != nil { // a crash cut it short
		t.Fatal(err)
	}
	b.record(t, "acme", 20)
	b.record(t, "zeta", 2)
	k := b.publish(t, ledger.PublishToFile(path))
	taken := func() bool {
		s := k.Status()
		return !s.Publishers[0].Success.IsZero() && s.Publishers[0].Behind == 0 && s.Fault == nil
	}
	until(t, "the first checkpoints are published", taken)
	b.record(t, "acme", 5)
	until(t, "the file has size 25", func() bool {
		data, err := os.ReadFile(path)
		return err == nil && strings.Contains(string(data), "acme\n25\n")
	})
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := ledger.SplitNotes(string(data))
	if err != nil || len(kept) < 3 {
		t.Fatalf("%q, %v", kept, err)
	}
	if r := b.verify(t, &ledger.VerifyOptions{Kept: kept}); r.Result != ledger.OK || r.Logs[0].Checked.Kept < 2 {
		t.Errorf("%s", text(r))
	}
	// Whoever starts with an empty state, and a database that was set back, is told by the file.
	b.cut(t, "acme", 20)
	b.forgetCheckpoints(t, "acme", 20)
	fresh, err := ledger.NewSigner(deployment, b.key, "")
	if err != nil {
		t.Fatal(err)
	}
	later, err := ledger.NewKeeper(t.Context(), b.ledger, fresh, &ledger.KeeperOptions{Publishers: []ledger.Publisher{ledger.PublishToFile(path)}, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if err := later.SignAll(t.Context()); !errors.Is(err, ledger.ErrRollback) {
		t.Errorf("set back: %v", err)
	}
}

func TestAWitnessCosignsWhatContinues(t *testing.T) {
	b := open(t, "sqlite")
	w, server := newWitness(t, b)
	if k, err := ledger.ParseWitnessKey(w.key.String()); err != nil || k != w.key {
		t.Fatal(k, err)
	}
	path := filepath.Join(t.TempDir(), "cosigned")
	b.record(t, "acme", 300)
	publisher := ledger.PublishToWitness(server.URL, w.key, ledger.PublishToFile(path), nil)
	k := b.publish(t, publisher)
	size := func(want int64) func() bool {
		return func() bool {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.seen["audit.example.com/o/acme"].Size == want && k.Status().Publishers[0].Behind == 0
		}
	}
	until(t, "300 are cosigned", size(300))
	w.mu.Lock()
	w.down = true
	w.mu.Unlock()
	b.record(t, "acme", 50)
	until(t, "the fault shows", func() bool { s := k.Status().Publishers[0]; return s.Fault != nil && s.Behind == 1 })
	w.mu.Lock()
	w.down = false
	w.mu.Unlock()
	until(t, "350 are cosigned", size(350))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	notes, err := ledger.SplitNotes(string(data))
	if err != nil || len(notes) < 2 {
		t.Fatal(len(notes), err)
	}
	for _, note := range notes {
		if at, ok := w.key.Cosigned(note); !ok || time.Since(at) > time.Minute {
			t.Errorf("not cosigned: %q", note)
		}
		if _, ok := w.key.Cosigned(strings.Replace(note, "\n3", "\n4", 1)); ok {
			t.Error("another text is cosigned")
		}
	}
	if r := b.verify(t, &ledger.VerifyOptions{Kept: notes}); r.Result != ledger.OK {
		t.Errorf("%s", text(r))
	}
	// A client that starts anew learns the size from the witness, and another history is refused.
	note, err := b.ledger.Checkpoint(t.Context(), b.log(t, "acme"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := ledger.OpenCheckpoint(note, w.log)
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.PublishToWitness(server.URL, w.key, nil, nil).Publish(t.Context(), c, note); err != nil {
		t.Errorf("the same again: %v", err)
	}
	thief, err := ledger.NewSigner(deployment, b.key, "")
	if err != nil {
		t.Fatal(err)
	}
	small := ledger.Checkpoint{Origin: c.Origin, Size: 10}
	forged, err := thief.Sign(ledger.Request{Checkpoint: small})
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.PublishToWitness(server.URL, w.key, nil, nil).Publish(t.Context(), small, forged[0]); !errors.Is(err, ledger.ErrWitness) {
		t.Errorf("a rollback: %v", err)
	}
}

func TestAWebhookGetsCheckpoints(t *testing.T) {
	b := open(t, "sqlite")
	var mu sync.Mutex
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if got = append(got, string(body)); len(got) == 1 {
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		}
	}))
	defer server.Close()
	b.record(t, "acme", 3)
	k := b.publish(t, ledger.PublishToWebhook(server.URL+"/secret-token", nil))
	until(t, "it is taken at the second attempt", func() bool { return !k.Status().Publishers[0].Success.IsZero() })
	mu.Lock()
	defer mu.Unlock()
	if _, err := ledger.OpenCheckpoint(got[len(got)-1], []ledger.PublicKey{b.key.Public()}); err != nil || len(got) < 2 {
		t.Errorf("%q, %v", got, err)
	}
	if name := k.Status().Publishers[0].Name; strings.Contains(name, "secret") {
		t.Errorf("its name tells %q", name)
	}
}
