package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/daybookdev/daybook"
)

// A problem is the answer to a request that failed (RFC 9457).
type problem struct {
	Title  string         `json:"title"` // the status's phrase, as is due where there is no type
	Status int            `json:"status"`
	Detail string         `json:"detail,omitempty"`
	Field  string         `json:"field,omitempty"`  // the first parameter that is wrong
	Errors []fieldProblem `json:"errors,omitempty"` // all that are
}

type fieldProblem struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

// problems says which status an error has. What it does not name is 500, and its text stays here.
var problems = []struct {
	err    error
	status int
}{
	{daybook.ErrInvalid, http.StatusBadRequest},
	{daybook.ErrCursor, http.StatusBadRequest},
	{daybook.ErrNoOrganization, http.StatusBadRequest},
	{daybook.ErrClosed, http.StatusServiceUnavailable},
	{context.DeadlineExceeded, http.StatusServiceUnavailable},
}

// problemOf returns the answer for err. From 500 on the fault is the server's own: it is to be
// logged, and its text does not reach the client.
func problemOf(err error) problem {
	p := problem{Status: http.StatusInternalServerError, Detail: "the log could not be read; the server's own log says why"}
	for _, row := range problems {
		if errors.Is(err, row.err) {
			p.Status = row.status
			break
		}
	}
	switch {
	case p.Status == http.StatusServiceUnavailable:
		p.Detail = "the log did not answer in time; narrow the query, or try again"
	case p.Status < http.StatusInternalServerError:
		p.Detail = strings.ReplaceAll(err.Error(), "\n", "; ") // joined errors
		p.Errors = fieldProblems(err)
		if errors.Is(err, daybook.ErrCursor) {
			p.Errors = append(p.Errors, fieldProblem{"after", err.Error()})
		}
	}
	if len(p.Errors) > 0 {
		p.Field = p.Errors[0].Field
	}
	return p
}

// fieldProblems returns the field errors that err joins, in their order.
func fieldProblems(err error) []fieldProblem {
	if f, ok := err.(*daybook.FieldError); ok {
		return []fieldProblem{{f.Field, f.Reason}}
	}
	switch err := err.(type) {
	case interface{ Unwrap() []error }:
		var all []fieldProblem
		for _, e := range err.Unwrap() {
			all = append(all, fieldProblems(e)...)
		}
		return all
	case interface{ Unwrap() error }:
		return fieldProblems(err.Unwrap())
	}
	return nil
}

func writeProblem(w http.ResponseWriter, p problem) {
	p.Title = http.StatusText(p.Status)
	write(w, "application/problem+json", p.Status, p)
}

// write answers with the JSON of v. A client that is gone gets nothing, and nothing is left to do.
func write(w http.ResponseWriter, contentType string, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // no value of ours has this: the times of entries and of parameters are bounded
		contentType = "application/problem+json"
		status, body = http.StatusInternalServerError, []byte(`{"title":"Internal Server Error","status":500}`)
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// only answers a request by h if its method is one of methods, and otherwise with 405.
func only(h http.HandlerFunc, methods ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(methods, r.Method) {
			w.Header().Set("Allow", strings.Join(methods, ", "))
			writeProblem(w, problem{Status: http.StatusMethodNotAllowed,
				Detail: "this path answers " + strings.Join(methods, " and ")})
			return
		}
		h(w, r)
	}
}
