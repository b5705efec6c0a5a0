package daybooktest

import (
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

// Classified reports an error for every exported field of T that has no daybook tag, so that nobody
// adds a password to a type without deciding what [daybook.Diff] tells of it:
//
//	func TestUserIsClassified(t *testing.T) { daybooktest.Classified[User](t) }
//
// It goes on into the structs that fields have, point to, or hold in lists and maps, unless the tag
// leaves the field out, redacts or masks it as a whole, or the type itself says how it is shown, as
// time.Time does. Tags with unknown options are errors too.
func Classified[T any](t testing.TB) {
	t.Helper()
	c := classifier{t: t, seen: make(map[reflect.Type]bool)}
	root := reflect.TypeFor[T]()
	if structOf(root) == nil {
		t.Errorf("%v has no fields to classify", root)
		return
	}
	c.walk(root)
}

type classifier struct {
	t    testing.TB
	seen map[reflect.Type]bool
}

func (c *classifier) walk(t reflect.Type) {
	c.t.Helper()
	t = structOf(t)
	if t == nil || c.seen[t] {
		return
	}
	c.seen[t] = true
	for f := range t.Fields() {
		embedded := f.Anonymous && structOf(f.Type) != nil
		if !f.IsExported() && !embedded {
			continue
		}
		tag, ok := f.Tag.Lookup("daybook")
		_, options, _ := strings.Cut(tag, ",")
		switch {
		case !ok && embedded: // its fields count as fields of the outer one
			c.walk(f.Type)
			continue
		case !ok:
			c.t.Errorf(`%v.%s has no daybook tag: say what is told of its changes, for example daybook:"-", daybook:",redact" or daybook:"name"`, t, f.Name)
		}
		whole := tag == "-"
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "redact", "mask":
				whole = true
			case "":
			default:
				c.t.Errorf("%v.%s has the unknown option %q in its daybook tag", t, f.Name, option)
			}
		}
		if !whole {
			c.walk(f.Type)
		}
	}
}

// structOf returns the struct whose fields Diff reads for a t, nil if there is none.
func structOf(t reflect.Type) reflect.Type {
	for range daybook.MaxDetailsDepth { // a type may be a list of itself
		for _, speaks := range speakers {
			if t.Implements(speaks) || reflect.PointerTo(t).Implements(speaks) {
				return nil
			}
		}
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			t = t.Elem()
		case reflect.Struct:
			if t == reflect.TypeFor[time.Time]() {
				return nil
			}
			return t
		default:
			return nil
		}
	}
	return nil
}

// speakers are the interfaces by which a type says how it is shown.
var speakers = []reflect.Type{
	reflect.TypeFor[slog.LogValuer](), reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[json.Marshaler](),
	reflect.TypeFor[driver.Valuer](), reflect.TypeFor[error](),
}
