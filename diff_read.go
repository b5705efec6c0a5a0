package daybook

import (
	"bytes"
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// A diffReader makes nodes of Go values.
type diffReader struct {
	fields map[reflect.Type][]diffField
	open   []diffRef // the pointers, maps and slices that lead to the value being read
	depth  int       // of values within values
}

type diffRef struct {
	t   reflect.Type
	p   uintptr
	len int
}

func (r *diffReader) read(v reflect.Value, mask bool) (diffNode, *FieldError) {
	if !v.IsValid() {
		return diffNode{}, nil
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if v.IsNil() {
			return diffNode{}, nil
		}
		ref := diffRef{t: v.Type(), p: v.Pointer()}
		if v.Kind() == reflect.Slice {
			ref.len = v.Len()
		}
		if slices.Contains(r.open, ref) {
			return diffNode{}, &FieldError{Reason: "contains itself"}
		}
		r.open = append(r.open, ref)
		defer func() { r.open = r.open[:len(r.open)-1] }()
	}
	switch v.Kind() {
	case reflect.Pointer:
		n, fault := r.read(v.Elem(), mask)
		n.zero = false // a pointer to false says more than none
		return n, fault
	case reflect.Interface:
		return r.read(v.Elem(), mask)
	}
	if fault := r.enter(); fault != nil {
		return diffNode{}, fault
	}
	defer r.leave()
	if t := v.Type(); t.PkgPath() != "" || t.Kind() == reflect.Struct {
		if n, ok, fault := r.readNamed(v, mask); ok || fault != nil {
			return n, fault
		}
	}
	switch v.Kind() {
	case reflect.String:
		return diffText(v.String(), mask), nil
	case reflect.Bool:
		return diffBool(v.Bool(), mask), nil
	case reflect.Float32: // by its shortest decimal, as encoding/json writes it
		f, _ := strconv.ParseFloat(strconv.FormatFloat(v.Float(), 'g', -1, 32), 64)
		return diffNumber(f, mask), nil
	case reflect.Float64:
		return diffNumber(v.Float(), mask), nil
	case reflect.Complex64, reflect.Complex128:
		return diffText(fmt.Sprint(v.Complex()), mask), nil
	case reflect.Slice, reflect.Array:
		return r.readList(v, mask)
	case reflect.Map:
		return r.readMap(v, mask)
	case reflect.Struct:
		return r.readStruct(v, mask)
	}
	switch {
	case v.CanInt():
		return diffNumber(v.Int(), mask), nil
	case v.CanUint():
		return diffNumber(v.Uint(), mask), nil
	}
	return diffNode{kind: diffAbsent}, nil // a function or channel
}

func (r *diffReader) enter() *FieldError {
	if r.depth++; r.depth > MaxDetailsDepth {
		return &FieldError{Reason: fmt.Sprintf("lies deeper than %d levels", MaxDetailsDepth)}
	}
	return nil
}

func (r *diffReader) leave() { r.depth-- }

// readNamed reads a value whose type says how it is shown. It reports false when it does not.
func (r *diffReader) readNamed(v reflect.Value, mask bool) (n diffNode, ok bool, fault *FieldError) {
	t := v.Type()
	zero := v.IsZero()
	if p := reflect.PointerTo(t); p.NumMethod() > t.NumMethod() { // methods of the pointer count too
		if !v.CanAddr() {
			c := reflect.New(t).Elem()
			c.Set(v)
			v = c
		}
		v = v.Addr()
	}
	text := func(s string, err error) (diffNode, bool, *FieldError) {
		if err != nil {
			return diffNode{}, true, &FieldError{Reason: "has no text: " + err.Error()}
		}
		n := diffText(s, mask)
		n.zero = zero
		return n, true, nil
	}
	switch x := v.Interface().(type) {
	case slog.LogValuer:
		n, fault := r.logValue(slog.AnyValue(x).Resolve(), mask)
		n.zero = n.zero || zero
		return n, true, fault
	case *time.Time:
		n, ok, fault := text(x.UTC().Format(time.RFC3339Nano), nil)
		n.zero = x.IsZero()
		return n, ok, fault
	case time.Duration:
		return text(x.String(), nil)
	case *url.URL:
		n, ok, fault := text(x.String(), nil)
		if !mask {
			n.told = diffText(x.Redacted(), false).told
		}
		return n, ok, fault
	case *Details:
		return diffNode{}, false, nil // its JSON would lead to the same members
	case json.Number:
		return r.readNumber(x, mask), true, nil
	case *json.RawMessage:
		if !json.Valid(*x) {
			return r.readBytes([]byte(*x)), true, nil
		}
		return r.readJSON(*x, mask)
	case encoding.TextMarshaler:
		b, err := x.MarshalText()
		return text(string(b), err)
	case json.Marshaler:
		b, err := x.MarshalJSON()
		if err != nil {
			return diffNode{}, true, &FieldError{Reason: "has no JSON: " + err.Error()}
		}
		return r.readJSON(b, mask)
	case driver.Valuer:
		dv, err := x.Value()
		if err != nil {
			return diffNode{}, true, &FieldError{Reason: "has no value: " + err.Error()}
		}
		if _, ok := dv.([]byte); !ok || t.Kind() != reflect.Struct {
			n, fault := r.read(reflect.ValueOf(dv), mask)
			return n, true, fault
		}
	case error:
		return text(x.Error(), nil)
	}
	return diffNode{}, false, nil
}

// logValue reads what a LogValuer says of itself. v must have been resolved.
func (r *diffReader) logValue(v slog.Value, mask bool) (diffNode, *FieldError) {
	switch v.Kind() {
	case slog.KindGroup:
		return r.logGroup(v.Group(), mask)
	case slog.KindInt64:
		return diffNumber(v.Int64(), mask), nil
	case slog.KindUint64:
		return diffNumber(v.Uint64(), mask), nil
	case slog.KindFloat64:
		return diffNumber(v.Float64(), mask), nil
	case slog.KindString:
		return diffText(v.String(), mask), nil
	case slog.KindBool:
		return diffBool(v.Bool(), mask), nil
	}
	return r.read(reflect.ValueOf(v.Any()), mask)
}

func (r *diffReader) logGroup(attrs []slog.Attr, mask bool) (diffNode, *FieldError) {
	if fault := r.enter(); fault != nil {
		return diffNode{}, fault
	}
	defer r.leave()
	members := make(map[string]diffNode, len(attrs))
	for _, attr := range attrs {
		n, fault := r.logValue(attr.Value.Resolve(), mask)
		if fault != nil {
			return diffNode{}, diffFaultIn(attr.Key, fault)
		}
		if attr.Key == "" && n.kind == diffObject { // slog: a group without a name is part of the outer one
			for i, name := range n.names {
				members[name] = n.members[i]
			}
			continue
		}
		members[attr.Key] = n
	}
	return diffObjectOf(members), nil
}

func (r *diffReader) readJSON(b []byte, mask bool) (diffNode, bool, *FieldError) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return diffNode{}, true, &FieldError{Reason: "has no JSON: " + err.Error()}
	}
	n, fault := r.read(reflect.ValueOf(v), mask)
	return n, true, fault
}

// readNumber keeps what no Go number holds exactly as its text.
func (r *diffReader) readNumber(s json.Number, mask bool) diffNode {
	if i, err := strconv.ParseInt(string(s), 10, 64); err == nil {
		return diffNumber(i, mask)
	}
	if u, err := strconv.ParseUint(string(s), 10, 64); err == nil {
		return diffNumber(u, mask)
	}
	if f, err := strconv.ParseFloat(string(s), 64); err == nil && len(s) <= 17 {
		return diffNumber(f, mask)
	}
	return diffText(string(s), mask)
}

func (r *diffReader) readBytes(b []byte) diffNode {
	return diffNode{kind: diffScalar, value: diffBytes(b), told: fmt.Sprintf("(%d bytes)", len(b)), zero: len(b) == 0}
}

func (r *diffReader) readList(v reflect.Value, mask bool) (diffNode, *FieldError) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		b := make([]byte, v.Len())
		reflect.Copy(reflect.ValueOf(b), v)
		return r.readBytes(b), nil
	}
	n := diffNode{kind: diffList, members: make([]diffNode, v.Len()), zero: v.Len() == 0 || v.Kind() == reflect.Array && v.IsZero()}
	for i := range n.members {
		var fault *FieldError
		if n.members[i], fault = r.read(v.Index(i), mask); fault != nil {
			return n, diffFaultIn(strconv.Itoa(i), fault)
		}
	}
	return n, nil
}

// readMap reads an empty map as null, so that making one is no change.
func (r *diffReader) readMap(v reflect.Value, mask bool) (diffNode, *FieldError) {
	members := make(map[string]diffNode, v.Len())
	for it := v.MapRange(); it.Next(); {
		name, ok := diffKey(it.Key())
		if !ok {
			return diffNode{}, &FieldError{Reason: fmt.Sprintf("is a %s, whose keys have no text", v.Type())}
		}
		n, fault := r.read(it.Value(), mask)
		if fault != nil {
			return diffNode{}, diffFaultIn(name, fault)
		}
		members[clean(name)] = n
	}
	if len(members) == 0 {
		return diffNode{}, nil
	}
	return diffObjectOf(members), nil
}

// diffKey is the name of a member, as encoding/json has it.
func diffKey(k reflect.Value) (string, bool) {
	if k.Kind() == reflect.String {
		return k.String(), true
	}
	if m, ok := k.Interface().(encoding.TextMarshaler); ok {
		b, err := m.MarshalText()
		return string(b), err == nil
	}
	if k.CanInt() || k.CanUint() {
		return fmt.Sprint(k.Interface()), true
	}
	return "", false
}

func diffObjectOf(members map[string]diffNode) diffNode {
	n := diffNode{kind: diffObject, zero: true}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		n.add(name, members[name])
	}
	return n
}

// add appends a member, whose name must come after those that n has.
func (n *diffNode) add(name string, m diffNode) {
	if m.kind == diffAbsent {
		return
	}
	n.zero = n.zero && (m.null() || m.zero)
	n.names = append(n.names, name)
	n.members = append(n.members, m)
}

func (r *diffReader) readStruct(v reflect.Value, mask bool) (diffNode, *FieldError) {
	fields, ok := r.fields[v.Type()]
	if !ok {
		var fault *FieldError
		if fields, fault = diffFields(v.Type()); fault != nil {
			return diffNode{}, fault
		}
		r.fields[v.Type()] = fields
	}
	n := diffNode{kind: diffObject, zero: true, names: make([]string, 0, len(fields)), members: make([]diffNode, 0, len(fields))}
	for _, f := range fields {
		fv, err := v.FieldByIndexErr(f.index)
		if err != nil {
			continue // inside an embedded pointer that is nil
		}
		m, fault := r.read(fv, mask || f.mask)
		if fault != nil {
			return diffNode{}, diffFaultIn(f.name, fault)
		}
		m.hidden = m.hidden || f.redact
		n.add(f.name, m)
	}
	return n, nil
}

func diffFaultIn(name string, f *FieldError) *FieldError {
	if f.Field == "" {
		return &FieldError{diffPath("", name), f.Reason}
	}
	return &FieldError{diffPath("", name) + "." + f.Field, f.Reason}
}

// A diffField is a field of a struct, or of a struct that is embedded in it.
type diffField struct {
	name         string
	index        []int
	named        bool // by a tag
	redact, mask bool
}

// diffFields lists the fields of t, those of embedded structs included. Of several with one name
// the least nested wins, then the one named by a tag; if that leaves more than one, none is a
// field. These are the rules of encoding/json. The result is in the order of the names.
func diffFields(t reflect.Type) ([]diffField, *FieldError) {
	type embedded struct {
		t     reflect.Type
		index []int
	}
	var fields []diffField
	seen := make(map[string]bool) // on the levels above
	visited := make(map[reflect.Type]bool)
	for level := []embedded{{t: t}}; len(level) > 0; {
		var found []diffField
		var next []embedded
		for _, e := range level {
			if visited[e.t] {
				continue
			}
			for i := range e.t.NumField() {
				sf := e.t.Field(i)
				f, inner, fault := diffFieldOf(sf)
				switch {
				case fault != nil:
					return nil, fault
				case f.name == "" && inner == nil:
					continue
				}
				f.index = append(slices.Clone(e.index), i)
				if inner != nil {
					next = append(next, embedded{inner, f.index})
					continue
				}
				found = append(found, f)
			}
		}
		for _, e := range level {
			visited[e.t] = true
		}
		level = next
		for i, f := range found {
			rival := func(g diffField) bool { return g.name == f.name && (g.named || !f.named) }
			others := slices.ContainsFunc(found[:i], rival) || slices.ContainsFunc(found[i+1:], rival)
			if !seen[f.name] && !others {
				fields = append(fields, f)
			}
		}
		for _, f := range found {
			seen[f.name] = true
		}
	}
	slices.SortFunc(fields, func(a, b diffField) int { return strings.Compare(a.name, b.name) })
	return fields, nil
}

// diffFieldOf reads the tags of one field. Without a name the field is left out, unless inner is
// the struct whose fields stand for it.
func diffFieldOf(sf reflect.StructField) (f diffField, inner reflect.Type, fault *FieldError) {
	t := sf.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !sf.IsExported() && (!sf.Anonymous || t.Kind() != reflect.Struct) {
		return f, nil, nil
	}
	tag, tagged := sf.Tag.Lookup("daybook")
	jsonTag := sf.Tag.Get("json")
	if tag == "-" || jsonTag == "-" && !tagged {
		return f, nil, nil
	}
	name, options, _ := strings.Cut(tag, ",")
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "redact":
			f.redact = true
		case "mask":
			f.mask = true
		case "":
		default:
			return f, nil, &FieldError{sf.Name, fmt.Sprintf("has the unknown option %q in its daybook tag", option)}
		}
	}
	if name == "" {
		if name, _, _ = strings.Cut(jsonTag, ","); name == "-" && jsonTag == "-" {
			name = "" // there is a daybook tag, which wins
		}
	}
	if f.named = name != ""; !f.named {
		if sf.Anonymous && t.Kind() == reflect.Struct && !f.redact && !f.mask {
			return f, t, nil
		}
		name = diffSnake(sf.Name)
	}
	if !sf.IsExported() {
		return diffField{}, nil, nil // reflection cannot read it as one value
	}
	f.name = name
	return f, nil, nil
}

// diffSnake writes a Go name in snake case: UserID is user_id, HTTPServer http_server.
func diffSnake(s string) string {
	r := []rune(s)
	var b strings.Builder
	for i, c := range r {
		if unicode.IsUpper(c) && i > 0 && r[i-1] != '_' &&
			(!unicode.IsUpper(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1]) && !(r[i+1] == 's' && i+2 == len(r))) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
