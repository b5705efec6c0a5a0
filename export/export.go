// Package export writes entries as CSV, NDJSON or a JSON array, one after the other as they come,
// with memory that does not grow with their number.
//
//	n, err := export.Write(w, export.CSV, daybook.All(ctx, store, organization, query), nil)
//
// NDJSON and JSON have all of an entry, exactly. CSV has it too; its cells are guarded so that no
// spreadsheet takes one for a formula, which [Unguard] undoes.
package export

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/daybookdev/daybook"
)

// A Format is how entries are written.
type Format string

// The formats.
const (
	CSV    Format = "csv"    // RFC 4180 with a header, every cell in quotes
	NDJSON Format = "ndjson" // one JSON object a line
	JSON   Format = "json"   // one array
)

// ParseFormat returns the format with that name. Its error is a FieldError of "format".
func ParseFormat(name string) (Format, error) {
	switch f := Format(name); f {
	case CSV, NDJSON, JSON:
		return f, nil
	}
	return "", &daybook.FieldError{Field: "format", Reason: fmt.Sprintf("is %.20q, but must be csv, ndjson or json", name)}
}

// ContentType returns the media type of the format.
func (f Format) ContentType() string {
	switch f {
	case CSV:
		return "text/csv; charset=utf-8; header=present"
	case NDJSON:
		return "application/x-ndjson"
	}
	return "application/json"
}

// Options are how an export is written. The zero Options do.
type Options struct {
	// Raw writes the cells of CSV as they are. A spreadsheet that opens the file may then run what
	// somebody has put into an entry.
	Raw bool

	// Flush is called when something was given to the writer that should not wait there, such as
	// the Flush of an http.ResponseController: at least every second in which entries come.
	Flush func() error
}

const (
	bufferSize = 64 << 10
	flushAfter = time.Second
)

// Write writes the entries and returns how many. It stops at the first error of entries or of w;
// what was written until then is no whole export: a JSON array is not closed, and what carries CSV or
// NDJSON must be cut off so that it shows. options may be nil.
func Write(w io.Writer, f Format, entries iter.Seq2[daybook.Entry, error], options *Options) (n int64, err error) {
	var o Options
	if options != nil {
		o = *options
	}
	b := bufio.NewWriterSize(w, bufferSize)
	var to rows
	switch f {
	case CSV:
		to = &csvRows{w: b, raw: o.Raw}
	case NDJSON:
		to = &jsonRows{w: b, after: "\n"}
	case JSON:
		to = &jsonRows{w: b, before: "[", between: ",\n", end: "]\n"}
	default:
		_, err := ParseFormat(string(f))
		return 0, fmt.Errorf("export: %w", err)
	}
	flush := func() error {
		if err := b.Flush(); err != nil || o.Flush == nil {
			return err
		}
		return o.Flush()
	}
	if err := to.open(); err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	flushed := time.Now()
	for e, err := range entries {
		if err == nil {
			err = to.write(&e)
		}
		if err == nil && time.Since(flushed) > flushAfter {
			err, flushed = flush(), time.Now()
		}
		if err != nil {
			return n, fmt.Errorf("export behind %d entries: %w", n, err)
		}
		n++
	}
	if err := to.close(); err != nil {
		return n, fmt.Errorf("export: %w", err)
	}
	if err := flush(); err != nil {
		return n, fmt.Errorf("export: %w", err)
	}
	return n, nil
}

// rows write the entries of one export.
type rows interface {
	open() error
	write(e *daybook.Entry) error
	close() error
}
