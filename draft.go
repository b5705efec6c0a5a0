package daybook

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// A Draft is the entry that a wrapper such as daybookhttp.Track will write when the work ends.
// Code inside the work reaches it by [DraftOf] and adds what only it knows, without knowing about
// HTTP. All methods work on nil and do nothing there, so services need no wrapper in their
// tests. Safe for concurrent use. Once the entry is written, later calls do nothing and are
// counted in [Stats].
type Draft struct {
	book *Recorder

	mu     sync.Mutex // guards what follows
	entry  Entry
	skip   bool
	closed bool
	deeds  []deed // what the work itself has recorded, each once, so that long work stays small
}

// A deed is what makes an entry that the work recorded the one that the wrapper would write.
type deed struct {
	action       Action
	resourceType string
	outcome      Outcome
}

// note remembers what the work has recorded.
func (d *Draft) note(e *Entry) {
	if d == nil {
		return
	}
	did := deed{e.Action, e.ResourceType, e.Outcome}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed && !slices.Contains(d.deeds, did) {
		d.deeds = append(d.deeds, did)
	}
}

type draftKey struct{}

// A draftContext is the context that carries its draft, in one allocation.
type draftContext struct {
	context.Context
	draft Draft
}

func (c *draftContext) Value(key any) any {
	if key == (draftKey{}) {
		return &c.draft
	}
	return c.Context.Value(key)
}

// WithDraft returns a context with a draft of e, for wrappers of units of work: requests, jobs,
// calls. The wrapper calls [Draft.Close] when the work ends and records what that returns. If
// ctx has no scope, an empty one is added.
func (r *Recorder) WithDraft(ctx context.Context, e Entry) (context.Context, *Draft) {
	if activityOf(ctx) == nil {
		ctx = WithScope(ctx, Scope{})
	}
	e.Details = maps.Clone(e.Details)
	c := &draftContext{Context: ctx, draft: Draft{book: r, entry: e}}
	return c, &c.draft
}

// DraftOf returns the context's draft, nil if there is none.
func DraftOf(ctx context.Context) *Draft {
	d, _ := ctx.Value(draftKey{}).(*Draft)
	return d
}

// Name changes what the entry says was done: a wrapper inside a wrapper names its draft anew.
func (d *Draft) Name(a Action, resourceType string) {
	d.edit(func(e *Entry) { e.Action, e.ResourceType = a, resourceType })
}

// Resource sets the id of the resource.
func (d *Draft) Resource(id string) {
	d.edit(func(e *Entry) { e.ResourceID = id })
}

// Detail sets one member of the details. The value is read when the entry is written: do not
// change it afterwards.
func (d *Draft) Detail(key string, value any) {
	d.edit(func(e *Entry) {
		if e.Details == nil {
			e.Details = Details{}
		}
		e.Details[key] = value
	})
}

// Change sets details.changes to the [Diff] of before and after. Two values that cannot be
// compared are told in details.changes_error.
func (d *Draft) Change(before, after any) {
	if d == nil {
		return
	}
	changes, err := Diff(before, after)
	switch {
	case err != nil:
		d.Detail("changes_error", cut(clean(err.Error()), 1024))
	case len(changes) > 0:
		d.Detail("changes", changes)
	}
}

// Fail makes the outcome a failure, with details.error_type and details.error_message; see
// [Entry.Result]. A nil error changes nothing.
func (d *Draft) Fail(err error) {
	if err != nil {
		d.edit(func(e *Entry) { *e = e.Result(err) })
	}
}

// Deny makes the outcome denied, with the reason as details.error: for an answer that hides the
// denial, such as a 404 for another organization's resource.
func (d *Draft) Deny(reason string) {
	d.edit(func(e *Entry) {
		e.Outcome = Denied
		e.Details = e.Details.with("error", cut(clean(reason), 1024))
	})
}

// Skip says that this work is deliberately not recorded.
func (d *Draft) Skip() {
	if d != nil {
		d.edit(func(*Entry) { d.skip = true })
	}
}

func (d *Draft) edit(f func(*Entry)) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		d.book.late.Add(1)
		return
	}
	f(&d.entry)
}

// Close ends the draft and returns the entry to record. What the draft leaves empty comes from
// ended: resource id, outcome, and details members. It reports false when there is nothing to
// record: the work said Skip, or has itself recorded an entry of the same action, resource type
// and outcome, or the draft was closed before.
func (d *Draft) Close(ended Entry) (Entry, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.entry
	if e.ResourceID == "" {
		e.ResourceID = ended.ResourceID
	}
	if e.Outcome == "" {
		e.Outcome = ended.Outcome
	}
	for k, v := range ended.Details {
		e.Details = e.Details.with(k, v)
	}
	record := !d.closed && !d.skip && !slices.Contains(d.deeds, deed{e.Action, e.ResourceType, e.Outcome})
	d.closed = true
	return e, record
}

// Skipped reports whether the work said that it is deliberately not recorded.
func (d *Draft) Skipped() bool {
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.skip
}
