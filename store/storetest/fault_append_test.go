package storetest_test

import (
	"context"
	"errors"
	"strings"

	"github.com/daybookdev/daybook"
)

// changing makes Append store other entries than it was given.
func changing(change func(e *daybook.Entry)) func(*faulty) {
	return func(s *faulty) {
		s.append = func(ctx context.Context, entries []daybook.Entry) error {
			changed := make([]daybook.Entry, len(entries))
			for i, e := range entries {
				change(&e)
				changed[i] = e
			}
			return s.Store.Append(ctx, changed...)
		}
	}
}

// stored returns the entry with the id, if there is one.
func (s *faulty) stored(organization string, id daybook.ID) (daybook.Entry, bool) {
	page, err := s.Store.Query(context.Background(), organization, daybook.Query{ID: id})
	if err != nil || len(page.Entries) == 0 {
		return daybook.Entry{}, false
	}
	return page.Entries[0], true
}

func appendFaults() []fault {
	return []fault{
		{"an append is seen with the next one", func(s *faulty) {
			var held []daybook.Entry
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				err := s.Store.Append(ctx, held...)
				held = entries
				return err
			}
		}, []string{"append/nil means visible"}},

		{"a call is cut to 1000 entries", func(s *faulty) {
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				return s.Store.Append(ctx, entries[:min(len(entries), 1000)]...)
			}
		}, []string{"append/many entries"}},

		{"the entries of a call are appended one by one", func(s *faulty) {
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				for _, e := range entries {
					if err := s.Store.Append(ctx, e); err != nil {
						return err
					}
				}
				return nil
			}
		}, []string{"append/one wrong entry", "same id/a conflict within one call", "refuse/a wrong entry", "refuse/an entry without"}},

		{"Append keeps the caller's details", func(s *faulty) {
			kept := map[daybook.ID]daybook.Details{}
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				for _, e := range entries {
					if _, err := e.Normalize(); err != nil {
						return err
					}
					kept[e.ID] = e.Details
					if err := s.Store.Append(ctx, e); err != nil {
						return err
					}
				}
				return nil
			}
			s.query = func(ctx context.Context, organization string, q daybook.Query) (daybook.Page, error) {
				page, err := s.Store.Query(ctx, organization, q)
				for i := range page.Entries {
					e := &page.Entries[i]
					e.Details, err = kept[e.ID].Normalize()
				}
				return page, err
			}
		}, []string{"append/the caller's entries"}},

		{"Append normalizes the caller's entries", func(s *faulty) {
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				for i := range entries {
					entries[i].Normalize()
				}
				return s.Store.Append(ctx, entries...)
			}
		}, []string{"append/the caller's entries"}},

		{"readers of Query share one copy", func(s *faulty) {
			shared := map[daybook.ID]daybook.Entry{}
			reading(s, func(e *daybook.Entry) {
				if _, ok := shared[e.ID]; !ok {
					shared[e.ID] = *e
				}
				*e = shared[e.ID]
			})
		}, []string{"append/what was read"}},

		{"entries without an id share that of their time", changing(func(e *daybook.Entry) {
			if e.ID.IsZero() && !e.CreatedAt.IsZero() {
				e.ID = daybook.MinID(e.CreatedAt)
			}
		}), []string{"append/an entry without id"}},

		{"a cancelled append stores the first half", func(s *faulty) {
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				if err := ctx.Err(); err != nil {
					s.Store.Append(context.WithoutCancel(ctx), entries[:len(entries)/2]...)
					return err
				}
				return s.Store.Append(ctx, entries...)
			}
		}, []string{"append/an append whose context"}},

		{"a refusal names no field", func(s *faulty) {
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				if err := s.Store.Append(ctx, entries...); errors.Is(err, daybook.ErrInvalid) {
					return daybook.ErrInvalid
				} else {
					return err
				}
			}
		}, []string{"refuse/a wrong entry"}},

		{"an entry without an organization gets the default one", changing(func(e *daybook.Entry) {
			if e.OrganizationID == "" {
				e.OrganizationID = "acme"
			}
		}), []string{"refuse/an entry without"}},

		{"an entry that is sent again is a conflict", func(s *faulty) {
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				s.mu.Lock()
				defer s.mu.Unlock()
				for _, e := range entries {
					if _, ok := s.stored(e.OrganizationID, e.ID); ok {
						return daybook.ErrConflict
					}
				}
				return s.Store.Append(ctx, entries...)
			}
		}, []string{"same id/the same entry again", "same id/sixteen callers", "same id/who delivered"}},

		{"a conflict is passed over in silence", func(s *faulty) {
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				err := s.Store.Append(ctx, entries...)
				if errors.Is(err, daybook.ErrConflict) {
					return nil
				}
				return err
			}
		}, []string{"same id/another entry", "same id/of sixteen callers", "same id/a conflict within one call"}},

		{"the last entry with an id wins", func(s *faulty) {
			last := map[daybook.ID]daybook.Entry{}
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				err := s.Store.Append(ctx, entries...)
				if errors.Is(err, daybook.ErrConflict) {
					for _, e := range entries {
						last[e.ID] = e
					}
				}
				return err
			}
			reading(s, func(e *daybook.Entry) {
				if l, ok := last[e.ID]; ok {
					*e = l
				}
			})
		}, []string{"same id/another entry"}},

		{"the credential is part of the content", func(s *faulty) {
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				for _, e := range entries {
					if first, ok := s.stored(e.OrganizationID, e.ID); ok && first.RecordedBy != e.RecordedBy {
						return daybook.ErrConflict
					}
				}
				return s.Store.Append(ctx, entries...)
			}
		}, []string{"same id/who delivered"}},

		{"ids are unique across organizations", func(s *faulty) {
			first := map[daybook.ID]string{}
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				for _, e := range entries {
					if o, ok := first[e.ID]; ok && o != e.OrganizationID {
						continue // as "on conflict do nothing" would
					}
					first[e.ID] = e.OrganizationID
					if err := s.Store.Append(ctx, e); err != nil {
						return err
					}
				}
				return nil
			}
		}, []string{"same id/one id in two", "isolation/no query"}},

		{"an id is cut to 255 bytes", changing(func(e *daybook.Entry) {
			if len(e.UserID) > 255 && len(e.UserID)%4 == 0 {
				e.UserID = e.UserID[:252]
			}
		}), []string{"fields/every field"}},

		{"the credential is not kept", changing(func(e *daybook.Entry) { e.RecordedBy = "" }), []string{"fields/the credential"}},

		{"a long user agent is refused", func(s *faulty) {
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				for _, e := range entries {
					if len(e.UserAgent) > daybook.MaxUserAgent {
						return &daybook.FieldError{Field: "user_agent", Reason: "is too long"}
					}
				}
				return s.Store.Append(ctx, entries...)
			}
		}, []string{"fields/what clients choose"}},

		{"details of 64 KiB are too large for the column", func(s *faulty) {
			s.append = func(ctx context.Context, entries []daybook.Entry) error {
				for _, e := range entries {
					if text, _ := e.Details.Canonical(); len(text) > 65535 {
						return &daybook.FieldError{Field: "details", Reason: "is too large"}
					}
				}
				return s.Store.Append(ctx, entries...)
			}
		}, []string{"details/details at their limits"}},

		{"text is cut at the first line", changing(func(e *daybook.Entry) { e.UserAgent, _, _ = strings.Cut(e.UserAgent, "\n") }), []string{"fields/every field"}},

		{"the credential is dropped", changing(func(e *daybook.Entry) { e.RecordedBy = "" }), []string{"fields/the credential"}},
	}
}
