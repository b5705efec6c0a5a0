package main

import (
	"bufio"
	"strings"
)

// A column is one of a table. Its cells are escaped already.
type column struct {
	title string
	least int                      // how narrow it may become; 0: it is never narrowed
	cut   func(string, int) string // how a cell is made to fit; for columns that may be narrowed
	drop  int                      // columns are left out on narrow terminals in this order from 1 on; 0: never
	right bool                     // numbers
}

// A table prints rows under each other. The first rows lay it out; later ones are fitted to that.
type table struct {
	w       *bufio.Writer
	columns []column
	most    int   // columns of the terminal; 0: as wide as need be
	widths  []int // of each column, -1 for one that is left out; nil before the first rows
}

const gap = 2 // columns between two cells

func newTable(w *bufio.Writer, most int, columns []column) *table {
	return &table{w: w, columns: columns, most: most}
}

// print prints rows, and before the first of them the titles.
func (t *table) print(rows [][]string) {
	if t.widths == nil {
		t.layOut(rows)
		titles := make([]string, len(t.columns))
		for i, c := range t.columns {
			titles[i] = c.title
		}
		t.row(titles)
	}
	for _, r := range rows {
		t.row(r)
	}
}

// layOut gives each column the width of its widest cell, and if that is too much narrows the widest
// column until it fits, and then leaves columns out.
func (t *table) layOut(rows [][]string) {
	natural := make([]int, len(t.columns))
	for i, c := range t.columns {
		used := false
		for _, r := range rows {
			used = used || r[i] != ""
			natural[i] = max(natural[i], width(r[i]))
		}
		if !used && len(rows) > 0 && c.drop > 0 {
			natural[i] = -1
			continue
		}
		natural[i] = max(natural[i], width(c.title))
	}
	last := 0
	for _, c := range t.columns {
		last = max(last, c.drop)
	}
	for dropped := 0; ; dropped++ {
		t.widths = append(t.widths[:0], natural...)
		for i, c := range t.columns {
			if 0 < c.drop && c.drop <= dropped {
				t.widths[i] = -1
			}
		}
		if t.narrow() || dropped >= last {
			return
		}
	}
}

// narrow takes columns from the widest that can be narrowed until the table fits.
func (t *table) narrow() bool {
	if t.most <= 0 {
		return true
	}
	for t.total() > t.most {
		widest := -1
		for i, c := range t.columns {
			if c.least > 0 && t.widths[i] > max(c.least, width(c.title)) && (widest < 0 || t.widths[i] > t.widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return false
		}
		t.widths[widest]--
	}
	return true
}

func (t *table) total() int {
	total := -gap
	for _, w := range t.widths {
		if w >= 0 {
			total += w + gap
		}
	}
	return total
}

func (t *table) row(cells []string) {
	var line strings.Builder
	blank := 0 // spaces owed: none are printed at the end of a line
	for i, c := range t.columns {
		n := t.widths[i]
		if n < 0 {
			continue
		}
		cell := cells[i]
		if t.most > 0 && c.cut != nil {
			cell = c.cut(cell, n)
		}
		pad := max(n-width(cell), 0)
		if c.right {
			blank, pad = blank+pad, 0
		}
		if cell != "" {
			line.WriteString(strings.Repeat(" ", blank))
			line.WriteString(cell)
			blank = 0
		}
		blank += pad + gap
	}
	t.w.WriteString(line.String())
	t.w.WriteByte('\n') // bufio keeps the first error for Flush
}
