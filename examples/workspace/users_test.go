package workspace_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybooktest"
	"github.com/daybookdev/daybook/examples/workspace"
)

// The guide, "Pattern 1": what the entry holds although the handler does not mention it.
func TestCreatingAUserRecordsItWithTheIdOfTheAnswer(t *testing.T) {
	h := furnish(t)
	var made struct{ ID string }
	h.post(h.admin, "/users", `{"name":"Edsger","email":"edsger@acme.example","password":"correct horse"}`,
		header("X-Request-Id", "req-abc123def456"), header("User-Agent", "Firefox"),
		header("X-Forwarded-For", "203.0.113.9")).is(201).into(&made)
	h.wants(
		daybook.Entry{Action: daybook.Create, ResourceType: "membership", ResourceID: anyID, UserID: h.admin.id,
			RequestID: "req-abc123def456", Details: daybook.Details{"user_id": made.ID, "role": "member"}},
		daybook.Entry{Action: daybook.Create, ResourceType: "user", ResourceID: made.ID, UserID: h.admin.id,
			RequestID: "req-abc123def456", UserAgent: "Firefox"},
		daybook.Entry{Action: daybook.Create, ResourceType: "notification", UserID: h.admin.id,
			RequestID: "req-abc123def456", Details: daybook.Details{"type": "email", "recipient": "edsger@acme.example", "success": true}},
	)
}

// The guide, "Pattern 1": an answer without a body, so the id is that of the path.
func TestDeletingAUserRecordsTheIdOfThePath(t *testing.T) {
	h := furnish(t)
	h.do(h.admin, "DELETE", "/users/"+h.member.id, "").is(204)
	h.wants(daybook.Entry{Action: daybook.Delete, ResourceType: "user", ResourceID: h.member.id, UserID: h.admin.id})
	if n := h.count(`select count(*) from users where id = $1`, h.member.id); n != 0 {
		t.Error("the user is still there")
	}
}

// The guide, "JSON Details Field": "User update".
func TestUpdatingAUserTellsWhatChanged(t *testing.T) {
	h := furnish(t)
	for name, test := range map[string]struct {
		body string
		want daybook.Details
	}{
		"name and address": {`{"name":"Alan","email":"new@acme.example"}`, daybook.Details{
			"fields_changed": []string{"name", "email"},
			"old_email":      "alan@acme.example",
			"new_email":      "new@acme.example",
			"changes": daybook.Changes{
				"name":  {Old: "Somebody", New: "Alan"},
				"email": {Old: "alan@acme.example", New: "new@acme.example"}},
		}},
		"the name alone": {`{"name":"Alan"}`, daybook.Details{
			"fields_changed": []string{"name"},
			"changes":        daybook.Changes{"name": {Old: "Somebody", New: "Alan"}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h.in(t)
			h.do(h.admin, "PATCH", "/users/"+h.member.id, test.body).is(200)
			h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "user", ResourceID: h.member.id, UserID: h.admin.id, Details: test.want})
			h.exec(`update users set name = 'Somebody', email = 'alan@acme.example' where id = $1`, h.member.id)
		})
	}
	t.Run("what stays the same is no change", func(t *testing.T) {
		h.in(t)
		h.do(h.admin, "PATCH", "/users/"+h.member.id, `{"name":"Somebody"}`).is(200)
		h.wants()
	})
}

// The guide, "JSON Details Field": "Error scenario".
func TestAnInvalidAddressIsRecordedAsItWasTried(t *testing.T) {
	h := furnish(t)
	for _, attempt := range []string{"invalid-email", "a@b@c", "Ada <ada@acme.example>", "ada@acme.example\\r\\nBcc: x@y", ""} {
		h.post(h.admin, "/users", `{"name":"Typo","email":"`+attempt+`","password":"correct horse"}`).is(422)
		h.wants(daybook.Entry{Action: daybook.Create, ResourceType: "user", UserID: h.admin.id, Outcome: daybook.Failure,
			Details: daybook.Details{
				"error_type":      "ValidationError",
				"error_message":   "Invalid email format",
				"attempted_value": strings.NewReplacer(`\r`, "\r", `\n`, "\n").Replace(attempt),
			}})
	}
	h.do(h.admin, "PATCH", "/users/"+h.member.id, `{"email":"invalid-email"}`).is(422)
	h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "user", ResourceID: h.member.id, UserID: h.admin.id, Outcome: daybook.Failure,
		Details: daybook.Details{"error_type": "ValidationError", "error_message": "Invalid email format", "attempted_value": "invalid-email"}})
}

func TestAPasswordThatIsRefusedIsNotRecorded(t *testing.T) {
	h := furnish(t)
	h.post(h.admin, "/users", `{"name":"Short","email":"short@acme.example","password":"tiny"}`).is(422)
	h.wants(daybook.Entry{Action: daybook.Create, ResourceType: "user", UserID: h.admin.id, Outcome: daybook.Failure,
		Details: daybook.Details{"error_type": "ValidationError", "error_message": "The password must have 10 to 128 bytes"}})
}

func TestAnAddressThatIsTakenIsAConflict(t *testing.T) {
	h := furnish(t)
	taken := daybook.Details{"error_type": "ConflictError", "error_message": "the e-mail address is taken"}
	h.post(h.admin, "/users", `{"name":"Twice","email":"Ada@Acme.example","password":"correct horse"}`).is(409)
	h.wants(daybook.Entry{Action: daybook.Create, ResourceType: "user", UserID: h.admin.id, Outcome: daybook.Failure, Details: taken})
	h.do(h.admin, "PATCH", "/users/"+h.member.id, `{"email":"ada@acme.example"}`).is(409)
	h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "user", ResourceID: h.member.id, UserID: h.admin.id, Outcome: daybook.Failure, Details: taken})
	if n := h.count(`select count(*) from users`); n != 3 {
		t.Errorf("%d users", n)
	}
}

func TestWhoMayManageUsers(t *testing.T) {
	h := furnish(t)
	for name, test := range map[string]struct {
		by                 *user
		method, path, body string
		status             int
	}{
		"a member creates nobody":          {h.member, "POST", "/users", `{"name":"X","email":"x@acme.example","password":"correct horse"}`, 403},
		"a member deletes nobody":          {h.member, "DELETE", "/users/" + h.admin.id, "", 403},
		"an admin makes no owner":          {h.admin, "POST", "/users", `{"name":"X","email":"x@acme.example","password":"correct horse","role":"owner"}`, 403},
		"an admin deletes no owner":        {h.admin, "DELETE", "/users/" + h.owner.id, "", 403},
		"an admin renames no owner":        {h.admin, "PATCH", "/users/" + h.owner.id, `{"email":"mine@acme.example"}`, 403},
		"there is no such role":            {h.admin, "POST", "/users", `{"name":"X","email":"x@acme.example","password":"correct horse","role":"god"}`, 422},
		"the last owner stays":             {h.owner, "DELETE", "/users/" + h.owner.id, "", 409},
		"what is no id is not found":       {h.owner, "DELETE", "/users/me", "", 404},
		"what does not exist is not found": {h.owner, "DELETE", "/users/01980000-0000-7000-8000-000000000000", "", 404},
	} {
		t.Run(name, func(t *testing.T) {
			h.in(t)
			h.do(test.by, test.method, test.path, test.body).is(test.status)
			outcome := daybook.Failure
			if test.status == 403 {
				outcome = daybook.Denied
			}
			if got := h.entries(); len(got) != 1 || got[0].Outcome != outcome || got[0].ResourceType != "user" || got[0].UserID != test.by.id {
				t.Errorf("entries %+v", got)
			}
		})
	}
	if n := h.count(`select count(*) from users`); n != 3 {
		t.Errorf("%d users", n)
	}
}

// The guide, "2. Never Log Sensitive Data": GOOD.
func TestChangingTheOwnAddressRecordsMetadataOnly(t *testing.T) {
	h := furnish(t)
	for email, verified := range map[string]bool{"alan.new@acme.example": true, "alan@elsewhere.example": false} {
		h.do(h.member, "PUT", "/me/email", `{"email":"`+email+`"}`).is(200)
		h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "user", ResourceID: h.member.id, UserID: h.member.id,
			Details: daybook.Details{"email_changed": true, "domain_verified": verified}})
	}
}

func TestChangingThePasswordRecordsNeither(t *testing.T) {
	h := furnish(t)
	h.do(h.member, "PUT", "/me/password", `{"old_password":"correct horse","new_password":"battery staple"}`).is(204)
	h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "user", ResourceID: h.member.id, UserID: h.member.id,
		Details: daybook.Details{"password_changed": true,
			"changes": map[string]any{"password_hash": map[string]any{"old": "[redacted]", "new": "[redacted]"}}}})
	h.post(nil, "/sign-in", `{"email":"alan@acme.example","password":"battery staple"}`).is(200)
	h.post(nil, "/sign-in", `{"email":"alan@acme.example","password":"correct horse"}`).is(401)
	h.pass()

	h.do(h.member, "PUT", "/me/password", `{"old_password":"wrong","new_password":"something else"}`).is(403)
	h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "user", ResourceID: h.member.id, UserID: h.member.id,
		Outcome: daybook.Denied, Details: daybook.Details{"error": "Forbidden"}})
}

func TestLookingAtUsersLeavesNoEntry(t *testing.T) {
	h := furnish(t)
	for _, path := range []string{"/users", "/users/" + h.owner.id, "/me", "/memberships", "/organization"} {
		if body := h.get(h.member, path).is(200).body; strings.Contains(body, "pbkdf2") {
			t.Errorf("%s shows a password's hash: %s", path, body)
		}
	}
	h.wants()
}

// The guide, "Accessing in Endpoints": get_logging_context.
func TestMeShowsTheScope(t *testing.T) {
	h := furnish(t)
	var me struct {
		UserID         string `json:"user_id"`
		OrganizationID string `json:"organization_id"`
		RequestID      string `json:"request_id"`
		IPAddress      string `json:"ip_address"`
		ActorType      string `json:"actor_type"`
		Role           string
	}
	h.get(h.member, "/me", header("X-Request-Id", "req-abc123def456"), func(r *http.Request) {
		r.RemoteAddr = "10.1.2.3:4567"
		r.Header.Set("X-Forwarded-For", "192.0.2.1")
	}).is(200).into(&me)
	if me.UserID != h.member.id || me.OrganizationID != h.organization || me.RequestID != "req-abc123def456" ||
		me.IPAddress != "192.0.2.1" || me.ActorType != "user" || me.Role != "member" {
		t.Errorf("%+v", me)
	}
}

func TestEveryFieldSaysWhetherItIsShown(t *testing.T) {
	daybooktest.Classified[workspace.User](t)
	daybooktest.Classified[workspace.Document](t)
	daybooktest.Classified[workspace.Organization](t)
	daybooktest.Classified[workspace.Membership](t)
}
