package daybook

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxDetailsPath is the most steps that a path into details may have.
const MaxDetailsPath = 8

const detailsPrefix = "details."

// InDetails reports whether f is a path into details and not one of the fields that all entries have.
func (f Field) InDetails() bool { return strings.HasPrefix(string(f), detailsPrefix) }

// Values returns the distinct values that f has in e, in the order in which they stand there. It is
// what [Reporter.Top] counts.
//
// Of a field that all entries have that is the value, or none where it is empty. A path into
// details, such as details.reason or details.changes."address.city".old, leads through objects by
// the names of their members; a name that is more than letters, digits, _ and - is quoted as in
// JSON. Where a step meets a list it looks into its items, and at its end the items of a list are
// the values: one level of lists each time. Values are texts, numbers in their canonical form, true
// and false; the text "50" and the number 50 are one value. Objects, null and lists in lists are
// none. e must be as a store returns it.
func (f Field) Values(e *Entry) []string {
	if !f.InDetails() {
		if v := f.Of(e); v != "" {
			return []string{v}
		}
		return nil
	}
	steps, err := f.Steps()
	if err != nil || len(e.Details) == 0 {
		return nil
	}
	reached := []any{map[string]any(e.Details)}
	for _, name := range steps {
		var next []any
		for _, v := range reached {
			for _, v := range itemsOf(v) {
				if object, ok := v.(map[string]any); ok {
					if v, ok := object[name]; ok {
						next = append(next, v)
					}
				}
			}
		}
		reached = next
	}
	var values []string
	seen := map[string]bool{}
	for _, v := range reached {
		for _, v := range itemsOf(v) {
			if text, ok := scalarText(v); ok && !seen[text] {
				seen[text] = true
				values = append(values, text)
			}
		}
	}
	return values
}

// itemsOf returns the items of a list, and of anything else the thing itself.
func itemsOf(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// scalarText returns the text of a value that is neither null, a list nor an object.
func scalarText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return string(v), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}

// Steps returns the names of members through which a path into details leads. Its error is a
// FieldError of "field".
func (f Field) Steps() ([]string, error) {
	refuse := func(reason string) ([]string, error) {
		return nil, &FieldError{"field", fmt.Sprintf("is %.80q, %s", string(f), reason)}
	}
	rest, ok := strings.CutPrefix(string(f), detailsPrefix)
	if !ok {
		return refuse("which is no path into details")
	}
	var steps []string
	for {
		if len(steps) == MaxDetailsPath {
			return refuse(fmt.Sprintf("a path of more than %d steps", MaxDetailsPath))
		}
		var name string
		if strings.HasPrefix(rest, `"`) {
			end := quotedEnd(rest)
			if end < 0 || !utf8.ValidString(rest[:end]) || json.Unmarshal([]byte(rest[:end]), &name) != nil {
				return refuse("whose quoted name is no JSON string")
			}
			rest = rest[end:]
		} else {
			end := strings.IndexFunc(rest, func(r rune) bool { return !isSegment(r) })
			if end < 0 {
				end = len(rest)
			}
			if name, rest = rest[:end], rest[end:]; name == "" {
				return refuse(`but a path is names with dots between them, such as details.changes."address.city".old`)
			}
		}
		steps = append(steps, name)
		if rest == "" {
			return steps, nil
		}
		if rest[0] != '.' {
			return refuse(fmt.Sprintf("where %.20q must be in quotes", rest))
		}
		rest = rest[1:]
	}
}

// quotedEnd returns where the JSON string ends with which s begins, -1 if it does not.
func quotedEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// isSegment tells whether a path has the character without quotes, as FieldErrors print it.
func isSegment(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-'
}
