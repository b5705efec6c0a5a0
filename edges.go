package daybook

import (
	"fmt"
	"time"
)

// An Interval is how long the buckets of a histogram are by the calendar and the clock of a zone.
type Interval string

// The intervals. A day may have 23 or 25 hours.
const (
	Minute Interval = "minute"
	Hour   Interval = "hour"
	Day    Interval = "day"
	Week   Interval = "week" // from Monday on
	Month  Interval = "month"
)

// Edges returns the edges of the intervals that cover from <= t < to: the first is at or before
// from, the last at or after to. A zone of nil is UTC.
//
// Days begin at the first instant that has their date in the zone, whatever the clock shows then;
// a date that the zone left out has no bucket. Where clocks are set by a part of an hour, the hour
// in which that happens is longer or shorter too. The error is a FieldError: of "every" for an
// unknown interval, or one that gives more than MaxBuckets buckets, and of "from" and "to".
func Edges(from, to time.Time, every Interval, zone *time.Location) ([]time.Time, error) {
	if zone == nil {
		zone = time.UTC
	}
	switch {
	case from.IsZero():
		return nil, &FieldError{"from", "is missing"}
	case to.IsZero():
		return nil, &FieldError{"to", "is missing"}
	case !to.After(from):
		return nil, &FieldError{"to", fmt.Sprintf("is %s, which is not after %s", to.UTC().Format(time.RFC3339Nano), from.UTC().Format(time.RFC3339Nano))}
	}
	for _, t := range []struct {
		field string
		time.Time
	}{{"from", from}, {"to", to}} {
		if y := t.UTC().Year(); y < 1 || y > 9998 {
			return nil, &FieldError{t.field, "is not between the years 1 and 9998"}
		}
	}
	start, err := starts(from.In(zone), every)
	if err != nil {
		return nil, err
	}
	edges := []time.Time{start()}
	for edges[len(edges)-1].Before(to) {
		switch edge, last := start(), len(edges)-1; {
		case !edge.After(from): // the clock was set back over the edge
			edges[last] = edge
		case !edge.After(edges[last]): // the zone left out the date
		case last == MaxBuckets:
			return nil, tooManyBuckets("every")
		default:
			edges = append(edges, edge)
		}
	}
	return edges, nil
}

// starts returns a function that returns the start of the interval in which t lies, then that of the
// next one, and so on. The zone is that of t.
func starts(t time.Time, every Interval) (func() time.Time, error) {
	year, month, day := t.Date()
	zone := t.Location()
	switch every {
	case Minute:
		return clockStarts(t, time.Minute), nil
	case Hour:
		return clockStarts(t, time.Hour), nil
	case Day:
		return func() time.Time { day++; return startOfDay(year, month, day-1, zone) }, nil
	case Week:
		day -= (int(t.Weekday()) + 6) % 7
		return func() time.Time { day += 7; return startOfDay(year, month, day-7, zone) }, nil
	case Month:
		return func() time.Time { month++; return startOfDay(year, month-1, 1, zone) }, nil
	}
	return nil, &FieldError{"every", fmt.Sprintf("is %.20q, but must be minute, hour, day, week or month", string(every))}
}

// clockStarts is starts for a part of a day: where the clock shows a whole minute or hour.
func clockStarts(t time.Time, every time.Duration) func() time.Time {
	start := t.Add(-sinceWhole(t, every))
	return func() time.Time {
		this := start
		start = this.Add(every - sinceWhole(this, every))
		return this
	}
}

// sinceWhole returns for how long the clock of t's zone has shown more than a whole hour or minute,
// had it not been set meanwhile.
func sinceWhole(t time.Time, every time.Duration) time.Duration {
	_, offset := t.Zone()
	clock := time.Duration(((t.Unix()+int64(offset))%86400+86400)%86400)*time.Second + time.Duration(t.Nanosecond())
	return clock % every
}

// startOfDay returns the first instant whose date in the zone is that day, or a later one where the
// zone left the day out. Days beyond the ends of the month count on. Unlike time.Date it has one
// answer where the clock shows midnight twice, or never.
func startOfDay(year int, month time.Month, day int, zone *time.Location) time.Time {
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC) // as if the zone were UTC
	for t := midnight.Add(-24 * time.Hour).In(zone); ; {
		_, offset := t.Zone()
		from, until := t.ZoneBounds()
		shown := midnight.Add(-time.Duration(offset) * time.Second).In(zone)
		switch {
		case !from.IsZero() && shown.Before(from):
			return from
		case until.IsZero() || shown.Before(until):
			return shown
		}
		t = until
	}
}
