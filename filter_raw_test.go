package daybook_test

import (
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
)

// What is asked of canonical JSON has the answer of the details that it is read as.
func FuzzFiltersOfJSON(f *testing.F) {
	f.Add(`details.a.b:1`, `{"a":{"b":1}}`)
	f.Add(`details.*.b:x`, `{"a":[{"b":["x","y\n"]},{"c":null}],"b":[]}`)
	f.Add(`details."a\"b".\*:*`, `{"a\"b":{"*":true}}`)
	f.Add(`details.a:>1,"1",null,false,1..2,a*`, `{"a":[1.5,"1",null,false,"A",[1],{"a":1}]}`)
	f.Add(`"x y"`, `{"a":"X\r\nY","x y":0}`)
	f.Add(`12`, `{"a":[312,"\u2028"],"12":{}}`)
	f.Fuzz(func(t *testing.T, text, data string) {
		filter, _, err := daybook.ParseFilter(text, nil)
		if err != nil {
			return
		}
		d, err := daybook.ParseDetails([]byte(data))
		if err != nil {
			return
		}
		canonical, err := d.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		e := &daybook.Entry{Details: d}
		var check func(tree daybook.FilterTree)
		check = func(tree daybook.FilterTree) {
			switch tree := tree.(type) {
			case daybook.FilterAll:
				for _, part := range tree {
					check(part)
				}
			case daybook.FilterAny:
				for _, part := range tree {
					check(part)
				}
			case daybook.FilterNot:
				check(tree.Tree)
			case daybook.FilterDetails:
				if got := tree.MatcherJSON()(string(canonical)); got != tree.Matches(e) {
					t.Fatalf("%s in %s: %v", text, canonical, got)
				}
			case daybook.FilterText:
				if got := tree.InJSON(string(canonical)); got != tree.Matches(e) {
					t.Fatalf("%s in %s: %v", text, canonical, got)
				}
			}
		}
		check(filter.Tree())
	})
}

// Free text is found where all values, folded as a whole and joined by line feeds, contain it.
func FuzzFreeText(f *testing.F) {
	f.Add("key rotation", "KEY\nROTATION")
	f.Add("k", "\u212a")
	f.Add("ß", "ẞ\x1f\v")
	f.Add("\u2028", " ")
	f.Fuzz(func(t *testing.T, text, value string) {
		e := &daybook.Entry{UserAgent: value}
		filter, _, err := daybook.ParseFilter(`"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text)+`"`, nil)
		if err != nil {
			return
		}
		want := strings.Contains(daybook.FoldText(value), daybook.FoldText(text))
		if filter.Matches(e) != want {
			t.Fatalf("%q in %q: %v", text, value, !want)
		}
	})
}
