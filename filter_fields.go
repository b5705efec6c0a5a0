package daybook

import (
	"slices"
	"strings"
)

// A fieldKind is what the values of a field are, which decides how they are written and compared.
type fieldKind int

const (
	nameField    fieldKind = iota // a word of a vocabulary, with wildcards
	keyField                      // an opaque id, with a wildcard at its end
	enumField                     // one of a few words
	pairField                     // resource: type/id
	addressField                  // an address, a network or a range of addresses
	textField                     // found by a part of it
	timeField                     // an interval of time
	hourField                     // of the day, in the zone of the filter
	weekdayField                  // in the zone of the filter
	jsonField                     // a path into details
	isField                       // a question with its own name
	hasField                      // whether there is one
	changedField                  // a field in details.changes
)

// A filterField is one row of the table of docs/query.md.
type filterField struct {
	name   string   // in JSON, as entries have it
	short  string   // as it is printed
	also   []string // what else is understood
	kind   fieldKind
	ops    []string
	values []string // of an enum, or the names that is: and has: know
}

var (
	equality = []string{":", "=", "!="}
	ordering = []string{":", "=", "!=", ">", ">=", "<", "<="}
	matching = []string{":", "=", "!=", "~", "!~"}
	allOps   = []string{":", "=", "!=", ">", ">=", "<", "<=", "~", "!~"}
	colon    = []string{":"}
)

// filterFields is the closed table of names. A field enters it with its meaning in the tree, in
// every store that compiles it, and in the random test of store/storetest.
var filterFields = []*filterField{
	{name: "action", short: "action", kind: nameField, ops: equality},
	{name: "resource", short: "resource", kind: pairField, ops: colon},
	{name: "resource_type", short: "type", kind: nameField, ops: equality},
	{name: "resource_id", short: "resource_id", kind: keyField, ops: equality},
	{name: "user_id", short: "user", also: []string{"by"}, kind: keyField, ops: equality},
	{name: "request_id", short: "request", kind: keyField, ops: equality},
	{name: "id", short: "id", kind: keyField, ops: equality},
	{name: "actor_type", short: "actor", kind: enumField, ops: equality,
		values: []string{string(ActorUser), string(ActorAPIKey), string(ActorService), string(ActorSystem)}},
	{name: "outcome", short: "outcome", kind: enumField, ops: equality,
		values: []string{string(Success), string(Failure), string(Denied)}},
	{name: "ip_address", short: "ip", kind: addressField, ops: equality},
	{name: "user_agent", short: "agent", kind: textField, ops: matching},
	{name: "created_at", short: "created", kind: timeField, ops: ordering},
	{name: "updated_at", short: "updated", kind: timeField, ops: ordering},
	{name: "created.hour", short: "created.hour", also: []string{"created_at.hour"}, kind: hourField, ops: equality},
	{name: "created.weekday", short: "created.weekday", also: []string{"created_at.weekday"}, kind: weekdayField, ops: equality, values: weekdays},
	{name: "details", short: "details", kind: jsonField, ops: allOps},
	{name: "changes", short: "changes", kind: jsonField, ops: allOps},
	{name: "changed", short: "changed", kind: changedField, ops: colon},
	{name: "is", short: "is", kind: isField, ops: colon,
		values: []string{"change", "read", "failure", "denied", "own", "alert", "anonymized"}},
	{name: "has", short: "has", kind: hasField, ops: colon,
		values: []string{"changes", "details", "user", "ip", "request", "resource"}},
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} // as time.Weekday counts

var detailsField = findField("details")

// organizationNames are never fields, whoever asks.
var organizationNames = []string{"organization", "organization_id", "org", "org_id", "tenant", "tenant_id"}

func findField(name string) *filterField {
	for _, f := range filterFields {
		if f.name == name || f.short == name || slices.Contains(f.also, name) {
			return f
		}
	}
	return nil
}

// nearest returns the word of which s is probably a misspelling, or "".
func nearest(s string, words []string) string {
	best, least := "", 3
	for _, w := range words {
		most := min(2, max(1, len(w)/3))
		if d := editDistance(strings.ToLower(s), w); d <= most && d < least {
			best, least = w, d
		}
	}
	return best
}

// nearestField returns the name of a field of which name is probably a misspelling, or "".
func nearestField(name string) string {
	var names []string
	for _, f := range filterFields {
		names = append(names, f.short)
	}
	for _, f := range filterFields {
		names = append(names, f.name)
		names = append(names, f.also...)
	}
	return nearest(name, names)
}

// editDistance counts the insertions, deletions, substitutions and exchanges of neighbours between a
// and b (optimal string alignment). Long words are not compared.
func editDistance(a, b string) int {
	const longest = 32
	if len(a) > longest || len(b) > longest {
		return longest
	}
	var before, last, row [longest + 1]int
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
