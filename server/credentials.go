package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/internal/own"
)

// NewCredentials returns the API keys, viewer tokens and sessions that the store of a log keeps. What
// happens to them is recorded in the organizations that it concerns, and, if that is all of them, in
// platform, which must not be "". logger may be nil.
func NewCredentials(store Store, platform string, logger *slog.Logger) (*access.Credentials, error) {
	documents, ok := store.(daybook.Documents)
	if !ok {
		return nil, errors.New("make credentials: the store keeps no documents")
	}
	if platform == "" {
		return nil, errors.New("make credentials: no platform organization is named, in which keys for all organizations are recorded")
	}
	platform, err := platformOf(store, platform)
	if err != nil {
		return nil, fmt.Errorf("make credentials: %w", err)
	}
	book, err := own.New(store, &daybook.Options{Logger: logger})
	if err != nil {
		return nil, fmt.Errorf("make credentials: %w", err)
	}
	return access.NewCredentials(access.CredentialsOptions{
		Storage: credentialStorage{documents},
		Record: func(ctx context.Context, c access.Change) error {
			return book.Record(ctx, entriesOf(c, platform)...)
		},
		Logger: logger,
	})
}

var actions = map[string]daybook.Action{"created": daybook.Create, "rotated": daybook.Update, "revoked": daybook.Delete}

// entriesOf returns the entries that tell of a change, one in each organization that it concerns. None
// of them names another organization.
func entriesOf(c access.Change, platform string) []daybook.Entry {
	organizations := c.Organizations
	if c.All {
		organizations = []string{platform}
	}
	var entries []daybook.Entry
	for _, organization := range organizations {
		details := daybook.Details{"did": c.Did, "by": c.By.ID(), "permissions": c.Permissions}
		operator, user := "", c.By.UserID()
		if c.By.ID() == "operator" { // the name of somebody outside the application
			operator, user = user, ""
		}
		for name, value := range map[string]string{"name": c.Name, "for": c.User, "filter": c.Filter, "origin": c.Origin, "operator": operator} {
			if value != "" {
				details[name] = value
			}
		}
		if c.All {
			details["all_organizations"] = true
		}
		if !c.ExpiresAt.IsZero() {
			details["expires_at"] = c.ExpiresAt.UTC().Format(time.RFC3339)
		}
		entries = append(entries, daybook.Entry{
			Action:         actions[c.Did],
			ResourceType:   c.Of,
			ResourceID:     c.ID,
			OrganizationID: organization,
			UserID:         user,
			ActorType:      actorOf(c.By),
			RecordedBy:     c.By.ID(),
			Details:        details,
		})
	}
	return entries
}

// actorOf returns what kind of actor a principal is, "" for one whose user says it.
func actorOf(p access.Principal) daybook.ActorType {
	if p.UserID() == "" && strings.HasPrefix(p.ID(), "key:") {
		return daybook.ActorAPIKey
	}
	return ""
}

// credentialStorage keeps credentials as documents of the deployment: which organizations a key is
// for is known only when it is found.
type credentialStorage struct{ documents daybook.Documents }

func (s credentialStorage) Put(ctx context.Context, c access.Stored) (access.Stored, error) {
	put, err := s.documents.PutDocument(ctx, daybook.Document{Kind: c.Kind, Name: c.Name, Revision: c.Revision, Content: c.Content, ExpiresAt: c.ExpiresAt})
	return storedOf(put), credentialError(err)
}

func (s credentialStorage) Get(ctx context.Context, kind, name string) (access.Stored, error) {
	d, err := s.documents.Document(ctx, kind, "", name)
	return storedOf(d), credentialError(err)
}

func (s credentialStorage) List(ctx context.Context, kind, after string, limit int) ([]access.Stored, error) {
	found, err := s.documents.ListDocuments(ctx, kind, "", after, limit)
	stored := make([]access.Stored, len(found))
	for i, d := range found {
		stored[i] = storedOf(d)
	}
	return stored, err
}

func (s credentialStorage) Delete(ctx context.Context, kind, name string) error {
	return credentialError(s.documents.DeleteDocument(ctx, kind, "", name, 0))
}

func storedOf(d daybook.Document) access.Stored {
	return access.Stored{Kind: d.Kind, Name: d.Name, Revision: d.Revision, Content: d.Content, ExpiresAt: d.ExpiresAt}
}

// credentialError says in access's words what the store says.
func credentialError(err error) error {
	switch {
	case errors.Is(err, daybook.ErrNotFound):
		return access.ErrUnknown
	case errors.Is(err, daybook.ErrConflict):
		return access.ErrChanged
	}
	return err
}
