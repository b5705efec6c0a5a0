package ledger

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// VerifyOptions are how [Verify] works. The zero VerifyOptions do.
type VerifyOptions struct {
	// Organization is the only one whose log is verified. Empty means all.
	Organization string

	// Kept are signed checkpoints that were kept where the database's owner does not reach: only
	// they show that all of it, checkpoints included, was set back or rewritten.
	Kept []string

	// Receipts are signed receipts of entries.
	Receipts []string

	// Lists are erasure lists and sweep sets that the source may not have.
	Lists [][]byte

	// Progress is called now and then.
	Progress func(organization string, done, total int64)

	// Now is the time of the verification. Zero means the present.
	Now time.Time
}

// Verify reads everything that a source has and reports what does not hold: each entry again, its
// commitments, its leaf, its place, the root, against checkpoints that the keys of t have signed. It
// does not stop at the first finding. The error is that of ctx.
func Verify(ctx context.Context, src Source, t Trust, opts *VerifyOptions) (*Report, error) {
	var o VerifyOptions
	if opts != nil {
		o = *opts
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	v := &verification{ctx: ctx, src: src, trust: t, opts: o, report: &Report{Findings: nothingFound()},
		kept: map[string][]Checkpoint{}, receipts: map[string]map[daybook.ID]Receipt{}}
	v.run()
	for _, l := range v.report.Logs {
		switch {
		case l.Result == Tampered:
			v.report.Result = Tampered
		case l.Result == Incomplete && v.report.Result == OK:
			v.report.Result = Incomplete
		}
	}
	return v.report, ctx.Err()
}

type verification struct {
	ctx      context.Context
	src      Source
	trust    Trust
	opts     VerifyOptions
	report   *Report
	kept     map[string][]Checkpoint           // by origin, ascending by size
	receipts map[string]map[daybook.ID]Receipt // by origin
	waiting  map[Stray]bool                    // entries without a place, Waiting not set
}

func (v *verification) run() {
	v.report.Deployment = v.trust.Deployment
	name, err := v.src.Deployment(v.ctx)
	if err != nil {
		v.report.add(StoreUnreachable, "the deployment's name: %v", err)
		return
	}
	if name != v.trust.Deployment {
		v.report.add(OriginMismatch, "the log says that it is %q, and the trust file is for %q: everything in it belongs to another deployment, or its name was changed", name, v.trust.Deployment)
		return
	}
	v.readInputs()
	logs, err := v.src.Logs(v.ctx)
	if err != nil {
		v.report.add(StoreUnreachable, "the logs: %v", err)
		return
	}
	seen := map[string]bool{}
	v.readStrays()
	for what, err := range v.src.Contradictions(v.ctx) {
		if err != nil {
			v.report.add(StoreUnreachable, "the store's own account: %s", shorten(err))
			break
		}
		v.report.add(DerivedMismatch, "%s", what)
	}
	for _, l := range logs {
		if v.opts.Organization != "" && l.Organization != v.opts.Organization || v.ctx.Err() != nil {
			continue
		}
		r := LogReport{Organization: l.Organization, Origin: l.Origin(name), Findings: nothingFound()}
		if seen[r.Origin] {
			r.add(IndexConflict, "there are two logs of this organization")
		}
		seen[r.Origin] = true
		(&logVerification{verification: v, log: l, report: &r}).run()
		v.report.Logs = append(v.report.Logs, r)
	}
	if v.opts.Organization != "" && len(v.report.Logs) == 0 {
		v.report.add(InputMissing, "there is no log of %q here", v.opts.Organization)
	}
	for origin, kept := range v.kept {
		if _, organization, _, err := ParseOrigin(origin); err != nil || v.opts.Organization != "" && organization != v.opts.Organization {
			continue
		}
		if !seen[origin] && kept[len(kept)-1].Size > 0 {
			v.report.add(Rollback, "%s had %d entries when a checkpoint of it was kept, and there is no such log", origin, kept[len(kept)-1].Size)
		}
	}
	for origin, receipts := range v.receipts {
		for id := range receipts {
			if !seen[origin] && v.opts.Organization == "" {
				v.report.add(ReceiptMissing, "%s, for whose entry %v there is a receipt, is not here", origin, id)
			}
		}
	}
	if len(v.opts.Kept) == 0 {
		v.report.notChecked("whether all of it, its checkpoints included, was set back to an earlier state or rewritten with the key: only a checkpoint kept elsewhere shows that (--kept)")
	}
	if len(v.opts.Receipts) == 0 {
		v.report.notChecked("whether entries were removed before they had their place: only receipts show that (--receipts)")
	}
}

// readInputs opens what the caller has kept.
func (v *verification) readInputs() {
	for _, signed := range v.opts.Kept {
		c, err := OpenCheckpoint(signed, v.trust.Keys)
		if err != nil {
			v.report.add(noteCode(err), "a checkpoint that was kept: %v", err)
			continue
		}
		if d, _, _, err := ParseOrigin(c.Origin); err != nil || d != v.trust.Deployment {
			v.report.add(OriginMismatch, "a checkpoint that was kept is of %s, no log of %s", c.Origin, v.trust.Deployment)
			continue
		}
		v.kept[c.Origin] = append(v.kept[c.Origin], c)
	}
	for _, kept := range v.kept {
		slices.SortFunc(kept, func(a, b Checkpoint) int { return int(min(1, max(-1, a.Size-b.Size))) })
	}
	for _, signed := range v.opts.Receipts {
		r, err := OpenReceipt(signed, v.trust.Keys)
		if err != nil {
			v.report.add(noteCode(err), "a receipt: %v", err)
			continue
		}
		if v.receipts[r.Origin] == nil {
			v.receipts[r.Origin] = map[daybook.ID]Receipt{}
		}
		v.receipts[r.Origin][r.ID] = r
	}
}

// noteCode says what is wrong with a note that cannot be opened.
func noteCode(err error) Code {
	if errors.Is(err, ErrKeyUnknown) {
		return KeyUnknown
	}
	return SignatureInvalid
}

// mostWaiting bounds how many entries that wait for their place are remembered.
const mostWaiting = 1_000_000

func (v *verification) readStrays() {
	v.waiting = map[Stray]bool{}
	waiting, oldest := 0, time.Time{}
	for s, err := range v.src.Strays(v.ctx) {
		if err != nil {
			v.report.add(StoreUnreachable, "entries that are in no log: %v", err)
			return
		}
		if v.opts.Organization != "" && s.Organization != v.opts.Organization {
			continue
		}
		if s.Waiting.IsZero() {
			f := v.report.add(RowExtra, "the entry of organization %q is in no log", s.Organization)
			f.Entry = s.ID.String()
			continue
		}
		if waiting++; oldest.IsZero() || s.Waiting.Before(oldest) {
			oldest = s.Waiting
		}
		if len(v.waiting) < mostWaiting {
			v.waiting[Stray{Organization: s.Organization, ID: s.ID}] = true
		}
	}
	if waiting > 0 {
		v.report.notChecked("%d entries that wait for their place, the oldest since %s", waiting, oldest.UTC().Format(time.RFC3339))
	}
}

// list returns an erasure list or sweep set.
func (v *verification) list(digest [32]byte) ([]byte, error) {
	for _, l := range v.opts.Lists {
		if sha256Sum(l) == digest {
			return l, nil
		}
	}
	return v.src.List(v.ctx, digest)
}

// rootText returns a root as it stands in a checkpoint.
func rootText(h [32]byte) string { return base64.StdEncoding.EncodeToString(h[:]) }

// keysAt returns the keys that may have signed a checkpoint of a size: those of the trust file, and
// what rotations before it have named.
func (v *logVerification) keysAt(size int64) []PublicKey {
	keys := slices.Clone(v.trust.Keys)
	for _, r := range v.rotations {
		if r.index < size {
			keys = append(keys, r.key)
		}
	}
	return keys
}

// shorten cuts a text that stands in a message.
func shorten(err error) string {
	s := strings.ReplaceAll(err.Error(), "\n", " ")
	if len(s) > 300 {
		s = s[:300] + "…"
	}
	return fmt.Sprint(s)
}
