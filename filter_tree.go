package daybook

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// A FilterTree is what a [Filter] means, in the few forms that a store compiles. What a store does
// not know, or cannot state exactly, it leaves to Matches: a top-level [FilterAll] can be split into
// what becomes SQL and what is applied to the rows; under a [FilterAny] or a [FilterNot] a branch is
// compiled whole or not at all.
//
// There are two truth values: a test of what an entry has not is false, and FilterNot of it true.
// There are forms without an exported type, for which there is only Matches.
type FilterTree interface {
	// Matches reports whether e, in the form in which stores return it, passes the test.
	Matches(e *Entry) bool
}

type (
	// FilterAll is true where each is. Without any it is true.
	FilterAll []FilterTree

	// FilterAny is true where at least one is. Without any it is false.
	FilterAny []FilterTree

	// FilterNot is true where Tree is false.
	FilterNot struct{ Tree FilterTree }

	// FilterPresent is true where the field has a value; "details" is present when there is a member.
	FilterPresent struct{ Field Field }

	// FilterEqual is true where the field is one of the values, byte by byte.
	FilterEqual struct {
		Field  Field
		Values []string
	}

	// FilterPrefix is true where the field begins so, byte by byte.
	FilterPrefix struct {
		Field  Field
		Prefix string
	}

	// FilterContains is true where the field, its A-Z folded to a-z, contains the folded text.
	FilterContains struct {
		Field  Field
		Folded string
	}

	// FilterTimes is true where From <= the time < To. A zero bound is none.
	FilterTimes struct {
		Field    Field // "created_at" or "updated_at"
		From, To time.Time
	}

	// FilterAnonymized is true where the entry was changed after it was recorded.
	FilterAnonymized struct{}

	// FilterAddresses is true where the address is one of First to Last, which are of one family.
	FilterAddresses struct{ First, Last netip.Addr }

	// FilterDetails is true where a value at the path passes one of the tests. Each step looks into
	// the items of a list, one level deep, and so do the tests.
	FilterDetails struct {
		Path  []FilterStep
		Tests []FilterValue
	}
)

// The fields by which entries are filtered and not counted.
const (
	fieldID        Field = "id"
	fieldRequestID Field = "request_id"
	fieldIPAddress Field = "ip_address"
	fieldUserAgent Field = "user_agent"
	fieldCreatedAt Field = "created_at"
	fieldUpdatedAt Field = "updated_at"
	fieldDetails   Field = "details"
)

// filterText returns the field's text in e, "" where e has none.
func filterText(f Field, e *Entry) string {
	switch f {
	case fieldID:
		return e.ID.String()
	case fieldRequestID:
		return e.RequestID
	case fieldIPAddress:
		if e.IPAddress.IsValid() {
			return e.IPAddress.String()
		}
		return ""
	case fieldUserAgent:
		return e.UserAgent
	}
	return f.Of(e)
}

func (t FilterAll) Matches(e *Entry) bool {
	for _, part := range t {
		if !part.Matches(e) {
			return false
		}
	}
	return true
}

func (t FilterAny) Matches(e *Entry) bool {
	for _, part := range t {
		if part.Matches(e) {
			return true
		}
	}
	return false
}

func (t FilterNot) Matches(e *Entry) bool { return !t.Tree.Matches(e) }

func (t FilterPresent) Matches(e *Entry) bool {
	switch t.Field {
	case fieldDetails:
		return len(e.Details) > 0
	case fieldCreatedAt, fieldUpdatedAt:
		return true
	}
	return filterText(t.Field, e) != ""
}

func (t FilterEqual) Matches(e *Entry) bool { return slices.Contains(t.Values, filterText(t.Field, e)) }

func (t FilterPrefix) Matches(e *Entry) bool {
	text := filterText(t.Field, e)
	return text != "" && strings.HasPrefix(text, t.Prefix)
}

func (t FilterContains) Matches(e *Entry) bool {
	return strings.Contains(lowerASCII(filterText(t.Field, e)), t.Folded)
}

func (t FilterTimes) Matches(e *Entry) bool {
	at := e.CreatedAt
	if t.Field == fieldUpdatedAt {
		at = e.UpdatedAt
	}
	return (t.From.IsZero() || !at.Before(t.From)) && (t.To.IsZero() || at.Before(t.To))
}

func (t FilterAnonymized) Matches(e *Entry) bool { return e.UpdatedAt.After(e.CreatedAt) }

func (t FilterAddresses) Matches(e *Entry) bool {
	a := e.IPAddress
	return a.IsValid() && a.BitLen() == t.First.BitLen() && t.First.Compare(a) <= 0 && a.Compare(t.Last) <= 0
}

// A testFunc is a test that no store states in its own language.
type testFunc func(e *Entry) bool

func (f testFunc) Matches(e *Entry) bool { return f(e) }

// simplify joins FilterAlls within each other, and FilterAnys, and takes the wrapping off a single one.
func simplify(t FilterTree) FilterTree {
	switch t := t.(type) {
	case FilterAll:
		var parts FilterAll
		for _, part := range t {
			part = simplify(part)
			if inner, ok := part.(FilterAll); ok {
				parts = append(parts, inner...)
			} else {
				parts = append(parts, part)
			}
		}
		if len(parts) == 1 {
			return parts[0]
		}
		return parts
	case FilterAny:
		var parts FilterAny
		for _, part := range t {
			part = simplify(part)
			if inner, ok := part.(FilterAny); ok {
				parts = append(parts, inner...)
			} else {
				parts = append(parts, part)
			}
		}
		if len(parts) == 1 {
			return parts[0]
		}
		return parts
	case FilterNot:
		inner := simplify(t.Tree)
		if double, ok := inner.(FilterNot); ok {
			return double.Tree
		}
		return FilterNot{inner}
	}
	return t
}
