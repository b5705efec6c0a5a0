package api

import (
	"container/list"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/own"
)

// viewInterval is how long one entry covers further views of the same query by the same viewer.
const viewInterval = 15 * time.Minute

// note writes an entry about the request into the organization it concerns; its resource type is one
// of package own. What must not happen without its entry calls it first and stops on its error.
func (c *call) note(organization string, e daybook.Entry) error {
	e.OrganizationID, e.RecordedBy = organization, c.recordedBy()
	ctx := daybook.WithScope(c.r.Context(), c.scope())
	if err := c.own.Record(ctx, e); err != nil {
		return fmt.Errorf("%w: %w", errUnavailable, err)
	}
	return nil
}

// scope is what is known of the request.
func (c *call) scope() daybook.Scope {
	s := daybook.Scope{UserID: c.principal.UserID(), ActorType: daybook.ActorUser, RequestID: c.r.Header.Get("X-Request-Id"),
		IPAddress: c.config.ClientAddr(c.r), UserAgent: c.r.UserAgent()}
	if given := daybook.ScopeOf(c.r.Context()).RequestID; given != "" {
		s.RequestID = given // of a middleware around
	}
	if s.UserID == "" {
		s.ActorType = daybook.ActorAPIKey
	}
	return s
}

// recordedBy names the credential in entries.
func (c *call) recordedBy() string {
	return firstCharacters(c.principal.ID(), daybook.MaxRecordedBy)
}

// viewed notes that the entries of a query are looked at: once for a viewer and a query in 15
// minutes. Nobody looks unseen: without the entry there is no answer.
func (c *call) viewed(q *asked) error { return c.viewedOne(q, q.text) }

func (c *call) viewedOne(q *asked, text string) error {
	return c.noteOnce(q.organization.String(), own.View, text, daybook.Details{"filter": text, "route": c.route.Path})
}

// noteOnce notes what is read, unless the same was noted for the same viewer a short time ago.
func (c *call) noteOnce(organization, resourceType, what string, details daybook.Details) error {
	k := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q", organization, c.principal.ID(), c.principal.UserID(), resourceType, what))
	now := time.Now()
	if !c.seen.first(k, now) {
		return nil
	}
	err := c.note(organization, daybook.Entry{Action: daybook.Read, ResourceType: resourceType, Details: details})
	if err != nil {
		c.seen.forget(k)
	}
	return err
}

// gap notes that entries were refused because an organization is over its rate: once a minute, and
// whether or not it can be written, since the caller is told anyway.
func (c *call) gap(organization string, entries int) {
	k := sha256.Sum256(fmt.Appendf(nil, "%q gap %d", organization, time.Now().Unix()/60))
	if !c.seen.first(k, time.Now()) {
		return
	}
	err := c.note(organization, daybook.Entry{Action: daybook.Create, ResourceType: own.Gap, Outcome: daybook.Failure,
		Details: daybook.Details{"reason": "rate", "refused": entries}})
	if err != nil {
		c.logFault(c.r, c.route, "gap not recorded", "", err)
	}
}

// misdirected notes that a credential tried to record into an organization that is not its own, in
// its own one: once a minute.
func (c *call) misdirected() {
	org, err := c.principal.Organization("")
	if err != nil {
		return // it has several, and none of them is concerned
	}
	k := sha256.Sum256(fmt.Appendf(nil, "%q misdirected %q %d", org, c.principal.ID(), time.Now().Unix()/60))
	if !c.seen.first(k, time.Now()) {
		return
	}
	err = c.note(org.String(), daybook.Entry{Action: daybook.Create, ResourceType: own.Access, Outcome: daybook.Denied,
		Details: daybook.Details{"error": "Forbidden", "reason": "the entry named another organization"}})
	if err != nil {
		c.logFault(c.r, c.route, "refusal not recorded", "", err)
	}
}

// noteLog notes, in the platform's organization, that the log of all organizations is read.
func (c *call) noteLog() error {
	return c.noteOnce(c.config.Organization, own.View, "all organizations", daybook.Details{"all_organizations": true, "route": c.route.Path})
}

// session notes that a credential is used for what tells nothing of entries.
func (c *call) session() error {
	organization := c.config.Organization
	if org, err := c.principal.Organization(""); err == nil {
		organization = org.String()
	}
	return c.noteOnce(organization, own.Session, "", nil)
}

// mostSeen bounds what seen remembers. One that is forgotten is noted once more.
const mostSeen = 100_000

// seen remembers what was noted a short time ago.
type seen struct {
	mu    sync.Mutex // guards what follows
	at    map[[32]byte]*list.Element
	order *list.List // of sighting, oldest last
}

type sighting struct {
	key [32]byte
	at  time.Time
}

func newSeen() *seen { return &seen{at: map[[32]byte]*list.Element{}, order: list.New()} }

// first reports whether k was not seen within viewInterval, and remembers that it is now.
func (s *seen) first(k [32]byte, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for last := s.order.Back(); last != nil; last = s.order.Back() {
		if v := last.Value.(sighting); now.Sub(v.at) < viewInterval && s.order.Len() < mostSeen {
			break
		}
		s.remove(last)
	}
	if _, ok := s.at[k]; ok {
		return false
	}
	s.at[k] = s.order.PushFront(sighting{k, now})
	return true
}

func (s *seen) forget(k [32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.at[k]; ok {
		s.remove(e)
	}
}

func (s *seen) remove(e *list.Element) {
	delete(s.at, e.Value.(sighting).key)
	s.order.Remove(e)
}

// noteForbidden notes items that named a foreign organization.
func (c *call) noteForbidden(items []*item) {
	for _, it := range items {
		if f, ok := errors.AsType[*fault](it.err); ok && f.Status == http.StatusForbidden {
			c.misdirected()
			return
		}
	}
}
