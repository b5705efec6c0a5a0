package daybook

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// jsonLimits bound what the parser accepts. What the numbers mean is said at the Max constants of
// [Details].
type jsonLimits struct {
	depth  int
	values int
	size   int // bytes of canonical form, a null counting as one
}

// An entry as a whole has one level more than its details, which are one of its few members.
var (
	detailsLimits = jsonLimits{MaxDetailsDepth, MaxDetailsValues, MaxDetails}
	entryLimits   = jsonLimits{MaxDetailsDepth + 1, MaxDetailsValues + 64, 2 * MaxDetails}
)

// parseObject reads the JSON object that data is, as [ParseDetails] describes. Its errors name
// values by the path to them from path, which is empty for an entry as a whole; what is wrong with
// the text itself is then said of "entry".
func parseObject(data []byte, path string, limits jsonLimits) (map[string]any, error) {
	v, f := parseJSON(data, 0, limits)
	if f != nil {
		return nil, f.error(path)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, (&jsonFault{reason: "is not a JSON object", offset: -1, whole: true}).error(path)
	}
	return m, nil
}

// parseJSON reads the one JSON value that data is. depth is that of the object or list which the
// value will become part of.
//
// The parser is ours because encoding/json takes the last of duplicate members, ignores the case
// of names, replaces what is not UTF-8, rounds numbers and nests 10,000 levels deep.
func parseJSON(data []byte, depth int, limits jsonLimits) (any, *jsonFault) {
	if len(data) > MaxDetailsInput {
		return nil, &jsonFault{reason: fmt.Sprintf("is longer than %d bytes of JSON", MaxDetailsInput), offset: -1, whole: true}
	}
	// One copy, of which names and strings are parts. It lives as long as they do, so they are
	// copied out of a text that is mostly white space and escapes.
	p := jsonParser{s: string(data), depth: depth, limits: limits, detach: len(data) > 2*MaxDetails}
	p.space()
	v, f := p.value()
	if f != nil {
		return nil, f
	}
	p.space()
	if p.i < len(p.s) {
		return nil, p.want("nothing more")
	}
	if p.size > limits.size {
		return nil, tooLarge(limits.size)
	}
	return v, nil
}

type jsonParser struct {
	s      string
	i      int // the next byte of s
	depth  int // of the object or list that is being read
	values int // begun so far
	size   int // of the canonical form of what was read, a null counting as one
	limits jsonLimits
	detach bool
}

func (p *jsonParser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

// next returns the next byte, and 0 at the end, where no byte 0 is ever wanted.
func (p *jsonParser) next() byte {
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func (p *jsonParser) value() (any, *jsonFault) {
	switch c := p.next(); {
	case c == '"':
		s, f := p.text()
		if f != nil {
			return nil, f
		}
		return s, nil
	case c == '{':
		return p.object()
	case c == '[':
		return p.list()
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	case c == 't':
		return true, p.literal("true", len("true"))
	case c == 'f':
		return false, p.literal("false", len("false"))
	case c == 'n':
		return nil, p.literal("null", 1)
	}
	return nil, p.want("a value")
}

func (p *jsonParser) literal(word string, size int) *jsonFault {
	if !strings.HasPrefix(p.s[p.i:], word) {
		return p.want(word)
	}
	p.i += len(word)
	p.size += size
	return nil
}

func (p *jsonParser) number() (any, *jsonFault) {
	n, plain := scanNumber(p.s[p.i:])
	if n == 0 {
		return nil, p.want("a number")
	}
	text := p.s[p.i : p.i+n]
	if !plain || len(text) > MaxDetailsNumber {
		b, ok := appendNumber(nil, text, plain)
		if !ok {
			return nil, numberTooLong().from(p.i)
		}
		text = string(b)
	} else if p.detach {
		text = strings.Clone(text)
	}
	p.i += n
	p.size += len(text)
	return json.Number(text), nil
}

func (p *jsonParser) object() (any, *jsonFault) {
	if f := p.open(); f != nil {
		return nil, f
	}
	m := make(map[string]any)
	for p.next() != '}' {
		begin := p.i
		if p.next() != '"' {
			return nil, p.want("a member name or }")
		}
		name, f := p.text()
		if f != nil {
			return nil, f.asName()
		}
		p.space()
		if p.next() != ':' {
			return nil, p.want(":")
		}
		p.i++
		p.size++
		p.space()
		if f := p.count(); f != nil {
			return nil, f
		}
		v, f := p.value()
		if f != nil {
			return nil, f.in(name)
		}
		before := len(m)
		if m[name] = v; len(m) == before {
			return nil, newFault("occurs twice in one object, again").from(begin).in(name)
		}
		if f := p.comma('}'); f != nil {
			return nil, f
		}
	}
	p.close()
	return m, nil
}

func (p *jsonParser) list() (any, *jsonFault) {
	if f := p.open(); f != nil {
		return nil, f
	}
	var few [8]any
	items := few[:0]
	for p.next() != ']' {
		if f := p.count(); f != nil {
			return nil, f
		}
		v, f := p.value()
		if f != nil {
			return nil, f.at(len(items))
		}
		items = append(items, v)
		if f := p.comma(']'); f != nil {
			return nil, f
		}
	}
	p.close()
	list := make([]any, len(items))
	copy(list, items)
	return list, nil
}

// open steps into the object or list that begins here.
func (p *jsonParser) open() *jsonFault {
	if p.depth++; p.depth > p.limits.depth {
		return tooDeep().from(p.i)
	}
	p.i++
	p.size += len("{}")
	p.space()
	return nil
}

func (p *jsonParser) close() {
	p.depth--
	p.i++
}

// comma reads what stands behind a member or an item, up to the next one or the bracket.
func (p *jsonParser) comma(bracket byte) *jsonFault {
	p.space()
	switch p.next() {
	case bracket:
		return nil
	case ',':
		p.i++
		p.size++
		p.space()
		if p.next() == bracket {
			return p.want("a value after the comma")
		}
		return nil
	}
	return p.want(", or " + string(rune(bracket)))
}

func (p *jsonParser) count() *jsonFault {
	if p.values++; p.values > p.limits.values {
		return tooManyValues(p.limits.values)
	}
	return nil
}

// text reads the string that begins here.
func (p *jsonParser) text() (string, *jsonFault) {
	begin := p.i + 1
	ascii := true
	for i := begin; i < len(p.s); i++ {
		switch c := p.s[i]; {
		case c == '"':
			s := p.s[begin:i]
			if !ascii && !utf8.ValidString(s) {
				return "", p.notUTF8(begin, s)
			}
			p.i = i + 1
			p.size += len(`""`) + len(s)
			if p.detach {
				s = strings.Clone(s)
			}
			return s, nil
		case c == '\\' || c < ' ':
			return p.escapedText(begin, i)
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	p.i = len(p.s)
	return "", p.want(`"`)
}

// escapedText reads a string that begins at begin and has its first backslash or control
// character at i.
func (p *jsonParser) escapedText(begin, i int) (string, *jsonFault) {
	b := append(make([]byte, 0, i-begin+32), p.s[begin:i]...)
	for i < len(p.s) {
		switch c := p.s[i]; {
		case c == '"':
			s := string(b)
			if !utf8.ValidString(s) {
				return "", p.notUTF8(begin, p.s[begin:i])
			}
			p.i = i + 1
			p.size += canonicalSize(s)
			return s, nil
		case c < ' ':
			p.i = i
			return "", p.want("an escape such as \\n for a control character")
		case c != '\\':
			b = append(b, c)
			i++
		default:
			r, n := unescape(p.s[i:])
			switch {
			case n == 0:
				p.i = i
				return "", p.want(`an escape: one of \" \\ \/ \b \f \n \r \t \uXXXX`)
			case r == 0:
				return "", newFault("contains U+0000").from(i)
			case r < 0:
				return "", newFault("contains an unpaired surrogate").from(i)
			}
			b = utf8.AppendRune(b, r)
			i += n
		}
	}
	p.i = len(p.s)
	return "", p.want(`"`)
}

// canonicalSize returns the length of the canonical form of a valid string.
func canonicalSize(s string) int {
	var escape [6]byte
	n := len(`""`) + len(s)
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			n += len(appendEscape(escape[:0], c)) - 1
		}
	}
	return n
}

// unescape returns the character of the escape with which s begins, and the escape's length. The
// length is 0 when it is no escape, the character -1 when it is half of one.
func unescape(s string) (rune, int) {
	if len(s) < 2 {
		return 0, 0
	}
	switch s[1] {
	case '"', '\\', '/':
		return rune(s[1]), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	r, ok := hexEscape(s)
	switch {
	case !ok:
		return 0, 0
	case r < 0xD800 || r > 0xDFFF:
		return r, 6
	}
	low, ok := hexEscape(s[6:])
	if r > 0xDBFF || !ok || low < 0xDC00 || low > 0xDFFF {
		return -1, 6
	}
	return 0x10000 + (r-0xD800)<<10 + (low - 0xDC00), 12
}

// hexEscape reads \uXXXX.
func hexEscape(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[2:6]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// want says that the text is not JSON here, and what would be.
func (p *jsonParser) want(what string) *jsonFault {
	found := "the end"
	if p.i < len(p.s) {
		r, n := utf8.DecodeRuneInString(p.s[p.i:])
		if found = strconv.QuoteRune(r); r == utf8.RuneError && n == 1 {
			found = fmt.Sprintf("byte 0x%02x", p.s[p.i])
		}
	}
	return &jsonFault{
		reason: fmt.Sprintf("is not valid JSON at byte %d: found %s, want %s", p.i, found, what),
		offset: -1, whole: true,
	}
}

func (p *jsonParser) notUTF8(begin int, s string) *jsonFault {
	valid := len(s)
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			valid = i
			break
		}
	}
	return newFault("is not valid UTF-8").from(begin + valid)
}

// A jsonFault is why a value is refused. The path to the value is put together while the calls
// return, so that what is accepted pays nothing for it.
type jsonFault struct {
	path   string // from where reading or writing began: ".tags.3"
	reason string
	offset int  // the byte of the input, negative when there is none to tell
	whole  bool // it concerns the whole, not the value at path
}

func newFault(reason string) *jsonFault { return &jsonFault{reason: reason, offset: -1} }

// tooDeep names the limit of details, also in an entry, whose own level its sender does not count.
func tooDeep() *jsonFault {
	return newFault(fmt.Sprintf("is nested deeper than %d levels", MaxDetailsDepth))
}

func numberTooLong() *jsonFault {
	return newFault(fmt.Sprintf("is a number of more than %d characters when written without exponent", MaxDetailsNumber))
}

func tooManyValues(limit int) *jsonFault {
	return &jsonFault{reason: fmt.Sprintf("has more than %d values", limit), offset: -1, whole: true}
}

func tooLarge(limit int) *jsonFault {
	return &jsonFault{reason: fmt.Sprintf("is larger than %d bytes in canonical form", limit), offset: -1, whole: true}
}

// from says at which byte of the input the fault was found.
func (f *jsonFault) from(offset int) *jsonFault {
	f.offset = offset
	return f
}

// in and at put the name of a member and the index of an item before the path.
func (f *jsonFault) in(name string) *jsonFault {
	f.path = "." + pathSegment(name) + f.path
	return f
}

func (f *jsonFault) at(i int) *jsonFault {
	f.path = "." + strconv.Itoa(i) + f.path
	return f
}

// asName turns what is wrong with a string into what is wrong with the object that has it as a
// name: such a name cannot stand in a path.
func (f *jsonFault) asName() *jsonFault {
	if !f.whole {
		f.reason = "has a member name that " + f.reason
	}
	return f
}

// pathSegment quotes a name that is more than letters, digits, _ and -, and cuts a long one.
func pathSegment(name string) string {
	plain := name != "" && len(name) <= 60
	for i := 0; plain && i < len(name); i++ {
		c := name[i]
		plain = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
	}
	if plain {
		return name
	}
	return fmt.Sprintf("%.60q", name)
}

func (f *jsonFault) error(path string) error {
	field, reason := path, f.reason
	if !f.whole {
		field = strings.TrimPrefix(path+f.path, ".")
	}
	if field == "" {
		field = "entry"
	}
	if f.offset >= 0 {
		reason = fmt.Sprintf("%s at byte %d", reason, f.offset)
	}
	return &FieldError{field, reason}
}
