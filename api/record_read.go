package api

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/daybookdev/daybook"
)

// maxEntry bounds the text of one entry: details may be as long as MaxDetailsInput, and the other
// fields are short.
const maxEntry = daybook.MaxDetailsInput + 64<<10

// readEntries reads the entries of the body. An entry that cannot be read is an item with its error;
// a body that cannot be read is refused whole. single says that it was one object, not a list; digest
// is that of the request.
func (c *call) readEntries() (items []*item, single bool, digest []byte, err error) {
	media, err := c.mediaType("application/json", "application/x-ndjson", "application/jsonl")
	if err != nil {
		return nil, false, nil, err
	}
	b, err := c.openBody(c.limits.limits.Expanded)
	if err != nil {
		return nil, false, nil, err
	}
	defer b.Close()
	hash := sha256.New()
	fmt.Fprintf(hash, "%q\n", c.params.Encode())
	text := io.TeeReader(b, hash)
	add := func(text []byte) error {
		if len(items) == c.limits.limits.Entries {
			return refuse(http.StatusRequestEntityTooLarge, "too_many_entries", fmt.Sprintf("there are more than %d entries in one request", c.limits.limits.Entries))
		}
		it := &item{index: len(items)}
		entry, err := daybook.ParseEntry(text)
		it.entry = entry
		if err != nil {
			it.fail(unnamed(err))
		}
		items = append(items, it)
		return nil
	}
	if media != "application/json" {
		err := eachLine(text, add)
		return items, false, hash.Sum(nil), err
	}
	data, err := io.ReadAll(text)
	if err != nil {
		return nil, false, nil, err
	}
	if start := bytes.TrimLeft(data, " \t\r\n"); len(start) == 0 || start[0] != '[' {
		if err := add(data); err != nil || items[0].err == nil {
			return items, true, hash.Sum(nil), err
		}
		return nil, true, nil, fmt.Errorf("%w%w", refuse(http.StatusBadRequest, "invalid", "the entry cannot be read"), items[0].err)
	}
	err = eachElement(data, add)
	return items, false, hash.Sum(nil), err
}

// unnamed gives the errors of a whole text, which have no field, one.
func unnamed(err error) error {
	if f, ok := err.(*daybook.FieldError); ok && f.Field == "" {
		return &daybook.FieldError{Field: "body", Reason: f.Reason}
	}
	return err
}

// eachLine calls f with every line that is not blank.
func eachLine(r io.Reader, f func([]byte) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxEntry)
	for lines.Scan() {
		line := bytes.Trim(lines.Bytes(), " \t\r")
		if len(line) == 0 {
			continue
		}
		if err := f(line); err != nil {
			return err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return tooLarge(maxEntry, "a line")
	}
	return lines.Err()
}

// eachElement calls f with the text of every element of a JSON list. It finds only where an element
// ends; whether it is JSON, its reader says.
func eachElement(data []byte, f func([]byte) error) error {
	broken := func(at int, reason string) error {
		return &daybook.FieldError{Field: "body", Reason: fmt.Sprintf("%s at byte %d", reason, at)}
	}
	at := skipSpace(data, 0) + 1 // behind the bracket
	if at = skipSpace(data, at); at < len(data) && data[at] == ']' {
		return ended(data, at+1, broken)
	}
	for {
		end := elementEnd(data, at)
		if end == len(data) {
			return broken(end, "the list has no end")
		}
		text := bytes.TrimRight(data[at:end], " \t\r\n")
		if len(text) == 0 {
			return broken(at, "the list lacks a value")
		}
		if err := f(text); err != nil {
			return err
		}
		if data[end] == ']' {
			return ended(data, end+1, broken)
		}
		if data[end] != ',' {
			return broken(end, "the list has a bracket that nothing opened")
		}
		at = skipSpace(data, end+1)
	}
}

func ended(data []byte, at int, broken func(int, string) error) error {
	if at = skipSpace(data, at); at < len(data) {
		return broken(at, "there is something behind the list")
	}
	return nil
}

func skipSpace(data []byte, at int) int {
	for at < len(data) && (data[at] == ' ' || data[at] == '\t' || data[at] == '\r' || data[at] == '\n') {
		at++
	}
	return at
}

// elementEnd returns where the comma or the bracket behind an element is.
func elementEnd(data []byte, at int) int {
	depth := 0
	for ; at < len(data); at++ {
		switch data[at] {
		case '"':
			for at++; at < len(data) && data[at] != '"'; at++ {
				if data[at] == '\\' {
					at++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return at
			}
		case ',':
			if depth == 0 {
				return at
			}
		}
	}
	return len(data)
}
