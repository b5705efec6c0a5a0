package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/daybookdev/daybook/server"
)

func TestAPlaceIsReadFromItsURLOrPath(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "log")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]string{ // the log's file, or "postgres"
		"postgres://app@db/name":       "postgres",
		"postgresql://app@db/name":     "postgres",
		"somewhere":                    "somewhere/daybook.db",
		"./a:b":                        "./a:b/daybook.db",
		"sqlite:somewhere":             "somewhere/daybook.db",
		"sqlite:///var/lib/daybook.db": "/var/lib/daybook.db",
		"new.db":                       "new.db",
		"new.sqlite":                   "new.sqlite",
		file:                           file,
		dir:                            filepath.Join(dir, "daybook.db"),
	} {
		p, err := server.ParsePlace(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		_, got, _ := p.Files()
		if _, ok := p.Postgres(); ok {
			got = "postgres"
		}
		if filepath.Clean(got) != filepath.Clean(want) {
			t.Errorf("%s: %s, want %s", s, got, want)
		}
	}
	for _, s := range []string{"", "mysql://db/name", "postgres:name", "postgres://a:b%zz@db/x", "sqlite:"} {
		if p, err := server.ParsePlace(s); err == nil {
			t.Errorf("%q is taken for %v", s, p)
		}
	}
}

func TestPasswordsAreNotShown(t *testing.T) {
	for _, s := range []string{
		"postgres://app:hunter2@db/name?sslmode=disable",
		"postgres://app@db/name?password=hunter2",
		"postgres://app@db/name?sslpassword=hunter2&connect_timeout=3",
		"postgres://app:hunter2@db:port/name",
		"postgres://app:%zzhunter2@db/name",
		"mysql://app:hunter2@db/name",
	} {
		p, err := server.ParsePlace(s)
		text := p.String()
		if err != nil {
			text = err.Error()
		}
		if strings.Contains(text, "hunter2") {
			t.Errorf("%s shows %s", s, text)
		}
		if err == nil {
			_, err := server.OpenLog(t.Context(), p, nil)
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: %v", s, err)
			}
		}
	}
}
