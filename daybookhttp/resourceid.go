package daybookhttp

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/daybookdev/daybook"
)

func (rt *route) idFromPath(r *http.Request) string {
	if rt.pathID == "" {
		return ""
	}
	return r.PathValue(rt.pathID)
}

// storableID reports whether id can be an entry's resource id. Clients choose ids in paths, and one
// that the recorder refuses would cost the entry.
func storableID(id string) bool {
	return id != "" && (len(id) <= daybook.MaxResourceID || utf8.RuneCountInString(id) <= daybook.MaxResourceID) &&
		utf8.ValidString(id) && strings.IndexByte(id, 0) < 0
}

// storableText makes text that others chose fit into details.
func storableText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	n := 0
	for i := range s {
		if n++; n > daybook.MaxResourceID {
			return s[:i]
		}
	}
	return s
}

// idFromBody returns the field of the JSON object that is held, "" if there is none. What is
// held may be only the beginning.
func (h *hold) idFromBody(field string, inner http.ResponseWriter) string {
	if len(h.body) == 0 {
		return ""
	}
	var contentType, encoding []string
	if h.head.taken {
		contentType, encoding = h.head.get("Content-Type"), h.head.get("Content-Encoding")
	} else {
		header := inner.Header()
		contentType, encoding = header["Content-Type"], header["Content-Encoding"]
	}
	if len(encoding) > 0 || len(contentType) > 0 && !isJSON(contentType[0]) {
		return ""
	}
	return jsonField(h.body, field)
}

func (s *snapshot) get(key string) []string {
	for i, k := range s.keys {
		if k == key {
			return s.of(i)
		}
	}
	return nil
}

// isJSON reports whether a media type is JSON or has its syntax (RFC 6839, section 3.1).
func isJSON(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	mediaType = strings.Trim(mediaType, " \t")
	suffix := len(mediaType) - len("+json")
	return strings.EqualFold(mediaType, "application/json") || suffix >= 0 && strings.EqualFold(mediaType[suffix:], "+json")
}

// jsonField returns a member of the JSON object that body begins with: the text of a string, or a
// number as it is written; "" for anything else and for what is not there. Of several members with
// the name the first counts. It reads no further than that member and makes nothing of what it
// passes, since the answer may be long and its id is mostly at the beginning.
func jsonField(body []byte, name string) string {
	s := jsonScanner{body: body}
	if !s.take('{') {
		return ""
	}
	for {
		key, ok := s.text()
		if !ok || !s.take(':') {
			return ""
		}
		if jsonIs(key, name) {
			return s.id()
		}
		if !s.skip() || !s.take(',') {
			return ""
		}
	}
}

// A jsonScanner walks over JSON. What is malformed or cut off only makes it stop.
type jsonScanner struct {
	body []byte
	at   int
}

// next moves over white space and returns the byte behind it, 0 at the end.
func (s *jsonScanner) next() byte {
	for ; s.at < len(s.body); s.at++ {
		switch c := s.body[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (s *jsonScanner) take(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

// text returns a string with its quotation marks.
func (s *jsonScanner) text() ([]byte, bool) {
	if s.next() != '"' {
		return nil, false
	}
	start := s.at
	for s.at++; ; {
		i := bytes.IndexByte(s.body[s.at:], '"')
		if i < 0 {
			s.at = len(s.body)
			return nil, false
		}
		s.at += i + 1
		escapes := s.at - 2 // an odd number of backslashes before it escapes the mark
		for s.body[escapes] == '\\' {
			escapes--
		}
		if (s.at-escapes)%2 == 0 {
			return s.body[start:s.at], true
		}
	}
}

// word returns a number or a literal. At the end of the body nobody knows whether it goes on.
func (s *jsonScanner) word() ([]byte, bool) {
	start := s.at
	for ; s.at < len(s.body); s.at++ {
		switch s.body[s.at] {
		case ',', '}', ']', ' ', '\t', '\n', '\r':
			return s.body[start:s.at], true
		}
	}
	return nil, false
}

// skip moves over one value.
func (s *jsonScanner) skip() bool {
	for depth := 0; ; {
		switch c := s.next(); c {
		case 0:
			return false
		case '"':
			if _, ok := s.text(); !ok {
				return false
			}
		case '{', '[':
			depth++
			s.at++
			continue
		case '}', ']':
			depth--
			s.at++
		case ',', ':':
			if depth == 0 {
				return false
			}
			s.at++
			continue
		default:
			if _, ok := s.word(); !ok {
				return false
			}
		}
		if depth <= 0 {
			return depth == 0
		}
	}
}

func (s *jsonScanner) id() string {
	switch c := s.next(); {
	case c == '"':
		text, _ := s.text()
		return jsonText(text)
	case c == '-' || '0' <= c && c <= '9':
		number, _ := s.word()
		return string(number)
	}
	return ""
}

func jsonIs(quoted []byte, text string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == text
	}
	return jsonText(quoted) == text
}

// jsonText returns what a JSON string says, "" if it is none.
func jsonText(quoted []byte) string {
	if len(quoted) < 2 {
		return ""
	}
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return ""
	}
	return s
}
