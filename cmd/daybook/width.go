package main

import (
	"strings"
	"unicode"
)

// wide are the characters that take two columns of a terminal: the blocks of Unicode's East Asian
// Width W and F (UAX #11), and the pictographs that terminals draw as wide.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1}, // Hangul Jamo
		{Lo: 0x231a, Hi: 0x231b, Stride: 1},
		{Lo: 0x23e9, Hi: 0x23ec, Stride: 1},
		{Lo: 0x2e80, Hi: 0x303e, Stride: 1}, // CJK radicals to punctuation
		{Lo: 0x3041, Hi: 0x33ff, Stride: 1}, // Kana to CJK compatibility
		{Lo: 0x3400, Hi: 0x4dbf, Stride: 1},
		{Lo: 0x4e00, Hi: 0xa4cf, Stride: 1}, // CJK, Yi
		{Lo: 0xa960, Hi: 0xa97f, Stride: 1},
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, // Hangul
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1},
		{Lo: 0xfe30, Hi: 0xfe6f, Stride: 1},
		{Lo: 0xff01, Hi: 0xff60, Stride: 1}, // full-width forms
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x16fe0, Hi: 0x18aff, Stride: 1},
		{Lo: 0x1b000, Hi: 0x1b2ff, Stride: 1},
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1}, // pictographs
		{Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1},
		{Lo: 0x1f900, Hi: 0x1faff, Stride: 1},
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1}, // CJK extensions
	},
}

func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// width returns how many columns escaped text takes.
func width(s string) int {
	w := 0
	for _, r := range s {
		w += runeWidth(r)
	}
	return w
}

// cutEnd returns s with at most n columns, the last of them … where something is left out.
func cutEnd(s string, n int) string {
	if fits(s, n) {
		return s
	}
	return head(s, n-1) + "…"
}

// cutMiddle does as cutEnd, but leaves out the middle: ids are told apart by how they end, since
// many begin with the time.
func cutMiddle(s string, n int) string {
	if fits(s, n) {
		return s
	}
	end := (n - 1) / 2
	runes := []rune(s)
	from, w := len(runes), 0
	for from > 0 && w+runeWidth(runes[from-1]) <= end && len(runes)-from < marks*n {
		from--
		w += runeWidth(runes[from])
	}
	return head(s, n-1-w) + "…" + string(runes[from:])
}

// marks bounds the combining marks of a cell, which take no column: so many characters for each
// column it may have.
const marks = 4

func fits(s string, n int) bool {
	return width(s) <= n && (len(s) <= marks*n || len([]rune(s)) <= marks*n)
}

func head(s string, n int) string {
	var b strings.Builder
	w, count := 0, 0
	for _, r := range s {
		if w += runeWidth(r); w > n || count >= marks*n {
			break
		}
		count++
		b.WriteRune(r)
	}
	return b.String()
}
