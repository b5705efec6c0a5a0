package daybook

import (
	"encoding/json"
	"strings"
)

// InJSON reports whether a string or a number in details contains the text. The details are in
// canonical form, and nothing of them is built.
func (t FilterText) InJSON(canonical string) bool {
	for i := 0; i < len(canonical); {
		switch c := canonical[i]; {
		case c == '"':
			end := skipString(canonical, i)
			isName := end < len(canonical) && canonical[end] == ':'
			if !isName && t.In(rawText(canonical[i:end])) {
				return true
			}
			i = end
		case c == '-' || '0' <= c && c <= '9':
			end := skipScalar(canonical, i)
			if t.In(canonical[i:end]) {
				return true
			}
			i = end
		default:
			i++
		}
	}
	return false
}

// MatcherJSON returns a function that does what Matches does for an entry with details of this
// canonical form. It walks to the path and builds nothing.
func (t FilterDetails) MatcherJSON() func(canonical string) bool {
	m := &rawMatcher{t: t}
	for _, s := range t.Path {
		name := ""
		if !s.Any {
			// The canonical form of {name:0} is {"name":0}.
			b, err := Details{s.Name: json.Number("0")}.Canonical()
			if err != nil { // no details have it
				return func(string) bool { return false }
			}
			name = string(b[1 : len(b)-len(":0}")])
		}
		m.names = append(m.names, name)
	}
	return func(canonical string) bool { return canonical != "" && m.at(canonical, 0, m.names) }
}

// A rawMatcher is a FilterDetails whose path has the names as they stand in canonical JSON, and ""
// for any.
type rawMatcher struct {
	t     FilterDetails
	names []string
}

// at looks from the value that begins at i.
func (m *rawMatcher) at(s string, i int, path []string) bool {
	if len(path) == 0 {
		if m.passes(s, i) {
			return true
		}
		return s[i] == '[' && eachPart(s, i, func(at int) bool { return m.passes(s, at) })
	}
	switch s[i] {
	case '{':
		return m.member(s, i, path)
	case '[':
		return eachPart(s, i, func(at int) bool { return s[at] == '{' && m.member(s, at, path) })
	}
	return false
}

// member looks into the object that begins at i.
func (m *rawMatcher) member(s string, i int, path []string) bool {
	return eachPart(s, i, func(at int) bool {
		end := skipString(s, at)
		return (path[0] == "" || s[at:end] == path[0]) && m.at(s, end+1, path[1:])
	})
}

// eachPart calls f with where each item of a list, or each name in an object, begins, until it returns
// true, and reports whether it did.
func eachPart(s string, i int, f func(at int) bool) bool {
	object := s[i] == '{'
	for i++; s[i] != ']' && s[i] != '}'; {
		if s[i] == ',' {
			i++
		}
		if f(i) {
			return true
		}
		if object {
			i = skipString(s, i) + 1
		}
		i = skipValue(s, i)
	}
	return false
}

func (m *rawMatcher) passes(s string, i int) bool {
	for n := range m.t.Tests {
		test := &m.t.Tests[n]
		ok := false
		switch s[i] {
		case '{', '[':
			ok = test.passes(map[string]any(nil))
		case 'n':
			ok = test.passes(nil)
		case 't', 'f':
			ok = test.passes(s[i] == 't')
		case '"':
			ok = test.passesText(rawText(s[i:skipString(s, i)]))
		default:
			ok = test.Kind == ValuePresent || test.passesNumber(s[i:skipScalar(s, i)])
		}
		if ok {
			return true
		}
	}
	return false
}

// rawText returns the text of a string in canonical JSON.
func rawText(quoted string) string {
	if strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	var text string
	_ = json.Unmarshal([]byte(quoted), &text) // what is canonical is JSON
	return text
}

// skipString returns the place behind the string that begins at i.
func skipString(s string, i int) int {
	for i++; s[i] != '"'; i++ {
		if s[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipScalar returns the place behind the number or word that begins at i.
func skipScalar(s string, i int) int {
	for i < len(s) && s[i] != ',' && s[i] != ']' && s[i] != '}' {
		i++
	}
	return i
}

// skipValue returns the place behind the value that begins at i.
func skipValue(s string, i int) int {
	depth := 0
	for {
		switch s[i] {
		case '"':
			i = skipString(s, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':':
			i++
		default:
			i = skipScalar(s, i)
		}
		if depth == 0 {
			return i
		}
	}
}
