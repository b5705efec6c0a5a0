package daybook

import (
	"slices"
	"strings"
)

// A place is where a comparison stands, for errors about it. A filter that came as JSON has no text, and
// all its positions are 0.
type place struct {
	*filterScanner
	from, op, opTo int // of the field, and of the operator
}

// A rawItem is an item as it was written.
type rawItem struct {
	op       string // of a comparison within a value
	text     string
	quoted   bool
	from, to int
}

// field returns the field that a name and a path mean, and the path from details on.
func (t *filterTerms) field(at place, name string, path []FilterStep) (*filterField, []FilterStep, *FilterError) {
	written := fieldText(name, path)
	if len(path) > MaxFilterPath {
		return nil, nil, at.fault(FilterTooComplex, at.from, at.op, "the path has more than %d steps", MaxFilterPath)
	}
	if slices.Contains(organizationNames, strings.ToLower(name)) {
		return nil, nil, at.fault(FilterNoOrganization, at.from, at.op, "the organization is no field: it follows from the credentials")
	}
	field := findField(name)
	switch {
	case field != nil && field.kind == timeField && len(path) == 1:
		if part := findField(written); part != nil {
			return part, nil, nil
		}
	case field != nil && field.name == "changes":
		path, err := changesPath(at, path)
		return detailsField, path, err
	case field != nil && (len(path) == 0 || field.kind == jsonField):
		return field, path, nil
	}
	err := at.fault(FilterUnknownField, at.from, at.op, "unknown field %q", written)
	near := nearestField(written)
	switch {
	case near == "" && len(path) > 0: // detials.size, but not user.name, which lies in details if anywhere
		if f := nearestField(name); f == "details" || f == "changes" {
			near = fieldText(f, path)
		}
	case strings.HasPrefix(at.src[at.op:], "://"):
		url := cutWord(at.src[at.from:])
		return nil, nil, at.fault(FilterUnknownField, at.from, at.from+len(url), "unknown field %q", written).suggest(`"%s"`, url)
	}
	if near == "" {
		near = fieldText("details", append([]FilterStep{step(name)}, path...))
	}
	return nil, nil, err.suggest("%s", near)
}

// changesPath returns the path in details of changes.<field>.old and .new, where the field of a
// change may itself have steps, which [Diff] joined.
func changesPath(at place, path []FilterStep) ([]FilterStep, *FilterError) {
	last := len(path) - 1
	isOldOrNew := last >= 0 && (path[last].Name == "old" || path[last].Name == "new")
	switch {
	case len(path) == 0:
		return []FilterStep{step("changes")}, nil
	case len(path) == 1: // changes.email:*
		return []FilterStep{step("changes"), path[0]}, nil
	case !isOldOrNew:
		return nil, at.fault(FilterUnknownField, at.from, at.op, "a change has an old and a new value").
			suggest("%s.new", at.src[at.from:at.op])
	case len(path) == 2:
		return []FilterStep{step("changes"), path[0], path[1]}, nil
	}
	joined := ""
	for _, s := range path[:last] {
		if s.Any {
			return nil, at.fault(FilterSyntax, at.from, at.op, "in changes, * stands for a whole field").suggest("changes.*.%s", path[last].Name)
		}
		joined = diffPath(joined, s.Name)
	}
	return []FilterStep{step("changes"), step(joined), path[last]}, nil
}

// cutWord returns s up to the first space or what else ends a word.
func cutWord(s string) string {
	scan := filterScanner{src: s}
	return scan.word(false)
}

// allows refuses an operator that the field does not have.
func (f *filterField) allows(at place, op string) *FilterError {
	if slices.Contains(f.ops, op) {
		return nil
	}
	from, instead := at.op, ":"
	if strings.HasPrefix(op, "!") {
		from, instead = at.from, "-"+f.short+":"
	}
	return at.fault(FilterBadOperator, from, at.opTo, "%s has no operator %s, only %s", f.short, op, strings.Join(f.ops, " ")).suggest("%s", instead)
}

// build makes the node of a comparison.
func (t *filterTerms) build(at place, field *filterField, path []FilterStep, op string, raw []rawItem) (filterNode, *FilterError) {
	if len(raw) > 1 && op != ":" && op != "=" && op != "!=" {
		return nil, at.fault(FilterBadValue, raw[1].from, raw[len(raw)-1].to, "%s takes one value", op)
	}
	if field.kind == timeField {
		return t.buildTime(at, field, op, raw)
	}
	term := &termNode{field: field, path: path, op: op}
	if field.kind == hourField || field.kind == weekdayField {
		term.zone = t.zone
	}
	for _, r := range raw {
		item, err := t.item(at, term, r)
		if err != nil {
			return nil, err
		}
		term.items = append(term.items, item)
	}
	return term, nil
}

// item checks one item and brings it into the form in which it is kept.
func (t *filterTerms) item(at place, term *termNode, r rawItem) (filterItem, *FilterError) {
	field := term.field
	if r.op != "" && field.kind != jsonField {
		return filterItem{}, at.fault(FilterBadOperator, r.from, min(r.to, r.from+len(r.op)),
			"%s has no order: write the value without %s", field.short, r.op)
	}
	if r.text == "*" && !r.quoted && r.op == "" && term.op == ":" {
		if field.kind == isField || field.kind == hasField || field.kind == hourField || field.kind == weekdayField {
			return filterItem{}, t.notOneOf(at, field, r)
		}
		return filterItem{form: presentItem}, nil
	}
	switch field.kind {
	case nameField:
		return t.nameItem(at, term, r)
	case keyField:
		return t.keyItem(at, term, r)
	case enumField, isField, hasField:
		if !slices.Contains(field.values, r.text) {
			return filterItem{}, t.notOneOf(at, field, r)
		}
		return filterItem{text: r.text}, nil
	case pairField:
		return t.pairItem(at, r)
	case addressField:
		return t.addressItem(at, r)
	case textField:
		return t.textItem(at, term, r)
	case hourField, weekdayField:
		return t.clockItem(at, term, r)
	case changedField:
		if r.text == "" {
			return filterItem{}, at.fault(FilterBadValue, r.from, r.to, "the field's name is empty")
		}
		if text, star := unescapeWord(r); star {
			return filterItem{}, at.fault(FilterBadValue, r.from, r.to, "changed takes the whole name of a field").suggest("%s", strings.ReplaceAll(text, "*", ""))
		}
		return exactItem(r), nil
	}
	return t.jsonItem(at, term, r)
}

func (t *filterTerms) notOneOf(at place, field *filterField, r rawItem) *FilterError {
	err := at.fault(FilterBadValue, r.from, r.to, "%s is one of %s", field.short, strings.Join(field.values, ", "))
	err.Suggestion = nearest(r.text, field.values)
	return err
}

// exactItem is an item without wildcards.
func exactItem(r rawItem) filterItem {
	text := r.text
	if !r.quoted {
		text, _ = unescapeWord(r)
	}
	return filterItem{text: text}
}

// patternItem is an item with the wildcards that it may have after a colon.
func patternItem(term *termNode, r rawItem) filterItem {
	if term.op != ":" {
		return filterItem{text: r.text} // exactly as it is written
	}
	if _, star := unescapeWord(r); star {
		return filterItem{form: wordItem, text: r.text}
	}
	return exactItem(r)
}

// unescapeWord returns the text of a word without the backslashes that make * and \ plain, and
// whether it has a wildcard.
func unescapeWord(r rawItem) (text string, star bool) {
	if r.quoted {
		return r.text, false
	}
	var b strings.Builder
	for i := 0; i < len(r.text); i++ {
		c := r.text[i]
		if c == '\\' && i+1 < len(r.text) && (r.text[i+1] == '*' || r.text[i+1] == '\\') {
			i++
			c = r.text[i]
		} else if c == '*' {
			star = true
		}
		b.WriteByte(c)
	}
	return b.String(), star
}

// trimStars returns the text of a word of free text without the wildcards around it, and false
// where there is one within.
func trimStars(word string) (string, bool) {
	parts := slices.DeleteFunc(splitPattern(word), func(part string) bool { return part == "" })
	switch len(parts) {
	case 0:
		return "", true
	case 1:
		return parts[0], true
	}
	return "", false
}

// splitPattern splits a word at its wildcards.
func splitPattern(word string) []string {
	var parts []string
	part := make([]byte, 0, len(word))
	for i := 0; i < len(word); i++ {
		if word[i] == '*' {
			parts = append(parts, string(part))
			part = part[:0]
			continue
		}
		if word[i] == '\\' && i+1 < len(word) && (word[i+1] == '*' || word[i+1] == '\\') {
			i++
		}
		part = append(part, word[i])
	}
	return append(parts, string(part))
}

func (t *filterTerms) nameItem(at place, term *termNode, r rawItem) (filterItem, *FilterError) {
	if term.field.name == "action" {
		r.text = upperASCII(r.text)
	}
	item := patternItem(term, r)
	if item.form == wordItem {
		return item, nil
	}
	var err error
	if term.field.name == "action" {
		action := Action(item.text)
		if err = action.check(); err == nil && len(t.actions) > 0 && !slices.Contains(t.actions, action) && !slices.Contains([]Action{Create, Read, Update, Delete}, action) {
			note := at.fault(NoteUnknownAction, r.from, r.to, "no action %s is registered", action)
			note.Suggestion = nearestAction(action, t.actions)
			t.notes = append(t.notes, FilterNote(*note))
		}
	} else {
		err = checkResourceType(item.text)
	}
	if err != nil {
		return filterItem{}, at.fault(FilterBadValue, r.from, r.to, "%v", err)
	}
	return item, nil
}

func nearestAction(a Action, registered []Action) string {
	best, least := "", 3
	for _, r := range append([]Action{Create, Read, Update, Delete}, registered...) {
		if d := editDistance(string(a), string(r)); d < least {
			best, least = string(r), d
		}
	}
	return best
}

func (t *filterTerms) keyItem(at place, term *termNode, r rawItem) (filterItem, *FilterError) {
	if term.field.name == "user_id" && r.text == "me" && !r.quoted {
		switch {
		case t.lasting:
			return filterItem{}, at.fault(FilterNotAllowedHere, r.from, r.to, "me is not allowed here: the filter outlives the request")
		case t.me == "":
			return filterItem{}, at.fault(FilterNotAllowedHere, r.from, r.to, "me is nobody here: the request has no user").suggest(`"me"`)
		}
		r = rawItem{text: t.me, quoted: true, from: r.from, to: r.to}
	}
	item := patternItem(term, r)
	if item.form == wordItem {
		if parts := splitPattern(item.text); len(parts) != 2 || parts[1] != "" {
			return filterItem{}, at.fault(FilterBadValue, r.from, r.to, "%s takes a wildcard at its end only", term.field.short)
		}
		return item, nil
	}
	u, isUUID := ParseUUID(item.text)
	if isUUID {
		item.text = ID(u).String()
	}
	switch {
	case item.text == "":
		return filterItem{}, at.isEmpty(term.field, r)
	case term.field.name == "id" && !isUUID:
		t.notes = append(t.notes, FilterNote(*at.fault(NoteNotAUUID, r.from, r.to, "ids of entries are UUIDs, so this matches nothing")))
	}
	return item, nil
}

// pairItem reads type, type/id, */id or type/*.
func (t *filterTerms) pairItem(at place, r rawItem) (filterItem, *FilterError) {
	kind, id, hasID := strings.Cut(r.text, "/")
	wrong := func(format string, args ...any) (filterItem, *FilterError) {
		return filterItem{}, at.fault(FilterBadValue, r.from, r.to, format, args...)
	}
	text, star := unescapeWord(rawItem{text: kind, quoted: r.quoted})
	if !star {
		if err := checkResourceType(text); err != nil {
			return wrong("%v", err)
		}
	}
	if hasID && id == "" {
		return wrong("the resource id behind the slash is empty")
	}
	idText, idStar := unescapeWord(rawItem{text: id, quoted: r.quoted})
	if idStar {
		if parts := splitPattern(id); len(parts) != 2 || parts[1] != "" {
			return wrong("a resource id takes a wildcard at its end only")
		}
	}
	if star || idStar {
		return filterItem{form: wordItem, text: r.text}, nil
	}
	if u, ok := ParseUUID(idText); ok {
		idText = ID(u).String()
	}
	if hasID {
		text += "/" + idText
	}
	return filterItem{text: text}, nil
}

func (t *filterTerms) textItem(at place, term *termNode, r rawItem) (filterItem, *FilterError) {
	if term.op == "~" || term.op == "!~" {
		return t.regexpItem(at, r)
	}
	item := patternItem(term, r)
	if item.text == "" {
		return filterItem{}, at.isEmpty(term.field, r)
	}
	return item, nil
}

// isEmpty refuses an empty value, which no entry has.
func (at place) isEmpty(field *filterField, r rawItem) *FilterError {
	return at.fault(FilterBadValue, at.from, r.to, "the value is empty").suggest("-%s:*", field.short)
}

func (t *filterTerms) regexpItem(at place, r rawItem) (filterItem, *FilterError) {
	if len(r.text) > MaxFilterRegexp {
		return filterItem{}, at.fault(FilterTooComplex, r.from, r.to, "the regular expression is longer than %d bytes", MaxFilterRegexp)
	}
	if err := checkRegexp(r.text); err != nil {
		return filterItem{}, at.fault(FilterBadValue, r.from, r.to, "the regular expression is wrong: %v", err)
	}
	return filterItem{text: r.text}, nil
}

// fieldText writes a field and its path.
func fieldText(name string, path []FilterStep) string {
	var b strings.Builder
	b.WriteString(name)
	for _, s := range path {
		b.WriteByte('.')
		b.WriteString(s.String())
	}
	return b.String()
}

// String returns the step as it is written in a filter.
func (s FilterStep) String() string {
	if s.Any {
		return "*"
	}
	if s.Name != "" && strings.TrimFunc(s.Name, isNameRune) == "" && !strings.ContainsFunc(s.Name, func(r rune) bool { return !isNameRune(r) }) {
		return s.Name
	}
	return quoteFilter(s.Name)
}

// quoteFilter writes a text between quotation marks.
func quoteFilter(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, s)
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}
