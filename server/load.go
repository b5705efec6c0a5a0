package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/daybookdev/daybook"
)

// LoadOptions are what [LoadConfig] reads. The zero LoadOptions give the defaults.
type LoadOptions struct {
	// File is a YAML file, "" is none.
	File string

	// LookupEnv returns a variable, as os.LookupEnv does. nil: none is looked at.
	LookupEnv func(name string) (string, bool)

	// Flags are the flags that were given, by their names without hyphens before them.
	Flags map[string]string
}

// A LoadedConfig is a Config and where its values come from.
type LoadedConfig struct {
	Config
	origins map[string]origin
}

// An origin is where a value comes from. A higher rank wins.
type origin struct {
	rank int
	text string
}

const (
	fromDefault = iota
	fromFile
	fromEnv
	fromFlag
)

// LoadConfig reads the file, then the environment, then the flags; what comes later wins. Its error
// joins everything that is wrong, each with its line, variable or flag, and shows no password. A key
// that is unknown or given twice is wrong.
func LoadConfig(o LoadOptions) (*LoadedConfig, error) {
	l := &LoadedConfig{Config: DefaultConfig(), origins: map[string]origin{}}
	var errs []error
	if o.File != "" {
		errs = append(errs, l.readFile(o.File))
	}
	known := map[string]bool{}
	for _, s := range Settings() {
		if s.fileOnly {
			continue
		}
		known[s.Flag()] = true
		if o.LookupEnv != nil {
			// An empty variable is one that is not set: that is how they are switched off.
			if text, ok := o.LookupEnv(s.Env()); ok && text != "" {
				errs = append(errs, l.set(s, text, origin{fromEnv, s.Env()}))
			}
		}
		if text, ok := o.Flags[s.Flag()]; ok {
			errs = append(errs, l.set(s, text, origin{fromFlag, "--" + s.Flag()}))
		}
	}
	for name := range o.Flags {
		if !known[name] {
			errs = append(errs, &daybook.FieldError{Field: name, Reason: "is no flag of a server"})
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	// Two ways to say one thing: the later one wins.
	if l.Database != "" && l.Data != "" {
		switch data, database := l.origins["data"].rank, l.origins["database"].rank; {
		case data < database:
			l.Data = ""
		case database < data:
			l.Database = ""
		}
	}
	if err := l.Validate(); err != nil {
		return nil, l.locate(err)
	}
	return l, nil
}

func (l *LoadedConfig) set(s Setting, text string, from origin) error {
	v := reflect.ValueOf(&l.Config).Elem().FieldByIndex(s.index)
	if err := setText(v, text); err != nil {
		return fmt.Errorf("%s: %w", from.text, &daybook.FieldError{Field: s.Key, Reason: err.Error()})
	}
	l.origins[s.Key] = from
	return nil
}

// locate says of errors about fields where their values come from.
func (l *LoadedConfig) locate(err error) error {
	if f, ok := err.(*daybook.FieldError); ok {
		if from, ok := l.origins[f.Field]; ok {
			return fmt.Errorf("%s: %w", from.text, f)
		}
		return f
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var errs []error
		for _, e := range joined.Unwrap() {
			errs = append(errs, l.locate(e))
		}
		return errors.Join(errs...)
	}
	return err
}

// From returns where the value of a key comes from: FILE:LINE, a variable, a flag, or "default".
func (l *LoadedConfig) From(key string) string {
	if from, ok := l.origins[key]; ok {
		return from.text
	}
	return "default"
}

func (l *LoadedConfig) readFile(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	switch err := d.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil // nothing but comments
	case err != nil:
		return fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: there is more than one document, or what follows cannot be read", name)
	}
	f := configFile{name: name, origins: l.origins}
	f.decode(document.Content[0], reflect.ValueOf(&l.Config).Elem(), "")
	return errors.Join(f.errs...)
}

// A configFile is read strictly: what is unknown, given twice or of another kind is refused.
type configFile struct {
	name    string
	origins map[string]origin
	errs    []error
}

func (f *configFile) refuse(n *yaml.Node, key, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	if key == "" {
		f.errs = append(f.errs, fmt.Errorf("%s:%d: the file %s", f.name, n.Line, reason))
		return
	}
	f.errs = append(f.errs, fmt.Errorf("%s:%d: %w", f.name, n.Line, &daybook.FieldError{Field: key, Reason: reason}))
}

func (f *configFile) decode(n *yaml.Node, v reflect.Value, key string) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		f.refuse(n, key, "has an anchor or an alias: write the value out")
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		// A key without a value keeps its default.
	case isSection(v.Type()):
		f.section(n, v, key)
	case v.Kind() == reflect.Map:
		f.words(n, v, key)
	case v.Kind() == reflect.Slice:
		f.list(n, v, key)
	case n.Kind != yaml.ScalarNode:
		f.refuse(n, key, "must be one value")
	default:
		if err := setText(v, n.Value); err != nil {
			f.refuse(n, key, "%s", err)
		}
		f.origins[key] = origin{fromFile, fmt.Sprintf("%s:%d", f.name, n.Line)}
	}
}

func (f *configFile) section(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.MappingNode {
		f.refuse(n, key, "must have keys and values, such as listen: %s", DefaultListen)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		path := strings.TrimPrefix(key+"."+name.Value, ".")
		field, names := fieldOf(v, name.Value)
		switch {
		case !field.IsValid():
			f.refuse(name, path, "is not a key: there are %s", strings.Join(names, ", "))
		case seen[name.Value]:
			f.refuse(name, path, "is given twice")
		default:
			seen[name.Value] = true
			f.decode(value, field, path)
		}
	}
}

func fieldOf(v reflect.Value, name string) (field reflect.Value, names []string) {
	for i := range v.NumField() {
		key := v.Type().Field(i).Tag.Get("key")
		if key == "-" {
			continue
		}
		if names = append(names, key); key == name {
			field = v.Field(i)
		}
	}
	return field, names
}

// list reads a list; what is in it has no origins of its own.
func (f *configFile) list(n *yaml.Node, v reflect.Value, key string) {
	f.origins[key] = origin{fromFile, fmt.Sprintf("%s:%d", f.name, n.Line)}
	if n.Kind != yaml.SequenceNode {
		f.refuse(n, key, "must be a list, such as [a, b]")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		inner := configFile{name: f.name, origins: map[string]origin{}}
		inner.decode(item, list.Index(i), fmt.Sprintf("%s[%d]", key, i))
		f.errs = append(f.errs, inner.errs...)
	}
	v.Set(list)
}

// words reads a map of texts to lists of texts.
func (f *configFile) words(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.MappingNode {
		f.refuse(n, key, "must have words and lists, such as audit.read: [reader]")
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, item := n.Content[i], reflect.New(v.Type().Elem()).Elem()
		path := key + "." + name.Value
		if v.MapIndex(reflect.ValueOf(name.Value)).IsValid() {
			f.refuse(name, path, "is given twice")
			continue
		}
		f.list(n.Content[i+1], item, path)
		v.SetMapIndex(reflect.ValueOf(name.Value), item)
	}
}

func sortedKeys(v reflect.Value) []string {
	var keys []string
	for _, k := range v.MapKeys() {
		keys = append(keys, k.String())
	}
	slices.Sort(keys)
	return keys
}

// Write prints the configuration as YAML that LoadConfig reads, each value with where it comes from.
// Passwords are left out.
func (l *LoadedConfig) Write(w io.Writer) error {
	var b strings.Builder
	section := ""
	for _, s := range Settings() {
		name, indent := s.Key, ""
		if in, rest, ok := strings.Cut(s.Key, "."); ok {
			if in != section {
				fmt.Fprintf(&b, "%s:\n", in)
			}
			section, name, indent = in, rest, "  "
		}
		v := reflect.ValueOf(l.Config).FieldByIndex(s.index)
		text := yamlOf(v)
		if s.url && v.String() != "" {
			text = quoted(masked(v.String()))
		}
		if s.secret && v.String() != "" {
			text = quoted(hostAlone(v.String()))
		}
		line := indent + name + ": " + text
		fmt.Fprintf(&b, "%-50s # %s\n", line, l.From(s.Key))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// hostAlone returns of a URL what is no secret even where its path is one.
func hostAlone(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "https://…"
	}
	return u.Scheme + "://" + u.Host + "/…"
}

// masked returns a URL without its password; a path stays as it is.
func masked(s string) string {
	if !strings.Contains(s, "://") {
		return s
	}
	return withoutPassword(s)
}
