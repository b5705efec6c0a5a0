package workspace

import (
	"log/slog"

	"github.com/daybookdev/daybook"
)

// The resource types: the guide's RESOURCE_TYPES ("3. Use Consistent Resource Types"), and what this
// application has besides. GOOD: entries name a constant, and the recorder refuses any other word,
// so that a misspelt type is an error in the first test and not a gap in a report.
const (
	ResourceUser         = "user"
	ResourceOrganization = "organization"
	ResourceDocument     = "document"
	ResourceMembership   = "membership"
	ResourceAPIKey       = "api_key"
	ResourceNotification = "notification" // an e-mail that was sent, or could not be
	ResourceActivityLog  = "activity_log" // reading the audit log, which is itself recorded
	ResourceRequest      = "request"      // a request that was refused on a route without an entry of its own
)

// resourceTypes are all of them; nothing writes to it.
var resourceTypes = []string{ResourceUser, ResourceOrganization, ResourceDocument, ResourceMembership,
	ResourceAPIKey, ResourceNotification, ResourceActivityLog, ResourceRequest}

// PlatformOrganization is the organization of entries that belong to none yet: a sign-up that was
// refused, a sign-in with an address that nobody has, a request without a token.
const PlatformOrganization = "00000000-0000-4000-8000-000000000000"

// RecorderOptions returns the options with which the application's Recorder is made. logger may be
// nil.
func RecorderOptions(logger *slog.Logger) *daybook.Options {
	return &daybook.Options{
		ResourceTypes: resourceTypes,
		Organization:  PlatformOrganization,
		Redact:        dropTechnicalDetails,
		Logger:        logger,
	}
}

// dropTechnicalDetails takes out what the guide calls BAD under "1. Log Business Operations, Not
// Technical Details": a second wall behind the code that should not have put it there.
func dropTechnicalDetails(e *daybook.Entry) {
	for _, key := range []string{"sql_query", "connection_pool_size"} {
		delete(e.Details, key)
	}
}
