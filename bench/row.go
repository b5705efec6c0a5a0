package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"sort"
	"time"

	"github.com/daybookdev/daybook"
)

const (
	organizations = 200
	zipfExponent  = 0.58 // with 200 organizations the biggest has 5 % of the entries
	usersEach     = 100  // of each organization
	perResource   = 100  // entries that a resource gathers, mostly within a short time
	denials       = 20   // end the trail: somebody tries to sign in to the biggest organization
)

const span = 90 * 24 * time.Hour // from the first to the last entry

// A trail makes entries as an application of many organizations does, in the order of their times.
// Its rate is even, so the newest tenth of it is the same log after a tenth of the time.
type trail struct {
	random  *rand.Rand
	clients []*client
	share   []float64 // of the entries: of each client and those before it
	rows    int       // between from and until; what follows has no time, and happens when it is recorded
	made    int
	from    time.Time
	until   time.Time
}

// A client is one organization.
type client struct {
	id        string
	users     []string
	resources []string
	made      int
}

func newTrail(rows int, until time.Time) *trail { return newTrailOf(rows, until, 0) }

// newTrailOf is newTrail with another share for the biggest organization, unless it is 0.
func newTrailOf(rows int, until time.Time, biggest float64) *trail {
	t := &trail{random: rand.New(rand.NewPCG(1, 2)), rows: rows, from: until.Add(-span), until: until}
	total := 0.0
	for i := range organizations {
		c := &client{id: t.uuid()}
		for range usersEach {
			c.users = append(c.users, t.uuid())
		}
		t.clients = append(t.clients, c)
		total += math.Pow(float64(i+1), -zipfExponent)
		t.share = append(t.share, total)
	}
	for i := range t.share {
		t.share[i] /= total
	}
	if first := t.share[0]; biggest > 0 {
		for i, share := range t.share {
			t.share[i] = biggest + (share-first)*(1-biggest)/(1-first)
		}
	}
	return t
}

// biggest is the organization with the most entries.
func (t *trail) biggest() string { return t.clients[0].id }

func (t *trail) next() daybook.Entry {
	c := t.clients[min(sort.SearchFloat64s(t.share, t.random.Float64()), organizations-1)]
	e := daybook.Entry{Outcome: daybook.Success}
	last := t.rows - t.made // 1 for the last one of the span
	if t.made++; last > 0 {
		pace := span / time.Duration(t.rows)
		if last <= denials {
			c, e.Outcome = t.clients[0], daybook.Denied
			pace = min(pace, time.Minute)
		}
		e.CreatedAt = t.until.Add(-time.Duration(last) * pace)
		e.ID = daybook.NewIDAt(e.CreatedAt)
	}
	if c.made++; c.made/perResource >= len(c.resources) {
		c.resources = append(c.resources, t.uuid())
	}
	resource := max(0, len(c.resources)-1-int(2*t.random.ExpFloat64()))
	who := t.random.Float64()

	e.OrganizationID, e.ActorType = c.id, daybook.ActorUser
	e.UserID = c.users[int(who*who*usersEach)] // some are busier than others
	e.ResourceID = c.resources[resource]
	e.ResourceType = pick(resource, "document", "user", "membership", "api_key", "invoice")
	e.Action = pick(t.random.IntN(20), daybook.Read, daybook.Read, daybook.Read, daybook.Read, daybook.Read,
		daybook.Read, daybook.Read, daybook.Read, daybook.Read, daybook.Read, daybook.Update, daybook.Update,
		daybook.Update, daybook.Update, daybook.Update, daybook.Update, daybook.Create, daybook.Create,
		daybook.Create, daybook.Delete)
	if e.Outcome == daybook.Success {
		switch n := t.random.IntN(100); {
		case n < 3:
			e.Outcome = daybook.Denied
		case n < 5:
			e.Outcome = daybook.Failure
		}
	}
	e.RequestID = fmt.Sprintf("req-%016x", t.random.Uint64())
	e.Details = daybook.Details{
		"batch":       fmt.Sprintf("b-%04d", t.random.IntN(1000)),
		"changes":     map[string]any{"status": map[string]any{"old": "in_review", "new": "approved"}},
		"duration_ms": 100 + t.random.IntN(900),
		"source":      "web",
	}
	e.IPAddress = netip.AddrFrom4([4]byte{10, byte(t.random.Uint32()), byte(t.random.Uint32()), byte(t.random.Uint32())})
	e.UserAgent = fmt.Sprintf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36", 120+t.random.IntN(20))
	return e
}

func pick[T any](n int, from ...T) T { return from[n%len(from)] }

// uuid returns a random UUID (RFC 9562, section 5.4), the same ones in every run.
func (t *trail) uuid() string {
	var u daybook.ID
	for i := range u {
		u[i] = byte(t.random.Uint32())
	}
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	return u.String()
}

// A rowSize is how large an entry is, in bytes.
type rowSize struct {
	raw  float64 // what its values hold: UUIDs of 16 bytes and times of 8
	json float64
}

func sizeOf(entries []daybook.Entry) (size rowSize, err error) {
	for _, e := range entries {
		details, err := e.Normalize()
		if err != nil {
			return size, fmt.Errorf("normalize: %w", err)
		}
		text, err := json.Marshal(e)
		if err != nil {
			return size, fmt.Errorf("marshal: %w", err)
		}
		raw := 4*16 + 2*8 + len(e.Action) + len(e.ResourceType) + len(e.ActorType) + len(e.RequestID) +
			len(e.Outcome) + len(details) + len(e.IPAddress.String()) + len(e.UserAgent)
		size.raw += float64(raw) / float64(len(entries))
		size.json += float64(len(text)) / float64(len(entries))
	}
	return size, nil
}
