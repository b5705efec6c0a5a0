package sqlite

import (
	"net/netip"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
)

// filterColumns are the columns of the fields that a filter compares. Statements have names from
// here alone.
var filterColumns = map[daybook.Field]string{
	"id": `id`, "action": `action`, "resource_type": `resource_type`, "resource_id": `resource_id`, "user_id": `user_id`, "actor_type": `actor_type`,
	"request_id": `request_id`, "outcome": `outcome`, "ip_address": `ip_address`, "user_agent": `user_agent`, "created_at": `created_at`, "updated_at": `updated_at`, "details": `details`,
}

// andFilter adds a filter to the condition. Nothing of it is left over: what SQL cannot state
// exactly is a function of the domain's own code, see [reader.functions]. They come last, as SQLite
// tests in this order what no index serves.
func (c *condition) andFilter(r *reader, tree daybook.FilterTree) {
	parts, ok := tree.(daybook.FilterAll)
	if !ok {
		parts = daybook.FilterAll{tree}
	}
	for _, costly := range []bool{false, true} {
		for _, part := range parts {
			f := filterSQL{reader: r}
			if f.tree(part); f.calls == costly {
				c.and(f.sql.String(), f.bind...)
			}
		}
	}
}

// A filterSQL writes one expression that is true, false or null. Null is false: no entry passes, and
// a negation is written as "is not true".
type filterSQL struct {
	*reader
	sql   strings.Builder
	bind  []func(*sqlite.Stmt, int)
	calls bool // a function of ours
}

func (f *filterSQL) write(sql string, bind ...func(*sqlite.Stmt, int)) {
	f.sql.WriteString(sql)
	f.bind = append(f.bind, bind...)
}

func (f *filterSQL) tree(tree daybook.FilterTree) {
	switch t := tree.(type) {
	case daybook.FilterAll:
		f.join(t, ` and `, `1`)
	case daybook.FilterAny:
		f.join(t, ` or `, `0`)
	case daybook.FilterNot:
		f.write(`(`)
		f.tree(t.Tree)
		f.write(`) is not true`)
	case daybook.FilterPresent:
		f.write(filterColumns[t.Field] + ` is not null`)
	case daybook.FilterEqual:
		f.equal(t)
	case daybook.FilterPrefix:
		f.prefix(t)
	case daybook.FilterContains: // lower folds A-Z and nothing else
		f.write(`instr(lower(`+filterColumns[t.Field]+`), ?) > 0`, text(t.Folded))
	case daybook.FilterTimes:
		f.times(t)
	case daybook.FilterAnonymized:
		f.write(`updated_at > created_at`)
	case daybook.FilterAddresses:
		if t.First == t.Last {
			f.write(`ip_address = ?`, text(t.First.String()))
			return
		}
		f.call(`filter_address(`, `, ip_address)`, func(args []sqlite.Value) (bool, error) {
			addr, err := netip.ParseAddr(args[0].Text())
			return err == nil && t.Matches(&daybook.Entry{IPAddress: addr}), err
		}, `ip_address is not null`)
	case daybook.FilterDetails:
		matches := t.MatcherJSON()
		f.call(`filter_details(`, `, details)`, func(args []sqlite.Value) (bool, error) { return matches(args[0].Text()), nil }, `details is not null`)
	case daybook.FilterText:
		f.call(`filter_text(`, `, `+textColumns+`)`, textIn(t))
	default:
		f.call(`filter_entry(`, `, `+entryColumns+`)`, func(args []sqlite.Value) (bool, error) {
			e, err := entryOf(args)
			return err == nil && tree.Matches(&e), err
		})
	}
}

func (f *filterSQL) join(parts []daybook.FilterTree, between, none string) {
	if len(parts) == 0 {
		f.write(none)
		return
	}
	f.write(`(`)
	for i, part := range parts {
		if i > 0 {
			f.write(between)
		}
		f.tree(part)
	}
	f.write(`)`)
}

func (f *filterSQL) equal(t daybook.FilterEqual) {
	column := filterColumns[t.Field]
	if t.Field == daybook.ByOutcome && len(t.Values) == 1 && t.Values[0] == string(daybook.Denied) {
		f.write(`outcome = 'denied'`) // the literal is what lets the partial index serve it
		return
	}
	f.write(column + ` in (`)
	between := ``
	for _, value := range t.Values {
		f.write(between+`?`, func(stmt *sqlite.Stmt, param int) {
			if t.Field == "id" || t.Field == daybook.ByUserID || t.Field == daybook.ByResourceID {
				bindID(stmt, param, value)
			} else {
				stmt.BindText(param, value)
			}
		})
		between = `, `
	}
	f.write(`)`)
}

// prefix compares a text with the prefix and the first text behind all that begin with it. UUIDs are
// blobs, of which a beginning of their text is a range too.
func (f *filterSQL) prefix(t daybook.FilterPrefix) {
	column := filterColumns[t.Field]
	uuids := t.Field == "id" || t.Field == daybook.ByUserID || t.Field == daybook.ByResourceID
	low, high, isRange := uuidRange(t.Prefix)
	between := func() { f.write(column+` between ? and ?`, blob(low), blob(high)) }
	switch {
	case t.Field == "id" && !isRange:
		f.write(`0`)
		return
	case t.Field == "id":
		between()
		return
	}
	f.write(`(`+column+` >= ? and `+column+` < ?`, text(t.Prefix), text(behind(t.Prefix)))
	if uuids && isRange {
		f.write(` or `)
		between()
	}
	f.write(`)`)
}

// behind returns the first text, byte by byte, behind all that begin with prefix. UTF-8 has no byte 255.
func behind(prefix string) string {
	b := []byte(prefix)
	b[len(b)-1]++
	return string(b)
}

// uuidRange returns the first and the last UUID whose text begins with prefix.
func uuidRange(prefix string) (low, high daybook.ID, ok bool) {
	const zeros, fs = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"
	if len(prefix) > len(zeros) || prefix != strings.ToLower(prefix) {
		return low, high, false
	}
	l, ok1 := daybook.ParseUUID(prefix + zeros[len(prefix):])
	h, ok2 := daybook.ParseUUID(prefix + fs[len(prefix):])
	return l, h, ok1 && ok2
}

// times compares ids, which carry the time of creation and are indexed.
func (f *filterSQL) times(t daybook.FilterTimes) {
	low := func(at time.Time) func(*sqlite.Stmt, int) { return blob(daybook.MinID(at)) }
	column := `id`
	if t.Field == "updated_at" {
		column = `updated_at`
		low = func(at time.Time) func(*sqlite.Stmt, int) {
			return func(stmt *sqlite.Stmt, param int) { stmt.BindInt64(param, ceilMicros(at)) }
		}
	}
	switch {
	case t.From.IsZero() && t.To.IsZero():
		f.write(`1`)
	case t.To.IsZero():
		f.write(column+` >= ?`, low(t.From))
	case t.From.IsZero():
		f.write(column+` < ?`, low(t.To))
	default:
		f.write(`(`+column+` >= ? and `+column+` < ?)`, low(t.From), low(t.To))
	}
}

// ceilMicros returns the first microsecond that is not before t.
func ceilMicros(t time.Time) int64 {
	us := t.UnixMicro()
	if t.Nanosecond()%1000 != 0 {
		us++
	}
	return us
}

// call writes a call of a function of ours with the number under which the reader finds the test.
func (f *filterSQL) call(head, tail string, test func(args []sqlite.Value) (bool, error), conditions ...string) {
	f.calls = true
	n := len(f.tests)
	f.tests = append(f.tests, test)
	f.write(`(`)
	for _, c := range conditions {
		f.write(c + ` and `)
	}
	f.write(head+`?`+tail+`)`, func(stmt *sqlite.Stmt, param int) { stmt.BindInt64(param, int64(n)) })
}

// functions registers what filters call. Each test is kept by the reader until the query ends.
func (r *reader) functions() error {
	for _, name := range []string{"filter_address", "filter_details", "filter_text", "filter_entry"} {
		err := r.conn.CreateFunction(name, &sqlite.FunctionImpl{NArgs: -1,
			Scalar: func(_ sqlite.Context, args []sqlite.Value) (sqlite.Value, error) {
				ok, err := r.tests[args[0].Int64()](args[1:])
				return boolean(ok), err
			}})
		if err != nil {
			return err
		}
	}
	return nil
}
