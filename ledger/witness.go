package ledger

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// A WitnessKey verifies the cosignatures of a witness (https://c2sp.org/tlog-cosignature).
type WitnessKey struct {
	Name string
	Key  [ed25519.PublicKeySize]byte
}

const algorithmCosignature = 4 // cosignature/v1 by Ed25519

// hash is what stands in front of a signature, so that verifiers find their own.
func (k WitnessKey) hash() (h [4]byte) {
	sum := sha256.Sum256(append(append([]byte(k.Name), '\n', algorithmCosignature), k.Key[:]...))
	copy(h[:], sum[:])
	return h
}

// String returns the verifier key: name+hash+key.
func (k WitnessKey) String() string {
	h := k.hash()
	return fmt.Sprintf("%s+%x+%s", k.Name, h, base64.StdEncoding.EncodeToString(append([]byte{algorithmCosignature}, k.Key[:]...)))
}

// ParseWitnessKey reads what String returns.
func ParseWitnessKey(text string) (k WitnessKey, err error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) == 3 {
		data, err := base64.StdEncoding.DecodeString(parts[2])
		if err == nil && len(data) == 1+len(k.Key) && data[0] == algorithmCosignature {
			k.Name = parts[0]
			copy(k.Key[:], data[1:])
			if k.String() == text {
				return k, nil
			}
		}
	}
	return WitnessKey{}, fmt.Errorf("%.200q is no verifier key of a witness", text)
}

// Cosigned returns when a witness has cosigned a note, and false if it has not.
func (k WitnessKey) Cosigned(note string) (time.Time, bool) {
	text, signatures, ok := strings.Cut(note, "\n\n")
	if !ok {
		return time.Time{}, false
	}
	for line := range strings.Lines(signatures) {
		if at, ok := k.verify(text+"\n", strings.TrimSuffix(line, "\n")); ok {
			return at, true
		}
	}
	return time.Time{}, false
}

func (k WitnessKey) verify(text, line string) (time.Time, bool) {
	encoded, ok := strings.CutPrefix(line, "— "+k.Name+" ")
	if !ok {
		return time.Time{}, false
	}
	data, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if h := k.hash(); err != nil || len(data) != 4+8+ed25519.SignatureSize || [4]byte(data) != h {
		return time.Time{}, false
	}
	at := binary.BigEndian.Uint64(data[4:])
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", at, text)
	if at > 1<<40 || !ed25519.Verify(k.Key[:], []byte(message), data[12:]) {
		return time.Time{}, false
	}
	return time.Unix(int64(at), 0).UTC(), true
}

// A Witness asks a witness to cosign checkpoints (https://c2sp.org/tlog-witness), and passes on what it
// has cosigned. A witness signs only what continues all that it has signed before, so that two people
// are never shown two histories. Safe for concurrent use.
type Witness struct {
	url    string
	key    WitnessKey
	client *http.Client
	then   Publisher

	mu    sync.Mutex // guards what follows
	prove func(ctx context.Context, origin string, old, size int64) (tlog.TreeProof, error)
	sizes map[string]int64 // that it is known to have signed, by origin
}

// PublishToWitness returns a Publisher that has the witness at url cosign, and hands the cosigned
// checkpoint to then, which may be nil. client may be nil.
func PublishToWitness(url string, key WitnessKey, then Publisher, client *http.Client) *Witness {
	return &Witness{url: strings.TrimSuffix(url, "/") + "/add-checkpoint", key: key, client: withoutRedirects(client), then: then, sizes: map[string]int64{}}
}

// Name returns "witness" and its name.
func (w *Witness) Name() string { return "witness " + w.key.Name }

// useProofs gives the witness's client the way to prove that a log continues.
func (w *Witness) useProofs(prove func(ctx context.Context, origin string, old, size int64) (tlog.TreeProof, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.prove = prove
}

// ErrWitness means that a witness refuses a checkpoint: it has signed another history. Stop, and look:
// run daybook verify with what the witness has.
var ErrWitness = errors.New("the witness refuses")

// Publish has the checkpoint cosigned.
func (w *Witness) Publish(ctx context.Context, c Checkpoint, note string) error {
	w.mu.Lock()
	old, prove := w.sizes[c.Origin], w.prove
	w.mu.Unlock()
	for attempt := 0; ; attempt++ {
		if old > c.Size {
			return fmt.Errorf("%w: it has signed %s at size %d, and this log has %d", ErrWitness, c.Origin, old, c.Size)
		}
		var proof tlog.TreeProof
		if 0 < old && old < c.Size {
			if prove == nil {
				return errors.New("the witness needs a proof, and nobody can make one")
			}
			var err error
			if proof, err = prove(ctx, c.Origin, old, c.Size); err != nil {
				return err
			}
		}
		status, body, err := post(ctx, w.client, w.url, fmt.Sprintf("old %d\n%s\n%s", old, FormatHashes(proof), note))
		if err != nil {
			return err
		}
		switch status {
		case http.StatusOK:
			return w.took(ctx, c, note, body)
		case http.StatusConflict: // it knows another size: once more, from there
			size, err := strconv.ParseInt(strings.TrimSpace(body), 10, 64)
			if err != nil || size < 0 || attempt > 0 {
				return fmt.Errorf("the witness answers 409 and %.40q", body)
			}
			old = size
		case http.StatusUnprocessableEntity, http.StatusForbidden, http.StatusNotFound:
			return fmt.Errorf("%w: it answers %d to %s at size %d", ErrWitness, status, c.Origin, c.Size)
		default:
			return fmt.Errorf("the witness answers %d", status)
		}
	}
}

// took verifies the cosignature and passes the note on with it.
func (w *Witness) took(ctx context.Context, c Checkpoint, note, body string) error {
	text, _, _ := strings.Cut(note, "\n\n")
	for line := range strings.Lines(body) {
		if _, ok := w.key.verify(text+"\n", strings.TrimSuffix(line, "\n")); !ok {
			continue
		}
		w.mu.Lock()
		w.sizes[c.Origin] = max(w.sizes[c.Origin], c.Size)
		w.mu.Unlock()
		if w.then == nil {
			return nil
		}
		return w.then.Publish(ctx, c, note+strings.TrimSuffix(line, "\n")+"\n")
	}
	return errors.New("the witness's answer holds no cosignature of its key")
}
