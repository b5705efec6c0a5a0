package daybook_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
)

func TestCursorIsOpenedOnlyWhereItBelongs(t *testing.T) {
	key := daybook.CursorKey{1}
	q := daybook.Query{ResourceType: "document", Limit: 10, From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	c := daybook.Cursor{Order: daybook.Newest, ID: daybook.NewID()}
	text, err := key.Seal("acme", q, c)
	if err != nil || len(text) != 56 {
		t.Fatalf("%q, %v", text, err)
	}
	same := q
	same.Limit, same.After, same.From = 500, c, q.From.In(time.FixedZone("", 3600))
	if got, err := key.Open("acme", same, text); err != nil || got != c {
		t.Errorf("another page size and another zone: %v, %v", got, err)
	}
	other := q
	other.UserID = "eve"
	oldest := q
	oldest.Order = daybook.Oldest
	for name, open := range map[string]func() (daybook.Cursor, error){
		"another organization": func() (daybook.Cursor, error) { return key.Open("acme2", q, text) },
		"another query":        func() (daybook.Cursor, error) { return key.Open("acme", other, text) },
		"another order":        func() (daybook.Cursor, error) { return key.Open("acme", oldest, text) },
		"another key":          func() (daybook.Cursor, error) { return daybook.CursorKey{2}.Open("acme", q, text) },
		"cut off":              func() (daybook.Cursor, error) { return key.Open("acme", q, text[:55]) },
		"not a cursor":         func() (daybook.Cursor, error) { return key.Open("acme", q, "next please") },
	} {
		if got, err := open(); !errors.Is(err, daybook.ErrCursor) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for i := range text {
		for _, c := range []byte("AQgw_-") {
			if changed := text[:i] + string(c) + text[i+1:]; changed != text {
				if got, err := key.Open("acme", q, changed); !errors.Is(err, daybook.ErrCursor) {
					t.Fatalf("character %d changed to %c: %v, %v", i, c, got, err)
				}
			}
		}
	}
	if text, err := key.Seal("acme", q, daybook.Cursor{}); text != "" || err != nil {
		t.Errorf("behind the last page: %q, %v", text, err)
	}
}

func TestQueryIsRefusedWithTheFieldNamed(t *testing.T) {
	for want, q := range map[string]daybook.Query{
		"action":        {Actions: []daybook.Action{"READ", "read"}},
		"actor_type":    {ActorTypes: []daybook.ActorType{"robot"}},
		"outcome":       {Outcomes: []daybook.Outcome{""}},
		"resource_type": {ResourceType: "a b"},
		"resource_id":   {ResourceID: "\xff"},
		"user_id":       {UserID: "\x00"},
		"request_id":    {RequestID: "\xff"},
		"ip_address":    {IPAddress: netip.PrefixFrom(netip.MustParseAddr("192.0.2.1"), 33)},
		"details.a":     {Details: daybook.Details{"a": func() {}}},
		"limit":         {Limit: -1},
		"order":         {Order: 7},
	} {
		if diff := cmp.Diff([]string{want}, fields(q.Normalize())); diff != "" {
			t.Errorf("%+v: -want +got:\n%s", q, diff)
		}
	}
}

func TestQueryMeansTheSameForFoldedAddresses(t *testing.T) {
	q := daybook.Query{IPAddress: netip.MustParsePrefix("::ffff:192.0.2.0/120")}
	if err := q.Normalize(); err != nil || q.IPAddress != netip.MustParsePrefix("192.0.2.0/24") {
		t.Errorf("%v, %v", q.IPAddress, err)
	}
	e := daybook.Entry{IPAddress: netip.MustParseAddr("192.0.2.77")}
	if !q.Matches(&e) {
		t.Error("an IPv4 address is not in the network that IPv6 notation names")
	}
}
