package server

import (
	"encoding/json"
	"net/http"

	"github.com/daybookdev/daybook"
)

// fieldProblems returns the field errors that err joins, in their order.
func fieldProblems(err error) []daybook.FieldError {
	if f, ok := err.(*daybook.FieldError); ok {
		return []daybook.FieldError{*f}
	}
	switch err := err.(type) {
	case interface{ Unwrap() []error }:
		var all []daybook.FieldError
		for _, e := range err.Unwrap() {
			all = append(all, fieldProblems(e)...)
		}
		return all
	case interface{ Unwrap() error }:
		return fieldProblems(err.Unwrap())
	}
	return nil
}

// write answers with the JSON of v.
func write(w http.ResponseWriter, contentType string, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // no value of ours has this
		status, body = http.StatusInternalServerError, []byte(`{}`)
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a client that is gone gets nothing, and nothing is left to do
}

// writeProblem answers with a problem of RFC 9457.
func writeProblem(w http.ResponseWriter, status int, code, detail string) {
	write(w, "application/problem+json", status, map[string]any{"title": http.StatusText(status), "status": status, "code": code, "detail": detail})
}
