package postgres

// A Progress is the sequencer's, for the test of its bookkeeping.
type Progress struct{ p progress }

func NewProgress(hint int64) *Progress { return &Progress{progress{hint: hint}} }

func (p *Progress) Advance(taken []int64, full bool, xmin, own int64) {
	p.p = p.p.advance(taken, full, xmin, own)
}

// Covers reports whether a round would look at the number.
func (p *Progress) Covers(seq int64) bool {
	for _, g := range p.p.gaps {
		if g.low <= seq && seq <= g.high {
			return true
		}
	}
	return seq >= p.p.hint
}

func (p *Progress) Gaps() int { return len(p.p.gaps) }
