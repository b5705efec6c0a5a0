package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// ParseQuery reads a query from parameters, as the HTTP interface and the command line both do. It
// is strict, so that no misspelt filter is silently none: a parameter that is unknown, empty, or
// given twice where one value counts is a [daybook.FieldError] of its name, and all that are wrong
// are returned together. The parameters, * for those that may be given several times:
//
//	id               the entry with this id
//	user             who acted
//	resource_type    such as document
//	resource_id
//	action *         any of these
//	outcome *        any of success, failure, denied
//	actor_type *     any of user, api_key, service, system
//	request          the request id
//	ip               an address, or a network such as 192.0.2.0/24
//	detail *         path=value: see below
//	since, until     RFC 3339, a date, now, or how long ago: 24h, 7d, 1d12h, with or without a minus.
//	                 since belongs to the range and until does not, but a date means the whole day
//	zone             in which dates are meant, such as Europe/Berlin; UTC when absent
//	order            newest (first) or oldest
//	limit            1 to 1000
//
// The path of a detail has dots between the members, and double quotes around one that itself has
// a dot or an equals sign: changes."a.b".new=1. Its value is JSON if it reads as JSON, and otherwise
// a text: tags=financial, count=50, code="50". See [daybook.Details.Contains] for what it finds.
func ParseQuery(values url.Values, now time.Time) (daybook.Query, error) {
	p := params{values: values, now: now, zone: time.UTC}
	p.checkNames()
	p.one("zone", func(s string) (err error) {
		if p.zone, err = time.LoadLocation(s); err != nil {
			p.zone = time.UTC
			return &daybook.FieldError{Field: "zone", Reason: fmt.Sprintf("is %.60q, not a time zone such as Europe/Berlin", s)}
		}
		return nil
	})
	p.one("id", func(s string) (err error) { p.query.ID, err = daybook.ParseID(s); return err })
	p.one("user", func(s string) error { p.query.UserID = s; return nil })
	p.one("resource_type", func(s string) error { p.query.ResourceType = s; return nil })
	p.one("resource_id", func(s string) error { p.query.ResourceID = s; return nil })
	p.one("request", func(s string) error { p.query.RequestID = s; return nil })
	p.all("action", func(s string) error { p.query.Actions = append(p.query.Actions, daybook.Action(s)); return nil })
	p.all("outcome", func(s string) error { p.query.Outcomes = append(p.query.Outcomes, daybook.Outcome(s)); return nil })
	p.all("actor_type", func(s string) error {
		p.query.ActorTypes = append(p.query.ActorTypes, daybook.ActorType(s))
		return nil
	})
	p.one("ip", func(s string) (err error) { p.query.IPAddress, err = parseNetwork(s); return err })
	p.all("detail", p.detail)
	p.one("since", func(s string) error {
		m, err := parseMoment("since", s, now, p.zone)
		p.query.From = m.at
		return err
	})
	p.one("until", func(s string) error {
		m, err := parseMoment("until", s, now, p.zone)
		p.query.To = m.end()
		return err
	})
	p.one("order", func(s string) error {
		switch s {
		case "newest":
		case "oldest":
			p.query.Order = daybook.Oldest
		default:
			return &daybook.FieldError{Field: "order", Reason: fmt.Sprintf("is %.60q, but must be newest or oldest", s)}
		}
		return nil
	})
	p.one("limit", func(s string) (err error) {
		if p.query.Limit, err = strconv.Atoi(s); err != nil || p.query.Limit < 1 || p.query.Limit > daybook.MaxLimit {
			return &daybook.FieldError{Field: "limit", Reason: fmt.Sprintf("is %.60q, but must be a number from 1 to %d", s, daybook.MaxLimit)}
		}
		return nil
	})
	p.finish()
	if err := errors.Join(p.errs...); err != nil {
		return daybook.Query{}, err
	}
	return p.query, nil
}

type params struct {
	values url.Values
	now    time.Time
	zone   *time.Location
	query  daybook.Query
	errs   []error
}

var paramNames = []string{"id", "user", "resource_type", "resource_id", "action", "outcome", "actor_type", "request", "ip",
	"detail", "since", "until", "zone", "order", "limit"}

func (p *params) refuse(field, reason string) {
	p.errs = append(p.errs, &daybook.FieldError{Field: field, Reason: reason})
}

func (p *params) checkNames() {
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		if !slices.Contains(paramNames, name) {
			p.refuse(name, "is not a parameter: there are "+strings.Join(paramNames, ", "))
		}
	}
}

func (p *params) one(name string, set func(string) error) {
	if len(p.values[name]) > 1 {
		p.refuse(name, "is given more than once")
		return
	}
	p.all(name, set)
}

func (p *params) all(name string, set func(string) error) {
	for _, v := range p.values[name] {
		if v == "" {
			p.refuse(name, "is empty: leave it out")
		} else if err := set(v); err != nil {
			p.errs = append(p.errs, err)
		}
	}
}

// finish checks the query as a whole, and calls its fields as the parameters are called.
func (p *params) finish() {
	if !p.query.From.IsZero() && !p.query.To.IsZero() && !p.query.From.Before(p.query.To) {
		p.refuse("until", "is not after since")
	}
	err := p.query.Normalize()
	for _, f := range fieldProblems(err) {
		switch f.Field {
		case "user_id":
			f.Field = "user"
		case "request_id":
			f.Field = "request"
		case "ip_address":
			f.Field = "ip"
		}
		p.refuse(f.Field, f.Reason)
	}
}

func parseNetwork(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return prefix, &daybook.FieldError{Field: "ip", Reason: fmt.Sprintf("is %.60q, not an address or a network such as 192.0.2.0/24", s)}
	}
	return prefix, nil
}

// detail adds what one parameter asks of the details to those before.
func (p *params) detail(s string) error {
	refuse := func(reason string) error { return &daybook.FieldError{Field: "detail", Reason: reason} }
	path, text, ok := parsePath(s)
	if !ok {
		return refuse(fmt.Sprintf("is %.60q, but must look like path=value, with dots in the path: changes.title.new=Plan", s))
	}
	var value any = text
	if json.Valid([]byte(text)) {
		parsed, err := daybook.ParseDetails([]byte(`{"v":` + text + `}`))
		if err != nil {
			return refuse(strings.TrimPrefix(err.Error(), "details.v "))
		}
		value = parsed["v"]
	}
	if p.query.Details == nil {
		p.query.Details = daybook.Details{}
	}
	in := map[string]any(p.query.Details)
	for i, name := range path {
		switch had, found := in[name]; {
		case i == len(path)-1:
			if found {
				return refuse(fmt.Sprintf("asks twice for %q", name))
			}
			in[name] = value
		case !found:
			next := map[string]any{}
			in[name] = next
			in = next
		default:
			next, ok := had.(map[string]any)
			if !ok {
				return refuse(fmt.Sprintf("asks for %q and for what lies in it", name))
			}
			in = next
		}
	}
	return nil
}

// parsePath splits path=value.
func parsePath(s string) (path []string, value string, ok bool) {
	for {
		var name string
		if quoted, err := strconv.QuotedPrefix(s); err == nil && s[0] == '"' {
			name, _ = strconv.Unquote(quoted)
			s = s[len(quoted):]
		} else {
			end := strings.IndexAny(s, ".=")
			if end <= 0 {
				return nil, "", false
			}
			name, s = s[:end], s[end:]
		}
		path = append(path, name)
		switch {
		case strings.HasPrefix(s, "."):
			s = s[1:]
		case strings.HasPrefix(s, "="):
			return path, s[1:], true
		default:
			return nil, "", false
		}
	}
}
