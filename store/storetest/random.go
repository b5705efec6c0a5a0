package storetest

import (
	"encoding/json"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/daybookdev/daybook"
)

// A Generator makes random entries and queries from one small vocabulary, so that a query finds
// some entries and not all, and entries share times, users and words. One seed always gives the
// same. Not safe for concurrent use.
type Generator struct {
	*rand.Rand
	Start time.Time // times lie from here on, within a few seconds or hours
}

// NewGenerator returns a Generator for the seed.
func NewGenerator(seed uint64) *Generator {
	return &Generator{rand.New(rand.NewPCG(seed, 0)), time.Date(2026, 3, 14, 15, 9, 26, 999_990_000, time.UTC)}
}

// What the words have in common is chosen to confuse stores: case, wildcards, prefixes, UUIDs
// among other ids, digits.
var (
	words = []string{"", "ada", "Ada", "ad", "ad_", "a%", "1", "01",
		"6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "6f9619ff-8b86-4d01-b42d-00cf4fc964fe"}
	resourceTypes = []string{"document", "Document", "doc", "document.page", "user"}
	actions       = []daybook.Action{daybook.Create, daybook.Read, daybook.Update, daybook.Delete, "EXPORT"}
	actorTypes    = []daybook.ActorType{daybook.ActorUser, daybook.ActorAPIKey, daybook.ActorService, daybook.ActorSystem}
	outcomes      = []daybook.Outcome{daybook.Success, daybook.Success, daybook.Failure, daybook.Denied}
	addresses     = []string{"192.0.2.1", "192.0.2.2", "192.0.3.1", "10.0.0.1", "2001:db8::1", "2001:db8:0:1::1", "::1"}
	networks      = []string{"192.0.2.1/32", "192.0.2.0/24", "192.0.0.0/16", "0.0.0.0/0", "2001:db8::/32", "2001:db8::1/128", "::/0", "10.0.0.0/31"}
)

func pick[T any](g *Generator, from []T) T { return from[g.IntN(len(from))] }

// some returns an empty list, or up to three of from.
func some[T any](g *Generator, from []T) []T {
	var list []T
	for range max(0, g.IntN(7)-3) {
		list = append(list, pick(g, from))
	}
	return list
}

// Time returns a time that other entries are likely to have, or to have nearly.
func (g *Generator) Time() time.Time {
	step := pick(g, []time.Duration{time.Microsecond, time.Millisecond, time.Second, time.Hour})
	return g.Start.Add(time.Duration(g.IntN(5)) * step)
}

// ID returns an id for t. Unlike those of daybook.NewIDAt, the ids of one time do not ascend.
func (g *Generator) ID(t time.Time) daybook.ID {
	id := daybook.MinID(t)
	for i := 8; i < len(id); i++ {
		id[i] = byte(g.Uint32())
	}
	id[8] = 0b10<<6 | id[8]&0x3f
	return id
}

// Entry returns an entry of the organization, normalized.
func (g *Generator) Entry(organization string) daybook.Entry {
	e := daybook.Entry{
		ID:             g.ID(g.Time()),
		Action:         pick(g, actions),
		ResourceType:   pick(g, resourceTypes),
		ResourceID:     pick(g, words),
		OrganizationID: organization,
		UserID:         pick(g, words),
		ActorType:      pick(g, actorTypes),
		RequestID:      pick(g, words),
		Outcome:        pick(g, outcomes),
		Details:        g.Details(),
		UserAgent:      pick(g, []string{"", "curl/8.14.1", "Mozilla/5.0"}),
	}
	if g.IntN(4) > 0 {
		e.IPAddress = netip.MustParseAddr(pick(g, addresses))
	}
	return normalized(e)
}

// Details returns details, or nil.
func (g *Generator) Details() daybook.Details {
	d := daybook.Details{}
	for range g.IntN(4) {
		d[pick(g, []string{"a", "A", "a.b", "tags", "size"})] = g.value(2)
	}
	if len(d) == 0 {
		return nil
	}
	return d
}

func (g *Generator) value(depth int) any {
	switch n := g.IntN(12); {
	case n < 3 && depth > 0:
		list := []any{}
		for range g.IntN(3) {
			list = append(list, g.value(depth-1))
		}
		return list
	case n < 6 && depth > 0:
		object := map[string]any{}
		for range g.IntN(3) {
			object[pick(g, []string{"a", "b"})] = g.value(depth - 1)
		}
		return object
	case n < 8:
		return json.Number(pick(g, []string{"1", "1.0", "10", "-1", "0.1", "1e2"}))
	case n < 10:
		return pick(g, []any{true, false, nil})
	}
	return pick(g, words)
}

// Query returns a query of the first page, in either order. About one in three finds everything
// but for its limit.
func (g *Generator) Query() daybook.Query {
	q := daybook.Query{Order: pick(g, []daybook.Order{daybook.Newest, daybook.Oldest}), Limit: g.IntN(20)}
	for range g.IntN(4) {
		g.narrow(&q)
	}
	return q
}

// fieldsOfQuery is how many fields narrow can set.
const fieldsOfQuery = 11

// narrow sets one field of q.
func (g *Generator) narrow(q *daybook.Query) string { return g.narrowBy(q, g.IntN(fieldsOfQuery)) }

func (g *Generator) narrowBy(q *daybook.Query, field int) string {
	switch field {
	case 0:
		q.Actions = append(some(g, actions), pick(g, actions))
		return "actions"
	case 1:
		q.ActorTypes = append(some(g, actorTypes), pick(g, actorTypes))
		return "actor types"
	case 2:
		q.Outcomes = append(some(g, outcomes), pick(g, outcomes))
		return "outcomes"
	case 3:
		q.ResourceType = pick(g, resourceTypes)
		return "resource type"
	case 4:
		q.ResourceID = pick(g, words[1:])
		return "resource id"
	case 5:
		q.UserID = pick(g, words[1:])
		return "user"
	case 6:
		q.RequestID = pick(g, words[1:])
		return "request id"
	case 7:
		q.IPAddress = netip.MustParsePrefix(pick(g, networks))
		return "network"
	case 8:
		q.Details = g.Details()
		return "details"
	case 9:
		q.From = g.Time()
		return "from"
	default:
		q.To = g.Time()
		return "to"
	}
}
