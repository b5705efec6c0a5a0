package server_test

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/server"
)

var now = time.Date(2026, 11, 23, 21, 4, 5, 678, time.UTC)

func parse(t *testing.T, parameters string) (daybook.Query, error) {
	t.Helper()
	values, err := url.ParseQuery(parameters)
	if err != nil {
		t.Fatal(err)
	}
	return server.ParseQuery(values, now)
}

func TestTimesAreReadAsPeopleWriteThem(t *testing.T) {
	day := func(y int, m time.Month, d, h, min int) time.Time { return time.Date(y, m, d, h, min, 0, 0, time.UTC) }
	for parameters, want := range map[string][2]time.Time{
		"since=2026-11-07T10:00:05.25Z":                      {time.Date(2026, 11, 7, 10, 0, 5, 250_000_000, time.UTC)},
		"since=2026-11-07T10:00:00%2B02:00":                  {day(2026, 11, 7, 8, 0)},
		"since=24h":                                          {now.Add(-24 * time.Hour)},
		"since=-7d":                                          {now.Add(-7 * 24 * time.Hour)},
		"since=1w2d3h4m5s":                                   {now.Add(-(9*24*time.Hour + 3*time.Hour + 4*time.Minute + 5*time.Second))},
		"since=7d&until=now":                                 {now.Add(-7 * 24 * time.Hour), now},
		"since=2026-11-01&until=2026-11-30":                  {day(2026, 11, 1, 0, 0), day(2026, 12, 1, 0, 0)},
		"until=2026-11-07T10:00:00Z":                         {{}, day(2026, 11, 7, 10, 0)},
		"since=2026-11-07&until=2026-11-07&zone=Asia/Tokyo":  {day(2026, 11, 6, 15, 0), day(2026, 11, 7, 15, 0)},
		"since=2026-03-29&until=2026-03-29&zone=Europe/Rome": {day(2026, 3, 28, 23, 0), day(2026, 3, 29, 22, 0)}, // 23 hours
	} {
		q, err := parse(t, parameters)
		if got := [2]time.Time{q.From, q.To}; err != nil || !got[0].Equal(want[0]) || !got[1].Equal(want[1]) {
			t.Errorf("%s: from %v to %v, want %v; %v", parameters, got[0], got[1], want, err)
		}
	}
}

func TestParametersBecomeAQuery(t *testing.T) {
	id := daybook.NewIDAt(now)
	for parameters, want := range map[string]daybook.Query{
		"":                               {},
		"id=" + id.String():              {ID: id},
		"user=ADA":                       {UserID: "ADA"},
		"resource_type=document":         {ResourceType: "document"},
		"resource_id=a/b":                {ResourceID: "a/b"},
		"action=READ&action=UPDATE":      {Actions: []daybook.Action{"READ", "UPDATE"}},
		"outcome=denied&outcome=failure": {Outcomes: []daybook.Outcome{"denied", "failure"}},
		"actor_type=api_key":             {ActorTypes: []daybook.ActorType{"api_key"}},
		"request=req-1":                  {RequestID: "req-1"},
		"ip=192.0.2.7":                   {IPAddress: netip.MustParsePrefix("192.0.2.7/32")},
		"ip=192.0.2.7/24":                {IPAddress: netip.MustParsePrefix("192.0.2.0/24")},
		"ip=::ffff:192.0.2.7":            {IPAddress: netip.MustParsePrefix("192.0.2.7/32")},
		"ip=2001:db8::/32":               {IPAddress: netip.MustParsePrefix("2001:db8::/32")},
		"order=oldest&limit=7":           {Order: daybook.Oldest, Limit: 7},
		"detail=tags=financial":          {Details: daybook.Details{"tags": "financial"}},
		"detail=a.b=x&detail=a.c=2":      {Details: daybook.Details{"a": map[string]any{"b": "x", "c": 2}}},
		`detail="a.b".c="50"`:            {Details: daybook.Details{"a.b": map[string]any{"c": "50"}}},
		"detail=n=1e2&detail=t==":        {Details: daybook.Details{"n": 100, "t": "="}},
		`detail=x={"y":[null,true]}`:     {Details: daybook.Details{"x": map[string]any{"y": []any{nil, true}}}},
		`detail=x=1,"y":2`:               {Details: daybook.Details{"x": `1,"y":2`}},
		"detail=e=":                      {Details: daybook.Details{"e": ""}},
	} {
		if err := want.Normalize(); err != nil {
			t.Fatal(err)
		}
		got, err := parse(t, parameters)
		if err != nil {
			t.Errorf("%s: %v", parameters, err)
		}
		if d := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); d != "" {
			t.Errorf("%s:\n%s", parameters, d)
		}
	}
}

func TestWrongParametersAreNamed(t *testing.T) {
	for parameters, want := range map[string]string{ // the error begins with this
		"usr=ada":                              "usr is not a parameter",
		"user=":                                "user is empty",
		"user=ada&user=eve":                    "user is given more than once",
		"user=a%00b":                           "user contains a NUL",
		"user=%ff":                             "user is not valid UTF-8",
		"user=" + strings.Repeat("x", 256):     "user is longer",
		"request=" + strings.Repeat("x", 256):  "request is longer",
		"id=42":                                "id is",
		"id=6ba7b810-9dad-11d1-80b4-00c04fd43": "id is",
		"action=read":                          "action is",
		"outcome=ok":                           "outcome is",
		"actor_type=robot":                     "actor_type is",
		"resource_type=/etc/passwd":            "resource_type is",
		"ip=192.0.2":                           "ip is",
		"ip=192.0.2.1/33":                      "ip is",
		"ip=fe80::1%25eth0":                    "ip is",
		"since=yesterday":                      "since is",
		"since=7":                              "since is",
		"since=d":                              "since is",
		"since=--7d":                           "since is",
		"since=99999999999999999999d":          "since is",
		"since=999999999w":                     "since is",
		"since=2026-02-30":                     "since is",
		"since=1h&until=2h":                    "until is not after since",
		"zone=Mars":                            "zone is",
		"zone=../../etc/passwd":                "zone is",
		"order=random":                         "order is",
		"limit=0":                              "limit is",
		"limit=1001":                           "limit is",
		"limit=ten":                            "limit is",
		"detail=x":                             "detail is",
		"detail==x":                            "detail is",
		"detail=a..b=x":                        "detail is",
		"detail=a=1&detail=a=2":                "detail asks twice",
		"detail=a=1&detail=a.b=2":              "detail asks for",
		"detail=a.b=2&detail=a=1":              "detail asks twice",
		`detail=x={"y":1,"y":2}`:               "detail ",
		"detail=x=[" + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "]": "detail ",
		"detail=" + strings.Repeat("a.", 40) + "b=1":                           "details.a.a",
	} {
		_, err := parse(t, parameters)
		if !errors.Is(err, daybook.ErrInvalid) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error %v, want one that begins with %q", parameters, err, want)
		}
	}
}

func TestAllWrongParametersAreNamedAtOnce(t *testing.T) {
	_, err := parse(t, "usr=x&ip=y&limit=z&action=a")
	for _, want := range []string{"usr ", "ip ", "limit ", "action "} {
		if err == nil || !strings.Contains("\n"+err.Error(), "\n"+want) {
			t.Errorf("%v does not name %q", err, want)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"since=1w2d&until=now", `detail="a.b".c=1`, "ip=::ffff:1.2.3.4/100", "id=0&limit=9", "zone=Local"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, parameters string) {
		values, err := url.ParseQuery(parameters)
		if err != nil {
			return
		}
		q, err := server.ParseQuery(values, now)
		if err != nil {
			if !errors.Is(err, daybook.ErrInvalid) {
				t.Errorf("%q: %v is about no field", parameters, err)
			}
			return
		}
		if err := q.Normalize(); err != nil { // what is accepted, stores take
			t.Errorf("%q: %v", parameters, err)
		}
	})
}
