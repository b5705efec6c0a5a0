package viewer_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/api"
	"github.com/daybookdev/daybook/examples/element"
	"github.com/daybookdev/daybook/server"
)

// What the tests in web/test need to know, passed to them as JSON.
type browserSetup struct {
	Server   string            `json:"server"`
	Host     string            `json:"host"` // another application, whose page has the element
	Chromium string            `json:"chromium"`
	Keys     map[string]string `json:"keys"`
	Foreign  string            `json:"foreign"` // the id of an entry that is not acme's
	Payloads int               `json:"payloads"`
	Pictures string            `json:"pictures,omitempty"`
	Only     string            `json:"only,omitempty"`
}

// The page is used as people use it, in a real browser, on a real server with entries of a month.
// DAYBOOK_PICTURES names a directory for screenshots to look at, DAYBOOK_ONLY a part of a test's name,
// DAYBOOK_SCRIPT another script, which `make pictures` uses for the manual's.
func TestThePageInABrowser(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("the page is tested with Node: install Node.js 20.19 or newer, then run `make test`, or `npm ci` in viewer/web")
	}
	if _, err := os.Stat("web/node_modules/playwright-core"); err != nil {
		t.Fatal("the page's test packages are not installed: run `make test`, or `npm ci` in viewer/web")
	}
	s := startServers(t)
	s.Chromium = findChromium(t)
	s.Pictures, s.Only = os.Getenv("DAYBOOK_PICTURES"), os.Getenv("DAYBOOK_ONLY")
	if s.Pictures != "" {
		if s.Pictures, err = filepath.Abs(s.Pictures); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	script := "test/all.mjs"
	if name := os.Getenv("DAYBOOK_SCRIPT"); name != "" {
		script = name
	}
	cmd := exec.CommandContext(t.Context(), node, script)
	cmd.Dir = "web"
	cmd.Env = append(os.Environ(), "DAYBOOK_BROWSER="+string(text))
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ran := 0
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r struct {
			Name  string `json:"name"`
			OK    bool   `json:"ok"`
			MS    int    `json:"ms"`
			Error string `json:"error"`
		}
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Errorf("not a result: %s", lines.Text())
			continue
		}
		ran++
		t.Run(r.Name, func(t *testing.T) {
			if !r.OK {
				t.Error(r.Error)
			} else if testing.Verbose() {
				t.Logf("%d ms", r.MS)
			}
		})
	}
	if err := cmd.Wait(); err != nil && !t.Failed() {
		t.Errorf("%v: %s", err, said.String())
	}
	if ran == 0 {
		t.Errorf("no test ran: %s", said.String())
	}
}

func findChromium(t *testing.T) string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("the page is tested in Chromium: install it (apt-get install chromium), or run `make test`")
	return ""
}

// startServers starts the log's server, on a seeded log, and another application's.
func startServers(t *testing.T) browserSetup {
	t.Helper()
	ctx, dir, now := t.Context(), t.TempDir(), time.Now()
	logger := slog.New(slog.NewTextHandler(io.Discard, nil))
	data, err := server.CreateLog(ctx, server.DirectoryPlace(dir), &server.LogOptions{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	seed(ctx, t, data.Store, now)
	seedHostile(ctx, t, data.Store, now)
	logs, host := listen(t), listen(t)
	s := browserSetup{Server: "http://" + logs.Addr().String(), Host: "http://" + host.Addr().String(), Keys: map[string]string{}, Payloads: len(payloads)}
	credentials, err := server.NewCredentials(data.Store, "platform", logger)
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct{ organization, permissions string }{
		"admin": {acme, "admin"}, "auditor": {acme, "auditor"}, "recorder": {acme, "recorder"}, "empty": {"initech", "reader"}, "hostile": {hostile, "auditor"}, "embedder": {acme, "embedder"},
	} {
		permissions, err := access.ParsePermissions(k.permissions)
		if err != nil {
			t.Fatal(err)
		}
		_, s.Keys[name], err = credentials.CreateKey(ctx, access.Operator(""), access.KeyRequest{Name: name, Organizations: []string{k.organization}, Permissions: permissions})
		if err != nil {
			t.Fatal(err)
		}
	}
	foreign, err := data.Store.Query(ctx, globex, daybook.Query{Limit: 1})
	if err != nil || len(foreign.Entries) == 0 {
		t.Fatal("globex has no entry", err)
	}
	s.Foreign = foreign.Entries[0].ID.String()
	if err := data.Close(); err != nil {
		t.Fatal(err)
	}
	config := server.DefaultConfig()
	config.Data, config.Origins, config.Logger = dir, []string{s.Host}, logger
	config.Limits.Read = api.Rate{PerSecond: 1000, Burst: 5000} // one browser does here what many people would
	config.Limits.Export = api.Rate{PerSecond: 100, Burst: 500}
	log, err := server.New(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	serve(t, logs, log)
	app, err := element.Handler(element.Config{Server: s.Server, Key: s.Keys["embedder"], Organization: acme, Filter: "type:document", Origin: s.Host})
	if err != nil {
		t.Fatal(err)
	}
	serve(t, host, app)
	return s
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func serve(t *testing.T, l net.Listener, h http.Handler) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }() // ends with Close below
	t.Cleanup(func() { _ = s.Close(); <-done })
}
