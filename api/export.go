package api

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/export"
	"github.com/daybookdev/daybook/internal/own"
)

// export writes the entries that the filter finds, page by page as they are read. That somebody took
// them is an entry, written before the first byte leaves: without it there is no export. An export
// that fails in the middle breaks off, so that what arrived is not taken for the whole.
func (a *API) export(c *call) (answer, error) {
	q, err := c.ask()
	name, wrongFormat := c.choice("format", "ndjson", "csv", "json")
	raw, wrongCSV := c.choice("csv", "guarded", "raw")
	order, wrongOrder := c.choice("order", "newest", "oldest")
	if err := errors.Join(err, wrongFormat, wrongCSV, wrongOrder); err != nil {
		return answer{}, err
	}
	format, err := export.ParseFormat(name)
	if err != nil {
		return answer{}, err
	}
	if q.query.Limit = daybook.MaxLimit; order == "oldest" {
		q.query.Order = daybook.Oldest
	}
	// What is recorded meanwhile, this export's own entry among it, is not part of it.
	if now := c.now; q.query.To.IsZero() || q.query.To.After(now) {
		q.query.To = now
	}
	end, err := a.limits.stream(q.organization.String())
	if err != nil {
		return answer{}, err
	}
	defer end()
	if err := c.note(q.organization.String(), daybook.Entry{Action: daybook.Read, ResourceType: own.Export, Details: daybook.Details{
		"filter": q.text, "format": name, "order": order, "from": stampOf(q.query.From), "to": stampOf(q.query.To)}}); err != nil {
		return answer{}, err
	}
	h := c.w.Header()
	h.Set("Content-Type", format.ContentType())
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="daybook-%s.%s"`, c.now.Format("20060102T150405Z"), name))
	h.Add("Vary", "Accept-Encoding")
	encoding := acceptedEncoding(c.r.Header.Values("Accept-Encoding"))
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Trailer", "Daybook-Entries")
	c.w.WriteHeader(http.StatusOK)
	c.streaming = true
	if c.r.Method == http.MethodHead {
		return answer{}, nil
	}
	return answer{}, c.writeExport(q, format, encoding, raw == "raw")
}

func stampOf(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func (c *call) writeExport(q *asked, format export.Format, encoding string, raw bool) error {
	ctx, cancel := context.WithDeadline(c.r.Context(), c.expires())
	defer cancel()
	control := http.NewResponseController(c.w)
	out, flush, finish, err := compressed(deadlined{c.w, control}, encoding)
	if err != nil {
		return err
	}
	n, err := export.Write(out, format, daybook.All(ctx, c.config.Store, q.organization.String(), q.query), &export.Options{Raw: raw,
		Flush: func() error { return errors.Join(flush(), control.Flush()) }})
	if err == nil {
		err = finish()
	}
	c.w.Header().Set("Daybook-Entries", strconv.FormatInt(n, 10))
	return err
}

// A deadlined writer gives each part of an answer its time, so that a reader that stops does not hold
// the export.
type deadlined struct {
	io.Writer
	control *http.ResponseController
}

func (d deadlined) Write(p []byte) (int, error) {
	_ = d.control.SetWriteDeadline(time.Now().Add(writeTime)) // a recorder of tests has none
	return d.Writer.Write(p)
}

// compressed returns a writer that compresses, and how to flush and to finish it.
func compressed(w io.Writer, encoding string) (out io.Writer, flush, finish func() error, err error) {
	nothing := func() error { return nil }
	switch encoding {
	case "gzip":
		z := gzip.NewWriter(w)
		return z, z.Flush, z.Close, nil
	case "zstd":
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, nil, nil, err
		}
		return z, z.Flush, z.Close, nil
	}
	return w, nothing, nothing, nil
}

// acceptedEncoding returns how an answer may be compressed (RFC 9110, section 12.5.3): zstd, gzip, or
// "" for not at all.
func acceptedEncoding(headers []string) string {
	accepted := map[string]bool{}
	for part := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, weight, _ := strings.Cut(part, ";")
		weight = strings.ReplaceAll(weight, " ", "")
		q, err := strconv.ParseFloat(strings.TrimPrefix(weight, "q="), 64)
		accepted[strings.ToLower(strings.TrimSpace(name))] = weight == "" || err == nil && q > 0
	}
	for _, name := range []string{"zstd", "gzip"} {
		if accepted[name] {
			return name
		}
	}
	return ""
}
