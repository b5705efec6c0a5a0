package workspace_test

import (
	"sync"
	"testing"

	"github.com/daybookdev/daybook"
)

func TestChangingARoleTellsTheOldAndTheNewOne(t *testing.T) {
	h := furnish(t)
	path := "/memberships/" + h.member.membership
	h.do(h.owner, "PATCH", path, `{"role":"admin"}`).is(200)
	h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "membership", ResourceID: h.member.membership, UserID: h.owner.id,
		Details: daybook.Details{"user_id": h.member.id, "changes": daybook.Changes{"role": {Old: "member", New: "admin"}}}})
	h.do(h.owner, "PATCH", path, `{"role":"admin"}`).is(200) // nothing changes
	h.wants()
}

// The grant and its entry are one transaction: when the entry cannot be written there is no grant,
// and the client is told to come back.
func TestARoleThatCannotBeRecordedIsNotGranted(t *testing.T) {
	h := furnish(t)
	h.loseOutbox()
	answer := h.do(h.owner, "PATCH", "/memberships/"+h.member.membership, `{"role":"owner"}`).is(503)
	if answer.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	h.restoreOutbox()
	if n := h.count(`select count(*) from memberships where role = 'owner'`); n != 1 {
		t.Error("the role was granted without an entry")
	}
	if got := h.entries(); len(got) != 1 || got[0].Outcome != daybook.Failure || got[0].ResourceID != h.member.membership {
		t.Errorf("entries %+v, want one failure", got)
	}
}

func TestWhoMayManageMemberships(t *testing.T) {
	h := furnish(t)
	for name, test := range map[string]struct {
		by         *user
		method, of string
		body       string
		status     int
		outcome    daybook.Outcome
	}{
		"a member promotes nobody":           {h.member, "PATCH", h.member.membership, `{"role":"admin"}`, 403, daybook.Denied},
		"an admin makes no owner":            {h.admin, "PATCH", h.member.membership, `{"role":"owner"}`, 403, daybook.Denied},
		"an admin demotes no owner":          {h.admin, "PATCH", h.owner.membership, `{"role":"member"}`, 403, daybook.Denied},
		"an admin removes no owner":          {h.admin, "DELETE", h.owner.membership, "", 403, daybook.Denied},
		"the last owner does not step down":  {h.owner, "PATCH", h.owner.membership, `{"role":"admin"}`, 409, daybook.Failure},
		"the last owner does not leave":      {h.owner, "DELETE", h.owner.membership, "", 409, daybook.Failure},
		"there is no such role":              {h.owner, "PATCH", h.member.membership, `{"role":"god"}`, 422, daybook.Failure},
		"a membership that does not exist":   {h.owner, "DELETE", "01980000-0000-7000-8000-000000000000", "", 404, daybook.Failure},
		"a user's id is no membership's":     {h.owner, "DELETE", h.member.id, "", 404, daybook.Failure},
		"a second membership is a conflict":  {h.owner, "POST", "", `{"user_id":"` + h.member.id + `","role":"admin"}`, 409, daybook.Failure},
		"a membership is that of an account": {h.owner, "POST", "", `{"user_id":"01980000-0000-7000-8000-000000000000","role":"member"}`, 404, daybook.Failure},
	} {
		t.Run(name, func(t *testing.T) {
			h.in(t)
			path := "/memberships"
			if test.of != "" {
				path += "/" + test.of
			}
			h.do(test.by, test.method, path, test.body).is(test.status)
			if got := h.entries(); len(got) != 1 || got[0].Outcome != test.outcome || got[0].ResourceType != "membership" || got[0].UserID != test.by.id {
				t.Errorf("entries %+v", got)
			}
		})
	}
	if n := h.count(`select count(*) from memberships where role = 'owner'`); n != 1 {
		t.Errorf("%d owners", n)
	}
}

// A token outlives the membership; what it opens does not.
func TestWhoIsRemovedIsOutAtOnceAndCanComeBack(t *testing.T) {
	h := furnish(t)
	h.do(h.owner, "DELETE", "/memberships/"+h.member.membership, "").is(204)
	h.wants(daybook.Entry{Action: daybook.Delete, ResourceType: "membership", ResourceID: h.member.membership, UserID: h.owner.id,
		Details: daybook.Details{"user_id": h.member.id, "role": "member"}})

	h.get(h.member, "/documents").is(403)
	h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "request", UserID: h.member.id, Outcome: daybook.Denied,
		Details: daybook.Details{"error": "Forbidden"}})
	h.post(nil, "/sign-in", `{"email":"alan@acme.example","password":"correct horse"}`).is(401)
	h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "user", ResourceID: h.member.id, UserID: noUser, Outcome: daybook.Denied,
		Details: daybook.Details{"action": "sign_in", "error": "Unauthorized"}})

	var made struct{ ID string }
	h.post(h.owner, "/memberships", `{"user_id":"`+h.member.id+`","role":"member"}`).is(201).into(&made)
	h.wants(daybook.Entry{Action: daybook.Create, ResourceType: "membership", ResourceID: made.ID, UserID: h.owner.id,
		Details: daybook.Details{"user_id": h.member.id, "role": "member"}})
	h.get(h.member, "/documents").is(200)
}

// Each of two owners takes the role from the other at the same moment: what one has read must stay
// true until it commits.
func TestOfTwoOwnersWhoDemoteEachOtherOneStays(t *testing.T) {
	h := furnish(t)
	h.do(h.owner, "PATCH", "/memberships/"+h.admin.membership, `{"role":"owner"}`).is(200)
	for range 10 {
		var both sync.WaitGroup
		for by, of := range map[*user]*user{h.owner: h.admin, h.admin: h.owner} {
			both.Go(func() { h.do(by, "PATCH", "/memberships/"+of.membership, `{"role":"admin"}`) })
		}
		both.Wait()
		if n := h.count(`select count(*) from memberships where role = 'owner'`); n != 1 {
			t.Fatalf("%d owners are left", n)
		}
		h.exec(`update memberships set role = 'owner' where user_id in ($1, $2)`, h.owner.id, h.admin.id)
	}
	h.pass()
}
