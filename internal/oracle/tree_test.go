package oracle

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/daybookdev/daybook/ledger"
)

// hashes keeps a log as a store does: leaf hashes, and tiles when they are full.
type hashes struct {
	leaves []tlog.Hash
	tiles  map[[2]int64][]byte
}

func (h *hashes) LeafHashes(_ context.Context, _, from, to int64) ([]tlog.Hash, error) {
	return h.leaves[from:to], nil
}

func (h *hashes) Tile(_ context.Context, _ int64, level int, n int64) ([]byte, error) {
	return h.tiles[[2]int64{int64(level), n}], nil
}

func (h *hashes) append(t *testing.T, fresh []tlog.Hash) {
	t.Helper()
	full, err := ledger.FullTiles(t.Context(), h, 1, int64(len(h.leaves)), fresh)
	if err != nil {
		t.Fatal(err)
	}
	for _, tile := range full {
		key := [2]int64{int64(tile.Level), tile.N}
		if h.tiles[key] != nil {
			t.Fatalf("tile %v is written twice", key)
		}
		h.tiles[key] = tile.Data
	}
	h.leaves = append(h.leaves, fresh...)
}

func leaf(i int) []byte { return binary.BigEndian.AppendUint64([]byte("leaf "), uint64(i)) }

// roots returns the root at each size, computed by the other library.
func roots(t *testing.T, n int) [][]byte {
	t.Helper()
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	r := factory.NewEmptyRange(0)
	all := [][]byte{rfc6962.DefaultHasher.EmptyRoot()}
	for i := range n {
		if err := r.Append(rfc6962.DefaultHasher.HashLeaf(leaf(i)), nil); err != nil {
			t.Fatal(err)
		}
		root, err := r.GetRootHash(nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, root)
	}
	return all
}

func TestTreesAreThoseOfAnotherLibrary(t *testing.T) {
	const most = 140_000 // two tiles of level 1 are full
	want := roots(t, most)
	h := &hashes{tiles: map[[2]int64][]byte{}}
	var frontier ledger.Frontier
	random := rand.New(rand.NewPCG(1, 2))
	for len(h.leaves) < most {
		n := 1 + random.IntN([]int{3, 300, 3000, 70_000}[random.IntN(4)])
		n = min(n, most-len(h.leaves))
		var fresh []tlog.Hash
		for i := range n {
			sum := tlog.RecordHash(leaf(len(h.leaves) + i))
			fresh = append(fresh, sum)
			frontier.Append(sum)
			if root := frontier.Root(); string(root[:]) != string(want[frontier.Size()]) {
				t.Fatalf("the frontier's root at size %d is another", frontier.Size())
			}
		}
		h.append(t, fresh)
		size := int64(len(h.leaves))
		tree := ledger.NewTree(t.Context(), h, 1, size)
		root, err := tree.Root()
		if err != nil || string(root[:]) != string(want[size]) {
			t.Fatalf("the root at size %d: %v, %v", size, root, err)
		}
		for range 20 {
			index := random.Int64N(size)
			path, err := tree.Inclusion(index)
			if err != nil {
				t.Fatal(err)
			}
			sum := rfc6962.DefaultHasher.HashLeaf(leaf(int(index)))
			if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(index), uint64(size), sum, plain(path), want[size]); err != nil {
				t.Errorf("leaf %d in %d: %v", index, size, err)
			}
			old := random.Int64N(size + 1)
			consistency, err := tree.Consistency(old)
			if err != nil {
				t.Fatal(err)
			}
			if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(old), uint64(size), plain(consistency), want[old], want[size]); err != nil {
				t.Errorf("from %d to %d: %v", old, size, err)
			}
		}
	}
	for level, n := range []int{most / 256, most / 65536, 0} {
		for i := range n {
			if h.tiles[[2]int64{int64(level), int64(i)}] == nil {
				t.Errorf("tile %d of level %d is missing", i, level)
			}
		}
		if h.tiles[[2]int64{int64(level), int64(n)}] != nil {
			t.Errorf("tile %d of level %d is there and not full", n, level)
		}
	}
}

func plain[P ~[]tlog.Hash](hashes P) [][]byte {
	var all [][]byte
	for _, h := range hashes {
		all = append(all, h[:])
	}
	return all
}

func TestSizesAroundATile(t *testing.T) {
	want := roots(t, 65_793)
	h := &hashes{tiles: map[[2]int64][]byte{}}
	for _, size := range []int{0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_792, 65_793} {
		var fresh []tlog.Hash
		for i := len(h.leaves); i < size; i++ {
			fresh = append(fresh, tlog.RecordHash(leaf(i)))
		}
		h.append(t, fresh)
		root, err := ledger.NewTree(t.Context(), h, 1, int64(size)).Root()
		if err != nil || string(root[:]) != string(want[size]) {
			t.Errorf("size %d: %v, %v", size, root, err)
		}
	}
	if sum := sha256.Sum256(nil); string(want[0]) != string(sum[:]) {
		t.Error("the empty root")
	}
}

func TestAMissingTileIsAnError(t *testing.T) {
	h := &hashes{tiles: map[[2]int64][]byte{}}
	var fresh []tlog.Hash
	for i := range 600 {
		fresh = append(fresh, tlog.RecordHash(leaf(i)))
	}
	h.append(t, fresh)
	delete(h.tiles, [2]int64{0, 1})
	if _, err := ledger.NewTree(t.Context(), h, 1, 600).Root(); err == nil {
		t.Error("the root is computed without tile 1")
	}
}

func TestSlotTreesAreThoseOfAnotherLibrary(t *testing.T) {
	for _, slots := range [][]int64{{1}, {0, 1}, {1, 2, 3}, {2, 5, 6, 11}, {1, 300}} {
		var heads []ledger.Head
		for _, slot := range slots {
			heads = append(heads, ledger.Head{Slot: slot, Checkpoint: ledger.Checkpoint{Origin: "audit.example.com/o/a", Size: slot * 7, Root: tlog.Hash{byte(slot)}}})
		}
		tree, err := ledger.NewSlotTree(heads)
		if err != nil {
			t.Fatal(err)
		}
		anchor, err := tree.Anchor(testTime)
		if err != nil {
			t.Fatal(err)
		}
		factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
		r := factory.NewEmptyRange(0)
		at := 0
		for slot := range slots[len(slots)-1] + 1 {
			var data []byte
			if at < len(slots) && slots[at] == slot {
				h := heads[at]
				data = append([]byte("daybook/slot/v1\x00"), 0, byte(len(h.Origin)))
				data = append(append(data, h.Origin...), binary.BigEndian.AppendUint64(nil, uint64(h.Size))...)
				data = append(data, h.Root[:]...)
				at++
			}
			if err := r.Append(rfc6962.DefaultHasher.HashLeaf(data), nil); err != nil {
				t.Fatal(err)
			}
		}
		root, err := r.GetRootHash(nil)
		if err != nil || string(root) != string(anchor.Root[:]) {
			t.Errorf("slots %v: another root, %v", slots, err)
		}
		for _, h := range heads {
			path, err := tree.Path(h.Slot)
			if err != nil {
				t.Fatal(err)
			}
			if err := anchor.CheckPath(h, path); err != nil {
				t.Error(err)
			}
			h.Size++
			if anchor.CheckPath(h, path) == nil {
				t.Error("another size is proven")
			}
		}
		again, err := ledger.ParseAnchor(anchor.Leaf())
		if err != nil || again != anchor {
			t.Errorf("read again: %v, %v", again, err)
		}
	}
}
