package ledger

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/daybookdev/daybook"
)

// A bundle is one log in a file, with all that a verification needs but the trust: NDJSON, a line for
// each index, then a line for each list, then one with the newest checkpoint.
type bundleLine struct {
	Index   *int64          `json:"index,omitempty"`
	Kind    Kind            `json:"kind,omitempty"`
	Version int             `json:"version,omitempty"`
	Salt    []byte          `json:"salt,omitempty"`
	Erased  string          `json:"erased,omitempty"`
	Control string          `json:"control,omitempty"`
	Entry   json.RawMessage `json:"entry,omitempty"`
	Leaf    []byte          `json:"leaf,omitempty"` // of an entry that is not there
	ID      string          `json:"id,omitempty"`   // the same

	List       []byte `json:"list,omitempty"`
	Checkpoint string `json:"checkpoint,omitempty"`
}

// ErrDamaged means that the ledger holds what cannot be written down as if it were sound: run daybook
// verify.
var ErrDamaged = errors.New("the ledger is damaged")

// WriteBundle writes an organization's log to w, up to its newest checkpoint. It holds every value of
// every entry, and its salts.
func WriteBundle(ctx context.Context, src Source, organization string, w io.Writer) error {
	l, err := logOf(ctx, src, organization)
	if err != nil {
		return err
	}
	newest := Signed{}
	for s, err := range src.Checkpoints(ctx, l) {
		if err != nil {
			return err
		}
		newest = s
	}
	if newest.Note == "" {
		return fmt.Errorf("no checkpoint of %q was signed yet: run daybook checkpoint first", organization)
	}
	out := bufio.NewWriterSize(w, 64<<10)
	encode := json.NewEncoder(out)
	encode.SetEscapeHTML(false)
	lists := map[string]bool{}
	for row, err := range src.Rows(ctx, l) {
		if err != nil {
			return err
		}
		if row.Index >= newest.Size {
			break
		}
		line := bundleLine{Index: &row.Index}
		switch {
		case row.Fault != nil:
			return fmt.Errorf("%w at index %d: %w", ErrDamaged, row.Index, row.Fault)
		case row.Sealed == nil:
			line.Leaf = row.Hash
			if !row.ID.IsZero() {
				line.ID = row.ID.String()
			}
		default:
			s := row.Sealed
			line.Kind, line.Version, line.Control, line.Erased = s.Kind, s.Version, s.Control, s.Erased
			if s.Erased == "" {
				line.Salt = s.Salt[:]
			}
			if line.Entry, err = s.Entry.MarshalJSON(); err != nil {
				return err
			}
			listsOf(s, lists)
		}
		if err := encode.Encode(line); err != nil {
			return err
		}
	}
	for digest := range lists {
		sum, err := hex.DecodeString(digest)
		if err != nil || len(sum) != sha256.Size {
			continue // verify says so
		}
		content, err := src.List(ctx, [sha256.Size]byte(sum))
		if err != nil {
			return err
		}
		if content != nil {
			if err := encode.Encode(bundleLine{List: content}); err != nil {
				return err
			}
		}
	}
	if err := encode.Encode(bundleLine{Checkpoint: newest.Note}); err != nil {
		return err
	}
	return out.Flush()
}

// listsOf notes which lists a control entry names.
func listsOf(s *Sealed, lists map[string]bool) {
	if s.Kind == KindEntry {
		return
	}
	_, text, _ := bytes.Cut([]byte(s.Control), []byte(s.ID.String()+"\n"))
	line, _, _ := bytes.Cut(text, []byte("\n"))
	var state controlState
	if json.Unmarshal(line, &state) != nil {
		return // verify says so
	}
	for _, digest := range []string{state.List, state.Set, state.Except} {
		if len(digest) == 2*sha256.Size {
			lists[digest] = true
		}
	}
}

func logOf(ctx context.Context, src Source, organization string) (Log, error) {
	logs, err := src.Logs(ctx)
	if err != nil {
		return Log{}, err
	}
	for _, l := range logs {
		if l.Organization == organization {
			return l, nil
		}
	}
	return Log{}, fmt.Errorf("%w: %q", ErrNoLog, organization)
}

// A bundleSource reads a bundle again for each question: it may be larger than memory.
type bundleSource struct {
	path       string
	deployment string
	log        Log
	checkpoint Signed
	lists      map[[sha256.Size]byte][]byte
	controls   []bundleLine // few, so that the file is read once more only for its rows
}

// OpenBundle opens a file that WriteBundle wrote, as a Source.
func OpenBundle(ctx context.Context, path string) (Source, error) {
	b := &bundleSource{path: path, lists: map[[sha256.Size]byte][]byte{}}
	for line, err := range b.lines(ctx) {
		switch {
		case err != nil:
			return nil, err
		case b.checkpoint.Note != "":
			return nil, fmt.Errorf("read the bundle %s: there are lines behind the checkpoint", path)
		case line.Index != nil:
			b.log.Size = *line.Index + 1
			if line.Kind > KindEntry {
				b.controls = append(b.controls, line)
			}
		case line.List != nil:
			b.lists[sha256.Sum256(line.List)] = line.List
		case line.Checkpoint != "":
			b.checkpoint.Note = line.Checkpoint
		default:
			return nil, fmt.Errorf("read the bundle %s: a line is neither an index, a list nor a checkpoint", path)
		}
	}
	if b.checkpoint.Note == "" {
		return nil, fmt.Errorf("read the bundle %s: its last line is no checkpoint: it was cut off", path)
	}
	origin, _, _ := bytes.Cut([]byte(b.checkpoint.Note), []byte("\n"))
	var err error
	if b.deployment, b.log.Organization, b.log.Epoch, err = ParseOrigin(string(origin)); err != nil {
		return nil, fmt.Errorf("read the bundle %s: %w", path, err)
	}
	fmt.Sscan(string(b.checkpoint.Note[len(origin)+1:]), &b.checkpoint.Size)
	return b, nil
}

// lines yields the lines of the file. Each may be as long as an entry can be.
func (b *bundleSource) lines(ctx context.Context) iter.Seq2[bundleLine, error] {
	return func(yield func(bundleLine, error) bool) {
		f, err := os.Open(b.path)
		if err != nil {
			yield(bundleLine{}, err)
			return
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(make([]byte, 64<<10), 16<<20)
		for n := 1; lines.Scan(); n++ {
			if ctx.Err() != nil {
				yield(bundleLine{}, ctx.Err())
				return
			}
			var line bundleLine
			d := json.NewDecoder(bytes.NewReader(lines.Bytes()))
			d.DisallowUnknownFields()
			if err := d.Decode(&line); err != nil {
				yield(bundleLine{}, fmt.Errorf("read the bundle %s, line %d: %w", b.path, n, err))
				return
			}
			if !yield(line, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(bundleLine{}, fmt.Errorf("read the bundle %s: %w", b.path, err))
		}
	}
}

func (b *bundleSource) Deployment(context.Context) (string, error) { return b.deployment, nil }
func (b *bundleSource) Logs(context.Context) ([]Log, error)        { return []Log{b.log}, nil }
func (b *bundleSource) Close() error                               { return nil }

// HasTiles says that tiles are not there to be compared.
func (b *bundleSource) HasTiles() bool { return false }

func (b *bundleSource) Rows(ctx context.Context, l Log) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		origin := l.Origin(b.deployment)
		for line, err := range b.lines(ctx) {
			if err != nil {
				yield(Row{}, err)
				return
			}
			if line.Index != nil && !yield(line.row(origin), nil) {
				return
			}
		}
	}
}

func (b *bundleSource) Controls(_ context.Context, l Log) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for i := range b.controls {
			if !yield(b.controls[i].row(l.Origin(b.deployment)), nil) {
				return
			}
		}
	}
}

// row returns the row of a line. A bundle has no hash beside an entry that is there: the root says
// whether it is the right one.
func (line *bundleLine) row(origin string) Row {
	row := Row{Index: *line.Index}
	if line.Entry == nil {
		row.Hash = line.Leaf
		row.ID, _ = daybook.ParseID(line.ID)
		return row
	}
	s := &Sealed{Version: line.Version, Kind: line.Kind, Control: line.Control, Secrets: Secrets{Erased: line.Erased}}
	row.Sealed = s
	if s.Entry, row.Fault = daybook.ParseEntry(line.Entry); row.Fault != nil {
		return row
	}
	row.ID = s.ID
	if len(line.Salt) == len(s.Salt) {
		s.Salt = Salt(line.Salt)
	} else if line.Salt != nil || line.Erased == "" {
		row.Fault = errors.New("the salt is missing or has another length")
		return row
	}
	if leaf, err := s.Leaf(origin); err == nil {
		if h, err := leaf.Hash(); err == nil {
			row.Hash = h[:]
		}
	}
	return row
}

func (b *bundleSource) Checkpoints(context.Context, Log) iter.Seq2[Signed, error] {
	return func(yield func(Signed, error) bool) { yield(b.checkpoint, nil) }
}

func (b *bundleSource) Tiles(context.Context, Log) iter.Seq2[Tile, error] {
	return func(func(Tile, error) bool) {}
}

func (b *bundleSource) Strays(context.Context) iter.Seq2[Stray, error] {
	return func(func(Stray, error) bool) {}
}

func (b *bundleSource) Contradictions(context.Context) iter.Seq2[string, error] {
	return func(func(string, error) bool) {}
}

func (b *bundleSource) List(_ context.Context, digest [sha256.Size]byte) ([]byte, error) {
	return b.lists[digest], nil
}
