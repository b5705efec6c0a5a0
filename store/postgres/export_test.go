package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// SetScanBudget sets how long a page may look for what no index picks out.
func SetScanBudget(s *Store, d time.Duration) { s.scanBudget = d }

// Lead takes the sequencer's lock for a transaction, as a leader does, and waits for it.
func Lead(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1, hashtext(current_schema()))`, lockSequence)
	return err
}

// Drain gives all that waits its place, unless another leads.
func Drain(ctx context.Context, s *Store) error { return s.sequencer.drain(ctx) }

// Fold folds what has its place into the rollup, due or not, unless another leads.
func Fold(ctx context.Context, s *Store) error {
	if _, err := s.sequencer.look(ctx); err != nil {
		return err
	}
	s.sequencer.mu.Lock()
	defer s.sequencer.mu.Unlock()
	s.sequencer.foldedAt = time.Time{}
	return s.sequencer.fold(ctx)
}

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

// TallyBytes returns a tally of counts by action, resource type, actor type and outcome, and by hour.
func TallyBytes(counts map[[4]string]map[int]int64) []byte {
	t := tally{}
	for k, hours := range counts {
		for hour, n := range hours {
			t.add(kinds{k[0], k[1], k[2], k[3]}, hour, n)
		}
	}
	return t.bytes()
}

// ParseTally reads what TallyBytes returns.
func ParseTally(b []byte) (map[[4]string]map[int]int64, error) {
	counts := map[[4]string]map[int]int64{}
	var overflow error
	err := parseTally(b, func(k kinds, hour int, n int64) {
		key := [4]string{k.action, k.resourceType, k.actorType, k.outcome}
		if counts[key] == nil {
			counts[key] = map[int]int64{}
		}
		if counts[key][hour] += n; counts[key][hour] < 0 {
			overflow = errTally
		}
	})
	return counts, errors.Join(err, overflow)
}

// SetMostBehind sets how many entries may wait for their places while callers bring many.
func SetMostBehind(s *Store, n int64) { s.sequencer.mostBehind = n }
