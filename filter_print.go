package daybook

import (
	"strings"
	"time"
	"unicode"
)

// String returns the canonical text of f, which [ParseFilter] reads as f again: the printed form
// for saved views, cursors and the trail. It has the short names of fields, quotation marks only
// where they are needed, and times as instants in UTC. Hours and weekdays are meant in the zone that
// f was read with. The zero Filter is "".
func (f Filter) String() string {
	if f.root == nil {
		return ""
	}
	var p filterPrinter
	f.root.print(&p)
	return p.String()
}

type filterPrinter struct{ strings.Builder }

func (n andNode) print(p *filterPrinter) {
	for i, node := range n {
		if i > 0 {
			p.WriteByte(' ')
		}
		p.within(node)
	}
}

func (n orNode) print(p *filterPrinter) {
	for i, node := range n {
		if i > 0 {
			p.WriteString(" OR ")
		}
		node.print(p) // an and binds tighter
	}
}

func (n notNode) print(p *filterPrinter) {
	p.WriteByte('-')
	if and, ok := n.node.(andNode); ok {
		p.parentheses(and)
		return
	}
	p.within(n.node)
}

// within prints what stands beside others.
func (p *filterPrinter) within(n filterNode) {
	if or, ok := n.(orNode); ok {
		p.parentheses(or)
		return
	}
	n.print(p)
}

func (p *filterPrinter) parentheses(n filterNode) {
	p.WriteByte('(')
	n.print(p)
	p.WriteByte(')')
}

// withParentheses prints alternatives with the parentheses that the precedence means.
func withParentheses(alternatives []filterNode) string {
	var p filterPrinter
	for i, node := range alternatives {
		if i > 0 {
			p.WriteString(" OR ")
		}
		if _, ok := node.(andNode); ok {
			p.parentheses(node)
		} else {
			p.within(node)
		}
	}
	return p.String()
}

func (n textNode) print(p *filterPrinter) {
	s := string(n)
	plain := s[0] != '-' && s != "AND" && s != "OR" && s != "NOT" &&
		!strings.ContainsFunc(s, func(r rune) bool { return !isNameRune(r) && !strings.ContainsRune("./@", r) })
	if plain {
		p.WriteString(s)
	} else {
		p.WriteString(quoteFilter(s))
	}
}

func (n *timeNode) print(p *filterPrinter) {
	p.WriteString(n.field.short)
	p.WriteByte(':')
	for i, s := range n.spans {
		if i > 0 {
			p.WriteByte(',')
		}
		p.WriteString(s.String())
	}
}

// boundForms are the literals as which a bound is printed; the first that it begins or ends is taken.
var boundForms = []struct {
	unit time.Duration
	form string
}{{time.Minute, "2006-01-02T15:04Z"}, {time.Second, "2006-01-02T15:04:05Z"}, {time.Microsecond, "2006-01-02T15:04:05.000000Z"}}

// String returns the item that means s.
func (s timeSpan) String() string {
	var begin, before, end string // literals that begin with from, begin with to, and end with to
	for _, b := range boundForms {
		if begin == "" && s.from.Truncate(b.unit).Equal(s.from) {
			begin = s.from.Format(b.form)
		}
		if before == "" && s.to.Truncate(b.unit).Equal(s.to) {
			before = s.to.Format(b.form)
			end = s.to.Add(-b.unit).Format(b.form)
		}
	}
	switch {
	case s.to.IsZero():
		return ">=" + begin
	case s.from.IsZero():
		return "<" + before
	case begin == end:
		return begin
	}
	return begin + ".." + end
}

func (t *termNode) print(p *filterPrinter) {
	p.WriteString(t.name())
	p.WriteString(t.op)
	for i, item := range t.items {
		if i > 0 {
			p.WriteByte(',')
		}
		switch item.form {
		case presentItem:
			p.WriteByte('*')
		case rangeItem:
			p.WriteString(item.text + ".." + item.last)
		case wordItem:
			p.WriteString(item.text)
		default:
			if item.op != "" && item.op != t.op {
				p.WriteString(item.op)
			}
			if item.form == compareItem || t.plain(item) {
				p.WriteString(item.text)
			} else {
				p.WriteString(quoteFilter(item.text))
			}
		}
	}
}

// name returns the field and its path as they are written.
func (t *termNode) name() string {
	if t.field.kind != jsonField {
		return t.field.short
	}
	if len(t.path) > 0 && t.path[0].Name == "changes" {
		if path := t.path[1:]; len(path) < 2 || len(path) == 2 && (path[1].Name == "old" || path[1].Name == "new") {
			return fieldText("changes", path)
		}
	}
	return fieldText("details", t.path)
}

// plain reports whether the text of an item means the same without quotation marks.
func (t *termNode) plain(item filterItem) bool {
	s := item.text
	switch {
	case s == "" || strings.Contains(s, "..") || s[0] == '<' || s[0] == '>':
		return false
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`()",*\`, r) }):
		return false
	case t.field.kind == jsonField && t.op != "~" && t.op != "!~":
		return !isJSONNumber(s) && !isJSONWord(s)
	}
	return s != "me" || t.field.name != "user_id"
}
