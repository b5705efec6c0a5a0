package main

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestEscapedTextIsOneSafeLine(t *testing.T) {
	for given, want := range map[string]string{
		"":                                  "",
		"Zürich, 東京, 🎉":                     "Zürich, 東京, 🎉",
		`C:\temp\users`:                     `C:\temp\users`,
		"a\nb\r\tc":                         `a\u{a}b\u{d}\u{9}c`,
		"\x1b]8;;http://evil/\x1b\\":        `\u{1b}]8;;http://evil/\u{1b}\`,
		"\x1b]52;c;cm0gLXJm\x07":            `\u{1b}]52;c;cm0gLXJm\u{7}`,
		"\x7f\u0080\u009b31m\u0085":         `\u{7f}\u{80}\u{9b}31m\u{85}`,
		"\x9b31m\xff":                       `\x{9b}31m\x{ff}`,
		"invoice\u202efdp.exe\u2066\u2069":  `invoice\u{202e}fdp.exe\u{2066}\u{2069}`,
		"a\u200bb\u200c\u200d\u2060\ufeff":  `a\u{200b}b\u{200c}\u{200d}\u{2060}\u{feff}`,
		"\u2028\u2029":                      `\u{2028}\u{2029}`,
		"\u00ad\u061c\u034f\u3164\ufe0f":    `\u{ad}\u{61c}\u{34f}\u{3164}\u{fe0f}`,
		"tag\U000e0041\U000e0101":           `tag\u{e0041}\u{e0101}`,
		`looks like \u{1b} and \x{9b}`:      `looks like \u{5c}u{1b} and \u{5c}x{9b}`,
		"<13>1 2026-11-23 fake syslog\nfoo": `<13>1 2026-11-23 fake syslog\u{a}foo`,
	} {
		if got := escapeText(given); got != want {
			t.Errorf("%q is printed as %s, want %s", given, got, want)
		}
	}
}

var escape = regexp.MustCompile(`\\([ux])\{([0-9a-f]+)\}`)

func unescapeText(t *testing.T, s string) string {
	return escape.ReplaceAllStringFunc(s, func(e string) string {
		m := escape.FindStringSubmatch(e)
		n, err := strconv.ParseUint(m[2], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		if m[1] == "x" {
			return string([]byte{byte(n)})
		}
		return string(rune(n))
	})
}

func FuzzEscapeText(f *testing.F) {
	for _, s := range []string{"", "a\x1bb", `\u{5c}u{`, "\xff\u202e", "\U000e0041"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		escaped := escapeText(s)
		if !utf8.ValidString(escaped) || strings.ContainsFunc(escaped, unseen) {
			t.Errorf("%q is printed as %q", s, escaped)
		}
		// Otherwise two texts could look the same.
		if back := unescapeText(t, escaped); back != s {
			t.Errorf("%q is printed as %q, which reads as %q", s, escaped, back)
		}
		for _, n := range []int{1, 5, 20} {
			for _, cut := range []string{cutEnd(escaped, n), cutMiddle(escaped, n)} {
				if width(cut) > n || len([]rune(cut)) > marks*n+2 {
					t.Errorf("%q is cut for %d columns to %q", s, n, cut)
				}
			}
		}
	})
}

func FuzzEscapeJSON(f *testing.F) {
	for _, s := range []string{`"a"`, "{\"\u202e\":[\"\x7f\u0085\",1e3]}", "\"\U000e0041\u2028\ufeff\"", "[\n1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || !json.Valid([]byte(s)) {
			return
		}
		escaped := escapeJSON([]byte(s))
		if i := strings.IndexFunc(string(escaped), func(r rune) bool { return r > ' ' && unseen(r) }); i >= 0 {
			t.Errorf("%q is printed as %q", s, escaped)
		}
		var before, after any
		if json.Unmarshal([]byte(s), &before) != nil {
			return // a number too large for Go
		}
		if err := json.Unmarshal(escaped, &after); err != nil {
			t.Fatalf("%q is printed as %q: %v", s, escaped, err)
		}
		if d := cmp.Diff(before, after); d != "" {
			t.Errorf("%q is printed as %q, another value:\n%s", s, escaped, d)
		}
	})
}

func TestACommandLineReadsBackAsItsArguments(t *testing.T) {
	for given, want := range map[string]string{
		"ada":                "ada",
		"ada@example.com":    "ada@example.com",
		"":                   "''",
		"two words":          "'two words'",
		"it's":               `'it'\''s'`,
		"$(rm -rf ~)":        "'$(rm -rf ~)'",
		"a\nb\u202e'\\":      `$'a\x0ab\xe2\x80\xae\x27\x5c'`,
		"2026-11-23T00:00Z;": "'2026-11-23T00:00Z;'",
	} {
		if got := commandLine(given); got != want {
			t.Errorf("%q is quoted as %s, want %s", given, got, want)
		}
	}
}
