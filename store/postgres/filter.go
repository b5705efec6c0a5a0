package postgres

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// filterColumns are the columns of the fields that a filter compares. Statements have names from
// here alone.
var filterColumns = map[daybook.Field]string{
	"id": `a.id`, "action": `a.action`, "resource_type": `a.resource_type`, "resource_id": `a.resource_id`, "user_id": `a.user_id`, "actor_type": `a.actor_type`, "request_id": `a.request_id`,
	"outcome": `a.outcome`, "ip_address": `a.ip_address`, "user_agent": `a.user_agent`, "created_at": `a.created_at`, "updated_at": `a.updated_at`, "details": `a.details`,
}

// andFilter adds a filter to the condition. The terms that SQL states exactly become SQL, and the rest
// is left to be applied to the rows; of free text SQL tests what it implies, so that few rows are left.
func (c *condition) andFilter(ids IDs, tree daybook.FilterTree) {
	parts, ok := tree.(daybook.FilterAll)
	if !ok {
		parts = daybook.FilterAll{tree}
	}
	var rest daybook.FilterAll
	for _, part := range parts {
		f := filterSQL{ids: ids, from: len(c.args)}
		if sql, ok := f.tree(part); ok {
			c.and(sql, f.args...)
			continue
		}
		rest = append(rest, part)
		if text, ok := part.(daybook.FilterText); ok {
			c.andTextParts(text.Folded)
		}
	}
	if len(rest) > 0 {
		c.rest = rest
	}
}

// searchText is what free text is looked for in before the rows are: all values of an entry, and more. An index over it would not serve: see docs/decisions/0008-free-text.md.
const searchText = `lower((a.action || E'\n' || a.resource_type || E'\n' || coalesce(a.resource_id::text, '') || E'\n' || coalesce(a.user_id::text, '') || E'\n' || ` +
	`coalesce(a.request_id, '') || E'\n' || coalesce(a.ip_address, '') || E'\n' || coalesce(a.user_agent, '') || E'\n' || coalesce(a.details::text, '')) collate "C")`

// andTextParts asks for the parts of a folded text that stand in a row as they are, but for the case
// of A-Z: nothing that JSON escapes, no space, which line breaks count as, and neither k nor s, which
// other letters than K and S fold to.
func (c *condition) andTextParts(folded string) {
	for part := range strings.FieldsFuncSeq(folded, func(r rune) bool {
		return r <= ' ' || r == '"' || r == '\\' || r == 'k' || r == 's' || r >= 0x7f
	}) {
		c.and(searchText+` like %s::text`, `%`+escapeLike.Replace(part)+`%`)
	}
}

var escapeLike = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// A filterSQL writes expressions that are true, false or null. Null is false: no row passes, and a
// negation is written as "is not true".
type filterSQL struct {
	ids  IDs
	from int // how many parameters the statement has before these
	args []any
}

// param adds a parameter and returns its name. In the text that c.and gets it stands as %s.
func (f *filterSQL) param(value any) string {
	f.args = append(f.args, value)
	return `%s`
}

// tree returns the expression, or false for what SQL cannot state exactly.
func (f *filterSQL) tree(tree daybook.FilterTree) (string, bool) {
	switch t := tree.(type) {
	case daybook.FilterAll:
		return f.join(t, ` and `, `true`)
	case daybook.FilterAny:
		return f.join(t, ` or `, `false`)
	case daybook.FilterNot:
		sql, ok := f.tree(t.Tree)
		return `(` + sql + `) is not true`, ok
	case daybook.FilterPresent:
		return filterColumns[t.Field] + ` is not null`, true
	case daybook.FilterEqual:
		return f.equal(t), true
	case daybook.FilterPrefix:
		return f.prefix(t), true
	case daybook.FilterContains: // in the collation "C" lower folds A-Z and nothing else
		return `strpos(lower(` + filterColumns[t.Field] + ` collate "C"), ` + f.param(t.Folded) + `::text) > 0`, true
	case daybook.FilterTimes:
		return f.times(t), true
	case daybook.FilterAnonymized:
		return `a.updated_at > a.created_at`, true
	case daybook.FilterAddresses:
		if t.First == t.Last {
			return `a.ip_address = ` + f.param(t.First.String()) + `::text`, true
		}
		return `a.ip_address::inet between ` + f.param(t.First.String()) + `::text::inet and ` + f.param(t.Last.String()) + `::text::inet`, true
	case daybook.FilterDetails:
		return f.details(t)
	}
	return "", false
}

func (f *filterSQL) join(parts []daybook.FilterTree, between, none string) (string, bool) {
	if len(parts) == 0 {
		return none, true
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		var ok bool
		if texts[i], ok = f.tree(part); !ok {
			return "", false
		}
	}
	return `(` + strings.Join(texts, between) + `)`, true
}

// keyed reports whether a column has the type of the keys, and uuid whether it holds UUIDs alone.
func (f *filterSQL) keyed(field daybook.Field) (key, uuid bool) {
	key = field == daybook.ByUserID || field == daybook.ByResourceID
	return key, field == "id" || key && f.ids == UUID
}

func (f *filterSQL) equal(t daybook.FilterEqual) string {
	column := filterColumns[t.Field]
	key, uuid := f.keyed(t.Field)
	if t.Field == daybook.ByOutcome && len(t.Values) == 1 && t.Values[0] == string(daybook.Denied) {
		return `a.outcome = 'denied'` // the literal is what lets the partial index serve it
	}
	values := t.Values
	if uuid { // another value would make the statement fail, and nothing has it
		values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !isUUID(v) || v == "" })
	}
	if len(values) == 0 {
		return `false`
	}
	switch {
	case key:
		return column + ` = any(` + f.param(values) + `::text[]::daybook_key[])`
	case uuid:
		return column + ` = any(` + f.param(values) + `::text[]::uuid[])`
	}
	return column + ` = any(` + f.param(values) + `::text[])`
}

func (f *filterSQL) prefix(t daybook.FilterPrefix) string {
	const zeros, fs = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"
	column, p := filterColumns[t.Field], t.Prefix
	if _, uuid := f.keyed(t.Field); !uuid {
		return `starts_with(` + column + `::text, ` + f.param(p) + `::text)`
	}
	if len(p) > len(zeros) || p != strings.ToLower(p) || !isUUID(p+zeros[len(p):]) {
		return `false`
	}
	return column + ` between ` + f.param(p+zeros[len(p):]) + `::text::uuid and ` + f.param(p+fs[len(p):]) + `::text::uuid`
}

// times compares ids, which carry the time of creation and are indexed.
func (f *filterSQL) times(t daybook.FilterTimes) string {
	column := `a.id`
	bound := func(at time.Time) string { return f.param(daybook.MinID(at).String()) + `::text::uuid` }
	if t.Field == "updated_at" {
		column = `a.updated_at`
		bound = func(at time.Time) string { return f.param(stamp(at)) + `::text::timestamptz` }
	}
	switch {
	case t.From.IsZero() && t.To.IsZero():
		return `true`
	case t.To.IsZero():
		return column + ` >= ` + bound(t.From)
	case t.From.IsZero():
		return column + ` < ` + bound(t.To)
	}
	return `(` + column + ` >= ` + bound(t.From) + ` and ` + column + ` < ` + bound(t.To) + `)`
}

// details asks by paths of PostgreSQL (section 9.16.2), whose lax mode looks into the items of a list
// as the language does: one level, at each step and behind the last. A comparison would look one level
// further, so the type is asked for first. Values are variables of the path.
func (f *filterSQL) details(t daybook.FilterDetails) (string, bool) {
	path, ok := detailsPath(t.Path)
	if !ok {
		return `false`, true
	}
	vars := map[string]any{}
	var tests, texts []string // of values by the path, and of texts by SQL
	variable := func(v any) string {
		name := fmt.Sprintf("v%d", len(vars))
		vars[name] = v
		return "$" + name
	}
	for _, v := range t.Tests {
		switch v.Kind {
		case daybook.ValuePresent: // an empty list too
			texts = append(texts, `exists (select from jsonb_path_query(a.details, `+f.param(path)+`::text::jsonpath) v where v <> 'null')`)
		case daybook.ValueNull:
			tests = append(tests, `@.type() == "null"`)
		case daybook.ValueBool:
			tests = append(tests, `(@.type() == "boolean" && @ == `+map[bool]string{true: `true`, false: `false`}[v.Text == "true"]+`)`)
		case daybook.ValueString:
			tests = append(tests, `(@.type() == "string" && @ == `+variable(v.Text)+`)`)
		case daybook.ValueFolded:
			texts = append(texts, `exists (select from jsonb_path_query(a.details, `+f.param(path+` ? (@.type() == "string")`)+
				`::text::jsonpath) v where lower((v #>> '{}') collate "C") = `+f.param(v.Text)+`::text)`)
		case daybook.ValueOrder:
			tests = append(tests, `(@.type() == "string" && @ `+v.Op+` `+variable(v.Text)+`)`)
		case daybook.ValueNumber:
			tests = append(tests, `(@.type() == "number" && `+numberTest(v.Op, v.Number, variable)+`)`)
		case daybook.ValueRange:
			tests = append(tests, `(@.type() == "number" && `+numberTest(">=", v.Number, variable)+` && `+numberTest("<=", v.Last, variable)+`)`)
		default:
			return "", false
		}
	}
	if len(tests) > 0 {
		text, err := json.Marshal(vars)
		if err != nil {
			return "", false
		}
		texts = append(texts, `jsonb_path_exists(a.details, `+f.param(path+` ? (`+strings.Join(tests, ` || `)+`)`)+`::text::jsonpath, `+f.param(string(text))+`::text::jsonb)`)
	}
	return `(` + strings.Join(texts, ` or `) + `)`, true
}

// detailsPath returns the path of PostgreSQL, and false where no entry can have it.
func detailsPath(steps []daybook.FilterStep) (string, bool) {
	var b strings.Builder
	b.WriteString(`lax $`)
	for _, s := range steps {
		if s.Any {
			b.WriteString(`.*`)
			continue
		}
		name, err := json.Marshal(s.Name)
		if err != nil || strings.ContainsRune(s.Name, 0) {
			return "", false
		}
		b.WriteByte('.')
		b.Write(name)
	}
	return b.String(), true
}
