package daybook

import (
	"slices"
	"time"
)

// review returns the notes about a filter as a whole: what it can never match, and what takes long.
// length is that of the text.
func (t *filterTerms) review(f Filter, length int) []FilterNote {
	var notes []FilterNote
	t.contradictions(f.root, &notes)
	if f.tree != nil && !t.lasting && slow(f.tree) {
		notes = append(notes, FilterNote{
			Code:       NoteSlow,
			Message:    "no index serves this filter: all entries are looked through, newest first",
			Length:     length,
			Suggestion: "created:-7d " + andText(f),
		})
	}
	return notes
}

func andText(f Filter) string {
	var p filterPrinter
	p.within(f.root)
	return p.String()
}

// contradictions finds conditions that no entry fulfils together, since it has one value of each
// field.
func (t *filterTerms) contradictions(n filterNode, notes *[]FilterNote) {
	switch n := n.(type) {
	case orNode:
		for _, node := range n {
			t.contradictions(node, notes)
		}
	case notNode:
		t.contradictions(n.node, notes)
	case andNode:
		exact := map[*filterField]*termNode{}
		times := map[*filterField]*timeNode{}
		for _, node := range n {
			t.contradictions(node, notes)
			switch node := node.(type) {
			case *termNode:
				before := exact[node.field]
				if !node.exact() {
					continue
				}
				if before != nil && !slices.ContainsFunc(node.items, func(i filterItem) bool { return slices.Contains(before.items, i) }) {
					*notes = append(*notes, t.alwaysEmpty(before, node))
				}
				exact[node.field] = node
			case *timeNode:
				if before := times[node.field]; before != nil && !before.meets(node) {
					*notes = append(*notes, FilterNote{Code: NoteAlwaysEmpty,
						Message: "no time is both " + Filter{root: before}.String() + " and " + Filter{root: node}.String()})
				}
				times[node.field] = node
			}
		}
	}
}

// alwaysEmpty is the note about two terms. Where they stand beside each other it offers one for both.
func (t *filterTerms) alwaysEmpty(a, b *termNode) FilterNote {
	note, first := t.places[b], t.places[a]
	note.Code, note.Message = NoteAlwaysEmpty, "an entry has one "+b.field.short+", so this finds nothing"
	if end := note.At + note.Length; first.Length > 0 && note.At == first.At+first.Length+1 {
		both := *b
		both.op, both.items = ":", slices.Concat(a.items, b.items)
		note.At, note.Length, note.Suggestion = first.At, end-first.At, Filter{root: &both}.String()
	}
	return note
}

// exact reports whether the term asks a field that has one value for one of several.
func (t *termNode) exact() bool {
	switch t.field.kind {
	case nameField, keyField, enumField:
		return (t.op == ":" || t.op == "=") && !t.has(wordItem) && !t.has(presentItem)
	}
	return false
}

// meets reports whether a time is in both.
func (n *timeNode) meets(o *timeNode) bool {
	before := func(a, b time.Time) bool { return a.IsZero() || b.IsZero() || a.Before(b) }
	for _, a := range n.spans {
		for _, b := range o.spans {
			if before(a.from, b.to) && before(b.from, a.to) {
				return true
			}
		}
	}
	return false
}

// slow reports whether the filter looks into what no index of any store has, with nothing beside it
// that an index or a time narrows.
func slow(tree FilterTree) bool {
	parts, ok := tree.(FilterAll)
	if !ok {
		parts = FilterAll{tree}
	}
	return slices.ContainsFunc(parts, looksThrough) && !slices.ContainsFunc(parts, narrows)
}

func narrows(t FilterTree) bool {
	switch t := t.(type) {
	case FilterEqual:
		return t.Field == fieldID || t.Field == ByUserID || t.Field == ByResourceID ||
			t.Field == ByOutcome && len(t.Values) == 1 && t.Values[0] == string(Denied)
	case FilterTimes:
		return t.Field == fieldCreatedAt && !t.From.IsZero()
	case FilterAny:
		return len(t) > 0 && !slices.ContainsFunc(t, func(t FilterTree) bool { return !narrows(t) })
	}
	return false
}

func looksThrough(t FilterTree) bool {
	switch t := t.(type) {
	case FilterNot:
		return looksThrough(t.Tree)
	case FilterAll:
		return slices.ContainsFunc(t, looksThrough)
	case FilterAny:
		return slices.ContainsFunc(t, looksThrough)
	case FilterDetails, FilterText, FilterContains, testFunc:
		return true
	}
	return false
}
