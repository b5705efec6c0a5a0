package daybook_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/memory"
)

// The ids of the guide's examples.
const (
	guideOrganization = "550e8400-e29b-41d4-a716-446655440001"
	guideUser         = "550e8400-e29b-41d4-a716-446655440000"
	guideDocument     = "9b2f0c1e-1111-4222-8333-444455556666"
)

// guideLog returns a log with a short history: what a store that an application has used would hold.
func guideLog() daybook.Store {
	s := memory.New()
	ago := func(d time.Duration, e daybook.Entry) daybook.Entry {
		e.CreatedAt = time.Now().Add(-d)
		if e.OrganizationID == "" {
			e.OrganizationID = guideOrganization
		}
		return e
	}
	document := daybook.Entry{ResourceType: "document", ResourceID: guideDocument, UserID: guideUser}
	did := func(a daybook.Action, details daybook.Details) daybook.Entry {
		e := document
		e.Action, e.Details = a, details
		return e
	}
	entries := []daybook.Entry{
		ago(400*24*time.Hour, daybook.Entry{Action: daybook.Create, ResourceType: "user", ResourceID: guideUser, UserID: "admin"}),
		ago(40*24*time.Hour, did(daybook.Create, daybook.Details{"filename": "report.pdf"})),
		ago(2*time.Hour, did(daybook.Update, daybook.Details{"action": "archive"})),
		ago(90*time.Minute, did(daybook.Read, nil)),
		ago(time.Minute, daybook.Entry{Action: daybook.Create, ResourceType: "document", UserID: "somebody", OrganizationID: "another organization"}),
	}
	for i := range 12 {
		e := daybook.Entry{Action: daybook.Read, ResourceType: "session", Outcome: daybook.Denied, Details: daybook.Details{"error": "Unauthorized"}}
		entries = append(entries, ago(time.Duration(30-i)*time.Minute, e))
	}
	if err := s.Append(context.Background(), entries...); err != nil {
		log.Fatal(err)
	}
	return s
}

// The guide, "Query Examples", "Audit Trail for User": all actions of one user, newest first.
func Example_auditTrailForUser() {
	ctx, store := context.Background(), guideLog()
	for e, err := range daybook.All(ctx, store, guideOrganization, daybook.Query{UserID: guideUser}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(e.Action, e.ResourceType)
	}
	// Output:
	// READ document
	// UPDATE document
	// CREATE document
}

// The guide, "Query Examples", "Changes to Resource": everything that happened to one document, in
// the order in which it happened.
func Example_changesToResource() {
	ctx, store := context.Background(), guideLog()
	q := daybook.Query{ResourceType: "document", ResourceID: guideDocument, Order: daybook.Oldest}
	for e, err := range daybook.All(ctx, store, guideOrganization, q) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(e.Action, e.Details)
	}
	// Output:
	// CREATE map[filename:report.pdf]
	// UPDATE map[action:archive]
	// READ map[]
}

// The guide, "Query Examples", "Recent Activity for Organization": its last 100 actions.
func Example_recentActivityForOrganization() {
	ctx, store := context.Background(), guideLog()
	page, err := store.Query(ctx, guideOrganization, daybook.Query{Limit: 100})
	if err != nil {
		log.Fatal(err)
	}
	newest := page.Entries[0]
	fmt.Println(len(page.Entries), "entries; the newest:", newest.Action, newest.ResourceType, newest.Outcome)
	// Output:
	// 16 entries; the newest: READ session denied
}

// The guide, "Query Examples", "Activity Report": how often each action.
func Example_activityReport() {
	ctx, store := context.Background(), guideLog()
	groups, err := store.Count(ctx, guideOrganization, daybook.Query{}, daybook.ByAction)
	if err != nil {
		log.Fatal(err)
	}
	for _, g := range groups {
		fmt.Println(g.Values[0], g.Count)
	}
	// Output:
	// READ 13
	// CREATE 2
	// UPDATE 1
}

// The guide, "Accessing Activity Logs", "In Endpoints": the trail of one resource, whatever its type,
// in the organization of who asks. The organization is a parameter: it cannot be left out.
func Example_resourceAuditEndpoint() {
	getResourceAuditLog := func(ctx context.Context, store daybook.Store, resourceID string) ([]daybook.Entry, error) {
		page, err := store.Query(ctx, daybook.ScopeOf(ctx).OrganizationID, daybook.Query{ResourceID: resourceID})
		return page.Entries, err
	}
	ctx := daybook.WithScope(context.Background(), daybook.Scope{OrganizationID: guideOrganization}) // Middleware does this
	entries, err := getResourceAuditLog(ctx, guideLog(), guideDocument)
	fmt.Println(len(entries), err)

	ctx = daybook.WithScope(context.Background(), daybook.Scope{OrganizationID: "another organization"})
	entries, err = getResourceAuditLog(ctx, guideLog(), guideDocument)
	fmt.Println(len(entries), err)
	// Output:
	// 3 <nil>
	// 0 <nil>
}

// The guide, "Accessing Activity Logs", "In Reports": what one user did in the last days, in the order
// in which it happened. Unlike the guide's, it stays within one organization.
func Example_userActivityReport() {
	userActivityReport := func(ctx context.Context, store daybook.Store, organization, user string, days int) (lines []string, err error) {
		q := daybook.Query{UserID: user, From: time.Now().AddDate(0, 0, -days), Order: daybook.Oldest}
		for e, err := range daybook.All(ctx, store, organization, q) {
			if err != nil {
				return nil, err
			}
			lines = append(lines, fmt.Sprint(e.Action, " ", e.ResourceType))
		}
		return lines, nil
	}
	fmt.Println(userActivityReport(context.Background(), guideLog(), guideOrganization, guideUser, 30))
	// Output:
	// [UPDATE document READ document] <nil>
}

// The guide, "Compliance & Retention", "Retention Policy": what is older than a year. Daybook only
// finds it here; it never deletes what was not archived.
func Example_olderThanAYear() {
	ctx, store := context.Background(), guideLog()
	cutoff := time.Now().AddDate(0, 0, -365)
	groups, err := store.Count(ctx, guideOrganization, daybook.Query{To: cutoff})
	fmt.Println(groups[0].Count, err)
	// Output:
	// 1 <nil>
}

// The guide, "Monitoring & Alerts", "Suspicious Activity Detection": more than ten failed attempts to
// authenticate in the last hour. The first query is the guide's own; the second asks for the outcome,
// which is indexed and also finds what is denied otherwise.
func Example_suspiciousActivity() {
	ctx, store := context.Background(), guideLog()
	since := time.Now().Add(-time.Hour)
	for _, q := range []daybook.Query{
		{Actions: []daybook.Action{daybook.Read}, From: since, Details: daybook.Details{"error": "Unauthorized"}},
		{Outcomes: []daybook.Outcome{daybook.Denied}, From: since},
	} {
		groups, err := store.Count(ctx, guideOrganization, q)
		if err != nil {
			log.Fatal(err)
		}
		if count := groups[0].Count; count > 10 {
			fmt.Printf("Suspicious activity: %d failed auth attempts\n", count)
		}
	}
	// Output:
	// Suspicious activity: 12 failed auth attempts
	// Suspicious activity: 12 failed auth attempts
}
