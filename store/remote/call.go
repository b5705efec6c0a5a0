package remote

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// mostAnswer bounds what is read of one answer: a page of 1,000 entries of the largest details fits.
const mostAnswer = 256 << 20

// A request is one call of the server, which may take several attempts.
type request struct {
	method, path string
	query        url.Values
	body         []byte
	contentType  string
	prefer       string
	wait         time.Duration // that the server is asked to take, beyond the usual
}

// call sends the request until it is answered, and reads the answer into v, which may be nil. What
// passes is tried again.
func (s *Store) call(ctx context.Context, r request, v any) error {
	ctx, cancel := s.ending(ctx)
	defer cancel()
	giveUp := time.Now().Add(s.options.Retry)
	for attempt := 0; ; attempt++ {
		err := s.attempt(ctx, r, v)
		if err == nil || ctx.Err() != nil || !passes(err) {
			return err
		}
		pause := pauseBefore(attempt + 1)
		if p, ok := errors.AsType[*Problem](err); ok {
			pause = max(pause, p.RetryAfter)
		}
		if s.options.Retry < 0 || time.Now().Add(pause).After(giveUp) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("%w, after %d attempts: %w", context.Cause(ctx), attempt+1, err)
		}
	}
}

// pauseBefore returns how long to wait before an attempt: up to 50 ms, 100 ms, … 5 s. It is drawn from
// the whole of that, so that many clients of a server that comes back do not all come at once.
func pauseBefore(attempt int) time.Duration {
	most := min(5*time.Second, 25*time.Millisecond<<min(attempt, 10))
	return time.Duration(rand.Int64N(int64(most)) + 1)
}

// passes reports whether another attempt may succeed: the network failed, or the server says so.
func passes(err error) bool {
	p, ok := errors.AsType[*Problem](err)
	if !ok {
		return !errors.Is(err, errAnswer)
	}
	switch p.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// errAnswer means that what answered is no Daybook server, or a newer one.
var errAnswer = errors.New("the answer cannot be read: is there a Daybook server at this address?")

func (s *Store) attempt(ctx context.Context, r request, v any) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout+r.wait)
	defer cancel()
	target := s.base + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	body, encoding := compress(r.body)
	req, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%w: %w", errAnswer, err)
	}
	set := func(name, value string) {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	set("Content-Type", r.contentType)
	set("Content-Encoding", encoding)
	set("Prefer", r.prefer)
	set("Accept", "application/json")
	if s.options.Token != "" {
		set("Authorization", "Bearer "+s.options.Token)
	}
	res, err := s.options.Client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("read the answer: %w", err)
	case len(text) > mostAnswer:
		return fmt.Errorf("%w: it has more than %d bytes", errAnswer, mostAnswer)
	case res.StatusCode >= 400:
		return problemOf(res, text)
	case res.StatusCode >= 300:
		return fmt.Errorf("%w: it answers %s", errAnswer, res.Status)
	case v == nil:
		return nil
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%w: %w", errAnswer, err)
	}
	return nil
}

// compress returns the body as it is sent. What compresses so well that it looks like an attack is
// compressed less.
func compress(body []byte) (sent []byte, encoding string) {
	if len(body) < 2<<10 {
		return body, ""
	}
	for _, level := range []int{flate.BestSpeed, flate.HuffmanOnly} {
		var b bytes.Buffer
		z, err := gzip.NewWriterLevel(&b, level)
		if err != nil { // the levels are good
			return body, ""
		}
		_, err = z.Write(body)
		if errors.Join(err, z.Close()) == nil && b.Len()*50 > len(body) {
			return b.Bytes(), "gzip"
		}
	}
	return body, ""
}

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
