package daybook_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// when parses RFC 3339.
func when(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestEdgesFollowTheCalendarOfTheZone(t *testing.T) {
	for _, test := range []struct {
		name, from, to string
		every          daybook.Interval
		zone           string
		want           []string
	}{
		{"a day of 23 hours", "2026-03-28T12:00:00+01:00", "2026-03-30T12:00:00+02:00", daybook.Day, "Europe/Berlin",
			[]string{"2026-03-28T00:00:00+01:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", "2026-03-31T00:00:00+02:00"}},
		{"a day of 25 hours", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", daybook.Day, "Europe/Berlin",
			[]string{"2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"}},
		{"the hour that comes twice", "2026-10-25T01:30:00+02:00", "2026-10-25T03:00:00+01:00", daybook.Hour, "Europe/Berlin",
			[]string{"2026-10-25T01:00:00+02:00", "2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"}},
		{"the hour that never comes", "2026-03-29T01:59:59+01:00", "2026-03-29T03:00:01+02:00", daybook.Hour, "Europe/Berlin",
			[]string{"2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"}},
		{"hours of a zone at half past", "2026-11-07T10:10:00Z", "2026-11-07T11:40:00Z", daybook.Hour, "Asia/Kolkata",
			[]string{"2026-11-07T15:00:00+05:30", "2026-11-07T16:00:00+05:30", "2026-11-07T17:00:00+05:30", "2026-11-07T18:00:00+05:30"}},
		{"clocks set by half an hour", "2026-04-05T01:00:00+11:00", "2026-04-05T03:00:00+10:30", daybook.Hour, "Australia/Lord_Howe",
			[]string{"2026-04-05T01:00:00+11:00", "2026-04-05T01:30:00+10:30", "2026-04-05T02:00:00+10:30", "2026-04-05T03:00:00+10:30"}},
		{"a day without midnight", "2018-11-03T12:00:00-03:00", "2018-11-04T12:00:00-02:00", daybook.Day, "America/Sao_Paulo",
			[]string{"2018-11-03T00:00:00-03:00", "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"}},
		{"a day with two midnights", "2026-10-25T00:30:00Z", "2026-10-25T10:00:00-01:00", daybook.Day, "Atlantic/Azores",
			[]string{"2026-10-25T00:00:00Z", "2026-10-26T00:00:00-01:00"}},
		{"midnight, and a minute later yesterday again", "2009-10-31T12:00:00-02:30", "2009-11-01T12:00:00-03:30", daybook.Day, "America/St_Johns",
			[]string{"2009-10-31T00:00:00-02:30", "2009-11-01T00:00:00-02:30", "2009-11-02T00:00:00-03:30"}},
		{"the date that Samoa left out", "2011-12-29T12:00:00-10:00", "2011-12-31T12:00:00+14:00", daybook.Day, "Pacific/Apia",
			[]string{"2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00", "2012-01-01T00:00:00+14:00"}},
		{"weeks from Monday on", "2026-11-08T23:00:00Z", "2026-11-16T00:00:01Z", daybook.Week, "UTC",
			[]string{"2026-11-02T00:00:00Z", "2026-11-09T00:00:00Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"}},
		{"a Monday begins its own week", "2026-11-09T00:00:00Z", "2026-11-16T00:00:00Z", daybook.Week, "UTC",
			[]string{"2026-11-09T00:00:00Z", "2026-11-16T00:00:00Z"}},
		{"months over a year's end and a leap day", "2023-12-31T23:59:59Z", "2024-03-01T00:00:00Z", daybook.Month, "UTC",
			[]string{"2023-12-01T00:00:00Z", "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"}},
		{"months of a zone", "2026-03-31T22:30:00Z", "2026-04-30T22:00:00Z", daybook.Month, "Europe/Berlin",
			[]string{"2026-04-01T00:00:00+02:00", "2026-05-01T00:00:00+02:00"}},
		{"minutes", "2026-11-07T10:00:30.000001Z", "2026-11-07T10:02:00Z", daybook.Minute, "",
			[]string{"2026-11-07T10:00:00Z", "2026-11-07T10:01:00Z", "2026-11-07T10:02:00Z"}},
		{"before 1970", "1969-12-31T23:59:30Z", "1970-01-01T00:00:30Z", daybook.Minute, "",
			[]string{"1969-12-31T23:59:00Z", "1970-01-01T00:00:00Z", "1970-01-01T00:01:00Z"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var in *time.Location
			if test.zone != "" {
				in = zone(t, test.zone)
			}
			got, err := daybook.Edges(when(t, test.from), when(t, test.to), test.every, in)
			if err != nil {
				t.Fatal(err)
			}
			same := len(got) == len(test.want)
			for i := range got {
				same = same && got[i].Equal(when(t, test.want[i]))
			}
			if !same {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestEdgesCoverAndAscend(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "America/Sao_Paulo", "Africa/Casablanca"}
	// Clocks were set back by two hours in St. John's in 1988.
	longest := map[daybook.Interval]time.Duration{daybook.Minute: time.Minute, daybook.Hour: 90 * time.Minute, daybook.Day: 26 * time.Hour, daybook.Week: 170 * time.Hour, daybook.Month: 31*24*time.Hour + 2*time.Hour}
	r := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		in := zone(t, zones[r.IntN(len(zones))])
		for every, most := range longest {
			from := time.Date(1985+r.IntN(50), 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(r.Int64N(int64(365 * 24 * time.Hour))))
			to := from.Add(1 + time.Duration(r.Int64N(int64(most*20))))
			edges, err := daybook.Edges(from, to, every, in)
			if err != nil {
				t.Fatal(err)
			}
			if edges[0].After(from) || !edges[1].After(from) || edges[len(edges)-1].Before(to) || !edges[len(edges)-2].Before(to) {
				t.Fatalf("%s from %v to %v in %v: %v do not just cover it", every, from, to, in, edges)
			}
			for i := range edges[1:] {
				if d := edges[i+1].Sub(edges[i]); d <= 0 || d > most {
					t.Fatalf("%s in %v: from %v to %v are %v", every, in, edges[i], edges[i+1], d)
				}
			}
			if err := daybook.CheckEdges(edges); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestEdgesThatAreNoneNameTheField(t *testing.T) {
	from := when(t, "2026-11-01T00:00:00Z")
	for _, test := range []struct {
		name     string
		from, to time.Time
		every    daybook.Interval
		field    string
	}{
		{"no beginning", time.Time{}, from, daybook.Day, "from"},
		{"no end", from, time.Time{}, daybook.Day, "to"},
		{"an end before the beginning", from, from.Add(-1), daybook.Day, "to"},
		{"no time at all", from, from, daybook.Day, "to"},
		{"an unknown interval", from, from.Add(1), "fortnight", "every"},
		{"no interval", from, from.Add(1), "", "every"},
		{"too many", from, from.Add(1001 * time.Minute), daybook.Minute, "every"},
		{"a year without four digits", from, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), daybook.Month, "to"},
	} {
		edges, err := daybook.Edges(test.from, test.to, test.every, nil)
		var refused *daybook.FieldError
		if !errors.As(err, &refused) || refused.Field != test.field || len(edges) != 0 {
			t.Errorf("%s: %v, %v, want a FieldError of %s", test.name, edges, err, test.field)
		}
	}
	if edges, err := daybook.Edges(from, from.Add(1000*time.Minute), daybook.Minute, nil); err != nil || len(edges) != 1001 {
		t.Errorf("1000 buckets: %d edges, %v", len(edges), err)
	}
}
