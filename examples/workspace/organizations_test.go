package workspace_test

import (
	"testing"

	"github.com/daybookdev/daybook"
)

func TestSigningUpRecordsThreeEntriesWithTheirThreeRows(t *testing.T) {
	h := start(t)
	var made struct {
		ID         string
		User       struct{ ID string }
		Membership struct{ ID string }
	}
	h.post(nil, "/organizations", `{"name":"Acme","owner":{"name":"Ada","email":"ada@acme.example","password":"correct horse"}}`).
		is(201).into(&made)
	h.organization = made.ID
	h.wants(
		daybook.Entry{Action: daybook.Create, ResourceType: "organization", ResourceID: made.ID, UserID: made.User.ID, Details: daybook.Details{"name": "Acme"}},
		daybook.Entry{Action: daybook.Create, ResourceType: "user", ResourceID: made.User.ID, UserID: made.User.ID},
		daybook.Entry{Action: daybook.Create, ResourceType: "membership", ResourceID: made.Membership.ID, UserID: made.User.ID,
			Details: daybook.Details{"user_id": made.User.ID, "role": "owner"}},
	)
}

func TestASignUpThatIsRefusedLeavesAnEntryOfThePlatform(t *testing.T) {
	h := furnish(t)
	for name, test := range map[string]struct {
		body    string
		status  int
		details daybook.Details
	}{
		"an invalid address": {`{"name":"Birch","owner":{"name":"Bo","email":"invalid-email","password":"correct horse"}}`, 422,
			daybook.Details{"error_type": "ValidationError", "error_message": "Invalid email format", "attempted_value": "invalid-email"}},
		"an address that is taken": {`{"name":"Birch","owner":{"name":"Bo","email":"ada@acme.example","password":"correct horse"}}`, 409,
			daybook.Details{"error_type": "ConflictError", "error_message": "the e-mail address is taken"}},
		"no name": {`{"owner":{"name":"Bo","email":"bo@birch.example","password":"correct horse"}}`, 422,
			daybook.Details{"error_type": "ValidationError", "error_message": "Missing name"}},
	} {
		t.Run(name, func(t *testing.T) {
			h.in(t)
			h.post(nil, "/organizations", test.body).is(test.status)
			h.wants(daybook.Entry{Action: daybook.Create, ResourceType: "organization", OrganizationID: platform, UserID: noUser, ActorType: daybook.ActorSystem,
				Outcome: daybook.Failure, Details: test.details})
			if n := h.count(`select (select count(*) from organizations) + (select count(*) from users) + (select count(*) from memberships)`); n != 1+3+3 {
				t.Errorf("%d rows: part of the sign-up was kept", n)
			}
		})
	}
}

func TestRenamingTheOrganizationTellsTheOldName(t *testing.T) {
	h := furnish(t)
	h.do(h.owner, "PATCH", "/organization", `{"name":"Acme Analytics"}`).is(200)
	h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "organization", ResourceID: h.organization, UserID: h.owner.id,
		Details: daybook.Details{"changes": daybook.Changes{"name": {Old: "Acme", New: "Acme Analytics"}}}})

	h.do(h.admin, "PATCH", "/organization", `{"name":"Mine"}`).is(403)
	h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "organization", UserID: h.admin.id, Outcome: daybook.Denied,
		Details: daybook.Details{"error": "Forbidden"}})
	if n := h.count(`select count(*) from organizations where name = 'Acme Analytics'`); n != 1 {
		t.Error("the name was changed by somebody who may not")
	}
}
