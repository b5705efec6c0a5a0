package ledger

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/daybookdev/daybook"
)

// Secrets are what is kept beside an entry so that its leaf can be made again. As long as nothing of
// the entry was erased that is one salt, of which each value's own is derived. When something is
// erased the salt goes with it, since with the salt an erased address could be found by trying all of
// them; what takes its place are the salts of what is left, and the commitments of what is gone.
type Secrets struct {
	Salt   Salt   // zero when Erased is not empty
	Erased string // canonical JSON; see Erase
}

// A Sealed is an entry with all that its leaf is made of.
type Sealed struct {
	daybook.Entry
	Version int // of the leaf
	Kind    Kind
	Control string
	Secrets
}

// ErrVersion means that a newer program made the leaf.
var ErrVersion = errors.New("unknown version of leaf")

// Leaf returns the entry's leaf in the log of an origin. An error means that no leaf was ever made of
// what is there: the entry or its secrets were altered.
func (s *Sealed) Leaf(origin string) (Leaf, error) {
	if s.Version != LeafVersion {
		return Leaf{}, fmt.Errorf("%w %d: this program knows %d", ErrVersion, s.Version, LeafVersion)
	}
	var l Leaf
	if s.Erased == "" {
		details, err := s.Details.Canonical()
		if err != nil {
			return Leaf{}, err
		}
		var h Hasher
		if l, err = h.leafOf(origin, &s.Entry, details, s.Salt); err != nil {
			return Leaf{}, err
		}
	} else {
		if s.Salt != (Salt{}) {
			return Leaf{}, errors.New("both a salt and erased values are kept: with the salt they could be guessed")
		}
		e, err := parseErased(s.Erased)
		if err != nil {
			return Leaf{}, err
		}
		if origin == "" {
			return Leaf{}, errNoOrigin
		}
		l = clearLeaf(origin, &s.Entry)
		if l.Commitments, err = e.commitments(&s.Entry); err != nil {
			return Leaf{}, err
		}
	}
	l.Kind, l.Control = s.Kind, s.Control
	return l, nil
}

// ErasedPaths returns the paths that were erased, sorted: a field's name, and for a part of details a
// JSON Pointer behind it (RFC 6901).
func (s *Secrets) ErasedPaths() ([]string, error) {
	if s.Erased == "" {
		return nil, nil
	}
	e, err := parseErased(s.Erased)
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(e.commitment)), nil
}

// erased is what Secrets.Erased tells.
type erased struct {
	commitment map[string]Commitment // of the nodes that were erased, by path
	salt       map[string]Salt       // of the largest parts that are left whole
}

// String returns canonical JSON: {"c":{path:commitment},"s":{path:salt}}, bytes in base64.
func (e *erased) String() string {
	b := []byte(`{"c":{`)
	for i, path := range slices.Sorted(maps.Keys(e.commitment)) {
		c := e.commitment[path]
		b = appendMember(b, i, path, c[:])
	}
	b = append(b, `},"s":{`...)
	for i, path := range slices.Sorted(maps.Keys(e.salt)) {
		s := e.salt[path]
		b = appendMember(b, i, path, s[:])
	}
	return string(append(b, "}}"...))
}

func appendMember(b []byte, i int, name string, value []byte) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	b = append(appendJSONText(b, name), `:"`...)
	b = base64.StdEncoding.AppendEncode(b, value)
	return append(b, '"')
}

// appendJSONText appends s as canonical JSON.
func appendJSONText(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= ' ':
			b = append(b, c)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\r':
			b = append(b, `\r`...)
		default:
			b = fmt.Appendf(b, `\u%04x`, c)
		}
	}
	return append(b, '"')
}

func parseErased(text string) (*erased, error) {
	var parts struct {
		C, S map[string][]byte
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&parts); err != nil {
		return nil, fmt.Errorf("what is kept of erased values is not readable: %w", err)
	}
	e := &erased{map[string]Commitment{}, map[string]Salt{}}
	for path, c := range parts.C {
		if len(c) != len(Commitment{}) {
			return nil, fmt.Errorf("the commitment of %q has %d bytes", path, len(c))
		}
		e.commitment[path] = Commitment(c)
	}
	for path, s := range parts.S {
		if len(s) != len(Salt{}) {
			return nil, fmt.Errorf("the salt of %q has %d bytes", path, len(s))
		}
		e.salt[path] = Salt(s)
	}
	if len(e.commitment) == 0 || e.String() != text {
		return nil, errors.New("what is kept of erased values is not in its canonical form")
	}
	return e, nil
}

// commitments makes those of an entry of which something was erased. Every part must have exactly
// one origin: its commitment, its salt, or its own parts.
func (e *erased) commitments(entry *daybook.Entry) (all [committedFields]Commitment, err error) {
	w := erasedWalk{erased: e}
	details, err := entry.Details.Normalize()
	if err != nil {
		return all, err
	}
	for i, text := range texts(entry) {
		var v any
		if text != "" {
			v = text
		}
		if i+1 == fieldDetails && details != nil {
			v = map[string]any(details)
		}
		if all[i], err = w.node(fieldNames[i+1], v); err != nil {
			return all, err
		}
	}
	if w.used != len(e.commitment)+len(e.salt) {
		return all, errors.New("what is kept of erased values names parts that the entry does not have")
	}
	return all, nil
}

type erasedWalk struct {
	*erased
	committer
	used int
}

// errPresent means that a value is there although it was erased.
type presentError struct{ path string }

func (e *presentError) Error() string { return e.path + " was erased and has a value" }

// node returns the commitment of the value at a path; nil is an absent field, or null within details.
func (w *erasedWalk) node(path string, v any) (Commitment, error) {
	if sum, ok := w.commitment[path]; ok {
		w.used++
		if v != nil {
			return sum, &presentError{path}
		}
		return sum, nil
	}
	if salt, ok := w.salt[path]; ok {
		w.used++
		return w.whole(salt, path, v)
	}
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			break
		}
		top := w.begin(objectMagic)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			w.member(name)
			sum, err := w.node(childPath(path, name), v[name])
			if err != nil {
				return Commitment{}, err
			}
			w.buf = append(w.buf, sum[:]...)
		}
		return w.end(top, objectMagic, uint32(len(v))), nil
	case []any:
		if len(v) == 0 {
			break
		}
		top := w.begin(arrayMagic)
		for i, item := range v {
			sum, err := w.node(path+"/"+strconv.Itoa(i), item)
			if err != nil {
				return Commitment{}, err
			}
			w.buf = append(w.buf, sum[:]...)
		}
		return w.end(top, arrayMagic, uint32(len(v))), nil
	}
	return Commitment{}, fmt.Errorf("%s has neither a salt nor a commitment", path)
}

// whole returns the commitment of a value of which nothing was erased. Whether nil is absent or null
// its path tells.
func (w *erasedWalk) whole(salt Salt, path string, v any) (Commitment, error) {
	switch v := v.(type) {
	case nil:
		if !strings.Contains(path, "/") {
			return w.value(salt, typeAbsent, ""), nil
		}
		return w.value(salt, typeNull, ""), nil
	case string:
		return w.value(salt, typeText, v), nil
	case json.Number:
		return w.value(salt, typeNumber, string(v)), nil
	case bool:
		if v {
			return w.value(salt, typeTrue, ""), nil
		}
		return w.value(salt, typeFalse, ""), nil
	case map[string]any:
		if len(v) == 0 {
			return w.value(salt, typeEmptyObject, ""), nil
		}
		top := w.begin(objectMagic)
		for _, name := range slices.Sorted(maps.Keys(v)) {
			child := w.derive(salt, 'M', name, 0)
			w.member(name)
			sum, err := w.whole(child, childPath(path, name), v[name])
			if err != nil {
				return Commitment{}, err
			}
			w.buf = append(w.buf, sum[:]...)
		}
		return w.end(top, objectMagic, uint32(len(v))), nil
	case []any:
		if len(v) == 0 {
			return w.value(salt, typeEmptyArray, ""), nil
		}
		top := w.begin(arrayMagic)
		for i, item := range v {
			child := w.derive(salt, 'E', "", uint32(i))
			sum, err := w.whole(child, path+"/"+strconv.Itoa(i), item)
			if err != nil {
				return Commitment{}, err
			}
			w.buf = append(w.buf, sum[:]...)
		}
		return w.end(top, arrayMagic, uint32(len(v))), nil
	}
	return Commitment{}, fmt.Errorf("%s holds a %T", path, v)
}

var escapePointer = strings.NewReplacer("~", "~0", "/", "~1")

func childPath(path, name string) string { return path + "/" + escapePointer.Replace(name) }

// splitPath returns the field that a path begins with, and the names and indices behind it.
func splitPath(path string) (field int, steps []string, err error) {
	parts := strings.Split(path, "/")
	field = slices.Index(fieldNames[1:], parts[0]) + 1
	if field == 0 || len(parts) > 1 && field != fieldDetails {
		return 0, nil, fmt.Errorf("%.60q is no path to a value that can be erased, such as user_id or details/old_email", path)
	}
	for _, p := range parts[1:] {
		name := strings.NewReplacer("~1", "/", "~0", "~").Replace(p)
		if escapePointer.Replace(name) != p {
			return 0, nil, fmt.Errorf("%.60q is no JSON Pointer (RFC 6901)", path)
		}
		steps = append(steps, name)
	}
	return field, steps, nil
}
