package workspace_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
)

// A trail is what the audit endpoints answer.
type trail struct {
	Entries []struct {
		Action       string
		ResourceType string `json:"resource_type"`
		UserID       string `json:"user_id"`
		Details      map[string]any
	}
	Next string
}

// The guide, "Accessing Activity Logs: In Endpoints".
func TestTheTrailOfAResourceIsReadNewestFirst(t *testing.T) {
	h := furnish(t)
	id := h.document(h.member)
	h.get(h.member, "/documents/"+id+"/content").is(200)
	h.post(h.admin, "/documents/"+id+"/archive", "").is(200)
	h.pass()

	var whole trail
	h.get(h.admin, "/audit-log/"+id).is(200).into(&whole)
	var got []string
	for _, e := range whole.Entries {
		got = append(got, e.Action+" "+e.ResourceType+" "+e.UserID)
	}
	want := []string{"UPDATE document " + h.admin.id, "READ document " + h.member.id, "CREATE document " + h.member.id}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || whole.Next != "" {
		t.Errorf("%q, next %q; want %q", got, whole.Next, want)
	}
	h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "activity_log", UserID: h.admin.id, Details: daybook.Details{"resource_id": id}})

	t.Run("pages meet without gap or overlap", func(t *testing.T) {
		var paged []string
		for after, n := "", 0; n < 5; n++ {
			var page trail
			h.get(h.admin, "/audit-log/"+id+"?limit=1&after="+after).is(200).into(&page)
			for _, e := range page.Entries {
				paged = append(paged, e.Action+" "+e.ResourceType+" "+e.UserID)
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if strings.Join(paged, "\n") != strings.Join(want, "\n") {
			t.Errorf("%q, want %q", paged, want)
		}
	})
	t.Run("a cursor belongs to its resource", func(t *testing.T) {
		var page trail
		h.get(h.admin, "/audit-log/"+id+"?limit=1").is(200).into(&page)
		h.get(h.admin, "/audit-log/"+h.member.id+"?after="+page.Next).is(422)
		h.get(h.admin, "/audit-log/"+id+"?after="+page.Next[1:]).is(422)
	})
	t.Run("members do not read it", func(t *testing.T) {
		h.pass()
		h.get(h.member, "/audit-log/"+id).is(403)
		h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "activity_log", UserID: h.member.id, Outcome: daybook.Denied,
			Details: daybook.Details{"error": "Forbidden"}})
	})
}

// The guide, "In Reports": what one user did, oldest first.
func TestAReportShowsWhatAUserDid(t *testing.T) {
	h := furnish(t)
	id := h.document(h.member)
	h.get(h.member, "/documents/"+id+"/content").is(200)
	h.pass()
	var report trail
	h.get(h.admin, "/reports/users/"+h.member.id+"?days=30").is(200).into(&report)
	var got []string
	for _, e := range report.Entries {
		got = append(got, e.Action+" "+e.ResourceType)
		if e.UserID != h.member.id {
			t.Errorf("an entry of %s", e.UserID)
		}
	}
	if want := "READ user, CREATE document, READ document"; strings.Join(got, ", ") != want { // signed in, uploaded, downloaded
		t.Errorf("%q, want %q", got, want)
	}
	h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "activity_log", UserID: h.admin.id,
		Details: daybook.Details{"report": "user", "user_id": h.member.id, "days": 30}})
	for _, days := range []string{"0", "-1", "many", "999999"} {
		h.get(h.admin, "/reports/users/"+h.member.id+"?days="+days).is(422)
	}
}

// The guide, "Activity Report".
func TestAReportCountsActions(t *testing.T) {
	h := furnish(t)
	h.document(h.member)
	h.document(h.member)
	var report struct {
		Actions []struct {
			Action string
			Count  int
		}
	}
	h.get(h.admin, "/reports/actions").is(200).into(&report)
	// Sign-up 3, two accounts with membership and mail 6, two documents; three sign-ins.
	if got := fmt.Sprint(report.Actions); got != "[{CREATE 11} {READ 3}]" {
		t.Errorf("%s", got)
	}
}

// The guide, "Suspicious Activity Detection": more than ten in an hour.
func TestElevenFailedSignInsAlertTheOwners(t *testing.T) {
	h := furnish(t)
	h.mailer.took()
	try := func() {
		h.post(nil, "/sign-in", `{"email":"alan@acme.example","password":"guess"}`, header("X-Request-Id", "req-attack")).is(401)
	}
	for range 10 {
		try()
	}
	h.settle()
	if sent := h.mailer.took(); len(sent) != 0 {
		t.Fatalf("an alert after ten: %+v", sent)
	}
	h.pass()
	try()
	h.wants(
		daybook.Entry{Action: daybook.Read, ResourceType: "user", ResourceID: h.member.id, UserID: noUser, Outcome: daybook.Denied,
			Details: daybook.Details{"action": "sign_in", "error": "Unauthorized"}},
		daybook.Entry{Action: daybook.Create, ResourceType: "notification", UserID: noUser, ActorType: daybook.ActorSystem, RequestID: "req-attack",
			Details: daybook.Details{"type": "email", "recipient": "ada@acme.example", "success": true}},
	)
	sent := h.mailer.took()
	if len(sent) != 1 || sent[0].To != "ada@acme.example" || sent[0].Body != "Suspicious activity in org "+h.organization+": 11 failed auth attempts" {
		t.Errorf("sent %+v", sent)
	}
	try()
	h.settle()
	if sent := h.mailer.took(); len(sent) != 0 {
		t.Errorf("a second alert within the hour: %+v", sent)
	}
	h.exec(`update security_alerts set sent_at = sent_at - 3600000001`)
	try()
	h.settle()
	if sent := h.mailer.took(); len(sent) != 1 {
		t.Errorf("an hour later: %+v", sent)
	}
}

func TestOtherDenialsAreNoFailedSignIns(t *testing.T) {
	h := furnish(t)
	for range 20 {
		h.get(h.member, "/documents/export").is(403)
	}
	if n, err := h.app.CheckSuspiciousActivity(t.Context(), h.organization); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
