package daybook

import (
	"net/netip"
	"regexp"
	"strings"
)

// What was written becomes what it means: each node gives its tree.

func (n andNode) tree() FilterTree {
	all := make(FilterAll, len(n))
	for i, node := range n {
		all[i] = node.tree()
	}
	return all
}

func (n orNode) tree() FilterTree {
	all := make(FilterAny, len(n))
	for i, node := range n {
		all[i] = node.tree()
	}
	return all
}

func (n notNode) tree() FilterTree { return FilterNot{n.node.tree()} }

func (n textNode) tree() FilterTree { return FilterText{foldText(string(n))} }

func (n *timeNode) tree() FilterTree {
	var any FilterAny
	for _, s := range n.spans {
		any = append(any, FilterTimes{Field(n.field.name), s.from, s.to})
	}
	return any
}

func (t *termNode) tree() FilterTree {
	switch t.op {
	case "!=":
		return FilterAll{t.presence(), FilterNot{t.anyOf("=")}}
	case "!~":
		return FilterAll{t.presence(), FilterNot{t.anyOf("~")}}
	}
	return t.anyOf(t.op)
}

// presence is true where the field is there to be compared.
func (t *termNode) presence() FilterTree {
	switch t.field.kind {
	case jsonField:
		return t.detailsPresent()
	case hourField, weekdayField:
		return FilterAll{} // every entry has a time
	}
	return FilterPresent{Field(t.field.name)}
}

func (t *termNode) detailsPresent() FilterTree {
	if len(t.path) == 0 {
		return FilterPresent{fieldDetails}
	}
	return FilterDetails{t.path, []FilterValue{{Kind: ValuePresent}}}
}

// anyOf is true where the field passes one of the items behind the operator.
func (t *termNode) anyOf(op string) FilterTree {
	field := Field(t.field.name)
	var any FilterAny
	var values []string
	var tests []FilterValue
	for _, item := range t.items {
		switch t.field.kind {
		case nameField, keyField, enumField, textField:
			switch {
			case item.form == presentItem:
				any = append(any, FilterPresent{field})
			case op == "~":
				any = append(any, fieldMatches(field, item.text))
			case item.form == wordItem || t.field.kind == textField && op == ":":
				any = append(any, t.pattern(field, item))
			default:
				values = append(values, item.text)
			}
		case pairField:
			any = append(any, pairTree(item))
		case addressField:
			if item.form == presentItem {
				any = append(any, FilterPresent{field})
			} else {
				any = append(any, addressTree(item))
			}
		case hourField, weekdayField:
			any = append(any, t.clock(item))
		case timeField: // created:*
			any = append(any, FilterAll{})
		case isField:
			any = append(any, isTree(item.text))
		case hasField:
			any = append(any, hasTree(item.text))
		case changedField:
			path := []FilterStep{step("changes")}
			if item.form != presentItem {
				path = append(path, step(item.text))
			}
			any = append(any, FilterDetails{path, []FilterValue{{Kind: ValuePresent}}})
		case jsonField:
			if item.form == presentItem {
				any = append(any, t.detailsPresent())
			} else {
				tests = append(tests, item.values(op)...)
			}
		}
	}
	if len(values) > 0 {
		any = append(any, FilterEqual{field, values})
	}
	if len(tests) > 0 {
		any = append(any, FilterDetails{t.path, tests})
	}
	return any
}

// pattern is a comparison with wildcards of a whole field, or of a part of a text.
func (t *termNode) pattern(field Field, item filterItem) FilterTree {
	parts := []string{item.text}
	if item.form == wordItem {
		parts = splitPattern(item.text)
	}
	if t.field.kind == textField {
		if item.form != wordItem {
			return FilterContains{field, lowerASCII(item.text)}
		}
		parts = splitPattern("*" + lowerASCII(item.text) + "*")
		return testFunc(func(e *Entry) bool { return matchPattern(lowerASCII(filterText(field, e)), parts) })
	}
	if len(parts) == 2 && parts[1] == "" {
		return FilterPrefix{field, parts[0]}
	}
	return testFunc(func(e *Entry) bool {
		text := filterText(field, e)
		return text != "" && matchPattern(text, parts)
	})
}

// matchPattern reports whether s is the parts with any run of characters between them.
func matchPattern(s string, parts []string) bool {
	last := len(parts) - 1
	if last == 0 {
		return s == parts[0]
	}
	s, ok := strings.CutPrefix(s, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1:last] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, parts[last])
}

func fieldMatches(field Field, expression string) FilterTree {
	re := regexp.MustCompile(expression) // checked when it was parsed
	return testFunc(func(e *Entry) bool {
		text := filterText(field, e)
		return text != "" && re.MatchString(text)
	})
}

// pairTree is the tree of type, type/id, */id and type/*.
func pairTree(item filterItem) FilterTree {
	if item.form == presentItem {
		return FilterPresent{ByResourceType}
	}
	kind, id, hasID := strings.Cut(item.text, "/")
	var all FilterAll
	for _, part := range []struct {
		field Field
		text  string
		there bool
	}{{ByResourceType, kind, kind != "*" || item.form != wordItem}, {ByResourceID, id, hasID}} {
		if !part.there {
			continue
		}
		text, star := part.text, false
		if item.form == wordItem {
			text, star = unescapeWord(rawItem{text: part.text})
		}
		switch {
		case !star:
			if u, ok := ParseUUID(text); ok && part.field == ByResourceID {
				text = ID(u).String()
			}
			all = append(all, FilterEqual{part.field, []string{text}})
		case part.text == "*":
			all = append(all, FilterPresent{part.field})
		default:
			key := &termNode{field: findField(string(part.field))}
			all = append(all, key.pattern(part.field, filterItem{form: wordItem, text: part.text}))
		}
	}
	return all
}

func addressTree(item filterItem) FilterTree {
	if item.form == rangeItem {
		return FilterAddresses{netip.MustParseAddr(item.text), netip.MustParseAddr(item.last)}
	}
	if a, err := netip.ParseAddr(item.text); err == nil {
		return FilterAddresses{a, a}
	}
	p := netip.MustParsePrefix(item.text)
	return FilterAddresses{p.Addr(), lastAddress(p)}
}

// lastAddress returns the last address of a masked network.
func lastAddress(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// clock compares the hour or the weekday that a clock in the term's zone shows.
func (t *termNode) clock(item filterItem) FilterTree {
	first, _ := clockValue(t.field, item.text)
	last := first
	if item.form == rangeItem {
		last, _ = clockValue(t.field, item.last)
	}
	field, zone := t.field, t.zone
	return testFunc(func(e *Entry) bool {
		at := e.CreatedAt.In(zone)
		n := at.Hour()
		if field.kind == weekdayField {
			n = int(at.Weekday())
		}
		if first <= last {
			return first <= n && n <= last
		}
		return n >= first || n <= last // sat..mon
	})
}

func isTree(name string) FilterTree {
	switch name {
	case "change":
		return FilterEqual{ByAction, []string{string(Create), string(Update), string(Delete)}}
	case "read":
		return FilterEqual{ByAction, []string{string(Read)}}
	case "failure":
		return FilterEqual{ByOutcome, []string{string(Failure)}}
	case "denied":
		return FilterEqual{ByOutcome, []string{string(Denied)}}
	case "own":
		return FilterPrefix{ByResourceType, ReservedPrefix}
	case "alert":
		return FilterEqual{ByResourceType, []string{ReservedPrefix + "alert"}}
	}
	return FilterAnonymized{}
}

func hasTree(name string) FilterTree {
	switch name {
	case "changes":
		return FilterDetails{[]FilterStep{step("changes")}, []FilterValue{{Kind: ValuePresent}}}
	case "details":
		return FilterPresent{fieldDetails}
	case "user":
		return FilterPresent{ByUserID}
	case "ip":
		return FilterPresent{fieldIPAddress}
	case "request":
		return FilterPresent{fieldRequestID}
	}
	return FilterPresent{ByResourceID}
}
