package daybook_test

import (
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

// Clocks in Berlin are set forward on 2026-03-29 at 02:00 and back on 2026-10-25 at 03:00. In Beirut
// they are set at midnight: forward on 2026-03-29, and back from it on 2026-10-25, so that 23:00 to
// 24:00 of the day before is shown twice. Apia had no 30 December 2011. Lord Howe's clocks move by
// half an hour.
func TestATimeLiteralIsTheIntervalOfItsZone(t *testing.T) {
	for _, c := range []struct{ zone, text, printed string }{
		{"UTC", "2026-02", "2026-02-01T00:00Z..2026-02-28T23:59Z"},
		{"UTC", "2028-02", "2028-02-01T00:00Z..2028-02-29T23:59Z"},
		{"UTC", "2028-02-29", "2028-02-29T00:00Z..2028-02-29T23:59Z"},
		{"UTC", "2026-12", "2026-12-01T00:00Z..2026-12-31T23:59Z"},
		{"UTC", "2026-12-31", "2026-12-31T00:00Z..2026-12-31T23:59Z"},
		{"UTC", "2026-11-07T10:00", "2026-11-07T10:00Z"},
		{"UTC", "2026-11-07T10:00:05", "2026-11-07T10:00:05Z"},
		{"UTC", "2026-11-07T10:00:00", "2026-11-07T10:00Z..2026-11-07T10:00:00Z"},
		{"UTC", "2026-11-07T10:00:05.123456Z", "2026-11-07T10:00:05.123456Z"},
		{"UTC", "2026-11-07T10:00:05.1", "2026-11-07T10:00:05.100000Z..2026-11-07T10:00:05.199999Z"},
		{"UTC", "2026-11-07T10:00+05:30", "2026-11-07T04:30Z"},
		{"Europe/Berlin", "2026-11-07T10:00-01:00", "2026-11-07T11:00Z"},
		{"Europe/Berlin", "2026-11-07T10:00Z", "2026-11-07T10:00Z"},
		{"Europe/Berlin", "2026-11-07T10:00", "2026-11-07T09:00Z"},

		{"Europe/Berlin", "2026-03-29", "2026-03-28T23:00Z..2026-03-29T21:59Z"}, // 23 hours
		{"Europe/Berlin", "2026-10-25", "2026-10-24T22:00Z..2026-10-25T22:59Z"}, // 25 hours
		{"Europe/Berlin", "2026-03", "2026-02-28T23:00Z..2026-03-31T21:59Z"},
		{"Europe/Berlin", "2026-12-31", "2026-12-30T23:00Z..2026-12-31T22:59Z"},
		{"Europe/Berlin", ">=2026-03-29T02:30", ">=2026-03-29T01:00Z"}, // no clock shows it: from 03:00 on
		{"Europe/Berlin", "<2026-03-29T02:30", "<2026-03-29T01:00Z"},
		{"Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30Z..2026-10-25T01:30Z"}, // until it was shown twice
		{"Europe/Berlin", ">=2026-10-25T02:30", ">=2026-10-25T00:30Z"},
		{"Europe/Berlin", "<2026-10-25T02:30", "<2026-10-25T00:30Z"},
		{"Europe/Berlin", "2026-10-25T02:00..2026-10-25T02:59", "2026-10-25T00:00Z..2026-10-25T01:59Z"},

		{"America/New_York", "2026-03-08", "2026-03-08T05:00Z..2026-03-09T03:59Z"},
		{"America/New_York", "2026-11-01", "2026-11-01T04:00Z..2026-11-02T04:59Z"},
		{"America/New_York", "2026-11-01T01:30", "2026-11-01T05:30Z..2026-11-01T06:30Z"},
		{"Asia/Beirut", "2026-03-29", "2026-03-28T22:00Z..2026-03-29T20:59Z"}, // begins at 01:00
		{"Asia/Beirut", "2026-10-24", "2026-10-23T21:00Z..2026-10-24T21:59Z"}, // its last hour twice
		{"Asia/Beirut", "2026-10-25", "2026-10-24T22:00Z..2026-10-25T21:59Z"},
		{"Pacific/Apia", "2011-12-29", "2011-12-29T10:00Z..2011-12-30T09:59Z"},
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00Z..2011-12-30T09:59Z"}, // nothing
		{"Pacific/Apia", "2011-12-31", "2011-12-30T10:00Z..2011-12-31T09:59Z"},
		{"Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00Z..2026-04-05T13:29Z"},
		{"Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30Z..2026-10-04T12:59Z"},

		{"UTC", "today", "2026-11-24T00:00Z..2026-11-24T23:59Z"},
		{"UTC", "yesterday", "2026-11-23T00:00Z..2026-11-23T23:59Z"},
		{"Asia/Beirut", "today", "2026-11-24T22:00Z..2026-11-25T21:59Z"}, // it is the 25th there
		{"UTC", "now", ">=2026-11-24T22:30Z"},
		{"UTC", "-90m", ">=2026-11-24T21:00Z"},
		{"UTC", "-24h", ">=2026-11-23T22:30Z"},
		{"UTC", "-2w", ">=2026-11-10T22:30Z"},
		{"Europe/Berlin", "-31d", ">=2026-10-24T22:30Z"}, // exact durations, over the change
		{"UTC", "-2d..-1d", "2026-11-22T22:30Z..2026-11-23T22:29Z"},
		{"UTC", "..2026-11-07", "<2026-11-08T00:00Z"},
		{"UTC", "2026-11-07..", ">=2026-11-07T00:00Z"},
		{"UTC", "<=2026-11-07", "<2026-11-08T00:00Z"},
		{"UTC", ">2026-11-07", ">=2026-11-08T00:00Z"},
		{"UTC", "<2026-11-07", "<2026-11-07T00:00Z"},
		{"UTC", ">=2026-11", ">=2026-11-01T00:00Z"},
		{"UTC", "2026-11-01,2026-11-03", "2026-11-01T00:00Z..2026-11-01T23:59Z,2026-11-03T00:00Z..2026-11-03T23:59Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		f, _, err := daybook.ParseFilter("created:"+c.text, &daybook.FilterOptions{Now: filterNow, Zone: zone})
		if err != nil || f.String() != "created:"+c.printed {
			t.Errorf("%s in %s: %v, %v\nwant created:%s", c.text, c.zone, f, err, c.printed)
		}
		again, _, err := daybook.ParseFilter(f.String(), &daybook.FilterOptions{Zone: zone})
		if err != nil || !again.Equal(f) {
			t.Errorf("%s is read as %s, %v", f, again, err)
		}
	}
}

// Every instant of four years is in the day that a clock shows, and in no other.
func TestEveryInstantIsInOneDay(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Beirut", "Australia/Lord_Howe", "America/Havana"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		filters := map[string]daybook.Filter{}
		for at := time.Date(2024, 1, 1, 0, 10, 0, 0, time.UTC); at.Year() < 2028; at = at.Add(47 * time.Minute) {
			e := daybook.Entry{CreatedAt: at}
			for _, offset := range []int{-1, 0, 1} {
				day := at.In(zone).AddDate(0, 0, offset).Format(time.DateOnly)
				f, ok := filters[day]
				if !ok {
					if f, _, err = daybook.ParseFilter("created:"+day, &daybook.FilterOptions{Zone: zone}); err != nil {
						t.Fatal(err)
					}
					filters[day] = f
				}
				if want := day == at.In(zone).Format(time.DateOnly); f.Matches(&e) != want {
					t.Fatalf("%v in %s, created:%s: %v", at, name, day, !want)
				}
			}
		}
	}
}

func TestHoursAndWeekdaysAreThoseOfTheZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	e := daybook.Entry{CreatedAt: time.Date(2026, 7, 5, 22, 30, 0, 0, time.UTC)} // Sunday; in Berlin Monday, 00:30
	for text, want := range map[string][2]bool{
		"created.hour:22":          {true, false},
		"created.hour:0":           {false, true},
		"created.hour:20..23":      {true, false},
		"created.hour!=0":          {true, false},
		"created.weekday:sun":      {true, false},
		"created.weekday:mon":      {false, true},
		"created.weekday:sat..mon": {true, true},
		"created.weekday:mon..fri": {false, true},
		"created.weekday!=sat,sun": {false, true},
	} {
		for i, zone := range []*time.Location{nil, berlin} {
			f, _, err := daybook.ParseFilter(text, &daybook.FilterOptions{Zone: zone})
			if err != nil || f.Matches(&e) != want[i] {
				t.Errorf("%s in %v: %v, %v", text, zone, f.Matches(&e), err)
			}
			data, err := f.MarshalJSON()
			var read daybook.Filter
			if err != nil || read.UnmarshalJSON(data) != nil || !read.Equal(f) {
				t.Errorf("%s is read as %v, %v", data, read, err)
			}
		}
	}
}

// A filter that outlives its request must mean the same tomorrow.
func TestALastingFilterHasNothingOfTheMoment(t *testing.T) {
	lasting := &daybook.FilterOptions{Lasting: true, Me: "ada"}
	for _, text := range []string{"created:-7d", "created:today", "created:yesterday", "created:>now", "created:2026-01-01..-1d", "user:me", "action:READ (a OR by:me,bob)"} {
		_, _, err := daybook.ParseFilter(text, lasting)
		if e, ok := err.(*daybook.FilterError); !ok || e.Code != daybook.FilterNotAllowedHere {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", "created:>=2026-01-01", `user:"me"`, "created.hour:0..6", "is:alert"} {
		if _, _, err := daybook.ParseFilter(text, lasting); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, _, err := daybook.ParseFilterJSON([]byte(`{"field":"created_at","op":">","any":["-7d"]}`), lasting); err == nil {
		t.Error("a relative time in JSON is allowed")
	}
}
