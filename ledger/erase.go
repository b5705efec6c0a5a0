package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/daybookdev/daybook"
)

// Erase forgets the values at the paths and returns the secrets to be kept from now on; the entry's
// leaf stays what it is. A path is the name of a field that is committed to, or "details" with a JSON
// Pointer to a value at any depth. In details null takes the value's place. What is absent already
// stays as it is.
//
// The caller stores e and the secrets in one transaction, and leaves the salt nowhere. A member whose
// name tells of the person cannot be erased alone: erase the object around it.
func Erase(e *daybook.Entry, s Secrets, paths []string) (Secrets, error) {
	details, err := e.Details.Normalize()
	if err != nil {
		return s, err
	}
	var before *erased
	if s.Erased == "" {
		before = &erased{map[string]Commitment{}, map[string]Salt{}}
		var c committer
		for field := fieldResourceID; field <= fieldRecordedBy; field++ {
			before.salt[fieldNames[field]] = c.field(s.Salt, e.ID, byte(field))
		}
	} else if before, err = parseErased(s.Erased); err != nil {
		return s, err
	}
	x := eraser{erased: before}
	x.values = map[string]any{}
	for i, text := range texts(e) {
		if text != "" {
			x.values[fieldNames[i+1]] = text
		}
	}
	if details != nil {
		x.values["details"] = map[string]any(details)
	}
	for _, path := range paths {
		field, steps, err := splitPath(path)
		if err != nil {
			return s, err
		}
		if err := x.erase(field, steps); err != nil {
			return s, fmt.Errorf("erase %s: %w", path, err)
		}
	}
	if len(x.commitment) == 0 {
		return s, nil // nothing was there
	}
	for field, target := range map[string]*string{"resource_id": &e.ResourceID, "user_id": &e.UserID, "request_id": &e.RequestID,
		"user_agent": &e.UserAgent, "recorded_by": &e.RecordedBy} {
		if x.values[field] == nil {
			*target = ""
		}
	}
	if x.values["ip_address"] == nil {
		e.IPAddress = daybook.Entry{}.IPAddress
	}
	m, _ := x.values["details"].(map[string]any)
	e.Details = m
	return Secrets{Erased: x.String()}, nil
}

// An eraser moves parts from salts to commitments.
type eraser struct {
	*erased
	values map[string]any // by field
}

func (x *eraser) erase(field int, steps []string) error {
	name := fieldNames[field]
	if x.values[name] == nil {
		return nil
	}
	replaced, err := x.blank(name, x.values[name], steps)
	if err == nil {
		x.values[name] = replaced
	}
	return err
}

// blank erases what lies at the end of steps from path, whose value is v, and returns v without it.
func (x *eraser) blank(path string, v any, steps []string) (any, error) {
	if _, gone := x.commitment[path]; gone || v == nil {
		return v, nil
	}
	if len(steps) == 0 {
		w := erasedWalk{erased: x.erased}
		sum, err := w.node(path, v)
		if err != nil {
			return nil, err
		}
		x.forget(path)
		x.commitment[path] = sum
		return nil, nil
	}
	next, ok := "", false
	switch v := v.(type) {
	case map[string]any:
		next = childPath(path, steps[0])
		_, ok = v[steps[0]]
	case []any:
		i, err := strconv.Atoi(steps[0])
		next, ok = path+"/"+steps[0], err == nil && i >= 0 && i < len(v) && strconv.Itoa(i) == steps[0]
	}
	if !ok {
		return v, nil // absent
	}
	if !x.worth(v, steps) {
		return v, nil
	}
	x.expand(path, v)
	switch v := v.(type) {
	case map[string]any:
		child, err := x.blank(next, v[steps[0]], steps[1:])
		if err != nil {
			return nil, err
		}
		v[steps[0]] = child
	case []any:
		i, _ := strconv.Atoi(steps[0])
		child, err := x.blank(next, v[i], steps[1:])
		if err != nil {
			return nil, err
		}
		v[i] = child
	}
	return v, nil
}

// worth reports whether there is a value at the end of steps, so that nothing is expanded for one
// that is absent or null.
func (x *eraser) worth(v any, steps []string) bool {
	for _, step := range steps {
		switch parent := v.(type) {
		case map[string]any:
			v = parent[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(parent) {
				return false
			}
			v = parent[i]
		default:
			return false
		}
	}
	return v != nil
}

// expand replaces the salt of an object or array, if it is whole, by those of its parts.
func (x *eraser) expand(path string, v any) {
	salt, whole := x.salt[path]
	if !whole {
		return
	}
	delete(x.salt, path)
	var c committer
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			x.salt[childPath(path, name)] = c.derive(salt, 'M', name, 0)
		}
	case []any:
		for i := range v {
			x.salt[path+"/"+strconv.Itoa(i)] = c.derive(salt, 'E', "", uint32(i))
		}
	}
}

// forget removes what is kept of a path and of everything below.
func (x *eraser) forget(path string) {
	below := func(other string) bool { return other == path || strings.HasPrefix(other, path+"/") }
	maps.DeleteFunc(x.commitment, func(p string, _ Commitment) bool { return below(p) })
	maps.DeleteFunc(x.salt, func(p string, _ Salt) bool { return below(p) })
}

// covers reports whether a path, or one that it lies below, is in paths, which are sorted.
func covers(paths []string, path string) bool {
	for {
		if _, ok := slices.BinarySearch(paths, path); ok {
			return true
		}
		i := strings.LastIndexByte(path, '/')
		if i < 0 {
			return false
		}
		path = path[:i]
	}
}
