package daybook

import (
	"encoding"
	"encoding/json"
	"reflect"
	"unicode/utf8"
)

// The limits of details. They are checked by [Details.Canonical] and [ParseDetails], and so by
// everything that appends an entry.
const (
	// MaxDetails is the most bytes that details may have in canonical form. A null counts as one
	// byte: anonymizing a value leaves null in its place, and must never make details too large.
	MaxDetails = 64 << 10

	// MaxDetailsDepth is the most objects and lists that may lie within each other, the outermost
	// object included.
	MaxDetailsDepth = 32

	// MaxDetailsValues is the most values that details may have: every member of an object and
	// every item of a list, at any depth.
	MaxDetailsValues = 4096

	// MaxDetailsNumber is the most bytes that one number may have in canonical form. Every finite
	// float64 fits; 1e999999999 does not.
	MaxDetailsNumber = 400

	// MaxDetailsInput is the most bytes of JSON text that are read to make details of. Spaces and
	// escapes can make a text longer than its canonical form.
	MaxDetailsInput = 1 << 20
)

// Details is the JSON object in which an entry says what its other fields have no place for.
//
// Stores keep details in canonical form, and the ledger hashes that form, so that an entry reads
// and verifies the same wherever it is kept. It is JSON (RFC 8259) in UTF-8 without insignificant
// space, in which one value has one text:
//
//   - Members are sorted by the bytes of their names. RFC 8785 sorts by UTF-16 units instead.
//   - Strings escape the quotation mark, the backslash and the characters below U+0020, as \b \t
//     \n \f \r or else \u00xx in lower case. All other characters stand for themselves: there is
//     no HTML escaping and no Unicode normalization.
//   - A number is its exact decimal value without exponent, superfluous zero or negative zero:
//     1.50e2 is 150, and 1e-7 is 0.0000001. No number is rounded.
//   - Details without members are absent: nil, and NULL in a database.
//
// Text that is not UTF-8, U+0000, unpaired surrogates, two members of one object with the same
// name, and what exceeds the Max constants are refused with a [FieldError] whose path leads to the
// value: details.tags.3, or details."weird key".x where a name has other characters than letters,
// digits, _ and -.
//
// An application may put any value into Details that encoding/json can write; see
// [Details.Canonical]. No method changes the Details it is called on, so methods that only read
// may be called concurrently.
type Details map[string]any

// ParseDetails reads the JSON text of details. Objects become map[string]any, lists []any, and
// numbers json.Number with their canonical text; an object without members becomes nil.
//
// The text must be one JSON object (RFC 8259) with nothing but white space around it, and is held
// to the rules and limits of [Details]. The error is a [FieldError] that says at which byte,
// counted from 0, the fault was found.
func ParseDetails(data []byte) (Details, error) {
	m, err := parseObject(data, "details", detailsLimits)
	if err != nil || len(m) == 0 {
		return nil, err
	}
	return m, nil
}

// Canonical returns the canonical form of d, or nil when d has no members.
//
// Values mean what they mean to encoding/json: struct tags, json.Marshaler and
// encoding.TextMarshaler are honoured, a []byte is base64, a time.Duration a number of nanoseconds,
// a nil pointer, map or slice is null. It differs in these:
//
//   - An error that is itself a value of d, of a map[string]any or of a []any is its text, unless
//     it has its own way to be marshaled. Everywhere else it is what encoding/json makes of it,
//     usually {}.
//   - Text that is not UTF-8 is refused, not altered.
//   - A json.Number must be a number, and a json.RawMessage obeys the rules of [ParseDetails].
//
// NaN, infinities, channels, functions, and maps or structs that contain themselves are refused.
// The error is a [FieldError].
func (d Details) Canonical() ([]byte, error) {
	if len(d) == 0 {
		return nil, nil
	}
	return d.AppendCanonical(make([]byte, 0, 256))
}

// AppendCanonical appends what [Details.Canonical] returns to b. With an error it returns b as it
// was.
func (d Details) AppendCanonical(b []byte) ([]byte, error) {
	if len(d) == 0 {
		return b, nil
	}
	return appendDetails(b, d)
}

// Normalize returns a deep copy of d in the form that [ParseDetails] gives, in which two equal
// details are equal value by value. The error is that of [Details.Canonical].
func (d Details) Normalize() (Details, error) {
	b, err := d.Canonical()
	if b == nil || err != nil {
		return nil, err
	}
	return ParseDetails(b)
}

// MarshalJSON returns the canonical form of d: null for nil, and {} for a map without members.
// Both are read back as nil. json.Marshal escapes <, > and & in what MarshalJSON returns, which
// changes the text but not its meaning; use [Details.Canonical] for the bytes that are hashed.
func (d Details) MarshalJSON() ([]byte, error) {
	switch {
	case d == nil:
		return []byte("null"), nil
	case len(d) == 0:
		return []byte("{}"), nil
	}
	return d.Canonical()
}

// UnmarshalJSON sets d to what [ParseDetails] makes of data, or to nil for null. After an error d
// is as it was.
func (d *Details) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*d = nil
		return nil
	}
	parsed, err := ParseDetails(data)
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Contains reports whether d has every member of pattern. A member whose value in pattern is an
// object must be an object in d that in turn contains it. Any other value must be equal to the
// value in d, or to an item of d's list: the pattern {"tags":"financial"} finds
// {"tags":["report","financial"]}. A list in pattern is found in an equal list only. A pattern
// without members is in all details.
//
// Both must have the form that [ParseDetails] and [Details.Normalize] give. Normalize a pattern
// once, then compare it with many details; a Go value such as the int 5 is never found.
func (d Details) Contains(pattern Details) bool { return containsObject(d, pattern) }

func containsObject(m, pattern map[string]any) bool {
	for name, want := range pattern {
		got, ok := m[name]
		if !ok || !containsValue(got, want) {
			return false
		}
	}
	return true
}

func containsValue(got, want any) bool {
	if want, ok := want.(map[string]any); ok {
		got, ok := got.(map[string]any)
		return ok && containsObject(got, want)
	}
	if equalValues(got, want) {
		return true
	}
	if _, ok := want.([]any); ok {
		return false
	}
	items, _ := got.([]any)
	for _, item := range items {
		if equalValues(item, want) {
			return true
		}
	}
	return false
}

// equalValues compares two values of the form that ParseDetails gives.
func equalValues(a, b any) bool {
	switch a := a.(type) {
	case nil:
		return b == nil
	case string:
		b, ok := b.(string)
		return ok && a == b
	case bool:
		b, ok := b.(bool)
		return ok && a == b
	case json.Number:
		b, ok := b.(json.Number)
		return ok && a == b
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equalValues(a[i], b[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name, v := range a {
			w, ok := b[name]
			if !ok || !equalValues(v, w) {
				return false
			}
		}
		return true
	}
	return false
}

// other writes what has no case in value: by encoding/json, and then as the value that its output
// tells.
func (w *jsonWriter) other(v any) *jsonFault {
	switch v := v.(type) {
	case json.Marshaler, encoding.TextMarshaler:
	case error:
		if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
			return w.null()
		}
		return w.text(v.Error())
	}
	if f := checkGoValue(reflect.ValueOf(v), 0); f != nil {
		return f
	}
	data, err := json.Marshal(v)
	if err != nil {
		return newFault("cannot be written as JSON: " + err.Error())
	}
	parsed, f := w.parse(data)
	if f != nil {
		f.offset = -1 // in a text that the caller has never seen
		return f
	}
	return w.value(parsed)
}

var (
	detailsType       = reflect.TypeFor[Details]()
	jsonMarshalerType = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
)

// checkGoValue refuses what encoding/json would alter without a word: text that is not UTF-8. And
// it refuses a struct that contains itself by way of a Details: encoding/json detects cycles, but
// not through a MarshalJSON, and the stack that then runs out cannot be recovered.
func checkGoValue(v reflect.Value, steps int) *jsonFault {
	// A level of JSON takes few steps: an interface, a pointer, and the object or list itself.
	if steps > 8*MaxDetailsDepth {
		return tooDeep()
	}
	steps++
	if !v.IsValid() {
		return nil
	}
	t := v.Type()
	ownText := t.Implements(jsonMarshalerType) || t.Implements(textMarshalerType)
	if ownText && v.Kind() != reflect.Interface && t != detailsType && t != reflect.PointerTo(detailsType) {
		return nil // checked when it is read
	}
	switch v.Kind() {
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return newFault("contains text that is not valid UTF-8")
		}
	case reflect.Pointer, reflect.Interface:
		return checkGoValue(v.Elem(), steps)
	case reflect.Slice, reflect.Array:
		if k := t.Elem().Kind(); reflect.Bool <= k && k <= reflect.Float64 {
			return nil
		}
		for i := range v.Len() {
			if f := checkGoValue(v.Index(i), steps); f != nil {
				return f
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if f := checkGoValue(it.Key(), steps); f != nil {
				return f
			}
			if f := checkGoValue(it.Value(), steps); f != nil {
				return f
			}
		}
	case reflect.Struct:
		for i := range t.NumField() {
			field := t.Field(i)
			if (!field.IsExported() && !field.Anonymous) || field.Tag.Get("json") == "-" {
				continue
			}
			if f := checkGoValue(v.Field(i), steps); f != nil {
				return f
			}
		}
	}
	return nil
}
