package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDepth is how deep objects and lists may be nested in a token.
const maxDepth = 32

// An object is a JSON object of which there is one reading only. Numbers are json.Number.
type object map[string]any

// parseObject reads the one JSON object that data is. Its errors follow the name of what data is,
// and quote nothing of it.
//
// It is stricter than encoding/json, which takes the last of two members of the same name and
// replaces what is not Unicode: two programs could read two users in one token (RFC 8725, section
// 2.6).
func parseObject(data []byte) (object, error) {
	switch {
	case !json.Valid(data):
		return nil, errors.New("is not JSON")
	case !utf8.Valid(data):
		return nil, errors.New("is not UTF-8")
	case !escapesUnicode(data):
		return nil, errors.New("escapes what is not a character")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := readValue(d, 0)
	if err != nil {
		return nil, err
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("is not a JSON object")
	}
	return o, nil
}

// readValue reads the next value of valid JSON.
func readValue(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, errors.New("is not JSON")
	}
	if _, ok := t.(json.Delim); !ok {
		return t, nil
	}
	if depth == maxDepth {
		return nil, fmt.Errorf("is nested deeper than %d levels", maxDepth)
	}
	var v any
	if t == json.Delim('{') {
		v, err = readMembers(d, depth+1)
	} else {
		v, err = readItems(d, depth+1)
	}
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != nil { // the bracket
		return nil, errors.New("is not JSON")
	}
	return v, nil
}

func readMembers(d *json.Decoder, depth int) (map[string]any, error) {
	members := make(map[string]any)
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, errors.New("is not JSON")
		}
		if _, twice := members[name]; twice {
			return nil, errors.New("has two members of the same name")
		}
		if members[name], err = readValue(d, depth); err != nil {
			return nil, err
		}
	}
	return members, nil
}

func readItems(d *json.Decoder, depth int) ([]any, error) {
	items := []any{}
	for d.More() {
		v, err := readValue(d, depth)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	return items, nil
}

// escapesUnicode reports whether no escape of valid JSON stands for U+0000 or for half of a
// surrogate pair.
func escapesUnicode(data []byte) bool {
	for i := 0; i < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		if i++; data[i] != 'u' {
			continue
		}
		r := hexRune(data[i+1:])
		i += 4
		switch {
		case r == 0, 0xDC00 <= r && r <= 0xDFFF:
			return false
		case 0xD800 <= r && r <= 0xDBFF:
			if !bytes.HasPrefix(data[i+1:], []byte(`\u`)) {
				return false
			}
			if low := hexRune(data[i+3:]); low < 0xDC00 || low > 0xDFFF {
				return false
			}
			i += 6
		}
	}
	return true
}

// hexRune reads the four digits that an escape of valid JSON has.
func hexRune(digits []byte) rune {
	n, _ := strconv.ParseUint(string(digits[:4]), 16, 16)
	return rune(n)
}

// onlySpelling refuses an object with a member that another program, one that ignores the case of
// names as encoding/json does, would read as name.
func (o object) onlySpelling(name string) error {
	for other := range o {
		if other != name && strings.EqualFold(other, name) {
			return fmt.Errorf("spells %s in another way", name)
		}
	}
	return nil
}

// plainString returns v and true if it is a string that says something, is UTF-8 without control
// characters, and that no trimming would change.
func plainString(v any) (string, bool) {
	s, _ := v.(string)
	return s, s != "" && utf8.ValidString(s) && s == strings.TrimSpace(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
