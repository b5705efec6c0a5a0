package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/server"
)

// organizationFlag names the organization whose entries are read.
type organizationFlag struct {
	Organization string `short:"o" env:"DAYBOOK_ORGANIZATION" required:"" placeholder:"ID" help:"The organization."`
}

// filterFlags say which entries are meant. They are pointers, so that --user "$NOBODY" is refused
// instead of meaning every user.
type filterFlags struct {
	ID         *string  `name:"id" placeholder:"ID" help:"The entry with this id; a terminal shows it in full."`
	User       *string  `short:"u" placeholder:"ID" help:"Who acted."`
	Resource   *string  `short:"r" placeholder:"TYPE[/ID]" help:"The resource, or all of a type."`
	ResourceID *string  `name:"resource-id" placeholder:"ID" help:"The resource, of any type."`
	Action     []string `short:"a" placeholder:"ACTION" help:"Any of these actions."`
	Outcome    []string `placeholder:"OUTCOME" help:"Any of success, failure, denied."`
	ActorType  []string `placeholder:"TYPE" help:"Any of user, api_key, service, system."`
	Request    *string  `placeholder:"ID" help:"The request."`
	IP         *string  `name:"ip" placeholder:"ADDR" help:"An address, or a network such as 192.0.2.0/24."`
	Detail     []string `sep:"none" placeholder:"PATH=VALUE" help:"A member of the details: count=50, tags=financial, changes.title.new=Plan. Repeatable."`
	Since      *string  `placeholder:"TIME" help:"From this time on: RFC 3339, a date, or how long ago: 24h, 7d."`
	Filter     *string  `short:"q" placeholder:"FILTER" help:"What else must match, in the filter language: \"details.size>1000 -user:ada\"."`
	Until      *string  `placeholder:"TIME" help:"Before this time; to the end of a date."`
}

// filterWords are a filter in place of --filter, for commands that have no other arguments.
type filterWords struct {
	Words []string `arg:"" optional:"" name:"filter" help:"What must match, in the filter language: 'details.size>1000 created:2026-11'."`
}

// into takes the words for the filter.
func (w filterWords) into(f *filterFlags) error {
	if len(w.Words) == 0 {
		return nil
	}
	if f.Filter != nil {
		return usageError{errors.New("--filter and what stands behind the flags are both filters: leave out one")}
	}
	text := strings.Join(w.Words, " ")
	f.Filter = &text
	return nil
}

// values returns the flags as the parameters of server.ParseQuery.
func (f *filterFlags) values() (url.Values, error) {
	v := url.Values{}
	for name, s := range map[string]*string{"id": f.ID, "user": f.User, "resource_id": f.ResourceID,
		"request": f.Request, "ip": f.IP, "since": f.Since, "until": f.Until} {
		if s != nil {
			v.Set(name, *s)
		}
	}
	for name, list := range map[string][]string{"action": f.Action, "outcome": f.Outcome, "actor_type": f.ActorType, "detail": f.Detail} {
		if len(list) > 0 {
			v[name] = list
		}
	}
	if f.Resource != nil {
		kind, id, hasID := strings.Cut(*f.Resource, "/")
		v.Set("resource_type", kind)
		if hasID && f.ResourceID != nil {
			return nil, usageError{errors.New("--resource has an id: leave out --resource-id")}
		} else if hasID {
			v.Set("resource_id", id)
		}
	}
	return v, nil
}

// query returns the query that the flags ask for, with dates in zone.
func (f *filterFlags) query(zone string, more url.Values) (daybook.Query, error) {
	v, err := f.values()
	if err != nil {
		return daybook.Query{}, err
	}
	v.Set("zone", zone)
	for name, list := range more {
		v[name] = list
	}
	now := time.Now()
	q, err := server.ParseQuery(v, now)
	if err != nil || f.Filter == nil {
		return q, flagError(err)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return q, err
	}
	q.Filter, _, err = daybook.ParseFilter(*f.Filter, &daybook.FilterOptions{Now: now, Zone: location})
	if wrong, ok := errors.AsType[*daybook.FilterError](err); ok {
		return q, usageError{fmt.Errorf("--filter: %w\n%s", err, pointAt(*f.Filter, wrong))}
	}
	return q, err
}

// pointAt shows where a filter is wrong.
func pointAt(text string, wrong *daybook.FilterError) string {
	before, rest := []rune(text), []rune(nil)
	if wrong.At < len(before) {
		before, rest = before[:wrong.At], before[wrong.At:]
	}
	length := min(max(wrong.Length, 1), max(len(rest), 1))
	shown := escapeText(string(before))
	return fmt.Sprintf("    %s%s\n    %s%s", shown, escapeText(string(rest)), strings.Repeat(" ", width(shown)), strings.Repeat("^", length))
}

// arguments returns flags that ask for the same as f did when q was made of it, whenever they are
// used: with fixed times.
func (f *filterFlags) arguments(q daybook.Query) []string {
	var args []string
	add := func(name string, values ...string) {
		for _, v := range values {
			if strings.HasPrefix(v, "-") { // behind a space it would be taken for a flag
				args = append(args, "--"+name+"="+v)
				continue
			}
			args = append(args, "--"+name, v)
		}
	}
	one := func(name string, value *string) {
		if value != nil {
			add(name, *value)
		}
	}
	one("id", f.ID)
	one("user", f.User)
	one("resource", f.Resource)
	one("resource-id", f.ResourceID)
	add("action", f.Action...)
	add("outcome", f.Outcome...)
	add("actor-type", f.ActorType...)
	one("request", f.Request)
	one("ip", f.IP)
	add("detail", f.Detail...)
	if !q.Filter.IsZero() {
		add("filter", q.Filter.String())
	}
	if !q.From.IsZero() {
		add("since", q.From.Format(time.RFC3339Nano))
	}
	if !q.To.IsZero() {
		add("until", q.To.Format(time.RFC3339Nano))
	}
	return args
}

// commandLine returns args as one can type them into a shell, and as they are safe to print.
func commandLine(args ...string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = quoteArgument(a)
	}
	return strings.Join(quoted, " ")
}

func quoteArgument(s string) string {
	plain := s != ""
	for _, r := range s {
		plain = plain && (r < 0x7f && strings.ContainsRune("-_./:@%+=,", r) ||
			'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9')
	}
	if plain {
		return s
	}
	if escapeText(s) == s {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	var b strings.Builder // bash, zsh and ksh know $'\x1b'
	b.WriteString("$'")
	for i := range len(s) {
		if c := s[i]; ' ' <= c && c < 0x7f && c != '\'' && c != '\\' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	b.WriteString("'")
	return b.String()
}
