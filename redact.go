package daybook

import (
	"bytes"
	"encoding"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Secrets are masked in one step, wherever an entry comes from, before anything is checked, kept
// or logged. A value is judged by the name it has (redact_names.go), then by the structure it
// stands in, then by its own shape (redact_values.go). A mask says what it hides and nothing of
// it, but for the last four digits of a card number: [redacted:password], [redacted:card:1111].
//
// What has no name, no known structure and no known shape passes: a password in a sentence.

// redactDetails returns d with every secret masked, and how many values were masked. d is not
// changed: what is masked is in a copy. Without secrets the result is d itself. Redacting the
// result again changes nothing.
func redactDetails(d Details) (Details, int) {
	masked := 0
	// What is masked in one place can change how another is read, in a text cut off within a
	// secret for example. The rounds end because each masks something that was none.
	for range redactRounds {
		r := redactor{left: redactValues}
		m, changed := r.object(d, nameKind{})
		masked += r.masked
		if !changed {
			break
		}
		d = m
		if r.masked == 0 {
			break
		}
	}
	return d, masked
}

// redactText masks secrets inside one string, such as a user agent or a request id.
func redactText(s string) (string, int) {
	masked := 0
	for range redactRounds {
		r := redactor{left: redactValues}
		t, changed := r.text(s, nameKind{})
		if !changed {
			break
		}
		s = t
		masked += r.masked
	}
	return s, masked
}

const (
	redactRounds = 8

	// What exceeds these is refused afterwards anyway; they end a map that contains itself.
	redactDepth  = 2 * MaxDetailsDepth
	redactValues = 4 * MaxDetailsValues

	// redactTextLevels is how deep JSON, base64 and URL encoding are unpacked inside strings.
	redactTextLevels = 2
)

// A redactor masks the secrets of one value. Its methods report whether they changed what they
// were given; if not, they return it as it is.
type redactor struct {
	masked int // values so far
	left   int // values that may still be looked at
	depth  int // of objects and lists
	level  int // of encodings inside strings
}

// mask stands for a value that is known to be secret.
func (r *redactor) mask(label string) string {
	r.masked++
	return "[redacted:" + label + "]"
}

// isMask reports whether s hides a secret already: our own masks, those of a daybook tag, stars,
// and the xxxxx of url.URL.Redacted.
func isMask(s string) bool {
	switch {
	case s == "":
		return false
	case s == "[redacted]":
		return true
	case s[0] == '*':
		return len(strings.TrimLeft(s, "*")) == 0 ||
			strings.HasPrefix(s, "****") && len([]rune(s)) == len("****")+4
	case s == "xxxxx":
		return true
	}
	rest, ok := strings.CutPrefix(s, "[redacted:")
	if !ok || len(rest) > 40 {
		return false
	}
	for i := range len(rest) - 1 {
		if c := rest[i]; !('a' <= c && c <= 'z' || c == '-' || c == ':' || isDigit(c)) {
			return false
		}
	}
	return strings.HasSuffix(rest, "]")
}

// value redacts v, which belongs to a member of kind k, directly or inside of lists and objects.
func (r *redactor) value(v any, k nameKind) (any, bool) {
	switch x := v.(type) {
	case nil, bool:
		return v, false
	case string:
		t, ok := r.text(x, k)
		return either(v, t, ok)
	}
	if r.level == 0 {
		r.left--
	}
	if r.left < 0 || r.depth > redactDepth {
		return r.mask("unscanned"), true // what was not looked at never passes
	}
	switch x := v.(type) {
	case int:
		return r.integer(v, int64(x), k)
	case int64:
		return r.integer(v, x, k)
	case float64:
		return r.float(v, x, k)
	case json.Number:
		return r.number(v, string(x), k)
	case map[string]any:
		m, ok := r.object(x, k)
		return either(v, m, ok)
	case Details:
		m, ok := r.object(x, k)
		return either(v, Details(m), ok)
	case []any:
		items, ok := r.list(x, k)
		return either(v, items, ok)
	case []string:
		items, ok := r.texts(x, k)
		return either(v, items, ok)
	case map[string]string:
		wide := make(map[string]any, len(x))
		for name, s := range x {
			wide[name] = s
		}
		m, ok := r.object(wide, k)
		return either(v, m, ok)
	case Changes:
		c, ok := r.changes(x, k)
		return either(v, c, ok)
	case json.RawMessage:
		return r.raw(v, x, k)
	case []byte:
		s, ok := r.text(string(x), k)
		if ok && k.label == "" {
			return []byte(s), true // to be written as base64, as before
		}
		return either(v, s, ok)
	case time.Time, time.Duration, ID:
		if k.label == "" {
			return v, false
		}
	}
	return r.other(v, k)
}

// either returns what v became, or v itself without allocating.
func either[T any](v any, became T, changed bool) (any, bool) {
	if changed {
		return became, true
	}
	return v, false
}

// integer redacts the number v, whose value is n.
func (r *redactor) integer(v any, n int64, k nameKind) (any, bool) {
	if k.label == "" && n < 1e12 { // fewer than 13 digits are no card number
		return v, false
	}
	return r.number(v, strconv.FormatInt(n, 10), k)
}

func (r *redactor) float(v any, f float64, k nameKind) (any, bool) {
	if k.label == "" && (f < 1e12 || f >= 1e19) {
		return v, false
	}
	return r.number(v, strconv.FormatFloat(f, 'f', -1, 64), k)
}

func (r *redactor) number(v any, text string, k nameKind) (any, bool) {
	if k.label != "" && !k.numbers || k.label == "" && k.id {
		return v, false
	}
	if isCard(text) {
		return r.mask("card:" + text[len(text)-4:]), true
	}
	if k.label != "" {
		return r.mask(k.label), true
	}
	return v, false
}

// text redacts a string.
func (r *redactor) text(s string, k nameKind) (string, bool) {
	switch {
	case s == "" || isMask(s):
		return s, false
	case k.label == "":
		return r.shapes(s, k)
	case k.label == "card":
		if digits := strings.NewReplacer(" ", "", "-", "").Replace(s); isCard(digits) {
			return r.mask("card:" + digits[len(digits)-4:]), true
		}
	}
	return r.mask(k.label), true
}

// object redacts the members of m. A secret kind k is that of every value below.
func (r *redactor) object(m map[string]any, k nameKind) (map[string]any, bool) {
	r.depth++
	out := m
	copied := false
	var renamed []string
	var pair nameKind // what the name says in an object such as {"name": ..., "value": ...}
	pairValues := 0
	for name, v := range m {
		member := k
		if k.label == "" {
			if member = nameKindOf(name); member.label == "" {
				switch s, isText := v.(string); {
				case member.role == roleValue:
					pairValues++
					continue
				case member.role == roleName && isText && len(s) <= 64:
					pair = secretKind(pair, nameKindOf(s))
				}
			}
		}
		if len(name) >= 12 {
			if _, secret := r.name(name); secret {
				renamed = append(renamed, name)
			}
		}
		if w, ok := r.value(v, member); ok {
			if !copied {
				out, copied = maps.Clone(m), true
			}
			out[name] = w
		}
	}
	for name, v := range m {
		if pairValues == 0 || nameKindOf(name).role != roleValue {
			continue
		}
		pairValues--
		if w, ok := r.value(v, pair); ok {
			if !copied {
				out, copied = maps.Clone(m), true
			}
			out[name] = w
		}
	}
	if len(renamed) > 0 {
		if !copied {
			out, copied = maps.Clone(m), true
		}
		renameMembers(out, renamed)
	}
	r.depth--
	return out, copied
}

// secretKind joins what several names say of one value.
func secretKind(a, b nameKind) nameKind {
	if a.label == "" || b.label != "" && b.label < a.label { // whichever comes first
		b.id = a.id || b.id
		return b
	}
	return a
}

// name redacts the name of a member, which has nothing but its shape to be judged by.
func (r *redactor) name(name string) (string, bool) { return r.text(name, nameKind{id: true}) }

// renameMembers gives members whose names hold secrets other names, in the same way every time.
func renameMembers(m map[string]any, names []string) {
	slices.Sort(names)
	for _, old := range names {
		var r redactor
		name, _ := r.name(old)
		for n, base := 2, name; ; n++ {
			if _, taken := m[name]; !taken {
				break
			}
			name = base + " " + strconv.Itoa(n)
		}
		m[name] = m[old]
		delete(m, old)
	}
}

func (r *redactor) changes(c Changes, k nameKind) (Changes, bool) {
	r.depth++
	out := c
	copied := false
	for path, change := range c {
		field := k
		if k.label == "" {
			field = nameKindOf(path)
		}
		was, a := r.value(change.Old, field)
		is, b := r.value(change.New, field)
		if a || b {
			if !copied {
				out, copied = maps.Clone(c), true
			}
			out[path] = Change{was, is}
		}
	}
	r.depth--
	return out, copied
}

// list redacts the items of a list. A list of two strings inside of it is a name and a value, as
// in lists of headers; a list of strings may be the arguments of a command.
func (r *redactor) list(items []any, k nameKind) ([]any, bool) {
	r.depth++
	out := items
	copied := false
	var flag nameKind
	for i, v := range items {
		item := k
		if k.label == "" {
			s, isText := v.(string)
			if isText && flag.label != "" && !strings.HasPrefix(s, "-") {
				item = flag
			}
			flag = nameKind{}
			if isText {
				flag = flagKind(s)
			} else if name, ok := pairName(v); ok {
				if p := nameKindOf(name); p.label != "" {
					v, item = secondOf(v), p
					if w, ok := r.value(v, item); ok {
						if !copied {
							out, copied = slices.Clone(items), true
						}
						out[i] = []any{name, w}
					}
					continue
				}
			}
		}
		if w, ok := r.value(v, item); ok {
			if !copied {
				out, copied = slices.Clone(items), true
			}
			out[i] = w
		}
	}
	r.depth--
	return out, copied
}

func (r *redactor) texts(items []string, k nameKind) ([]string, bool) {
	out := items
	copied := false
	var flag nameKind
	for i, s := range items {
		item := k
		if k.label == "" {
			if flag.label != "" && !strings.HasPrefix(s, "-") {
				item = flag
			}
			flag = flagKind(s)
		}
		if t, ok := r.text(s, item); ok {
			if !copied {
				out, copied = slices.Clone(items), true
			}
			out[i] = t
		}
	}
	return out, copied
}

// flagKind judges --name, which names the argument behind it.
func flagKind(s string) nameKind {
	if len(s) < 4 || s[0] != '-' || len(s) > 64 || strings.ContainsAny(s, "= ") {
		return nameKind{}
	}
	return nameKindOf(s)
}

// pairName returns the first of a list of two strings.
func pairName(v any) (string, bool) {
	switch v := v.(type) {
	case []string:
		if len(v) == 2 {
			return v[0], true
		}
	case []any:
		if len(v) == 2 {
			name, ok := v[0].(string)
			_, both := v[1].(string)
			return name, ok && both
		}
	}
	return "", false
}

func secondOf(v any) any {
	if s, ok := v.([]string); ok {
		return s[1]
	}
	return v.([]any)[1]
}

// raw redacts JSON. What is no JSON is judged as text, and refused later.
func (r *redactor) raw(v any, b json.RawMessage, k nameKind) (any, bool) {
	if decoded, ok := decodeJSON(b); ok {
		w, ok := r.value(decoded, k)
		return either(v, w, ok)
	}
	s, ok := r.text(string(b), k)
	return either(v, s, ok)
}

// other redacts values of types that are not listed in value. Those that have an own text are that
// text, and what is composed is read as its JSON, once.
func (r *redactor) other(v any, k nameKind) (any, bool) {
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if rv.IsNil() {
			return v, false
		}
	}
	text := func(s string) (any, bool) {
		t, ok := r.text(s, k)
		return either(v, t, ok)
	}
	switch x := v.(type) {
	case slog.LogValuer:
		w, _ := r.value(plainLogValue(slog.AnyValue(x).Resolve(), 0), k)
		return w, true
	case json.Marshaler:
	case encoding.TextMarshaler:
		if b, err := x.MarshalText(); err == nil {
			return text(string(b))
		}
		return v, false
	case error:
		return text(x.Error())
	}
	switch {
	case rv.CanInt():
		return r.integer(v, rv.Int(), k)
	case rv.CanUint():
		return r.integer(v, int64(rv.Uint()), k)
	case rv.CanFloat():
		return r.float(v, rv.Float(), k)
	}
	switch rv.Kind() {
	case reflect.String:
		return text(rv.String())
	case reflect.Bool:
		return v, false
	}
	if checkGoValue(rv, 0) != nil {
		return v, false // refused when it is written
	}
	b, err := json.Marshal(v)
	if err != nil {
		return v, false // likewise
	}
	decoded, _ := decodeJSON(b)
	w, ok := r.value(decoded, k)
	return either(v, w, ok)
}

// plainLogValue is what a LogValuer says of itself, as JSON would have it.
func plainLogValue(v slog.Value, depth int) any {
	if v.Kind() != slog.KindGroup {
		return v.Any()
	}
	m := make(map[string]any)
	if depth > redactDepth {
		return m
	}
	for _, attr := range v.Group() {
		m[attr.Key] = plainLogValue(attr.Value.Resolve(), depth+1)
	}
	return m
}

// decodeJSON reads one JSON text, keeping its numbers as they are written.
func decodeJSON(b []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil, false
	}
	_, err := d.Token()
	return v, err == io.EOF
}
