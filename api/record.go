package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
)

// An item is one entry of a request that records, and what became of it.
type item struct {
	index  int
	entry  daybook.Entry
	sentID bool // the id is the caller's, or follows from its Idempotency-Key, so the entry may be there already
	status itemStatus
	err    error
}

// An itemStatus is what became of an entry.
type itemStatus string

const (
	created     itemStatus = "created"
	duplicate   itemStatus = "duplicate"    // it was there already, the same
	conflict    itemStatus = "conflict"     // another entry has the id
	invalid     itemStatus = "invalid"      // errors says why
	rateLimited itemStatus = "rate_limited" // the organization is over its rate
)

// A result is what the caller is told of one entry. Of what is stored it tells nothing but that the
// caller's own entry is: a credential that records need not be able to read.
type result struct {
	Index  int          `json:"index"`
	ID     *daybook.ID  `json:"id,omitempty"`
	Status itemStatus   `json:"status"`
	Errors []fieldFault `json:"errors,omitempty"`
}

// A recordAnswer is the answer to many entries.
type recordAnswer struct {
	Created   int      `json:"created"`
	Duplicate int      `json:"duplicate"`
	Failed    int      `json:"failed"`
	Results   []result `json:"results"`
}

// newBooks return the Recorders that take entries as the library does, those of applications and those
// of other Daybooks; nothing is appended by them.
func newBooks(c Config) (book, relay *daybook.Recorder, err error) {
	book, err = daybook.New(c.Store, &daybook.Options{Actions: c.Actions, AnyAction: len(c.Actions) == 0,
		ResourceTypes: c.ResourceTypes, Logger: c.Logger})
	if err == nil {
		relay, err = daybook.New(c.Store, &daybook.Options{Relay: true, Logger: c.Logger})
	}
	return book, relay, err
}

// record appends the entries of the request: one, a list, or lines.
func (a *API) record(c *call) (answer, error) {
	atomic, err := c.choice("atomic", "false", "true")
	if err != nil {
		return answer{}, err
	}
	relay, err := c.choice("relay", "false", "true")
	if err != nil {
		return answer{}, err
	}
	if relay == "true" && !c.principal.Can(access.Relay) {
		return answer{}, errForbidden
	}
	items, single, digest, err := c.readEntries()
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := c.writing()
	defer cancel()
	if err := c.repeatable(ctx, digest, items); err != nil {
		return answer{}, err
	}
	c.complete(items, relay == "true")
	c.noteForbidden(items)
	c.limitEntries(items)
	if single || atomic == "true" {
		if err := a.appendWhole(ctx, items); err != nil {
			if !single {
				return answer{}, err
			}
			items[0].err = err
		}
	} else if err := a.appendEach(ctx, items, !c.minimal()); err != nil {
		return answer{}, err
	}
	if single {
		return items[0].answer()
	}
	return c.answerAll(items), nil
}

// minimal reports whether the caller wants to hear of failures alone (RFC 7240). What was there
// already then counts as created, which saves looking.
func (c *call) minimal() bool {
	return strings.EqualFold(strings.TrimSpace(c.r.Header.Get("Prefer")), "return=minimal")
}

// complete makes of each entry what is stored: in the organization that the credential allows, named
// as recorded by it, redacted, checked. What is relayed comes from another Daybook and keeps what that
// one has set.
func (c *call) complete(items []*item, relay bool) {
	book := c.book
	if relay {
		book = c.relay
	}
	organizations := map[string]access.Organization{}
	for _, it := range items {
		if it.err != nil {
			continue
		}
		e := &it.entry
		it.sentID = !e.ID.IsZero()
		org, err := c.organizationOf(e, organizations)
		if e.RecordedBy != "" && !relay {
			err = errors.Join(err, &daybook.FieldError{Field: "recorded_by", Reason: "is set by the server: leave it out"})
		}
		if !e.UpdatedAt.IsZero() && !relay {
			err = errors.Join(err, &daybook.FieldError{Field: "updated_at", Reason: "is set by the server: leave it out"})
		}
		if e.OrganizationID = org.String(); !relay {
			e.RecordedBy = c.recordedBy()
		}
		if err == nil || !errors.Is(err, errForbidden) {
			completed, refused := book.Complete(context.Background(), *e) // without a scope: nothing of this request is the entry's
			it.entry, err = completed, errors.Join(err, refused)
		}
		it.fail(err)
	}
}

// organizationOf returns where the entry goes: what the entry and the request say must be what the
// credential allows.
func (c *call) organizationOf(e *daybook.Entry, known map[string]access.Organization) (access.Organization, error) {
	asked := e.OrganizationID
	if named := c.text("organization"); named != "" {
		if asked != "" && asked != named {
			return access.Organization{}, &daybook.FieldError{Field: "organization_id", Reason: "is not that of the request: leave it out"}
		}
		asked = named
	}
	org, ok := known[asked]
	if ok {
		return org, nil
	}
	org, err := c.principal.Organization(asked)
	switch {
	case errors.Is(err, access.ErrForeign):
		err = fmt.Errorf("%w%w", errForbidden, &daybook.FieldError{Field: "organization_id", Reason: "is none that this credential records for: leave it out"})
	case errors.Is(err, access.ErrWhichOrganization):
		err = &daybook.FieldError{Field: "organization_id", Reason: "is missing: this credential is for several organizations"}
	case err == nil:
		known[asked] = org
	}
	return org, err
}

// limitEntries takes the entries from the rates of their organizations. What was denied or failed may
// use the reserve.
func (c *call) limitEntries(items []*item) {
	type group struct {
		organization string
		matters      bool
	}
	groups := map[group][]*item{}
	for _, it := range items {
		if it.err == nil {
			g := group{it.entry.OrganizationID, it.entry.Outcome != daybook.Success}
			groups[g] = append(groups[g], it)
		}
	}
	for g, of := range groups {
		err := c.limits.take(recording, g.organization, len(of), g.matters)
		if err == nil {
			continue
		}
		for _, it := range of {
			it.status, it.err = rateLimited, err
		}
		c.gap(g.organization, len(of))
	}
}

// appendWhole appends all entries, or none.
func (a *API) appendWhole(ctx context.Context, items []*item) error {
	entries := make([]daybook.Entry, len(items))
	var errs []error
	for i, it := range items {
		if entries[i] = it.entry; it.err == nil {
			continue
		}
		if f, ok := errors.AsType[*fault](it.err); ok && len(items) > 1 {
			return f
		}
		if len(items) > 1 {
			errs = append(errs, within(fmt.Sprintf("entries.%d", it.index), it.err))
		} else {
			errs = append(errs, it.err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return refusedEntry(err)
	}
	there, err := a.existing(ctx, items)
	if err != nil {
		return storeFault(err)
	}
	if err := a.config.Store.Append(ctx, entries...); err != nil {
		return refusedEntry(storeFault(err))
	}
	for _, it := range items {
		if it.status = created; there[key{it.entry.OrganizationID, it.entry.ID}] != nil {
			it.status = duplicate
		}
	}
	return nil
}

// storeFault says of an error of the store that it passes, unless it is about what was asked: to send
// the same entries again is harmless then, which a client that gets 503 does.
func storeFault(err error) error { return fmt.Errorf("%w: %w", errUnavailable, err) }

// refusedEntry makes field errors of entries a 422: the request was understood, and its content is
// refused.
func refusedEntry(err error) error {
	if _, ok := errors.AsType[*fault](err); ok || !errors.Is(err, daybook.ErrInvalid) {
		return err
	}
	return fmt.Errorf("%w%w", refuse(http.StatusUnprocessableEntity, "invalid_entry", "the entry was refused"), err)
}

// within puts a path before the fields of an error.
func within(path string, err error) error {
	var errs []error
	for _, f := range fieldFaults(err) {
		errs = append(errs, &daybook.FieldError{Field: path + "." + f.Field, Reason: f.Reason})
	}
	if len(errs) == 0 {
		return err
	}
	return errors.Join(errs...)
}

// A key is what no two entries have in common.
type key struct {
	organization string
	id           daybook.ID
}

// appendEach appends what is good. look says whether entries that are there already are told from
// new ones.
func (a *API) appendEach(ctx context.Context, items []*item, look bool) error {
	var rest []*item
	first := map[key]*item{}
	for _, it := range items {
		if it.err != nil {
			continue
		}
		k := key{it.entry.OrganizationID, it.entry.ID}
		switch before, ok := first[k]; {
		case !ok:
			first[k] = it
			rest = append(rest, it)
		case daybook.SameContent(before.entry, it.entry):
			it.status = duplicate
		default:
			it.fail(daybook.ErrConflict)
		}
	}
	if look {
		there, err := a.existing(ctx, rest)
		if err != nil {
			return err
		}
		rest = drop(rest, func(it *item) bool {
			e := there[key{it.entry.OrganizationID, it.entry.ID}]
			switch {
			case e == nil:
				return false
			case daybook.SameContent(*e, it.entry):
				it.status = duplicate
			default:
				it.fail(daybook.ErrConflict)
			}
			return true
		})
	}
	if err := a.appendRest(ctx, rest); err != nil {
		return err
	}
	for _, it := range items { // what equals an entry that failed has failed too
		if it.status == duplicate {
			if before := first[key{it.entry.OrganizationID, it.entry.ID}]; before != it && before.err != nil {
				it.fail(before.err)
			}
		}
	}
	return nil
}

// appendRest appends in one call, and finds those that the store refuses by halves.
func (a *API) appendRest(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	entries := make([]daybook.Entry, len(items))
	for i, it := range items {
		entries[i] = it.entry
	}
	err := a.config.Store.Append(ctx, entries...)
	switch {
	case err == nil:
		for _, it := range items {
			it.status = created
		}
		return nil
	case !errors.Is(err, daybook.ErrConflict) && !errors.Is(err, daybook.ErrInvalid):
		return storeFault(err)
	case len(items) == 1:
		items[0].fail(err)
		return nil
	}
	half := len(items) / 2
	if err := a.appendRest(ctx, items[:half]); err != nil {
		return err
	}
	return a.appendRest(ctx, items[half:])
}

// existing returns the stored entries that have ids which callers sent.
func (a *API) existing(ctx context.Context, items []*item) (map[key]*daybook.Entry, error) {
	there := map[key]*daybook.Entry{}
	ids := map[string][]string{} // of each organization
	for _, it := range items {
		if it.err == nil && it.sentID {
			ids[it.entry.OrganizationID] = append(ids[it.entry.OrganizationID], it.entry.ID.String())
		}
	}
	for organization, ids := range ids {
		for some := range slices.Chunk(ids, daybook.MaxFilterItems) {
			f, _, err := daybook.ParseFilter("id="+strings.Join(some, ","), nil)
			if err != nil {
				return nil, fmt.Errorf("look for entries: %w", err)
			}
			page, err := a.config.Store.Query(ctx, organization, daybook.Query{Filter: f, Limit: daybook.MaxFilterItems})
			if err != nil {
				return nil, fmt.Errorf("look for entries: %w", err)
			}
			for _, e := range page.Entries {
				there[key{organization, e.ID}] = &e
			}
		}
	}
	return there, nil
}

// fail notes what is wrong with the entry.
func (it *item) fail(err error) {
	switch it.err = err; {
	case err == nil:
	case errors.Is(err, daybook.ErrConflict):
		it.status = conflict
	default:
		it.status = invalid
	}
}

func (it *item) result() result {
	r := result{Index: it.index, Status: it.status}
	if !it.entry.ID.IsZero() {
		r.ID = &it.entry.ID
	}
	if it.err != nil {
		if r.Errors = fieldFaults(it.err); len(r.Errors) == 0 {
			p := problemOf(it.err)
			r.Errors = []fieldFault{{Field: "id", Reason: p.Detail, Code: p.Code}}
		}
	}
	return r
}

// answer is the answer to a single entry.
func (it *item) answer() (answer, error) {
	if it.err != nil {
		return answer{}, refusedEntry(it.err)
	}
	status := http.StatusCreated
	if it.status == duplicate {
		status = http.StatusOK
	}
	return answer{status: status, body: it.result(), headers: map[string]string{"Location": "/v1/entries/" + it.entry.ID.String()}}, nil
}

func (c *call) answerAll(items []*item) answer {
	out := recordAnswer{Results: []result{}}
	for _, it := range items {
		switch {
		case it.err != nil:
			out.Failed++
		case it.status == duplicate:
			out.Duplicate++
		default:
			out.Created++
		}
		if it.err != nil || !c.minimal() {
			out.Results = append(out.Results, it.result())
		}
	}
	status := http.StatusOK
	if out.Failed > 0 {
		status = http.StatusMultiStatus
	}
	return answer{status: status, body: out}
}

func drop(items []*item, gone func(*item) bool) []*item {
	kept := items[:0:0]
	for _, it := range items {
		if !gone(it) {
			kept = append(kept, it)
		}
	}
	return kept
}

func firstCharacters(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
