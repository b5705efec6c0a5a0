package ledger

import (
	"context"
	"crypto/sha256"
	"iter"
	"time"

	"github.com/daybookdev/daybook"
)

// A Log is the log of one organization, as its store knows it.
type Log struct {
	Slot         int64
	Organization string
	Epoch        int
	Size         int64 // as the store says
}

// Origin returns the log's name.
func (l Log) Origin(deployment string) string { return Origin(deployment, l.Organization, l.Epoch) }

// A Row is what lies at one index of a log.
type Row struct {
	Index    int64
	Position int64 // in the total order of the store; 0: it does not say
	ID       daybook.ID
	Hash     []byte  // the leaf hash that is kept beside the entry
	Sealed   *Sealed // nil: the entry is not there

	// Fault is why the entry, which is there, cannot be read: nothing that Daybook wrote looks so.
	Fault error

	// Derived names columns that queries read and that are not what follows from the entry.
	Derived []string
}

// A Stray is an entry that is in no log.
type Stray struct {
	Organization string
	ID           daybook.ID
	Waiting      time.Time // since when it waits for its place; zero: it does not
}

// A Source is what [Verify] reads: a database as one snapshot, or an export. What it returns is
// believed in nothing; a Source only has to show all that is there.
type Source interface {
	// Deployment returns the name under which the logs were written.
	Deployment(ctx context.Context) (string, error)

	// Logs returns all logs, by slot.
	Logs(ctx context.Context) ([]Log, error)

	// Rows returns the rows of a log by index. An index that is there twice comes twice.
	Rows(ctx context.Context, l Log) iter.Seq2[Row, error]

	// Controls returns the rows of control entries alone, by index.
	Controls(ctx context.Context, l Log) iter.Seq2[Row, error]

	// Checkpoints returns the signed checkpoints that are kept, by the size under which they are; the
	// rest of a Signed is in its note.
	Checkpoints(ctx context.Context, l Log) iter.Seq2[Signed, error]

	// Tiles returns the tiles that are kept.
	Tiles(ctx context.Context, l Log) iter.Seq2[Tile, error]

	// Strays returns the entries that are in no log.
	Strays(ctx context.Context) iter.Seq2[Stray, error]

	// Contradictions returns what in the store's own account of itself cannot be, in words.
	Contradictions(ctx context.Context) iter.Seq2[string, error]

	// List returns an erasure list or sweep set by its SHA-256, nil when it is not there.
	List(ctx context.Context, digest [sha256.Size]byte) ([]byte, error)

	Close() error
}

// A SourceStore is a daybook.Store that keeps a ledger and can show it.
type SourceStore interface {
	// LedgerSource returns the ledger as it is now. Close it soon: it holds a snapshot.
	LedgerSource(ctx context.Context) (Source, error)
}
