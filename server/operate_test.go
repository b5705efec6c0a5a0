package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/server"
)

// makeCertificate writes a certificate of this name and its key.
func makeCertificate(t *testing.T, files server.TLS, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{files.CertFile: {Type: "CERTIFICATE", Bytes: certificate}, files.KeyFile: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func newTLS(t *testing.T) server.TLS {
	dir := t.TempDir()
	return server.TLS{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
}

// nameOf returns the name in the certificate that a server shows.
func nameOf(t *testing.T, address string) string {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
}

func TestACertificateThatIsReplacedIsUsedWithoutARestart(t *testing.T) {
	files := newTLS(t)
	makeCertificate(t, files, "first")
	r := run(t, func(c *server.Config) { c.TLS = files })
	if name := nameOf(t, r.address); name != "first" {
		t.Errorf("the certificate is %q", name)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	answer, err := client.Get("https://" + r.address + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	client.CloseIdleConnections()
	if answer.ProtoMajor != 2 {
		t.Errorf("HTTPS speaks %s", answer.Proto)
	}
	makeCertificate(t, files, "second")
	r.Reload() // as at a SIGHUP
	if name := nameOf(t, r.address); name != "second" {
		t.Errorf("the certificate is %q", name)
	}
	// One that cannot be used is no reason to stop.
	if err := os.WriteFile(files.CertFile, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.Reload()
	if name := nameOf(t, r.address); name != "second" || !strings.Contains(r.logged.String(), "the old one stays") {
		t.Errorf("the certificate is %q; logged: %s", name, r.logged)
	}
	// A change is noticed without a signal.
	makeCertificate(t, files, "third")
	for deadline := time.Now().Add(20 * time.Second); nameOf(t, r.address) != "third"; {
		if time.Now().After(deadline) {
			t.Fatal("the third certificate is not used")
		}
	}
}

func TestACertificateThatIsMissingIsSaidAtTheStart(t *testing.T) {
	c := server.DefaultConfig()
	c.Data, c.TLS = filepath.Join(t.TempDir(), "data"), newTLS(t)
	if _, err := server.New(t.Context(), c); err == nil || !strings.Contains(err.Error(), "tls.cert_file") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(c.Data); err == nil {
		t.Error("the data directory was made")
	}
}

func TestMetricsCountAndTellNoNames(t *testing.T) {
	r := run(t, func(c *server.Config) { c.PrivateListen = "127.0.0.1:0" })
	url := "http://" + r.address + "/v1/entries?organization=acme-canary"
	for _, body := range []string{
		`{"id":"01a20fd0-1fa2-7bc2-8000-01def0ccbc89","action":"READ","resource_type":"document","outcome":"denied","user_id":"user-canary"}`,
		`{"id":"01a20fd0-1fa2-7bc2-8000-01def0ccbc89","action":"READ","resource_type":"document","outcome":"success","user_id":"user-canary"}`,
	} {
		answer, err := http.Post(url, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	get(t, "http://"+r.address+"/v1/entries/01a20fd0-1fa2-7bc2-8000-01def0ccbc89?organization=acme-canary")
	get(t, "http://"+r.address+"/path-canary/x")
	_, text := get(t, "http://"+r.private+"/metrics")
	for _, want := range []string{
		`daybook_entries_stored_total{outcome="denied"} 1`,
		`daybook_entries_refused_total{reason="conflict"} 1`,
		`daybook_http_requests_total{method="POST",route="/v1/entries",status="409"} 1`,
		`daybook_http_requests_total{method="GET",route="/v1/entries/{id}",status="200"} 1`,
		`daybook_http_requests_total{method="GET",route="other",status="404"} 1`,
		"daybook_store_up 1", "daybook_pending_entries 0", "go_goroutines",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(text, "canary") || strings.Contains(text, "01a20fd0") {
		t.Error("the metrics tell names")
	}
	// They, and the profiles, are on the private address alone.
	for _, path := range []string{"/metrics", "/debug/pprof/"} {
		if status, _ := get(t, "http://"+r.private+path); status != 200 {
			t.Errorf("private %s: %d", path, status)
		}
		if status, _ := get(t, "http://"+r.address+path); status != 404 {
			t.Errorf("public %s: %d", path, status)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestTheAccessLogHoldsNoSecrets(t *testing.T) {
	w := newWorld(t)
	w.do("GET", "/v1/entries?organization=acme&q=canary-in-filter", "", "Authorization: Bearer canary-token", "Cookie: session=canary-cookie")
	w.do("POST", "/v1/entries?organization=acme", `{"action":"READ","resource_type":"document","details":{"x":"canary-body"}}`)
	logged := w.logged.String()
	if strings.Count(logged, "msg=request") != 2 || !strings.Contains(logged, "route=/v1/entries") || !strings.Contains(logged, "status=201") {
		t.Errorf("logged: %s", logged)
	}
	if strings.Contains(logged, "canary") || strings.Contains(logged, "acme") {
		t.Errorf("logged: %s", logged)
	}
	silent := newWorld(t, func(c *server.Config) { c.Log.Access = false })
	silent.do("GET", "/v1/me", "")
	if logged := silent.logged.String(); strings.Contains(logged, "msg=request") {
		t.Errorf("logged although it is off: %s", logged)
	}
}

func TestTracesGoWhereTheConfigurationSays(t *testing.T) {
	got := make(chan string, 100)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- r.URL.Path + " " + string(body)
	}))
	defer collector.Close()
	w := newWorld(t, func(c *server.Config) { c.Traces = server.Traces{Endpoint: collector.URL, Ratio: 1} })
	w.do("GET", "/v1/me", "", "Authorization: Bearer canary-token")
	w.do("GET", "/v1/entries?organization=acme&q=canary", "")
	w.do("GET", "/readyz", "")
	if err := w.Close(); err != nil { // sends what is left
		t.Fatal(err)
	}
	all := <-got
	if !strings.HasPrefix(all, "/v1/traces ") || !strings.Contains(all, "GET /v1/me") || !strings.Contains(all, "GET /v1/entries") {
		t.Errorf("traced: %q", all)
	}
	if strings.Contains(all, "canary") || strings.Contains(all, "readyz") {
		t.Errorf("traced: %q", all)
	}
	// The world closes again with the test, and the collector is gone: that must be no error.
}

func TestTokensOfAConfiguredIssuerAreBelieved(t *testing.T) {
	secret := []byte(strings.Repeat("s3cret..", 5))
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, append(secret, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *server.Config) {
		c.Auth = server.Auth{Mode: server.AuthRequired, JWT: []server.JWT{{Issuer: "https://id.example.com", Audience: "log", Algorithm: "HS256", SecretFile: file,
			Permissions: map[string][]string{"log": {"reader", "record"}}}}}
	})
	signer, err := access.NewSigner(access.Issuer{Issuer: "https://id.example.com", Audience: "log", Algorithm: "HS256", Secret: secret}, nil)
	if err != nil {
		t.Fatal(err)
	}
	token, err := signer.Sign(access.Claims{Subject: "ada", Organization: "acme", ExpiresAt: time.Now().Add(time.Minute), All: map[string]any{"scope": "openid log"}})
	if err != nil {
		t.Fatal(err)
	}
	if a := w.do("POST", "/v1/entries", `{"action":"CREATE","resource_type":"document"}`, "Authorization: Bearer "+token); a.Code != 201 {
		t.Errorf("record: %d %s", a.Code, a.Body)
	}
	if a := w.do("GET", "/v1/entries", "", "Authorization: Bearer "+token); a.Code != 200 || !strings.Contains(a.Body.String(), `"organization_id":"acme"`) {
		t.Errorf("read: %d %s", a.Code, a.Body)
	}
	if a := w.do("GET", "/v1/entries", "", "Authorization: Bearer "+token[:len(token)-2]+"xx"); a.Code != 401 {
		t.Errorf("an altered token: %d %s", a.Code, a.Body)
	}
	if logged := w.logged.String(); strings.Contains(logged, token) || strings.Contains(logged, string(secret)) {
		t.Errorf("logged: %s", logged)
	}
	for name, change := range map[string]func(*server.JWT){
		"no file":        func(j *server.JWT) { j.SecretFile = "missing" },
		"no public key":  func(j *server.JWT) { j.SecretFile, j.KeyFile, j.Algorithm = "", file, "ES256" },
		"a short secret": func(j *server.JWT) { j.SecretFile = write(t, "short") },
	} {
		c := w.config
		c.Data = filepath.Join(t.TempDir(), "data")
		c.Auth.JWT = []server.JWT{w.config.Auth.JWT[0]}
		change(&c.Auth.JWT[0])
		if s, err := server.New(t.Context(), c); err == nil {
			s.Close()
			t.Errorf("%s: it starts", name)
		} else if !strings.Contains(err.Error(), "auth.jwt") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An API key made on the command line's side is believed at once.
func TestAKeyOfTheLogIsBelieved(t *testing.T) {
	w := newWorld(t, func(c *server.Config) { c.Auth.Mode = server.AuthRequired })
	log, err := server.OpenLog(t.Context(), server.DirectoryPlace(w.config.Data), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	credentials, err := server.NewCredentials(log.Store, w.config.Organization, nil)
	if err != nil {
		t.Fatal(err)
	}
	if some, err := w.HasKeys(t.Context()); some || err != nil {
		t.Errorf("there are keys: %v, %v", some, err)
	}
	_, text, err := credentials.CreateKey(t.Context(), access.Operator("ada"), access.KeyRequest{Name: "app", Organizations: []string{"acme"}, Permissions: []access.Permission{access.Record}})
	if err != nil {
		t.Fatal(err)
	}
	if some, err := w.HasKeys(t.Context()); !some || err != nil {
		t.Errorf("there are keys: %v, %v", some, err)
	}
	if a := w.do("POST", "/v1/entries", `{"action":"CREATE","resource_type":"document"}`, "Authorization: Bearer "+text); a.Code != 201 {
		t.Errorf("record: %d %s", a.Code, a.Body)
	}
	if a := w.do("GET", "/v1/entries", "", "Authorization: Bearer "+text); a.Code != 403 {
		t.Errorf("read: %d %s", a.Code, a.Body)
	}
	// The API makes keys too, for whoever may.
	_, admin, err := credentials.CreateKey(t.Context(), access.Operator("ada"), access.KeyRequest{Name: "admin", Organizations: []string{"acme"}, Permissions: []access.Permission{access.Keys, access.Record}})
	if err != nil {
		t.Fatal(err)
	}
	if a := w.do("POST", "/v1/keys", `{"name":"made","permissions":["record"]}`, "Authorization: Bearer "+admin); a.Code != 201 {
		t.Errorf("make a key: %d %s", a.Code, a.Body)
	}
	page, err := log.Store.Query(t.Context(), "acme", daybook.Query{ResourceType: "document"})
	if err != nil || len(page.Entries) != 1 {
		t.Errorf("%+v, %v", page, err)
	}
}

// The logs are signed while a server runs: what is verified later begins with a checkpoint.
func TestLogsAreSignedWhileItRuns(t *testing.T) {
	kept := filepath.Join(t.TempDir(), "checkpoints")
	r := run(t, func(c *server.Config) {
		c.PrivateListen, c.Ledger.Interval, c.Ledger.PublishFile = "127.0.0.1:0", 50*time.Millisecond, kept
	})
	state := filepath.Join(r.config.Data, server.LedgerStateFile)
	for deadline := time.Now().Add(20 * time.Second); ; {
		text, err := os.ReadFile(state)
		published, _ := os.ReadFile(kept) // not there before the first
		if err == nil && len(text) > 0 && len(published) > 0 {
			break // the entry about the start made a log, and that was signed
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing is signed: %v; logged: %s", err, r.logged)
		}
	}
	if _, text := get(t, "http://"+r.private+"/metrics"); !strings.Contains(text, "daybook_ledger_fault 0") {
		t.Errorf("metrics: %s", text)
	}
	off := newWorld(t, func(c *server.Config) { c.Ledger.Sign = false })
	if _, err := os.Stat(filepath.Join(off.config.Data, server.LedgerKeyFile)); err == nil {
		t.Error("a key was made although nothing is to be signed")
	}
}

// Who reads the log later sees when a server ran under another configuration.
func TestAStartIsRecordedWithItsConfiguration(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for _, timeout := range []time.Duration{10 * time.Second, 10 * time.Second, 11 * time.Second} {
		r := run(t, func(c *server.Config) { c.Data, c.Timeout = data, timeout })
		if status, _ := get(t, "http://"+r.address+"/readyz"); status != 200 {
			t.Errorf("readyz: %d", status)
		}
		if err := r.end(); err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	log, err := server.OpenLog(t.Context(), server.DirectoryPlace(data), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	page, err := log.Store.Query(t.Context(), server.DefaultPlatform, daybook.Query{ResourceType: "daybook.config", Order: daybook.Oldest})
	if err != nil || len(page.Entries) != 3 {
		t.Fatalf("%+v, %v", page.Entries, err)
	}
	for i, want := range []bool{true, false, true} {
		if e := page.Entries[i]; e.Details["changed"] != want || e.Details["did"] != "started" || e.ActorType != daybook.ActorSystem {
			t.Errorf("start %d: %+v", i, e)
		}
	}
}
