package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/daybookdev/daybook"
)

// A Problem is how the server refused a call (RFC 9457). It unwraps to the library's own errors where
// there is one: a daybook.FieldError for every field that is wrong, ErrConflict, ErrCursor, ErrPosition,
// ErrNoOrganization, ErrNotFound, and context.DeadlineExceeded for a query that took too long.
type Problem struct {
	Status     int           // of HTTP
	Code       string        // as docs/api.md lists them
	Detail     string        // for people
	Instance   string        // the id of a fault in the server's own log
	RetryAfter time.Duration // when the server asks for it

	errs []error
}

// Error returns what the server says.
func (p *Problem) Error() string {
	text := fmt.Sprintf("the server answers %d %s", p.Status, p.Code)
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	if p.Instance != "" {
		text += " (" + p.Instance + ")"
	}
	return text
}

// Unwrap returns the library's errors.
func (p *Problem) Unwrap() []error { return p.errs }

type fieldFault struct {
	Field, Reason, Code string
}

var codes = map[string]error{
	"conflict":                daybook.ErrConflict,
	"cursor_invalid":          daybook.ErrCursor,
	"position_invalid":        daybook.ErrPosition,
	"no_organization":         daybook.ErrNoOrganization,
	"not_found":               daybook.ErrNotFound,
	"query_timeout":           context.DeadlineExceeded,
	"invalid":                 daybook.ErrInvalid,
	"invalid_entry":           daybook.ErrInvalid,
	"too_large":               daybook.ErrInvalid,
	"too_many_entries":        daybook.ErrInvalid,
	"filter_not_allowed_here": daybook.ErrInvalid,
}

func problemOf(res *http.Response, text []byte) error {
	var answer struct {
		Status                 int
		Code, Detail, Instance string
		Errors                 []fieldFault
	}
	p := &Problem{Status: res.StatusCode, RetryAfter: retryAfter(res.Header)}
	if json.Unmarshal(text, &answer) != nil || answer.Code == "" {
		p.Code, p.Detail = "unknown", "the answer is not one of a Daybook server"
		return p
	}
	p.Code, p.Detail, p.Instance = answer.Code, answer.Detail, answer.Instance
	p.errs = errorsOf(answer.Code, answer.Errors)
	return p
}

// errorsOf returns the library's errors for a code and the fields that are wrong.
func errorsOf(code string, faults []fieldFault) []error {
	var errs []error
	if err := codes[code]; err != nil && (err != daybook.ErrInvalid || len(faults) == 0) {
		errs = append(errs, err)
	}
	for _, f := range faults {
		if err := codes[f.Code]; err != nil && !errors.Is(err, daybook.ErrInvalid) {
			errs = append(errs, err)
		} else if f.Reason != "" {
			errs = append(errs, &daybook.FieldError{Field: f.Field, Reason: f.Reason})
		}
	}
	return errs
}
