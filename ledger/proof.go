package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/daybookdev/daybook"
)

const proofHead = "c2sp.org/tlog-proof@v1"

// A Proof shows, without asking anybody, that a leaf is in a log (https://c2sp.org/tlog-proof).
type Proof struct {
	Extra      []byte // what the leaf is made of: JSON of a Disclosure
	Index      int64
	Hashes     tlog.RecordProof
	Checkpoint string // signed
}

// String returns the proof's text. Keep it in a file whose name ends in .tlog-proof.
func (p Proof) String() string {
	var b strings.Builder
	b.WriteString(proofHead + "\n")
	if len(p.Extra) > 0 {
		fmt.Fprintf(&b, "extra %s\n", base64.StdEncoding.EncodeToString(p.Extra))
	}
	fmt.Fprintf(&b, "index %d\n", p.Index)
	for _, h := range p.Hashes {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n" + p.Checkpoint)
	return b.String()
}

// ParseProof reads the text of a proof. It does not check what the proof says; [Proof.Check] does.
func ParseProof(text string) (p Proof, err error) {
	wrong := errors.New("this is not a proof: its first line would be " + proofHead)
	head, rest, ok := strings.Cut(text, "\n\n")
	if p.Checkpoint = rest; !ok {
		return p, wrong
	}
	lines := strings.Split(head, "\n")
	if lines[0] != proofHead || len(lines) < 2 {
		return p, wrong
	}
	lines = lines[1:]
	if extra, ok := strings.CutPrefix(lines[0], "extra "); ok {
		if p.Extra, err = base64.StdEncoding.DecodeString(extra); err != nil {
			return p, wrong
		}
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return p, wrong
	}
	index, ok := strings.CutPrefix(lines[0], "index ")
	if p.Index, err = strconv.ParseInt(index, 10, 64); !ok || err != nil {
		return p, wrong
	}
	for _, line := range lines[1:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return p, wrong
		}
		p.Hashes = append(p.Hashes, h)
	}
	if p.String() != text {
		return p, wrong
	}
	return p, nil
}

// Check returns what the proof proves: that the leaf is in the log of the checkpoint, which one of the
// keys has signed, and that the values disclosed are those of the leaf.
func (p Proof) Check(keys []PublicKey) (Checkpoint, Disclosure, error) {
	c, err := OpenCheckpoint(p.Checkpoint, keys)
	if err != nil {
		return c, Disclosure{}, err
	}
	d, err := openDisclosure(p.Extra, c.Origin)
	if err != nil {
		return c, d, err
	}
	hash, err := d.Leaf.Hash()
	if err != nil {
		return c, d, err
	}
	if p.Index < 0 || p.Index >= c.Size {
		return c, d, fmt.Errorf("the proof is of leaf %d, and the log has %d", p.Index, c.Size)
	}
	if err := tlog.CheckRecord(p.Hashes, c.Size, c.Root, p.Index, hash); err != nil {
		return c, d, fmt.Errorf("the leaf is not at index %d of the log: %w", p.Index, err)
	}
	return c, d, nil
}

// FormatHashes returns hashes in the lines in which consistency proofs are sent
// (https://c2sp.org/tlog-witness).
func FormatHashes(hashes []tlog.Hash) string {
	var b strings.Builder
	for _, h := range hashes {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	return b.String()
}

// CheckConsistency reports by an error if one checkpoint's log is not what the other's grew from.
func CheckConsistency(old, now Checkpoint, proof tlog.TreeProof) error {
	switch {
	case old.Origin != now.Origin:
		return fmt.Errorf("checkpoints of two logs, %s and %s", old.Origin, now.Origin)
	case old.Size > now.Size:
		return fmt.Errorf("%w: size %d comes after %d", ErrRollback, now.Size, old.Size)
	case old.Size == now.Size && old.Root != now.Root:
		return fmt.Errorf("%w: two roots at size %d", ErrRollback, now.Size)
	case old.Size == 0 || old.Size == now.Size:
		return nil
	}
	if err := tlog.CheckTree(proof, now.Size, now.Root, old.Size, old.Root); err != nil {
		return fmt.Errorf("%w: %w", ErrRollback, err)
	}
	return nil
}

const receiptHead = "daybook/receipt/v1"

// A Receipt is the log's promise, before it can prove so, that an entry will be in it.
type Receipt struct {
	Origin   string
	ID       daybook.ID
	Leaf     tlog.Hash
	Accepted time.Time
	Delay    time.Duration // within which it will be under a checkpoint, in seconds
}

func (r Receipt) String() string {
	return fmt.Sprintf("%s\n%s\n%v\n%s\n%d\n%d\n", receiptHead, r.Origin, r.ID, base64.StdEncoding.EncodeToString(r.Leaf[:]),
		r.Accepted.UnixMicro(), int64(r.Delay/time.Second))
}

// Receipt returns a signed receipt. An entry whose receipt is kept cannot vanish before it is in the
// log without daybook verify telling.
func (s *Signer) Receipt(r Receipt) (string, error) { return s.key.sign(r.Origin, r.String()) }

// OpenReceipt returns the receipt that a signed note says, if one of the keys has signed it.
func OpenReceipt(signed string, keys []PublicKey) (Receipt, error) {
	lines := strings.SplitN(signed, "\n", 3)
	if len(lines) < 3 || lines[0] != receiptHead {
		return Receipt{}, errors.New("this is not a receipt: its first line would be " + receiptHead)
	}
	text, err := openNote(signed, lines[1], keys)
	if err != nil {
		return Receipt{}, fmt.Errorf("receipt of %.200q: %w", lines[1], err)
	}
	if lines = strings.Split(text, "\n"); len(lines) != 7 {
		return Receipt{}, errors.New("a receipt of another form")
	}
	r := Receipt{Origin: lines[1]}
	id, err1 := daybook.ParseID(lines[2])
	leaf, err2 := tlog.ParseHash(lines[3])
	accepted, err3 := strconv.ParseInt(lines[4], 10, 64)
	delay, err4 := strconv.ParseInt(lines[5], 10, 32)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return Receipt{}, fmt.Errorf("receipt: %w", err)
	}
	r.ID, r.Leaf, r.Accepted, r.Delay = id, leaf, time.UnixMicro(accepted).UTC(), time.Duration(delay)*time.Second
	if r.String() != text {
		return Receipt{}, errors.New("a receipt that is not in its canonical form")
	}
	return r, nil
}
