package daybook_test

import (
	"net/netip"
	"testing"

	"github.com/daybookdev/daybook"
)

// What filters match, in entries that are told by their details or a field.
func TestWhatAFilterMatches(t *testing.T) {
	details := func(text string) daybook.Entry {
		d, err := daybook.ParseDetails([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return daybook.Entry{Details: d}
	}
	user := func(id string) daybook.Entry { return daybook.Entry{UserID: id} }
	ip := func(a string) daybook.Entry { return daybook.Entry{IPAddress: netip.MustParseAddr(a)} }
	agent := func(s string) daybook.Entry { return daybook.Entry{UserAgent: s} }
	for _, c := range []struct {
		filter string
		e      daybook.Entry
		want   bool
	}{
		// A missing field: every comparison is false, and only its negation is true.
		{`user:u1`, user(""), false}, {`user!=u1`, user(""), false}, {`-user:u1`, user(""), true},
		{`user!=u1`, user("u2"), true}, {`user!=u1,u2`, user("u2"), false}, {`user:*`, user(""), false}, {`-user:*`, user(""), true},
		{`details.n!=1`, details(`{"m":1}`), false}, {`-details.n:1`, details(`{"m":1}`), true}, {`details.n!=1`, details(`{"n":null}`), false},
		{`details.n:*`, details(`{"n":null}`), false}, {`details.n:null`, details(`{"n":null}`), true}, {`details.n:*`, details(`{"n":[]}`), true},
		{`details:*`, user("u"), false}, {`details:*`, details(`{"a":1}`), true}, {`ip!=192.0.2.1`, user("u"), false}, {`agent!~x`, user("u"), false},

		// Columns: exact, with wildcards behind a colon only.
		{`user:ab*`, user("abc"), true}, {`user=ab*`, user("abc"), false}, {`user=ab*`, user("ab*"), true}, {`user:ab\*`, user("ab*"), true}, {`user:ab\*`, user("abc"), false},
		{`user:"ab*"`, user("abc"), false}, {`user:Ada`, user("ada"), false}, {`user:6F9619FF-8B86-4D01-B42D-00CF4FC964FF`, user("6f9619ff-8b86-4d01-b42d-00cf4fc964ff"), true},
		{`action:up*`, daybook.Entry{Action: "UPDATE"}, true}, {`action:update`, daybook.Entry{Action: "UPDATE"}, true}, {`type:doc*t`, daybook.Entry{ResourceType: "document"}, true},
		{`type:Document`, daybook.Entry{ResourceType: "document"}, false}, {`is:own`, daybook.Entry{ResourceType: "daybook.key"}, true}, {`is:own`, daybook.Entry{ResourceType: "daybookkey"}, false},
		{`resource:document`, daybook.Entry{ResourceType: "document", ResourceID: "1"}, true}, {`resource:*/42`, daybook.Entry{ResourceType: "x", ResourceID: "42"}, true},
		{`resource:document/*`, daybook.Entry{ResourceType: "document"}, false}, {`resource:document/a/b`, daybook.Entry{ResourceType: "document", ResourceID: "a/b"}, true},
		{`resource:doc*/4*`, daybook.Entry{ResourceType: "document", ResourceID: "42"}, true}, {`resource:"document/*"`, daybook.Entry{ResourceType: "document", ResourceID: "42"}, false},
		{`agent:CURL`, agent("curl/8"), true}, {`agent:c*8`, agent("a curl/8 b"), true}, {`agent:"c*8"`, agent("curl/8"), false}, {`agent=curl`, agent("curl/8"), false}, {`agent~^c.*\d$`, agent("curl/8"), true},
		{`ip:192.0.2.0/24`, ip("192.0.2.9"), true}, {`ip:::ffff:192.0.2.0/120`, ip("192.0.2.9"), true}, {`ip:192.0.2.1..192.0.2.9`, ip("192.0.2.10"), false},
		{`ip:0.0.0.0/0`, ip("::1"), false}, {`ip:::/0`, ip("192.0.2.1"), false}, {`ip:2001:db8::/32,192.0.2.1`, ip("192.0.2.1"), true},

		// Details: 50 is the number and the text, "50" the text, and text ignores the case of A-Z.
		{`details.n:50`, details(`{"n":50}`), true}, {`details.n:50`, details(`{"n":"50"}`), true}, {`details.n:"50"`, details(`{"n":50}`), false}, {`details.n:50.0`, details(`{"n":50}`), true},
		{`details.n:50.0`, details(`{"n":"50"}`), false}, {`details.b:true`, details(`{"b":true}`), true}, {`details.b:true`, details(`{"b":"True"}`), true}, {`details.b=true`, details(`{"b":"True"}`), false},
		{`details.s:ABC`, details(`{"s":"abc"}`), true}, {`details.s=ABC`, details(`{"s":"abc"}`), false}, {`details.s:a*c`, details(`{"s":"ABBC"}`), true}, {`details.s:É`, details(`{"s":"é"}`), false},
		{`details.n:1e2`, details(`{"n":100}`), true}, {`details.n:9007199254740993`, details(`{"n":9007199254740992}`), true}, // one double
		{`details.n>9`, details(`{"n":10}`), true}, {`details.n>9`, details(`{"n":"10"}`), false}, {`details.n>"9"`, details(`{"n":"91"}`), true}, {`details.n>"9"`, details(`{"n":10}`), false},
		{`details.at<2026-02`, details(`{"at":"2026-01-31T00:00:00Z"}`), true}, {`details.n:10..20`, details(`{"n":20}`), true}, {`details.n:10..20`, details(`{"n":20.5}`), false}, {`details.n:..20`, details(`{"n":-3}`), true},
		{`details.s:a..b`, details(`{"s":"a..b"}`), true}, {`details.n:>10,<5`, details(`{"n":3}`), true}, {`details.n:>10,<5`, details(`{"n":7}`), false},

		// Lists: any item, one level; NOT is no item.
		{`details.t:b`, details(`{"t":["a","b"]}`), true}, {`-details.t:b`, details(`{"t":["a","b"]}`), false}, {`details.t!=b`, details(`{"t":["a","b"]}`), false}, {`details.t!=c`, details(`{"t":["a","b"]}`), true},
		{`details.t:b`, details(`{"t":[["b"]]}`), false}, {`details.t.x:1`, details(`{"t":[{"x":1}]}`), true}, {`details.t.x:1`, details(`{"t":[[{"x":1}]]}`), false}, {`details.t.x:2`, details(`{"t":[{"x":1},{"x":[3,2]}]}`), true},
		{`details.*.x:1`, details(`{"a":{"x":1}}`), true}, {`details."*".x:1`, details(`{"a":{"x":1}}`), false}, {`details."weird key":1`, details(`{"weird key":1}`), true},
		{`details.a.b:1`, details(`{"a.b":1}`), false}, {`details."a.b":1`, details(`{"a.b":1}`), true},
		{`changes.address.city.new:x`, details(`{"changes":{"address.city":{"old":1,"new":"x"}}}`), true}, {`changed:address.city`, details(`{"changes":{"address.city":{}}}`), true},
		{`changes.*.new:admin`, details(`{"changes":{"role":{"new":"admin"}}}`), true}, {`changes.email:*`, details(`{"changes":{"email":{}}}`), true}, {`has:changes`, details(`{"changes":{}}`), true},

		// Free text: within one value, with the folding of Unicode, and not in the names of members.
		{`rotation`, details(`{"a":"Key Rotation"}`), true}, {`"key rotation"`, details(`{"a":"KEY\nROTATION"}`), true}, {`"key rotation"`, details(`{"a":"key","b":"rotation"}`), false},
		{`secret`, details(`{"secret":1}`), false}, {`STRASSE`, details(`{"a":"straße"}`), false}, {`ÉCOLE`, details(`{"a":"école"}`), true}, {`ΣΊΣΥΦΟΣ`, details(`{"a":"σίσυφος"}`), true}, {`K`, details(`{"a":"\u212a"}`), true},
		{`i`, details(`{"a":"İ"}`), false}, {`12`, details(`{"n":3120}`), true}, {`true`, details(`{"b":true}`), false}, {`curl*`, agent("my curl"), true}, {`192.0.2`, ip("192.0.2.7"), true}, {`*`, user("u"), true},
		{`a -b OR c`, details(`{"x":"c","y":"b"}`), true}, {`a OR b c`, details(`{"x":"b"}`), false}, {`(a OR b) c`, details(`{"x":"b","y":"c"}`), true}, {`--a`, details(`{"x":"a"}`), true}, {`NOT -a`, details(`{"x":"a"}`), true},
	} {
		f, _, err := daybook.ParseFilter(c.filter, nil)
		if err != nil {
			t.Errorf("%s: %v", c.filter, err)
		} else if f.Matches(&c.e) != c.want {
			t.Errorf("%s in %+v: %v", c.filter, c.e, !c.want)
		}
	}
}

// A scope joined with what a user wrote is never widened by it.
func TestAFilterCannotWidenItsScope(t *testing.T) {
	scope, _, err := daybook.ParseFilter("resource:document/42 OR resource:document/43", nil)
	if err != nil {
		t.Fatal(err)
	}
	mine, foreign := daybook.Entry{ResourceType: "document", ResourceID: "42"}, daybook.Entry{ResourceType: "document", ResourceID: "44"}
	for _, text := range []string{"", "type:document", "a OR resource:document/44", "-a", "NOT (a) OR -b", "-(resource:document/42)", "resource:document/*"} {
		f, _, err := daybook.ParseFilter(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		joined := daybook.AllOf(scope, f)
		if joined.Matches(&foreign) || joined.Matches(&mine) != f.Matches(&mine) {
			t.Errorf("%s: %v", joined, joined.Matches(&mine))
		}
		if again, _, err := daybook.ParseFilter(joined.String(), nil); err != nil || !again.Equal(joined) {
			t.Errorf("%s is read as %s, %v", joined, again, err)
		}
	}
	if !daybook.AllOf().IsZero() || !daybook.AllOf(daybook.Filter{}, daybook.Filter{}).IsZero() {
		t.Error("all of nothing is not everything")
	}
}

func TestNotesSayWhatWasProbablyNotMeant(t *testing.T) {
	options := &daybook.FilterOptions{Now: filterNow, Actions: []daybook.Action{"EXPORT"}}
	for text, want := range map[string]string{
		`action:READ action:CREATE`:                     `always_empty 0 25 action:READ,CREATE`,
		`action:READ user:u action:CREATE`:              `always_empty 19 13 `,
		`user:a user:b*`:                                ``,
		`created:2026-01 created:2026-02`:               `always_empty 0 0 `,
		`created:>=2026-01 created:<2026-02`:            ``,
		`a OR b c`:                                      `mixed_and_or 0 8 a OR (b c); slow 0 8 created:-7d (a OR b c)`,
		`(a OR (b c)) user:u`:                           ``,
		`id:42`:                                         `not_a_uuid 3 2 `,
		`created:2027-01-01`:                            `future_time 8 10 `,
		`action:EXPRT`:                                  `unknown_action 7 5 EXPORT`,
		`action:EXPORT,READ`:                            ``,
		`details.a:1`:                                   `slow 0 11 created:-7d details.a:1`,
		`details.a:1 created:-1d`:                       ``,
		`-action:READ resource:document`:                ``,
		`agent:curl outcome:denied`:                     ``,
		`agent:curl (user:a OR resource_id:b)`:          ``,
		`agent:curl (user:a OR type:b)`:                 `slow 0 29 created:-7d agent:curl (user:a OR type:b)`,
		`(action:READ action:CREATE) OR outcome:denied`: `always_empty 1 25 action:READ,CREATE`,
	} {
		_, notes, err := daybook.ParseFilter(text, options)
		got := ""
		for i, n := range notes {
			if i > 0 {
				got += "; "
			}
			got += n.Code + " " + fmtInts(n.At, n.Length) + " " + n.Suggestion
		}
		if err != nil || got != want {
			t.Errorf("%s: %s, %v\nwant %s", text, got, err, want)
		}
	}
}
