// Package own records Daybook's own entries: that somebody exported, viewed, made a key. Their
// resource types begin with daybook.ReservedPrefix, which a daybook.Recorder refuses, so that no
// application can make one through it.
package own

import (
	"context"
	"fmt"
	"slices"

	"github.com/daybookdev/daybook"
)

// The resource types, without their prefix. Whoever records another adds it here.
const (
	View        = "view"         // somebody read entries; details.filter says which
	Export      = "export"       // somebody took entries away: details.filter, format, entries
	Proof       = "proof"        // somebody was given a proof
	Key         = "key"          // an API key was made, changed, used from a new address or revoked
	ViewerToken = "viewer_token" // likewise
	Session     = "session"      // somebody signed in to the viewer, or out
	SavedView   = "saved_view"   // a saved view was made, changed or deleted
	Config      = "config"       // the server started, with the digest of its configuration
	Access      = "access"       // a request was refused
	Gap         = "gap"          // entries were given up: how many, of when, why
)

var types = []string{View, Export, Proof, Key, ViewerToken, Session, SavedView, Config, Access, Gap}

// A Recorder records Daybook's own entries. Safe for concurrent use.
type Recorder struct{ book *daybook.Recorder }

// New returns a Recorder that appends to a. options may be nil; of them those that restrict or
// extend what may be recorded are not used.
func New(a daybook.Appender, options *daybook.Options) (*Recorder, error) {
	o := daybook.Options{}
	if options != nil {
		o = *options
	}
	o.ResourceTypes, o.Actions = types, nil
	if a != nil {
		a = prefixing{a}
	}
	book, err := daybook.New(a, &o)
	if err != nil {
		return nil, err
	}
	return &Recorder{book}, nil
}

// Record does what [daybook.Recorder.Record] does: it completes the entries from the scope, redacts
// and checks them. Their ResourceType is one of the constants; what is stored has the prefix. No
// handler may let a request choose it.
func (r *Recorder) Record(ctx context.Context, entries ...daybook.Entry) error {
	return r.book.Record(ctx, entries...)
}

// Stats returns the counts so far.
func (r *Recorder) Stats() daybook.Stats { return r.book.Stats() }

// Shutdown refuses further entries and waits for those under way.
func (r *Recorder) Shutdown(ctx context.Context) error { return r.book.Shutdown(ctx) }

// Type returns the resource type under which entries of one of the constants are stored.
func Type(name string) string { return daybook.ReservedPrefix + name }

// prefixing is the last step of an entry: the Recorder has checked that its type is one of ours.
type prefixing struct{ daybook.Appender }

func (p prefixing) Append(ctx context.Context, entries ...daybook.Entry) error {
	entries = slices.Clone(entries)
	for i := range entries {
		if !slices.Contains(types, entries[i].ResourceType) {
			return fmt.Errorf("append: %q is none of Daybook's own resource types", entries[i].ResourceType)
		}
		entries[i].ResourceType = Type(entries[i].ResourceType)
	}
	return p.Appender.Append(ctx, entries...)
}
