package sqlite

import (
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
)

// A summable question is one that the rollup can answer, but for parts of hours.
type summable struct {
	*daybook.Query
	bounds span                                        // from the query and its filter; 0 for none
	counts func(words *[len(rollupFields)]string) bool // whether entries with these words count
}

// inRollup returns what a report of q by the fields asks of the rollup, if the rollup knows it all.
func inRollup(q *daybook.Query, by ...daybook.Field) (summable, bool) {
	for _, f := range by {
		if !slices.Contains(rollupFields[:], f) {
			return summable{}, false
		}
	}
	bounded, rest := q.Bounds()
	known := bounded.ID.IsZero() && bounded.ResourceID == "" && bounded.UserID == "" && bounded.RequestID == "" &&
		!bounded.IPAddress.IsValid() && len(bounded.Details) == 0 && (rest == nil || daybook.OnlyFields(rest, rollupFields[:]...))
	if !known {
		return summable{}, false
	}
	s := summable{Query: q}
	if !bounded.From.IsZero() {
		s.bounds.from = micros(bounded.From)
	}
	if !bounded.To.IsZero() {
		s.bounds.to = max(1, micros(bounded.To)) // there is nothing before
	}
	bounded.From, bounded.To = time.Time{}, time.Time{}
	s.counts = func(words *[len(rollupFields)]string) bool {
		e := daybook.Entry{Action: daybook.Action(words[0]), Outcome: daybook.Outcome(words[1]), ResourceType: words[2], ActorType: daybook.ActorType(words[3])}
		return bounded.Matches(&e) && (rest == nil || rest.Matches(&e))
	}
	return s, true
}

// A span is from <= time < to, in microseconds since 1970.
type span struct{ from, to int64 }

// micros returns the microsecond from which on entries are at or after t.
func micros(t time.Time) int64 {
	us := t.UnixMicro()
	if t.Nanosecond()%1000 != 0 {
		us++
	}
	return us
}

// extent returns the hours between the bounds in which the organization may have entries.
func (r *reader) extent(organization string, bounds span) (span, error) {
	stmt, err := r.conn.Prepare(`select (select min(id) from activity_log where organization_id = ?1), (select max(id) from activity_log where organization_id = ?1)`)
	if err != nil {
		return span{}, err
	}
	defer stmt.Reset()
	bindID(stmt, 1, organization)
	if found, err := stmt.Step(); err != nil || !found || stmt.ColumnIsNull(0) {
		return span{}, err
	}
	var first, last daybook.ID
	stmt.ColumnBytes(0, first[:])
	stmt.ColumnBytes(1, last[:])
	all := span{first.Time().UnixMicro() / hourMicros * hourMicros, (last.Time().UnixMicro()/hourMicros + 1) * hourMicros}
	all.from = max(all.from, bounds.from)
	if bounds.to != 0 {
		all.to = min(all.to, bounds.to)
	}
	return all, nil
}

// sums counts what is asked between its bounds, apart for every two cuts, and calls add with a time
// in between, the values of the fields, and the count. Whole hours come from the rollup, and what is
// left of the hours in which there is a cut or a bound from the table. The reader must be in a transaction, so that all of it is of one moment.
func (r *reader) sums(organization string, q summable, cuts []time.Time, by []daybook.Field, add func(us int64, values []string, n int64)) error {
	all, err := r.extent(organization, q.bounds)
	if err != nil || all.from >= all.to {
		return err
	}
	parts := &partHours{all: all, by: map[int64][]int64{}, edges: map[int64]bool{}}
	parts.cut(all.from)
	parts.cut(all.to)
	for _, c := range cuts {
		parts.cut(micros(c))
	}
	if err := r.wholeHours(organization, q, parts, by, add); err != nil {
		return err
	}
	return r.counts(organization, q.Query, parts.spans(), by, add)
}

// partHours are the hours that the rollup cannot answer: those with a cut in them, and those of
// days without sums.
type partHours struct {
	all   span
	by    map[int64][]int64 // the cuts of each
	edges map[int64]bool    // hours that begin with a cut
}

func (p *partHours) cut(us int64) {
	switch hour := us / hourMicros; {
	case us < p.all.from || us > p.all.to:
	case us%hourMicros == 0:
		p.edges[hour] = true
	default:
		p.by[hour] = append(p.by[hour], us)
	}
}

// spans returns what the table must be asked for, in order: no two cuts have a span together.
func (p *partHours) spans() []span {
	var found []span
	between := func(from, to int64) {
		if from, to = max(from, p.all.from), min(to, p.all.to); from < to {
			found = append(found, span{from, to})
		}
	}
	for hour, cuts := range p.by {
		slices.Sort(cuts)
		from := hour * hourMicros
		for _, c := range cuts {
			between(from, c)
			from = c
		}
		between(from, (hour+1)*hourMicros)
	}
	slices.SortFunc(found, func(a, b span) int { return int(a.from/hourMicros - b.from/hourMicros) })
	return found
}

// wholeHours adds what the rollup knows, and makes part hours of what it does not.
func (r *reader) wholeHours(organization string, q summable, parts *partHours, by []daybook.Field, add func(int64, []string, int64)) error {
	stmt, err := r.conn.Prepare(`
		with recursive d(day) as (select ?2 union all select day + 1 from d where day < ?3)
		select a.day, a.counts from d cross join activity_log_day a where a.day = d.day and a.organization_id = ?1`)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	const dayMicros = hoursOfADay * hourMicros
	bindID(stmt, 1, organization)
	stmt.BindInt64(2, parts.all.from/dayMicros)
	stmt.BindInt64(3, (parts.all.to-1)/dayMicros)
	places := make([]int, len(by))
	for i, f := range by {
		places[i] = slices.Index(rollupFields[:], f)
	}
	values := make([]string, len(by))
	var since []int64 // for each kind of the day, what is not added yet
	for {
		found, err := stmt.Step()
		if err != nil || !found {
			return err
		}
		first := stmt.ColumnInt64(0) * hoursOfADay
		if len(r.words) > 4*mostKinds {
			clear(r.words)
		}
		d, err := readDay(stmt, 1, r.words)
		if err != nil {
			return err
		}
		since = append(since[:0], make([]int64, len(d.kinds))...)
		flush := func(hour int64) {
			for k, n := range since {
				if n == 0 {
					continue
				}
				since[k] = 0
				if words := d.of(d.kinds[k]); q.counts(&words) {
					for i, p := range places {
						values[i] = words[p]
					}
					add(hour*hourMicros, values, n)
				}
			}
		}
		from := first // since when hours are in one bucket
		for hour := first; hour < first+hoursOfADay; hour++ {
			if parts.edges[hour] {
				flush(from)
				from = hour
			}
			whole := hour*hourMicros >= parts.all.from && (hour+1)*hourMicros <= parts.all.to
			if _, cut := parts.by[hour]; cut || !whole {
				if cut {
					flush(from)
					from = hour + 1
				}
				continue
			}
			if d.full {
				parts.by[hour] = nil
				continue
			}
			for k, n := range d.counts[hour-first] {
				since[k] += n
			}
		}
		flush(from)
	}
}

// counts counts what matches q in each span, from the table.
func (r *reader) counts(organization string, q *daybook.Query, spans []span, by []daybook.Field, add func(int64, []string, int64)) error {
	if len(spans) == 0 {
		return nil
	}
	within := *q
	within.From, within.To = time.Time{}, time.Time{} // the spans lie between them
	where := compile(r, organization, &within)
	params := len(where.bind)
	where.sql.WriteString("\n  and id >= ? and id < ?")
	head, tail := grouping(by)
	stmt, err := r.prepare(`select `+head+` from activity_log where `, where, tail)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	for _, s := range spans {
		if err := stmt.Reset(); err != nil {
			return err
		}
		from, to := daybook.MinID(time.UnixMicro(s.from)), daybook.MinID(time.UnixMicro(s.to))
		stmt.BindBytes(params+1, from[:])
		stmt.BindBytes(params+2, to[:])
		if err := eachGroup(stmt, by, func(values []string, n int64) error { add(s.from, values, n); return nil }); err != nil {
			return err
		}
	}
	return nil
}

// grouping returns what a statement selects to count by the fields, and its end.
func grouping(by []daybook.Field) (head, tail string) {
	names := make([]string, len(by))
	for i, f := range by {
		names[i] = string(f) // checked: each is also the name of its column
	}
	if len(by) > 0 {
		tail = ` group by ` + strings.Join(names, `, `)
	}
	return strings.Join(append(names, `count(*)`), `, `), tail
}

// eachGroup runs a statement that selects what grouping says and calls add for each group.
func eachGroup(stmt *sqlite.Stmt, by []daybook.Field, add func(values []string, n int64) error) error {
	values := make([]string, len(by))
	for {
		found, err := stmt.Step()
		if err != nil || !found {
			return err
		}
		for i := range by {
			values[i] = columnID(stmt, i)
		}
		if n := stmt.ColumnInt64(len(by)); n > 0 {
			if err := add(values, n); err != nil {
				return err
			}
		}
	}
}
