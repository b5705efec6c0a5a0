package apitest

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook/access"
)

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```")

// The examples of docs/api.md run as they stand, against a real server, in one shell.
func TestTheExamplesOfTheManualRun(t *testing.T) {
	for _, program := range []string{"bash", "curl", "gzip"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("the examples of docs/api.md need %s: install it", program)
		}
	}
	page, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	h := httptest.NewServer(w)
	defer h.Close()
	defer w.EndStreams()
	script := []string{"set -euE"}
	blocks := shellBlock.FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 9 {
		t.Fatalf("docs/api.md has only %d examples", len(blocks))
	}
	for _, b := range blocks {
		script = append(script, b[1], "echo")
	}
	dir := t.TempDir()
	command := exec.CommandContext(t.Context(), "bash", "-c", strings.Join(script, "\n"))
	command.Dir, command.WaitDelay = dir, 10*time.Second
	command.Env = append(os.Environ(), "DAYBOOK="+h.URL, "KEY="+w.acme.token, "no_proxy=127.0.0.1")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text := string(out)
	for _, want := range []string{`"status":"created"`, `"status":"duplicate"`, `"created":2`, `"title":{"new":"Plan","old":"Draft"}`, `[redacted:password]`,
		`"interval":"day"`, `retry: 2000`, `"key":"dbk_`, `"token":"dbv_`, `"user_id":"ada"`,
		`{"field":"q","reason":"unknown field \"usr\"","code":"filter_unknown_field","at":0,"length":3,"suggestion":"user"}`} {
		if !strings.Contains(text, want) {
			t.Errorf("the examples do not show %s:\n%s", want, text)
		}
	}
	if csv, err := os.ReadFile(filepath.Join(dir, "documents.csv")); err != nil || !strings.Contains(string(csv), `"document"`) {
		t.Errorf("the export is %s, %v", csv, err)
	}
	// Who looked was seen.
	w.must(t, w.acme, 200, "GET", "/v1/entries?q=resource:daybook.export", "")
}

// Every code that an answer can have stands in the manual, and every permission that a route needs.
func TestTheManualNamesEveryCode(t *testing.T) {
	page, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../api/*.go")
	if err != nil || len(files) < 20 {
		t.Fatal(files, err)
	}
	code := regexp.MustCompile(`(?:http\.Status\w+, |Code: )"([a-z_]+)"`)
	named := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range code.FindAllStringSubmatch(string(text), -1) {
			if named++; !strings.Contains(string(page), "`"+m[1]+"`") {
				t.Errorf("%s answers the code %s, which docs/api.md does not name", file, m[1])
			}
		}
	}
	if named < 30 {
		t.Errorf("only %d codes were found", named)
	}
	for _, r := range newWorld(t).Routes() {
		if r.Permission != "" && !slices.Contains(access.AllPermissions(), r.Permission) {
			t.Errorf("%s %s needs %q, which is no permission", r.Method, r.Path, r.Permission)
		}
		if !strings.Contains(string(page), strings.TrimPrefix(r.Path, "GET ")) && !strings.HasPrefix(r.Path, "/v1/views/") {
			t.Errorf("docs/api.md does not name %s", r.Path)
		}
	}
}
