package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/daybookdev/daybook"
)

// Errors that answers are made of. Their types are what details.error_type says.
type (
	// A ValidationError refuses one field of a request. Attempted goes into the entry and must
	// never be a secret.
	ValidationError struct {
		Field     string
		Message   string
		Attempted any
	}
	// A MalformedError refuses a request that cannot be read.
	MalformedError struct{ Message string }
	// A TooLargeError refuses a request with more than Limit bytes.
	TooLargeError struct{ Limit int64 }
	// A ConflictError refuses what contradicts the present state.
	ConflictError struct{ Message string }
	// A NotFoundError hides from the caller whether there is nothing, or something that belongs to
	// another organization. The entry tells.
	NotFoundError struct {
		Noun    string
		Foreign bool
	}
	// An InternalError keeps the technical reason out of answers and entries: it goes to the
	// application's log.
	InternalError struct{ reason error }
)

func (e *ValidationError) Error() string { return e.Message }
func (e *MalformedError) Error() string  { return e.Message }
func (e *TooLargeError) Error() string   { return fmt.Sprintf("more than %d bytes", e.Limit) }
func (e *ConflictError) Error() string   { return e.Message }
func (e *NotFoundError) Error() string   { return e.Noun + " not found" }
func (e *InternalError) Error() string   { return "internal error" }
func (e *InternalError) Unwrap() error   { return e.reason }

var (
	errUnauthorized = errors.New("sign in, or send a valid token or API key")
	errSignIn       = errors.New("wrong e-mail address or password") // whichever it was
	errForbidden    = errors.New("your role does not allow this")
)

func invalid(field, message string, attempted any) error {
	return &ValidationError{field, message, attempted}
}

// statusOf is the one table from errors to statuses.
func statusOf(err error) int {
	switch e := err.(type) {
	case *ValidationError:
		return http.StatusUnprocessableEntity
	case *MalformedError:
		return http.StatusBadRequest
	case *ConflictError:
		return http.StatusConflict
	case *NotFoundError:
		return http.StatusNotFound
	case *TooLargeError:
		return http.StatusRequestEntityTooLarge
	default:
		switch e {
		case errUnauthorized, errSignIn:
			return http.StatusUnauthorized
		case errForbidden:
			return http.StatusForbidden
		}
	}
	return http.StatusInternalServerError
}

// known returns the error in err's chain that has a status of its own, else an InternalError.
func known(err error) error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if statusOf(e) != http.StatusInternalServerError {
			return e
		}
	}
	return &InternalError{err}
}

// answered turns a function that may fail into a handler: the error becomes the answer, and the
// entry of the route says what went wrong.
func (a *App) answered(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := f(w, r)
		if err == nil {
			return
		}
		err = known(err)
		ctx := r.Context()
		status := statusOf(err)
		tell(ctx, err)
		switch status {
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", "Bearer")
		case http.StatusInternalServerError:
			a.logger.LogAttrs(ctx, slog.LevelError, "request failed",
				slog.String("route", r.Pattern), slog.String("error", errors.Unwrap(err).Error()))
		}
		body := map[string]string{"error": err.Error()}
		if v, ok := err.(*ValidationError); ok && v.Field != "" {
			body["field"] = v.Field
		}
		reply(w, status, body)
	}
}

// tell writes the error into the entry that Track will record: the guide's "Error scenario". For
// 401 and 403 Track itself writes outcome denied and details.error.
func tell(ctx context.Context, err error) {
	draft := daybook.DraftOf(ctx)
	switch e := err.(type) {
	case *ValidationError:
		draft.Fail(e) // error_type: ValidationError, error_message
		if text, ok := e.Attempted.(string); ok && len(text) > 200 {
			e.Attempted = strings.ToValidUTF8(text[:200], "") // a client must not make an entry too large
		}
		if e.Attempted != nil {
			draft.Detail("attempted_value", e.Attempted)
		}
	case *NotFoundError:
		if e.Foreign {
			// The caller sees 404, as for what does not exist. Its own organization's log says
			// that somebody reached for what is not theirs.
			draft.Deny("Forbidden")
			return
		}
		draft.Fail(e)
	default:
		if status := statusOf(err); status != http.StatusUnauthorized && status != http.StatusForbidden {
			draft.Fail(e)
		}
	}
}

// reply writes v as JSON.
func reply(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(append(body, '\n')) // the client may be gone, and nobody is left to tell
	return nil
}

// maxBody is the most bytes of a request's JSON.
const maxBody = 64 << 10

// decode reads the one JSON object of the request's body into v, strictly: unknown and repeated
// members, members in other case, text that is not UTF-8 and anything behind the object are
// refused.
func decode(w http.ResponseWriter, r *http.Request, v any) error {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return &MalformedError{"the body must be JSON, and Content-Type application/json"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return fmt.Errorf("read body: %w", readFault(err))
	}
	members, err := daybook.ParseDetails(body)
	if err != nil {
		return &MalformedError{"the body is not one well-formed JSON object"}
	}
	for name := range members {
		if name != strings.ToLower(name) { // encoding/json would not care
			return &MalformedError{fmt.Sprintf("unknown member %.60q", name)}
		}
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return &MalformedError{"the body does not fit: " + strings.TrimPrefix(err.Error(), "json: ")}
	}
	return nil
}

// readFault tells a client that went away or sent too much from a fault of ours.
func readFault(err error) error {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &TooLargeError{large.Limit}
	}
	return &MalformedError{"the body could not be read to its end"}
}
