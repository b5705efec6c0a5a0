package viewer_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
	"github.com/daybookdev/daybook/store/sqlite"
)

// The functions of the page, tested where they run: filter texts, time, differences, and the check of
// proofs, for which the ledger makes the proofs.
func TestTheFunctionsOfThePage(t *testing.T) {
	npx, err := exec.LookPath("npx")
	if err != nil {
		t.Fatal("the page is tested with Node: install Node.js 20.19 or newer, with npm, then run `make test`")
	}
	if _, err := os.Stat("web/node_modules/vitest"); err != nil {
		t.Fatal("the page's test packages are not installed: run `make test`, or `npm ci` in viewer/web")
	}
	proofs := filepath.Join(t.TempDir(), "proofs.json")
	if err := os.WriteFile(proofs, makeProofs(t), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), npx, "--no-install", "vitest", "run", "--reporter=dot")
	cmd.Dir = "web"
	cmd.Env = append(os.Environ(), "DAYBOOK_PROOFS="+proofs, "CI=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// makeProofs returns proofs that the ledger gives out, with the entries that they are of.
func makeProofs(t *testing.T) []byte {
	t.Helper()
	ctx := t.Context()
	store, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "log.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	seed(ctx, t, store, time.Now())
	odd := daybook.Entry{ID: daybook.NewID(), OrganizationID: acme, Action: daybook.Update, ResourceType: "document", ResourceID: "ü\u2028<&>", UserID: "ada", ActorType: daybook.ActorUser,
		Details: daybook.Details{"n": json.Number("12345678901234567890.00100"), "e": json.Number("1e-7"), "z": 0, "t": true, "f": false, "null": nil, "empty": map[string]any{}, "none": []any{},
			"list": []any{1, "a", []any{}, map[string]any{"é": "b", "z": "c", "𝄞": "d", "\uffee": "e"}}, "__proto__": map[string]any{"x": 1}, "text": "line\n\"quoted\" \\ <b>"}}
	if err := store.Append(ctx, odd); err != nil {
		t.Fatal(err)
	}
	key := ledger.NewKey()
	deployment, err := store.Ledger().Deployment(ctx)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ledger.NewSigner(deployment, key, "")
	if err != nil {
		t.Fatal(err)
	}
	keeper, err := ledger.NewKeeper(ctx, store.Ledger(), signer, nil)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := key.Public().VerifierKey(deployment)
	if err != nil {
		t.Fatal(err)
	}
	page, err := store.Query(ctx, acme, daybook.Query{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	type vector struct {
		Entry daybook.Entry `json:"entry"`
		Proof string        `json:"proof"`
	}
	out := struct {
		Key    string   `json:"key"`
		Proofs []vector `json:"proofs"`
	}{Key: verifier}
	for i, e := range page.Entries {
		if i%37 != 0 && e.ID != odd.ID {
			continue
		}
		p, err := keeper.Proof(ctx, acme, e.ID, "resource_id", "user_id", "request_id", "ip_address", "user_agent", "details", "recorded_by")
		if err != nil {
			t.Fatal(err)
		}
		out.Proofs = append(out.Proofs, vector{e, p.String()})
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
