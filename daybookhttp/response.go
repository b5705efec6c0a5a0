package daybookhttp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/daybookdev/daybook"
)

// An exchange is one request and its answer. Handlers write to it through a view.
//
// Below Middleware alone it passes everything on and remembers the status. Below Track it holds
// the answer back first. The first Track below a Middleware continues the Middleware's exchange
// when it is given its writer; otherwise it has its own.
//
// Like every ResponseWriter it is used by one goroutine at a time, but for tracked and taken.
type exchange struct {
	inner      http.ResponseWriter
	can        ability // of inner
	hold       *hold   // nil: what is written goes out
	status     int     // what the handler chose, 0 before; of the 1xx only 101
	headerSeen bool    // somebody has the header map and may change it
	overlong   bool    // the handler wrote more than the Content-Length it declared
	refusal    error   // the answer was replaced: what the handler still writes is not taken

	requestID [1]string // the value of the request id header

	outside, inside requestContext // of Middleware and of Track

	tracked atomic.Bool // a Track below has taken charge of the entry
	taken   atomic.Bool // a Track inside has taken over the draft

	tracking
}

func newExchange(w http.ResponseWriter) *exchange {
	return &exchange{inner: w, can: abilitiesOf(w)}
}

// A requestContext is a context that leads to an exchange. It lies in the exchange, which saves an
// allocation over context.WithValue.
type requestContext struct {
	context.Context
	x *exchange
}

type exchangeKey struct{}

func (c *requestContext) Value(key any) any {
	if key == (exchangeKey{}) {
		return c.x
	}
	return c.Context.Value(key)
}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// self tells an exchange's view from other writers.
func (x *exchange) self() *exchange { return x }

var errAnswerReplaced = errors.New("daybookhttp: the answer was replaced by an error")

// Header returns the header of the writer below, so that whatever is set there first is kept.
func (x *exchange) Header() http.Header {
	if h := x.hold; h != nil && x.status != 0 && !h.head.taken {
		h.head.take(x.inner.Header())
	}
	x.headerSeen = true
	return x.inner.Header()
}

// WriteHeader notes the status. A 1xx other than 101 goes out at once and decides nothing.
func (x *exchange) WriteHeader(status int) {
	switch {
	case x.refusal != nil:
	case x.hold == nil:
		x.inner.WriteHeader(status)
		x.choose(status)
	case x.status != 0: // superfluous: the first one counts
	case status < 100 || status > 999: // here, so that the stack shows the caller
		panic(fmt.Sprintf("invalid WriteHeader code %v", status))
	default:
		if x.choose(status); x.status == 0 {
			x.inner.WriteHeader(status)
		}
	}
}

// choose notes the status once, and the header as it is now.
func (x *exchange) choose(status int) {
	if x.status != 0 || status < 200 && status != http.StatusSwitchingProtocols {
		return
	}
	x.status = status
	if h := x.hold; h != nil && x.headerSeen {
		header := x.inner.Header()
		h.head.take(header)
		h.length = declaredLength(header)
	}
}

// Write holds p back, or lets everything go when it does not fit.
func (x *exchange) Write(p []byte) (int, error) {
	held, err := x.admit(len(p))
	switch {
	case err != nil:
		return 0, err
	case held:
		x.hold.body = append(x.hold.body, p...)
		return len(p), nil
	}
	return x.inner.Write(p)
}

// WriteString is Write for a string.
func (x *exchange) WriteString(s string) (int, error) {
	held, err := x.admit(len(s))
	switch {
	case err != nil:
		return 0, err
	case held:
		x.hold.body = append(x.hold.body, s...)
		return len(s), nil
	}
	return io.WriteString(x.inner, s)
}

// admit reports whether n further bytes of body are to be held. If not, and without an error,
// nothing is held any more. It refuses what net/http would.
func (x *exchange) admit(n int) (held bool, err error) {
	if x.refusal != nil {
		return false, x.refusal
	}
	x.choose(http.StatusOK)
	h := x.hold
	switch {
	case x.overlong && n > 0:
		return false, http.ErrContentLength
	case h == nil:
		return false, nil
	case n == 0:
		return true, nil
	case !bodyAllowed(x.status):
		return false, http.ErrBodyNotAllowed
	}
	if h.written += int64(n); h.length >= 0 && h.written > h.length {
		x.overlong = true // for good, as net/http counts what it refuses
		return false, http.ErrContentLength
	}
	if len(h.body)+n <= h.limit {
		return true, nil
	}
	return false, x.out()
}

// out records the entry and then lets go what is held. After it nothing is held any more. Its
// error means that what follows must not go out either.
func (x *exchange) out() error {
	if x.hold.whole {
		x.refusal = errAnswerTooLarge
		return x.refusal
	}
	if err := x.conclude(); err != nil {
		x.replace(unrecorded(err))
		return x.refusal
	}
	return x.release()
}

// release lets go what is held. If the handler has written nothing, neither does release: whoever
// is further out may.
func (x *exchange) release() (err error) {
	h := x.hold
	if h == nil {
		return nil
	}
	x.hold = nil
	if x.status != 0 {
		h.head.writeHead(x.inner, x.status)
		if len(h.body) > 0 {
			_, err = x.inner.Write(h.body)
		}
	}
	h.free()
	return err
}

// discard forgets what is held, as if the handler had not answered.
func (x *exchange) discard() {
	if x.hold != nil {
		x.hold.free()
		x.hold, x.status = nil, 0
	}
}

// replace answers an error in place of what is held. Of the header it leaves what was there before
// the handler.
func (x *exchange) replace(status int) {
	x.discard()
	x.refusal = errAnswerReplaced
	header := x.inner.Header()
	clear(header)
	maps.Copy(header, x.original)
	if status == http.StatusServiceUnavailable {
		header.Set("Retry-After", retryAfter)
	}
	x.status = status
	http.Error(x.inner, http.StatusText(status), status)
}

func (x *exchange) flush() error {
	if x.refusal != nil {
		return x.refusal
	}
	if x.hold != nil && x.hold.whole {
		return notSupported()
	}
	x.choose(http.StatusOK)
	if x.hold != nil {
		if err := x.out(); err != nil {
			return err
		}
	}
	return http.NewResponseController(x.inner).Flush()
}

// hijack hands the connection over when the entry is written. If nothing has been answered yet it
// first makes sure of the connection: many wrappers have a Hijack that always fails, and then
// the handler answers something else.
func (x *exchange) hijack() (net.Conn, *bufio.ReadWriter, error) {
	switch h := x.hold; {
	case x.refusal != nil:
		return nil, nil, x.refusal
	case h != nil && h.whole:
		return nil, nil, notSupported()
	case h != nil && x.status != 0:
		if err := x.out(); err != nil {
			return nil, nil, err
		}
	}
	conn, rw, err := http.NewResponseController(x.inner).Hijack()
	if err != nil {
		return nil, nil, err
	}
	x.choose(http.StatusSwitchingProtocols) // all that can be known of it
	if x.hold == nil {
		return conn, rw, nil
	}
	if err := x.conclude(); err != nil {
		x.discard()
		x.status, x.refusal = unrecorded(err), errAnswerReplaced
		fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: %s\r\n\r\n",
			x.status, http.StatusText(x.status), retryAfter)
		conn.Close()
		return nil, nil, x.refusal
	}
	x.hold.free()
	x.hold = nil
	return conn, rw, nil
}

// readFrom holds back what fits and leaves the rest to the writer below, which may hand a file to
// the kernel. Of a body that was declared not to fit it reads only what tells whether there is
// one.
func (x *exchange) readFrom(src io.Reader) (n int64, err error) {
	const chunk = 512
	if x.hold != nil && x.status == 0 && x.headerSeen {
		x.hold.length = declaredLength(x.inner.Header())
	}
	for x.hold != nil {
		h := x.hold
		most := max(h.limit, chunk) // even who holds nothing waits for the first byte
		if h.length > int64(h.limit) {
			most = chunk
		}
		if len(h.body) >= most {
			if err := x.out(); err != nil {
				return n, err
			}
			break
		}
		h.body = slices.Grow(h.body, min(chunk, most-len(h.body)))
		m, err := src.Read(h.body[len(h.body):min(cap(h.body), most)])
		if m > 0 {
			x.choose(http.StatusOK)
			h.written += int64(m)
			switch {
			case !bodyAllowed(x.status):
				return n, http.ErrBodyNotAllowed
			case h.length >= 0 && h.written > h.length:
				x.overlong = true
				return n, http.ErrContentLength
			}
			h.body = h.body[:len(h.body)+m]
			n += int64(m)
		}
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
	switch {
	case x.refusal != nil:
		return n, x.refusal
	case x.overlong:
		return n, http.ErrContentLength
	}
	m, err := x.inner.(io.ReaderFrom).ReadFrom(src)
	if m > 0 {
		x.choose(http.StatusOK)
	}
	return n + m, err
}

func (x *exchange) push(target string, o *http.PushOptions) error {
	return x.inner.(http.Pusher).Push(target, o)
}

// SetReadDeadline does what http.ResponseController does with the writer below.
func (x *exchange) SetReadDeadline(t time.Time) error {
	return http.NewResponseController(x.inner).SetReadDeadline(t)
}

// SetWriteDeadline does what http.ResponseController does with the writer below.
func (x *exchange) SetWriteDeadline(t time.Time) error {
	return http.NewResponseController(x.inner).SetWriteDeadline(t)
}

// EnableFullDuplex does what http.ResponseController does with the writer below.
func (x *exchange) EnableFullDuplex() error {
	return http.NewResponseController(x.inner).EnableFullDuplex()
}

// notSupported is what http.ResponseController says of a writer without the method.
func notSupported() error { return fmt.Errorf("daybookhttp: %w", http.ErrNotSupported) }

// retryAfter is after how many seconds a client may try again.
const retryAfter = "5"

// unrecorded returns the status of the answer to a request whose entry could not be recorded:
// trying again does not help an entry that was refused.
func unrecorded(err error) int {
	for _, refusal := range []error{daybook.ErrInvalid, daybook.ErrNoOrganization, daybook.ErrConflict} {
		if errors.Is(err, refusal) {
			return http.StatusInternalServerError
		}
	}
	return http.StatusServiceUnavailable
}
