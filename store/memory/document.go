package memory

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// A documentKey is what no two documents have in common.
type documentKey struct{ kind, organization, name string }

// PutDocument stores a document; see [daybook.Documents].
func (s *Store) PutDocument(ctx context.Context, d daybook.Document) (daybook.Document, error) {
	if err := d.Normalize(); err != nil {
		return daybook.Document{}, fmt.Errorf("put document: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return daybook.Document{}, fmt.Errorf("put document: %w", err)
	}
	now := time.Now()
	for k, old := range s.documents {
		if old.Expired(now) && k != (documentKey{d.Kind, d.Organization, d.Name}) {
			delete(s.documents, k)
		}
	}
	k := documentKey{d.Kind, d.Organization, d.Name}
	old, there := s.documents[k]
	if there = there && !old.Expired(now); there && d.Revision != old.Revision || !there && d.Revision != 0 {
		return daybook.Document{}, fmt.Errorf("put document: %w", d.Conflict())
	}
	d = d.Next(old.Revision)
	s.documents[k] = own(d)
	return own(d), nil
}

// own returns d with a content that nobody else holds.
func own(d daybook.Document) daybook.Document {
	d.Content = bytes.Clone(d.Content)
	return d
}

// Document returns a document; see [daybook.Documents].
func (s *Store) Document(ctx context.Context, kind, organization, name string) (daybook.Document, error) {
	d, err := s.document(ctx, kind, organization, name)
	if err != nil {
		return daybook.Document{}, fmt.Errorf("read document: %w", err)
	}
	return own(d), nil
}

func (s *Store) document(ctx context.Context, kind, organization, name string) (daybook.Document, error) {
	asked := daybook.Document{Kind: kind, Organization: organization, Name: name}
	kind, organization, name, err := asked.Key()
	if err != nil {
		return asked, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return asked, err
	}
	d, there := s.documents[documentKey{kind, organization, name}]
	if !there || d.Expired(time.Now()) {
		return asked, asked.NotFound()
	}
	return d, nil
}

// ListDocuments returns documents in the order of their names; see [daybook.Documents].
func (s *Store) ListDocuments(ctx context.Context, kind, organization, after string, limit int) ([]daybook.Document, error) {
	kind, organization, limit, err := daybook.DocumentPage(kind, organization, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	var found []daybook.Document
	now := time.Now()
	for k, d := range s.documents {
		if k.kind == kind && k.organization == organization && k.name > after && !d.Expired(now) {
			found = append(found, own(d))
		}
	}
	slices.SortFunc(found, func(a, b daybook.Document) int { return strings.Compare(a.Name, b.Name) })
	return found[:min(len(found), limit)], nil
}

// DeleteDocument deletes a document; see [daybook.Documents].
func (s *Store) DeleteDocument(ctx context.Context, kind, organization, name string, revision int64) error {
	d, err := s.document(ctx, kind, organization, name)
	if err != nil {
		return fmt.Errorf("delete document: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := documentKey{d.Kind, d.Organization, d.Name}
	if now, there := s.documents[k]; !there {
		return fmt.Errorf("delete document: %w", d.NotFound())
	} else if revision != 0 && now.Revision != revision {
		return fmt.Errorf("delete document: %w", d.Conflict())
	}
	delete(s.documents, k)
	return nil
}
