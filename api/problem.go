package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
)

// A problem is the answer to a request that failed (RFC 9457).
type problem struct {
	Title    string       `json:"title"` // the status's phrase, as is due where there is no type
	Status   int          `json:"status"`
	Code     string       `json:"code"` // for programs: it does not change
	Detail   string       `json:"detail,omitempty"`
	Instance string       `json:"instance,omitempty"` // of a fault of the server: its own log has the rest under this id
	Errors   []fieldFault `json:"errors,omitempty"`   // everything that is wrong

	retryAfter time.Duration
}

// A fieldFault is one thing that is wrong: a field of the body, with its path, or a parameter. The
// last four are for faults in a filter; At and Length count code points.
type fieldFault struct {
	Field      string `json:"field"`
	Reason     string `json:"reason"`
	Code       string `json:"code,omitempty"`
	At         *int   `json:"at,omitempty"`
	Length     *int   `json:"length,omitempty"`
	Suggestion string `json:"suggestion,omitempty"`
}

// A fault is an error that already knows its answer.
type fault struct {
	problem
}

func (f *fault) Error() string { return f.Code + ": " + f.Detail }

func refuse(status int, code, detail string) *fault {
	return &fault{problem{Status: status, Code: code, Detail: detail}}
}

// Refusals that several routes have.
var (
	errNotFound  = refuse(http.StatusNotFound, "not_found", "there is no such thing, or this credential may not see it")
	errForbidden = refuse(http.StatusForbidden, "forbidden", "this credential does not allow that")
)

// problems is the one table of errors and their answers. What it does not name is 500, and its text
// stays here.
var problems = []struct {
	err    error
	status int
	code   string
	detail string // "": the error's own text
}{
	{access.ErrUnauthenticated, http.StatusUnauthorized, "unauthenticated", "the request needs a valid credential: Authorization: Bearer …"},
	{daybook.ErrConflict, http.StatusConflict, "conflict", "another entry has this id: record under a new one"},
	{access.ErrForbidden, http.StatusForbidden, "forbidden", errForbidden.Detail},
	{access.ErrUnknown, http.StatusNotFound, "not_found", errNotFound.Detail},
	{access.ErrChanged, http.StatusConflict, "conflict", "it was changed meanwhile: try again"},
	{daybook.ErrNotFound, http.StatusNotFound, "not_found", errNotFound.Detail},
	{ErrPending, http.StatusConflict, "pending", ErrPending.Error()},
	{daybook.ErrCursor, http.StatusBadRequest, "cursor_invalid", ""},
	{daybook.ErrPosition, http.StatusBadRequest, "position_invalid", ""},
	{access.ErrForeign, http.StatusNotFound, "not_found", errNotFound.Detail},
	{access.ErrWhichOrganization, http.StatusBadRequest, "no_organization", "this credential is for several organizations: name one with organization="},
	{daybook.ErrNoOrganization, http.StatusBadRequest, "no_organization", "this credential is for several organizations: name one with organization="},
	{daybook.ErrInvalid, http.StatusBadRequest, "invalid", ""},
	{errSlowQuery, http.StatusUnprocessableEntity, "query_timeout", "the query took too long: narrow the time, or the filter"},
	{errUnavailable, http.StatusServiceUnavailable, "unavailable", "the server cannot answer now: try again"},
	{daybook.ErrClosed, http.StatusServiceUnavailable, "unavailable", "the server is stopping: try again"},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, "unavailable", "the log did not answer in time: try again"},
	{context.Canceled, http.StatusServiceUnavailable, "unavailable", "the request ended before its answer"},
}

// errUnavailable is wrapped around faults that pass.
var errUnavailable = errors.New("unavailable")

// errSlowQuery is wrapped around what a read returns when the time of its answer is up.
var errSlowQuery = errors.New("query took too long")

func problemOf(err error) problem {
	if f, ok := errors.AsType[*fault](err); ok {
		p := f.problem
		p.Errors = append(p.Errors[:len(p.Errors):len(p.Errors)], fieldFaults(err)...)
		return p
	}
	for _, row := range problems {
		if !errors.Is(err, row.err) {
			continue
		}
		p := problem{Status: row.status, Code: row.code, Detail: row.detail}
		if p.Status < http.StatusInternalServerError {
			p.Errors = fieldFaults(err)
		} else {
			p.retryAfter = time.Second
		}
		if p.Detail == "" {
			p.Detail = strings.ReplaceAll(err.Error(), "\n", "; ") // joined errors
			if len(p.Errors) > 0 {
				p.Code, p.Detail = or(p.Errors[0].Code, p.Code), p.Errors[0].Field+" "+p.Errors[0].Reason
			}
		}
		return p
	}
	return problem{Status: http.StatusInternalServerError, Code: "internal", Detail: "the server failed; its own log says why"}
}

// fieldFaults returns the field errors that err joins, in their order.
func fieldFaults(err error) []fieldFault {
	switch e := err.(type) {
	case *daybook.FieldError:
		return []fieldFault{{Field: e.Field, Reason: e.Reason}}
	case *daybook.FilterError:
		return []fieldFault{{Field: "q", Reason: e.Message, Code: e.Code, At: &e.At, Length: &e.Length, Suggestion: e.Suggestion}}
	case interface{ Unwrap() []error }:
		var all []fieldFault
		for _, part := range e.Unwrap() {
			all = append(all, fieldFaults(part)...)
		}
		return all
	case interface{ Unwrap() error }:
		return fieldFaults(e.Unwrap())
	}
	return nil
}

func faultID() string {
	var b [12]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return "fault-" + hex.EncodeToString(b[:])
}

func writeProblem(w http.ResponseWriter, p problem) {
	p.Title = http.StatusText(p.Status)
	body, _ := json.Marshal(p) // strings and numbers
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // a client that is gone gets nothing, and nothing is left to do
}
