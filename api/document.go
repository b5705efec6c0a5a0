package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// A document is the JSON object that a request brings, read strictly: members that are unknown,
// repeated or of another type are refused, with their path. Take every member, then call end.
type document struct {
	members map[string]any
	errs    []error
}

// readDocument reads the body as one JSON object.
func (c *call) readDocument() (*document, error) {
	if _, err := c.mediaType("application/json"); err != nil {
		return nil, err
	}
	data, err := c.readAll(maxDocument)
	if err != nil {
		return nil, err
	}
	// The rules for details are those for everything that comes in: RFC 8259 and its limits.
	members, err := daybook.ParseDetails(data)
	if f, ok := errors.AsType[*daybook.FieldError](err); ok {
		field := strings.TrimPrefix(strings.TrimPrefix(f.Field, "details"), ".")
		return nil, &daybook.FieldError{Field: or(field, "body"), Reason: f.Reason}
	}
	if members == nil {
		members = daybook.Details{}
	}
	return &document{members: members}, err
}

func (d *document) refuse(field, reason string) {
	d.errs = append(d.errs, &daybook.FieldError{Field: field, Reason: reason})
}

func (d *document) take(name string) (any, bool) {
	v, ok := d.members[name]
	delete(d.members, name)
	return v, ok && v != nil
}

// text takes a member that is a string, "" when it is absent.
func (d *document) text(name string) string {
	v, ok := d.take(name)
	s, isText := v.(string)
	if ok && !isText {
		d.refuse(name, "is not a string")
	}
	return s
}

// choice takes a member that is one of a few words; the first is meant when it is absent.
func (d *document) choice(name string, words ...string) string {
	s := or(d.text(name), words[0])
	if !slices.Contains(words, s) {
		d.refuse(name, fmt.Sprintf("is %.40q, but must be one of %s", s, strings.Join(words, ", ")))
	}
	return s
}

// number takes a member that is a whole number from least to most.
func (d *document) number(name string, least, most, otherwise int) int {
	v, ok := d.take(name)
	if !ok {
		return otherwise
	}
	n, isNumber := v.(json.Number)
	i, err := n.Int64()
	if !isNumber || err != nil || i < int64(least) || i > int64(most) {
		d.refuse(name, fmt.Sprintf("must be a whole number from %d to %d", least, most))
		return otherwise
	}
	return int(i)
}

// texts takes a member that is a list of strings.
func (d *document) texts(name string) []string {
	v, ok := d.take(name)
	if !ok {
		return nil
	}
	items, isList := v.([]any)
	if !isList {
		d.refuse(name, "is not a list of strings")
	}
	var list []string
	for i, item := range items {
		s, isText := item.(string)
		if !isText {
			d.refuse(fmt.Sprintf("%s.%d", name, i), "is not a string")
		}
		list = append(list, s)
	}
	return list
}

// time takes a member that is a time of RFC 3339.
func (d *document) time(name string) time.Time {
	s := d.text(name)
	if s == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		d.refuse(name, fmt.Sprintf("is %.60q, not a time such as 2026-11-07T10:00:05.123456Z", s))
	}
	return t
}

// value takes a member as JSON, nil when it is absent.
func (d *document) value(name string) json.RawMessage {
	v, ok := d.take(name)
	if !ok {
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil { // it was JSON
		d.refuse(name, "cannot be read")
	}
	return text
}

// end returns everything that was wrong. What was not taken is unknown.
func (d *document) end() error {
	for _, name := range slices.Sorted(maps.Keys(d.members)) {
		d.refuse(fmt.Sprintf("%.60s", name), "is not a member of this request")
	}
	if err := errors.Join(d.errs...); err != nil {
		return fmt.Errorf("%w%w", refuse(http.StatusBadRequest, "invalid", "the body is not as it must be"), err)
	}
	return nil
}

// flag takes a member that is true or false; it is false when it is absent.
func (d *document) flag(name string) bool {
	v, ok := d.take(name)
	b, isBool := v.(bool)
	if ok && !isBool {
		d.refuse(name, "is neither true nor false")
	}
	return b
}
