package daybook_test

import (
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

// filterNow is a Tuesday, 22:30 in UTC.
var filterNow = time.Date(2026, 11, 24, 22, 30, 0, 0, time.UTC)

// goldenFilters are the forty examples of the language, what is printed for each, and its JSON. A
// comment says what it finds.
var goldenFilters = []struct{ text, printed, json string }{
	{`user:550e8400-e29b-41d4-a716-446655440000`, ``, // the guide: audit trail of a user
		`{"field":"user_id","op":":","any":["550e8400-e29b-41d4-a716-446655440000"]}`},
	{`resource:document/9b2f0c1e-1111-4222-8333-444455556666`, ``, // the guide: changes to a document
		`{"field":"resource","op":":","any":["document/9b2f0c1e-1111-4222-8333-444455556666"]}`},
	{``, ``, `null`},    // the guide: recent activity of the organization
	{`   `, ``, `null`}, // the guide: activity report, counted by action
	{`resource_id:9b2f0c1e-1111-4222-8333-444455556666`, ``, // the guide: /audit-log/{resource_id}
		`{"field":"resource_id","op":":","any":["9b2f0c1e-1111-4222-8333-444455556666"]}`},
	{`user:550e8400-e29b-41d4-a716-446655440000 created:-30d`, `user:550e8400-e29b-41d4-a716-446655440000 created:>=2026-10-25T22:30Z`, // the guide: user activity report
		`{"and":[{"field":"user_id","op":":","any":["550e8400-e29b-41d4-a716-446655440000"]},{"field":"created_at","op":"in","ranges":[["2026-10-25T22:30:00Z",null]]}]}`},
	{`created:<-365d`, `created:<2025-11-24T22:30Z`, // the guide: what retention archives
		`{"field":"created_at","op":"in","ranges":[[null,"2025-11-24T22:30:00Z"]]}`},
	{`action:READ details.error=Unauthorized created:-1h`, `action:READ details.error=Unauthorized created:>=2026-11-24T21:30Z`, // the guide: suspicious activity
		`{"and":[{"field":"action","op":":","any":["READ"]},{"path":["error"],"op":"=","any":["Unauthorized"]},{"field":"created_at","op":"in","ranges":[["2026-11-24T21:30:00Z",null]]}]}`},
	{`outcome:denied created:-1h`, `outcome:denied created:>=2026-11-24T21:30Z`,
		`{"and":[{"field":"outcome","op":":","any":["denied"]},{"field":"created_at","op":"in","ranges":[["2026-11-24T21:30:00Z",null]]}]}`},
	{`resource:document details.action:archive`, ``, // the guide: archived documents
		`{"and":[{"field":"resource","op":":","any":["document"]},{"path":["action"],"op":":","any":["archive"]}]}`},
	{`resource:notification details.type:email -details.success:true`, ``, // the guide: mails not known to be sent
		`{"and":[{"field":"resource","op":":","any":["notification"]},{"path":["type"],"op":":","any":["email"]},{"not":{"path":["success"],"op":":","any":["true"]}}]}`},
	{`details.tags:financial`, ``, `{"path":["tags"],"op":":","any":["financial"]}`},       // the guide
	{`details.size_bytes>1000000`, ``, `{"path":["size_bytes"],"op":">","any":[1000000]}`}, // the guide
	{`details.fields_changed:email`, ``, `{"path":["fields_changed"],"op":":","any":["email"]}`},
	{`details.batch_id:batch-123`, ``, `{"path":["batch_id"],"op":":","any":["batch-123"]}`},
	{`details.error_type:ValidationError`, ``, `{"path":["error_type"],"op":":","any":["ValidationError"]}`},
	{`resource:api_key action:DELETE details.reason:"key rotation"`, ``, // the guide: rotated API keys
		`{"and":[{"field":"resource","op":":","any":["api_key"]},{"field":"action","op":":","any":["DELETE"]},{"path":["reason"],"op":":","any":[{"string":"key rotation"}]}]}`},
	{`is:change`, ``, `{"field":"is","op":":","any":["change"]}`},
	{`-action:READ`, ``, `{"not":{"field":"action","op":":","any":["READ"]}}`},
	{`action:CREATE,UPDATE resource:document,membership`, ``,
		`{"and":[{"field":"action","op":":","any":["CREATE","UPDATE"]},{"field":"resource","op":":","any":["document","membership"]}]}`},
	{`resource:(document OR folder) action:DELETE outcome:success`, `resource:document,folder action:DELETE outcome:success`,
		`{"and":[{"field":"resource","op":":","any":["document","folder"]},{"field":"action","op":":","any":["DELETE"]},{"field":"outcome","op":":","any":["success"]}]}`},
	{`created:2026-11-01..2026-11-07`, `created:2026-11-01T00:00Z..2026-11-07T23:59Z`, // all of the seventh day
		`{"field":"created_at","op":"in","ranges":[["2026-11-01T00:00:00Z","2026-11-08T00:00:00Z"]]}`},
	{`created:yesterday actor:api_key`, `created:2026-11-23T00:00Z..2026-11-23T23:59Z actor:api_key`,
		`{"and":[{"field":"created_at","op":"in","ranges":[["2026-11-23T00:00:00Z","2026-11-24T00:00:00Z"]]},{"field":"actor_type","op":":","any":["api_key"]}]}`},
	{`created:>=2026-11-01T10:00 created:<2026-11-01T11:00`, `created:>=2026-11-01T10:00Z created:<2026-11-01T11:00Z`,
		`{"and":[{"field":"created_at","op":"in","ranges":[["2026-11-01T10:00:00Z",null]]},{"field":"created_at","op":"in","ranges":[[null,"2026-11-01T11:00:00Z"]]}]}`},
	{`created:2026-11`, `created:2026-11-01T00:00Z..2026-11-30T23:59Z`,
		`{"field":"created_at","op":"in","ranges":[["2026-11-01T00:00:00Z","2026-12-01T00:00:00Z"]]}`},
	{`ip:203.0.113.0/24 -ip:203.0.113.7`, ``,
		`{"and":[{"field":"ip_address","op":":","any":["203.0.113.0/24"]},{"not":{"field":"ip_address","op":":","any":["203.0.113.7"]}}]}`},
	{`ip:2001:db8::/32,198.51.100.10..198.51.100.20`, ``,
		`{"field":"ip_address","op":":","any":["2001:db8::/32",{"range":["198.51.100.10","198.51.100.20"]}]}`},
	{`agent:curl,python`, ``, `{"field":"user_agent","op":":","any":["curl","python"]}`},
	{`agent~"^Mozilla/.*Firefox/1[0-9]{2}"`, ``, `{"field":"user_agent","op":"~","any":[{"string":"^Mozilla/.*Firefox/1[0-9]{2}"}]}`},
	{`request:req-abc123*`, ``, `{"field":"request_id","op":":","any":["req-abc123*"]}`},
	{`has:changes changed:role`, ``, `{"and":[{"field":"has","op":":","any":["changes"]},{"field":"changed","op":":","any":["role"]}]}`},
	{`changes.role.new:admin,owner`, ``, `{"path":["changes","role","new"],"op":":","any":["admin","owner"]}`},
	{`changes.*.new:admin`, ``, `{"path":["changes","*","new"],"op":":","any":["admin"]}`},
	{`changes."address.city".old:Berlin`, ``, `{"path":["changes","address.city","old"],"op":":","any":["Berlin"]}`},
	{`-user:550e8400-e29b-41d4-a716-446655440000`, ``, // others, and entries without a user
		`{"not":{"field":"user_id","op":":","any":["550e8400-e29b-41d4-a716-446655440000"]}}`},
	{`actor:system OR (actor:service details.job:nightly*)`, `actor:system OR actor:service details.job:nightly*`,
		`{"or":[{"field":"actor_type","op":":","any":["system"]},{"and":[{"field":"actor_type","op":":","any":["service"]},{"path":["job"],"op":":","any":["nightly*"]}]}]}`},
	{`"key rotation" -draft`, ``, `{"and":[{"text":"key rotation"},{"not":{"text":"draft"}}]}`},
	{`created.hour:20..23,0..5 is:change`, ``,
		`{"and":[{"field":"created.hour","op":":","any":[{"range":[20,23]},{"range":[0,5]}],"zone":"UTC"},{"field":"is","op":":","any":["change"]}]}`},
	{`details."weird key".x:y details.amount:10..20 details.code:"007"`, `details."weird key".x:y details.amount:10..20 details.code:007`, // 007 is no number in JSON
		`{"and":[{"path":["weird key","x"],"op":":","any":["y"]},{"path":["amount"],"op":":","any":[{"range":[10,20]}]},{"path":["code"],"op":":","any":["007"]}]}`},
	{`NOT (outcome:success OR action:READ) by:me is:own -is:alert`, `-(outcome:success OR action:READ) user:ada is:own -is:alert`,
		`{"and":[{"not":{"or":[{"field":"outcome","op":":","any":["success"]},{"field":"action","op":":","any":["READ"]}]}},{"field":"user_id","op":":","any":["ada"]},{"field":"is","op":":","any":["own"]},{"not":{"field":"is","op":":","any":["alert"]}}]}`},
}

// Each example is read, printed and read again, as text and as JSON, and means the same.
func TestTheFortyExamplesOfTheLanguage(t *testing.T) {
	options := &daybook.FilterOptions{Now: filterNow, Me: "ada"}
	if len(goldenFilters) != 40 {
		t.Errorf("there are %d examples", len(goldenFilters))
	}
	for _, g := range goldenFilters {
		f, _, err := daybook.ParseFilter(g.text, options)
		if err != nil {
			t.Errorf("%s: %v", g.text, err)
			continue
		}
		want := g.printed
		if want == "" {
			want = strings.TrimSpace(g.text)
		}
		if f.String() != want {
			t.Errorf("%s\nis printed as %s\nwant          %s", g.text, f, want)
		}
		data, err := f.MarshalJSON()
		if err != nil || string(data) != g.json {
			t.Errorf("%s\nis in JSON %s, %v\nwant       %s", g.text, data, err, g.json)
		}
		again, _, err := daybook.ParseFilter(f.String(), nil)
		if err != nil || !again.Equal(f) {
			t.Errorf("%s is printed as %s, which is read as %s, %v", g.text, f, again, err)
		}
		var read daybook.Filter
		if err := read.UnmarshalJSON(data); err != nil || !read.Equal(f) {
			t.Errorf("%s is in JSON %s, which is read as %s, %v", g.text, data, read, err)
		}
	}
}
