package daybook

import (
	"strconv"
	"strings"
	"time"
)

// A timeSpan is a half-open interval [from, to); a zero bound is none.
type timeSpan struct{ from, to time.Time }

// buildTime makes the node of a comparison of a time, with everything resolved to instants.
func (t *filterTerms) buildTime(at place, field *filterField, op string, raw []rawItem) (filterNode, *FilterError) {
	node := &timeNode{field: field}
	for _, r := range raw {
		if r.text == "*" && !r.quoted && r.op == "" && op == ":" {
			return present(field), nil
		}
		span, err := t.span(at, op, r)
		if err != nil {
			return nil, err
		}
		if span.from.After(t.now) && !t.lasting {
			t.notes = append(t.notes, FilterNote(*at.fault(NoteFutureTime, r.from, r.to, "this time is still to come")))
		}
		node.spans = append(node.spans, span)
	}
	if op == "!=" {
		return notNode{node}, nil
	}
	return node, nil
}

// span returns the interval that an item means behind an operator.
func (t *filterTerms) span(at place, op string, r rawItem) (timeSpan, *FilterError) {
	if r.op != "" {
		op = r.op
	}
	first, last, isRange := strings.Cut(r.text, "..")
	if isRange {
		if first+last == "" || r.op != "" || op != ":" && op != "=" && op != "!=" {
			return timeSpan{}, at.fault(FilterBadValue, r.from, r.to, "a range of times looks like 2026-11-01..2026-11-07, and has no %s", op)
		}
		var span timeSpan
		if first != "" {
			begin, err := t.literal(at, r, first)
			if err != nil {
				return timeSpan{}, err
			}
			span.from = begin.from
		}
		if last != "" {
			end, err := t.literal(at, r, last)
			if err != nil {
				return timeSpan{}, err
			}
			span.to = end.to
		}
		if first != "" && last != "" && span.to.Before(span.from) {
			return timeSpan{}, at.fault(FilterBadValue, r.from, r.to, "the range ends before it begins").suggest("%s..%s", last, first)
		}
		return span, nil
	}
	literal, err := t.literal(at, r, r.text)
	if err != nil {
		return timeSpan{}, err
	}
	switch op {
	case ">=":
		return timeSpan{from: literal.from}, nil
	case "<":
		return timeSpan{to: literal.from}, nil
	case "<=":
		return timeSpan{to: literal.to}, nil
	case ">":
		return timeSpan{from: literal.to}, nil
	}
	if literal.from.Equal(literal.to) && isInstant(r.text) { // created:-7d means from then on
		literal.to = time.Time{}
	}
	return literal, nil
}

func isInstant(s string) bool { return s == "now" || strings.HasPrefix(s, "-") }

// literal returns the interval of a literal. That of an instant is empty.
func (t *filterTerms) literal(at place, r rawItem, s string) (timeSpan, *FilterError) {
	from := r.from
	if i := strings.Index(at.src[r.from:r.to], s); i > 0 {
		from += i
	}
	to := min(r.to, from+len(s))
	relative := isInstant(s) || s == "today" || s == "yesterday"
	if relative && t.lasting {
		return timeSpan{}, at.fault(FilterNotAllowedHere, from, to, "a relative time is not allowed here: the filter outlives the request")
	}
	if relative {
		if span, ok := relativeTime(s, t.now, t.zone); ok {
			return span, nil
		}
	} else if span, ok := parseTimeLiteral(s, t.zone); ok {
		return span, nil
	}
	err := at.fault(FilterBadValue, from, to, "%.60q is not a time such as 2026-11, 2026-11-07, 2026-11-07T10:00, today or -7d", s)
	if d, ok := strings.CutPrefix(s, "+"); ok {
		err.Suggestion = "-" + d
	} else if _, ok := relativeTime("-"+s, t.now, t.zone); ok {
		err.Suggestion = "-" + s
	}
	return timeSpan{}, err
}

// relativeTime reads now, -90m, -24h, -7d, -2w, today and yesterday.
func relativeTime(s string, now time.Time, zone *time.Location) (timeSpan, bool) {
	day := func(offset int) timeSpan {
		y, m, d := now.In(zone).Date()
		return timeSpan{startOfDay(y, m, d+offset, zone), startOfDay(y, m, d+offset+1, zone)}.clamped()
	}
	switch s {
	case "now":
		return instant(now), true
	case "today":
		return day(0), true
	case "yesterday":
		return day(-1), true
	}
	if len(s) < 3 || s[0] != '-' {
		return timeSpan{}, false
	}
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	unit, known := units[s[len(s)-1]]
	n, err := strconv.ParseUint(s[1:len(s)-1], 10, 32)
	if !known || err != nil || time.Duration(n) > 200*365*24*time.Hour/unit {
		return timeSpan{}, false
	}
	return instant(now.Add(-time.Duration(n) * unit)), true
}

// instant is cut to the microsecond, as the times of entries are.
func instant(t time.Time) timeSpan {
	t = time.UnixMicro(t.UnixMicro()).UTC()
	return timeSpan{t, t}.clamped()
}

// clamped moves the bounds to where entries can be, in UTC.
func (s timeSpan) clamped() timeSpan {
	for _, t := range []*time.Time{&s.from, &s.to} {
		switch {
		case t.Before(earliest):
			*t = earliest
		case t.After(latest):
			*t = latest
		}
		*t = t.UTC()
	}
	return s
}

// parseTimeLiteral reads a month, a day, or a stamp to the minute or finer.
func parseTimeLiteral(s string, zone *time.Location) (timeSpan, bool) {
	inYears := func(span timeSpan) (timeSpan, bool) {
		year, _, _ := strings.Cut(s, "-")
		return span.clamped(), "1969" <= year && year <= "2200"
	}
	date, clock, hasClock := strings.Cut(s, "T")
	switch y, m, d := 0, 0, 0; {
	case !hasClock && scanDigits(s, "0000-00", &y, &m):
		if m < 1 || m > 12 {
			return timeSpan{}, false
		}
		return inYears(timeSpan{startOfDay(y, time.Month(m), 1, zone), startOfDay(y, time.Month(m)+1, 1, zone)})
	case !scanDigits(date, "0000-00-00", &y, &m, &d) || !isDate(y, m, d):
		return timeSpan{}, false
	case !hasClock:
		return inYears(timeSpan{startOfDay(y, time.Month(m), d, zone), startOfDay(y, time.Month(m), d+1, zone)})
	default:
		clock, offset, hasOffset := cutOffset(clock)
		local, unit, ok := parseClock(clock)
		if !ok {
			return timeSpan{}, false
		}
		local += time.Duration(time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Unix()) * time.Second
		wall := time.Unix(0, 0).UTC().Add(local) // as a clock in the zone shows it
		if hasOffset {
			from := wall.Add(-offset)
			return inYears(timeSpan{from, from.Add(unit)})
		}
		// A time that a clock shows twice is from the first until the second has passed.
		return inYears(timeSpan{firstShown(wall, zone), lastShown(wall, unit, zone)})
	}
}

// scanDigits reads numbers at the places of zeros; every other character must be equal.
func scanDigits(s, form string, to ...*int) bool {
	if len(s) != len(form) {
		return false
	}
	n := 0
	for i := range len(s) {
		switch {
		case form[i] != '0':
			if s[i] != form[i] {
				return false
			}
			n++
		case s[i] < '0' || s[i] > '9':
			return false
		default:
			*to[n] = *to[n]*10 + int(s[i]-'0')
		}
	}
	return true
}

func isDate(y, m, d int) bool {
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return t.Year() == y && int(t.Month()) == m && t.Day() == d
}

// cutOffset cuts Z or +01:00 off.
func cutOffset(clock string) (rest string, offset time.Duration, ok bool) {
	if rest, ok := strings.CutSuffix(clock, "Z"); ok {
		return rest, 0, true
	}
	if len(clock) < 6 {
		return clock, 0, false
	}
	rest, zone := clock[:len(clock)-6], clock[len(clock)-6:]
	var h, m int
	if zone[0] != '+' && zone[0] != '-' || !scanDigits(zone[1:], "00:00", &h, &m) || h > 23 || m > 59 {
		return clock, 0, false
	}
	offset = time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if zone[0] == '-' {
		offset = -offset
	}
	return rest, offset, true
}

// parseClock reads 10:00, 10:00:05 and 10:00:05.123456, and how long such a unit is.
func parseClock(s string) (since, unit time.Duration, ok bool) {
	var h, m, sec int
	s, fraction, hasFraction := strings.Cut(s, ".")
	switch {
	case scanDigits(s, "00:00", &h, &m) && !hasFraction:
		unit = time.Minute
	case scanDigits(s, "00:00:00", &h, &m, &sec):
		unit = time.Second
	default:
		return 0, 0, false
	}
	if h > 23 || m > 59 || sec > 59 || hasFraction && (fraction == "" || len(fraction) > 6) {
		return 0, 0, false
	}
	since = time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec)*time.Second
	for i := range len(fraction) {
		if fraction[i] < '0' || fraction[i] > '9' {
			return 0, 0, false
		}
		unit /= 10
		since += time.Duration(fraction[i]-'0') * unit
	}
	return since, unit, true
}

// firstShown returns the first instant at which a clock in the zone shows wall, or the first at
// which it shows more where it leaves wall out.
func firstShown(wall time.Time, zone *time.Location) time.Time {
	early, late, shown := shownAt(wall, zone)
	if shown {
		return early
	}
	change, _ := late.In(zone).ZoneBounds() // by the offset before the change: behind it
	return change.UTC()
}

// lastShown returns the instant at which a clock in the zone has shown the unit that begins with
// wall for the last time.
func lastShown(wall time.Time, unit time.Duration, zone *time.Location) time.Time {
	_, late, shown := shownAt(wall, zone)
	if shown {
		return late.Add(unit)
	}
	return firstShown(wall, zone)
}

// shownAt returns the first and the last instant at which a clock in the zone shows wall. With the
// offset before a change a time lies at early or late, with that behind it at the other.
func shownAt(wall time.Time, zone *time.Location) (early, late time.Time, shown bool) {
	const far = 36 * time.Hour // offsets are less than 16 hours, and changes lie further apart
	var at [2]time.Time
	for i, near := range []time.Duration{-far, far} {
		_, offset := wall.Add(near).In(zone).Zone()
		at[i] = wall.Add(-time.Duration(offset) * time.Second)
	}
	early, late = at[0], at[1]
	if late.Before(early) {
		early, late = late, early
	}
	shows := func(t time.Time) bool {
		_, offset := t.In(zone).Zone()
		return t.Add(time.Duration(offset) * time.Second).Equal(wall)
	}
	switch first, last := shows(early), shows(late); {
	case first && last:
		return early, late, true
	case first:
		return early, early, true
	case last:
		return late, late, true
	}
	return early, late, false
}
