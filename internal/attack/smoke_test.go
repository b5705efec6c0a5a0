package attack

import (
	"testing"

	"github.com/daybookdev/daybook/ledger"
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
