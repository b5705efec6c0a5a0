package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

const (
	batchSize = 1000            // entries that are stored as a whole
	longest   = 4 << 20         // bytes of a line: what an entry's limits allow, written with escapes, and more
	pause     = 1 * time.Second // after which a batch is stored although it is not full, for producers that live on
)

// A line is one of the input, without its end.
type line struct {
	number int64
	text   []byte
}

// readLines sends the lines of r and closes lines at its end, having set *err to what went wrong. It
// ends early when stop is closed, but not before a read under way.
func readLines(r io.Reader, lines chan<- line, stop <-chan struct{}, err *error) {
	defer close(lines)
	in := bufio.NewReaderSize(r, 64<<10)
	for n := int64(1); ; n++ {
		var text []byte
		for {
			part, e := in.ReadSlice('\n')
			if text = append(text, part...); len(text) > longest {
				*err = fmt.Errorf("line %d is longer than %d MiB: an entry is one line of JSON", n, longest>>20)
				return
			}
			if e == nil {
				break
			}
			if !errors.Is(e, bufio.ErrBufferFull) {
				if len(text) > 0 && e == io.EOF {
					break // the last line may lack its end
				}
				if e != io.EOF {
					*err = fmt.Errorf("read line %d: %w", n, e)
				}
				return
			}
		}
		select {
		case lines <- line{n, text}:
		case <-stop:
			return
		}
	}
}

// An import is entries on their way from lines into a store.
type lineImport struct {
	store    daybook.Appender
	batch    collector
	book     *daybook.Recorder // hands over to batch
	last     int64             // line of the batch's newest entry
	stored   int64             // line up to which everything is stored
	recorded int64             // entries
	progress *progress
}

// lines records the lines of in.
func (c *recordCommand) lines(ctx context.Context, p *program, in io.Reader, store daybook.Appender, out *output) (err error) {
	im := &lineImport{store: store, progress: newProgress(p.stderr)}
	if im.book, err = c.recorder(&im.batch); err != nil {
		return err
	}
	err = im.run(ctx, in)
	im.progress.end()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, im.whereToGoOn(c.File))
	}
	if out.table {
		fmt.Fprintf(out, "recorded %s\n", plural(im.recorded, "entry", "entries"))
	} else if err := out.json(map[string]int64{"recorded": im.recorded}); err != nil {
		return err
	}
	return out.flush()
}

func (im *lineImport) run(ctx context.Context, in io.Reader) error {
	lines := make(chan line, 16) // few, since a line may be large
	stop := make(chan struct{})
	defer close(stop)
	var readErr error // the reader's until lines is closed
	// It may outlive this in a read that nothing ends, such as one of a terminal; the program then
	// ends with it.
	go readLines(in, lines, stop, &readErr)
	var waited <-chan time.Time // set while a batch is being filled
	for {
		select {
		case l, more := <-lines:
			if !more {
				// A line that cannot be read spoils its batch, as one that is wrong does.
				if readErr != nil {
					return readErr
				}
				return im.flush()
			}
			if err := im.add(ctx, l); err != nil {
				return err
			}
			if len(im.batch.entries) >= batchSize {
				if err := im.flush(); err != nil {
					return err
				}
				waited = nil
			} else if waited == nil {
				waited = time.After(pause)
			}
		case <-waited:
			if err := im.flush(); err != nil {
				return err
			}
			waited = nil
		case <-ctx.Done():
			// What was read is good, and whoever wrote it may be gone.
			if err := im.flush(); err != nil {
				return err
			}
			return errors.New("interrupted")
		}
	}
}

func (im *lineImport) add(ctx context.Context, l line) error {
	if len(bytes.TrimSpace(l.text)) == 0 {
		return nil
	}
	e, err := daybook.ParseEntry(bytes.TrimPrefix(l.text, []byte("\ufeff"))) // some editors begin a file with it
	if err == nil {
		err = im.book.Record(ctx, e)
	}
	if fields := fieldErrors(err); len(fields) > 0 {
		var reasons []string
		for _, f := range fields {
			reasons = append(reasons, f.Error())
		}
		return fmt.Errorf("line %d: %s", l.number, strings.Join(reasons, "; "))
	} else if err != nil {
		return fmt.Errorf("line %d: %w", l.number, err)
	}
	im.last = l.number
	return nil
}

// flush stores the batch. It does not end with the context of the command, so that its result is
// known.
func (im *lineImport) flush() error {
	n := len(im.batch.entries)
	if n == 0 {
		return nil
	}
	if err := im.store.Append(context.Background(), im.batch.entries...); err != nil {
		return fmt.Errorf("lines %d to %d: %w", im.stored+1, im.last, err)
	}
	im.batch.entries = im.batch.entries[:0]
	im.stored = im.last
	im.recorded += int64(n)
	im.progress.at(im.recorded)
	return nil
}

// whereToGoOn says what was stored of the file before it came to an end.
func (im *lineImport) whereToGoOn(file string) string {
	if im.recorded == 0 {
		return "nothing was recorded"
	}
	s := fmt.Sprintf("%s recorded, all of the lines up to %d: go on from line %d", plural(im.recorded, "entry is", "entries are"), im.stored, im.stored+1)
	if file != "-" {
		s += fmt.Sprintf(" with\n  tail -n +%d %s | daybook record -", im.stored+1, commandLine(file))
	}
	return s
}
