package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Everything in an entry is a stranger's text. Printed raw it could change the terminal's title or
// clipboard, overwrite the line before, or show its letters in another order. So no character that
// is not seen, and none that moves others, is ever printed as it is.

// unseen reports whether r is such a character: a control (C0, DEL, C1), a format character (which
// the bidirectional and most zero-width ones are), a separator of lines or paragraphs, or another
// that Unicode draws as nothing.
func unseen(r rune) bool {
	if r < 0x7f {
		return r < ' '
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector,
		unicode.Other_Default_Ignorable_Code_Point)
}

// escapeText returns s as one line that is safe to print: \u{1b} for an unseen character, \x{9b}
// for a byte that is no UTF-8. No other text gives the same line: a backslash that could be read
// as the beginning of such an escape is itself \u{5c}.
func escapeText(s string) string {
	clean := 0 // bytes at the beginning that stay
	for clean < len(s) {
		r, n := utf8.DecodeRuneInString(s[clean:])
		if unseen(r) || r == utf8.RuneError && n == 1 || r == '\\' && escapes(s[clean:]) {
			break
		}
		clean += n
	}
	if clean == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:clean])
	for s := s[clean:]; s != ""; {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x{%02x}`, s[0])
		case unseen(r) || r == '\\' && escapes(s):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
		s = s[n:]
	}
	return b.String()
}

func escapes(s string) bool { return strings.HasPrefix(s, `\u{`) || strings.HasPrefix(s, `\x{`) }

// escapeLines escapes each line of s and keeps the lines.
func escapeLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = escapeText(lines[i])
	}
	return strings.Join(lines, "\n")
}

// escapeJSON returns JSON text of the same value that is safe to print: unseen characters, which
// valid JSON has raw in strings only, become \u escapes.
func escapeJSON(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case !unseen(r) || r < ' ': // below the space it can only be layout
			out = append(out, text[:n]...)
		case r > 0xffff: // a surrogate pair, RFC 8259 section 7
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[n:]
	}
	return out
}
