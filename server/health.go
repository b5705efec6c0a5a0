package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/daybookdev/daybook/ledger"
	"github.com/daybookdev/daybook/store/postgres"
)

const (
	healthTimeout = 3 * time.Second
	longPending   = time.Minute // an entry that waits so long for its place is told
)

// healthz says that the process lives.
func (s *Server) healthz(w http.ResponseWriter, r *http.Request) {
	if !readOnly(w, r) {
		return
	}
	write(w, "application/json", http.StatusOK, map[string]string{"status": "ok"})
}

// readyz says whether an entry can be made durable now, and otherwise why not; and what is wrong
// although it can. Its codes tell nothing of any organization.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if !readOnly(w, r) {
		return
	}
	h := s.health(r.Context())
	status := http.StatusOK
	if h.Status == notReady {
		status = http.StatusServiceUnavailable
	}
	write(w, "application/json", status, h)
}

func readOnly(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	writeProblem(w, http.StatusMethodNotAllowed, "method_not_allowed", "this path answers GET and HEAD")
	return false
}

// The states of a server.
const (
	isReady  = "ready"
	degraded = "degraded" // it serves, and somebody should look
	notReady = "not ready"
)

// Health is what /readyz answers.
type Health struct {
	Status  string   `json:"status"`
	Reasons []Reason `json:"reasons"`
}

// A Reason is why a server is not ready, or degraded.
type Reason struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (s *Server) health(ctx context.Context) Health {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	h := Health{isReady, []Reason{}}
	say := func(status, code, detail string) {
		if h.Status != notReady {
			h.Status = status
		}
		h.Reasons = append(h.Reasons, Reason{code, detail})
	}
	if s.draining.Load() {
		say(notReady, "draining", "the server is about to end")
	}
	switch store := s.log.Store.(type) {
	case *postgres.Store:
		backlog, err := store.Backlog(ctx)
		if err != nil {
			say(notReady, "store", "the database does not answer")
		} else if backlog.Oldest > longPending {
			say(degraded, "backlog", "entries wait for their place in the order since "+backlog.Oldest.Round(time.Second).String())
		}
	default:
		if _, err := store.Last(ctx); err != nil {
			say(notReady, "store", "the log does not answer")
		}
	}
	if s.metrics.failing() {
		say(notReady, "writes", "the last entry could not be stored")
	}
	if s.keeper != nil {
		switch fault := s.keeper.Status().Fault; {
		case errors.Is(fault, ledger.ErrRollback):
			say(degraded, "rollback", "a log is not what it was when it was last signed: run daybook verify")
		case fault != nil:
			say(degraded, "ledger", "the logs could not be signed; the server's own log says why")
		}
	}
	return h
}

// ready is what the API asks.
func (s *Server) ready(ctx context.Context) error {
	if h := s.health(ctx); h.Status == notReady {
		return errors.New(h.Reasons[0].Detail)
	}
	return nil
}
