package export

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/daybookdev/daybook"
)

// jsonRows write objects. Their text is that of json.Marshal, but for the characters that are not
// seen, which are escaped: the value is the same, and the text harmless on a terminal.
type jsonRows struct {
	w                           *bufio.Writer
	before, between, after, end string

	buffer bytes.Buffer
	any    bool
}

func (j *jsonRows) open() error {
	_, err := j.w.WriteString(j.before)
	return err
}

func (j *jsonRows) close() error {
	_, err := j.w.WriteString(j.end)
	return err
}

func (j *jsonRows) write(e *daybook.Entry) error {
	j.buffer.Reset()
	if err := json.NewEncoder(&j.buffer).Encode(e); err != nil {
		return err
	}
	if j.any {
		j.w.WriteString(j.between)
	}
	j.any = true
	for text := bytes.TrimRight(j.buffer.Bytes(), "\n"); len(text) > 0; {
		plain := bytes.IndexFunc(text, func(r rune) bool { return r >= 0x7f && unseen(r) })
		if plain < 0 {
			plain = len(text)
		}
		j.w.Write(text[:plain])
		if text = text[plain:]; len(text) == 0 {
			break
		}
		r, n := utf8.DecodeRune(text)
		switch {
		case r > 0xffff: // a surrogate pair, RFC 8259 section 7
			r -= 0x10000
			fmt.Fprintf(j.w, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(j.w, `\u%04x`, r)
		}
		text = text[n:]
	}
	_, err := j.w.WriteString(j.after)
	return err
}

// unseen reports whether r is not seen, or moves what is: a control, a bidirectional or zero-width
// character, a separator of lines.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
