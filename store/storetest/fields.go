package storetest

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

func fields() []promise {
	return []promise{
		{"every field comes back as it was",
			"an auditor reads what happened, not what a column had room for",
			everyField},
		{"absent and empty are one value",
			"a store that tells them apart gives two answers to one question, and two hashes to one entry",
			absentFields},
		{"a UUID has one spelling, and any other id keeps its own",
			"systems write UUIDs in both cases; a person's entries must not depend on which of them asks",
			uuids},
		{"times keep their microseconds and nothing finer",
			"what is hashed with nanoseconds and read back without never verifies",
			exactTimes},
		{"what clients choose is cut to its length, not refused",
			"a client with an endless user agent must not get its deeds out of the log",
			cutFields},
		{"the credential that wrote an entry is kept, and nobody claims an update",
			"who delivered an entry is the only trace of a stolen credential",
			credential},
	}
}

func everyField(t testing.TB, s *subject) {
	long := func(n int) string { return strings.Repeat("\U0001f4d6", n) }
	entries := []daybook.Entry{
		Entry("acme"),
		{Action: "A", ResourceType: "a", OrganizationID: "acme"},
		{Action: daybook.Action("ABCDEFGHIJ_123456789"), ResourceType: "a" + strings.Repeat("-._0Z", 19) + "zzzz", OrganizationID: "acme",
			ResourceID: long(daybook.MaxResourceID), UserID: long(daybook.MaxUserID)},
		{Action: daybook.Create, ResourceType: "document", OrganizationID: long(daybook.MaxOrganizationID)},
		{Action: daybook.Read, ResourceType: "document", OrganizationID: "acme", IPAddress: netip.MustParseAddr("2001:db8::1:0:0:7")},
		{Action: daybook.Read, ResourceType: "document", OrganizationID: "acme", IPAddress: netip.MustParseAddr("::")},
		{Action: daybook.Read, ResourceType: "document", OrganizationID: "acme", IPAddress: netip.MustParseAddr("0.0.0.0")},
		{Action: daybook.Read, ResourceType: "document", OrganizationID: "acme", IPAddress: netip.MustParseAddr("::ffff:192.0.2.1")},
		{Action: daybook.Read, ResourceType: "document", OrganizationID: "acme", IPAddress: netip.MustParseAddr("fe80::1%eth0")},
		{Action: daybook.Read, ResourceType: "document", OrganizationID: "acme", IPAddress: netip.MustParseAddr("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")},
		{Action: daybook.Update, ResourceType: "daybook.export", OrganizationID: "acme", UserID: "svc", ActorType: daybook.ActorService},
		{Action: daybook.Update, ResourceType: "document", OrganizationID: "acme", ActorType: daybook.ActorUser},
		{Action: daybook.Update, ResourceType: "document", OrganizationID: "acme", Outcome: daybook.Denied, UserAgent: "a\tb\nc\x01\u200b\u202e\ufffd'\"\\"},
		{Action: daybook.Update, ResourceType: "document", OrganizationID: "acme", RequestID: strings.Repeat("r", daybook.MaxRequestID), UserAgent: strings.Repeat("u", daybook.MaxUserAgent)},
		{Action: daybook.Delete, ResourceType: "document", OrganizationID: "acme", ResourceID: "00000000-0000-0000-0000-000000000000", UserID: "ffffffff-ffff-ffff-ffff-ffffffffffff"},
		{Action: daybook.Delete, ResourceType: "document", OrganizationID: "ffffffff-ffff-4fff-bfff-ffffffffffff", ResourceID: " ", UserID: "\n"},
	}
	of := map[string][]daybook.Entry{}
	for i := range entries {
		entries[i] = normalized(entries[i])
		of[entries[i].OrganizationID] = append(of[entries[i].OrganizationID], entries[i])
	}
	s.append(t, entries...)
	for organization, want := range of {
		s.stores(t, organization, want...)
	}
	if got := s.query(t, "acme", daybook.Query{ID: entries[1].ID}).Entries; len(got) != 1 || got[0].ActorType != daybook.ActorSystem || got[0].Outcome != daybook.Success {
		t.Errorf("an entry without user and outcome comes back as %+v: want one of the system, a success", got)
	}
}

func absentFields(t testing.TB, s *subject) {
	absent := normalized(daybook.Entry{Action: daybook.Create, ResourceType: "document", OrganizationID: "acme"})
	empty := absent
	empty.Details = daybook.Details{}
	s.append(t, absent)
	s.append(t, empty, empty) // the same entry
	other := Entry("acme")
	other.Details = daybook.Details{}
	s.append(t, other)
	for _, e := range s.all(t, "acme", daybook.Query{}) {
		if e.Details != nil {
			t.Errorf("details without members come back as %#v, want nil", e.Details)
		}
	}
	page := s.query(t, "acme", daybook.Query{ID: absent.ID})
	if diff := Diff([]daybook.Entry{absent}, page.Entries); diff != "" {
		t.Errorf("an entry without the optional fields, -want +got:\n%s", diff)
	}
	if len(page.Entries) == 1 && page.Entries[0].IPAddress.IsValid() {
		t.Errorf("no address comes back as %v", page.Entries[0].IPAddress)
	}
}

func uuids(t testing.TB, s *subject) {
	const lower, upper = "8f14e45f-ceea-467f-a8d1-0b0f1a2b3c4d", "8F14E45F-CEEA-467F-A8D1-0B0F1A2B3C4D"
	e := normalized(daybook.Entry{Action: daybook.Create, ResourceType: "document", OrganizationID: lower, ResourceID: lower, UserID: lower})
	given := e
	given.OrganizationID, given.ResourceID, given.UserID = upper, upper, upper
	s.append(t, given)
	s.append(t, e) // the same entry
	for _, organization := range []string{lower, upper} {
		s.stores(t, organization, e)
		for _, id := range []string{lower, upper} {
			for field, q := range map[string]daybook.Query{"user_id": {UserID: id}, "resource_id": {ResourceID: id}} {
				if got := s.query(t, organization, q).Entries; len(got) != 1 {
					t.Errorf("%d entries have the %s %s in %s, want 1", len(got), field, id, organization)
				}
				groups, err := s.Count(t.Context(), organization, q, daybook.ByUserID)
				if err != nil || len(groups) != 1 || groups[0].Values[0] != lower {
					t.Errorf("counted by user: %v, %v; want one of %s", groups, err, lower)
				}
			}
		}
	}
	// These hold the same digits, or as bytes the same UUID, and are other ids.
	others := []string{"8f14e45fceea467fa8d10b0f1a2b3c4d", "{" + lower + "}", "urn:uuid:" + lower, lower + " ", "\n" + lower,
		"AAAAAAAAAAAAAAAA", "41414141-4141-4141-4141-414141414141"}
	var entries []daybook.Entry
	for _, id := range others {
		entries = append(entries, normalized(daybook.Entry{Action: daybook.Read, ResourceType: "document", OrganizationID: id, ResourceID: id, UserID: id}))
	}
	s.append(t, entries...)
	for i, id := range others {
		s.stores(t, id, entries[i])
		for _, q := range []daybook.Query{{UserID: id}, {ResourceID: id}} {
			if got := s.all(t, id, q); len(got) != 1 || got[0].UserID != id || got[0].ResourceID != id {
				t.Errorf("the id %q finds %v", id, got)
			}
		}
	}
}

func exactTimes(t testing.TB, s *subject) {
	zone := time.FixedZone("", -9*3600)
	for _, at := range []time.Time{
		time.Unix(0, 0),
		time.Unix(0, 999),
		time.UnixMicro(1),
		time.UnixMicro(999),
		time.UnixMicro(999_999),
		time.Date(1999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
		time.Date(2024, 2, 29, 12, 0, 0, 1_001, zone),
		time.Date(2026, 3, 29, 2, 30, 0, 123_456_789, time.UTC),
		time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC),
		time.Date(2199, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	} {
		e := Entry("acme")
		e.ID, e.CreatedAt, e.UpdatedAt = daybook.ID{}, at, time.Time{}
		e.ResourceID = at.String()
		s.append(t, e)
		got := s.query(t, "acme", daybook.Query{ResourceID: at.String()}).Entries
		if len(got) != 1 {
			t.Fatalf("%d entries of %v", len(got), at)
		}
		want := at.UTC().Truncate(time.Microsecond)
		// == and not Equal: the zone must be UTC, and there must be nothing else in the time.
		if got[0].CreatedAt != want || got[0].UpdatedAt != want || got[0].ID.Time() != want {
			t.Errorf("%v comes back as created at %v, updated at %v, id of %v; want %v", at, got[0].CreatedAt, got[0].UpdatedAt, got[0].ID.Time(), want)
		}
	}
}

func cutFields(t testing.TB, s *subject) {
	e := Entry("acme")
	e.RequestID = strings.Repeat("\u00e9", 200)    // 400 bytes: the 128th character does not fit whole
	e.UserAgent = strings.Repeat("a\x00\xff", 300) // becomes longer before it is cut
	s.append(t, e)
	got := s.all(t, "acme", daybook.Query{})
	if len(got) != 1 {
		t.Fatalf("%d entries are stored of 1", len(got))
	}
	if want := strings.Repeat("\u00e9", 127); got[0].RequestID != want {
		t.Errorf("a request id of 400 bytes comes back as %q, want %q", got[0].RequestID, want)
	}
	if want := strings.Repeat("a\ufffd\ufffd", 71) + "a"; got[0].UserAgent != want {
		t.Errorf("a user agent that is not UTF-8 comes back as %q, want %q", got[0].UserAgent, want)
	}
}

func credential(t testing.TB, s *subject) {
	e := Entry("acme")
	e.RecordedBy = "key \U0001f511 of the billing service"
	e.UpdatedAt = e.CreatedAt.Add(36*time.Hour + time.Microsecond)
	s.append(t, e)
	e.UpdatedAt = e.CreatedAt // it moves when something is erased, and no leaf tells of it
	s.stores(t, "acme", e)
	tailed, _ := s.tail(t, daybook.Position{}, 1, 10)
	if diff := Diff([]daybook.Entry{e}, plain(tailed)); diff != "" {
		t.Errorf("tailed, -want +got:\n%s", diff)
	}
}
