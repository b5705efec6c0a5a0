package daybook

import "errors"

// Errors that callers tell apart. Everything else is a fault of the store or the network: try
// again later with the same entries, which is always harmless.
var (
	// ErrInvalid is wrapped by every [FieldError]: the input is wrong and was refused whole.
	// Correct the field it names; trying again unchanged cannot help.
	ErrInvalid = errors.New("invalid")

	// ErrNoOrganization means that neither the entry nor the context's scope names an
	// organization. Call it inside a scope, set Entry.OrganizationID, or name an organization for
	// such entries in [Options.Organization]. Daybook never guesses one.
	ErrNoOrganization = errors.New("no organization")

	// ErrConflict means that another entry already has this id in this organization. What is
	// stored stays as it is. Record under a new id; an entry that is sent again unchanged is no
	// conflict. For a [Document]: somebody else changed it meanwhile; read it again.
	ErrConflict = errors.New("another entry has this id")

	// ErrNotFound means that there is no such thing in this organization, or none any more.
	ErrNotFound = errors.New("not found")

	// ErrCursor means that a cursor was altered, or belongs to another query, order or
	// organization. Start again from the first page.
	ErrCursor = errors.New("invalid cursor")

	// ErrPosition means that a position is not one that this store gave out. Start again from
	// the zero Position, or from a saved one of this store.
	ErrPosition = errors.New("invalid position")

	// ErrUnknownCommit means that the connection was lost while a transaction committed. Ask for
	// the entry's id: if it is there, the transaction was committed.
	ErrUnknownCommit = errors.New("commit with unknown result")

	// ErrClosed means that the Recorder or the Store was shut down. Open another.
	ErrClosed = errors.New("closed")
)

// A FieldError says which field of an entry, a query or an option was refused, and why. It
// unwraps to [ErrInvalid].
type FieldError struct {
	Field  string // as it is called in JSON, with a path into details: "resource_type", "details.tags.3"
	Reason string // a clause that follows the field: "is longer than 100 characters"
}

// Error returns the field and the reason.
func (e *FieldError) Error() string { return e.Field + " " + e.Reason }

// Unwrap returns ErrInvalid.
func (e *FieldError) Unwrap() error { return ErrInvalid }
