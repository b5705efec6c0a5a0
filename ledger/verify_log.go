package ledger

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"iter"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/daybookdev/daybook"
)

func sha256Sum(b []byte) [32]byte { return sha256.Sum256(b) }

// A logVerification verifies one log. What it holds in memory does not grow with the entries, but for
// one digest for each tile of 256, and what was erased.
type logVerification struct {
	*verification
	log    Log
	report *LogReport

	rotations []rotation
	lawful    lawful // what control entries allow
	found     map[daybook.ID]bool

	frontier Frontier
	broken   bool // an index is missing: roots from here on cannot be computed
	next     int64
	position int64
	tiles    tileDigests
	wrong    int // checkpoints whose root is another

	kept   []Checkpoint // those not compared yet
	stored []Checkpoint // the same; at most one is read ahead
	pull   func() (Signed, error, bool)
	signed Checkpoint
}

func (v *logVerification) run() {
	r := v.report
	v.kept = v.verification.kept[r.Origin]
	v.found = map[daybook.ID]bool{}
	v.tiles = tileDigests{digests: map[tileKey][32]byte{}}
	v.readControls()
	pull, stop := iter.Pull2(v.src.Checkpoints(v.ctx, v.log))
	defer stop()
	v.pull = pull
	v.compareRoots()
	for row, err := range v.src.Rows(v.ctx, v.log) {
		if err != nil {
			r.add(StoreUnreachable, "its entries from index %d on: %v", v.next, shorten(err))
			v.broken = true
			break
		}
		v.row(&row)
		if v.opts.Progress != nil && row.Index%4096 == 0 {
			v.opts.Progress(v.log.Organization, row.Index, v.log.Size)
		}
	}
	if v.ctx.Err() != nil {
		return
	}
	v.conclude()
}

// row verifies what lies at one index.
func (v *logVerification) row(row *Row) {
	switch {
	case row.Index < v.next:
		v.report.add(IndexConflict, "two rows claim this place").at(row.Index, row.ID)
		return
	case row.Index > v.next:
		for i := v.next; i < row.Index && i < v.next+100; i++ {
			v.report.add(RowMissing, "the place itself is not there").at(i, daybook.ID{})
		}
		v.broken = true
	}
	v.next = row.Index + 1
	if row.Position != 0 && row.Position <= v.position {
		v.report.add(IndexConflict, "its position %d is not behind that of the index before, %d", row.Position, v.position).at(row.Index, row.ID)
	}
	v.position = max(v.position, row.Position)
	if len(row.Derived) > 0 {
		f := v.report.add(DerivedMismatch, "the columns %q are not what follows from the entry", row.Derived)
		f.at(row.Index, row.ID)
	}
	var made *tlog.Hash
	switch {
	case row.Fault != nil:
		v.report.add(EncodingInvalid, "the entry cannot be read: %s", shorten(row.Fault)).at(row.Index, row.ID)
	case row.Sealed == nil:
		v.missing(row)
	default:
		made = v.entry(row)
	}
	leaf, ok := hashOf(row.Hash)
	switch {
	case !ok && made == nil:
		v.report.add(LeafMismatch, "neither the entry nor its leaf hash is there").at(row.Index, row.ID)
		v.broken = true
		return
	case !ok:
		v.report.add(LeafMismatch, "the leaf hash beside the entry is missing or damaged").at(row.Index, row.ID)
		leaf = *made
	case made != nil && *made != leaf:
		v.report.add(LeafMismatch, "the entry is not the one that was recorded").at(row.Index, row.ID)
	}
	if receipt, ok := v.receipts[v.report.Origin][row.ID]; ok && !row.ID.IsZero() {
		v.report.Checked.Receipts++
		v.found[row.ID] = true
		if receipt.Leaf != leaf {
			v.report.add(ReceiptMissing, "the entry is another than the one for which a receipt was given").at(row.Index, row.ID)
		}
	}
	v.frontier.Append(leaf)
	v.tiles.append(leaf)
	v.compareRoots()
}

func hashOf(b []byte) (h tlog.Hash, ok bool) {
	if len(b) != len(h) {
		return h, false
	}
	return tlog.Hash(b), true
}

// missing judges a place without an entry.
func (v *logVerification) missing(row *Row) {
	if v.lawful.swept(row.Index) || v.lawful.lost(row.Index) {
		v.report.Checked.Swept++
		return
	}
	v.report.add(RowMissing, "the entry is not there").at(row.Index, row.ID)
}

// entry verifies an entry that is there and returns the leaf hash that it makes.
func (v *logVerification) entry(row *Row) *tlog.Hash {
	s, r := row.Sealed, v.report
	if s.Kind == KindEntry {
		r.Checked.Entries++
	} else {
		r.Checked.Controls++
	}
	if v.lawful.sweptDone(row.Index) {
		r.add(SweptPresent, "the entry was removed after its time and is there").at(row.Index, s.ID)
	}
	if s.OrganizationID != v.log.Organization {
		r.add(OriginMismatch, "the entry is of organization %q", s.OrganizationID).at(row.Index, s.ID)
	}
	if !row.ID.IsZero() && s.ID != row.ID {
		r.add(IndexConflict, "the place is that of entry %v", row.ID).at(row.Index, s.ID)
	}
	v.erasures(row)
	l, err := s.Leaf(r.Origin)
	if err == nil {
		var h tlog.Hash
		if h, err = l.Hash(); err == nil {
			return &h
		}
	}
	var present *presentError
	switch {
	case errors.Is(err, ErrVersion):
		r.add(VersionUnknown, "%s", shorten(err)).at(row.Index, s.ID)
	case errors.As(err, &present):
		f := r.add(ErasedPresent, "the value was erased and is there")
		f.at(row.Index, s.ID)
		f.Path = present.path
	case s.Erased != "":
		r.add(CommitmentMismatch, "%s", shorten(err)).at(row.Index, s.ID)
	default:
		r.add(EncodingInvalid, "no leaf can be made of the entry: %s", shorten(err)).at(row.Index, s.ID)
	}
	return nil
}

// erasures compares what is erased of an entry with what was lawfully erased.
func (v *logVerification) erasures(row *Row) {
	s, r := row.Sealed, v.report
	allowed := v.lawful.erasures[s.ID]
	if s.Erased == "" {
		if s.UpdatedAt != s.CreatedAt {
			r.add(DerivedMismatch, "updated_at is %s, but nothing of the entry was erased", s.UpdatedAt.Format(time.RFC3339Nano)).at(row.Index, s.ID)
		}
		for _, path := range allowed.done {
			if present(&s.Entry, path) {
				f := r.add(ErasedPresent, "the value was erased and is there")
				f.at(row.Index, s.ID)
				f.Path = path
			}
		}
		return
	}
	r.Checked.Erased++
	paths, err := s.ErasedPaths()
	if err != nil {
		return // Leaf says so too
	}
	for _, path := range paths {
		if !covers(allowed.declared, path) {
			f := r.add(ValueMissing, "the value is gone and no signed erasure names it")
			f.at(row.Index, s.ID)
			f.Path = path
		}
	}
	for _, path := range allowed.done {
		if !covers(paths, path) && present(&s.Entry, path) {
			f := r.add(ErasedPresent, "the value was erased and is there")
			f.at(row.Index, s.ID)
			f.Path = path
		}
	}
	if !slices.ContainsFunc(allowed.times, func(t time.Time) bool { return t.Equal(s.UpdatedAt) }) && len(allowed.times) > 0 {
		r.add(DerivedMismatch, "updated_at is %s, which is the time of no erasure of the entry", s.UpdatedAt.Format(time.RFC3339Nano)).at(row.Index, s.ID)
	}
}

// compareRoots compares the root at the present size with checkpoints of that size.
func (v *logVerification) compareRoots() {
	size := v.frontier.Size()
	if v.broken {
		return
	}
	for len(v.kept) > 0 && v.kept[0].Size <= size {
		c := v.kept[0]
		v.kept = v.kept[1:]
		v.report.Checked.Kept++
		if c.Size == size && c.Root != v.frontier.Root() {
			v.report.add(Fork, "the root at size %d is %s, and a checkpoint that was kept says %s", size, rootText(v.frontier.Root()), rootText(c.Root))
		}
	}
	for {
		if len(v.stored) == 0 && !v.readCheckpoint() {
			return
		}
		c := v.stored[0]
		if c.Size > size {
			return
		}
		v.stored = v.stored[:0]
		if c.Size < size {
			continue // under another size than its own: said when it was read
		}
		if c.Root == v.frontier.Root() {
			v.signed = c
			continue
		}
		if v.wrong++; v.wrong == 1 {
			v.report.add(RootMismatch, "the leaves up to size %d make the root %s, and the checkpoint says %s", size, rootText(v.frontier.Root()), rootText(c.Root))
		}
	}
}

// readCheckpoint reads the next valid checkpoint of the source.
func (v *logVerification) readCheckpoint() bool {
	for v.pull != nil {
		kept, err, more := v.pull()
		if !more {
			v.pull = nil
			break
		}
		if err != nil {
			v.report.add(StoreUnreachable, "its checkpoints: %s", shorten(err))
			v.pull = nil
			break
		}
		v.report.Checked.Checkpoints++
		// A rotation is in the log before its first signature, so the size says which keys may sign.
		c, err := OpenCheckpoint(kept.Note, v.keysAt(1<<62))
		if err == nil {
			_, err = OpenCheckpoint(kept.Note, v.keysAt(c.Size))
		}
		switch {
		case err != nil:
			v.report.add(noteCode(err), "a checkpoint: %s", shorten(err))
		case c.Origin != v.report.Origin:
			v.report.add(OriginMismatch, "a checkpoint of %s lies here", c.Origin)
		case c.Size != kept.Size:
			v.report.add(DerivedMismatch, "a checkpoint of size %d lies under the size %d", c.Size, kept.Size)
		default:
			v.stored = append(v.stored[:0], c)
			return true
		}
	}
	return false
}

// conclude judges the log as a whole, when all rows were read.
func (v *logVerification) conclude() {
	r := v.report
	r.Size, r.Signed = v.next, v.signed.Size
	if !v.broken {
		r.Root = rootText(v.frontier.Root())
	}
	if v.log.Size != v.next {
		r.add(DerivedMismatch, "the store says that the log has %d places, and it has %d", v.log.Size, v.next)
	}
	for _, c := range v.kept {
		r.Checked.Kept++
		if v.broken && c.Size <= v.next {
			r.notChecked("the checkpoint of size %d that was kept: places before it are missing", c.Size)
			continue
		}
		r.add(Rollback, "the log has %d places, and had %d when a checkpoint of it was kept", v.next, c.Size)
	}
	newest := v.signed
	for len(v.stored) > 0 || v.readCheckpoint() {
		c := v.stored[0]
		v.stored = v.stored[:0]
		newest = c
		if c.Size > v.next {
			r.add(RowMissing, "the log has %d places, and a checkpoint of it says %d: the last %d are missing", v.next, c.Size, c.Size-v.next)
			break
		}
	}
	switch {
	case newest.Origin == "" && r.Checked.Checkpoints == 0 && r.Checked.Kept == 0 && v.next > 0:
		r.add(InputMissing, "no checkpoint of this log was ever signed, or all were removed: nothing says what the log must be")
	case v.wrong > 1:
		r.notChecked("%d more checkpoints have another root than the leaves make", v.wrong-1)
	}
	if r.Result != Tampered && v.signed.Size < v.next && v.signed.Origin != "" {
		r.notChecked("whether the newest %d entries are those that were recorded: no checkpoint covers them yet", v.next-v.signed.Size)
	}
	v.compareTiles()
	for id, receipt := range v.receipts[r.Origin] {
		if v.found[id] {
			continue
		}
		r.Checked.Receipts++
		if v.waiting[Stray{Organization: v.log.Organization, ID: id}] && v.opts.Now.Sub(receipt.Accepted) <= 3*receipt.Delay {
			r.notChecked("the receipt of entry %v: it waits for its place", id)
			continue
		}
		f := r.add(ReceiptMissing, "the entry was accepted at %s and is not in the log", receipt.Accepted.Format(time.RFC3339Nano))
		f.Entry = id.String()
	}
}

// compareTiles compares the tiles that are stored with those that the leaves make.
func (v *logVerification) compareTiles() {
	if v.broken {
		v.report.notChecked("its tiles: places are missing")
		return
	}
	for tile, err := range v.src.Tiles(v.ctx, v.log) {
		if err != nil {
			v.report.add(StoreUnreachable, "its tiles: %s", shorten(err))
			return
		}
		key := tileKey{tile.Level, tile.N}
		want, ok := v.tiles.digests[key]
		v.report.Checked.Tiles++
		switch {
		case !ok:
			v.report.add(TileMismatch, "tile %d of level %d is there twice or too early", tile.N, tile.Level)
		case sha256.Sum256(tile.Data) != want:
			v.report.add(TileMismatch, "tile %d of level %d is not made of the leaves", tile.N, tile.Level)
		}
		delete(v.tiles.digests, key)
	}
	if len(v.tiles.digests) > 0 && v.report.Checked.Tiles == 0 && v.noTiles() {
		return
	}
	for key := range v.tiles.digests {
		v.report.add(TileMismatch, "tile %d of level %d is missing", key.n, key.level)
	}
}

// noTiles reports whether the source is one that never has tiles, such as an export.
func (v *logVerification) noTiles() bool {
	t, ok := v.src.(interface{ HasTiles() bool })
	return ok && !t.HasTiles()
}

type tileKey struct {
	level int
	n     int64
}

// tileDigests remembers of each full tile its digest.
type tileDigests struct {
	digests map[tileKey][32]byte
	open    []bytes.Buffer // the tile of each level that is not full
	done    []int64        // how many of each level are full
}

func (t *tileDigests) append(h tlog.Hash) {
	for level := 0; ; level++ {
		if level == len(t.open) {
			t.open, t.done = append(t.open, bytes.Buffer{}), append(t.done, 0)
		}
		t.open[level].Write(h[:])
		if t.open[level].Len() < TileBytes {
			return
		}
		data := t.open[level].Bytes()
		t.digests[tileKey{level, t.done[level]}] = sha256.Sum256(data)
		t.done[level]++
		h = subtree(data)
		t.open[level].Reset()
	}
}
