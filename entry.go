package daybook

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"
)

// The most characters a field may have. They are the guide's where it gives one.
const (
	MaxAction         = 20
	MaxResourceType   = 100
	MaxResourceID     = 255
	MaxUserID         = 255
	MaxOrganizationID = 255
	MaxRequestID      = 255 // bytes; what is longer is cut, since clients choose it
	MaxUserAgent      = 500 // bytes; what is longer is cut, since clients choose it
	MaxRecordedBy     = 255
)

// ReservedPrefix begins the resource types of Daybook's own entries. Applications cannot use it.
const ReservedPrefix = "daybook."

// An Entry says who did what to which resource, when, from where, in which organization, in which
// request, and why.
//
// Only Action and ResourceType must be set by hand; a [Recorder] fills the rest from the scope in
// the context. Ids of organizations, users and resources are opaque: a hyphenated UUID is kept in
// lower case, any other text as it is.
type Entry struct {
	ID             ID         `json:"id,omitzero"`               // set by the Recorder when zero; also the idempotency key
	Action         Action     `json:"action"`                    // CREATE, READ, UPDATE, DELETE, or one that the application registered
	ResourceType   string     `json:"resource_type"`             // "document": vocabulary, never a name or a URL
	ResourceID     string     `json:"resource_id,omitempty"`     // optional
	OrganizationID string     `json:"organization_id,omitempty"` // from the scope when empty; never empty once stored
	UserID         string     `json:"user_id,omitempty"`         // who acted; from the scope when empty; empty after anonymization and for the system
	ActorType      ActorType  `json:"actor_type,omitempty"`      // see the constants
	RequestID      string     `json:"request_id,omitempty"`      // from the scope when empty; the client's claim, never a key
	Outcome        Outcome    `json:"outcome,omitempty"`         // success when empty
	Details        Details    `json:"details,omitempty"`         // a JSON object, at most MaxDetails bytes in canonical form
	IPAddress      netip.Addr `json:"ip_address,omitzero"`       // from the scope when zero; IPv4 in IPv6 is folded, a zone is dropped
	UserAgent      string     `json:"user_agent,omitempty"`      // from the scope when empty
	CreatedAt      time.Time  `json:"created_at,omitzero"`       // when it happened: the time that ID carries, in UTC, to the microsecond
	UpdatedAt      time.Time  `json:"updated_at,omitzero"`       // CreatedAt, until the entry is anonymized; set by the store
	RecordedBy     string     `json:"recorded_by,omitempty"`     // the credential that wrote the entry; set by the server, empty in the library
}

// Result returns e with the outcome that err tells: success for nil, otherwise failure, with
// details.error_type and details.error_message.
func (e Entry) Result(err error) Entry {
	if err == nil {
		e.Outcome = Success
		return e
	}
	e.Outcome = Failure
	e.Details = e.Details.with("error_type", errorType(err)).with("error_message", cut(clean(err.Error()), 1024))
	return e
}

// LogValue shows what identifies the entry and none of its details, user agent or IP address.
func (e Entry) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("id", e.ID.String()),
		slog.String("organization_id", e.OrganizationID),
		slog.String("action", string(e.Action)),
		slog.String("resource_type", e.ResourceType),
		slog.String("resource_id", e.ResourceID),
		slog.String("outcome", string(e.Outcome)),
		slog.String("request_id", e.RequestID),
	)
}

// Normalize brings e into the one form in which every store keeps it, checks it, and returns the
// canonical form of its details, nil when there are none.
//
// The error joins a [FieldError] for every field that is wrong, and e is then not to be stored.
// Request id and user agent are cut to their length, as they come from outside; everything else
// that is too long is refused. An entry without an id gets one for CreatedAt, or for now; one
// with an id gets the id's time. A second call changes nothing.
func (e *Entry) Normalize() (details []byte, err error) {
	var errs []error
	refuse := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	refuse(e.normalizeTime())
	refuse(e.Action.check())
	refuse(checkResourceType(e.ResourceType))
	refuse(normalizeText("organization_id", &e.OrganizationID, MaxOrganizationID))
	if e.OrganizationID == "" {
		refuse(ErrNoOrganization)
	}
	refuse(normalizeText("resource_id", &e.ResourceID, MaxResourceID))
	refuse(normalizeText("user_id", &e.UserID, MaxUserID))
	refuse(normalizeText("recorded_by", &e.RecordedBy, MaxRecordedBy))
	if e.ActorType == "" {
		if e.ActorType = ActorUser; e.UserID == "" {
			e.ActorType = ActorSystem
		}
	}
	refuse(e.ActorType.check())
	if e.Outcome == "" {
		e.Outcome = Success
	}
	refuse(e.Outcome.check())
	e.RequestID = cut(clean(e.RequestID), MaxRequestID)
	e.UserAgent = cut(clean(e.UserAgent), MaxUserAgent)
	e.IPAddress = e.IPAddress.Unmap().WithZone("")
	details, err = e.Details.Canonical()
	refuse(err)
	return details, errors.Join(errs...)
}

func (e *Entry) normalizeTime() error {
	if !e.CreatedAt.IsZero() && (e.CreatedAt.Before(earliest) || !e.CreatedAt.Before(latest)) {
		return &FieldError{"created_at", "is not between 1970 and 2199"}
	}
	switch {
	case e.ID.IsZero() && e.CreatedAt.IsZero():
		e.ID = NewID()
	case e.ID.IsZero():
		e.ID = NewIDAt(e.CreatedAt)
	case !e.ID.valid():
		return &FieldError{"id", "is not a UUIDv7 (RFC 9562)"}
	case !e.CreatedAt.IsZero() && e.CreatedAt.UnixMilli() != e.ID.millis():
		return &FieldError{"created_at", fmt.Sprintf("is %s, but the id carries %s: give one of them, or the same millisecond in both",
			e.CreatedAt.UTC().Format(time.RFC3339Nano), e.ID.Time().Format(time.RFC3339Nano))}
	}
	e.CreatedAt = e.ID.Time()
	e.UpdatedAt = e.CreatedAt
	return nil
}

// SameContent reports whether a and b are the same entry, sent twice. When and by which
// credential an entry was delivered is not part of it, so RecordedBy and UpdatedAt may differ.
// Both must have been normalized.
func SameContent(a, b Entry) bool {
	da, errA := a.Details.Canonical()
	db, errB := b.Details.Canonical()
	return errA == nil && errB == nil && bytes.Equal(da, db) &&
		a.ID == b.ID && a.Action == b.Action && a.ResourceType == b.ResourceType && a.ResourceID == b.ResourceID &&
		a.OrganizationID == b.OrganizationID && a.UserID == b.UserID && a.ActorType == b.ActorType &&
		a.RequestID == b.RequestID && a.Outcome == b.Outcome && a.IPAddress == b.IPAddress && a.UserAgent == b.UserAgent
}

// checkResourceType keeps the resource type a word of the application's vocabulary: a raw URL, in
// which tokens live, or a name does not pass.
func checkResourceType(s string) error {
	switch {
	case s == "":
		return &FieldError{"resource_type", "is missing"}
	case utf8.RuneCountInString(s) > MaxResourceType:
		return &FieldError{"resource_type", fmt.Sprintf("is longer than %d characters", MaxResourceType)}
	}
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !(letter || i > 0 && ('0' <= c && c <= '9' || c == '_' || c == '-' || c == '.')) {
			return &FieldError{"resource_type", fmt.Sprintf("is %q, but must be letters, digits and _ - . beginning with a letter", s)}
		}
	}
	return nil
}

// normalizeText checks an opaque id and lower-cases it when it is a UUID, so that one id has one
// spelling in every store.
func normalizeText(field string, s *string, most int) error {
	switch {
	case len(*s) == 36:
		if u, ok := ParseUUID(*s); ok {
			var folded [36]byte
			if formatUUID(folded[:], u); string(folded[:]) != *s {
				*s = string(folded[:])
			}
			return nil
		}
	case len(*s) > most && utf8.RuneCountInString(*s) > most:
		return &FieldError{field, fmt.Sprintf("is longer than %d characters", most)}
	}
	if !utf8.ValidString(*s) {
		return &FieldError{field, "is not valid UTF-8"}
	}
	if strings.IndexByte(*s, 0) >= 0 {
		return &FieldError{field, "contains a NUL character"}
	}
	return nil
}

// clean makes text that a client chose storable: what is no UTF-8, and NUL, becomes U+FFFD.
func clean(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	return s
}

// cut returns the longest beginning of s that has at most n bytes and ends with a whole character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// with returns d and one more member, leaving the caller's map as it is. A member that d has
// stays.
func (d Details) with(key string, value any) Details {
	if _, ok := d[key]; ok {
		return d
	}
	out := make(Details, len(d)+1)
	for k, v := range d {
		out[k] = v
	}
	out[key] = value
	return out
}

// errorType names the first error in the chain whose type says something, without its package:
// "PathError" for a wrapped *fs.PathError, "Error" for what errors.New made.
func errorType(err error) string {
	for ; err != nil; err = errors.Unwrap(err) {
		name := strings.TrimPrefix(fmt.Sprintf("%T", err), "*")
		name = name[strings.LastIndexByte(name, '.')+1:]
		if name != "" && 'A' <= name[0] && name[0] <= 'Z' {
			return name
		}
	}
	return "Error"
}
