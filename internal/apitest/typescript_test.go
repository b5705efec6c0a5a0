package apitest

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A client in TypeScript is generated from the document as it is now, compiles, and records an entry.
func TestAClientInTypeScriptIsGeneratedCompilesAndRecords(t *testing.T) {
	const client = "../../clients/typescript"
	modules, err := filepath.Abs(filepath.Join(client, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(modules); err != nil {
		t.Fatalf("the generator is not installed: run \"make clients/typescript/node_modules\", which \"make test\" does too: %v", err)
	}
	dir := t.TempDir() // so that nothing of it stays in the tree
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"package.json", "tsconfig.json", "example.ts"} {
		text, err := os.ReadFile(filepath.Join(client, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t)
	h := httptest.NewServer(w)
	defer h.Close()
	run := func(program string, args ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), program, args...)
		command.Dir, command.WaitDelay = dir, 10*time.Second
		command.Env = append(os.Environ(), "DAYBOOK="+h.URL, "KEY="+w.acme.token)
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", program, args, err, out)
		}
		return string(out)
	}
	run("node", "node_modules/openapi-typescript/bin/cli.js", h.URL+"/openapi.json", "-o", "schema.d.ts", "--root-types")
	run("node", "node_modules/typescript/bin/tsc")
	out := run("node", "out/example.js")
	if !strings.Contains(out, "recorded ") || !strings.Contains(out, "refused: action is \"create\"") {
		t.Errorf("%s", out)
	}
	w.must(t, w.acme, 200, "GET", "/v1/resources/document/from-typescript/entries", "")
}
