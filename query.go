package daybook

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"slices"
	"time"
)

const (
	DefaultLimit   = 50   // entries of a page whose query sets no limit
	MaxLimit       = 1000 // entries of a page; a larger limit means this one
	MaxGroups      = 1000 // groups of one Count
	MaxGroupFields = 3    // fields by which one Count groups
)

// A Query says which entries of an organization to return, and in which order. The zero Query
// matches all, newest first. Every field that is set narrows it; a list means any of its items.
type Query struct {
	ID           ID
	Actions      []Action
	ActorTypes   []ActorType
	Outcomes     []Outcome
	ResourceType string
	ResourceID   string
	UserID       string
	RequestID    string
	IPAddress    netip.Prefix // an address is a prefix of its full length
	Details      Details      // what the details must contain, see [Details.Contains]
	From, To     time.Time    // From <= CreatedAt < To; zero: unbounded
	Filter       Filter       // what else must match, in the filter language

	Order Order
	After Cursor // the Next of the page before; zero: the first page
	Limit int    // 0: DefaultLimit
}

// Order is the order of a query's entries: by (CreatedAt, ID). Since the id carries the time, that
// is the order of the ids.
type Order int

// The orders.
const (
	Newest Order = iota // latest first
	Oldest              // earliest first
)

// String returns "newest" or "oldest".
func (o Order) String() string {
	if o == Oldest {
		return "oldest"
	}
	return "newest"
}

// A Cursor is the place behind one entry in a query's order. It holds (CreatedAt, ID), of which
// the id is both. An entry that was stored when the first page was read is on exactly one page;
// one that arrives later with an earlier time may be on none. Outside a program it travels
// sealed, see [CursorKey].
type Cursor struct {
	Order Order
	ID    ID
}

// IsZero reports whether c is the zero Cursor: the place before the first entry.
func (c Cursor) IsZero() bool { return c == Cursor{} }

// A Page is a part of the answer to a Query.
type Page struct {
	Entries []Entry
	Next    Cursor // the Query's After for the next page; zero when this is the last

	// ScannedTo is the time up to which entries were looked at where a filter that no index serves
	// ended the page before it was full: it may be empty, and Next goes on from there. Zero: the
	// page is whole.
	ScannedTo time.Time
}

// Normalize brings q into the form that stores compile, and checks it. Conditions of the filter that
// other fields can say move there. Its errors are FieldErrors, or ErrCursor for a cursor of the other
// order.
func (q *Query) Normalize() error {
	var errs []error
	refuse := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	for _, a := range q.Actions {
		refuse(a.check())
	}
	for _, t := range q.ActorTypes {
		refuse(t.check())
	}
	for _, o := range q.Outcomes {
		refuse(o.check())
	}
	if q.ResourceType != "" {
		refuse(checkResourceType(q.ResourceType))
	}
	refuse(normalizeText("resource_id", &q.ResourceID, MaxResourceID))
	refuse(normalizeText("user_id", &q.UserID, MaxUserID))
	refuse(normalizeText("request_id", &q.RequestID, MaxRequestID))
	if p := q.IPAddress; p.IsValid() {
		bits := p.Bits()
		if p.Addr().Is4In6() {
			if bits -= 96; bits < 0 {
				refuse(&FieldError{"ip_address", fmt.Sprintf("is %v, which is neither an IPv4 nor an IPv6 network", p)})
				bits = 0
			}
		}
		q.IPAddress = netip.PrefixFrom(p.Addr().Unmap().WithZone(""), bits).Masked()
	} else if p != (netip.Prefix{}) {
		refuse(&FieldError{"ip_address", "is not an address or a network such as 192.0.2.0/24"})
	}
	q.From, q.To = q.From.UTC(), q.To.UTC()
	details, err := q.Details.Normalize()
	refuse(err)
	q.Details = details
	switch {
	case q.Limit < 0:
		refuse(&FieldError{"limit", "is negative"})
	case q.Limit == 0:
		q.Limit = DefaultLimit
	default:
		q.Limit = min(q.Limit, MaxLimit)
	}
	if q.Order != Newest && q.Order != Oldest {
		refuse(&FieldError{"order", "must be newest or oldest"})
	}
	if !q.After.IsZero() && (q.After.Order != q.Order || !q.After.ID.valid()) {
		refuse(fmt.Errorf("%w: it belongs to another query", ErrCursor))
	}
	if len(errs) == 0 {
		q.absorb()
	}
	return errors.Join(errs...)
}

// NormalizeOrganization returns the organization's id in the form in which entries have it, or
// ErrNoOrganization when it is empty. Stores call it first in Query and Count.
func NormalizeOrganization(organization string) (string, error) {
	if organization == "" {
		return "", ErrNoOrganization
	}
	err := normalizeText("organization_id", &organization, MaxOrganizationID)
	return organization, err
}

// Matches reports whether a query without order, cursor and limit finds e: the meaning of a
// query, which every store must agree with. q must have been normalized, and e be as a store returns
// it, with details as [ParseDetails] gives them. The organization is not part of it.
func (q *Query) Matches(e *Entry) bool {
	return (q.ID.IsZero() || q.ID == e.ID) &&
		(len(q.Actions) == 0 || slices.Contains(q.Actions, e.Action)) &&
		(len(q.ActorTypes) == 0 || slices.Contains(q.ActorTypes, e.ActorType)) &&
		(len(q.Outcomes) == 0 || slices.Contains(q.Outcomes, e.Outcome)) &&
		(q.ResourceType == "" || q.ResourceType == e.ResourceType) &&
		(q.ResourceID == "" || q.ResourceID == e.ResourceID) &&
		(q.UserID == "" || q.UserID == e.UserID) &&
		(q.RequestID == "" || q.RequestID == e.RequestID) &&
		(!q.IPAddress.IsValid() || q.IPAddress.Contains(e.IPAddress)) &&
		(q.From.IsZero() || !e.CreatedAt.Before(q.From)) &&
		(q.To.IsZero() || e.CreatedAt.Before(q.To)) &&
		(len(q.Details) == 0 || e.Details.Contains(q.Details)) &&
		q.Filter.Matches(e)
}

// A Field is one by which entries are counted. Its text is the field's name in JSON.
type Field string

// The fields by which Count groups.
const (
	ByAction       Field = "action"
	ByResourceType Field = "resource_type"
	ByResourceID   Field = "resource_id"
	ByUserID       Field = "user_id"
	ByActorType    Field = "actor_type"
	ByOutcome      Field = "outcome"
)

// Of returns the field's value in e, "" where e has none.
func (f Field) Of(e *Entry) string {
	switch f {
	case ByAction:
		return string(e.Action)
	case ByResourceType:
		return e.ResourceType
	case ByResourceID:
		return e.ResourceID
	case ByUserID:
		return e.UserID
	case ByActorType:
		return string(e.ActorType)
	case ByOutcome:
		return string(e.Outcome)
	}
	return ""
}

// CheckFields refuses, with a FieldError, a list of fields that Count cannot group by.
func CheckFields(by []Field) error {
	if len(by) > MaxGroupFields {
		return &FieldError{"by", fmt.Sprintf("has %d fields, more than %d", len(by), MaxGroupFields)}
	}
	for i, f := range by {
		switch f {
		case ByAction, ByResourceType, ByResourceID, ByUserID, ByActorType, ByOutcome:
		default:
			return &FieldError{"by", fmt.Sprintf("has %.40q, but entries are counted by action, resource_type, resource_id, user_id, actor_type or outcome", string(f))}
		}
		if slices.Contains(by[:i], f) {
			return &FieldError{"by", fmt.Sprintf("has %s twice", f)}
		}
	}
	return nil
}

// A Group is how many entries have the same values of the fields that Count was asked for.
type Group struct {
	Values []string `json:"values"` // one for each field, "" where the entries have none
	Count  int64    `json:"count"`
}

// CompareGroups orders groups as Count returns them: largest first, then by values.
func CompareGroups(a, b Group) int {
	if a.Count != b.Count {
		if a.Count > b.Count {
			return -1
		}
		return 1
	}
	return slices.Compare(a.Values, b.Values)
}

// TooManyGroups returns the error of a Count that would have more than MaxGroups groups.
func TooManyGroups() error {
	return &FieldError{"by", fmt.Sprintf("gives more than %d groups: narrow the query or group by fewer fields", MaxGroups)}
}

// All returns every entry of the organization that matches q, reading page after page. It stops
// behind the first error. Limit is the size of a page; 0 means MaxLimit.
func All(ctx context.Context, s Store, organization string, q Query) iter.Seq2[Entry, error] {
	if q.Limit == 0 {
		q.Limit = MaxLimit
	}
	return func(yield func(Entry, error) bool) {
		for q := q; ; {
			page, err := s.Query(ctx, organization, q)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, e := range page.Entries {
				if !yield(e, nil) {
					return
				}
			}
			if q.After = page.Next; q.After.IsZero() {
				return
			}
		}
	}
}
