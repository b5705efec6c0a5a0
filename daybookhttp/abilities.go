package daybookhttp

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// An ability is a set of the methods that an http.ResponseWriter may have beside its own. Handlers
// ask for them by type assertion, so a wrapper must have those of the writer below, all of them
// and no others.
type ability uint8

const (
	canFlush ability = 1 << iota
	canHijack
	canReadFrom
	canPush
)

// abilitiesOf returns what w can do. Flush and Hijack may lie below wrappers that only have
// Unwrap: there http.ResponseController finds them, and through a view, which has no Unwrap, it
// must find them too.
func abilitiesOf(w http.ResponseWriter) (can ability) {
	if _, ok := w.(io.ReaderFrom); ok {
		can |= canReadFrom
	}
	if _, ok := w.(http.Pusher); ok {
		can |= canPush
	}
	for {
		if _, ok := w.(http.Flusher); ok {
			can |= canFlush
		} else if _, ok := w.(interface{ FlushError() error }); ok {
			can |= canFlush
		}
		if _, ok := w.(http.Hijacker); ok {
			can |= canHijack
		}
		below, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return can
		}
		w = below.Unwrap()
	}
}

// view returns x as a ResponseWriter with exactly these abilities. A view is one pointer wide, so
// that it costs no allocation.
func (x *exchange) view(can ability) http.ResponseWriter {
	v := plain{x}
	switch can {
	case canFlush:
		return viewF{v}
	case canHijack:
		return viewH{v}
	case canReadFrom:
		return viewR{v}
	case canPush:
		return viewP{v}
	case canFlush | canHijack:
		return viewFH{viewF{v}}
	case canFlush | canReadFrom:
		return viewFR{viewF{v}}
	case canFlush | canPush:
		return viewFP{viewF{v}}
	case canHijack | canReadFrom:
		return viewHR{viewH{v}}
	case canHijack | canPush:
		return viewHP{viewH{v}}
	case canReadFrom | canPush:
		return viewRP{viewR{v}}
	case canFlush | canHijack | canReadFrom:
		return viewFHR{viewFH{viewF{v}}}
	case canFlush | canHijack | canPush:
		return viewFHP{viewFH{viewF{v}}}
	case canFlush | canReadFrom | canPush:
		return viewFRP{viewFR{viewF{v}}}
	case canHijack | canReadFrom | canPush:
		return viewHRP{viewHR{viewH{v}}}
	case canFlush | canHijack | canReadFrom | canPush:
		return viewFHRP{viewFHR{viewFH{viewF{v}}}}
	}
	return v
}

type (
	plain    struct{ *exchange }
	viewF    struct{ plain }
	viewH    struct{ plain }
	viewR    struct{ plain }
	viewP    struct{ plain }
	viewFH   struct{ viewF }
	viewFR   struct{ viewF }
	viewFP   struct{ viewF }
	viewHR   struct{ viewH }
	viewHP   struct{ viewH }
	viewRP   struct{ viewR }
	viewFHR  struct{ viewFH }
	viewFHP  struct{ viewFH }
	viewFRP  struct{ viewFR }
	viewHRP  struct{ viewHR }
	viewFHRP struct{ viewFHR }
)

func (v viewF) Flush()            { v.flush() }
func (v viewF) FlushError() error { return v.flush() }

func (v viewH) Hijack() (net.Conn, *bufio.ReadWriter, error)  { return v.hijack() }
func (v viewFH) Hijack() (net.Conn, *bufio.ReadWriter, error) { return v.hijack() }

func (v viewR) ReadFrom(src io.Reader) (int64, error)   { return v.readFrom(src) }
func (v viewFR) ReadFrom(src io.Reader) (int64, error)  { return v.readFrom(src) }
func (v viewHR) ReadFrom(src io.Reader) (int64, error)  { return v.readFrom(src) }
func (v viewFHR) ReadFrom(src io.Reader) (int64, error) { return v.readFrom(src) }

func (v viewP) Push(target string, o *http.PushOptions) error    { return v.push(target, o) }
func (v viewFP) Push(target string, o *http.PushOptions) error   { return v.push(target, o) }
func (v viewHP) Push(target string, o *http.PushOptions) error   { return v.push(target, o) }
func (v viewRP) Push(target string, o *http.PushOptions) error   { return v.push(target, o) }
func (v viewFHP) Push(target string, o *http.PushOptions) error  { return v.push(target, o) }
func (v viewFRP) Push(target string, o *http.PushOptions) error  { return v.push(target, o) }
func (v viewHRP) Push(target string, o *http.PushOptions) error  { return v.push(target, o) }
func (v viewFHRP) Push(target string, o *http.PushOptions) error { return v.push(target, o) }
