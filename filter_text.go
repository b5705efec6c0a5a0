package daybook

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SearchText returns what free text is looked for in: the values of the entry in which people
// search, folded by [FoldText], with a line feed between any two. They are the action, the resource
// type, the ids of the resource, the user and the request, the IP address, the user agent, and every
// string and number in details. Stores that keep it write it anew when they change the entry.
func (e *Entry) SearchText() string {
	b := make([]byte, 0, 256)
	add := func(s string) {
		if s == "" {
			return
		}
		if len(b) > 0 {
			b = append(b, '\n')
		}
		b = appendFolded(b, s)
	}
	add(string(e.Action))
	add(e.ResourceType)
	add(e.ResourceID)
	add(e.UserID)
	add(e.RequestID)
	if e.IPAddress.IsValid() {
		add(e.IPAddress.String())
	}
	add(e.UserAgent)
	eachText(map[string]any(e.Details), add)
	return string(b)
}

// eachText calls f for every string and number in v, the members of an object by their names, so
// that one entry has one text.
func eachText(v any, f func(string)) {
	switch v := v.(type) {
	case string:
		f(v)
	case json.Number:
		f(string(v))
	case []any:
		for _, item := range v {
			eachText(item, f)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			eachText(v[name], f)
		}
	}
}

// FoldText returns s in the form in which free text is compared: letters that differ in case alone
// become one (simple folding, as [strings.EqualFold] has it), and line breaks become spaces.
func FoldText(s string) string { return string(appendFolded(make([]byte, 0, len(s)), s)) }

func appendFolded(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case 'A' <= c && c <= 'Z':
			b = append(b, c-'A'+'a')
		case c == '\r' && strings.HasPrefix(s[i:], "\r\n"):
			// one line break
		case c == '\n' || c == '\r' || c == '\v' || c == '\f':
			b = append(b, ' ')
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, foldRune(r))
			i += n
			continue
		}
		i++
	}
	return b
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
