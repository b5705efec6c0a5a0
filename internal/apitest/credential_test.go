package apitest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/daybookdev/daybook/access"
)

// keyOf makes a key of acme's, beside the API, and returns its id and somebody who has it.
func (w *world) keyOf(t testing.TB, permissions ...access.Permission) (id string, who person) {
	t.Helper()
	r := access.KeyRequest{Name: "test", Organizations: []string{"acme"}, Permissions: permissions}
	if slices.Contains(permissions, access.Follow) {
		r.Organizations, r.AllOrganizations = nil, true
	}
	k, text, err := newCredentials(t, w.store).CreateKey(t.Context(), access.Operator("ada"), r)
	if err != nil {
		t.Fatal(err)
	}
	who = w.acme
	who.token = text
	return k.ID, who
}

// Whatever is wrong with a credential, and whatever is asked for, the answer is the same: status, head
// and body.
func TestEveryBrokenCredentialGetsOneAnswer(t *testing.T) {
	w := newWorld(t)
	_, reader := w.keyOf(t, access.Read)
	broken := map[string]string{"none": "", "other words": "x", "no token": "Bearer ", "Basic": "Basic " + base64.StdEncoding.EncodeToString([]byte("a:b"))}
	for name, good := range map[string]string{"JWT": w.acme.token, "key": reader.token} {
		for i := range good {
			c := byte('A')
			if good[i] == c {
				c = 'B'
			}
			broken[fmt.Sprintf("%s, another character %d", name, i)] = "Bearer " + good[:i] + string(c) + good[i+1:]
			broken[fmt.Sprintf("%s, without character %d", name, i)] = "Bearer " + good[:i] + good[i+1:]
		}
		broken[name+", twice"] = "Bearer " + good + ", Bearer " + good
		broken[name+", without a scheme"] = good
	}
	id, revoked := w.keyOf(t, access.Read)
	w.must(t, revoked, 200, http.MethodGet, "/v1/entries", "")
	_, admin := w.keyOf(t, access.Keys)
	w.must(t, admin, 204, http.MethodDelete, "/v1/keys/"+id, "")
	broken["a revoked key"] = "Bearer " + revoked.token
	parts := strings.Split(w.acme.token, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	broken["no algorithm"], broken["no signature"] = "Bearer "+none+"."+parts[1]+".", "Bearer "+parts[0]+"."+parts[1]+"."

	answers := map[string]string{}
	for name, header := range broken {
		for _, target := range []string{"/v1/entries", "/v1/me"} {
			x := w.send(t, person{}, http.MethodGet, target, nil, "Authorization: "+header)
			answers[fmt.Sprintf("%d %v %s", x.status, x.header, x.answer)] = name
		}
	}
	if len(broken) < 300 {
		t.Errorf("only %d broken credentials", len(broken))
	}
	if len(answers) != 1 {
		t.Errorf("%d different answers: %v", len(answers), answers)
	}
	for answer := range answers {
		if !strings.HasPrefix(answer, "401 ") {
			t.Errorf("the answer is %s", answer)
		}
	}
	for _, good := range []person{reader, w.acme} {
		w.must(t, good, 200, http.MethodGet, "/v1/entries", "")
	}
}

// For every operation: a key with every permission but the one it needs gets nowhere, and one with that
// alone gets on.
func TestEveryOperationNeedsItsPermissionAndNoOther(t *testing.T) {
	w := newWorld(t)
	needs := map[string]access.Permission{}
	for _, r := range w.Routes() {
		if item := w.doc.Paths.Value(r.Path); item != nil && item.GetOperation(r.Method) != nil {
			needs[item.GetOperation(r.Method).OperationID] = r.Permission
		}
	}
	with, without := map[access.Permission]person{}, map[access.Permission]person{}
	for _, p := range access.AllPermissions() {
		_, with[p] = w.keyOf(t, p)
		_, without[p] = w.keyOf(t, slices.DeleteFunc(access.AllPermissions(), func(q access.Permission) bool { return q == p || q == access.Follow })...)
	}
	gives := map[string][]access.Permission{ // what an operation gives away, and so needs too
		"makeKey": {access.Record, access.Read}, "rotateKey": {access.Record}, "makeViewerToken": {access.Read},
	}
	tried := 0
	for _, e := range w.good(t) {
		permission := needs[e.operation]
		if permission == "" { // health, the document, and who one is
			continue
		}
		tried++
		var body []byte
		if e.body != "" {
			body = []byte(e.body)
		}
		if x := w.send(t, without[permission], e.method, e.target, body); x.status != http.StatusForbidden {
			t.Errorf("%s without %s: %v", e.operation, permission, x)
		}
		who := with[permission]
		if more := gives[e.operation]; len(more) > 0 {
			_, who = w.keyOf(t, append(more, permission)...)
		}
		if x := w.send(t, who, e.method, e.target, body); x.status == http.StatusForbidden || x.status == http.StatusUnauthorized {
			t.Errorf("%s with %s: %v", e.operation, permission, x)
		}
	}
	if tried < 25 {
		t.Errorf("only %d operations were tried", tried)
	}
}

// A key works until the request after the one that ends it, and so does what was made with it.
func TestWhatIsRevokedEndsAtTheNextRequest(t *testing.T) {
	w := newWorld(t)
	id, key := w.keyOf(t, access.Read, access.Mint)
	_, admin := w.keyOf(t, access.Keys, access.Read, access.Mint)
	token := key
	made := w.must(t, key, 201, http.MethodPost, "/v1/viewer-tokens", `{}`)
	_, text, _ := strings.Cut(string(made.answer), `"token":"`)
	token.token, _, _ = strings.Cut(text, `"`)
	w.must(t, token, 200, http.MethodGet, "/v1/entries", "")

	rotated := key
	made = w.must(t, admin, 200, http.MethodPost, "/v1/keys/"+id+"/rotate", `{"overlap_seconds":3600}`)
	_, text, _ = strings.Cut(string(made.answer), `"key":"`)
	rotated.token, _, _ = strings.Cut(text, `"`)
	for _, who := range []person{key, rotated, token} {
		w.must(t, who, 200, http.MethodGet, "/v1/me", "")
	}
	w.must(t, admin, 204, http.MethodDelete, "/v1/keys/"+id, "")
	for _, who := range []person{key, rotated, token} {
		w.must(t, who, 401, http.MethodGet, "/v1/me", "")
	}
}

// Nobody comes by a right through making a credential with it.
func TestNobodyGivesWhatItDoesNotHave(t *testing.T) {
	w := newWorld(t)
	_, keys := w.keyOf(t, access.Keys, access.Read)
	_, mint := w.keyOf(t, access.Mint)
	stronger, _ := w.keyOf(t, access.Export)
	for _, tt := range []struct {
		who          person
		status       int
		target, body string
	}{
		{keys, 403, "/v1/keys", `{"name":"x","permissions":["export"]}`},
		{keys, 403, "/v1/keys", `{"name":"x","permissions":["admin"]}`},
		{keys, 403, "/v1/keys", `{"name":"x"}`}, // record, which it lacks
		{keys, 403, "/v1/keys", `{"name":"x","permissions":["read"],"all_organizations":true}`},
		{keys, 404, "/v1/keys", `{"name":"x","permissions":["read"],"organizations":["rival"]}`},
		{keys, 404, "/v1/keys", `{"name":"x","permissions":["read"],"organizations":["acme","rival"]}`},
		{keys, 403, "/v1/keys/" + stronger + "/rotate", `{}`},
		{keys, 403, "/v1/viewer-tokens", `{}`},
		{mint, 403, "/v1/viewer-tokens", `{}`}, // read, which it lacks
		{mint, 404, "/v1/viewer-tokens", `{"organization":"rival"}`},
		{mint, 403, "/v1/keys", `{"name":"x","permissions":["mint"]}`},
	} {
		if x := w.send(t, tt.who, http.MethodPost, tt.target, []byte(tt.body)); x.status != tt.status {
			t.Errorf("%v\nwant %d", x, tt.status)
		}
	}
}
