package server

import (
	"log/slog"
	"net/http"
	"net/http/pprof"
	"time"
)

// writePace is how long one write of an answer may take: a client that takes nothing in that time is
// cut off, however long the answer is.
const writePace = 30 * time.Second

// observe measures requests and logs them. What is logged comes from the request's head, but neither
// its query, which may hold a filter, nor any of its credentials.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		s.metrics.inFlight.Inc()
		o := &observed{ResponseWriter: w, control: http.NewResponseController(w)}
		defer func() {
			s.metrics.inFlight.Dec()
			took := time.Since(begun)
			status, failure := o.status, recover()
			switch {
			case failure != nil && status == 0:
				status = http.StatusInternalServerError
			case status == 0:
				status = http.StatusOK
			}
			route := routeOf(r)
			s.metrics.request(route, methodOf(r), status, took)
			if s.config.Log.Access {
				s.logger.LogAttrs(r.Context(), slog.LevelInfo, "request",
					slog.String("method", methodOf(r)), slog.String("route", route), slog.Int("status", status),
					slog.Int64("bytes", o.bytes), slog.Float64("milliseconds", float64(took.Microseconds())/1000), slog.String("client", s.clientAddr(r).String()))
			}
			if failure != nil {
				panic(failure) // net/http logs it and closes the connection
			}
		}()
		next.ServeHTTP(o, r)
	})
}

// routeOf returns the pattern that the request met: its path would be another label for every id.
func routeOf(r *http.Request) string {
	if r.Pattern == "" || r.Pattern == "/" {
		return "other"
	}
	return r.Pattern
}

// methodOf returns the method if it is one that there is: clients may send any word.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// An observed answer remembers its status and size.
type observed struct {
	http.ResponseWriter
	control *http.ResponseController
	status  int
	bytes   int64
}

func (o *observed) WriteHeader(status int) {
	if o.status == 0 && status >= 200 { // not what goes before the answer
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *observed) Write(p []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	_ = o.control.SetWriteDeadline(time.Now().Add(writePace)) // a recorder of tests has none
	n, err := o.ResponseWriter.Write(p)
	o.bytes += int64(n)
	return n, err
}

// Flush is for handlers that look for an http.Flusher.
func (o *observed) Flush() {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	_ = o.control.Flush()
}

// Unwrap is for http.ResponseController.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// privateRoutes are for operators: they tell what nobody else may know.
func (s *Server) privateRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", s.metrics.handler())
	mux.HandleFunc("/healthz", s.healthz)
	mux.HandleFunc("/readyz", s.readyz)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
