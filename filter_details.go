package daybook

import (
	"encoding/json"
	"regexp"
	"strings"
)

// A ValueKind says how a value in details is tested.
type ValueKind int

// The kinds of a FilterValue. A value of another type than the one that is tested for does not pass.
const (
	ValuePresent ValueKind = iota // anything but null
	ValueNull                     // null
	ValueBool                     // the boolean that Text names
	ValueString                   // the string Text, byte by byte
	ValueFolded                   // a string that is Text when its A-Z are folded to a-z, as those of Text are
	ValueNumber                   // a number that compares so with Number, both as doubles (IEEE 754)
	ValueOrder                    // a string that compares so with Text, byte by byte
	ValueRange                    // a number from Number to Last, both as doubles
	ValueOther                    // there is only Matches
)

// A FilterValue is a test of one value in details.
type FilterValue struct {
	Kind         ValueKind
	Text         string
	Op           string // of ValueNumber and ValueOrder: = > >= < <=
	Number, Last float64
	other        func(s string) bool
}

// values returns the tests that an item of a jsonField means behind an operator; one of them is enough.
func (i filterItem) values(op string) []FilterValue {
	switch i.form {
	case compareItem:
		return []FilterValue{{Kind: ValueNumber, Op: i.op, Number: jsonNumber(i.text)}}
	case orderItem:
		return []FilterValue{{Kind: ValueOrder, Op: i.op, Text: i.text}}
	case rangeItem:
		switch {
		case i.text == "":
			return []FilterValue{{Kind: ValueNumber, Op: "<=", Number: jsonNumber(i.last)}}
		case i.last == "":
			return []FilterValue{{Kind: ValueNumber, Op: ">=", Number: jsonNumber(i.text)}}
		}
		return []FilterValue{{Kind: ValueRange, Number: jsonNumber(i.text), Last: jsonNumber(i.last)}}
	}
	if op == "~" {
		return []FilterValue{{Kind: ValueOther, other: regexp.MustCompile(i.text).MatchString}}
	}
	text := FilterValue{Kind: ValueString, Text: i.text}
	if op == ":" {
		text = FilterValue{Kind: ValueFolded, Text: lowerASCII(i.text)}
	}
	if i.form == quotedItem {
		return []FilterValue{text}
	}
	switch {
	case i.text == "null":
		return []FilterValue{{Kind: ValueNull}, text}
	case isJSONWord(i.text):
		return []FilterValue{{Kind: ValueBool, Text: i.text}, text}
	case isJSONNumber(i.text):
		return []FilterValue{{Kind: ValueNumber, Op: "=", Number: jsonNumber(i.text)}, text}
	}
	parts := splitPattern(lowerASCII(i.text))
	return []FilterValue{{Kind: ValueOther, other: func(s string) bool { return matchPattern(lowerASCII(s), parts) }}}
}

// Matches reports whether e's details have a value at the path that passes one of the tests.
func (t FilterDetails) Matches(e *Entry) bool {
	return len(e.Details) > 0 && t.at(map[string]any(e.Details), t.Path)
}

func (t FilterDetails) at(v any, path []FilterStep) bool {
	if len(path) == 0 {
		if t.passes(v) {
			return true
		}
		items, _ := v.([]any)
		for _, item := range items {
			if t.passes(item) {
				return true
			}
		}
		return false
	}
	switch v := v.(type) {
	case map[string]any:
		return t.member(v, path)
	case []any:
		for _, item := range v {
			if object, ok := item.(map[string]any); ok && t.member(object, path) {
				return true
			}
		}
	}
	return false
}

func (t FilterDetails) member(object map[string]any, path []FilterStep) bool {
	if !path[0].Any {
		v, ok := object[path[0].Name]
		return ok && t.at(v, path[1:])
	}
	for _, v := range object {
		if t.at(v, path[1:]) {
			return true
		}
	}
	return false
}

func (t FilterDetails) passes(v any) bool {
	for i := range t.Tests {
		if t.Tests[i].passes(v) {
			return true
		}
	}
	return false
}

func (f *FilterValue) passes(v any) bool {
	switch v := v.(type) {
	case nil:
		return f.Kind == ValueNull
	case bool:
		return f.Kind == ValuePresent || f.Kind == ValueBool && v == (f.Text == "true")
	case json.Number:
		return f.Kind == ValuePresent || f.passesNumber(string(v))
	case string:
		return f.passesText(v)
	}
	return f.Kind == ValuePresent // an object or a list
}

func (f *FilterValue) passesNumber(text string) bool {
	switch f.Kind {
	case ValueRange:
		n := jsonNumber(text)
		return f.Number <= n && n <= f.Last
	case ValueNumber:
		n := jsonNumber(text)
		switch f.Op {
		case ">":
			return n > f.Number
		case ">=":
			return n >= f.Number
		case "<":
			return n < f.Number
		case "<=":
			return n <= f.Number
		}
		return n == f.Number
	}
	return false
}

func (f *FilterValue) passesText(s string) bool {
	switch f.Kind {
	case ValuePresent:
		return true
	case ValueString:
		return s == f.Text
	case ValueFolded:
		return len(s) == len(f.Text) && lowerASCII(s) == f.Text
	case ValueOrder:
		c := strings.Compare(s, f.Text)
		switch f.Op {
		case ">":
			return c > 0
		case ">=":
			return c >= 0
		case "<":
			return c < 0
		}
		return c <= 0
	case ValueOther:
		return f.other(s)
	}
	return false
}
