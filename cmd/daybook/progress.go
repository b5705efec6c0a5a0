package main

import (
	"fmt"
	"io"
	"time"
)

// progress tells on a terminal how far an import is; elsewhere it says nothing.
type progress struct {
	w       io.Writer // nil: no terminal
	started time.Time
	told    time.Time
}

func newProgress(stderr io.Writer) *progress {
	p := &progress{started: time.Now()}
	if _, terminal := columnsOf(stderr); terminal {
		p.w = stderr
	}
	return p
}

// at says that n entries are recorded, at most ten times a second.
func (p *progress) at(n int64) {
	now := time.Now()
	if p.w == nil || now.Sub(p.told) < 100*time.Millisecond {
		return
	}
	p.told = now
	rate := float64(n) / max(now.Sub(p.started).Seconds(), 0.001)
	fmt.Fprintf(p.w, "\r%s, %s/s \x1b[K", plural(n, "entry", "entries"), grouped(int64(rate)))
}

// end clears the line for what is said next.
func (p *progress) end() {
	if p.w != nil && !p.told.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
