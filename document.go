package daybook

import (
	"context"
	"fmt"
	"time"
)

// A Document is a small record that a server keeps for itself beside the log: an API key, a session,
// a saved view. It is no entry: it is changed and deleted, nobody is shown that it was, and what
// happened to it is told by entries.
type Document struct {
	Kind         string    // what it is, such as "view": letters, digits and _ - . beginning with a letter
	Organization string    // whose it is; "": the deployment's own
	Name         string    // no two of one kind and organization have the same
	Revision     int64     // changes with each Put; 0 has never been put
	Content      []byte    // at most MaxDocument bytes
	UpdatedAt    time.Time // when it was put; the store sets it
	ExpiresAt    time.Time // from then on it is not there; zero: never. To the microsecond
}

// Documents is a Store that keeps documents. Its methods are safe for concurrent use, also by several
// programs on one database. A put or a deletion that returns nil is durable, and visible to whoever
// asks next.
type Documents interface {
	// PutDocument stores d in place of the one with d.Revision, or creates it if that is 0, and
	// returns it with its new revision. If there is another one, or none but d.Revision is not 0,
	// it is ErrConflict and nothing is changed: read it again and decide. d.UpdatedAt is not used.
	// Its FieldErrors are those of [Document.Normalize].
	//
	// Revisions of a name rise, also over its deletion, unless the clock is set back.
	PutDocument(ctx context.Context, d Document) (Document, error)

	// Document returns the document. Its error is ErrNotFound if there is none or it has expired.
	Document(ctx context.Context, kind, organization, name string) (Document, error)

	// ListDocuments returns at most limit documents whose names are greater than after, in the
	// order of the bytes of their names. A limit of 0 means DefaultLimit, and more than MaxLimit means that.
	ListDocuments(ctx context.Context, kind, organization, after string, limit int) ([]Document, error)

	// DeleteDocument deletes the document with the revision, or any if that is 0. It is ErrNotFound
	// if there is none, and ErrConflict if it has another revision.
	DeleteDocument(ctx context.Context, kind, organization, name string, revision int64) error
}

const (
	// MaxDocument is how many bytes the content of a [Document] may have.
	MaxDocument = 1 << 20

	// MaxDocumentName is how many characters the name of a [Document] may have.
	MaxDocumentName = 255
)

// Normalize gives each value of d one spelling: an organization that is a UUID in lower case, times
// in UTC and to the microsecond. Stores call it. Its error is a [FieldError] for kind, organization,
// name, revision, content or expires_at.
func (d *Document) Normalize() error {
	if err := d.normalizeKey(); err != nil {
		return err
	}
	switch {
	case d.Revision < 0:
		return &FieldError{"revision", "is negative"}
	case len(d.Content) > MaxDocument:
		return &FieldError{"content", fmt.Sprintf("is longer than %d bytes", MaxDocument)}
	case !d.ExpiresAt.IsZero() && (d.ExpiresAt.Before(earliest) || !d.ExpiresAt.Before(latest)):
		return &FieldError{"expires_at", "is not between 1970 and 2199"}
	}
	if d.ExpiresAt = micro(d.ExpiresAt); d.Content == nil {
		d.Content = []byte{}
	}
	return nil
}

func (d *Document) normalizeKey() error {
	if err := checkResourceType(d.Kind); err != nil {
		err.(*FieldError).Field = "kind"
		return err
	}
	if err := normalizeText("organization", &d.Organization, MaxOrganizationID); err != nil {
		return err
	}
	if d.Name == "" {
		return &FieldError{"name", "is missing"}
	}
	name := d.Name
	if err := normalizeText("name", &name, MaxDocumentName); err != nil {
		return err
	}
	return nil
}

// Key returns the names of a document as stores have them, or a [FieldError].
func (d Document) Key() (kind, organization, name string, err error) {
	err = d.normalizeKey()
	return d.Kind, d.Organization, d.Name, err
}

// Next returns d as a store puts it now, in place of one with the given revision.
func (d Document) Next(replaced int64) Document {
	d.UpdatedAt = micro(time.Now())
	d.Revision = max(replaced+1, d.UpdatedAt.UnixMicro())
	return d
}

// Expired reports whether d is not there any more at a time.
func (d Document) Expired(now time.Time) bool {
	return !d.ExpiresAt.IsZero() && !now.Before(d.ExpiresAt)
}

// Conflict returns the ErrConflict for d.
func (d Document) Conflict() error {
	return &documentError{ErrConflict, fmt.Sprintf("%s %q was changed meanwhile: read it again", d.Kind, cut(d.Name, 60))}
}

// NotFound returns the ErrNotFound for d.
func (d Document) NotFound() error {
	return &documentError{ErrNotFound, fmt.Sprintf("there is no %s %q", d.Kind, cut(d.Name, 60))}
}

// A documentError is one of the errors about entries, said of a document.
type documentError struct {
	err  error
	text string
}

func (e *documentError) Error() string { return e.text }
func (e *documentError) Unwrap() error { return e.err }

// DocumentPage returns the arguments of ListDocuments as stores have them, or a [FieldError].
func DocumentPage(kind, organization, after string, limit int) (_, _ string, most int, err error) {
	d := Document{Kind: kind, Organization: organization, Name: "any"}
	if err := d.normalizeKey(); err != nil {
		return "", "", 0, err
	}
	if err := normalizeText("after", &after, MaxDocumentName); err != nil {
		return "", "", 0, err
	}
	if limit <= 0 {
		limit = DefaultLimit
	}
	return d.Kind, d.Organization, min(limit, MaxLimit), nil
}

// micro returns t as stores have it: in UTC, cut to the microsecond.
func micro(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}
