package ledger

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Tiles are as in https://c2sp.org/tlog-tiles: 256 hashes of one level in 8 levels.
const (
	TileHeight = 8
	TileWidth  = 1 << TileHeight
	TileBytes  = TileWidth * tlog.HashSize
)

// A Tile is a full tile. It is written once, when its last hash is known; what is not full is
// computed from the leaf hashes.
type Tile struct {
	Level int
	N     int64
	Data  []byte
}

// Hashes are the hashes of a deployment's logs, as a store keeps them.
type Hashes interface {
	// LeafHashes returns the leaf hashes of a log from one index up to another, which it does not
	// include. All of them are there.
	LeafHashes(ctx context.Context, slot, from, to int64) ([]tlog.Hash, error)

	// Tile returns the data of a full tile, nil when the store has none.
	Tile(ctx context.Context, slot int64, level int, n int64) ([]byte, error)
}

// FullTiles returns the tiles that become full when leaf hashes are appended to a log of some size,
// lowest level first. h needs to know the hashes before them, of which it reads few: those of the
// last tile that is not full.
func FullTiles(ctx context.Context, h Hashes, slot, size int64, fresh []tlog.Hash) ([]Tile, error) {
	var tiles []Tile
	end := size + int64(len(fresh))
	for n := size / TileWidth; (n+1)*TileWidth <= end; n++ {
		data := make([]byte, 0, TileBytes)
		from := n * TileWidth
		if from < size {
			before, err := h.LeafHashes(ctx, slot, from, size)
			if err != nil {
				return nil, err
			}
			data = appendHashes(data, before)
			from = size
		}
		data = appendHashes(data, fresh[from-size:(n+1)*TileWidth-size])
		if len(data) != TileBytes {
			return nil, fmt.Errorf("tile %d of log %d has %d bytes: leaf hashes are missing", n, slot, len(data))
		}
		tiles = append(tiles, Tile{0, n, data})
	}
	// below are the tiles one level lower that are new, from which those of the next may be full.
	below := tiles
	for level := 1; len(below) > 0; level++ {
		var filled []Tile
		first, last := below[0].N, below[len(below)-1].N
		for n := first / TileWidth; (n+1)*TileWidth <= last+1; n++ {
			data := make([]byte, 0, TileBytes)
			for child := n * TileWidth; child < (n+1)*TileWidth; child++ {
				var of []byte
				if child >= first {
					of = below[child-first].Data
				} else {
					var err error
					if of, err = h.Tile(ctx, slot, level-1, child); err != nil {
						return nil, err
					}
				}
				if len(of) != TileBytes {
					return nil, fmt.Errorf("tile %d of level %d of log %d is missing", child, level-1, slot)
				}
				root := subtree(of)
				data = append(data, root[:]...)
			}
			filled = append(filled, Tile{level, n, data})
		}
		tiles = append(tiles, filled...)
		below = filled
	}
	return tiles, nil
}

func appendHashes(b []byte, hashes []tlog.Hash) []byte {
	for i := range hashes {
		b = append(b, hashes[i][:]...)
	}
	return b
}

// subtree returns the root over hashes, of which there is a power of two.
func subtree(hashes []byte) tlog.Hash {
	if len(hashes) == tlog.HashSize {
		return tlog.Hash(hashes)
	}
	half := len(hashes) / 2
	return tlog.NodeHash(subtree(hashes[:half]), subtree(hashes[half:]))
}

// A Tree is a log at one size, read from where its hashes are kept. It is a tlog.HashReader, so that
// roots and proofs can be made of it. Not safe for concurrent use.
type Tree struct {
	ctx    context.Context
	hashes Hashes
	slot   int64
	size   int64
	tiles  map[[2]int64][]byte
	leaves map[int64][]tlog.Hash // of tiles that are not full, by their number
}

// NewTree returns the log at slot at a size. The tree lives no longer than the context.
func NewTree(ctx context.Context, h Hashes, slot, size int64) *Tree {
	return &Tree{ctx: ctx, hashes: h, slot: slot, size: size, tiles: map[[2]int64][]byte{}, leaves: map[int64][]tlog.Hash{}}
}

// Root returns the root hash, made of tiles and leaf hashes.
func (t *Tree) Root() (tlog.Hash, error) { return tlog.TreeHash(t.size, t) }

// Inclusion proves that a leaf is in the log.
func (t *Tree) Inclusion(index int64) (tlog.RecordProof, error) {
	if index < 0 || index >= t.size {
		return nil, fmt.Errorf("there is no leaf %d in a log of size %d", index, t.size)
	}
	return tlog.ProveRecord(t.size, index, t)
}

// Consistency proves that the log continues what it was at an older size.
func (t *Tree) Consistency(old int64) (tlog.TreeProof, error) {
	switch {
	case old < 0 || old > t.size:
		return nil, fmt.Errorf("a log of size %d was never of size %d", t.size, old)
	case old == 0 || old == t.size:
		return tlog.TreeProof{}, nil
	}
	return tlog.ProveTree(t.size, old, t)
}

// ReadHashes returns nodes of the tree by their numbers; see [tlog.HashReader].
func (t *Tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		var err error
		if hashes[i], err = t.hash(level, n); err != nil {
			return nil, err
		}
	}
	return hashes, nil
}

func (t *Tree) hash(level int, n int64) (tlog.Hash, error) {
	of, within := level/TileHeight, level%TileHeight
	tile := n << within >> TileHeight
	if (tile+1)<<(TileHeight*(of+1)) <= t.size {
		data, err := t.tile(of, tile)
		if err != nil {
			return tlog.Hash{}, err
		}
		from := n<<within - tile<<TileHeight
		return subtree(data[from*tlog.HashSize : (from+1<<within)*tlog.HashSize]), nil
	}
	if level == 0 {
		return t.leaf(n)
	}
	if within == 0 {
		data, err := t.tile(of-1, n) // full, or there would be no such node
		if err != nil {
			return tlog.Hash{}, err
		}
		return subtree(data), nil
	}
	left, err := t.hash(level-1, 2*n)
	if err != nil {
		return tlog.Hash{}, err
	}
	right, err := t.hash(level-1, 2*n+1)
	if err != nil {
		return tlog.Hash{}, err
	}
	return tlog.NodeHash(left, right), nil
}

func (t *Tree) tile(level int, n int64) ([]byte, error) {
	key := [2]int64{int64(level), n}
	if data, ok := t.tiles[key]; ok {
		return data, nil
	}
	data, err := t.hashes.Tile(t.ctx, t.slot, level, n)
	if err != nil {
		return nil, err
	}
	if len(data) != TileBytes {
		return nil, fmt.Errorf("tile %d of level %d of log %d is missing or damaged: run daybook verify", n, level, t.slot)
	}
	t.tiles[key] = data
	return data, nil
}

func (t *Tree) leaf(n int64) (tlog.Hash, error) {
	tile := n / TileWidth
	leaves, ok := t.leaves[tile]
	if !ok {
		var err error
		from, to := tile*TileWidth, min(t.size, (tile+1)*TileWidth)
		if leaves, err = t.hashes.LeafHashes(t.ctx, t.slot, from, to); err != nil {
			return tlog.Hash{}, err
		}
		if int64(len(leaves)) != to-from {
			return tlog.Hash{}, fmt.Errorf("of the leaf hashes %d to %d of log %d %d are there: run daybook verify", from, to, t.slot, len(leaves))
		}
		t.leaves[tile] = leaves
	}
	return leaves[n%TileWidth], nil
}

// A Frontier is a growing tree of which nothing is kept but what its root is made of. The zero
// Frontier is the empty tree.
type Frontier struct {
	size int64
	full []tlog.Hash // roots of the full subtrees, from the largest on
}

// Append adds a leaf hash.
func (f *Frontier) Append(leaf tlog.Hash) {
	for size := f.size; size&1 == 1; size >>= 1 {
		last := len(f.full) - 1
		leaf = tlog.NodeHash(f.full[last], leaf)
		f.full = f.full[:last]
	}
	f.full = append(f.full, leaf)
	f.size++
}

// Size returns how many leaves there are.
func (f *Frontier) Size() int64 { return f.size }

// Root returns the root hash.
func (f *Frontier) Root() tlog.Hash {
	if f.size == 0 {
		h, _ := tlog.TreeHash(0, nil) // SHA-256 of nothing
		return h
	}
	root := f.full[len(f.full)-1]
	for i := len(f.full) - 2; i >= 0; i-- {
		root = tlog.NodeHash(f.full[i], root)
	}
	return root
}
