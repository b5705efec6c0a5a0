package workspace

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/daybookdev/daybook"
)

// PastOptions say what [RecordPast] records. The zero PastOptions do.
type PastOptions struct {
	// Days is how many days before Until there are entries of: 0 means 28.
	Days int

	// Until is when they end: zero means an hour ago.
	Until time.Time

	// Entries is about how many: 0 means 60 for each day.
	Entries int

	// Seed chooses who did what; ids and what it chose differ between seeds alone.
	Seed uint64
}

// A PastSummary says what [RecordPast] recorded.
type PastSummary struct {
	Entries int
	Night   time.Time // when there is something to investigate
}

// RecordPast records what an organization did before its log was kept here, as an application does
// that moves from another log: entries with times of their own. They are of people and documents
// that the day of [Drive] does not touch, on weekdays mostly, in working hours mostly. In one night
// somebody tries what is not theirs, and a document is gone.
func RecordPast(ctx context.Context, book *daybook.Recorder, organization string, o PastOptions) (PastSummary, error) {
	if o.Days == 0 {
		o.Days = 28
	}
	if o.Until.IsZero() {
		o.Until = time.Now().Add(-time.Hour)
	}
	if o.Entries == 0 {
		o.Entries = 60 * o.Days
	}
	p := &past{organization: organization, rng: rand.New(rand.NewPCG(o.Seed, 0x70617374))}
	times := p.times(o)
	p.hire(times[0])
	night := p.night(o.Until)
	for i, at := range times {
		if i > 0 && times[i-1].Before(night) && !at.Before(night) {
			p.incident(night)
		}
		p.act(at)
	}
	slices.SortStableFunc(p.entries, func(a, b daybook.Entry) int { return a.CreatedAt.Compare(b.CreatedAt) })
	for batch := range slices.Chunk(p.entries, 500) {
		if err := book.Record(ctx, batch...); err != nil {
			return PastSummary{}, fmt.Errorf("record the past: %w", err)
		}
	}
	return PastSummary{len(p.entries), night}, nil
}

// A past is what became of one organization so far.
type past struct {
	organization string
	rng          *rand.Rand
	people       []agentOfPast
	documents    []*file
	made         int
	entries      []daybook.Entry
}

// An agentOfPast is a person, and where they sit.
type agentOfPast struct {
	id        string
	address   netip.Addr
	userAgent string
}

// times returns when something happened, ascending: at weekends little, around ten and three most.
func (p *past) times(o PastOptions) []time.Time {
	begin := o.Until.AddDate(0, 0, -o.Days).UTC()
	var times []time.Time
	for len(times) < o.Entries {
		day := begin.AddDate(0, 0, p.rng.IntN(o.Days+1)).Truncate(24 * time.Hour)
		if weekday := day.Weekday(); (weekday == time.Saturday || weekday == time.Sunday) && p.rng.IntN(10) > 0 {
			continue
		}
		peak := 10.0
		if p.rng.IntN(2) == 0 {
			peak = 15
		}
		at := day.Add(time.Duration((peak + 1.6*p.rng.NormFloat64()) * float64(time.Hour)))
		if at.After(begin) && at.Before(o.Until) {
			times = append(times, at)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// night is a quarter past two, three nights before.
func (p *past) night(until time.Time) time.Time {
	return until.UTC().AddDate(0, 0, -3).Truncate(24 * time.Hour).Add(2*time.Hour + 14*time.Minute)
}

func (p *past) id(at time.Time) string { return daybook.NewIDAt(at).String() }

func (p *past) hire(at time.Time) {
	for i := range 7 {
		p.people = append(p.people, agentOfPast{
			id:        p.id(at.AddDate(-1, -i, 0)),
			address:   netip.AddrFrom4([4]byte{192, 0, 2, byte(100 + i)}),
			userAgent: userAgents[i%len(userAgents)],
		})
	}
	for i := range 6 {
		p.documents = append(p.documents, &file{id: p.id(at.AddDate(0, -1-i, 0)), name: documentNames[i] + " 2026.pdf"})
	}
}

func (p *past) add(at time.Time, who agentOfPast, action daybook.Action, resourceType, resourceID string, details daybook.Details) *daybook.Entry {
	p.entries = append(p.entries, daybook.Entry{Action: action, ResourceType: resourceType, ResourceID: resourceID,
		OrganizationID: p.organization, UserID: who.id, ActorType: daybook.ActorUser, Outcome: daybook.Success,
		RequestID: fmt.Sprintf("req-%016x", p.rng.Uint64()), IPAddress: who.address, UserAgent: who.userAgent,
		CreatedAt: at, Details: details})
	return &p.entries[len(p.entries)-1]
}

func (p *past) act(at time.Time) {
	who, d := pick(p.rng, p.people), pick(p.rng, p.documents)
	switch n := p.rng.IntN(100); {
	case n < 45:
		p.add(at, who, daybook.Read, ResourceDocument, d.id, daybook.Details{"action": "download", "filename": d.name, "size_bytes": 20_000 + p.rng.IntN(900_000)})
	case n < 62:
		p.made++
		fresh := &file{id: p.id(at), name: fmt.Sprintf("%s %d.pdf", pick(p.rng, documentNames[:]), p.made)}
		p.documents = append(p.documents, fresh)
		p.add(at, who, daybook.Create, ResourceDocument, fresh.id, daybook.Details{"filename": fresh.name,
			"size_bytes": 20_000 + p.rng.IntN(900_000), "content_type": "application/pdf", "tags": []string{pick(p.rng, documentTags[:])}})
	case n < 74:
		old := d.name
		d.name = fmt.Sprintf("%s, version %d.pdf", pick(p.rng, documentNames[:]), 2+p.rng.IntN(4))
		p.add(at, who, daybook.Update, ResourceDocument, d.id, daybook.Details{"changes": map[string]any{"filename": map[string]any{"old": old, "new": d.name}}})
	case n < 80:
		p.add(at, who, daybook.Update, ResourceDocument, d.id, daybook.Details{"action": "archive"})
	case n < 84 && len(p.documents) > 8:
		i := slices.Index(p.documents, d)
		p.documents = slices.Delete(p.documents, i, i+1)
		p.add(at, who, daybook.Delete, ResourceDocument, d.id, daybook.Details{"filename": d.name, "reason": "no longer needed"})
	case n < 90:
		p.add(at, who, daybook.Read, ResourceUser, who.id, daybook.Details{"action": "sign_in"})
	case n < 92:
		e := p.add(at, who, daybook.Read, ResourceUser, who.id, daybook.Details{"action": "sign_in", "error": "Unauthorized"})
		e.UserID, e.Outcome = "", daybook.Denied
	case n < 95:
		e := p.add(at, who, daybook.Read, ResourceDocument, d.id, daybook.Details{"error": "Forbidden"})
		e.Outcome = daybook.Denied
	case n < 97:
		e := p.add(at, who, daybook.Update, ResourceDocument, d.id, daybook.Details{"error_type": "ConflictError", "error_message": "the document is archived already"})
		e.Outcome = daybook.Failure
	case n < 99:
		role := [2]string{"member", "admin"}
		if p.rng.IntN(2) == 0 {
			role = [2]string{"admin", "member"}
		}
		p.add(at, who, daybook.Update, ResourceMembership, p.id(at.AddDate(0, -2, 0)), daybook.Details{"user_id": pick(p.rng, p.people).id,
			"changes": map[string]any{"role": map[string]any{"old": role[0], "new": role[1]}}})
	default:
		p.add(at, who, daybook.Delete, ResourceAPIKey, p.id(at.AddDate(-1, 0, 0)), daybook.Details{"key_name": "production-key",
			"age_days": 300 + p.rng.IntN(90), "last_used": at.AddDate(0, 0, -2).Format(time.RFC3339), "reason": "key rotation"})
	}
}

// incident is what an investigator should find: a session from an address that was never seen before
// meets closed doors, and then deletes what it may.
func (p *past) incident(at time.Time) {
	who := p.people[len(p.people)-1]
	who.address, who.userAgent = netip.MustParseAddr("203.0.113.66"), "curl/8.11.1"
	victim := p.documents[0]
	p.add(at, who, daybook.Read, ResourceUser, who.id, daybook.Details{"action": "sign_in"})
	for i := range 34 {
		e := p.add(at.Add(time.Duration(i*7)*time.Second), who, daybook.Read, ResourceDocument, p.documents[i%len(p.documents)].id, daybook.Details{"error": "Forbidden"})
		e.Outcome = daybook.Denied
	}
	at = at.Add(5 * time.Minute)
	read := p.add(at, who, daybook.Read, ResourceDocument, victim.id, daybook.Details{"action": "download", "filename": victim.name, "size_bytes": 481_220})
	request := read.RequestID
	p.add(at.Add(180*time.Millisecond), who, daybook.Delete, ResourceDocument, victim.id, daybook.Details{"filename": victim.name}).RequestID = request
	p.documents = p.documents[1:]
}
