package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	anchorMagic = "daybook/anchor/v1\x00"
	slotMagic   = "daybook/slot/v1\x00"
)

// A Head is how far the log at a slot has got. A log keeps its slot for ever, so a deployment cannot
// stand by two heads of one organization at once.
type Head struct {
	Slot int64
	Checkpoint
}

// leaf returns the head's leaf in the slot tree.
func (h Head) leaf() []byte {
	b := append([]byte(slotMagic), byte(len(h.Origin)>>8), byte(len(h.Origin)))
	b = append(b, h.Origin...)
	b = binary.BigEndian.AppendUint64(b, uint64(h.Size))
	return append(b, h.Root[:]...)
}

// An Anchor is a leaf of the anchor log, whose origin is the deployment's name: the root over the
// heads of all logs at a moment. One signature of it, and one cosignature of a witness, stand for all.
type Anchor struct {
	Time  time.Time
	Slots int64 // how many there are; unused ones among them have an empty leaf
	Root  tlog.Hash
}

// Leaf returns the anchor's leaf in the anchor log.
func (a Anchor) Leaf() []byte {
	b := binary.BigEndian.AppendUint64([]byte(anchorMagic), uint64(a.Time.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(a.Slots))
	return append(b, a.Root[:]...)
}

// ParseAnchor reads what Leaf returns.
func ParseAnchor(leaf []byte) (Anchor, error) {
	if len(leaf) != len(anchorMagic)+8+8+tlog.HashSize || string(leaf[:len(anchorMagic)]) != anchorMagic {
		return Anchor{}, errors.New("this is not a leaf of an anchor log")
	}
	rest := leaf[len(anchorMagic):]
	a := Anchor{Time: time.UnixMicro(int64(binary.BigEndian.Uint64(rest))).UTC(), Slots: int64(binary.BigEndian.Uint64(rest[8:]))}
	copy(a.Root[:], rest[16:])
	if a.Slots < 0 {
		return Anchor{}, errors.New("an anchor with a negative number of slots")
	}
	return a, nil
}

// A SlotTree is the tree over the heads of all logs at a moment.
type SlotTree struct {
	hashes []tlog.Hash // as tlog stores them
	slots  int64
}

// NewSlotTree returns the tree over heads, which ascend by slot; slots are numbered from 0.
func NewSlotTree(heads []Head) (*SlotTree, error) {
	t := &SlotTree{}
	add := func(leaf []byte) error {
		hashes, err := tlog.StoredHashes(t.slots, leaf, t)
		t.hashes = append(t.hashes, hashes...)
		t.slots++
		return err
	}
	for _, h := range heads {
		if h.Slot < t.slots {
			return nil, fmt.Errorf("slot %d comes twice or too late", h.Slot)
		}
		for t.slots < h.Slot {
			if err := add(nil); err != nil {
				return nil, err
			}
		}
		if err := add(h.leaf()); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// ReadHashes returns nodes of the tree; see [tlog.HashReader].
func (t *SlotTree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, n := range indexes {
		if n >= int64(len(t.hashes)) {
			return nil, fmt.Errorf("no node %d in a tree of %d slots", n, t.slots)
		}
		found[i] = t.hashes[n]
	}
	return found, nil
}

// Anchor returns the leaf that stands for the tree.
func (t *SlotTree) Anchor(at time.Time) (Anchor, error) {
	root, err := tlog.TreeHash(t.slots, t)
	return Anchor{time.UnixMicro(at.UnixMicro()).UTC(), t.slots, root}, err
}

// Path proves that a slot has its head.
func (t *SlotTree) Path(slot int64) (tlog.RecordProof, error) {
	if slot < 0 || slot >= t.slots {
		return nil, fmt.Errorf("there is no slot %d among %d", slot, t.slots)
	}
	return tlog.ProveRecord(t.slots, slot, t)
}

// CheckPath reports by an error if the anchor does not stand for the head.
func (a Anchor) CheckPath(h Head, path tlog.RecordProof) error {
	if h.Slot < 0 || h.Slot >= a.Slots {
		return fmt.Errorf("there is no slot %d among %d", h.Slot, a.Slots)
	}
	if err := tlog.CheckRecord(path, a.Slots, a.Root, h.Slot, tlog.RecordHash(h.leaf())); err != nil {
		return fmt.Errorf("the anchor does not stand for %s at size %d: %w", h.Origin, h.Size, err)
	}
	return nil
}
