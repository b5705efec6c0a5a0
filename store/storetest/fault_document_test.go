package storetest_test

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// overwriting puts documents whatever their revision.
func overwriting(s *faulty) {
	s.putDocument = func(ctx context.Context, d daybook.Document) (daybook.Document, error) {
		for {
			if old, err := s.Store.Document(ctx, d.Kind, d.Organization, d.Name); err == nil {
				d.Revision = old.Revision
			} else {
				d.Revision = 0
			}
			put, err := s.Store.PutDocument(ctx, d)
			if !errors.Is(err, daybook.ErrConflict) {
				return put, err
			}
		}
	}
}

// looking compares revisions before it writes, without holding anybody off in between.
func looking(s *faulty) {
	overwriting(s)
	write := s.putDocument
	s.putDocument = func(ctx context.Context, d daybook.Document) (daybook.Document, error) {
		old, err := s.Store.Document(ctx, d.Kind, d.Organization, d.Name)
		if there := err == nil; there && old.Revision != d.Revision || !there && d.Revision != 0 {
			return daybook.Document{}, d.Conflict()
		}
		for range 10 {
			runtime.Gosched()
		}
		return write(ctx, d)
	}
}

// renamed gives every document another key.
func renamed(key func(kind, organization, name string) (string, string, string)) func(*faulty) {
	return func(s *faulty) {
		s.putDocument = func(ctx context.Context, d daybook.Document) (daybook.Document, error) {
			asked := d
			d.Kind, d.Organization, d.Name = key(d.Kind, d.Organization, d.Name)
			put, err := s.Store.PutDocument(ctx, d)
			put.Kind, put.Organization, put.Name = asked.Kind, asked.Organization, asked.Name
			return put, err
		}
		s.document = func(ctx context.Context, kind, organization, name string) (daybook.Document, error) {
			k, o, n := key(kind, organization, name)
			d, err := s.Store.Document(ctx, k, o, n)
			d.Kind, d.Organization, d.Name = kind, organization, name
			return d, err
		}
	}
}

// kept remembers expired documents.
func kept(s *faulty) {
	seen := map[string]daybook.Document{}
	s.putDocument = func(ctx context.Context, d daybook.Document) (daybook.Document, error) {
		put, err := s.Store.PutDocument(ctx, d)
		s.mu.Lock()
		defer s.mu.Unlock()
		if err == nil {
			seen[put.Kind+"/"+put.Organization+"/"+put.Name] = put
		}
		return put, err
	}
	s.document = func(ctx context.Context, kind, organization, name string) (daybook.Document, error) {
		d, err := s.Store.Document(ctx, kind, organization, name)
		s.mu.Lock()
		defer s.mu.Unlock()
		if old, there := seen[kind+"/"+organization+"/"+name]; errors.Is(err, daybook.ErrNotFound) && there {
			return old, nil
		}
		return d, err
	}
}

func documentFaults() []fault {
	return []fault{
		{"a document loses its last byte", func(s *faulty) {
			s.document = func(ctx context.Context, kind, organization, name string) (daybook.Document, error) {
				d, err := s.Store.Document(ctx, kind, organization, name)
				d.Content = d.Content[:max(0, len(d.Content)-1)]
				return d, err
			}
		}, []string{"documents/a document is read", "documents/a put with another", "documents/the caller's memory"}},

		{"a put overwrites what is there", overwriting, []string{"documents/a put with another", "documents/of many who create",
			"documents/an expired document is not", "documents/a revision from"}},

		{"a put looks and then writes", looking, []string{"documents/of many who create", "documents/of many who change"}},

		{"documents have no kind", renamed(func(_, organization, name string) (string, string, string) { return "any", organization, name }),
			[]string{"documents/documents of other"}},
		{"documents have no organization", renamed(func(kind, _, name string) (string, string, string) { return kind, "any", name }),
			[]string{"documents/documents of other"}},
		{"names have no case", renamed(func(kind, organization, name string) (string, string, string) {
			return kind, organization, strings.ToLower(name)
		}), []string{"documents/documents of other"}},

		{"a list is that of all organizations", func(s *faulty) {
			s.listDocuments = func(ctx context.Context, kind, organization, after string, limit int) ([]daybook.Document, error) {
				mine, err := s.Store.ListDocuments(ctx, kind, organization, after, limit)
				others, _ := s.Store.ListDocuments(ctx, kind, "ACME", after, limit)
				return slices.Concat(mine, others), err
			}
		}, []string{"documents/documents of other"}},

		{"expired documents are read", kept, []string{"documents/an expired document is not", "documents/a document is deleted"}},

		{"expired documents keep their names", func(s *faulty) {
			taken := map[string]bool{}
			s.putDocument = func(ctx context.Context, d daybook.Document) (daybook.Document, error) {
				s.mu.Lock()
				defer s.mu.Unlock()
				if d.Revision == 0 && taken[d.Name] {
					return daybook.Document{}, d.Conflict()
				}
				taken[d.Name] = true
				return s.Store.PutDocument(ctx, d)
			}
		}, []string{"documents/an expired document can", "documents/a document is deleted"}},

		{"a page begins with the last name", func(s *faulty) {
			s.listDocuments = func(ctx context.Context, kind, organization, after string, limit int) ([]daybook.Document, error) {
				page, err := s.Store.ListDocuments(ctx, kind, organization, after, limit)
				if last, err := s.Store.Document(ctx, kind, organization, after); err == nil && len(page) > 0 {
					page = append([]daybook.Document{last}, page[:len(page)-1]...)
				}
				return page, err
			}
		}, []string{"documents/a list is in"}},
		{"a list has no order", func(s *faulty) {
			s.listDocuments = func(ctx context.Context, kind, organization, after string, limit int) ([]daybook.Document, error) {
				page, err := s.Store.ListDocuments(ctx, kind, organization, after, limit)
				slices.Reverse(page)
				return page, err
			}
		}, []string{"documents/a list is in"}},
		{"a list has no limit", func(s *faulty) {
			s.listDocuments = func(ctx context.Context, kind, organization, after string, _ int) ([]daybook.Document, error) {
				return s.Store.ListDocuments(ctx, kind, organization, after, daybook.MaxLimit)
			}
		}, []string{"documents/a list is in"}},

		{"a deletion does not look at the revision", func(s *faulty) {
			s.deleteDocument = func(ctx context.Context, kind, organization, name string, _ int64) error {
				return s.Store.DeleteDocument(ctx, kind, organization, name, 0)
			}
		}, []string{"documents/a document is deleted"}},
		{"a deletion deletes nothing", func(s *faulty) {
			s.deleteDocument = func(context.Context, string, string, string, int64) error { return nil }
		}, []string{"documents/a document is deleted", "documents/documents of other", "documents/documents end"}},

		{"revisions begin at 1", numbered, []string{"documents/a revision from", "documents/an expired document can"}},

		{"a wrong document is cut to fit", func(s *faulty) {
			s.putDocument = func(ctx context.Context, d daybook.Document) (daybook.Document, error) {
				d.Name = d.Name[:min(len(d.Name), daybook.MaxDocumentName)]
				return s.Store.PutDocument(ctx, d)
			}
		}, []string{"documents/a wrong document"}},

		{"the store keeps the caller's memory", func(s *faulty) {
			contents := map[string][]byte{}
			s.putDocument = func(ctx context.Context, d daybook.Document) (daybook.Document, error) {
				s.mu.Lock()
				defer s.mu.Unlock()
				contents[d.Name] = d.Content
				return s.Store.PutDocument(ctx, d)
			}
			s.document = func(ctx context.Context, kind, organization, name string) (daybook.Document, error) {
				d, err := s.Store.Document(ctx, kind, organization, name)
				s.mu.Lock()
				defer s.mu.Unlock()
				d.Content = contents[name]
				return d, err
			}
		}, []string{"documents/the caller's memory"}},

		{"a document is an entry too", func(s *faulty) {
			s.putDocument = func(ctx context.Context, d daybook.Document) (daybook.Document, error) {
				err := s.Store.Append(ctx, daybook.Entry{Action: daybook.Create, ResourceType: d.Kind, ResourceID: d.Name, OrganizationID: d.Organization})
				if err != nil {
					return daybook.Document{}, err
				}
				return s.Store.PutDocument(ctx, d)
			}
		}, []string{"documents/documents leave"}},

		{"a put does not look at its context", func(s *faulty) {
			s.putDocument = func(ctx context.Context, d daybook.Document) (daybook.Document, error) {
				return s.Store.PutDocument(context.WithoutCancel(ctx), d)
			}
		}, []string{"documents/documents end"}},
	}
}

// numbered keeps documents whose revisions begin at 1 each time.
func numbered(s *faulty) {
	type key struct{ kind, organization, name string }
	documents := map[key]daybook.Document{}
	there := func(k key) (daybook.Document, bool) {
		d, ok := documents[k]
		return d, ok && !d.Expired(time.Now())
	}
	s.putDocument = func(_ context.Context, d daybook.Document) (daybook.Document, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		k := key{d.Kind, d.Organization, d.Name}
		if old, ok := there(k); old.Revision != d.Revision && (ok || d.Revision != 0) {
			return daybook.Document{}, d.Conflict()
		}
		d = d.Next(0)
		d.Revision = documents[k].Revision + 1
		if _, ok := there(k); !ok {
			d.Revision = 1
		}
		documents[k] = d
		return d, nil
	}
	s.document = func(_ context.Context, kind, organization, name string) (daybook.Document, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		d, ok := there(key{kind, organization, name})
		if !ok {
			return d, daybook.Document{Kind: kind, Name: name}.NotFound()
		}
		return d, nil
	}
	s.deleteDocument = func(_ context.Context, kind, organization, name string, _ int64) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		maps.DeleteFunc(documents, func(k key, _ daybook.Document) bool { return k == key{kind, organization, name} })
		return nil
	}
}
