package workspace_test

import (
	"strings"
	"testing"

	"github.com/daybookdev/daybook/examples/workspace"
)

func TestPasswords(t *testing.T) {
	hash, err := workspace.HashPassword(10, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(hash, "horse") || !strings.HasPrefix(hash, "pbkdf2-sha256$10$") {
		t.Errorf("hash %s", hash)
	}
	again, err := workspace.HashPassword(10, "correct horse")
	if err != nil || again == hash {
		t.Errorf("two hashes of one password are equal: no salt (%v)", err)
	}
	for name, test := range map[string]struct {
		hash, password string
		want           bool
	}{
		"the password opens":                       {hash, "correct horse", true},
		"another does not":                         {hash, "correct horse!", false},
		"an empty one does not":                    {hash, "", false},
		"the hash is not a password":               {hash, hash, false},
		"nobody has a password":                    {"", "correct horse", false},
		"a hash with other rounds remains in use":  {hash, "correct horse", true},
		"nor has nobody the one that stands there": {"", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := workspace.CheckPassword(20, test.hash, test.password)
			if err != nil || got != test.want {
				t.Errorf("%t, %v", got, err)
			}
		})
	}
	for _, bad := range []string{"plain", "pbkdf2-sha256$x$$", "pbkdf2-sha256$10$?$?", "bcrypt$10$AA$AA"} {
		if ok, err := workspace.CheckPassword(10, bad, "plain"); ok || err == nil {
			t.Errorf("%q: %t, %v", bad, ok, err)
		}
	}
}
