package apitest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
)

// isID says which parameters and members name something that belongs to somebody. All others are
// listed too, so that a new one must be put into one of the two.
var isID = map[string]bool{
	"id": true, "resource_id": true, "organization": true, "organizations": true, "organization_id": true, "cursor": true, "after": true, "Last-Event-ID": true,
	"name": true, "user_id": true, "request_id": true, "user": true, "Idempotency-Key": true,

	"q": false, "tz": false, "from": false, "to": false, "order": false, "limit": false, "by": false, "field": false, "fields": false, "interval": false,
	"edges": false, "days": false, "wait": false, "at": false, "atomic": false, "relay": false, "type": false, "Prefer": false, "Content-Encoding": false,
	"If-None-Match": false, "If-Match": false, "filter": false, "where": false, "permissions": false, "all_organizations": false, "expires_at": false,
	"overlap_seconds": false, "origin": false, "lifetime_seconds": false, "columns": false, "shared": false,
	"action": false, "resource_type": false, "actor_type": false, "outcome": false, "details": false, "ip_address": false, "user_agent": false,
	"created_at": false, "updated_at": false, "recorded_by": false, "format": false, "csv": false, "disclose": false, "Accept-Encoding": false,
}

// For every operation and every parameter that names something: somebody of acme asks once with what
// the rival has, and once with what nobody has. The answers are the same, byte for byte, whatever the
// store, and whether the credential is a JWT, an API key or a viewer token.
func TestWhatOthersHaveIsAnsweredLikeWhatNobodyHas(t *testing.T) {
	for store, start := range stores() {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			open, tried := start(t), 0
			for _, credential := range []string{"JWT", "API key", "viewer token"} {
				w := newWorldOn(t, open())
				w.look = time.Second // a busy database takes its time until the stream begins
				tried += askForBelongings(t, w, credential)
			}
			if tried < 450 {
				t.Errorf("only %d pairs were tried", tried)
			}
		})
	}
}

// askForBelongings asks for all that the rival has in all places, and returns how often.
func askForBelongings(t *testing.T, w *world, credential string) (tried int) {
	who, theirs := w.credentials(t)[credential], w.belongings(t, w.rival)
	// What makes something comes last, so that it stays out of the answers of what reads.
	ops := w.generator(1).ops
	slices.SortStableFunc(ops, func(a, b operation) int { return cmp.Compare(a.makes(), b.makes()) })
	for _, op := range ops {
		for _, p := range placesOf(t, op.Operation) {
			for _, pair := range theirs.pairs(p.name) {
				tried++
				a, b := w.ask(t, who, op.method, op.path, p, pair[0]), w.ask(t, who, op.method, op.path, p, pair[1])
				if x, y := a.comparable(pair[0]), b.comparable(pair[1]); x != y {
					t.Errorf("%s, %s %s, %s in %s: the rival's\n%v\n%s\nnobody's\n%v\n%s", credential, op.method, op.path, p.name, p.in, a, x, b, y)
				}
				if bytes.Contains(bytes.ReplaceAll(a.answer, []byte(pair[0]), nil), []byte(secret)) {
					t.Errorf("%s, %s %s, %s in %s shows what the rival has:\n%v", credential, op.method, op.path, p.name, p.in, a)
				}
			}
		}
	}
	return tried
}

// makes is 0 for what reads, 1 for what changes something, and 2 for what makes something.
func (o operation) makes() int {
	switch {
	case o.method == http.MethodGet || strings.HasPrefix(o.path, "/v1/entries/"):
		return 0
	case o.method == http.MethodPost:
		return 2
	}
	return 1
}

// drawn is what the server draws at random: ids, keys, times.
var drawn = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|"(id|key|token|revision)":("[^"]*"|[0-9]+)|\d{4}-\d\d-\d\dT[0-9:.]+Z`)

// comparable returns the answer without what the caller sent and, where something was made, what was
// drawn for it.
func (x *exchange) comparable(sent string) string {
	answer, header := string(x.answer), x.header.Clone()
	header.Del("Content-Length")
	if x.status == http.StatusCreated {
		answer, sent = drawn.ReplaceAllString(strings.ReplaceAll(answer, sent, ""), "drawn"), ""
		header.Del("Location")
		header.Del("ETag")
	}
	if sent != "" {
		answer = strings.ReplaceAll(answer, sent, "")
	}
	return fmt.Sprintf("%d %v %s", x.status, header, answer)
}

// A belonging is what an organization has under a name of a parameter.
type belongings struct {
	organization, entry, user, resource, request, view, key, token, cursor, event string
}

func (w *world) belongings(t testing.TB, p person) belongings {
	b := belongings{organization: p.organization, entry: p.entries[0].ID.String(), user: p.entries[0].UserID,
		resource: p.entries[0].ResourceID, request: p.entries[0].RequestID, view: "their view", key: w.key(t, p), token: w.token(t, p)}
	w.must(t, p, 201, http.MethodPost, "/v1/views", `{"name":"their view","shared":true,"q":"user:`+secret+`"}`)
	var page struct{ Next string }
	if err := json.Unmarshal(w.must(t, p, 200, http.MethodGet, "/v1/entries?limit=1", "").answer, &page); err != nil || page.Next == "" {
		t.Fatalf("no cursor: %v", err)
	}
	b.cursor = page.Next
	_, id, _ := strings.Cut(string(w.must(t, p, 200, http.MethodGet, "/v1/entries/tail", "").answer), "\nid: ")
	b.event, _, _ = strings.Cut(id, "\n")
	if b.event == "" {
		t.Fatal("no event id")
	}
	return b
}

// pairs returns what the organization has for a parameter, each with what nobody has.
func (b belongings) pairs(parameter string) [][2]string {
	entry, _ := daybook.ParseID(b.entry) // one of the world's
	someID := daybook.NewIDAt(entry.Time()).String()
	cursor := func(s string) string { // one that was sealed with another key looks like this
		return strings.Map(func(r rune) rune {
			if r == 'A' {
				return 'B'
			}
			return r
		}, s[:len(s)-20]) + s[len(s)-20:]
	}
	switch parameter {
	case "id", "resource_id":
		return [][2]string{{b.entry, someID}, {b.user, "nobody"}, {b.resource, "nothing"}, {b.key, like(b.key)}, {b.token, like(b.token)}}
	case "organization", "organizations", "organization_id":
		return [][2]string{{b.organization, "nobodys"}}
	case "user_id", "user":
		return [][2]string{{b.user, "nobody"}}
	case "request_id":
		return [][2]string{{b.request, "nothing"}}
	case "name":
		return [][2]string{{b.view, "no view"}}
	case "cursor":
		return [][2]string{{b.cursor, cursor(b.cursor)}}
	case "after":
		return [][2]string{{b.event, cursor(b.event)}, {b.entry, someID}, {b.key, like(b.key)}}
	case "Last-Event-ID":
		return [][2]string{{b.event, cursor(b.event)}}
	case "Idempotency-Key":
		return [][2]string{{"the rival's key", "nobody's key"}}
	}
	return nil
}

// like returns an id of the same form, right beside.
func like(id string) string {
	last := "0"
	if strings.HasSuffix(id, last) {
		last = "1"
	}
	return id[:len(id)-1] + last
}

// A place is where in a request a value stands.
type place struct{ name, in string }

// placesOf returns the places of an operation that name something.
func placesOf(t testing.TB, op *openapi3.Operation) []place {
	var places []place
	add := func(name, in string) {
		id, known := isID[name]
		if !known {
			t.Errorf("isID does not say whether %s of %s names something", name, op.OperationID)
		}
		if id {
			places = append(places, place{name, in})
		}
	}
	for _, p := range op.Parameters {
		add(p.Value.Name, p.Value.In)
	}
	if op.RequestBody == nil {
		return places
	}
	schema := op.RequestBody.Value.Content["application/json"].Schema.Value
	if len(schema.OneOf) > 0 {
		schema = schema.OneOf[0].Value
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		if name == "where" {
			for _, member := range slices.Sorted(maps.Keys(schema.Properties[name].Value.Properties)) {
				if isID[member] {
					places = append(places, place{member, "where"})
				}
			}
		}
		add(name, "body")
	}
	return places
}

// ask sends a request that is good, but for what stands in one place.
func (w *world) ask(t testing.TB, who person, method, path string, p place, value string) *exchange {
	t.Helper()
	fill := map[string]string{"id": "x", "resource_id": "x", "type": "document", "name": "x"}
	query, members, headers := url.Values{}, map[string]any{}, []string{}
	switch p.in {
	case "path":
		fill[p.name] = value
	case "query":
		query.Set(p.name, value)
	case "header":
		headers = append(headers, p.name+": "+value)
	case "where":
		members["where"] = map[string]any{p.name: value}
	case "body":
		if members[p.name] = value; p.name == "organizations" {
			members[p.name] = []string{value}
		}
	}
	op := w.doc.Paths.Value(path).GetOperation(method)
	for _, parameter := range op.Parameters { // so that the time of the request is not in the answer
		if parameter.Value.Name == "from" {
			query.Set("from", "2026-11-01T00:00:00Z")
		}
	}
	switch op.OperationID {
	case "top":
		query.Set("field", "action")
	case "topBy":
		members["field"] = "action"
	case "export": // the name of the file has the time
		query.Set("to", "2026-11-03T00:00:00Z")
	case "histogram":
		query.Set("to", "2026-11-03T00:00:00Z")
	case "histogramBy":
		members["from"], members["to"] = "2026-11-01T00:00:00Z", "2026-11-03T00:00:00Z"
	case "record":
		members["action"], members["resource_type"] = "READ", "document"
	case "makeKey", "makeView":
		if p.name != "name" {
			members["name"] = "a name"
		}
	}
	for name, v := range fill {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(v))
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	var body []byte
	if op.RequestBody != nil {
		text, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		body = text
	}
	return w.send(t, who, method, path, body, headers...)
}

// credentials returns acme's people: by JWT, with an API key, and with a viewer token.
func (w *world) credentials(t testing.TB) map[string]person {
	t.Helper()
	secretOf := func(target, member, body string) person {
		var answer map[string]any
		if err := json.Unmarshal(w.must(t, w.acme, 201, http.MethodPost, target, body).answer, &answer); err != nil {
			t.Fatal(err)
		}
		p := w.acme
		p.token = answer[member].(string)
		return p
	}
	return map[string]person{
		"JWT":          w.acme,
		"API key":      secretOf("/v1/keys", "key", `{"name":"all","permissions":["admin"]}`),
		"viewer token": secretOf("/v1/viewer-tokens", "token", `{"permissions":["read","export","proof"],"user":"eve"}`),
	}
}

// A viewer token shows what its filter finds, in every answer, and not even a number of the rest.
func TestAViewerTokenShowsNothingOutsideItsFilter(t *testing.T) {
	w := newWorld(t)
	made := w.must(t, w.acme, 201, http.MethodPost, "/v1/viewer-tokens", `{"filter":"resource:document/plan-1","user":"eve"}`)
	var token struct{ Token string }
	if err := json.Unmarshal(made.answer, &token); err != nil {
		t.Fatal(err)
	}
	eve := w.acme
	eve.token = token.Token
	outside := w.acme.entries[0] // plan-0
	for _, target := range []string{"/v1/entries?limit=1000", "/v1/entries?q=type:document+OR+has:user", "/v1/users/ada/entries", "/v1/audit-log/plan-0",
		"/v1/resources/document/plan-0/entries", "/v1/users/ada/report?days=300", "/v1/entries/count?by=resource_id", "/v1/entries/top?field=resource_id",
		"/v1/entries/facets?fields=resource_id,details.count", "/v1/entries/histogram?by=resource_id&interval=month", "/v1/suggest?q=resource_id:"} {
		x := w.must(t, eve, 200, http.MethodGet, target, "")
		if bytes.Contains(x.answer, []byte(`"plan-0"`)) || bytes.Contains(x.answer, []byte(`"plan-2"`)) || bytes.Contains(x.answer, []byte("daybook.")) {
			t.Errorf("%v", x)
		}
	}
	var counts struct{ Total int }
	if err := json.Unmarshal(w.must(t, eve, 200, http.MethodGet, "/v1/entries/count", "").answer, &counts); err != nil || counts.Total != 10 {
		t.Errorf("eve counts %d of the 10 entries that she may see, %v", counts.Total, err)
	}
	none := w.must(t, eve, 404, http.MethodGet, "/v1/entries/"+outside.ID.String(), "")
	absent := w.must(t, eve, 404, http.MethodGet, "/v1/entries/"+daybook.NewID().String(), "")
	if !bytes.Equal(none.answer, absent.answer) {
		t.Errorf("%s and %s", none.answer, absent.answer)
	}
	if !slices.Contains(access.AllPermissions(), access.Mint) {
		t.Fatal("no permission to mint")
	}
	w.must(t, eve, 403, http.MethodPost, "/v1/viewer-tokens", `{}`)
	w.must(t, w.acme, 201, http.MethodPost, "/v1/views", `{"name":"staff","shared":true,"q":"user:somebody-else"}`)
	if x := w.must(t, eve, 200, http.MethodGet, "/v1/views", ""); strings.Contains(string(x.answer), "somebody-else") {
		t.Errorf("a limited token sees the filters of others: %s", x.answer)
	}
	w.must(t, eve, 404, http.MethodPut, "/v1/views/staff", `{"q":""}`)
	w.must(t, eve, 404, http.MethodDelete, "/v1/views/staff", "")
	w.must(t, eve, 403, http.MethodPost, "/v1/views", `{"name":"for all","shared":true,"q":""}`)
	w.must(t, eve, 201, http.MethodPost, "/v1/views", `{"name":"for eve","q":""}`)
	w.must(t, eve, 403, http.MethodPost, "/v1/entries", `{"action":"READ","resource_type":"x"}`)
	w.must(t, eve, 403, http.MethodGet, "/v1/keys", "")
}
