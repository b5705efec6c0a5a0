package access_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook/access"
)

// The tables of docs/access.md are those of the code.
func TestTheDocumentedRolesAreTheRoles(t *testing.T) {
	page, err := os.ReadFile("../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for line := range strings.Lines(string(page)) {
		if name, rest, ok := strings.Cut(strings.TrimPrefix(line, "| `"), "` | "); ok && strings.HasPrefix(line, "| `") {
			rows[name] = strings.Split(strings.TrimSuffix(strings.TrimSpace(rest), " |"), " | ")
		}
	}
	for _, r := range access.Roles() {
		var words []string
		for _, p := range r.Permissions {
			words = append(words, "`"+string(p)+"`")
		}
		if diff := cmp.Diff([]string{r.For, strings.Join(words, " ")}, rows[r.Name]); diff != "" {
			t.Errorf("role %s, -code +page:\n%s", r.Name, diff)
		}
	}
	source, err := os.ReadFile("permission.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range access.AllPermissions() {
		row := rows[string(p)]
		if len(row) != 1 || !strings.Contains(string(source), `= "`+string(p)+`"`) || !strings.Contains(string(source), "// "+row[0]+"\n") {
			t.Errorf("permission %s: the page says %q, which permission.go does not", p, row)
		}
	}
}
