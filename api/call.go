package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
)

// A call is one request on its way through a route.
type call struct {
	*API
	w                 http.ResponseWriter
	r                 *http.Request
	route             *Route
	principal         access.Principal
	params            url.Values
	now               time.Time       // from which relative times count
	filterTree, where json.RawMessage // of a POST form
	streaming         bool            // the head of the answer is out
}

// begin authenticates the request and checks what its route declares. done ends what begin began.
func (c *call) begin() (done func(), err error) {
	cancel := context.CancelFunc(func() {})
	if !c.route.stream {
		ctx, stop := context.WithTimeout(c.r.Context(), 3*c.config.Timeout)
		c.r, cancel = c.r.WithContext(ctx), stop
	}
	return cancel, c.check()
}

func (c *call) check() (err error) {
	if !c.route.Open {
		if c.principal, err = c.authenticate(); err != nil {
			return err
		}
		// What a browser sends on its own, another page may have asked for.
		if c.principal.ByCookie() {
			if err := c.crossing.Check(c.r); err != nil {
				return errForbidden
			}
		}
		if c.route.Permission != "" && !c.principal.Can(c.route.Permission) {
			return errForbidden
		}
	}
	if len(c.r.URL.RawQuery) > maxURL {
		return refuse(http.StatusRequestURITooLong, "url_too_long", fmt.Sprintf("the query of the URL has more than %d bytes: POST /v1/entries/search takes long filters", maxURL))
	}
	// Not r.URL.Query(), which drops what it cannot read, and with it a filter.
	if c.params, err = url.ParseQuery(c.r.URL.RawQuery); err != nil {
		return refuse(http.StatusBadRequest, "invalid", "the query of the URL cannot be read: "+err.Error())
	}
	known := c.route.Parameters
	if c.route.Body == ParametersBody {
		known = nil
	}
	if err := c.checkParameters(known); err != nil {
		return err
	}
	if err := c.checkBody(); err != nil {
		return err
	}
	if cursor := c.text("cursor"); cursor != "" {
		_, c.now = momentOf(cursor)
	}
	return nil
}

func (c *call) checkBody() error {
	switch {
	case c.route.Body == NoBody && c.r.ContentLength != 0:
		return refuse(http.StatusBadRequest, "invalid", "this request takes no body")
	case c.route.Body == ParametersBody:
		if err := c.documentParameters(); err != nil {
			return err
		}
		return c.checkParameters(c.route.Parameters)
	}
	return nil
}

// checkParameters refuses parameters that are unknown or repeated, so that no misspelt filter is
// silently none.
func (c *call) checkParameters(known []string) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.params)) {
		switch {
		case !slices.Contains(known, name):
			reason := "is not a parameter: there are none"
			if len(known) > 0 {
				reason = "is not a parameter: there are " + strings.Join(known, ", ")
			}
			errs = append(errs, &daybook.FieldError{Field: fmt.Sprintf("%.60q", name), Reason: reason})
		case len(c.params[name]) > 1:
			errs = append(errs, &daybook.FieldError{Field: name, Reason: "is given more than once"})
		case c.params.Get(name) == "" && name != "q" && c.route.Body != ParametersBody:
			errs = append(errs, &daybook.FieldError{Field: name, Reason: "is empty: leave it out"})
		case strings.ContainsRune(c.params.Get(name), 0):
			errs = append(errs, &daybook.FieldError{Field: name, Reason: "contains a NUL character"})
		}
	}
	return errors.Join(errs...)
}

// text returns a parameter, "" when it is absent or empty.
func (c *call) text(name string) string { return c.params.Get(name) }

// number returns a parameter that is a number from least to most.
func (c *call) number(name string, least, most, otherwise int) (int, error) {
	s := c.text(name)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, &daybook.FieldError{Field: name, Reason: fmt.Sprintf("is %.40q, but must be a number from %d to %d", s, least, most)}
	}
	return n, nil
}

// choice returns a parameter that is one of a few words; the first is meant when it is absent.
func (c *call) choice(name string, words ...string) (string, error) {
	s := or(c.text(name), words[0])
	if !slices.Contains(words, s) {
		return "", &daybook.FieldError{Field: name, Reason: fmt.Sprintf("is %.40q, but must be one of %s", s, strings.Join(words, ", "))}
	}
	return s, nil
}

// list returns the parts of a parameter between commas.
func (c *call) list(name string) []string {
	if c.text(name) == "" {
		return nil
	}
	return strings.Split(c.text(name), ",")
}

// reading returns the context for a read. Its deadline is an errSlowQuery of the query, see slow.
func (c *call) reading() (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.r.Context(), c.config.Timeout)
}

// slow tells a read whose time was up from other faults.
func slow(ctx context.Context, err error) error {
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", errSlowQuery, err)
	}
	return err
}

// writing returns the context for a write, which goes on when the client hangs up.
func (c *call) writing() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(c.r.Context()), c.config.Timeout)
}

// An answer is what a request gets.
type answer struct {
	status  int    // 0: 200
	body    any    // JSON; nil: none
	text    string // plain text in place of JSON; "": none
	tag     bool   // give it an ETag, and answer 304 to whoever has it
	headers map[string]string
}

func (a answer) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for k, v := range a.headers {
		h.Set(k, v)
	}
	if a.text != "" {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Content-Length", strconv.Itoa(len(a.text)))
		w.WriteHeader(or(a.status, http.StatusOK))
		if r.Method != http.MethodHead {
			_, _ = io.WriteString(w, a.text) // as below
		}
		return
	}
	if a.body == nil {
		w.WriteHeader(or(a.status, http.StatusNoContent))
		return
	}
	body, ok := a.body.(json.RawMessage)
	if !ok {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(a.body); err != nil { // no value of ours has this: times are bounded, details are JSON
			writeProblem(w, problem{Status: http.StatusInternalServerError, Code: "internal", Detail: "the answer could not be written"})
			return
		}
		body = b.Bytes()
	}
	if a.tag {
		tag := entityTag(body)
		h.Set("ETag", tag)
		h.Set("Cache-Control", "private, no-cache") // may be kept, must be asked for again
		if matches(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(or(a.status, http.StatusOK))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a client that is gone gets nothing, and nothing is left to do
	}
}

// expires returns when the credential ends, or a time far away.
func (c *call) expires() time.Time {
	if at := c.principal.Expires(); !at.IsZero() {
		return at
	}
	return time.Now().Add(100 * 365 * 24 * time.Hour)
}
