package server

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

const timeForms = "give a time such as 2026-11-07T10:00:05Z, a date such as 2026-11-07, or how long ago such as 24h or 7d"

// A moment is a time as a person writes it.
type moment struct {
	at       time.Time
	day      bool // at is the beginning of a whole day
	relative bool // at depends on when it was asked
}

// parseMoment reads a time of RFC 3339, a date in zone, "now", or how long ago, with or without a
// leading minus: 90s, 30m, 24h, 7d, 2w, 1d12h. A day of "7d" has 24 hours. Years that no entry has are
// refused: they would be no JSON, or the zero time, which means no bound.
func parseMoment(field, s string, now time.Time, zone *time.Location) (moment, error) {
	m, err := readMoment(field, s, now, zone)
	if year := m.at.UTC().Year(); err == nil && (year < 1900 || year > 2200) {
		return moment{}, &daybook.FieldError{Field: field, Reason: fmt.Sprintf("is %.60q, not between the years 1900 and 2200", s)}
	}
	return m, err
}

func readMoment(field, s string, now time.Time, zone *time.Location) (moment, error) {
	if s == "now" {
		return moment{at: now, relative: true}, nil
	}
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return moment{at: t}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
		return moment{at: t, day: true}, nil
	}
	if ago, ok := parseAgo(strings.TrimPrefix(s, "-")); ok {
		return moment{at: now.Add(-ago), relative: true}, nil
	}
	return moment{}, &daybook.FieldError{Field: field, Reason: fmt.Sprintf("is %.60q: %s", s, timeForms)}
}

// end returns where a range that ends with m ends: a day is part of it.
func (m moment) end() time.Time {
	if m.day {
		return m.at.AddDate(0, 0, 1) // not 24 hours where the clock is changed
	}
	return m.at
}

// parseAgo reads numbers with units.
func parseAgo(s string) (ago time.Duration, ok bool) {
	for s != "" {
		digits := 0
		var n int64
		for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
			if n = n*10 + int64(s[digits]-'0'); n > 1e9 {
				return 0, false
			}
			digits++
		}
		if digits == 0 || digits == len(s) {
			return 0, false
		}
		var unit time.Duration
		switch s[digits] {
		case 's':
			unit = time.Second
		case 'm':
			unit = time.Minute
		case 'h':
			unit = time.Hour
		case 'd':
			unit = 24 * time.Hour
		case 'w':
			unit = 7 * 24 * time.Hour
		default:
			return 0, false
		}
		if n > (math.MaxInt64-int64(ago))/int64(unit) {
			return 0, false
		}
		ago += time.Duration(n) * unit
		s, ok = s[digits+1:], true
	}
	return ago, ok
}
