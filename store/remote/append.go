package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/daybookdev/daybook"
)

// mostBytes is what a server takes in one request, behind the compression, unless it was told otherwise.
const mostBytes = 8 << 20

// Append stores the entries on the server; see [daybook.Appender]. A call with one entry may share its
// request with others; one with several has its own, since it is all or none, and is refused when it
// has more than Options.Entries or 8 MiB.
func (s *Store) Append(ctx context.Context, entries ...daybook.Entry) error {
	if err := s.append(ctx, entries); err != nil {
		return fmt.Errorf("append: %w", err)
	}
	return nil
}

func (s *Store) append(ctx context.Context, entries []daybook.Entry) error {
	entries = slices.Clone(entries)
	var errs []error
	for i := range entries {
		_, err := entries[i].Normalize()
		if err != nil && len(entries) > 1 {
			err = fmt.Errorf("entry %d of %d: %w", i+1, len(entries), err)
		}
		errs = append(errs, err)
		if !s.options.Relay { // the server's to set
			entries[i].RecordedBy, entries[i].UpdatedAt = "", time.Time{}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.running.Done()
	switch {
	case len(entries) == 0:
		return nil
	case len(entries) > s.options.Entries:
		return &daybook.FieldError{Field: "entries", Reason: fmt.Sprintf("are %d, more than the %d that a server takes in one request: append them in parts", len(entries), s.options.Entries)}
	case len(entries) == 1:
		return s.because(ctx, s.share(ctx, entries[0]))
	}
	body, err := lines(entries)
	if err != nil {
		return err
	}
	if len(body) > mostBytes {
		return &daybook.FieldError{Field: "entries", Reason: fmt.Sprintf("have %d bytes, more than the %d that a server takes in one request: append them in parts", len(body), mostBytes)}
	}
	return s.because(ctx, s.call(ctx, s.recording(body, true), nil))
}

// enter counts a call of Append, which Close waits for.
func (s *Store) enter(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return daybook.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.running.Add(1)
	return nil
}

func (s *Store) recording(body []byte, atomic bool) request {
	query := url.Values{}
	if atomic {
		query.Set("atomic", "true")
	}
	if s.options.Relay {
		query.Set("relay", "true")
	}
	return request{method: http.MethodPost, path: "/v1/entries", query: query, body: body,
		contentType: "application/x-ndjson", prefer: "return=minimal"}
}

func lines(entries []daybook.Entry) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b) // ends each value with a line feed
	e.SetEscapeHTML(false)
	for _, entry := range entries {
		if err := e.Encode(entry); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// A pending entry waits for its request.
type pending struct {
	entry daybook.Entry
	done  chan error // has room for the one result
}

// share hands the entry to a request that others may share, and waits for what becomes of it. The
// first that finds no request under way is sent at once; what comes meanwhile goes with the next.
func (s *Store) share(ctx context.Context, entry daybook.Entry) error {
	p := &pending{entry: entry, done: make(chan error, 1)}
	s.mu.Lock()
	s.waiting = append(s.waiting, p)
	if s.senders < s.options.Requests {
		s.senders++
		go s.send() // until nothing waits
	}
	s.mu.Unlock()
	select {
	case err := <-p.done:
		return err
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		s.waiting = slices.DeleteFunc(s.waiting, func(w *pending) bool { return w == p })
		return ctx.Err()
	}
}

// send sends what waits, request after request.
func (s *Store) send() {
	for {
		batch := s.take()
		if len(batch) == 0 {
			return
		}
		s.deliver(batch)
	}
}

// take returns what the next request brings. With nothing left the sender is gone.
func (s *Store) take() []*pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, bytes := 0, 0
	for n < min(len(s.waiting), s.options.Batch) {
		// Details in the canonical form are the largest part; the rest of an entry is short.
		details, _ := s.waiting[n].entry.Details.Canonical() // Append has normalized it
		if bytes += len(details) + 8<<10; n > 0 && bytes > mostBytes {
			break
		}
		n++
	}
	batch := slices.Clone(s.waiting[:n])
	if s.waiting = slices.Delete(s.waiting, 0, n); n == 0 {
		s.senders--
	}
	return batch
}

// deliver sends one request, which goes on when some of its callers give up, and tells each what
// became of its entry.
func (s *Store) deliver(batch []*pending) {
	entries := make([]daybook.Entry, len(batch))
	for i, p := range batch {
		entries[i] = p.entry
	}
	var answer struct {
		Results []struct {
			Index  int
			Status string
			Errors []fieldFault
		}
	}
	body, err := lines(entries)
	if err == nil {
		err = s.call(context.Background(), s.recording(body, false), &answer)
	}
	results := make([]error, len(batch))
	for i := range results {
		results[i] = err
	}
	for _, r := range answer.Results {
		if 0 <= r.Index && r.Index < len(results) {
			results[r.Index] = &Problem{Status: statusOf(r.Status), Code: r.Status, Detail: "the entry was refused", errs: errorsOf(r.Status, r.Errors)}
		}
	}
	for i, p := range batch {
		p.done <- results[i]
	}
}

// statusOf returns what the entry would have been answered alone.
func statusOf(result string) int {
	switch result {
	case "conflict":
		return http.StatusConflict
	case "rate_limited":
		return http.StatusTooManyRequests
	}
	return http.StatusUnprocessableEntity
}
