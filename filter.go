package daybook

import (
	"bytes"
	"time"
	"unicode/utf8"
)

// The limits of a filter.
const (
	MaxFilter       = 4 << 10 // bytes of its text
	MaxFilterTerms  = 64
	MaxFilterDepth  = 16 // parentheses within each other
	MaxFilterItems  = 100
	MaxFilterPath   = 8   // steps of a path into details
	MaxFilterRegexp = 256 // bytes of a regular expression
)

// A Filter is a condition on entries, in the one language that pages, the command line, exports,
// rules and streams share; docs/query.md describes it. The zero Filter matches everything.
//
// A Filter does not change once made: copy it, keep it, use it concurrently. Two filters that mean
// the same and were written alike have one text, see [Filter.String]. It says nothing of the
// organization, which is a parameter of every method that reads.
type Filter struct {
	root filterNode // what was written: nil for everything
	tree FilterTree // what it means
}

// FilterOptions are what a filter's text leaves open. The zero value is useful.
type FilterOptions struct {
	// Now is the moment from which -7d and today count; zero means the time of the call. They are
	// resolved once, so every page of an answer means the same.
	Now time.Time

	// Zone is where days, and stamps without a zone, are meant; nil means UTC.
	Zone *time.Location

	// Me is the user that user:me means; with "" it is refused.
	Me string

	// Lasting refuses what holds for a moment only, relative times and user:me, in filters that
	// outlive a request: those of rules, streams, retention policies and legal holds.
	Lasting bool

	// Actions are those that the application registered, beside the four. Another one is a note;
	// with none given there is no such note.
	Actions []Action
}

// ParseFilter reads a filter. Its error is a [FilterError], which wraps [ErrInvalid]. The notes are
// about filters that are right and probably not what was meant. nil options work.
func ParseFilter(text string, o *FilterOptions) (Filter, []FilterNote, error) {
	p := newFilterParser(text, o)
	root, err := p.parse()
	if err != nil {
		return Filter{}, nil, err
	}
	f := newFilter(root)
	return f, append(p.notes, p.review(f, utf8.RuneCountInString(text))...), nil
}

// AllOf returns the filter that matches what every one of the filters matches. They are joined as
// trees, so nothing in the text of one can widen another; limits hold for each and not for their sum.
func AllOf(filters ...Filter) Filter {
	var nodes []filterNode
	for _, f := range filters {
		if f.root != nil {
			nodes = append(nodes, f.root)
		}
	}
	return newFilter(joinAnd(nodes))
}

func newFilter(root filterNode) Filter {
	if root == nil {
		return Filter{}
	}
	return Filter{root, simplify(root.tree())}
}

// IsZero reports whether f is the zero Filter, which matches everything.
func (f Filter) IsZero() bool { return f.root == nil }

// Matches reports whether f matches e, which must be as a store returns it, with details as
// [ParseDetails] gives them. Every store agrees with it.
func (f Filter) Matches(e *Entry) bool { return f.tree == nil || f.tree.Matches(e) }

// Tree returns what f means, for what compiles filters; nil for the zero Filter. Do not change it.
func (f Filter) Tree() FilterTree { return f.tree }

// Equal reports whether f and g were written alike: whether they have the same canonical form.
func (f Filter) Equal(g Filter) bool {
	a, errA := f.MarshalJSON()
	b, errB := g.MarshalJSON()
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// The codes of a FilterError.
const (
	FilterSyntax         = "filter_syntax"
	FilterUnknownField   = "filter_unknown_field"
	FilterBadOperator    = "filter_bad_operator"
	FilterBadValue       = "filter_bad_value"
	FilterTooComplex     = "filter_too_complex"
	FilterNotAllowedHere = "filter_not_allowed_here"
	FilterNoOrganization = "filter_no_organization"
)

// The codes of a FilterNote.
const (
	NoteAlwaysEmpty   = "always_empty"
	NoteMixedAndOr    = "mixed_and_or"
	NoteNotAUUID      = "not_a_uuid"
	NoteFutureTime    = "future_time"
	NoteUnknownAction = "unknown_action"
	NoteSlow          = "slow"
)

// A FilterError says what is wrong with a filter, and where. It unwraps to [ErrInvalid].
type FilterError struct {
	Code       string `json:"code"`
	Message    string `json:"message"`
	At         int    `json:"at"`                   // where it begins in the text, in code points
	Length     int    `json:"length"`               // how much of it is wrong, in code points
	Suggestion string `json:"suggestion,omitempty"` // what to write instead of it
}

// Error returns the message, and the suggestion where there is one.
func (e *FilterError) Error() string {
	if e.Suggestion == "" {
		return e.Message
	}
	return e.Message + "; did you mean " + e.Suggestion + "?"
}

// Unwrap returns ErrInvalid.
func (e *FilterError) Unwrap() error { return ErrInvalid }

// A FilterNote is a warning about a filter that is right. It has the shape of a FilterError.
type FilterNote FilterError
