package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/daybookdev/daybook/api"
)

// A Setting is one key of a [Config].
type Setting struct {
	Key     string // as in the file, with its section: tls.cert_file
	Help    string
	Default string // as text; "" is none
	Bool    bool   // a flag needs no value

	url      bool  // its value may hold a password
	secret   bool  // it is a URL, and more than its host may be secret
	fileOnly bool  // there is no flag and no variable for it
	index    []int // of the field
}

// Flag returns the name of the flag, without hyphens before it, or "" if there is none.
func (s Setting) Flag() string {
	if s.fileOnly {
		return ""
	}
	return strings.NewReplacer(".", "-", "_", "-").Replace(s.Key)
}

// Env returns the name of the variable, or "" if there is none.
func (s Setting) Env() string {
	if s.fileOnly {
		return ""
	}
	return "DAYBOOK_" + strings.ToUpper(strings.ReplaceAll(s.Key, ".", "_"))
}

// Settings returns every key of a Config, in its order.
func Settings() []Setting {
	var all []Setting
	defaults := DefaultConfig()
	eachField(reflect.TypeFor[Config](), "", nil, func(f reflect.StructField, key string, index []int) {
		value := reflect.ValueOf(defaults).FieldByIndex(index)
		s := Setting{Key: key, Help: f.Tag.Get("help"), index: index, Bool: f.Type.Kind() == reflect.Bool, url: f.Tag.Get("kind") == "url", secret: f.Tag.Get("kind") == "secret-url"}
		s.fileOnly = f.Type == reflect.TypeFor[[]JWT]()
		if !s.fileOnly && !value.IsZero() {
			s.Default = textOf(value)
		}
		all = append(all, s)
	})
	return all
}

// eachField calls f with every field that is no section.
func eachField(t reflect.Type, section string, index []int, f func(field reflect.StructField, key string, index []int)) {
	for i := range t.NumField() {
		field := t.Field(i)
		key := field.Tag.Get("key")
		at := append(append([]int(nil), index...), i)
		switch {
		case key == "-":
		case isSection(field.Type):
			eachField(field.Type, section+key+".", at, f)
		default:
			f(field, section+key, at)
		}
	}
}

func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[api.Rate]() && t != reflect.TypeFor[netip.Prefix]()
}

// setText sets a field that is no section from its text. The parts of a list have commas between
// them.
func setText(v reflect.Value, text string) error {
	switch p := v.Addr().Interface().(type) {
	case *time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("is %.40q, not a time such as 10s or 1m30s", text)
		}
		*p = d
		return nil
	case *api.Rate:
		second, burst, ok := strings.Cut(text, "/")
		r, err1 := strconv.ParseFloat(strings.TrimSpace(second), 64)
		b, err2 := strconv.Atoi(strings.TrimSpace(burst))
		if !ok || err1 != nil || err2 != nil || !(r > 0 && r <= 1e9) || b < 1 {
			return fmt.Errorf("is %.40q, not a rate such as 200/400: so many a second, and so many at once", text)
		}
		*p = api.Rate{PerSecond: r, Burst: b}
		return nil
	case *netip.Prefix:
		prefix, err := netip.ParsePrefix(text)
		if addr, e := netip.ParseAddr(text); err != nil && e == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return fmt.Errorf("is %.60q, not a network such as 10.0.0.0/8", text)
		}
		*p = prefix.Masked()
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("is %.40q, but must be true or false", text)
		}
		v.SetBool(text == "true")
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("is %.40q, not a whole number", text)
		}
		v.SetInt(int64(n))
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("is %.40q, not a number", text)
		}
		v.SetFloat(f)
	case reflect.Slice:
		return setList(v, strings.Split(text, ","))
	default:
		return errors.New("cannot be set from a text")
	}
	return nil
}

func setList(v reflect.Value, parts []string) error {
	list := reflect.MakeSlice(v.Type(), 0, len(parts))
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		item := reflect.New(v.Type().Elem()).Elem()
		if err := setText(item, part); err != nil {
			return err
		}
		list = reflect.Append(list, item)
	}
	v.Set(list)
	return nil
}

// textOf returns what setText reads.
func textOf(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		return x.String()
	case api.Rate:
		return strconv.FormatFloat(x.PerSecond, 'f', -1, 64) + "/" + strconv.Itoa(x.Burst)
	}
	if v.Kind() == reflect.Slice {
		var parts []string
		for i := range v.Len() {
			parts = append(parts, textOf(v.Index(i)))
		}
		return strings.Join(parts, ",")
	}
	return fmt.Sprint(v.Interface())
}

// yamlOf returns the value as YAML on one line.
func yamlOf(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration, api.Rate:
		return textOf(v)
	case netip.Prefix:
		return quoted(x.String())
	}
	switch v.Kind() {
	case reflect.String:
		return quoted(v.String())
	case reflect.Slice:
		var items []string
		for i := range v.Len() {
			items = append(items, yamlOf(v.Index(i)))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case reflect.Map: // words of a claim
		var items []string
		for _, key := range sortedKeys(v) {
			items = append(items, quoted(key)+": "+yamlOf(v.MapIndex(reflect.ValueOf(key))))
		}
		return "{" + strings.Join(items, ", ") + "}"
	case reflect.Struct:
		var items []string
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				items = append(items, v.Type().Field(i).Tag.Get("key")+": "+yamlOf(v.Field(i)))
			}
		}
		return "{" + strings.Join(items, ", ") + "}"
	}
	return fmt.Sprint(v.Interface())
}

// quoted is a text in double quotes, which YAML reads as JSON does.
func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(text)
}
