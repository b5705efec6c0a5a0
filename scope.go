package daybook

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
)

// A Scope is what a request, a job or a command is known by: every entry recorded within it takes
// from it what the entry itself leaves empty.
type Scope struct {
	OrganizationID string
	UserID         string // who acts
	ActorType      ActorType
	OnBehalfOf     string // the impersonated user, if any; stored as details.on_behalf_of
	RequestID      string
	TraceID        string // of W3C Trace Context, 32 hex digits; stored as details.trace_id
	IPAddress      netip.Addr
	UserAgent      string
}

// LogValue shows the scope's ids, and neither IP address nor user agent.
func (s Scope) LogValue() slog.Value { return slog.GroupValue(s.attrs()...) }

func (s Scope) attrs() []slog.Attr {
	attrs := make([]slog.Attr, 0, 4)
	for _, a := range [...][2]string{{"request_id", s.RequestID}, {"organization_id", s.OrganizationID},
		{"user_id", s.UserID}, {"trace_id", s.TraceID}} {
		if a[1] != "" {
			attrs = append(attrs, slog.String(a[0], a[1]))
		}
	}
	return attrs
}

// An activity is one scope in a context, and what has been recorded within it. It is shared by
// everything that runs under that context, so that authentication further in is seen further out.
//
// It is the context that carries it: one allocation in the path of every request, not two.
type activity struct {
	context.Context
	parent *activity // also told what was recorded; nil for the outermost

	mu       sync.Mutex // guards what follows
	scope    Scope
	recorded int
}

func (a *activity) Value(key any) any {
	if key == (activityKey{}) {
		return a
	}
	return a.Context.Value(key)
}

type activityKey struct{}

func activityOf(ctx context.Context) *activity {
	a, _ := ctx.Value(activityKey{}).(*activity)
	return a
}

// WithScope returns a context whose entries are recorded within s. It replaces an outer scope;
// what is recorded inside still counts as recorded outside. Jobs and tests use it; for HTTP
// requests daybookhttp.Middleware does.
func WithScope(ctx context.Context, s Scope) context.Context {
	return &activity{Context: ctx, parent: activityOf(ctx), scope: s}
}

// ScopeOf returns a copy of the context's scope, the zero Scope if there is none. It is the
// guide's get_logging_context.
func ScopeOf(ctx context.Context) Scope {
	a := activityOf(ctx)
	if a == nil {
		return Scope{}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.scope
}

// Identify changes the context's scope in place, so that whoever wraps this code sees it too:
// authentication that runs inside the middleware calls it. f must be quick and must not record.
// Without a scope in ctx it does nothing.
func Identify(ctx context.Context, f func(*Scope)) {
	if a := activityOf(ctx); a != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		f(&a.scope)
	}
}

// Detach returns a context for work that outlives the request: with the same scope and values,
// but without cancellation, deadline and draft.
func Detach(ctx context.Context) context.Context {
	ctx = &activity{Context: context.WithoutCancel(ctx), scope: ScopeOf(ctx)}
	return context.WithValue(ctx, draftKey{}, (*Draft)(nil))
}

// Recorded returns how many entries have been recorded, or handed to a transaction, within the
// context's scope.
func Recorded(ctx context.Context) int {
	a := activityOf(ctx)
	if a == nil {
		return 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.recorded
}

// note counts n recorded entries, in all scopes around too.
func (a *activity) note(n int) {
	for ; a != nil; a = a.parent {
		a.mu.Lock()
		a.recorded += n
		a.mu.Unlock()
	}
}

// The keys under which Inject carries a scope. Lower case and hyphens pass through message
// headers, job arguments and HTTP alike.
const (
	carryOrganization = "daybook-organization"
	carryUser         = "daybook-user"
	carryActorType    = "daybook-actor-type"
	carryOnBehalfOf   = "daybook-on-behalf-of"
	carryRequestID    = "daybook-request-id"
	carryTraceID      = "daybook-trace-id"
)

// Inject hands the scope's organization, user, actor type, on-behalf-of, request id and trace id
// to set, for a job's arguments or a message's headers. IP address and user agent stay behind:
// they would lie as personal data in a queue that Daybook does not know.
func Inject(ctx context.Context, set func(key, value string)) {
	s := ScopeOf(ctx)
	for _, kv := range [...][2]string{{carryOrganization, s.OrganizationID}, {carryUser, s.UserID},
		{carryActorType, string(s.ActorType)}, {carryOnBehalfOf, s.OnBehalfOf},
		{carryRequestID, s.RequestID}, {carryTraceID, s.TraceID}} {
		if kv[1] != "" {
			set(kv[0], kv[1])
		}
	}
}

// Extract returns a context with the scope that [Inject] handed over. Use it only for queues that
// the application alone writes to: whoever writes the values chooses the organization.
func Extract(ctx context.Context, get func(key string) string) context.Context {
	return WithScope(ctx, Scope{
		OrganizationID: get(carryOrganization),
		UserID:         get(carryUser),
		ActorType:      ActorType(get(carryActorType)),
		OnBehalfOf:     get(carryOnBehalfOf),
		RequestID:      get(carryRequestID),
		TraceID:        get(carryTraceID),
	})
}

// LogHandler returns a handler that adds the scope's request id, organization, user and trace id
// to every line logged with the context, and hands it to next.
func LogHandler(next slog.Handler) slog.Handler { return logHandler{next} }

type logHandler struct{ slog.Handler }

func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	if attrs := ScopeOf(ctx).attrs(); len(attrs) > 0 {
		r = r.Clone()
		r.AddAttrs(attrs...)
	}
	return h.Handler.Handle(ctx, r)
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return logHandler{h.Handler.WithAttrs(attrs)}
}

func (h logHandler) WithGroup(name string) slog.Handler {
	return logHandler{h.Handler.WithGroup(name)}
}
