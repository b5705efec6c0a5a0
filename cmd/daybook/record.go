package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

type recordCommand struct {
	logFlags
	File         string `arg:"" optional:"" help:"NDJSON to read, one entry a line; - is standard input."`
	Organization string `short:"o" env:"DAYBOOK_ORGANIZATION" placeholder:"ID" help:"The organization, also of lines that name none."`
	entryFlags
	AddAction []string `placeholder:"ACTION" help:"Actions to accept besides CREATE, READ, UPDATE and DELETE."`
	JSON      bool     `name:"json" xor:"form" help:"Print NDJSON, as is the default into a file or a pipe."`
	Table     bool     `xor:"form" help:"Print text, as is the default on a terminal."`
}

// entryFlags are the fields of one entry. They are pointers, so that an empty one is seen.
type entryFlags struct {
	Action    *string  `short:"a" placeholder:"ACTION" help:"What was done: CREATE, READ, UPDATE, DELETE, or one of --add-action."`
	Resource  *string  `short:"r" placeholder:"TYPE[/ID]" help:"To what it was done."`
	User      *string  `short:"u" placeholder:"ID" help:"Who did it."`
	ActorType *string  `placeholder:"TYPE" help:"user, api_key, service or system."`
	Outcome   *string  `placeholder:"OUTCOME" help:"success, failure or denied."`
	Details   *string  `placeholder:"JSON" help:"The details, a JSON object."`
	Detail    []string `sep:"none" placeholder:"KEY=VALUE" help:"A member of the details; the value is JSON or a text. Repeatable."`
	IP        *string  `name:"ip" placeholder:"ADDR" help:"From which address."`
	UserAgent *string  `placeholder:"TEXT" help:"With which client."`
	Request   *string  `placeholder:"ID" help:"In which request."`
	CreatedAt *string  `placeholder:"TIME" help:"When, in RFC 3339: now if left out."`
	ID        *string  `name:"id" placeholder:"ID" help:"The entry's own id, a UUIDv7; a new one if left out."`
}

func (recordCommand) Help() string {
	return `With flags it records one entry. With a file, or - for standard input, it records a line of NDJSON after the other, in batches of 1,000 that are stored as a whole. At a line that is wrong it stops before that line's batch, and says which line to correct and where to go on. Lines that have an id can be sent again without harm: they are stored once. Secrets are redacted before anything is stored.

    daybook record -o acme -a UPDATE -r document/42 -u ada --detail status=archived
    daybook record -o acme -a READ -r session -u eve --outcome denied --ip 192.0.2.7 --details '{"error":"Unauthorized"}'
    daybook record events.ndjson
    app-that-prints-entries | daybook record -`
}

func (c *recordCommand) Run(ctx context.Context, p *program) (err error) {
	if c.File != "" && !c.entryFlags.empty() {
		return usageError{errors.New("record reads a file or makes an entry from flags, not both: with a file only --organization and --add-action count")}
	}
	entry, err := c.entry()
	if err != nil {
		return err
	}
	in, err := c.input(p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if c.File == "" {
		// Before the data directory is made: a mistyped command leaves nothing behind.
		if entry, err = c.complete(ctx, entry); err != nil {
			return flagError(err)
		}
	}
	data, err := c.create(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	out := p.output(outFlags{JSON: c.JSON, Table: c.Table})
	if c.File != "" {
		return c.lines(ctx, p, in, data.Store, out)
	}
	if err := data.Store.Append(context.WithoutCancel(ctx), entry); err != nil {
		return err
	}
	if out.table {
		out.printf("recorded %s in %s\n", entry.ID.String(), entry.OrganizationID)
	} else if err := out.json(entry); err != nil {
		return err
	}
	return out.flush()
}

// input opens the file. Nothing is read of the empty name.
func (c *recordCommand) input(p *program) (io.ReadCloser, error) {
	switch c.File {
	case "":
		return io.NopCloser(strings.NewReader("")), nil
	case "-":
		return io.NopCloser(p.stdin), nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	return f, nil
}

// complete returns the entry as a Recorder would append it: completed, redacted and checked.
func (c *recordCommand) complete(ctx context.Context, e daybook.Entry) (daybook.Entry, error) {
	var done collector
	book, err := c.recorder(&done)
	if err != nil {
		return e, err
	}
	if err := book.Record(ctx, e); err != nil {
		return e, err
	}
	return done.entries[0], nil
}

// recorder returns a Recorder that hands over to a. It logs nothing, since its errors are told.
func (c *recordCommand) recorder(a daybook.Appender) (*daybook.Recorder, error) {
	options := &daybook.Options{Organization: c.Organization, Logger: slog.New(slog.DiscardHandler)}
	for _, action := range c.AddAction {
		options.Actions = append(options.Actions, daybook.Action(action))
	}
	book, err := daybook.New(a, options)
	return book, flagError(err)
}

// A collector keeps what a Recorder appends to it.
type collector struct{ entries []daybook.Entry }

func (c *collector) Append(_ context.Context, entries ...daybook.Entry) error {
	c.entries = append(c.entries, entries...)
	return nil
}

func (f *entryFlags) empty() bool {
	for _, s := range []*string{f.Action, f.Resource, f.User, f.ActorType, f.Outcome, f.Details, f.IP, f.UserAgent, f.Request, f.CreatedAt, f.ID} {
		if s != nil {
			return false
		}
	}
	return len(f.Detail) == 0
}

// entry makes an entry of the flags.
func (f *entryFlags) entry() (e daybook.Entry, err error) {
	var errs []error
	text := func(field string, s *string, set func(string) error) {
		if s == nil {
			return
		}
		if *s == "" {
			errs = append(errs, &daybook.FieldError{Field: field, Reason: "is empty: leave it out"})
		} else if err := set(*s); err != nil {
			errs = append(errs, err)
		}
	}
	text("action", f.Action, func(s string) error { e.Action = daybook.Action(s); return nil })
	text("resource_type", f.Resource, func(s string) error {
		kind, id, hasID := strings.Cut(s, "/")
		if hasID && id == "" {
			return &daybook.FieldError{Field: "resource_type", Reason: fmt.Sprintf("is %.60q, which has no id behind the slash", s)}
		}
		e.ResourceType, e.ResourceID = kind, id
		return nil
	})
	text("user_id", f.User, func(s string) error { e.UserID = s; return nil })
	text("actor_type", f.ActorType, func(s string) error { e.ActorType = daybook.ActorType(s); return nil })
	text("outcome", f.Outcome, func(s string) error { e.Outcome = daybook.Outcome(s); return nil })
	text("details", f.Details, func(s string) (err error) { e.Details, err = daybook.ParseDetails([]byte(s)); return err })
	text("ip_address", f.IP, func(s string) (err error) {
		if e.IPAddress, err = netip.ParseAddr(s); err != nil {
			return &daybook.FieldError{Field: "ip_address", Reason: fmt.Sprintf("is %.60q, not an IPv4 or IPv6 address", s)}
		}
		return nil
	})
	text("user_agent", f.UserAgent, func(s string) error { e.UserAgent = s; return nil })
	text("request_id", f.Request, func(s string) error { e.RequestID = s; return nil })
	text("created_at", f.CreatedAt, func(s string) (err error) {
		if e.CreatedAt, err = time.Parse(time.RFC3339Nano, s); err != nil {
			return &daybook.FieldError{Field: "created_at", Reason: fmt.Sprintf("is %.60q, not a time such as 2026-11-07T10:00:05Z", s)}
		}
		return nil
	})
	text("id", f.ID, func(s string) (err error) { e.ID, err = daybook.ParseID(s); return err })
	for _, s := range f.Detail {
		if err := addDetail(&e, s); err != nil {
			errs = append(errs, err)
		}
	}
	return e, flagError(errors.Join(errs...))
}

// addDetail adds key=value to the details of e.
func addDetail(e *daybook.Entry, s string) error {
	key, text, ok := strings.Cut(s, "=")
	if !ok || key == "" {
		return &daybook.FieldError{Field: "detail", Reason: fmt.Sprintf("is %.60q, but must look like key=value", s)}
	}
	if strings.ContainsAny(key, `."`) { // daybook query reads a path here
		return &daybook.FieldError{Field: "detail", Reason: fmt.Sprintf("has the key %.60q with a dot or a quotation mark: give it, or what is nested, with --details", key)}
	}
	var value any = text
	if json.Valid([]byte(text)) {
		value = json.RawMessage(text)
	}
	if e.Details == nil {
		e.Details = daybook.Details{}
	}
	if _, twice := e.Details[key]; twice {
		return &daybook.FieldError{Field: "detail", Reason: fmt.Sprintf("gives %q twice", key)}
	}
	e.Details[key] = value
	return nil
}
