package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
)

// measureRequests measures what Middleware and Track add to a handler, with a store that does
// nothing and a writer that does hardly more.
func measureRequests(ctx context.Context, p plan, _ *stored) ([]table, []aim, error) {
	testing.Init()
	if err := flag.Set("test.benchtime", p.handler.String()); err != nil {
		return nil, nil, err
	}
	t := table{
		title: "A request",
		about: "A handler behind a `http.ServeMux`, bare and with `Middleware` and `Track`, over an `Appender` that does nothing and a " +
			"`http.ResponseWriter` that only counts: what is left is the cost of scope, draft, held answer, redaction and checks. " +
			"The mux and the handler are in both.",
		head: []string{"answer", "bare ns", "B", "allocs", "tracked ns", "B", "allocs", "more ns", "more B", "more allocs", "time ×"},
	}
	var aims []aim
	for _, r := range routes() {
		bare, tracked, err := r.handlers()
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", r.name, err)
		}
		var without, with, more []cost
		for range p.runs {
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
			a, b := r.benchmark(bare), r.benchmark(tracked)
			without, with = append(without, a), append(with, b)
			more = append(more, cost{b.ns - a.ns, b.bytes - a.bytes, b.allocs - a.allocs})
		}
		row := []string{r.name}
		for _, costs := range [][]cost{without, with, more} {
			row = append(row, whole(medianOf(costs, cost.time)), whole(medianOf(costs, cost.memory)), whole(medianOf(costs, cost.allocations)))
		}
		t.rows = append(t.rows, append(row, times(ratioOf(with, without, cost.time))))
		aims = append(aims,
			aim{what: "time of `Middleware` and `Track` over a bare handler, " + r.name, most: 2, unit: " µs", measured: medianOf(more, cost.time) / 1000},
			aim{what: "allocations of `Middleware` and `Track` over a bare handler, " + r.name, most: 10, measured: medianOf(more, cost.allocations)})
	}
	return []table{t}, aims, nil
}

// A cost is that of one request.
type cost struct{ ns, bytes, allocs float64 }

func (c cost) time() float64        { return c.ns }
func (c cost) memory() float64      { return c.bytes }
func (c cost) allocations() float64 { return c.allocs }

// A route is one handler to measure.
type route struct {
	name         string
	pattern      string
	path         string
	action       daybook.Action
	resourceType string
	handler      http.HandlerFunc
	option       daybookhttp.RouteOption
}

const measuredID = "018f3c5e-7a10-4c3d-9b2e-5d8f6a7b8c9d"

func routes() []route {
	small := []byte(`{"document_id":"` + measuredID + `","status":"active"}`)
	// The id stands at the end, where it is found last.
	large := []byte(`{"items":[` + strings.Repeat(`{"name":"quarterly report","status":"in_review","pages":12},`, 67) + `{}],"document_id":"` + measuredID + `"}`)
	return []route{
		{"no body, `PathID`", "DELETE /users/{user_id}", "/users/" + measuredID, daybook.Delete, "user",
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
			daybookhttp.PathID("user_id")},
		{"small body, `ResponseID`", "POST /documents", "/documents", daybook.Create, "document",
			answering(http.StatusCreated, small), daybookhttp.ResponseID("document_id")},
		{"4 KB of JSON, `ResponseID`", "POST /reports", "/reports", daybook.Create, "report",
			answering(http.StatusCreated, large), daybookhttp.ResponseID("document_id")},
	}
}

func answering(status int, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		w.Write(body)
	}
}

// handlers returns the handler bare and tracked, once it is sure that the tracked one records, and
// that the client gets the same answer.
func (r *route) handlers() (bare, tracked http.Handler, err error) {
	var log nowhere
	book, err := daybook.New(&log, nil)
	if err != nil {
		return nil, nil, err
	}
	plainMux, mux := http.NewServeMux(), http.NewServeMux()
	plainMux.Handle(r.pattern, r.handler)
	mux.Handle(r.pattern, daybookhttp.Track(book, r.action, r.resourceType, r.handler, r.option))
	who := daybook.Scope{OrganizationID: "018f3c5e-7a10-4c3d-9b2e-000000000001", UserID: "018f3c5e-7a10-4c3d-9b2e-000000000002"}
	tracked = daybookhttp.Middleware(book, &daybookhttp.Options{
		Identify: func(*http.Request) (daybook.Scope, error) { return who, nil },
	})(mux)

	var a, b answer
	a.header, b.header = http.Header{}, http.Header{}
	plainMux.ServeHTTP(&a, r.request())
	tracked.ServeHTTP(&b, r.request())
	switch e := log.last; {
	case log.entries != 1 || e.Action != r.action || e.ResourceID != measuredID || e.UserID != who.UserID || e.Outcome != daybook.Success:
		return nil, nil, fmt.Errorf("one request recorded %d entries, the last is %v", log.entries, e.LogValue())
	case a.status != b.status || a.bytes != b.bytes:
		return nil, nil, errors.New("the tracked answer is another than the bare one")
	}
	return plainMux, tracked, nil
}

func (r *route) request() *http.Request {
	method, _, _ := strings.Cut(r.pattern, " ")
	return &http.Request{Method: method, URL: &url.URL{Path: r.path}, Host: "app.example.com", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		RemoteAddr: "198.51.100.7:40000", Header: http.Header{
			"User-Agent": {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"},
			"Accept":     {"application/json"}}}
}

func (r *route) benchmark(h http.Handler) cost {
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		w, request := answer{header: http.Header{}}, r.request()
		for b.Loop() {
			clear(w.header)
			h.ServeHTTP(&w, request)
		}
	})
	return cost{float64(result.T.Nanoseconds()) / float64(result.N), float64(result.AllocedBytesPerOp()), float64(result.AllocsPerOp())}
}

// nowhere is an Appender that does nothing but to remember.
type nowhere struct {
	entries int
	last    daybook.Entry
}

func (n *nowhere) Append(_ context.Context, entries ...daybook.Entry) error {
	n.entries += len(entries)
	n.last = entries[len(entries)-1]
	return nil
}

// An answer is a ResponseWriter that keeps nothing of the body.
type answer struct {
	header http.Header
	status int
	bytes  int
}

func (a *answer) Header() http.Header    { return a.header }
func (a *answer) WriteHeader(status int) { a.status = status }
func (a *answer) Write(p []byte) (int, error) {
	a.bytes += len(p)
	return len(p), nil
}
