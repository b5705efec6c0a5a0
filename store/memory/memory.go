// Package memory keeps the log in memory: for tests and examples, and as the model that every
// other store is compared with. It is written to be obviously right, not to be fast: a query looks
// at every entry. Nothing outlives the process.
package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/daybookdev/daybook"
)

// A Store is a daybook.Store in memory. It is also a [daybook.Watcher], a [daybook.Positions], a
// [daybook.Transactor], a [daybook.Reporter] and a [daybook.Documents]. Safe for concurrent use. Make
// one with [New].
type Store struct {
	mu        sync.Mutex // guards what follows
	entries   []kept     // in the total order: the first has the position 1
	places    map[key]int
	positions map[string]daybook.Position
	documents map[documentKey]daybook.Document
	changed   chan struct{} // closed, and replaced, when entries are appended
	closed    bool
	gone      chan struct{} // closed by Close
}

var (
	_ daybook.Store      = (*Store)(nil)
	_ daybook.Watcher    = (*Store)(nil)
	_ daybook.Positions  = (*Store)(nil)
	_ daybook.Transactor = (*Store)(nil)
	_ daybook.Reporter   = (*Store)(nil)
	_ daybook.Documents  = (*Store)(nil)
)

// epoch is that of every position: the order of a Store never begins anew.
const epoch = 1

// A key is what no two entries have in common.
type key struct {
	organization string
	id           daybook.ID
}

// kept is an entry as the store has it. Nobody else holds its details: they were made from their
// canonical form, and from that form every reader gets details of its own.
type kept struct {
	daybook.Entry
	details []byte
}

// New returns an empty Store. Close it to end whoever watches it; there is nothing else to release.
func New() *Store {
	return &Store{
		places:    map[key]int{},
		positions: map[string]daybook.Position{},
		documents: map[documentKey]daybook.Document{},
		changed:   make(chan struct{}),
		gone:      make(chan struct{}),
	}
}

// Append stores the entries; see [daybook.Appender]. When ctx has ended it stores nothing.
func (s *Store) Append(ctx context.Context, entries ...daybook.Entry) error {
	batch, err := prepare(entries)
	if err == nil {
		err = s.commit(ctx, batch)
	}
	if err != nil {
		return fmt.Errorf("append: %w", err)
	}
	return nil
}

// prepare normalizes copies of the entries and takes their details out of the caller's hands.
func prepare(entries []daybook.Entry) ([]kept, error) {
	batch := make([]kept, len(entries))
	var errs []error
	for i, e := range entries {
		details, err := e.Normalize()
		if err == nil {
			e.Details, err = parse(details)
		}
		if err != nil && len(entries) > 1 {
			err = fmt.Errorf("entry %d of %d: %w", i+1, len(entries), err)
		}
		if err != nil {
			errs = append(errs, err)
		}
		batch[i] = kept{e, details}
	}
	return batch, errors.Join(errs...)
}

// commit stores the whole batch, or nothing of it.
func (s *Store) commit(ctx context.Context, batch []kept) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	missing, err := s.missing(batch)
	if err != nil || len(missing) == 0 {
		return err
	}
	for _, e := range missing {
		s.places[key{e.OrganizationID, e.ID}] = len(s.entries)
		s.entries = append(s.entries, e)
	}
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

// missing returns the entries of the batch that are not stored yet, each once. One whose id
// belongs to an entry with other content, in the store or in the batch, is an ErrConflict.
func (s *Store) missing(batch []kept) ([]kept, error) {
	var missing []kept
	seen := map[key]kept{}
	for _, e := range batch {
		k := key{e.OrganizationID, e.ID}
		first, ok := seen[k]
		if place, stored := s.places[k]; stored {
			first, ok = s.entries[place], true
		}
		switch {
		case !ok:
			seen[k] = e
			missing = append(missing, e)
		case !daybook.SameContent(first.Entry, e.Entry):
			return nil, fmt.Errorf("%w: %v", daybook.ErrConflict, e.ID)
		}
	}
	return missing, nil
}

// usable returns why there is nothing to be had from s now. The caller holds mu.
func (s *Store) usable(ctx context.Context) error {
	if s.closed {
		return daybook.ErrClosed
	}
	return ctx.Err()
}

// parse reads the canonical form of details, nil where there are none.
func parse(canonical []byte) (daybook.Details, error) {
	if len(canonical) == 0 {
		return nil, nil
	}
	return daybook.ParseDetails(canonical)
}

// read returns the entry with details of its own, so that what a caller does to them stays there.
func (e *kept) read() daybook.Entry {
	out := e.Entry
	out.Details, _ = parse(e.details) // prepare has parsed the same bytes
	return out
}

// Close ends every Watch. A second call does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.gone)
	}
	return nil
}
