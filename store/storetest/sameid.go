package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

func sameID() []promise {
	return []promise{
		{"the same entry again is accepted and stored once",
			"whoever lost the answer sends again; refused, it would never get rid of the entry, and stored twice it would have happened twice",
			sentAgain},
		{"sixteen callers with the same entry store it once",
			"a request that timed out is sent again while the first is still under way",
			sentTogether},
		{"another entry with the same id is refused, and the stored one stays",
			"an id that overwrites is a way to change history",
			otherContent},
		{"of sixteen callers with one id and different entries one wins",
			"between the look whether an id is taken and the write of the entry another caller can take it",
			contended},
		{"a conflict within one call stores nothing",
			"which of the two would be the true one?",
			conflictWithinCall},
		{"who delivered an entry, and when it was updated, is not its content",
			"an entry that a spool sends again under a new credential is still the same",
			delivery},
		{"one id in two organizations is two entries",
			"an organization that could take another's ids could keep its entries out, and would learn which there are",
			idOfTwoOrganizations},
	}
}

func sentAgain(t testing.TB, s *subject) {
	entries := Entries("acme", 4)
	s.append(t, entries[0])
	s.append(t, entries[0])
	s.append(t, entries[1], entries[0], entries[2], entries[1], entries[1])
	s.stores(t, "acme", entries[:3]...)

	other := entries[3] // the same in another notation
	s.append(t, other)
	other.CreatedAt = other.CreatedAt.In(time.FixedZone("", 7200))
	other.ResourceID = "4A3D9FF0-7E3E-4C62-9F3C-0A3F8D1F2B5C"
	lower := entries[3]
	lower.ResourceID = "4a3d9ff0-7e3e-4c62-9f3c-0a3f8d1f2b5c"
	lower.ID = daybook.NewID()
	lower.CreatedAt, lower.UpdatedAt = time.Time{}, time.Time{}
	other.ID, other.CreatedAt, other.UpdatedAt = lower.ID, time.Time{}, time.Time{}
	other.IPAddress = netip.AddrFrom16(other.IPAddress.As16())
	other.Details = daybook.Details{"size": 4096.0, "tags": []string{"report", "finance"},
		"changes": map[string]map[string]string{"status": {"new": "final", "old": "draft"}}}
	s.append(t, lower)
	s.append(t, other)
	s.stores(t, "acme", append(entries[:4:4], normalized(lower))...)
	s.tail(t, daybook.Position{}, 5, 100)
}

func sentTogether(t testing.TB, s *subject) {
	same := Entry("acme")
	var want []daybook.Entry
	var wg sync.WaitGroup
	errs := make([]error, 16)
	for caller := range errs {
		own := Entry("acme")
		want = append(want, own)
		wg.Go(func() {
			if caller%2 == 0 {
				errs[caller] = s.Append(t.Context(), own, same)
			} else {
				errs[caller] = errors.Join(s.Append(t.Context(), same), s.Append(t.Context(), own))
			}
		})
	}
	wg.Wait()
	for caller, err := range errs {
		if err != nil {
			t.Errorf("caller %d: %v", caller, err)
		}
	}
	s.stores(t, "acme", append(want, same)...)
	s.tail(t, daybook.Position{}, len(want)+1, 100)
}

func otherContent(t testing.TB, s *subject) {
	changes := map[string]func(*daybook.Entry){
		"action":             func(e *daybook.Entry) { e.Action = daybook.Delete },
		"resource_type":      func(e *daybook.Entry) { e.ResourceType = "Document" },
		"resource_id":        func(e *daybook.Entry) { e.ResourceID = "0d6e4079-e367-4a6c-a1ac-35bf0bf1c4f6" },
		"no resource_id":     func(e *daybook.Entry) { e.ResourceID = "" },
		"user_id":            func(e *daybook.Entry) { e.UserID = "ada" },
		"no user_id":         func(e *daybook.Entry) { e.UserID = "" },
		"actor_type":         func(e *daybook.Entry) { e.ActorType = daybook.ActorUser },
		"request_id":         func(e *daybook.Entry) { e.RequestID = "REQ-2b7e151628aed2a6" },
		"no request_id":      func(e *daybook.Entry) { e.RequestID = "" },
		"outcome":            func(e *daybook.Entry) { e.Outcome = daybook.Success },
		"a value in details": func(e *daybook.Entry) { e.Details = daybook.Details{"size": 4097} },
		"a type in details":  func(e *daybook.Entry) { e.Details = daybook.Details{"size": "4096"} },
		"no details":         func(e *daybook.Entry) { e.Details = nil },
		"ip_address":         func(e *daybook.Entry) { e.IPAddress = netip.MustParseAddr("203.0.113.70") },
		"no ip_address":      func(e *daybook.Entry) { e.IPAddress = netip.Addr{} },
		"user_agent":         func(e *daybook.Entry) { e.UserAgent += " " },
		"no user_agent":      func(e *daybook.Entry) { e.UserAgent = "" },
	}
	var stored []daybook.Entry
	for range changes {
		e := Entry("acme")
		e.Details = daybook.Details{"size": 4096}
		stored = append(stored, normalized(e))
	}
	s.append(t, stored...)
	i := 0
	for name, change := range changes {
		e := stored[i]
		i++
		change(&e)
		if err := s.Append(t.Context(), Entry("acme"), e); !errors.Is(err, daybook.ErrConflict) {
			t.Errorf("an entry with the same id and other content (%s): %v, want a conflict", name, err)
		}
	}
	s.stores(t, "acme", stored...)
}

func contended(t testing.TB, s *subject) {
	for round := range 5 {
		organization := fmt.Sprint("org-", round)
		claims := make([]daybook.Entry, 16)
		errs := make([]error, len(claims))
		first := Entry(organization)
		var wg sync.WaitGroup
		for caller := range claims {
			claims[caller] = first
			if round%2 == 0 {
				claims[caller].ResourceID = fmt.Sprint("caller-", caller)
			} else { // stores keep details apart from the other fields
				claims[caller].Details = daybook.Details{"caller": json.Number(strconv.Itoa(caller))}
			}
			wg.Go(func() { errs[caller] = s.Append(t.Context(), claims[caller]) })
		}
		wg.Wait()
		var winners []daybook.Entry
		for caller, err := range errs {
			switch {
			case err == nil:
				winners = append(winners, claims[caller])
			case !errors.Is(err, daybook.ErrConflict):
				t.Errorf("caller %d: %v, want nil or a conflict", caller, err)
			}
		}
		if len(winners) != 1 {
			t.Fatalf("%d callers were told that theirs is stored", len(winners))
		}
		s.stores(t, organization, winners...)
	}
}

func conflictWithinCall(t testing.TB, s *subject) {
	one := Entry("acme")
	two, three := one, one
	two.ResourceID = "another"
	three.Details = daybook.Details{"another": true} // stores keep details apart from the other fields
	for _, call := range [][]daybook.Entry{{one, two}, {Entry("acme"), one, Entry("acme"), two}, {one, Entry("zeta"), one, two},
		{one, three}, {three, Entry("acme"), one}} {
		if err := s.Append(t.Context(), call...); !errors.Is(err, daybook.ErrConflict) {
			t.Errorf("two entries with one id in one call: %v, want a conflict", err)
		}
	}
	s.stores(t, "acme")
	s.stores(t, "zeta")
	s.append(t, one) // the id is still free
}

func delivery(t testing.TB, s *subject) {
	e := Entry("acme")
	s.append(t, e)
	again := e
	again.RecordedBy = "spool"
	again.UpdatedAt = e.CreatedAt.Add(time.Hour)
	s.append(t, again, again, e)
	s.stores(t, "acme", e)
}

func idOfTwoOrganizations(t testing.TB, s *subject) {
	const a, b, c = "acme", "zeta", "00000000-0000-4000-8000-000000000001"
	ours := Entry(a)
	theirs := ours
	theirs.OrganizationID, theirs.ResourceID = b, "theirs"
	both := ours
	both.OrganizationID = c
	s.append(t, ours)
	s.append(t, theirs, both)
	s.stores(t, a, ours)
	s.stores(t, b, theirs)
	s.stores(t, c, both)
	for organization, want := range map[string]daybook.Entry{a: ours, b: theirs, c: both} {
		got := s.query(t, organization, daybook.Query{ID: ours.ID}).Entries
		if diff := Diff([]daybook.Entry{want}, got); diff != "" {
			t.Errorf("the id in %q, -want +got:\n%s", organization, diff)
		}
	}
}
