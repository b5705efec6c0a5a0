package daybook

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// entryFields are the members of an entry in JSON, in the order in which they are written.
var entryFields = []string{"id", "action", "resource_type", "resource_id", "organization_id", "user_id", "actor_type",
	"request_id", "outcome", "details", "ip_address", "user_agent", "created_at", "updated_at", "recorded_by"}

// ParseEntry parses the JSON form of one entry strictly: an unknown or a repeated member, a value of
// another type, and everything [ParseDetails] refuses is a [FieldError], and all that are wrong are
// returned together. Members may be absent or null. What it returns is not yet normalized.
func ParseEntry(data []byte) (Entry, error) {
	members, err := parseObject(data, "", entryLimits)
	if err != nil {
		return Entry{}, err
	}
	return entryOf(members)
}

func entryOf(members map[string]any) (Entry, error) {
	p := entryParser{members: members}
	var e Entry
	p.text("id", func(s string) (err error) { e.ID, err = ParseID(s); return err })
	p.text("action", func(s string) error { e.Action = Action(s); return nil })
	p.text("actor_type", func(s string) error { e.ActorType = ActorType(s); return nil })
	p.text("outcome", func(s string) error { e.Outcome = Outcome(s); return nil })
	for field, to := range map[string]*string{"resource_type": &e.ResourceType, "resource_id": &e.ResourceID,
		"organization_id": &e.OrganizationID, "user_id": &e.UserID, "request_id": &e.RequestID,
		"user_agent": &e.UserAgent, "recorded_by": &e.RecordedBy} {
		p.text(field, func(s string) error { *to = s; return nil })
	}
	p.text("ip_address", func(s string) (err error) {
		if e.IPAddress, err = netip.ParseAddr(s); err != nil {
			err = &FieldError{"ip_address", fmt.Sprintf("is %.60q, not an IPv4 or IPv6 address", s)}
		}
		return err
	})
	p.time("created_at", &e.CreatedAt)
	p.time("updated_at", &e.UpdatedAt)
	switch d := members["details"].(type) {
	case nil:
	case map[string]any:
		if len(d) > 0 {
			e.Details = d
		}
	default:
		p.refuse("details", "is not a JSON object")
	}
	for name := range members {
		if !slices.Contains(entryFields, name) {
			p.refuse(pathSegment(name), "is not a field of an entry: put what is your own into details")
		}
	}
	if len(p.errs) > 0 {
		slices.SortFunc(p.errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return Entry{}, errors.Join(p.errs...)
	}
	return e, nil
}

// UnmarshalJSON does what [ParseEntry] does.
func (e *Entry) UnmarshalJSON(data []byte) error {
	parsed, err := ParseEntry(data)
	if err == nil {
		*e = parsed
	}
	return err
}

// MarshalJSON writes the entry as one JSON object with the field names of the guide, leaving out
// what is empty; times are RFC 3339 in UTC, details are canonical.
func (e Entry) MarshalJSON() ([]byte, error) {
	type plain Entry // has the tags and not this method
	e.CreatedAt, e.UpdatedAt = e.CreatedAt.UTC(), e.UpdatedAt.UTC()
	return json.Marshal(plain(e))
}

// MarshalJSON writes the entry with its position.
func (s Sequenced) MarshalJSON() ([]byte, error) {
	entry, err := s.Entry.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return append(fmt.Appendf(nil, `{"position":%q,`, s.Position), entry[1:]...), nil
}

// UnmarshalJSON reads what MarshalJSON writes, as strictly as [ParseEntry].
func (s *Sequenced) UnmarshalJSON(data []byte) error {
	members, err := parseObject(data, "", entryLimits)
	if err != nil {
		return err
	}
	text, ok := members["position"].(string)
	if !ok {
		return &FieldError{"position", "is missing, or not a string"}
	}
	var parsed Sequenced
	if parsed.Position, err = ParsePosition(text); err != nil {
		return err
	}
	delete(members, "position")
	if parsed.Entry, err = entryOf(members); err == nil {
		*s = parsed
	}
	return err
}

type entryParser struct {
	members map[string]any
	errs    []error
}

func (p *entryParser) refuse(field, reason string) {
	p.errs = append(p.errs, &FieldError{field, reason})
}

func (p *entryParser) text(field string, set func(string) error) {
	switch v := p.members[field].(type) {
	case nil:
	case string:
		if v == "" { // absent and empty are one value
			return
		}
		if err := set(v); err != nil {
			p.errs = append(p.errs, err)
		}
	default:
		p.refuse(field, "is not a string")
	}
}

func (p *entryParser) time(field string, to *time.Time) {
	p.text(field, func(s string) (err error) {
		if *to, err = time.Parse(time.RFC3339Nano, s); err != nil {
			return &FieldError{field, fmt.Sprintf("is %.60q, not a time such as 2026-11-07T10:00:05.123456Z", s)}
		}
		return nil
	})
}
