package apitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/api"
)

func TestTheDocumentIsValid(t *testing.T) {
	w := newWorld(t)
	if err := w.doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if w.doc.OpenAPI != "3.1.0" {
		t.Errorf("OpenAPI %s", w.doc.OpenAPI)
	}
}

// Every route stands in the document, and everything in the document is a route: the same methods,
// parameters, bodies, and need of a credential.
func TestTheDocumentDescribesTheRoutes(t *testing.T) {
	w := newWorld(t)
	described := map[string]*openapi3.Operation{}
	for path, item := range w.doc.Paths.Map() {
		for method, op := range item.Operations() {
			described[method+" "+path] = op
		}
	}
	ids := map[string]string{}
	for _, r := range w.Routes() {
		name := r.Method + " " + r.Path
		op := described[name]
		if op == nil {
			t.Errorf("%s is not in the document", name)
			continue
		}
		delete(described, name)
		if other := ids[op.OperationID]; other != "" || op.OperationID == "" {
			t.Errorf("%s has the operationId %q of %s", name, op.OperationID, other)
		}
		ids[op.OperationID] = name
		if open := op.Security != nil && len(*op.Security) == 0; open != r.Open {
			t.Errorf("%s: open in the document: %v, in the table: %v", name, open, r.Open)
		}
		if has := op.RequestBody != nil; has != (r.Body != api.NoBody) {
			t.Errorf("%s: has a body in the document: %v", name, has)
		}
		want := slices.Sorted(slices.Values(r.Parameters))
		got := parametersOf(op, r.Body)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: parameters in the document %v, in the table %v", name, got, want)
		}
	}
	for name := range described {
		t.Errorf("%s is in the document and no route", name)
	}
}

// parametersOf returns the names of an operation's query parameters, or of the members of a body that
// stands for them.
func parametersOf(op *openapi3.Operation, body api.Body) []string {
	var names []string
	for _, p := range op.Parameters {
		if p.Value.In == openapi3.ParameterInQuery {
			names = append(names, p.Value.Name)
		}
	}
	if body == api.ParametersBody {
		for name := range op.RequestBody.Value.Content["application/json"].Schema.Value.Properties {
			if name != "filter" && name != "where" {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// What leaves no entry stands in one list of api, and is health and this document alone.
func TestWhatLeavesNoEntryIsHealthAndTheDocument(t *testing.T) {
	w := newWorld(t)
	var silent []string
	for _, r := range w.Routes() {
		if r.Records == api.AsNothing {
			silent = append(silent, r.Method+" "+r.Path)
		}
	}
	slices.Sort(silent)
	if got := strings.Join(silent, ", "); got != "GET /healthz, GET /openapi.json, GET /readyz" {
		t.Errorf("without an entry: %s", got)
	}
}

// One good request of every operation leaves an entry, and both sides are as the document says.
func TestEveryOperationAnswersAsTheDocumentSaysAndLeavesItsEntry(t *testing.T) {
	w := newWorld(t)
	tried := map[string]bool{}
	for _, r := range w.good(t) {
		t.Run(r.operation, func(t *testing.T) {
			before := w.own(t)
			x := w.must(t, w.acme, r.status, r.method, r.target, r.body)
			route, _, err := w.route(x.request)
			if err != nil {
				t.Fatal(err)
			}
			if route.Operation.OperationID != r.operation {
				t.Fatalf("%s is an example of %s", r.operation, route.Operation.OperationID)
			}
			tried[r.operation] = true
			open := route.Operation.Security != nil
			quiet := []string{"record", "filter", "views"} // what was recorded, and two whose session me has noted
			if after := w.own(t); after == before && !open && !slices.Contains(quiet, r.operation) {
				t.Errorf("%v left no entry", x)
			}
		})
	}
	for _, item := range w.doc.Paths.Map() {
		for method, op := range item.Operations() {
			if !tried[op.OperationID] && op.OperationID != "log" {
				t.Errorf("%s %s has no example here", method, op.OperationID)
			}
		}
	}
}

// An example is a good request.
type example struct {
	operation      string
	status         int
	method, target string
	body           string
}

// good returns one good request of every operation that acme may use, each with a filter of its own,
// since one view of a query leaves one entry in a quarter of an hour.
func (w *world) good(t testing.TB) []example {
	e := w.acme.entries[0]
	get := func(operation, target string) example {
		return example{operation, http.StatusOK, http.MethodGet, target, ""}
	}
	post := func(operation string, status int, target, body string) example {
		return example{operation, status, http.MethodPost, target, body}
	}
	return []example{
		get("me", "/v1/me"), get("healthz", "/healthz"), get("readyz", "/readyz"), get("openapi", "/openapi.json"),
		post("record", 201, "/v1/entries", `{"action":"CREATE","resource_type":"document","details":{"a":[1,{"b":null}]},"ip_address":"2001:db8::1"}`),
		get("entries", "/v1/entries?q=action:UPDATE+created:-7d&limit=2&tz=Europe/Berlin&order=oldest"),
		post("search", 200, "/v1/entries/search", `{"filter":{"field":"action","op":":","any":["UPDATE"]},"where":{"user_id":"ada","details":{"tags":"b"}},"limit":3,"from":"2026-01-01T00:00:00Z"}`),
		get("entry", "/v1/entries/"+e.ID.String()),
		get("count", "/v1/entries/count?by=action,outcome&q=is:change"),
		post("countBy", 200, "/v1/entries/count", `{"by":["user_id"],"q":"user:ada"}`),
		get("histogram", "/v1/entries/histogram?interval=hour&by=action&q=has:user"),
		post("histogramBy", 200, "/v1/entries/histogram", `{"edges":["2026-01-01T00:00:00Z","2027-01-01T00:00:00Z"],"q":"has:details"}`),
		get("top", "/v1/entries/top?field=details.tags&q=type:document"),
		post("topBy", 200, "/v1/entries/top", `{"field":"resource_id","limit":2,"q":"-action:READ"}`),
		get("facets", "/v1/entries/facets?fields=action,details.title&q=outcome:success"),
		post("facetsBy", 200, "/v1/entries/facets", `{"q":"-outcome:denied"}`),
		get("tail", "/v1/entries/tail?q=action:DELETE"),
		get("export", "/v1/entries/export?format=json&q=type:document&order=oldest"),
		get("resourceTrail", "/v1/resources/document/plan-1/entries"),
		get("auditLog", "/v1/audit-log/plan-1"),
		get("userTrail", "/v1/users/ada/entries"),
		get("userReport", "/v1/users/ada/report?days=7"),
		get("filter", "/v1/filter?q=action:CREATE+OR+user:me"),
		get("suggest", "/v1/suggest?q=details.ti"),
		get("views", "/v1/views"),
		get("keys", "/v1/keys?limit=5"),
		post("makeKey", 201, "/v1/keys", `{"name":"billing","permissions":["recorder","read"],"expires_at":"2099-01-01T00:00:00Z"}`),
		{"rotateKey", 200, http.MethodPost, "/v1/keys/" + w.key(t, w.acme) + "/rotate", `{"overlap_seconds":60}`},
		{"revokeKey", 204, http.MethodDelete, "/v1/keys/" + w.key(t, w.acme), ""},
		post("makeViewerToken", 201, "/v1/viewer-tokens", `{"user":"eve","filter":"resource:document/plan-1","lifetime_seconds":60,"origin":"https://app.example.com"}`),
		{"revokeViewerToken", 204, http.MethodDelete, "/v1/viewer-tokens/" + w.token(t, w.acme), ""},
		post("makeView", 201, "/v1/views", `{"name":"Night shift","q":"created.hour:22..23 created:-7d","shared":true,"columns":["user"]}`),
		{"changeView", 200, http.MethodPut, "/v1/views/Night%20shift", `{"q":"outcome:denied","order":"oldest"}`},
		get("checkpoint", "/v1/ledger/acme/checkpoint"), get("proof", "/v1/ledger/acme/proof/"+e.ID.String()+"?disclose=user_id,details"),
		{"deleteView", 204, http.MethodDelete, "/v1/views/Night%20shift", ""},
	}
}

// own returns how many entries of Daybook's own acme has.
func (w *world) own(t testing.TB) int64 {
	t.Helper()
	f, _, err := daybook.ParseFilter("is:own", nil)
	if err != nil {
		t.Fatal(err)
	}
	groups, err := w.store.Count(t.Context(), w.acme.organization, daybook.Query{Filter: f})
	if err != nil {
		t.Fatal(err)
	}
	return groups[0].Count
}

// key makes an API key and returns its id.
func (w *world) key(t testing.TB, who person) string {
	t.Helper()
	return w.made(t, who, "/v1/keys", `{"name":"made"}`)
}

// token makes a viewer token and returns its id.
func (w *world) token(t testing.TB, who person) string {
	t.Helper()
	return w.made(t, who, "/v1/viewer-tokens", `{}`)
}

func (w *world) made(t testing.TB, who person, target, body string) string {
	t.Helper()
	var answer struct{ ID string }
	if err := json.Unmarshal(w.must(t, who, 201, http.MethodPost, target, body).answer, &answer); err != nil || answer.ID == "" {
		t.Fatalf("%+v, %v", answer, err)
	}
	return answer.ID
}
