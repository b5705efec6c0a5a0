package server_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/daybookdev/daybook/server"
)

// The files in deploy/ name only what there is.
func TestTheDeploymentFilesAreOfThisServer(t *testing.T) {
	l, err := server.LoadConfig(server.LoadOptions{File: "../deploy/daybook.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if l.Data != "/var/lib/daybook" || l.PrivateListen == "" {
		t.Errorf("%+v", l.Config)
	}
	variables := map[string]bool{"DAYBOOK_CONFIG": true}
	for _, s := range server.Settings() {
		variables[s.Env()] = true
	}
	for _, name := range []string{"../deploy/Containerfile", "../deploy/daybook.service"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, variable := range regexp.MustCompile("DAYBOOK_[A-Z_]+").FindAllString(string(text), -1) {
			if !variables[variable] {
				t.Errorf("%s sets %s, which nothing reads", name, variable)
			}
		}
		if !strings.Contains(string(text), "daybook") {
			t.Errorf("%s is empty", name)
		}
	}
	// What stands in its comments is a configuration too.
	text, err := os.ReadFile("../deploy/daybook.yaml")
	if err != nil {
		t.Fatal(err)
	}
	jwt := string(text[strings.Index(string(text), "# auth:"):])
	if _, err := server.LoadConfig(server.LoadOptions{File: write(t, strings.ReplaceAll(strings.ReplaceAll(jwt, "\n# ", "\n"), "# auth:", "auth:"))}); err != nil {
		t.Errorf("the commented part: %v", err)
	}
}
