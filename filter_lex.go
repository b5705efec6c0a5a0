package daybook

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A filterScanner reads the smallest parts of a filter's text. Positions are bytes; errors are told in
// code points.
type filterScanner struct {
	src string
	pos int
}

// fault makes an error about src[from:to].
func (s *filterScanner) fault(code string, from, to int, format string, args ...any) *FilterError {
	return &FilterError{
		Code:    code,
		Message: fmt.Sprintf(format, args...),
		At:      utf8.RuneCountInString(s.src[:from]),
		Length:  utf8.RuneCountInString(s.src[from:to]),
	}
}

// suggest adds a suggestion to the error.
func (e *FilterError) suggest(format string, args ...any) *FilterError {
	e.Suggestion = fmt.Sprintf(format, args...)
	return e
}

// check refuses text that no filter has: too long, not UTF-8, or with characters that are not what
// they seem.
func (s *filterScanner) check() *FilterError {
	if len(s.src) > MaxFilter {
		cut := cut(s.src, MaxFilter)
		rest := s.src[len(cut):]
		return &FilterError{
			Code:    FilterTooComplex,
			Message: fmt.Sprintf("the filter is longer than %d bytes", MaxFilter),
			At:      utf8.RuneCountInString(cut),
			Length:  utf8.RuneCountInString(rest),
		}
	}
	for i, r := range s.src {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s.src[i:], "\uFFFD"):
			return s.fault(FilterSyntax, i, i+1, "the filter is not valid UTF-8")
		case r == 0 || unicode.Is(unicode.Bidi_Control, r):
			return s.fault(FilterSyntax, i, i+utf8.RuneLen(r), "%U is not allowed in a filter: it does not show, or changes how others show", r)
		}
	}
	return nil
}

func (s *filterScanner) rest() string { return s.src[s.pos:] }
func (s *filterScanner) end() bool    { return s.pos == len(s.src) }

func (s *filterScanner) peek() byte {
	if s.end() {
		return 0
	}
	return s.src[s.pos]
}

func (s *filterScanner) space() {
	s.pos = len(s.src) - len(strings.TrimLeftFunc(s.rest(), unicode.IsSpace))
}

// take steps over prefix if it is next.
func (s *filterScanner) take(prefix string) bool {
	if !strings.HasPrefix(s.rest(), prefix) {
		return false
	}
	s.pos += len(prefix)
	return true
}

// keyword steps over a reserved word if it is next, with the space before it.
func (s *filterScanner) keyword(word string) bool {
	begin := s.pos
	s.space()
	if s.take(word) && (s.end() || endsWord(s.rest())) {
		return true
	}
	s.pos = begin
	return false
}

// endsWord reports whether a word cannot go on with rest.
func endsWord(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return unicode.IsSpace(r) || r == '(' || r == ')' || r == '"'
}

// word returns the run of characters up to a space, a parenthesis or a quotation mark, and within
// a value up to a comma.
func (s *filterScanner) word(inValue bool) string {
	begin := s.pos
	for !s.end() && !endsWord(s.rest()) && !(inValue && s.peek() == ',') {
		_, n := utf8.DecodeRuneInString(s.rest())
		s.pos += n
	}
	return s.src[begin:s.pos]
}

// quoted returns what stands between the quotation marks that begin here. A backslash makes a
// quotation mark or another backslash plain, and is itself before anything else.
func (s *filterScanner) quoted() (string, *FilterError) {
	begin := s.pos
	s.pos++
	var b strings.Builder
	for !s.end() {
		c := s.peek()
		s.pos++
		switch {
		case c == '"':
			return b.String(), nil
		case c == '\\' && (s.peek() == '"' || s.peek() == '\\'):
			b.WriteByte(s.peek())
			s.pos++
		default:
			b.WriteByte(c)
		}
	}
	s.pos = len(s.src)
	return "", s.fault(FilterSyntax, begin, len(s.src), "the quotation mark has no other behind it").suggest(`%s"`, s.src[begin:])
}

func isNameRune(r rune) bool {
	return r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// run steps over letters, digits, _ and - and returns them.
func (s *filterScanner) run() string {
	begin := s.pos
	s.pos = len(s.src) - len(strings.TrimLeftFunc(s.rest(), isNameRune))
	return s.src[begin:s.pos]
}

// comparison reads a field and an operator, which are what makes a term a comparison and not a text.
// ok is false, and nothing is read, where they are not there.
func (s *filterScanner) comparison() (name string, path []FilterStep, op string, ok bool) {
	begin := s.pos
	if r, _ := utf8.DecodeRuneInString(s.rest()); r == '_' || unicode.IsLetter(r) {
		name = s.run()
		for s.take(".") {
			step, found := s.step()
			if !found {
				s.pos = begin
				return "", nil, "", false
			}
			path = append(path, step)
		}
		if op = s.operator(); op != "" {
			return name, path, op, true
		}
	}
	s.pos = begin
	return "", nil, "", false
}

func (s *filterScanner) step() (FilterStep, bool) {
	switch {
	case s.peek() == '"':
		name, err := s.quoted()
		return FilterStep{Name: name}, err == nil
	case s.take("*"):
		return FilterStep{Any: true}, true
	}
	name := s.run()
	return FilterStep{Name: name}, name != ""
}

// filterOperators are all there are; none comes before a longer one that it begins.
var filterOperators = []string{":", "!=", "!~", ">=", "<=", "=", ">", "<", "~"}

func (s *filterScanner) operator() string {
	for _, op := range filterOperators {
		if s.take(op) {
			return op
		}
	}
	return ""
}

// itemComparisons are the operators that an item may begin with.
var itemComparisons = []string{">=", "<=", ">", "<"}
