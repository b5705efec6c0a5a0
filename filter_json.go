package daybook

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A filter as JSON is a tree of objects, described in docs/query.md. Programs that build filters use
// it, so that no value is ever glued into a text.

// MarshalJSON returns the tree that f is; null for the zero Filter.
func (f Filter) MarshalJSON() ([]byte, error) {
	if f.root == nil {
		return []byte("null"), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // > stays readable
	if err := e.Encode(f.root.json()); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// UnmarshalJSON reads what [ParseFilterJSON] reads, with nil options.
func (f *Filter) UnmarshalJSON(data []byte) error {
	parsed, _, err := ParseFilterJSON(data, nil)
	if err == nil {
		*f = parsed
	}
	return err
}

type (
	andJSON struct {
		And []any `json:"and"`
	}
	orJSON struct {
		Or []any `json:"or"`
	}
	notJSON struct {
		Not any `json:"not"`
	}
	textJSON struct {
		Text string `json:"text"`
	}
	termJSON struct {
		Field  string   `json:"field,omitempty"`
		Path   []any    `json:"path,omitempty"`
		Op     string   `json:"op"`
		Any    []any    `json:"any,omitempty"`
		Ranges [][2]any `json:"ranges,omitempty"`
		Zone   string   `json:"zone,omitempty"`
	}
	stringJSON struct {
		String string `json:"string"`
	}
	rangeJSON struct {
		Range [2]any `json:"range"`
	}
	cmpJSON struct {
		Cmp   string `json:"cmp"`
		Value any    `json:"value"`
	}
)

func nodesJSON(nodes []filterNode) []any {
	list := make([]any, len(nodes))
	for i, n := range nodes {
		list[i] = n.json()
	}
	return list
}

func (n andNode) json() any  { return andJSON{nodesJSON(n)} }
func (n orNode) json() any   { return orJSON{nodesJSON(n)} }
func (n notNode) json() any  { return notJSON{n.node.json()} }
func (n textNode) json() any { return textJSON{string(n)} }

func (n *timeNode) json() any {
	t := termJSON{Field: n.field.name, Op: "in"}
	bound := func(at time.Time) any {
		if at.IsZero() {
			return nil
		}
		return at.UTC().Format(time.RFC3339Nano)
	}
	for _, s := range n.spans {
		t.Ranges = append(t.Ranges, [2]any{bound(s.from), bound(s.to)})
	}
	return t
}

func (t *termNode) json() any {
	out := termJSON{Field: t.field.name, Op: t.op}
	if t.field.kind == jsonField && len(t.path) > 0 {
		out.Field = ""
		for _, s := range t.path {
			switch {
			case s.Any:
				out.Path = append(out.Path, "*")
			case s.Name == "*":
				out.Path = append(out.Path, stringJSON{"*"})
			default:
				out.Path = append(out.Path, s.Name)
			}
		}
	}
	if t.zone != nil {
		out.Zone = t.zone.String()
	}
	for _, item := range t.items {
		out.Any = append(out.Any, t.itemJSON(item))
	}
	return out
}

func (t *termNode) itemJSON(item filterItem) any {
	bound := func(s string) any {
		switch {
		case s == "":
			return nil
		case isJSONNumber(s):
			return json.Number(s)
		}
		return s
	}
	text := func() any {
		if t.plain(item) {
			return item.text
		}
		return stringJSON{item.text}
	}
	switch item.form {
	case presentItem:
		return "*"
	case wordItem:
		return item.text
	case rangeItem:
		return rangeJSON{[2]any{bound(item.text), bound(item.last)}}
	case compareItem, orderItem:
		value := text()
		if item.form == compareItem {
			value = json.Number(item.text)
		}
		if item.op == t.op {
			return value
		}
		return cmpJSON{item.op, value}
	}
	return text()
}

// ParseFilterJSON reads a filter from its JSON form, null and {} being the zero Filter. Its error is a
// [FilterError] without a place, or a [FieldError] for what is no JSON; both wrap [ErrInvalid].
// Unknown members are refused.
func ParseFilterJSON(data []byte, o *FilterOptions) (Filter, []FilterNote, error) {
	if string(bytes.TrimSpace(data)) == "null" {
		return Filter{}, nil, nil
	}
	limits := jsonLimits{depth: 4 * MaxFilterDepth, values: 16 * MaxFilterTerms * MaxFilterItems, size: 8 * MaxFilter}
	m, err := parseObject(data, "filter", limits)
	if err != nil || len(m) == 0 {
		return Filter{}, nil, err
	}
	r := filterReader{filterTerms: newFilterTerms(o)}
	root, fault := r.node(m, 0)
	if fault != nil {
		return Filter{}, nil, fault
	}
	f := newFilter(root)
	return f, append(r.notes, r.review(f, 0)...), nil
}

// A filterReader makes nodes of JSON.
type filterReader struct {
	filterTerms
	scanner filterScanner // empty: there is no text to point at
}

func (r *filterReader) fault(code, format string, args ...any) *FilterError {
	return r.scanner.fault(code, 0, 0, format, args...)
}

func (r *filterReader) wrong(format string, args ...any) *FilterError {
	return r.fault(FilterSyntax, format, args...)
}

// only refuses members that have no meaning beside each other.
func (r *filterReader) only(m map[string]any, names ...string) *FilterError {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(names, name) {
			return r.wrong("unknown member %.60q: a filter has and, or, not, text, field, path, op, any, ranges and zone", name)
		}
	}
	return nil
}

func (r *filterReader) node(v any, depth int) (filterNode, *FilterError) {
	m, ok := v.(map[string]any)
	switch {
	case !ok:
		return nil, r.wrong("a condition is an object")
	case depth > 2*MaxFilterDepth:
		return nil, r.fault(FilterTooComplex, "conditions lie deeper than %d", MaxFilterDepth)
	}
	for _, name := range []string{"and", "or"} {
		if list, ok := m[name]; ok {
			if err := r.only(m, name); err != nil {
				return nil, err
			}
			nodes, err := r.nodes(name, list, depth)
			if err != nil || name == "and" {
				return joinAnd(nodes), err
			}
			return joinOr(nodes), nil
		}
	}
	if inner, ok := m["not"]; ok {
		if err := r.only(m, "not"); err != nil {
			return nil, err
		}
		node, err := r.node(inner, depth+1)
		if err != nil {
			return nil, err
		}
		return negate(node), nil
	}
	if r.count++; r.count > MaxFilterTerms {
		return nil, r.fault(FilterTooComplex, "there are more than %d conditions", MaxFilterTerms)
	}
	if text, ok := m["text"]; ok {
		s, isString := text.(string)
		if err := r.only(m, "text"); err != nil {
			return nil, err
		}
		if !isString || s == "" {
			return nil, r.wrong("text is a string that is not empty")
		}
		if err := r.checkText(s); err != nil {
			return nil, err
		}
		return textNode(s), nil
	}
	return r.term(m)
}

func (r *filterReader) nodes(name string, list any, depth int) ([]filterNode, *FilterError) {
	items, _ := list.([]any)
	if len(items) == 0 {
		return nil, r.wrong("%s is a list of conditions", name)
	}
	var nodes []filterNode
	for _, item := range items {
		node, err := r.node(item, depth+1)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}

func (r *filterReader) checkText(s string) *FilterError {
	scan := filterScanner{src: s}
	if err := scan.check(); err != nil {
		err.At, err.Length = 0, 0
		return err
	}
	return nil
}

func (r *filterReader) term(m map[string]any) (filterNode, *FilterError) {
	if err := r.only(m, "field", "path", "op", "any", "ranges", "zone"); err != nil {
		return nil, err
	}
	name, _ := m["field"].(string)
	op, _ := m["op"].(string)
	at := place{filterScanner: &r.scanner}
	var path []FilterStep
	if steps, ok := m["path"]; ok {
		var err *FilterError
		if path, err = r.path(steps); err != nil {
			return nil, err
		}
		if name != "" {
			return nil, r.wrong("a condition has a field or a path, not both")
		}
		name = "details"
	} else if name == "" {
		return nil, r.wrong("a condition has a field, a path, a text, and, or, or not")
	}
	field, path, err := r.field(at, name, path)
	if err != nil {
		return nil, err
	}
	if field.kind == timeField && op == "in" {
		return r.ranges(field, m)
	}
	if err := field.allows(at, op); err != nil {
		return nil, err
	}
	if zone, ok := m["zone"]; ok {
		name, _ := zone.(string)
		loaded, err := time.LoadLocation(name)
		if err != nil || name == "" || name == "Local" || field.kind != hourField && field.kind != weekdayField {
			return nil, r.wrong("zone is that of an hour or a weekday, such as Europe/Berlin")
		}
		was := r.zone
		r.zone = loaded
		defer func() { r.zone = was }()
	}
	if _, ok := m["ranges"]; ok {
		return nil, r.wrong("ranges are those of a time, with the op in")
	}
	list, _ := m["any"].([]any)
	switch {
	case len(list) == 0:
		return nil, r.wrong("any is a list of values")
	case len(list) > MaxFilterItems:
		return nil, r.fault(FilterTooComplex, "a list has more than %d items", MaxFilterItems)
	}
	var raw []rawItem
	for _, v := range list {
		item, err := r.item(field, op, v)
		if err != nil {
			return nil, err
		}
		raw = append(raw, item)
	}
	return r.build(at, field, path, op, raw)
}

func (r *filterReader) path(v any) ([]FilterStep, *FilterError) {
	list, _ := v.([]any)
	if len(list) == 0 {
		return nil, r.wrong("path is a list of names")
	}
	var path []FilterStep
	for _, v := range list {
		name, ok := v.(string)
		wild := name == "*"
		if m, isObject := v.(map[string]any); isObject && len(m) == 1 {
			name, ok = m["string"].(string)
		}
		if !ok {
			return nil, r.wrong("path is a list of names")
		}
		if err := r.checkText(name); err != nil {
			return nil, err
		}
		if wild {
			name = ""
		}
		path = append(path, FilterStep{name, wild})
	}
	return path, nil
}

func (r *filterReader) ranges(field *filterField, m map[string]any) (filterNode, *FilterError) {
	if err := r.only(m, "field", "op", "ranges"); err != nil {
		return nil, err
	}
	list, _ := m["ranges"].([]any)
	if len(list) == 0 || len(list) > MaxFilterItems {
		return nil, r.wrong("ranges are 1 to %d pairs of times", MaxFilterItems)
	}
	node := &timeNode{field: field}
	for _, v := range list {
		pair, _ := v.([]any)
		var span timeSpan
		if len(pair) != 2 || pair[0] == nil && pair[1] == nil {
			return nil, r.wrong("a range is a pair of times, of which one may be null")
		}
		for i, to := range []*time.Time{&span.from, &span.to} {
			if pair[i] == nil {
				continue
			}
			s, _ := pair[i].(string)
			at, err := time.Parse(time.RFC3339Nano, s)
			if err != nil {
				return nil, r.fault(FilterBadValue, "%.60q is not a time such as 2026-11-01T00:00:00Z", s)
			}
			*to = instant(at).from
		}
		if !span.to.IsZero() && span.to.Before(span.from) {
			return nil, r.fault(FilterBadValue, "the range ends before it begins")
		}
		node.spans = append(node.spans, span)
	}
	return node, nil
}

// item reads a value: a string as it would be written without quotation marks, a number, or an
// object that says what it is.
func (r *filterReader) item(field *filterField, op string, v any) (rawItem, *FilterError) {
	switch v := v.(type) {
	case string:
		return r.word(op, v)
	case json.Number:
		if field.kind == jsonField && (op == ":" || op == "=" || op == "!=") {
			return rawItem{text: string(v) + ".." + string(v)}, nil // the number alone
		}
		return rawItem{text: string(v)}, nil
	case map[string]any:
		return r.object(field, op, v)
	}
	return rawItem{}, r.wrong("a value is a string, a number or an object such as {\"string\":\"007\"}")
}

func (r *filterReader) word(op, s string) (rawItem, *FilterError) {
	if err := r.checkText(s); err != nil {
		return rawItem{}, err
	}
	scan := filterParser{filterScanner: filterScanner{src: s}}
	item, err := scan.item(place{filterScanner: &scan.filterScanner}, op)
	if err == nil && scan.end() && !item.quoted {
		return rawItem{op: item.op, text: item.text}, nil
	}
	if _, star := unescapeWord(rawItem{text: s}); star && op == ":" {
		return rawItem{}, r.fault(FilterBadValue, "%.60q has a wildcard and a character that a pattern cannot have", s)
	}
	return rawItem{text: s, quoted: true}, nil
}

func (r *filterReader) object(field *filterField, op string, m map[string]any) (rawItem, *FilterError) {
	if cmp, ok := m["cmp"].(string); ok && len(m) == 2 && slices.Contains(itemComparisons, cmp) {
		switch v := m["value"].(type) {
		case json.Number:
			return rawItem{op: cmp, text: string(v)}, nil
		case string:
			return rawItem{op: cmp, text: v, quoted: isJSONNumber(v)}, r.checkText(v)
		case map[string]any:
			if s, ok := v["string"].(string); ok && len(v) == 1 {
				return rawItem{op: cmp, text: s, quoted: true}, r.checkText(s)
			}
		}
	}
	if len(m) == 1 {
		switch v := m["string"].(type) {
		case string:
			return rawItem{text: v, quoted: true}, r.checkText(v)
		}
		if n, ok := m["number"].(json.Number); ok {
			return r.item(field, op, n)
		}
		if b, ok := m["bool"].(bool); ok {
			return rawItem{text: strconv.FormatBool(b)}, nil
		}
		if b, ok := m["null"].(bool); ok && b {
			return rawItem{text: "null"}, nil
		}
		if pair, ok := m["range"].([]any); ok && len(pair) == 2 {
			var bounds [2]string
			for i, v := range pair {
				switch v := v.(type) {
				case nil:
				case json.Number:
					bounds[i] = string(v)
				case string:
					bounds[i] = v
				default:
					return rawItem{}, r.wrong("the bounds of a range are numbers, strings or null")
				}
			}
			text := strings.Join(bounds[:], "..")
			if field.kind == jsonField && (bounds[0] != "" && !isJSONNumber(bounds[0]) || bounds[1] != "" && !isJSONNumber(bounds[1])) {
				return rawItem{}, r.fault(FilterBadValue, "a range in details is one of numbers")
			}
			return rawItem{text: text}, r.checkText(text)
		}
	}
	return rawItem{}, r.wrong(`a value is one of {"string":s}, {"number":n}, {"bool":b}, {"null":true}, {"range":[a,b]}, {"cmp":op,"value":v}`)
}
