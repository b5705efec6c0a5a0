package daybook

import "slices"

// absorb moves into the other fields of q the conditions of its filter that they can say, so that
// what a store does for those fields, an index or a sum that it keeps, serves a filter too.
func (q *Query) absorb() {
	conditions, ok := q.Filter.root.(andNode)
	if !ok && q.Filter.root != nil {
		conditions = andNode{q.Filter.root}
	}
	var rest []filterNode
	for _, n := range conditions {
		if narrowed := *q; narrowed.takes(simplify(n.tree())) {
			*q = narrowed
		} else {
			rest = append(rest, n)
		}
	}
	if len(rest) < len(conditions) {
		q.Filter = newFilter(joinAnd(rest))
	}
}

// takes narrows q by the condition, or reports that its fields cannot say it.
func (q *Query) takes(t FilterTree) bool {
	switch t := t.(type) {
	case FilterAll:
		return !slices.ContainsFunc(t, func(t FilterTree) bool { return !q.takes(t) })
	case FilterTimes:
		if t.Field != fieldCreatedAt {
			return false
		}
		if t.From.After(q.From) {
			q.From = t.From
		}
		if q.To.IsZero() || !t.To.IsZero() && t.To.Before(q.To) {
			q.To = t.To
		}
		return true
	case FilterEqual:
		switch t.Field {
		case ByAction:
			return takesAny(&q.Actions, t.Values)
		case ByActorType:
			return takesAny(&q.ActorTypes, t.Values)
		case ByOutcome:
			return takesAny(&q.Outcomes, t.Values)
		case ByResourceType:
			return takesOne(&q.ResourceType, t.Values)
		case ByResourceID:
			return takesOne(&q.ResourceID, t.Values)
		case ByUserID:
			return takesOne(&q.UserID, t.Values)
		case fieldRequestID:
			return takesOne(&q.RequestID, t.Values)
		case fieldID:
			id, err := ParseID(t.Values[0])
			if err != nil || len(t.Values) > 1 || !q.ID.IsZero() && q.ID != id {
				return false
			}
			q.ID = id
			return true
		}
	}
	return false
}

// takesAny narrows a list of which any will do; an empty one would mean all.
func takesAny[T ~string](list *[]T, values []string) bool {
	var both []T
	for _, v := range values {
		if len(*list) == 0 || slices.Contains(*list, T(v)) {
			both = append(both, T(v))
		}
	}
	if len(both) == 0 {
		return false
	}
	*list = both
	return true
}

func takesOne(field *string, values []string) bool {
	if len(values) > 1 || *field != "" && *field != values[0] {
		return false
	}
	*field = values[0]
	return true
}
