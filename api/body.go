package api

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// A body is what a request brings, read within its limits: the bytes that are sent and those behind
// the compression are counted apart, and a sender that is too slow is cut off. Close it.
type body struct {
	c        *call
	sent     *counter // below the compression
	expanded io.Reader
	closer   io.Closer
	read     int64 // expanded bytes
	held     int64 // of what the limiter counts
	most     int64
}

// openBody returns the body of the request, at most so many expanded bytes.
func (c *call) openBody(most int64) (*body, error) {
	limits := c.limits.limits
	if c.r.ContentLength > limits.Body {
		return nil, tooLarge(limits.Body, "the body")
	}
	sent := &counter{c: c, begun: time.Now(), control: http.NewResponseController(c.w), left: limits.Body}
	b := &body{c: c, sent: sent, expanded: sent, most: min(most, limits.Expanded)}
	encoding := c.r.Header.Values("Content-Encoding")
	switch {
	case len(encoding) == 0 || len(encoding) == 1 && strings.EqualFold(encoding[0], "identity"):
		b.most = min(b.most, limits.Body)
	case len(encoding) == 1 && strings.EqualFold(encoding[0], "gzip"):
		z, err := gzip.NewReader(sent)
		if err != nil {
			return nil, b.broken(err)
		}
		b.expanded, b.closer = z, z
	case len(encoding) == 1 && strings.EqualFold(encoding[0], "zstd"):
		z, err := zstd.NewReader(sent, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(uint64(limits.Expanded)))
		if err != nil {
			return nil, b.broken(err)
		}
		b.expanded, b.closer = z, z.IOReadCloser()
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "content_encoding", "the body is compressed in a way that is not known here: use gzip or zstd, once")
	}
	return b, nil
}

// Read returns the expanded bytes.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.expanded.Read(p)
	b.read += int64(n)
	limits := b.c.limits.limits
	switch {
	case b.read > b.most:
		return n, tooLarge(b.most, "the body")
	case b.closer != nil && b.read > limits.Ratio*max(b.sent.read, 1<<10):
		return n, refuse(http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("the body expands to more than %d times what was sent", limits.Ratio))
	case !b.c.limits.hold(b.c.principal.ID(), int64(n)):
		f := refuse(http.StatusServiceUnavailable, "busy", "the server is reading as much as it can hold: try again")
		f.retryAfter = time.Second
		return n, f
	}
	b.held += int64(n)
	if err != nil && err != io.EOF {
		err = b.broken(err)
	}
	return n, err
}

// Close releases what the body holds.
func (b *body) Close() {
	b.c.limits.release(b.c.principal.ID(), b.held)
	if b.closer != nil {
		_ = b.closer.Close() // of a reader
	}
	// The rest of the request has no deadline. But what was not read the server reads now, to a limit,
	// before it gives the connection up or back: a sender that sends nothing must not hold it.
	var rest time.Time
	if !b.sent.ended {
		rest = time.Now().Add(time.Second)
	}
	_ = b.sent.control.SetReadDeadline(rest)
}

// broken says what is wrong with a body that cannot be read.
func (b *body) broken(err error) error {
	if _, ok := errors.AsType[*fault](err); ok {
		return err
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refuse(http.StatusRequestTimeout, "too_slow", fmt.Sprintf("the body came slower than %d bytes a second", minimumPace))
	case b.closer != nil || b.sent.err == nil:
		return refuse(http.StatusBadRequest, "invalid", "the body cannot be expanded: it is not what Content-Encoding says, or its end is missing")
	}
	return refuse(http.StatusBadRequest, "invalid", "the body ended before its end")
}

func tooLarge(most int64, what string) *fault {
	return refuse(http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("%s has more than %d bytes", what, most))
}

// A counter reads what is sent, to a limit, and gives each part of it time at the minimum pace.
type counter struct {
	c       *call
	control *http.ResponseController
	begun   time.Time
	read    int64
	left    int64
	ended   bool  // the end was read
	err     error // another than that
}

func (r *counter) Read(p []byte) (int, error) {
	// A recorder of tests has no deadlines, and needs none.
	_ = r.control.SetReadDeadline(r.begun.Add(r.c.limits.limits.PaceGrace + time.Duration(r.read/minimumPace)*time.Second))
	n, err := r.c.r.Body.Read(p[:min(int64(len(p)), r.left+1)])
	r.read += int64(n)
	if r.left -= int64(n); r.left < 0 {
		return 0, tooLarge(r.c.limits.limits.Body, "the body as it was sent")
	}
	if r.ended = err == io.EOF; !r.ended {
		r.err = err
	}
	return n, err
}

// readAll returns the whole body.
func (c *call) readAll(most int64) ([]byte, error) {
	b, err := c.openBody(most)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return io.ReadAll(b)
}

// mediaType returns the type of the body, which must be one of them.
func (c *call) mediaType(known ...string) (string, error) {
	t, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err == nil && (params["charset"] == "" || strings.EqualFold(params["charset"], "utf-8")) {
		for _, k := range known {
			if t == k {
				return t, nil
			}
		}
	}
	return "", refuse(http.StatusUnsupportedMediaType, "content_type", "the Content-Type must be "+strings.Join(known, " or ")+", in UTF-8")
}
