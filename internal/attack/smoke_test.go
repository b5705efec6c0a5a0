package attack

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
	"github.com/daybookdev/daybook/store/storetest"
)

// each runs a test on every store.
func each(t *testing.T, f func(t *testing.T, b *bench)) {
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) { f(t, open(t, kind)) })
	}
}

func TestAnHonestLogVerifies(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.record(t, "acme", 700)
		b.record(t, "zeta", 3)
		b.sign(t)
		b.record(t, "acme", 40)
		kept := b.sign(t)
		b.record(t, "acme", 1)
		b.sequence(t)
		r := b.verify(t, &ledger.VerifyOptions{Kept: kept})
		if r.Result != ledger.OK || len(r.Logs) != 2 || r.Logs[0].Size != 741 || r.Logs[0].Signed != 740 || r.Logs[0].Checked.Tiles != 2 || r.Logs[0].Checked.Checkpoints != 2 || r.Logs[0].Checked.Kept != 1 {
			t.Errorf("%s", text(r))
		}
	})
}

// What is hashed is what comes back: random entries, recorded directly and in transactions, verify, and
// what the ledger reads is what queries read.
func TestWhatIsHashedIsWhatComesBack(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	each(t, func(t *testing.T, b *bench) {
		g := storetest.NewGenerator(seed)
		byID := map[daybook.ID]daybook.Entry{}
		for range 60 {
			var batch []daybook.Entry
			for range 1 + g.IntN(12) {
				e := g.Entry([]string{"acme", "zeta", "a b/ü"}[g.IntN(3)])
				switch g.IntN(4) {
				case 0:
					e.Details = hostile(g)
				case 1:
					e.RecordedBy, e.UserAgent = "key:ак🔑", "a\tb\u2028c<>&\"\\"
				}
				batch = append(batch, e)
			}
			if err := b.store.Append(t.Context(), batch...); err != nil && !errors.Is(err, daybook.ErrConflict) {
				t.Fatal(err)
			}
		}
		kept := b.sign(t)
		if r := b.verify(t, &ledger.VerifyOptions{Kept: kept}); r.Result != ledger.OK {
			t.Fatalf("%.5000s", text(r))
		}
		logs, err := b.ledger.Logs(t.Context())
		if err != nil || len(logs) != 3 {
			t.Fatal(logs, err)
		}
		for _, l := range logs {
			for e, err := range daybook.All(t.Context(), b.store, l.Organization, daybook.Query{}) {
				if err != nil {
					t.Fatal(err)
				}
				byID[e.ID] = e
			}
			rows := b.rows(t, l)
			if len(rows) == 0 {
				t.Errorf("no rows of %q", l.Organization)
			}
			for _, row := range rows {
				if diff := storetest.Diff([]daybook.Entry{byID[row.ID]}, []daybook.Entry{row.Sealed.Entry}); diff != "" {
					t.Errorf("queries read something else than was hashed:\n%s", diff)
				}
				p, err := b.keeper.Proof(t.Context(), l.Organization, row.ID, ledger.Fields()...)
				if err != nil {
					t.Fatal(err)
				}
				parsed, err := ledger.ParseProof(p.String())
				if err != nil {
					t.Fatal(err)
				}
				if _, _, err := parsed.Check([]ledger.PublicKey{b.key.Public()}); err != nil {
					t.Errorf("entry %v: %v", row.ID, err)
				}
			}
		}
	})
}

// hostile are details that stores and languages tend to change.
func hostile(g *storetest.Generator) daybook.Details {
	all := []any{json.Number("9007199254740993"), json.Number("1.50e2"), json.Number("-0.0"), json.Number("5e-324"), json.Number("1e300"), 1.7976931348623157e308,
		"", "\u0001\b\f\"\\/\u007f\u2028", "ﬁ😀", true, false, nil, map[string]any{}, []any{}, []any{[]any{}, map[string]any{"": nil}}}
	d := daybook.Details{}
	for _, name := range []string{"a", "A", "é", "😀", "ﬁ", "a/b", "a~b", "", "__proto__", "\n"} {
		if g.IntN(3) > 0 {
			d[name] = all[g.IntN(len(all))]
		}
	}
	return d
}
