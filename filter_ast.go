package daybook

import (
	"slices"
	"time"
)

// A filterNode is a part of a filter as it was written. It is what is printed and what JSON holds;
// what it means, tree says.
type filterNode interface {
	tree() FilterTree
	print(p *filterPrinter)
	json() any
}

type (
	andNode  []filterNode // two or more, none of which is an andNode
	orNode   []filterNode // two or more, none of which is an orNode
	notNode  struct{ node filterNode }
	textNode string // free text, as it was written

	// A termNode is a comparison of a field with any of several items.
	termNode struct {
		field *filterField
		path  []FilterStep // of a jsonField, from details on
		op    string
		items []filterItem
		zone  *time.Location // of an hour or a weekday
	}

	// A timeNode is a comparison of a time, of which nothing is left but the intervals.
	timeNode struct {
		field *filterField
		spans []timeSpan
	}
)

// A filterItem is one value of a term.
type filterItem struct {
	form itemForm
	op   string // of a comparison
	text string // the value; the first bound of a range
	last string // the last bound of a range
}

// An itemForm says how an item is written, and with the field's kind what it means.
type itemForm int

const (
	quotedItem  itemForm = iota // exactly this text; printed without quotes where that means the same
	wordItem                    // a pattern with wildcards; in details also a number, true, false or null, and the text alike
	presentItem                 // *
	rangeItem                   // from one bound to another; one may be ""
	compareItem                 // op and a number
	orderItem                   // op and a text
)

// A FilterStep is one step of a path into details.
type FilterStep struct {
	Name string
	Any  bool // any member; Name is then ""
}

func step(name string) FilterStep { return FilterStep{Name: name} }

func joinAnd(nodes []filterNode) filterNode {
	var flat andNode
	for _, n := range nodes {
		if inner, ok := n.(andNode); ok {
			flat = append(flat, inner...)
		} else {
			flat = append(flat, n)
		}
	}
	switch len(flat) {
	case 0:
		return nil
	case 1:
		return flat[0]
	}
	return flat
}

func joinOr(nodes []filterNode) filterNode {
	var flat orNode
	for _, n := range nodes {
		if inner, ok := n.(orNode); ok {
			flat = append(flat, inner...)
		} else {
			flat = append(flat, n)
		}
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return flat
}

func negate(n filterNode) filterNode {
	if inner, ok := n.(notNode); ok {
		return inner.node
	}
	return notNode{n}
}

// present returns the term field:*.
func present(field *filterField, path ...FilterStep) *termNode {
	return &termNode{field: field, path: path, op: ":", items: []filterItem{{form: presentItem}}}
}

func (t *termNode) has(form itemForm) bool {
	return slices.ContainsFunc(t.items, func(i filterItem) bool { return i.form == form })
}
