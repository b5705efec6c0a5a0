package daybook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Recorder completes entries from the scope, redacts secrets, checks them and appends them. It is
// what an application holds one of. Safe for concurrent use.
type Recorder struct {
	appender Appender
	options  Options
	actions  map[Action]bool

	recorded, refused, failed, forgotten, late atomic.Uint64

	mu      sync.Mutex // guards closing and, with it, the step from closing to the wait
	closing bool
	running sync.WaitGroup
}

// Options are how a [Recorder] works. The zero Options do.
type Options struct {
	// Required is what wrappers such as daybookhttp.Track do with an entry that cannot be made
	// durable: false, they count and log it, and the answer stays as it is; true, they answer 503
	// instead of the success. It can also be chosen for a single route.
	Required bool

	// Timeout bounds one write, whatever deadline the caller has: 0 means 5 seconds.
	Timeout time.Duration

	// Redact may remove what must not be stored. It runs after the built-in redaction, which it
	// cannot undo, and before anything is checked or stored. It is called concurrently, on a copy
	// whose details are in the form of ParseDetails: numbers are json.Number, lists []any.
	Redact func(*Entry)

	// Actions are the application's own actions, beyond the four. Any other is refused.
	Actions []Action

	// AnyAction accepts every well-formed action, for a server, which does not know the vocabulary
	// of its applications. Actions are then not used.
	AnyAction bool

	// Relay passes on what another Daybook has made: its own entries ([ReservedPrefix]) are
	// accepted, and UpdatedAt stays as it is. Every action is accepted too.
	Relay bool

	// ResourceTypes, when set, are the only ones: any other is refused.
	ResourceTypes []string

	// Organization is where entries go that belong to none yet, such as the failed sign-in of
	// somebody unknown. Empty: such entries are refused with ErrNoOrganization.
	Organization string

	// Forgotten is called by wrappers when work changed something and recorded nothing; what
	// says which, for example "POST /users". It is counted in any case. nil: it is logged.
	Forgotten func(ctx context.Context, what string)

	// Logger gets a line for every entry that could not be recorded, with its ids and never its
	// details. nil means slog.Default().
	Logger *slog.Logger
}

// Stats count what became of entries since the Recorder was made.
type Stats struct {
	Recorded  uint64 `json:"recorded"`  // appended, or handed to a transaction
	Refused   uint64 `json:"refused"`   // invalid, without organization, or in conflict with a stored entry
	Failed    uint64 `json:"failed"`    // given up because the store failed
	Forgotten uint64 `json:"forgotten"` // work that changed something and recorded nothing
	Late      uint64 `json:"late"`      // calls on a Draft after its entry was written
}

// New returns a Recorder that appends to a, which is mostly a [Store]. options may be nil. It
// starts no goroutine. Its error is a [FieldError] for an option.
func New(a Appender, options *Options) (*Recorder, error) {
	r := &Recorder{appender: a, actions: map[Action]bool{Create: true, Read: true, Update: true, Delete: true}}
	if options != nil {
		r.options = *options
		r.options.ResourceTypes = slices.Clone(options.ResourceTypes)
	}
	if r.options.Timeout == 0 {
		r.options.Timeout = 5 * time.Second
	}
	var errs []error
	if a == nil {
		errs = append(errs, &FieldError{"store", "is nil"})
	}
	if r.options.Timeout < 0 {
		errs = append(errs, &FieldError{"timeout", "is negative"})
	}
	for _, action := range r.options.Actions {
		errs = append(errs, action.check())
		r.actions[action] = true
	}
	for _, t := range r.options.ResourceTypes {
		errs = append(errs, checkResourceType(t), reserved(t))
	}
	if r.options.Organization != "" {
		errs = append(errs, normalizeText("organization", &r.options.Organization, MaxOrganizationID))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("daybook options: %w", err)
	}
	return r, nil
}

// Record appends the entries, all or none. nil means that they are durable and visible to the next
// query.
//
// What an entry leaves empty comes from the context's scope. The write goes on when the caller's
// context is cancelled, so a client that hangs up does not lose the entry; it ends after
// [Options.Timeout]. An error is also counted and logged: a caller whose work must not depend on
// the log may ignore it.
func (r *Recorder) Record(ctx context.Context, entries ...Entry) error {
	err := r.record(ctx, entries, func(entries []Entry) error {
		ctx := withDeadline(ctx, r.options.Timeout)
		defer ctx.end(context.Canceled)
		return r.appender.Append(ctx, entries...)
	})
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// RecordTx appends the entries in the application's transaction: they exist if and only if it
// commits.
//
// Unlike Record it ends when the caller's context does, since the entries share the fate of the
// work. After an error the transaction may be unusable; [BestEffort] prevents that.
func (r *Recorder) RecordTx(ctx context.Context, tx Tx, entries ...Entry) error {
	err := r.record(ctx, entries, func(entries []Entry) error { return tx.Append(ctx, entries...) })
	if err != nil {
		return fmt.Errorf("record in transaction: %w", err)
	}
	return nil
}

// Async returns the recorder for background work, whose Record does not make the caller wait for
// the store; nil means that the entries are durable. As long as there is no spool it appends at
// once, in a transaction of its own, and nil promises what [Recorder.Record] promises.
func (r *Recorder) Async() *AsyncRecorder { return &AsyncRecorder{r} }

// An AsyncRecorder records for work that no request waits for; see [Recorder.Async].
type AsyncRecorder struct{ book *Recorder }

// Record makes the entries durable. It takes what they leave empty from the context's scope and
// ignores its cancellation.
func (a *AsyncRecorder) Record(ctx context.Context, entries ...Entry) error {
	return a.book.Record(ctx, entries...)
}

func (r *Recorder) record(ctx context.Context, given []Entry, write func([]Entry) error) error {
	if len(given) == 0 {
		return nil
	}
	entries := slices.Clone(given)
	var errs []error
	scope := ScopeOf(ctx)
	for i := range entries {
		if err := r.complete(&entries[i], &scope); err != nil {
			if len(entries) > 1 {
				err = fmt.Errorf("entry %d of %d: %w", i+1, len(entries), err)
			}
			errs = append(errs, err)
		}
	}
	err := errors.Join(errs...)
	switch {
	case err != nil:
	case !r.enter():
		err = ErrClosed
	default:
		err = r.during(func() error { return write(entries) })
	}
	if err != nil {
		r.giveUp(ctx, entries, err)
		return err
	}
	r.recorded.Add(uint64(len(entries)))
	activityOf(ctx).note(len(entries))
	draft := DraftOf(ctx)
	for i := range entries {
		draft.note(&entries[i])
	}
	return nil
}

// during runs a write that enter has let in.
func (r *Recorder) during(write func() error) error {
	defer r.running.Done() // also when a store panics
	return write()
}

// Complete returns e as Record would append it: completed from the context's scope, redacted,
// normalized and checked. Its error joins a [FieldError] for everything that is wrong. Servers use it
// to answer for each entry of a request alone, and then append what is good.
func (r *Recorder) Complete(ctx context.Context, e Entry) (Entry, error) {
	scope := ScopeOf(ctx)
	err := r.complete(&e, &scope)
	return e, err
}

// complete fills what e leaves empty, redacts it and checks it. The id is drawn here, before the
// first attempt to write, so that every further attempt is the same entry.
func (r *Recorder) complete(e *Entry, scope *Scope) error {
	if e.OrganizationID == "" {
		e.OrganizationID = scope.OrganizationID
	}
	if e.OrganizationID == "" {
		e.OrganizationID = r.options.Organization
	}
	if e.UserID == "" && e.ActorType != ActorSystem {
		e.UserID = scope.UserID
		if e.ActorType == "" {
			e.ActorType = scope.ActorType
		}
		if scope.OnBehalfOf != "" {
			e.Details = e.Details.with("on_behalf_of", scope.OnBehalfOf)
		}
	}
	if e.RequestID == "" {
		e.RequestID = scope.RequestID
	}
	if scope.TraceID != "" {
		e.Details = e.Details.with("trace_id", scope.TraceID)
	}
	if !e.IPAddress.IsValid() {
		e.IPAddress = scope.IPAddress
	}
	if e.UserAgent == "" {
		e.UserAgent = scope.UserAgent
	}
	e.Details, _ = redactDetails(e.Details)
	e.UserAgent, _ = redactText(e.UserAgent)
	e.RequestID, _ = redactText(e.RequestID)
	if r.options.Redact != nil {
		// Redact works on a copy of its own, at every depth. Details that cannot be copied are
		// refused below.
		if own, err := e.Details.Normalize(); err == nil {
			e.Details = own
			r.options.Redact(e)
		}
	}
	if !r.options.Relay {
		e.UpdatedAt = time.Time{} // the store's to set
	}
	_, err := e.Normalize()
	return errors.Join(err, r.checkVocabulary(e))
}

// checkVocabulary holds an application to the words it registered.
func (r *Recorder) checkVocabulary(e *Entry) error {
	var action, resourceType error
	if r.options.Relay {
		return nil
	}
	if !r.options.AnyAction && !r.actions[e.Action] && e.Action.check() == nil {
		action = &FieldError{"action", fmt.Sprintf("is %q, which is neither one of the four nor registered in Options.Actions", string(e.Action))}
	}
	if t := r.options.ResourceTypes; len(t) > 0 && !slices.Contains(t, e.ResourceType) {
		resourceType = &FieldError{"resource_type", fmt.Sprintf("is %.100q, which is not one of Options.ResourceTypes", e.ResourceType)}
	}
	return errors.Join(action, resourceType, reserved(e.ResourceType))
}

func reserved(resourceType string) error {
	if strings.HasPrefix(resourceType, ReservedPrefix) {
		return &FieldError{"resource_type", fmt.Sprintf("begins with %q, which is kept for Daybook's own entries", ReservedPrefix)}
	}
	return nil
}

// giveUp counts and logs entries that were not recorded, a line for each, so that none is lost
// silently.
func (r *Recorder) giveUp(ctx context.Context, entries []Entry, err error) {
	counter, message := &r.failed, "entry not recorded"
	for _, refusal := range []error{ErrInvalid, ErrNoOrganization, ErrConflict} {
		if errors.Is(err, refusal) {
			counter, message = &r.refused, "entry refused"
		}
	}
	counter.Add(uint64(len(entries)))
	for i := range entries {
		r.logger().LogAttrs(ctx, slog.LevelError, message, slog.Any("entry", &entries[i]), slog.String("error", err.Error()))
	}
}

// Forgot counts, and reports to Options.Forgotten or the log, that work changed something and
// recorded nothing. Wrappers of units of work call it.
func (r *Recorder) Forgot(ctx context.Context, what string) {
	r.forgotten.Add(1)
	if r.options.Forgotten != nil {
		r.options.Forgotten(ctx, what)
		return
	}
	r.logger().LogAttrs(ctx, slog.LevelWarn, "nothing was recorded", slog.String("work", what), slog.Any("scope", ScopeOf(ctx)))
}

// Required returns Options.Required, for wrappers.
func (r *Recorder) Required() bool { return r.options.Required }

// Stats returns the counts so far.
func (r *Recorder) Stats() Stats {
	return Stats{Recorded: r.recorded.Load(), Refused: r.refused.Load(), Failed: r.failed.Load(),
		Forgotten: r.forgotten.Load(), Late: r.late.Load()}
}

// Shutdown refuses further entries with ErrClosed and waits for those under way, or until ctx
// ends. It does not close the store.
func (r *Recorder) Shutdown(ctx context.Context) error {
	r.mu.Lock()
	r.closing = true
	r.mu.Unlock()
	done := make(chan struct{})
	go func() { // ends with the last write, which Options.Timeout bounds
		r.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("shut down recorder: %w", ctx.Err())
	}
}

func (r *Recorder) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return false
	}
	r.running.Add(1)
	return true
}

func (r *Recorder) logger() *slog.Logger {
	if r.options.Logger != nil {
		return r.options.Logger
	}
	return slog.Default()
}
