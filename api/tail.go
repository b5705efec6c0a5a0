package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/daybookdev/daybook"
)

// writeTime is how long one part of a stream may take to leave.
const writeTime = 30 * time.Second

// tail sends the entries that the filter finds as they come, as server-sent events. The id of an event
// is a sealed position: a stream that begins with it as Last-Event-ID goes on behind it, without gap
// or repetition. It ends when the credential does, or the server.
func (a *API) tail(c *call) (answer, error) {
	q, err := c.ask()
	if err != nil {
		return answer{}, err
	}
	if err := q.query.Normalize(); err != nil {
		return answer{}, err
	}
	bound := q.organization.String() + "\x00" + q.text
	given := c.r.Header.Get("Last-Event-ID")
	if given != "" && c.text("after") != "" {
		return answer{}, &daybook.FieldError{Field: "after", Reason: "is given, and Last-Event-ID too: send one of them"}
	}
	var from daybook.Position
	if given = or(given, c.text("after")); given != "" {
		if from, err = a.positions.open(given, bound); err != nil {
			return answer{}, err
		}
	}
	end, err := a.limits.stream(q.organization.String())
	if err != nil {
		return answer{}, err
	}
	defer end()
	if err := c.viewed(q); err != nil {
		return answer{}, err
	}
	if c.r.Method == http.MethodHead {
		return answer{status: http.StatusOK, headers: map[string]string{"Content-Type": "text/event-stream"}}, nil
	}
	ctx, cancel := context.WithDeadline(c.r.Context(), c.expires())
	defer cancel()
	defer context.AfterFunc(a.stopping, cancel)()
	at, leave, err := a.hub.join(ctx)
	if err != nil {
		return answer{}, err
	}
	defer leave()
	if given != "" {
		at = from
	}
	return answer{}, (&eventStream{call: c, asked: q, bound: bound}).run(ctx, at)
}

// An eventStream is one client that follows.
type eventStream struct {
	*call
	*asked
	bound string
	out   bytes.Buffer
}

func (s *eventStream) run(ctx context.Context, at daybook.Position) error {
	s.w.Header().Set("Content-Type", "text/event-stream")
	s.w.Header().Set("X-Accel-Buffering", "no") // for proxies that would hold it back
	s.w.WriteHeader(http.StatusOK)
	s.streaming = true
	s.out.WriteString("retry: 2000\n")
	s.mark(at)
	checked := time.Now()
	for {
		if err := s.flush(); err != nil {
			return nil // the client is gone
		}
		beat, cancel := context.WithTimeout(ctx, s.config.Heartbeat)
		batch, next, err := s.hub.read(beat, at)
		quiet := beat.Err() != nil
		cancel()
		switch {
		case errors.Is(err, daybook.ErrPosition):
			return nil // of a store that was restored: the client begins anew and is told so
		case err != nil:
			return err
		case ctx.Err() != nil:
			return nil
		}
		// By the clock, since entries of whatever organization may leave no quiet moment.
		if now := time.Now(); quiet || now.Sub(checked) >= s.config.Heartbeat {
			if checked = now; !s.stillGood(ctx) {
				return nil
			}
		}
		for i := range batch {
			if e := &batch[i]; e.OrganizationID == s.asked.organization.String() && s.query.Matches(&e.Entry) {
				if err := s.entry(e); err != nil {
					return err
				}
			}
		}
		// Always, and not only when others recorded meanwhile: that is none of this client's business.
		if at = next; quiet {
			s.mark(at)
		}
	}
}

// mark tells the client where it is, without an event: one that comes back is not sent over what was
// others'. A seal says nothing of the position, not even that it is the same.
func (s *eventStream) mark(at daybook.Position) {
	s.out.WriteString("id: " + s.positions.seal(at, s.bound) + "\n\n")
}

func (s *eventStream) entry(e *daybook.Sequenced) error {
	text, err := json.Marshal(e.Entry)
	if err != nil {
		return err
	}
	s.out.WriteString("event: entry\nid: " + s.positions.seal(e.Position, s.bound) + "\ndata: ")
	s.out.Write(text) // JSON has no line breaks
	s.out.WriteString("\n\n")
	if s.out.Len() > 64<<10 {
		_ = s.flush() // the next flush tells too that the client is gone
	}
	return nil
}

func (s *eventStream) flush() error {
	if s.out.Len() == 0 {
		return nil
	}
	control := http.NewResponseController(s.w)
	_ = control.SetWriteDeadline(time.Now().Add(writeTime)) // a recorder of tests has none
	_, err := s.w.Write(s.out.Bytes())
	s.out.Reset()
	return errors.Join(err, control.Flush())
}

// stillGood reports whether the credential is: one that was revoked ends its streams.
func (s *eventStream) stillGood(ctx context.Context) bool {
	p, err := s.config.Authenticator.Authenticate(ctx, s.r)
	return err == nil && p.ID() == s.principal.ID() && p.Can(s.route.Permission)
}

// A logAnswer is a part of the total order.
type logAnswer struct {
	Entries []daybook.Sequenced `json:"entries"`
	Next    daybook.Position    `json:"next"`
}

const longestWait = 60

// log answers what follows a position, of all organizations.
func (a *API) log(c *call) (answer, error) {
	after, err := daybook.ParsePosition(c.text("after"))
	limit, wrongLimit := c.number("limit", 1, daybook.MaxLimit, daybook.DefaultLimit)
	wait, wrongWait := c.number("wait", 0, longestWait, 0)
	if err := errors.Join(err, wrongLimit, wrongWait); err != nil {
		return answer{}, err
	}
	if err := c.noteLog(); err != nil {
		return answer{}, err
	}
	if c.text("at") == "end" {
		ctx, cancel := c.reading()
		defer cancel()
		end, err := a.hub.end(ctx)
		return answer{body: logAnswer{[]daybook.Sequenced{}, end}}, err
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), c.config.Timeout+time.Duration(wait)*time.Second)
	defer cancel()
	defer context.AfterFunc(a.stopping, cancel)()
	until := time.Now().Add(time.Duration(wait) * time.Second)
	for {
		entries, next, err := a.config.Store.Tail(ctx, after, limit)
		switch {
		case err != nil:
			return answer{}, err
		case next != after || !time.Now().Before(until):
			return answer{body: logAnswer{orEmpty(entries), next}}, nil
		}
		wait, cancel := context.WithDeadline(ctx, until)
		err = await(wait, a.config.Store, after)
		cancel()
		if err != nil && wait.Err() == nil {
			return answer{}, err
		}
	}
}

// await returns when there may be something behind at, or when ctx ends.
func await(ctx context.Context, s daybook.Store, at daybook.Position) error {
	ctx, cancel := context.WithTimeout(ctx, hubPoll)
	defer cancel()
	if w, ok := s.(daybook.Watcher); ok {
		if err := w.Watch(ctx, at); ctx.Err() == nil {
			return err
		}
		return nil
	}
	<-ctx.Done()
	return nil
}
