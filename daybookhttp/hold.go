package daybookhttp

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// defaultHold is how much of a body is held back, in bytes.
const defaultHold = 64 << 10

// A hold is what has been written of an answer and not yet gone out.
type hold struct {
	limit   int   // of body, in bytes
	whole   bool  // nothing goes out before the handler returns: Atomic
	length  int64 // the Content-Length that the handler declared, -1 if none
	written int64 // bytes of body that the handler wrote
	head    snapshot
	body    []byte
}

var holds = sync.Pool{New: func() any { return new(hold) }}

func newHold(limit int, whole bool) *hold {
	h := holds.Get().(*hold)
	h.limit, h.whole, h.length, h.written = limit, whole, -1, 0
	return h
}

// free gives h back. Nothing may refer to it any more.
func (h *hold) free() {
	if cap(h.body) > defaultHold {
		h.body = nil
	}
	h.body = h.body[:0]
	h.head.forget()
	holds.Put(h)
}

// A snapshot is a header as it was when the handler chose a status. Changes after that have no
// effect on it (http.ResponseWriter), but the map is the handler's until it returns, and trailers
// are set there. It is flat so that taking one allocates nothing in the long run.
type snapshot struct {
	taken  bool
	keys   []string
	ends   []int // of each key's part of values
	values []string
}

func (s *snapshot) take(h http.Header) {
	s.taken = true
	for key, values := range h {
		s.keys = append(s.keys, key)
		s.values = append(s.values, values...)
		s.ends = append(s.ends, len(s.values))
	}
}

// forget drops what s refers to, so that the pool keeps no cookies alive.
func (s *snapshot) forget() {
	clear(s.keys)
	clear(s.values)
	s.taken, s.keys, s.ends, s.values = false, s.keys[:0], s.ends[:0], s.values[:0]
}

func (s *snapshot) of(i int) []string {
	start := 0
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.values[start:s.ends[i]]
}

func (s *snapshot) same(h http.Header) bool {
	if len(h) != len(s.keys) {
		return false
	}
	for i, key := range s.keys {
		if values, ok := h[key]; !ok || !slices.Equal(values, s.of(i)) {
			return false
		}
	}
	return true
}

// writeHead writes the status with the header of the snapshot, and leaves in the map what the
// handler has put there since.
func (s *snapshot) writeHead(w http.ResponseWriter, status int) {
	if !s.taken {
		w.WriteHeader(status)
		return
	}
	header := w.Header()
	if s.same(header) {
		w.WriteHeader(status)
		return
	}
	late := maps.Clone(header)
	clear(header)
	for i, key := range s.keys {
		header[key] = slices.Clone(s.of(i))
	}
	w.WriteHeader(status)
	clear(header)
	maps.Copy(header, late)
}

// declaredLength returns the Content-Length in h, -1 if there is none that counts.
func declaredLength(h http.Header) int64 {
	if values := h["Content-Length"]; len(values) > 0 {
		if n, err := strconv.ParseInt(values[0], 10, 64); err == nil && n >= 0 {
			return n
		}
	}
	return -1
}

// bodyAllowed is what net/http says of a status (RFC 9110, section 6.4.1).
func bodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}
