package daybook

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A Change is what one field was and what it became. Both are plain JSON values.
type Change struct {
	Old any `json:"old"`
	New any `json:"new"`
}

// Changes is the value of details.changes: field path -> {old, new}. A path is written as the
// filter language writes it, without details.changes: address.city, address."weird.key".
type Changes map[string]Change

// Value returns c as plain JSON values: an object of objects with the members old and new.
func (c Changes) Value() map[string]any {
	m := make(map[string]any, len(c))
	for path, change := range c {
		m[path] = map[string]any{"old": change.Old, "new": change.New}
	}
	return m
}

// Diff returns the fields in which before and after differ, nil when there are none.
//
// Both are structs of one type, or maps of one type with string keys, or pointers to such. One of
// them may be nil, for what is created or deleted: then every field of the other that is not zero
// has changed from or to null.
//
// A field is called by the name in its daybook tag, else by its json name, else by its Go name in
// snake case (UserID is user_id). Fields of embedded structs count as fields of the outer one, by
// the rules of encoding/json; fields of other structs and members of maps have dotted paths. The
// tag may go on:
//
//	Email    string `daybook:"mail"`          // another name
//	Internal string `daybook:"-"`             // left out, as json:"-" is where there is no daybook tag
//	Password string `daybook:",redact"`       // that it changed, not to what: "[redacted]"
//	Phone    string `daybook:"phone,mask"`    // the last four characters of more than eight: "****4567"; else "****"
//
// Redacted and masked fields are compared by what they are, and null is told as null. No hash of a
// value is told, as small sets of values can be read from their hashes.
//
// Pointers and interfaces are followed. A [slog.LogValuer] is what it says it is. Times are
// compared as instants to the nanosecond and told in RFC 3339 in UTC, durations by their String
// method, URLs without their password, an encoding.TextMarshaler as its text, a json.Marshaler as
// its JSON, a database/sql/driver.Valuer as its value, any other error as its message. Lists are
// compared as a whole, and nil is the same as empty. A []byte is told by its length alone. Strings
// longer than 1,024 bytes are cut, with their length: "…(12345 bytes)". Unexported fields,
// functions and channels are left out.
//
// Values that contain themselves, that lie deeper than [MaxDetailsDepth], and tags with unknown
// options are an error that wraps a [FieldError] with the path. Diff only reads, but what it reads
// must not be written meanwhile.
func Diff(before, after any) (Changes, error) {
	b, err := diffRoot(before)
	if err != nil {
		return nil, err
	}
	a, err := diffRoot(after)
	if err != nil {
		return nil, err
	}
	some := b
	switch {
	case !b.IsValid() && !a.IsValid():
		return nil, nil
	case !b.IsValid():
		some = a
	case a.IsValid() && a.Type() != b.Type():
		return nil, fmt.Errorf("diff %s and %s: the types differ", b.Type(), a.Type())
	}
	r := diffReader{fields: make(map[reflect.Type][]diffField)}
	old, fault := r.read(b, false)
	if fault == nil {
		var became diffNode
		if became, fault = r.read(a, false); fault == nil {
			if old.bare() || became.bare() {
				return nil, fmt.Errorf("diff %s: only a struct or a map with string keys has fields to compare", some.Type())
			}
			return diffChanges(old, became, !b.IsValid() || !a.IsValid()), nil
		}
	}
	if fault.Field == "" {
		fault.Field = "value"
	}
	return nil, fmt.Errorf("diff %s: %w", some.Type(), fault)
}

// diffRoot follows v to what is compared. The result is not valid for nil.
func diffRoot(v any) (reflect.Value, error) {
	r := reflect.ValueOf(v)
	for range MaxDetailsDepth {
		if r.Kind() != reflect.Pointer && r.Kind() != reflect.Interface {
			if r.Kind() == reflect.Map && r.IsNil() {
				return reflect.Value{}, nil
			}
			return r, nil
		}
		r = r.Elem()
	}
	return r, fmt.Errorf("diff %T: more than %d pointers to pointers", v, MaxDetailsDepth)
}

// diffKind is what a diffNode is in JSON.
type diffKind int

const (
	diffNull diffKind = iota
	diffAbsent
	diffScalar
	diffList
	diffObject
)

// A diffNode is a value as it is compared and as it is told, which may be less.
type diffNode struct {
	kind    diffKind
	zero    bool       // not told of what was created or deleted
	hidden  bool       // told as "[redacted]"
	value   any        // of a scalar: bool, int64, uint64, float64, string or diffBytes, compared with ==
	told    any        // of a scalar
	names   []string   // of an object, ascending
	members []diffNode // of an object, in the order of names; of a list
}

// diffBytes sets a []byte apart from a string with the same bytes.
type diffBytes string

func (n diffNode) null() bool { return n.kind == diffNull || n.kind == diffAbsent }

// bare says that n has no fields to compare.
func (n diffNode) bare() bool { return n.kind == diffScalar || n.kind == diffList }

func (n diffNode) same(m diffNode) bool {
	if n.null() || m.null() {
		return n.null() && m.null() || n.kind == diffList && len(n.members) == 0 || m.kind == diffList && len(m.members) == 0
	}
	return n.kind == m.kind && n.value == m.value &&
		slices.Equal(n.names, m.names) && slices.EqualFunc(n.members, m.members, diffNode.same)
}

// plain returns what is told of n.
func (n diffNode) plain() any {
	switch {
	case n.null():
		return nil
	case n.hidden:
		return "[redacted]"
	case n.kind == diffList:
		items := make([]any, len(n.members))
		for i, item := range n.members {
			items[i] = item.plain()
		}
		return items
	case n.kind == diffObject:
		m := make(map[string]any, len(n.names))
		for i, name := range n.names {
			m[name] = n.members[i].plain()
		}
		return m
	}
	return n.told
}

func diffChanges(old, became diffNode, oneSided bool) Changes {
	w := diffWriter{oneSided: oneSided}
	w.compare("", old, became)
	return w.changes
}

type diffWriter struct {
	changes  Changes
	oneSided bool // created or deleted: zero values are no news
}

func (w *diffWriter) compare(path string, old, became diffNode) {
	if old.same(became) || w.oneSided && (old.null() || old.zero) && (became.null() || became.zero) {
		return
	}
	open := func(n diffNode) bool { return n.kind == diffObject && !n.hidden }
	switch {
	case open(old) && open(became), open(old) && became.null(), old.null() && open(became):
		before := len(w.changes)
		w.members(path, old, became)
		if len(w.changes) > before || path == "" || w.oneSided {
			return
		}
		// An object without members came or went.
	}
	if w.changes == nil {
		w.changes = make(Changes)
	}
	w.changes[path] = Change{old.plain(), became.plain()}
}

// members compares by name what the two have. What only one of them has is null in the other.
func (w *diffWriter) members(path string, old, became diffNode) {
	i, j := 0, 0
	for i < len(old.names) || j < len(became.names) {
		var name string
		var o, b diffNode
		switch {
		case j == len(became.names) || i < len(old.names) && old.names[i] < became.names[j]:
			name, o = old.names[i], old.members[i]
			i++
		case i == len(old.names) || became.names[j] < old.names[i]:
			name, b = became.names[j], became.members[j]
			j++
		default:
			name, o, b = old.names[i], old.members[i], became.members[j]
			i++
			j++
		}
		w.compare(diffPath(path, name), o, b)
	}
}

// diffPath writes a path as the filter language reads it: a name that is more than letters,
// digits, _ and - is quoted, with a backslash before quotes and backslashes.
func diffPath(path, name string) string {
	plain := name != ""
	for i := 0; plain && i < len(name); i++ {
		c := name[i]
		plain = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
	}
	if !plain {
		name = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// diffText tells s, as much of it as is shown. Text from outside must not make an entry
// unstorable, so what is no UTF-8 is replaced; it is compared as it is.
func diffText(s string, mask bool) diffNode {
	const most = 1024
	told := clean(s)
	switch {
	case mask:
		told = maskText(told)
	case len(s) > most:
		told = cut(told, most) + "…(" + strconv.Itoa(len(s)) + " bytes)"
	}
	return diffNode{kind: diffScalar, value: s, told: told, zero: s == ""}
}

// maskText leaves the last four characters of more than eight. The stars do not tell the length.
func maskText(s string) string {
	r := []rune(s)
	switch {
	case len(r) == 0:
		return ""
	case len(r) <= 8:
		return "****"
	}
	return "****" + string(r[len(r)-4:])
}

// diffNumber makes equal numbers equal, whatever their Go types: a map may hold an int before and
// a float64 from JSON after.
func diffNumber(v any, mask bool) diffNode {
	n := diffNode{kind: diffScalar, value: v, told: v}
	switch v := v.(type) {
	case int64:
		n.zero = v == 0
	case uint64:
		n.zero = v == 0
		if int64(v) >= 0 {
			n.value = int64(v)
		}
	case float64:
		n.zero = v == 0
		switch text := strconv.FormatFloat(v, 'g', -1, 64); {
		case v != v || v-v != 0: // NaN and the infinities have no JSON
			n.value, n.told = text, text
		case -1<<53 <= v && v <= 1<<53 && v == float64(int64(v)):
			n.value = int64(v)
		}
	}
	if mask {
		n.told = maskText(fmt.Sprint(n.told))
	}
	return n
}

func diffBool(v, mask bool) diffNode {
	n := diffNode{kind: diffScalar, value: v, told: v, zero: !v}
	if mask {
		n.told = maskText(strconv.FormatBool(v))
	}
	return n
}
