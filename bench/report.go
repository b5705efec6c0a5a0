package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// A report is what one run measured.
type report struct {
	plan   plan
	at     time.Time
	row    rowSize
	tables []table
	aims   []aim
}

// A table is one of the report; facts say where its figures come from.
type table struct {
	title, about, facts string
	head                []string
	rows                [][]string
}

// An aim is what a figure should be: at least, or at most.
type aim struct {
	what        string
	least, most float64 // one of them
	unit        string
	measured    float64
}

func (a aim) met() bool {
	if a.least > 0 {
		return a.measured >= a.least
	}
	return a.measured <= a.most
}

// markdown returns the report as it stands between the markers of the page.
func (r *report) markdown() string {
	var b strings.Builder
	runs := fmt.Sprintf("Medians of %d runs by turns; ratios are taken within a run.", r.plan.runs)
	if r.plan.runs == 1 {
		runs = "One run."
	}
	fmt.Fprintf(&b, "Measured on %s by\n\n```sh\n%s\n```\n\n%s ", r.at.UTC().Format(time.DateOnly), r.plan.command, runs)
	if r.plan.quick {
		b.WriteString("**The sizes were those of `-quick`: the figures mean nothing.** ")
	}
	fmt.Fprintf(&b, "The entries are of %d organizations with a zipf share, the biggest with 5 %%; each has %s bytes of values, among them UUIDs for ids, "+
		"details of about 110 bytes and a user agent of about 110.\n", organizations, whole(r.row.raw))
	b.WriteString("\n## Aims\n\n")
	aims := table{head: []string{"what", "aim", "measured", "held"}}
	for _, a := range r.aims {
		bound, held := fmt.Sprintf("at most %g%s", a.most, a.unit), "**no**"
		if a.least > 0 {
			bound = fmt.Sprintf("at least %g%s", a.least, a.unit)
		}
		if a.met() {
			held = "yes"
		}
		aims.rows = append(aims.rows, []string{a.what, bound, figure(a.measured) + a.unit, held})
	}
	aims.write(&b)
	for _, t := range r.tables {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", t.title, t.about)
		t.write(&b)
		fmt.Fprintf(&b, "\n%s.\n", t.facts)
	}
	return b.String()
}

func (t *table) write(b *strings.Builder) {
	line := func(cells []string) { fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | ")) }
	line(t.head)
	b.WriteString("|---" + strings.Repeat("|---:", len(t.head)-1) + "|\n")
	for _, row := range t.rows {
		line(row)
	}
}

// The tables stand between these in the page; what is around them is written by hand.
const (
	blockBegin = "<!-- bench:begin -->"
	blockEnd   = "<!-- bench:end -->"
)

const preamble = `# Performance

What Daybook costs, measured. The tables are written by ` + "`make bench`" + `: no figure is copied from
elsewhere. On a shared machine times swing twofold between minutes, so everything is measured by
turns with what it is compared with: compare within one table, and trust ratios before times.

`

// writeBlock replaces what stands between the markers of a page, and makes the page if it is
// missing.
func writeBlock(path, block string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = []byte(preamble+blockBegin+"\n"+blockEnd+"\n"), nil
	}
	if err != nil {
		return fmt.Errorf("write the tables: %w", err)
	}
	page, err := replaceBlock(string(text), block)
	if err != nil {
		return fmt.Errorf("write the tables into %s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		return fmt.Errorf("write the tables: %w", err)
	}
	return nil
}

func replaceBlock(page, block string) (string, error) {
	before, rest, begins := strings.Cut(page, blockBegin)
	_, after, ends := strings.Cut(rest, blockEnd)
	if !begins || !ends {
		return "", fmt.Errorf("it needs a line %s and, behind it, a line %s: add them where the tables belong", blockBegin, blockEnd)
	}
	return before + blockBegin + "\n\n" + strings.TrimSpace(block) + "\n\n" + blockEnd + after, nil
}
