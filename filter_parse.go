package daybook

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A filterParser reads the grammar of docs/query.md by recursive descent: one method for each rule.
//
//	query      = [ or ] ;
//	or         = and , { "OR" , and } ;
//	and        = not , { [ "AND" ] , not } ;
//	not        = { "NOT" | "-" | "!" } , primary ;
//	primary    = "(" , or , ")" | comparison | text ;
//	comparison = field , op , value ;
type filterParser struct {
	filterScanner
	filterTerms
	depth int
}

// filterTerms makes terms, of text as of JSON.
type filterTerms struct {
	now     time.Time
	zone    *time.Location
	me      string
	lasting bool
	actions []Action
	count   int
	notes   []FilterNote
	places  map[*termNode]FilterNote // where terms stand, for notes about several of them
}

func newFilterTerms(o *FilterOptions) filterTerms {
	if o == nil {
		o = &FilterOptions{}
	}
	t := filterTerms{now: o.Now, zone: o.Zone, me: o.Me, lasting: o.Lasting, actions: o.Actions, places: map[*termNode]FilterNote{}}
	if t.now.IsZero() {
		t.now = time.Now()
	}
	if t.zone == nil {
		t.zone = time.UTC
	}
	return t
}

func newFilterParser(text string, o *FilterOptions) *filterParser {
	return &filterParser{filterScanner: filterScanner{src: text}, filterTerms: newFilterTerms(o)}
}

func (p *filterParser) parse() (filterNode, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if p.space(); p.end() || strings.TrimRightFunc(p.rest(), unicode.IsSpace) == "*" {
		return nil, nil
	}
	node, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.space(); !p.end() { // or stops at nothing else
		return nil, p.fault(FilterSyntax, p.pos, p.pos+1, "this parenthesis closes none")
	}
	return node, nil
}

func (p *filterParser) or() (filterNode, *FilterError) {
	p.space()
	begin, mixed := p.pos, false
	var nodes []filterNode
	for {
		node, terms, err := p.and()
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node)
		mixed = mixed || terms > 1
		if !p.keyword("OR") {
			break
		}
	}
	node := joinOr(nodes)
	if mixed && len(nodes) > 1 {
		note := FilterNote(*p.fault(NoteMixedAndOr, begin, p.pos, "AND binds tighter than OR"))
		note.Suggestion = withParentheses(nodes)
		p.notes = append(p.notes, note)
	}
	return node, nil
}

// and returns also how many terms it joined without parentheses.
func (p *filterParser) and() (filterNode, int, *FilterError) {
	var nodes []filterNode
	for {
		and := ""
		if p.keyword("AND") {
			and = "AND"
		}
		p.space()
		if p.end() || p.peek() == ')' || p.atOr() {
			switch {
			case and != "":
				return nil, 0, p.fault(FilterSyntax, p.pos-len(and), p.pos, "there is no condition behind AND")
			case len(nodes) == 0:
				return nil, 0, p.missing()
			}
			return joinAnd(nodes), len(nodes), nil
		}
		if and != "" && len(nodes) == 0 {
			return nil, 0, p.fault(FilterSyntax, p.pos, p.pos, "there is no condition before AND")
		}
		node, err := p.not()
		if err != nil {
			return nil, 0, err
		}
		nodes = append(nodes, node)
	}
}

func (p *filterParser) atOr() bool {
	begin := p.pos
	defer func() { p.pos = begin }()
	return p.keyword("OR")
}

// missing says that a condition should begin here.
func (p *filterParser) missing() *FilterError {
	switch {
	case p.atOr():
		return p.fault(FilterSyntax, p.pos, p.pos+2, "there is no condition before OR")
	case p.end():
		return p.fault(FilterSyntax, p.pos, p.pos, "a condition is missing at the end")
	}
	return p.fault(FilterSyntax, p.pos, p.pos+1, "a condition is missing before this parenthesis")
}

func (p *filterParser) not() (filterNode, *FilterError) {
	negative := false
	for {
		begin := p.pos
		switch {
		case p.keyword("NOT"):
			p.space()
		case p.peek() == '-' || p.peek() == '!':
			p.pos++
			if r, _ := utf8.DecodeRuneInString(p.rest()); p.end() || unicode.IsSpace(r) {
				return nil, p.fault(FilterSyntax, begin, p.pos, "%s stands directly before what it excludes", p.src[begin:p.pos]).
					suggest(`"%s"`, p.src[begin:p.pos])
			}
		default:
			node, err := p.primary()
			if err == nil && negative {
				node = negate(node)
			}
			return node, err
		}
		negative = !negative
	}
}

func (p *filterParser) primary() (filterNode, *FilterError) {
	begin := p.pos
	if p.end() || p.peek() == ')' || p.atOr() {
		return nil, p.missing()
	}
	if !p.take("(") {
		return p.term()
	}
	if p.depth++; p.depth > MaxFilterDepth {
		return nil, p.fault(FilterTooComplex, begin, p.pos, "parentheses lie deeper than %d", MaxFilterDepth)
	}
	node, err := p.or()
	if err != nil {
		return nil, err
	}
	p.depth--
	if p.space(); !p.take(")") {
		return nil, p.fault(FilterSyntax, begin, begin+1, "this parenthesis is not closed")
	}
	return node, nil
}

func (p *filterParser) term() (filterNode, *FilterError) {
	begin := p.pos
	name, path, op, isComparison := p.comparison()
	afterOp := p.pos
	var node filterNode
	var err *FilterError
	if isComparison {
		node, err = p.compare(begin, afterOp, name, path, op)
	} else {
		node, err = p.text()
	}
	if err != nil {
		return nil, err
	}
	if p.count++; p.count > MaxFilterTerms {
		return nil, p.fault(FilterTooComplex, begin, p.pos, "there are more than %d conditions", MaxFilterTerms)
	}
	if term, ok := node.(*termNode); ok {
		p.places[term] = FilterNote(*p.fault("", begin, p.pos, ""))
	}
	return node, nil
}

func (p *filterParser) compare(begin, afterOp int, name string, path []FilterStep, op string) (filterNode, *FilterError) {
	at := place{&p.filterScanner, begin, afterOp - len(op), afterOp}
	field, path, err := p.field(at, name, path)
	if err != nil {
		return nil, err
	}
	if err := field.allows(at, op); err != nil {
		return nil, err
	}
	items, err := p.value(at, op)
	if err != nil {
		return nil, err
	}
	return p.build(at, field, path, op, items)
}

// text reads free text.
func (p *filterParser) text() (filterNode, *FilterError) {
	begin := p.pos
	if p.peek() == '"' {
		text, err := p.quoted()
		if err != nil {
			return nil, err
		}
		return p.freeText(begin, text)
	}
	word := p.word(false)
	if p.peek() == '"' {
		return nil, p.fault(FilterSyntax, p.pos, p.pos+1, "a quotation mark begins a value or a text: put a space before it")
	}
	text, ok := trimStars(word)
	if !ok {
		return nil, p.fault(FilterBadValue, begin, p.pos, "free text has no wildcards: it is found anywhere in a value").
			suggest("%s", strings.ReplaceAll(word, "*", " "))
	}
	return p.freeText(begin, text)
}

func (p *filterParser) freeText(begin int, text string) (filterNode, *FilterError) {
	if text == "" {
		return nil, p.fault(FilterBadValue, begin, p.pos, "this text is empty, and would find everything")
	}
	return textNode(text), nil
}

// value reads what stands behind the operator: items with commas between, or in parentheses also
// with OR.
func (p *filterParser) value(at place, op string) ([]rawItem, *FilterError) {
	open := p.pos
	list := p.take("(")
	var items []rawItem
	for {
		if list {
			p.space()
		}
		item, err := p.item(at, op)
		if err != nil {
			return nil, err
		}
		if items = append(items, item); len(items) > MaxFilterItems {
			return nil, p.fault(FilterTooComplex, item.from, item.to, "a list has more than %d items", MaxFilterItems)
		}
		switch {
		case list && p.keyword("OR"):
		case list && p.comma():
		case list:
			if p.space(); !p.take(")") {
				if p.end() {
					return nil, p.fault(FilterSyntax, open, open+1, "this parenthesis is not closed")
				}
				return nil, p.fault(FilterSyntax, p.pos, p.pos, "items of a list have a comma or OR between them")
			}
			return items, nil
		case !p.take(","):
			return items, nil
		case p.end() || endsWord(p.rest()) && p.peek() != '"':
			return nil, p.fault(FilterSyntax, p.pos-1, p.pos, "a list has no space behind its commas, unless it is in parentheses")
		}
	}
}

func (p *filterParser) comma() bool {
	p.space()
	return p.take(",")
}

// item reads one item as it is written. What it means depends on the field.
func (p *filterParser) item(at place, op string) (rawItem, *FilterError) {
	item := rawItem{from: p.pos}
	if op == ":" || op == "=" || op == "!=" {
		for _, c := range itemComparisons {
			if p.take(c) {
				item.op = c
				break
			}
		}
	}
	if p.peek() == '"' {
		text, err := p.quoted()
		if err != nil {
			return rawItem{}, err
		}
		item.text, item.quoted, item.to = text, true, p.pos
		if !p.end() && p.peek() != ',' && (!endsWord(p.rest()) || p.peek() == '"') {
			return rawItem{}, p.fault(FilterSyntax, item.from, p.pos, "put a space behind the closing quotation mark")
		}
		return item, nil
	}
	item.text = p.word(true)
	item.to = p.pos
	switch {
	case item.text == "":
		return rawItem{}, p.fault(FilterSyntax, at.from, max(item.to, at.opTo), "a value is missing").suggest("%s*", p.src[at.from:at.op]+":")
	case p.peek() == '"':
		return rawItem{}, p.fault(FilterSyntax, p.pos, p.pos+1, "a quotation mark stands at the beginning of a value only")
	}
	return item, nil
}
