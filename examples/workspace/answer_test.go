package workspace_test

import (
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
)

func TestBodiesAreReadStrictly(t *testing.T) {
	h := furnish(t)
	for name, test := range map[string]struct {
		body, contentType string
		status            int
	}{
		"an unknown member":        {`{"name":"X","email":"x@acme.example","password":"correct horse","admin":true}`, "application/json", 400},
		"a member in other case":   {`{"name":"X","Email":"x@acme.example","password":"correct horse"}`, "application/json", 400},
		"a member twice":           {`{"name":"X","email":"x@acme.example","email":"y@acme.example","password":"correct horse"}`, "application/json", 400},
		"something behind it":      {`{"name":"X","email":"x@acme.example","password":"correct horse"}{}`, "application/json", 400},
		"a number for a name":      {`{"name":1,"email":"x@acme.example","password":"correct horse"}`, "application/json", 400},
		"a list":                   {`[]`, "application/json", 400},
		"nothing":                  {``, "application/json", 400},
		"text that is not UTF-8":   {"{\"name\":\"\xff\"}", "application/json", 400},
		"a form":                   {`name=X`, "application/x-www-form-urlencoded", 400},
		"no content type":          {`{"name":"X","email":"x@acme.example","password":"correct horse"}`, "", 400},
		"more than is read":        {`{"name":"` + strings.Repeat("x", 70_000) + `"}`, "application/json", 413},
		"a very long name":         {`{"name":"` + strings.Repeat("x", 60_000) + `"}`, "application/json", 422},
		"a very long address":      {`{"name":"X","email":"` + strings.Repeat("x", 60_000) + `"}`, "application/json", 422},
		"an address of many bytes": {`{"name":"X","email":"` + strings.Repeat("é", 30_000) + `"}`, "application/json", 422},
	} {
		t.Run(name, func(t *testing.T) {
			h.in(t)
			a := h.post(h.admin, "/users", test.body, header("Content-Type", test.contentType)).is(test.status)
			if len(a.body) > 500 || a.header.Get("Content-Type") != "application/json" {
				t.Errorf("answer %s %s", a.header.Get("Content-Type"), a.body)
			}
			// However it was refused, the refusal is in the log.
			if got := h.entries(); len(got) != 1 || got[0].Outcome != daybook.Failure || got[0].Details["error_type"] == nil {
				t.Errorf("entries %+v", got)
			}
		})
	}
	if n := h.count(`select count(*) from users`); n != 3 {
		t.Errorf("%d users", n)
	}
}

// What went wrong inside is for the application's log, not for clients and not for the activity log.
func TestInternalErrorsTellNothing(t *testing.T) {
	h := furnish(t)
	h.exec(`alter table api_keys rename to api_keys_away`)
	a := h.post(h.admin, "/api-keys", `{"name":"x"}`).is(500)
	if strings.TrimSpace(a.body) != `{"error":"internal error"}` {
		t.Errorf("%s", a.body)
	}
	h.wants(daybook.Entry{Action: daybook.Create, ResourceType: "api_key", UserID: h.admin.id, Outcome: daybook.Failure,
		Details: daybook.Details{"error_type": "InternalError", "error_message": "internal error"}})
}
