package daybook_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
)

// wrongFilters are filters that are refused, with the place marked below the text, the code, and what is
// suggested.
var wrongFilters = `
usr:x
^^^ filter_unknown_field user
details.foo:a Outcom:denied
              ^^^^^^ filter_unknown_field outcome
foo:bar
^^^ filter_unknown_field details.foo
foo.bar:baz
^^^^^^^ filter_unknown_field details.foo.bar
detials.size>5
^^^^^^^^^^^^ filter_unknown_field details.size
user.name:ada
^^^^^^^^^ filter_unknown_field details.user.name
http://example.com/x y
^^^^^^^^^^^^^^^^^^^^ filter_unknown_field "http://example.com/x"
organization:acme
^^^^^^^^^^^^ filter_no_organization
-(action:READ OR tenant_id:7)
                 ^^^^^^^^^ filter_no_organization
created.minute:5
^^^^^^^^^^^^^^ filter_unknown_field details.created.minute
outcome:sucess
        ^^^^^^ filter_bad_value success
outcome:(success OR nonsense)
                    ^^^^^^^^ filter_bad_value
actor:apikey
      ^^^^^^ filter_bad_value api_key
is:deny
   ^^^^ filter_bad_value
has:*
    ^ filter_bad_value
action:"a b"
       ^^^^^ filter_bad_value
type:a/b
     ^^^ filter_bad_value
resource:document/
         ^^^^^^^^^ filter_bad_value
user:a*b
     ^^^ filter_bad_value
user:""
^^^^^^^ filter_bad_value -user:*
user>5
    ^ filter_bad_operator :
user~ada
    ^ filter_bad_operator :
outcome:>denied
        ^ filter_bad_operator
is!=change
^^^^ filter_bad_operator -is:
ip:192.0.2.*
   ^^^^^^^^^ filter_bad_value 192.0.2.0/24
ip:192.0.2.9..192.0.2.1
   ^^^^^^^^^^^^^^^^^^^^ filter_bad_value 192.0.2.1..192.0.2.9
ip:192.0.2.1..::1
   ^^^^^^^^^^^^^^ filter_bad_value
ip:300.1.2.3
   ^^^^^^^^^ filter_bad_value
created:7d
        ^^ filter_bad_value -7d
created:2026-13
        ^^^^^^^ filter_bad_value
created:2026-02-29
        ^^^^^^^^^^ filter_bad_value
created:2026-11-07..2026-11-01
        ^^^^^^^^^^^^^^^^^^^^^^ filter_bad_value 2026-11-01..2026-11-07
created:2026-11-01..7.11.
                    ^^^^^ filter_bad_value
created.hour:24
             ^^ filter_bad_value
created.hour:20..5
             ^^^^^ filter_bad_value 20..23,0..5
created.weekday:monday
                ^^^^^^ filter_bad_value
details.amount:20..10
               ^^^^^^ filter_bad_value 10..20
details:x
^^^^^^^ filter_bad_value details.name
changes.email:ada@example.com
^^^^^^^^^^^^^ filter_bad_value changes.email.new
changes.address.city:Berlin
^^^^^^^^^^^^^^^^^^^^ filter_unknown_field changes.address.city.new
agent~"("
      ^^^ filter_bad_value
agent~"(x{1000}){3}"
      ^^^^^^^^^^^^^^ filter_bad_value
user:me
     ^^ filter_not_allowed_here "me"
user:
^^^^^ filter_syntax user:*
action:CREATE, UPDATE
             ^ filter_syntax
action:(CREATE UPDATE)
               ! filter_syntax
action:(CREATE
       ^ filter_syntax
(a OR b
^ filter_syntax
a OR b)
      ^ filter_syntax
()
 ^ filter_syntax
a OR
    ! filter_syntax
OR b
^^ filter_syntax
a AND
  ^^^ filter_syntax
"never closed
^^^^^^^^^^^^^ filter_syntax "never closed"
- draft
^ filter_syntax "-"
ab"c"
  ^ filter_syntax
user:"a"b
     ^^^ filter_syntax
""
^^ filter_bad_value
a*b
^^^ filter_bad_value a b
details.a.b.c.d.e.f.g.h.i:1
^^^^^^^^^^^^^^^^^^^^^^^^^ filter_too_complex
`

// What is suggested can be put in the place that is marked.
func TestAWrongFilterIsRefusedAtItsPlace(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(wrongFilters), "\n")
	if len(lines) < 2*40 {
		t.Errorf("there are %d examples", len(lines)/2)
	}
	for i := 0; i < len(lines); i += 2 {
		text, want := lines[i], lines[i+1]
		_, _, err := daybook.ParseFilter(text, &daybook.FilterOptions{Now: filterNow})
		if diff := cmp.Diff(want, marked(err)); diff != "" {
			t.Errorf("%s\n%s\n%v", text, diff, err)
		}
		if e, ok := err.(*daybook.FilterError); ok && e.Suggestion != "" {
			better := string([]rune(text)[:e.At]) + e.Suggestion + string([]rune(text)[e.At+e.Length:])
			if _, _, err := daybook.ParseFilter(better, &daybook.FilterOptions{Now: filterNow}); err != nil {
				t.Errorf("%s: with the suggestion it is %s: %v", text, better, err)
			}
		}
	}
}

// marked writes an error as wrongFilters does.
func marked(err error) string {
	e, ok := err.(*daybook.FilterError)
	if !ok {
		return fmt.Sprintf("%v", err)
	}
	mark := strings.Repeat("^", e.Length)
	if e.Length == 0 {
		mark = "!"
	}
	return strings.TrimRight(strings.Repeat(" ", e.At)+mark+" "+e.Code+" "+e.Suggestion, " ")
}
