package daybook

import "slices"

// Bounds returns q with what its filter demands of created_at in From and To, and without a filter;
// rest is what else the filter demands, nil for nothing. It is for stores, which know best what to
// do with a range of time.
func (q Query) Bounds() (bounded Query, rest FilterTree) {
	tree := q.Filter.Tree()
	q.Filter = Filter{}
	parts, ok := tree.(FilterAll)
	if !ok && tree != nil {
		parts = FilterAll{tree}
	}
	var others FilterAll
	for _, part := range parts {
		times, ok := part.(FilterTimes)
		if !ok || times.Field != fieldCreatedAt {
			others = append(others, part)
			continue
		}
		if q.From.IsZero() || q.From.Before(times.From) {
			q.From = times.From
		}
		if !times.To.IsZero() && (q.To.IsZero() || q.To.After(times.To)) {
			q.To = times.To
		}
	}
	switch len(others) {
	case 0:
		return q, nil
	case 1:
		return q, others[0]
	}
	return q, others
}

// OnlyFields reports whether nothing but the fields decides whether the tree matches an entry.
func OnlyFields(tree FilterTree, fields ...Field) bool {
	all := func(parts []FilterTree) bool {
		return !slices.ContainsFunc(parts, func(part FilterTree) bool { return !OnlyFields(part, fields...) })
	}
	switch t := tree.(type) {
	case FilterAll:
		return all(t)
	case FilterAny:
		return all(t)
	case FilterNot:
		return OnlyFields(t.Tree, fields...)
	case FilterPresent:
		return slices.Contains(fields, t.Field)
	case FilterEqual:
		return slices.Contains(fields, t.Field)
	case FilterPrefix:
		return slices.Contains(fields, t.Field)
	case FilterContains:
		return slices.Contains(fields, t.Field)
	}
	return false
}
