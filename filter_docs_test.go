package daybook_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
)

var (
	filterBlock = regexp.MustCompile("(?ms)^```(filter|wrong|json)\n(.*?)^```")
	filterRow   = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|.*$")
	codeSpan    = regexp.MustCompile("`([^`]+)`")
)

// Every filter in docs/query.md is one, every error is what it says, and the JSON is read.
func TestTheFiltersInTheDocumentationAreRight(t *testing.T) {
	data, err := os.ReadFile("docs/query.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	options := &daybook.FilterOptions{Now: filterNow, Me: "ada", Actions: []daybook.Action{"EXPORT"}}
	n := 0
	right := func(text string) {
		n++
		if _, _, err := daybook.ParseFilter(text, options); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, block := range filterBlock.FindAllStringSubmatch(page, -1) {
		lines := strings.Split(strings.TrimSpace(block[2]), "\n")
		switch block[1] {
		case "filter":
			for _, line := range lines {
				right(line)
			}
		case "wrong":
			for i := 0; i < len(lines); i += 2 {
				_, _, err := daybook.ParseFilter(lines[i], options)
				if diff := cmp.Diff(lines[i+1], marked(err)); diff != "" {
					t.Errorf("%s\n%s", lines[i], diff)
				}
			}
		case "json":
			var f daybook.Filter
			if err := f.UnmarshalJSON([]byte(block[2])); err != nil || f.IsZero() {
				t.Errorf("%s: %v", block[2], err)
			}
		}
	}
	for _, row := range filterRow.FindAllStringSubmatch(page, -1) {
		if strings.Contains(row[1], ":") && len(row[1]) > 2 { // not an operator
			right(row[1])
		}
		for _, span := range codeSpan.FindAllStringSubmatch(row[0], -1) {
			if strings.Contains(span[1], ":") && !strings.HasPrefix(span[1], "T") && span[1] != ":" {
				right(span[1])
			}
		}
	}
	if n < 90 {
		t.Errorf("%d filters are in the page: the test finds too little", n)
	}
}
