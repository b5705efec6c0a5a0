package workspace_test

import (
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
)

// A request of one organization for what belongs to another, on every route that takes an id.
func TestNobodyReachesIntoAnotherOrganization(t *testing.T) {
	h := furnish(t)
	acme := h.organization
	document, key := h.document(h.member), ""
	key, _ = h.key("production-key")

	// The neighbour is an owner: nothing but the organization stands in the way.
	birch, neighbour := h.signUp("Birch", "bo@birch.example")
	own := h.document(neighbour)
	before := h.count(`select (select count(*) from documents) * 1000000 + (select count(*) from users) * 10000 + (select count(*) from memberships) * 100 + (select count(*) from api_keys)`)
	h.pass()

	absent := "01980000-0000-7000-8000-000000000000"
	for _, test := range []struct {
		action             daybook.Action
		resource           string // its type
		method, path, body string // with ID for the id
		id                 string
		inBody             bool // so the entry does not name it
	}{
		{action: daybook.Read, resource: "user", method: "GET", path: "/users/ID", id: h.member.id},
		{action: daybook.Update, resource: "user", method: "PATCH", path: "/users/ID", body: `{"name":"Mine"}`, id: h.member.id},
		{action: daybook.Delete, resource: "user", method: "DELETE", path: "/users/ID", id: h.member.id},
		{action: daybook.Create, resource: "membership", method: "POST", path: "/memberships", body: `{"user_id":"ID","role":"owner"}`, id: h.member.id, inBody: true},
		{action: daybook.Update, resource: "membership", method: "PATCH", path: "/memberships/ID", body: `{"role":"owner"}`, id: h.member.membership},
		{action: daybook.Delete, resource: "membership", method: "DELETE", path: "/memberships/ID", id: h.member.membership},
		{action: daybook.Read, resource: "document", method: "GET", path: "/documents/ID", id: document},
		{action: daybook.Read, resource: "document", method: "GET", path: "/documents/ID/content", id: document},
		{action: daybook.Update, resource: "document", method: "PATCH", path: "/documents/ID", body: `{"status":"archived"}`, id: document},
		{action: daybook.Update, resource: "document", method: "POST", path: "/documents/ID/archive", id: document},
		{action: daybook.Delete, resource: "document", method: "DELETE", path: "/documents/ID", id: document},
		{action: daybook.Update, resource: "document", method: "POST", path: "/documents/batch-tag", body: `{"document_ids":["` + own + `","ID"],"add":["mine"]}`, id: document, inBody: true},
		{action: daybook.Delete, resource: "api_key", method: "DELETE", path: "/api-keys/ID", id: key},
		{action: daybook.Delete, resource: "api_key", method: "POST", path: "/api-keys/ID/rotate", id: key},
		{action: daybook.Create, resource: "notification", method: "POST", path: "/notifications", body: `{"user_id":"ID","subject":"Hello","message":"x"}`, id: h.member.id, inBody: true},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			h.in(t)
			ask := func(id string) *answer {
				return h.do(neighbour, test.method, strings.ReplaceAll(test.path, "ID", id), strings.ReplaceAll(test.body, "ID", id),
					header("X-Request-Id", "req-1")).is(404)
			}
			foreign := ask(test.id)
			want := daybook.Entry{Action: test.action, ResourceType: test.resource, ResourceID: test.id, OrganizationID: birch, UserID: neighbour.id,
				Outcome: daybook.Denied, Details: daybook.Details{"error": "Forbidden"}}
			if test.inBody {
				want.ResourceID = ""
			}
			h.wants(want)

			missing := ask(absent)
			if foreign.body != missing.body {
				t.Errorf("the answer tells what exists elsewhere: %s and %s", foreign.body, missing.body)
			}
			if got := h.entries(); len(got) != 1 || got[0].Outcome != daybook.Failure || got[0].OrganizationID != birch {
				t.Errorf("what does not exist: entries %+v", got)
			}
		})
	}
	if n := h.count(`select (select count(*) from documents) * 1000000 + (select count(*) from users) * 10000 + (select count(*) from memberships) * 100 + (select count(*) from api_keys)`); n != before {
		t.Errorf("something was changed: %d, was %d", n, before)
	}
	if n := h.count(`select count(*) from documents where status = 'archived'`) + h.count(`select count(*) from document_tags where tag = 'mine'`); n != 0 {
		t.Errorf("%d documents were changed", n)
	}

	t.Run("lists and reports show the own organization only", func(t *testing.T) {
		h.in(t)
		for _, path := range []string{"/users", "/memberships", "/documents", "/documents/export", "/api-keys", "/organization",
			"/audit-log/" + document, "/audit-log/" + h.member.id, "/reports/users/" + h.member.id} {
			body := h.get(neighbour, path).is(200).body
			for name, foreign := range map[string]string{"organization": acme, "document": document, "membership": h.member.membership, "e-mail address": h.member.email, "key": key} {
				if !strings.Contains(path, foreign) && strings.Contains(body, foreign) { // what they asked for, they know
					t.Errorf("%s shows another organization's %s: %s", path, name, body)
				}
			}
		}
	})
	t.Run("a header does not choose the organization", func(t *testing.T) {
		h.in(t)
		h.pass()
		h.get(neighbour, "/documents/"+document, header("X-Organization-Id", acme), header("X-Tenant-Id", acme), header("Daybook-Organization", acme)).is(404)
		h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "document", ResourceID: document, OrganizationID: birch, UserID: neighbour.id,
			Outcome: daybook.Denied, Details: daybook.Details{"error": "Forbidden"}})
	})
}

// Every route but the two that make a token refuses a caller without one, and records that.
func TestEveryRouteNeedsAToken(t *testing.T) {
	h := furnish(t)
	id := "01980000-0000-7000-8000-000000000000"
	for _, route := range routes(t) {
		if route == "POST /organizations" || route == "POST /sign-in" {
			continue
		}
		t.Run(route, func(t *testing.T) {
			h.in(t)
			method, path, _ := strings.Cut(route, " ")
			for name := range strings.SplitSeq(path, "/") {
				if strings.HasPrefix(name, "{") {
					path = strings.Replace(path, name, id, 1)
				}
			}
			if h.do(nil, method, path, "").is(401).header.Get("WWW-Authenticate") == "" {
				t.Error("no WWW-Authenticate")
			}
			if got := h.entries(); len(got) != 1 || got[0].Outcome != daybook.Denied || got[0].OrganizationID != platform || got[0].Details["error"] != "Unauthorized" {
				t.Errorf("entries %+v", got)
			}
		})
	}
}
