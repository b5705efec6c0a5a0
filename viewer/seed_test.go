package viewer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

// The organization of the stories, and one that nobody of them may see.
const (
	acme   = "acme"
	globex = "globex"
)

// The names that the stories look for.
const (
	lostDocument = "doc-7391" // what was deleted, and nobody knows by whom
	culprit      = "mallory"
	culpritIP    = "203.0.113.66"
	badRequest   = "req-5f2c9e"
)

var staff = []string{"ada", "bob.meyer", "carol", "dmitri", "erin", "farid", "grace.lin", "0192f3a1-7c44-7b1e-9d2a-3f5c8e1b7a60"}

var agents = []string{
	"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
	"workspace-sync/2.4.1",
}

var titles = []string{"Q3 board report", "Hiring plan", "Price list 2027", "Contract Northwind", "Incident review", "Offsite agenda", "Data map", "Supplier audit", "Release notes", "Budget draft"}

// seed records thirty days of an organization's work, and a denied spike with a deletion behind it.
func seed(ctx context.Context, t testing.TB, store daybook.Appender, now time.Time) {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 11))
	var batch []daybook.Entry
	put := func(e daybook.Entry) {
		if e.OrganizationID == "" {
			e.OrganizationID = acme
		}
		if e.ActorType == "" {
			e.ActorType = daybook.ActorUser
		}
		batch = append(batch, e)
	}
	start := now.Add(-30 * 24 * time.Hour)
	for at := start; at.Before(now.Add(-time.Minute)); {
		h, weekday := at.UTC().Hour(), at.UTC().Weekday()
		busy := 1.0
		switch {
		case weekday == time.Saturday || weekday == time.Sunday:
			busy = 0.12
		case h < 7 || h > 19:
			busy = 0.15
		case h >= 9 && h <= 16:
			busy = 2.2
		}
		at = at.Add(time.Duration(r.ExpFloat64() / busy * float64(13*time.Minute)))
		if at.After(now.Add(-time.Minute)) {
			break
		}
		put(work(r, at))
	}
	attack(put, now.Add(-26*time.Hour).Truncate(time.Hour).Add(17*time.Minute))
	put(daybook.Entry{OrganizationID: globex, Action: daybook.Create, ResourceType: "document", ResourceID: "doc-secret", UserID: "zoe", ActorType: daybook.ActorUser,
		ID: daybook.NewIDAt(now.Add(-time.Hour)), Details: daybook.Details{"name": "Not for acme"}})
	for len(batch) > 0 {
		n := min(500, len(batch))
		if err := store.Append(ctx, batch[:n]...); err != nil {
			t.Fatalf("seed: %v", err)
		}
		batch = batch[n:]
	}
}

// work is something that somebody did on an ordinary day.
func work(r *rand.Rand, at time.Time) daybook.Entry {
	who := staff[min(r.IntN(len(staff)), r.IntN(len(staff)))]
	n := r.IntN(40)
	title := fmt.Sprintf("%s %d", titles[n%len(titles)], 1+n/len(titles))
	e := daybook.Entry{
		ID: daybook.NewIDAt(at), UserID: who, ResourceType: "document", ResourceID: fmt.Sprintf("doc-%04d", 1000+n*37),
		RequestID: fmt.Sprintf("req-%06x", r.IntN(1<<24)), IPAddress: netip.AddrFrom4([4]byte{198, 51, 100, byte(10 + len(who)*7%40)}),
		UserAgent: agents[len(who)%2], Outcome: daybook.Success,
	}
	switch p := r.IntN(100); {
	case p < 52:
		e.Action, e.Details = daybook.Read, daybook.Details{"name": title}
	case p < 66:
		e.Action, e.Details = daybook.Create, daybook.Details{"name": title, "size_bytes": 2000 + r.IntN(400000), "tags": []any{"2026", "internal"}}
	case p < 84:
		e.Action = daybook.Update
		e.Details = daybook.Details{"name": title, "changes": map[string]any{
			"status":  map[string]any{"old": "draft", "new": "in review"},
			"summary": map[string]any{"old": "First numbers of the quarter, not yet checked by finance.", "new": "Final numbers of the quarter, checked by finance on Monday."},
			"tags":    map[string]any{"old": []any{"2026", "internal"}, "new": []any{"2026", "board", "final"}},
		}}
	case p < 88:
		e.Action, e.Details = daybook.Delete, daybook.Details{"name": title, "reason": "superseded"}
	case p < 91:
		e.Action, e.ResourceType, e.ResourceID = daybook.Update, "membership", "member-"+staff[r.IntN(len(staff))]
		e.Details = daybook.Details{"changes": map[string]any{"role": map[string]any{"old": "member", "new": "admin"}}}
	case p < 94:
		e.Action, e.ResourceType, e.ResourceID, e.ActorType, e.UserID, e.UserAgent = daybook.Create, "export", fmt.Sprintf("exp-%03d", r.IntN(900)), daybook.ActorService, "nightly-backup", agents[2]
		e.IPAddress, e.Details = netip.MustParseAddr("2001:db8:12::7"), daybook.Details{"job": "nightly", "count": 1200 + r.IntN(300)}
	case p < 97:
		e.Action, e.Outcome, e.Details = daybook.Read, daybook.Denied, daybook.Details{"error": "Forbidden"}
	default:
		e.Action, e.Outcome = daybook.Update, daybook.Failure
		e.Details = daybook.Details{"name": title, "error_type": "ValidationError", "error_message": "title: is longer than 200 characters"}
	}
	return e
}

// attack is the story: somebody tries many documents, finds one that a wrong share left open, and
// deletes it with what belongs to it, all in one request.
func attack(put func(daybook.Entry), at time.Time) {
	base := daybook.Entry{UserID: culprit, ActorType: daybook.ActorUser, IPAddress: netip.MustParseAddr(culpritIP), UserAgent: "curl/8.11.0"}
	for i := range 140 {
		e := base
		e.ID, e.Action, e.Outcome = daybook.NewIDAt(at.Add(time.Duration(i)*4*time.Second)), daybook.Read, daybook.Denied
		e.ResourceType, e.ResourceID = "document", fmt.Sprintf("doc-%04d", 7251+i)
		e.RequestID, e.Details = fmt.Sprintf("req-%06x", 0x5f1000+i), daybook.Details{"error": "Forbidden"}
		put(e)
	}
	at = at.Add(11 * time.Minute)
	for i, step := range []struct {
		action   daybook.Action
		kind, id string
		details  daybook.Details
	}{
		{daybook.Update, "share", "share-88", daybook.Details{"changes": map[string]any{"access": map[string]any{"old": "owner", "new": "anyone with the link"}}}},
		{daybook.Read, "document", lostDocument, daybook.Details{"name": "Merger timeline", "action": "download", "size_bytes": 482133}},
		{daybook.Delete, "document", lostDocument, daybook.Details{"name": "Merger timeline", "size_bytes": 482133}},
		{daybook.Delete, "comment", "thread-12", daybook.Details{"count": 9}},
	} {
		e := base
		e.ID, e.Action, e.Outcome = daybook.NewIDAt(at.Add(time.Duration(i)*130*time.Millisecond)), step.action, daybook.Success
		e.ResourceType, e.ResourceID, e.RequestID, e.Details = step.kind, step.id, badRequest, step.details
		put(e)
	}
}
