package daybook

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FilterText is true where a value of the entry contains the text: the action, the resource type, the
// ids of the resource, the user and the request, the IP address, the user agent, or a string or a
// number in details.
type FilterText struct {
	Folded string // letters that differ in case alone are one, and line breaks are spaces
}

func (t FilterText) Matches(e *Entry) bool {
	return t.In(string(e.Action)) || t.In(e.ResourceType) || t.In(e.ResourceID) || t.In(e.UserID) || t.In(e.RequestID) ||
		e.IPAddress.IsValid() && t.In(e.IPAddress.String()) || t.In(e.UserAgent) || t.inValue(map[string]any(e.Details))
}

func (t FilterText) inValue(v any) bool {
	switch v := v.(type) {
	case string:
		return t.In(v)
	case json.Number:
		return t.In(string(v))
	case []any:
		for _, item := range v {
			if t.inValue(item) {
				return true
			}
		}
	case map[string]any:
		for _, item := range v {
			if t.inValue(item) {
				return true
			}
		}
	}
	return false
}

// In reports whether one value contains the text. Bytes of ASCII fold each for itself, so what is found
// among them is found; only a value with others, or with line breaks, is folded as a whole.
func (t FilterText) In(value string) bool {
	return t.inASCII(value) || !isPlain(value) && strings.Contains(foldText(value), t.Folded)
}

// inASCII looks for the text from one of its bytes on, one that is rare in ids if there is one.
func (t FilterText) inASCII(value string) bool {
	anchor := max(0, strings.IndexFunc(t.Folded, func(r rune) bool { return 'g' <= r && r <= 'z' }))
	if t.Folded[anchor] >= utf8.RuneSelf || len(value) < len(t.Folded) {
		return false
	}
	lower, upper := t.Folded[anchor], t.Folded[anchor]
	if 'a' <= lower && lower <= 'z' {
		upper = lower - 'a' + 'A'
	}
	next := func(c byte, from int) int {
		if i := strings.IndexByte(value[from:], c); i >= 0 {
			return from + i
		}
		return len(value)
	}
	l, u := next(lower, anchor), len(value)
	if upper != lower {
		u = next(upper, anchor)
	}
	for {
		i := min(l, u)
		if i+len(t.Folded)-anchor > len(value) {
			return false
		}
		if t.beginsAt(value[i-anchor:]) {
			return true
		}
		if i == l {
			l = next(lower, i+1)
		} else {
			u = next(upper, i+1)
		}
	}
}

// beginsAt reports whether value, which is at least as long, begins with the text but for the case of
// A-Z.
func (t FilterText) beginsAt(value string) bool {
	for i := range len(t.Folded) {
		if lowerByte(value[i]) != t.Folded[i] {
			return false
		}
	}
	return true
}

// isPlain reports whether a text is ASCII without control characters.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c - 'A' + 'a'
	}
	return c
}

// foldText returns s in the form in which free text is compared: letters that differ in case alone
// become one (simple folding, as [strings.EqualFold] has it), and line breaks become spaces.
func foldText(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\r' && strings.HasPrefix(s[i:], "\r\n"):
			// one line break
		case c == '\n' || c == '\r' || c == '\v' || c == '\f':
			b = append(b, ' ')
		case c < utf8.RuneSelf:
			b = append(b, lowerByte(c))
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, foldRune(r))
			i += n
			continue
		}
		i++
	}
	return string(b)
}

// foldRune returns the one rune that stands for all that fold to each other: a lower-case ASCII
// letter where there is one, otherwise the smallest.
func foldRune(r rune) rune {
	switch r {
	case '\u0085', '\u2028', '\u2029':
		return ' '
	}
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	if 'A' <= least && least <= 'Z' {
		return least - 'A' + 'a'
	}
	return least
}
