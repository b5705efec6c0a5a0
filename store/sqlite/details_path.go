package sqlite

import (
	"bytes"
	"encoding/json"

	"github.com/daybookdev/daybook"
)

// A detailsPath finds in the canonical text of details what daybook.Field.Values finds in an entry,
// without making values of the rest: canonical text has no space, and one text for each name.
type detailsPath struct {
	steps [][]byte // names as the text has them, with quotes
	found []string // the values so far, each once
	odd   bool     // the text is not what appears in a Daybook file: nothing that was found counts
}

func newDetailsPath(field daybook.Field) (*detailsPath, error) {
	names, err := field.Steps()
	if err != nil {
		return nil, err
	}
	p := &detailsPath{}
	for _, name := range names {
		text, err := daybook.Details{name: nil}.Canonical()
		if err != nil {
			// A name that no entry can have, such as one with a NUL.
			text = []byte("{\"\x00\":null}")
		}
		p.steps = append(p.steps, text[len(`{`):len(text)-len(`:null}`)])
	}
	return p, nil
}

// values returns the values in the text, until the next call. ok is false for a text that must be
// parsed.
func (p *detailsPath) values(text []byte) (values []string, ok bool) {
	p.found, p.odd = p.found[:0], false
	// Without the last name there is nothing to look for.
	if !bytes.Contains(text, p.steps[len(p.steps)-1]) {
		return nil, true
	}
	p.object(text, p.steps)
	return p.found, !p.odd
}

// object follows the steps into an object, if that is what the text is.
func (p *detailsPath) object(text []byte, steps [][]byte) {
	if len(text) < 2 || text[0] != '{' {
		return
	}
	for rest := text[1:]; len(rest) > 0 && rest[0] == '"'; {
		end := stringEnd(rest)
		if end < 0 || end >= len(rest) || rest[end] != ':' {
			break
		}
		name := rest[:end]
		rest = rest[end+1:]
		size := valueEnd(rest)
		if size <= 0 || size >= len(rest) {
			break
		}
		if bytes.Equal(name, steps[0]) {
			p.items(rest[:size], steps[1:])
			return // names are sorted and there is one of each
		}
		if rest[size] == '}' {
			return
		}
		rest = rest[size+1:]
	}
	p.odd = p.odd || !bytes.Equal(text, []byte("{}"))
}

// items follows the steps into a value or, if it is a list, into its items.
func (p *detailsPath) items(text []byte, steps [][]byte) {
	into := func(text []byte) {
		if len(steps) > 0 {
			p.object(text, steps)
		} else {
			p.scalar(text)
		}
	}
	if text[0] != '[' {
		into(text)
		return
	}
	for rest := text[1:]; len(rest) > 0 && rest[0] != ']'; {
		size := valueEnd(rest)
		if size <= 0 || size >= len(rest) {
			p.odd = true
			return
		}
		into(rest[:size])
		if rest = rest[size:]; rest[0] == ',' {
			rest = rest[1:]
		}
	}
}

// scalar adds a value that is neither null, a list nor an object.
func (p *detailsPath) scalar(text []byte) {
	value := ""
	switch text[0] {
	case '{', '[', 'n':
		return
	case '"':
		if bytes.IndexByte(text, '\\') < 0 {
			value = string(text[1 : len(text)-1])
		} else if json.Unmarshal(text, &value) != nil {
			p.odd = true
			return
		}
	default:
		value = string(text)
	}
	if len(p.found) < 16 { // a list may be long
		for _, known := range p.found {
			if known == value {
				return
			}
		}
		p.found = append(p.found, value)
		return
	}
	p.odd = true
}

// stringEnd returns where the JSON string ends with which the text begins, -1 if it does not.
func stringEnd(text []byte) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// valueEnd returns where the JSON value ends with which the text begins, -1 if it does not.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			end := stringEnd(text[i:])
			if end < 0 {
				return -1
			}
			i += end - 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth--; depth < 0 {
				return i
			}
		case ',':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
	return -1
}
