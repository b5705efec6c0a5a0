package daybook

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// An Appender takes entries. Most code that records needs nothing more.
type Appender interface {
	// Append stores all the entries, or none. It normalizes each (see [Entry.Normalize]) and
	// returns its FieldErrors for what is wrong. nil means durable, and visible to the next query.
	//
	// An entry whose organization and id are stored already is accepted and not stored again if
	// its content is the same ([SameContent]); otherwise Append returns ErrConflict and stores
	// nothing. After an error or a cancelled context the entries may or may not be stored; to
	// append the same entries again settles it. Append returns when ctx ends, whatever hangs, and
	// keeps nothing of entries after it returns.
	Append(ctx context.Context, entries ...Entry) error
}

// A Store keeps entries. Its methods are safe for concurrent use. Every implementation passes
// the suite in store/storetest.
//
// Query and Count see one organization, which is a parameter so that it cannot be forgotten; an
// empty one is ErrNoOrganization. Whatever is committed is visible to them.
type Store interface {
	Appender

	// Query returns one page of the entries of the organization that match q.
	Query(ctx context.Context, organization string, q Query) (Page, error)

	// Count counts the entries of the organization that match q, in groups by at most
	// MaxGroupFields fields, largest first, then by values. Without fields there is one group.
	// Order, After and Limit of q are not used. More than MaxGroups groups is a FieldError:
	// counts are exact or refused.
	Count(ctx context.Context, organization string, q Query, by ...Field) ([]Group, error)

	// Tail returns at most limit entries of all organizations behind a position, in the total
	// order of the store, and the position to go on from. The order is that in which the store
	// gave committed entries their place, not that of their times: an entry that commits late
	// comes late and is never skipped, and what one caller appended, one after the other or in one
	// call, keeps its order. An entry may be visible to Query a moment before Tail. At the end Tail returns no entries and the position it was
	// given. A limit of 0 means DefaultLimit. No handler of requests may use it: it sees
	// every organization.
	Tail(ctx context.Context, after Position, limit int) ([]Sequenced, Position, error)

	// Close releases what the store holds. Appends that were accepted are finished first.
	Close() error
}

// A Tx appends entries in a transaction of the application: they exist if and only if it commits.
// Packages of stores make one from a transaction, such as sqlite.Outbox.InTx. A Store is not a
// Tx, so it cannot be passed by mistake.
type Tx interface {
	Appender

	// Savepoint runs f so that its failure leaves the transaction as it was before, and usable.
	Savepoint(ctx context.Context, f func() error) error
}

// A Transactor runs f in a transaction, commits it when f returns nil, and rolls it back
// otherwise. The context that f gets carries the transaction for the application's own
// statements; how to take it out, the implementation says.
//
// An error that wraps [ErrUnknownCommit] means that nobody knows whether it was committed.
type Transactor interface {
	Transact(ctx context.Context, f func(ctx context.Context, tx Tx) error) error
}

// BestEffort returns a Tx whose failed appends leave the transaction usable, by a savepoint. The
// error is still returned. Use it for entries that must not stop the work.
func BestEffort(tx Tx) Tx { return bestEffort{tx} }

type bestEffort struct{ Tx }

func (b bestEffort) Append(ctx context.Context, entries ...Entry) error {
	return b.Savepoint(ctx, func() error { return b.Tx.Append(ctx, entries...) })
}

// A Watcher is a Store that can tell when there is something behind a position, so that
// followers need not poll. Follow uses it where it is there.
type Watcher interface {
	// Watch returns nil when entries may have been sequenced behind the position, and the
	// context's error when it ends first.
	Watch(ctx context.Context, after Position) error
}

// An Ender is a Store that can tell where its order ends, for followers that begin with what is to come.
type Ender interface {
	// Last returns the position of the last entry that has its place, the one before which Tail
	// ends. Its Number is 0 when there is none.
	Last(ctx context.Context) (Position, error)
}

// Positions is a Store that keeps the positions of followers under their names.
type Positions interface {
	// LoadPosition returns the saved position, the zero Position when there is none.
	LoadPosition(ctx context.Context, follower string) (Position, error)
	// SavePosition replaces the saved position, durably.
	SavePosition(ctx context.Context, follower string, p Position) error
}

// A Position is a place in the total order of one store. The zero Position is before the first
// entry. Positions of one epoch compare by Number; numbers rise but need not be dense.
type Position struct {
	Epoch  int   // changes when the order had to begin anew, for example after a restore
	Number int64 // 1 for the first entry
}

// String returns the position in the form that ParsePosition reads: "1-42".
func (p Position) String() string { return fmt.Sprintf("%d-%d", p.Epoch, p.Number) }

// ParsePosition parses what String returns; "" is the zero Position. Its error is ErrPosition.
func ParsePosition(s string) (Position, error) {
	if s == "" {
		return Position{}, nil
	}
	epoch, number, ok := strings.Cut(s, "-")
	e, err1 := strconv.ParseUint(epoch, 10, 31)
	n, err2 := strconv.ParseUint(number, 10, 63)
	p := Position{int(e), int64(n)}
	if !ok || err1 != nil || err2 != nil || p.String() != s {
		return Position{}, fmt.Errorf("%w %.40q: it looks like 1-42", ErrPosition, s)
	}
	return p, nil
}

// MarshalText returns what String returns.
func (p Position) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText does what ParsePosition does.
func (p *Position) UnmarshalText(text []byte) error {
	parsed, err := ParsePosition(string(text))
	if err == nil {
		*p = parsed
	}
	return err
}

// A Sequenced is an entry and its place in the total order.
type Sequenced struct {
	Position Position `json:"position"`
	Entry
}
