package daybook

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// appendDetails appends the canonical form of d, which is described at [Details].
func appendDetails(b []byte, d Details) ([]byte, error) {
	w := jsonWriter{b: b, start: len(b)}
	f := w.object(d)
	if f == nil {
		f = w.checkSize()
	}
	if f != nil {
		return b, f.error("details")
	}
	return w.b, nil
}

// A jsonWriter appends values in canonical form.
type jsonWriter struct {
	b      []byte
	start  int // where the details begin in b
	depth  int // of the object or list that is being written
	values int // begun so far
	nulls  int
}

// next counts a value that is about to be written, so that input without bound is given up early.
func (w *jsonWriter) next() *jsonFault {
	if w.values++; w.values > MaxDetailsValues {
		return tooManyValues(MaxDetailsValues)
	}
	return w.checkSize()
}

func (w *jsonWriter) checkSize() *jsonFault {
	if len(w.b)-w.start-w.nulls*(len("null")-1) > MaxDetails {
		return tooLarge(MaxDetails)
	}
	return nil
}

func (w *jsonWriter) value(v any) *jsonFault {
	switch v := v.(type) {
	case nil:
		return w.null()
	case string:
		return w.text(v)
	case bool:
		w.b = strconv.AppendBool(w.b, v)
	case int:
		return w.int(int64(v))
	case int8:
		return w.int(int64(v))
	case int16:
		return w.int(int64(v))
	case int32:
		return w.int(int64(v))
	case int64:
		return w.int(v)
	case time.Duration:
		return w.int(int64(v))
	case uint:
		return w.uint(uint64(v))
	case uint8:
		return w.uint(uint64(v))
	case uint16:
		return w.uint(uint64(v))
	case uint32:
		return w.uint(uint64(v))
	case uint64:
		return w.uint(v)
	case uintptr:
		return w.uint(uint64(v))
	case float64:
		return w.float(v, 64)
	case float32:
		return w.float(float64(v), 32)
	case json.Number:
		return w.number(string(v))
	case time.Time:
		return w.time(v)
	case Details:
		return w.object(v)
	case map[string]any:
		return w.object(v)
	case Changes:
		return w.object(v.Value())
	case map[string]string:
		return w.textObject(v)
	case []any:
		return w.list(v)
	case []string:
		return w.textList(v)
	case []byte:
		return w.bytes(v)
	case json.RawMessage:
		return w.raw(v)
	default:
		return w.other(v)
	}
	return nil
}

func (w *jsonWriter) null() *jsonFault {
	w.b = append(w.b, "null"...)
	w.nulls++
	return nil
}

func (w *jsonWriter) int(v int64) *jsonFault {
	w.b = strconv.AppendInt(w.b, v, 10)
	return nil
}

func (w *jsonWriter) uint(v uint64) *jsonFault {
	w.b = strconv.AppendUint(w.b, v, 10)
	return nil
}

// float writes the shortest decimal that reads back as f.
func (w *jsonWriter) float(f float64, bits int) *jsonFault {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return newFault(fmt.Sprintf("is %v, which JSON cannot tell", f))
	case f == 0: // and -0
		w.b = append(w.b, '0')
	default:
		w.b = strconv.AppendFloat(w.b, f, 'f', -1, bits)
	}
	return nil
}

func (w *jsonWriter) number(s string) *jsonFault {
	if len(s) > MaxDetailsInput {
		return newFault(fmt.Sprintf("is a number in more than %d bytes", MaxDetailsInput))
	}
	n, plain := scanNumber(s)
	if n == 0 || n != len(s) {
		return newFault(fmt.Sprintf("is %.60q, which is not a JSON number", s))
	}
	var ok bool
	if w.b, ok = appendNumber(w.b, s, plain); !ok {
		return numberTooLong()
	}
	return nil
}

func (w *jsonWriter) time(t time.Time) *jsonFault {
	b, err := t.AppendText(append(w.b, '"'))
	if err != nil {
		return newFault("is no time of RFC 3339: " + err.Error())
	}
	w.b = append(b, '"')
	return nil
}

// text writes a string, whose bytes are checked but not changed.
func (w *jsonWriter) text(s string) *jsonFault {
	if len(s) > MaxDetails {
		return tooLarge(MaxDetails)
	}
	b := append(w.b, '"')
	from := 0 // s[from:i] stands for itself
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				return newFault("is not valid UTF-8")
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		if c == 0 {
			return newFault("contains U+0000")
		}
		b = appendEscape(append(b, s[from:i]...), c)
		i++
		from = i
	}
	w.b = append(append(b, s[from:]...), '"')
	return nil
}

func appendEscape(b []byte, c byte) []byte {
	const short, hex = "btn\x00fr", "0123456789abcdef"
	switch {
	case c == '"' || c == '\\':
		return append(b, '\\', c)
	case '\b' <= c && c <= '\r' && c != '\v':
		return append(b, '\\', short[c-'\b'])
	}
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

func (w *jsonWriter) object(m map[string]any) *jsonFault {
	if m == nil {
		return w.null()
	}
	if f := w.open('{'); f != nil {
		return f
	}
	var few [16]string
	for i, name := range appendSortedKeys(few[:0], m) {
		if f := w.member(i, name); f != nil {
			return f
		}
		if f := w.value(m[name]); f != nil {
			return f.in(name)
		}
	}
	w.close('}')
	return nil
}

func (w *jsonWriter) textObject(m map[string]string) *jsonFault {
	if m == nil {
		return w.null()
	}
	if f := w.open('{'); f != nil {
		return f
	}
	var few [16]string
	for i, name := range appendSortedKeys(few[:0], m) {
		if f := w.member(i, name); f != nil {
			return f
		}
		if f := w.text(m[name]); f != nil {
			return f.in(name)
		}
	}
	w.close('}')
	return nil
}

// appendSortedKeys uses the room of keys, which the caller has on its stack, or allocates once.
// Go compares strings by their bytes, which is the canonical order.
func appendSortedKeys[V any](keys []string, m map[string]V) []string {
	if len(m) > cap(keys) {
		keys = make([]string, 0, len(m))
	}
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// member writes what stands before the value of a member.
func (w *jsonWriter) member(i int, name string) *jsonFault {
	if i > 0 {
		w.b = append(w.b, ',')
	}
	if f := w.next(); f != nil {
		return f
	}
	if f := w.text(name); f != nil {
		return f.asName()
	}
	w.b = append(w.b, ':')
	return nil
}

func (w *jsonWriter) list(items []any) *jsonFault {
	if items == nil {
		return w.null()
	}
	if f := w.open('['); f != nil {
		return f
	}
	for i, v := range items {
		if f := w.item(i); f != nil {
			return f
		}
		if f := w.value(v); f != nil {
			return f.at(i)
		}
	}
	w.close(']')
	return nil
}

func (w *jsonWriter) textList(items []string) *jsonFault {
	if items == nil {
		return w.null()
	}
	if f := w.open('['); f != nil {
		return f
	}
	for i, s := range items {
		if f := w.item(i); f != nil {
			return f
		}
		if f := w.text(s); f != nil {
			return f.at(i)
		}
	}
	w.close(']')
	return nil
}

func (w *jsonWriter) item(i int) *jsonFault {
	if i > 0 {
		w.b = append(w.b, ',')
	}
	return w.next()
}

// open begins an object or a list. The limit of depth is also what ends a map that contains
// itself.
func (w *jsonWriter) open(bracket byte) *jsonFault {
	if w.depth++; w.depth > MaxDetailsDepth {
		return tooDeep()
	}
	w.b = append(w.b, bracket)
	return nil
}

func (w *jsonWriter) close(bracket byte) {
	w.depth--
	w.b = append(w.b, bracket)
}

func (w *jsonWriter) bytes(v []byte) *jsonFault {
	if v == nil {
		return w.null()
	}
	if base64.StdEncoding.EncodedLen(len(v)) > MaxDetails {
		return tooLarge(MaxDetails)
	}
	w.b = append(base64.StdEncoding.AppendEncode(append(w.b, '"'), v), '"')
	return nil
}

func (w *jsonWriter) raw(v json.RawMessage) *jsonFault {
	if v == nil {
		return w.null()
	}
	parsed, f := w.parse(v)
	if f != nil {
		return f
	}
	return w.value(parsed)
}

// parse reads the text of one value at the depth where the writer stands. Values and size are
// counted when the result is written.
func (w *jsonWriter) parse(data []byte) (any, *jsonFault) {
	v, f := parseJSON(data, w.depth, jsonLimits{depth: MaxDetailsDepth, values: math.MaxInt, size: math.MaxInt})
	if f != nil && f.whole { // the whole text is this value, not the details
		f.path, f.whole = "", false
	}
	return v, f
}

// scanNumber returns the length of the JSON number at the beginning of s, 0 when there is none,
// and whether its text is canonical, whatever its length.
func scanNumber(s string) (n int, plain bool) {
	digits := func(i int) int {
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i
	}
	i := 0
	if s != "" && s[0] == '-' {
		i++
	}
	begin := i
	if i < len(s) && s[i] == '0' {
		i++
	} else if i = digits(i); i == begin {
		return 0, false
	}
	plain = s[:i] != "-0"
	if i < len(s) && s[i] == '.' {
		point := i
		if i = digits(i + 1); i == point+1 {
			return 0, false
		}
		plain = s[i-1] != '0' // then it is not -0 either
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		power := i
		if i = digits(i); i == power {
			return 0, false
		}
		plain = false
	}
	return i, plain
}

// appendNumber appends the canonical text of the JSON number s, and reports false when that is
// longer than MaxDetailsNumber. The length is known before a digit is written: an exponent costs
// what its own digits cost.
func appendNumber(b []byte, s string, plain bool) ([]byte, bool) {
	if plain {
		return append(b, s...), len(s) <= MaxDetailsNumber
	}
	s, negative := strings.CutPrefix(s, "-")
	exponent := 0
	if e := strings.IndexAny(s, "eE"); e >= 0 {
		exponent = saturatingAtoi(s[e+1:])
		s = s[:e]
	}
	// The value is 0.whole|fraction * 10^point, the bar being nothing but the seam of two strings.
	whole, fraction, _ := strings.Cut(s, ".")
	point := len(whole)
	if whole == "0" {
		whole = ""
		significant := strings.TrimLeft(fraction, "0")
		point = len(significant) - len(fraction)
		fraction = significant
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction == "" {
		whole = strings.TrimRight(whole, "0")
	}
	n := len(whole) + len(fraction)
	if n == 0 {
		return append(b, '0'), true
	}
	point += exponent

	length := max(point, n) // 12300 or 123
	switch {
	case point <= 0:
		length = len("0.") - point + n
	case point < n:
		length = n + len(".")
	}
	if negative {
		length++
	}
	if length > MaxDetailsNumber {
		return b, false
	}

	if negative {
		b = append(b, '-')
	}
	if point <= 0 {
		b = append(b, "0."...)
		b = appendZeros(b, -point)
	}
	first := len(b)
	b = append(append(b, whole...), fraction...)
	switch {
	case point >= n:
		b = appendZeros(b, point-n)
	case point > 0:
		b = slices.Insert(b, first+point, '.')
	}
	return b, true
}

func appendZeros(b []byte, n int) []byte {
	for range n {
		b = append(b, '0')
	}
	return b
}

// saturatingAtoi reads the digits of an exponent. When they say more than a text of MaxDetailsInput
// can make up for by its length, how much more does not matter.
func saturatingAtoi(s string) int {
	negative := s[0] == '-'
	n := 0
	for _, c := range strings.TrimLeft(s, "+-") {
		if n < 64*MaxDetailsInput {
			n = n*10 + int(c-'0')
		}
	}
	if negative {
		return -n
	}
	return n
}
