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

// In reports whether one value contains the text.
func (t FilterText) In(value string) bool {
	first := t.Folded[0]
	for i := range len(value) {
		c := value[i]
		switch {
		case c >= utf8.RuneSelf || c < ' ': // may fold to something of another length
			return strings.Contains(foldText(value), t.Folded)
		case lowerByte(c) == first && len(value)-i >= len(t.Folded) && t.beginsAt(value[i:]):
			return true
		}
	}
	return false
}

// beginsAt reports whether value begins with the text, if what is compared is ASCII.
func (t FilterText) beginsAt(value string) bool {
	for i := range len(t.Folded) {
		if lowerByte(value[i]) != t.Folded[i] {
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
