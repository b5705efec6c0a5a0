package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/daybookdev/daybook"
)

// The POST forms of the routes that read take their parameters as the members of a JSON object, and
// two that have no place in a URL: a filter as a tree, and exact values.

// numbers and lists are the parameters that are no strings in JSON.
var (
	numberParameters = []string{"limit", "days"}
	listParameters   = []string{"by", "fields", "edges"}
)

// documentParameters reads the body as the parameters of the route.
func (c *call) documentParameters() error {
	d, err := c.readDocument()
	if err != nil {
		return err
	}
	c.filterTree, c.where = d.value("filter"), d.value("where")
	c.params = url.Values{}
	for _, name := range slices.Sorted(maps.Keys(d.members)) {
		if !slices.Contains(c.route.Parameters, name) {
			continue
		}
		switch {
		case slices.Contains(numberParameters, name):
			v, ok := d.take(name)
			n, isNumber := v.(json.Number)
			if ok && !isNumber {
				d.refuse(name, "is not a number")
			}
			c.params.Set(name, n.String())
		case slices.Contains(listParameters, name):
			list := d.texts(name)
			if i := slices.IndexFunc(list, func(s string) bool { return s == "" || strings.Contains(s, ",") }); i >= 0 {
				d.refuse(fmt.Sprintf("%s.%d", name, i), "is not a field")
			}
			c.params.Set(name, strings.Join(list, ","))
		default:
			c.params.Set(name, d.text(name))
		}
	}
	if c.filterTree != nil && c.text("q") != "" {
		d.refuse("filter", "is given, and q too: send one of them")
	}
	return d.end()
}

// exact sets the fields of the query that the request asks for by value, without the language.
func (c *call) exact(q *daybook.Query) error {
	if c.where == nil {
		return nil
	}
	members, err := daybook.ParseDetails(c.where)
	if err != nil {
		return &daybook.FieldError{Field: "where", Reason: "is not an object"}
	}
	d := &document{members: members}
	if s := d.text("id"); s != "" {
		if q.ID, err = daybook.ParseID(s); err != nil {
			d.errs = append(d.errs, err)
		}
	}
	for _, s := range d.texts("actions") {
		q.Actions = append(q.Actions, daybook.Action(s))
	}
	for _, s := range d.texts("actor_types") {
		q.ActorTypes = append(q.ActorTypes, daybook.ActorType(s))
	}
	for _, s := range d.texts("outcomes") {
		q.Outcomes = append(q.Outcomes, daybook.Outcome(s))
	}
	q.ResourceType, q.ResourceID, q.UserID, q.RequestID = d.text("resource_type"), d.text("resource_id"), d.text("user_id"), d.text("request_id")
	if s := d.text("ip_address"); s != "" {
		if q.IPAddress, err = network(s); err != nil {
			d.errs = append(d.errs, err)
		}
	}
	if v, ok := d.take("details"); ok {
		details, isObject := v.(map[string]any)
		if !isObject {
			d.refuse("details", "is not an object")
		}
		q.Details = details
	}
	check := *q
	check.After = daybook.Cursor{}
	if err := errors.Join(d.end(), check.Normalize()); err != nil {
		return within("where", err)
	}
	return nil
}

func network(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, &daybook.FieldError{Field: "ip_address", Reason: "is not an address or a network such as 192.0.2.0/24"}
	}
	return p, nil
}
