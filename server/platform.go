package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/own"
	"github.com/daybookdev/daybook/store/postgres"
)

const (
	// DefaultPlatform is the organization of entries about the deployment as a whole, unless the
	// configuration names another.
	DefaultPlatform = "daybook"

	// PlatformUUID stands for DefaultPlatform in a PostgreSQL whose ids are UUIDs. It is one of
	// version 8 (RFC 9562, section 5.8) with "daybook" in it.
	PlatformUUID = "64617962-6f6f-8b00-8000-000000000000"
)

// platformOf returns the name under which the store can hold the platform's organization.
func platformOf(store Store, name string) (string, error) {
	s, ok := store.(interface{ IDs() postgres.IDs })
	if !ok || s.IDs() != postgres.UUID {
		return name, nil
	}
	if name == DefaultPlatform {
		return PlatformUUID, nil
	}
	if _, ok := daybook.ParseUUID(name); !ok {
		return "", &daybook.FieldError{Field: "platform_organization", Reason: fmt.Sprintf("is %.60q, but the ids of this log are UUIDs: name one", name)}
	}
	return name, nil
}

// recordStart records that a server started, and with which configuration: its digest, which the
// next start can be compared with, and whether it is that of the start before.
func (s *Server) recordStart(ctx context.Context) error {
	var text strings.Builder
	if err := (&LoadedConfig{Config: s.config}).Write(&text); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(text.String()))
	digest := hex.EncodeToString(sum[:])
	page, err := s.log.Store.Query(ctx, s.platform, daybook.Query{ResourceType: daybook.ReservedPrefix + own.Config, Limit: 1})
	if err != nil {
		return fmt.Errorf("look for the start before: %w", err)
	}
	changed := len(page.Entries) == 0 || page.Entries[0].Details["configuration_sha256"] != digest
	book, err := own.New(s.log.Store, &daybook.Options{Logger: s.logger, Timeout: s.config.Timeout})
	if err != nil {
		return err
	}
	return book.Record(ctx, daybook.Entry{
		Action: daybook.Update, ResourceType: own.Config, OrganizationID: s.platform, ActorType: daybook.ActorSystem,
		Details: daybook.Details{"did": "started", "configuration_sha256": digest, "changed": changed, "version": s.config.Version},
	})
}
