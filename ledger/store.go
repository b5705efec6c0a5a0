package ledger

import (
	"context"
	"errors"

	"github.com/daybookdev/daybook"
)

// Errors of a [Store].
var (
	// ErrNoLog means that the organization has no log yet: record something in it first.
	ErrNoLog = errors.New("there is no log of this organization")

	// ErrNoPlace means that the entry is not in the log, or waits for its place there.
	ErrNoPlace = errors.New("the entry has no place in the log")
)

// A Store keeps the ledger beside the entries. It gives each entry its place in the transaction that
// makes it part of the order, and never changes what it has given. It holds no key.
type Store interface {
	Hashes

	// Deployment returns the name under which the store was created.
	Deployment(ctx context.Context) (string, error)

	// Logs returns all logs, by slot.
	Logs(ctx context.Context) ([]Log, error)

	// Log returns the log of an organization, or ErrNoLog.
	Log(ctx context.Context, organization string) (Log, error)

	// Row returns the row of an entry, or ErrNoPlace.
	Row(ctx context.Context, l Log, id daybook.ID) (Row, error)

	// Sequence gives what is committed and waits its place.
	Sequence(ctx context.Context) error

	// Checkpoint returns the newest signed checkpoint of a log, "" when there is none.
	Checkpoint(ctx context.Context, l Log) (string, error)

	// SaveCheckpoints keeps signed checkpoints. One that is there already stays as it is.
	SaveCheckpoints(ctx context.Context, checkpoints ...Signed) error

	// AppendControl appends a control entry; its salt is drawn here.
	AppendControl(ctx context.Context, e daybook.Entry, kind Kind, note string) error

	// SaveList keeps an erasure list or sweep set.
	SaveList(ctx context.Context, content []byte) error

	SourceStore
}

// Signed is a checkpoint with its signatures.
type Signed struct {
	Slot int64
	Checkpoint
	Note string
}

// A Keeping is a daybook.Store that keeps a ledger: an ability found by assertion.
type Keeping interface {
	// Ledger returns the store's ledger.
	Ledger() Store
}
