package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/daybookdev/daybook/server"
)

// Whatever a file holds, it is a configuration that can be printed and read again, or an error that
// names the file or a key.
func FuzzLoadConfig(f *testing.F) {
	for _, seed := range []string{
		"", "---", "listen: a", "tls: {cert_file: x, key_file: y}", "auth: {jwt: [{issuer: x, key_file: y, permissions: {a: [reader]}}]}",
		"limits: {read: 1/2}", "origins: [a, b]", "a: &x [*x]", "listen: |\n  x\n", "? {}\n: {}", "- - -", "!!binary x", "trusted_proxies: [::1]", "timeout: 1h",
	} {
		f.Add(seed)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		name := filepath.Join(dir, "config.yaml")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := server.LoadConfig(server.LoadOptions{File: name})
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		var first, second strings.Builder
		if err := l.Write(&first); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(first.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := server.LoadConfig(server.LoadOptions{File: name})
		if err != nil {
			t.Fatalf("%q is printed as\n%s\n%v", text, first.String(), err)
		}
		if err := again.Write(&second); err != nil {
			t.Fatal(err)
		}
		values := func(s string) (lines []string) {
			for line := range strings.Lines(s) {
				value, _, _ := strings.Cut(line, " # ")
				lines = append(lines, strings.TrimSpace(value))
			}
			return lines
		}
		a, b := values(first.String()), values(second.String())
		for i := range a {
			if i >= len(b) || a[i] != b[i] {
				t.Errorf("%q is printed as %s, and then as %s", text, a[i], b[i])
			}
		}
	})
}
