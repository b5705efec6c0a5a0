package storetest

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// filterWords are texts of which one store or another takes one for another, in ids as in details.
var filterWords = []string{"ada", "Ada", "ADA", "ad", "adam", "a%a", "ad_", "a*b", "a b", `a\b`, `a"b`, "a'b", "[a", "a,b", "a..b", "1", "01", "10", "1.0", "1e2", "true", "null", "me", "OR",
	"É", "é", "straße", "STRASSE", "\u212a", "k", "K", "İ", "i", "σ", "ς", "x\ny", "x y", "\U0001f600", "2026-01-01", "2026-02", ">5", "<", "(a)", "",
	"6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "6f9619ff-8b86-4d01-b42d-00cf4fc964fe"}

var filterNumbers = []string{"0", "1", "-1", "10", "10.5", "100", "0.1", "0.10000000000000001", "9007199254740992", "9007199254740993", "12345678901234567", "1234567890123456.7",
	"100000000000000000000", "-12345678901234567", "0.000001",
	"1.00000000000000011102230246251565404236316680908203125", "1.0000000000000001110223024625156540423631668090820312500001", // halfway from 1 to the next double, and a little more
	"179769313486231570814527423731704356798070567525844996598917476803157260780028538760589558632766878171540458953514382464234321326889464182768467546703537516986049910576551282076245490090389328944075868508455133942304583236903222948165808559332123347747797926204144723168738177180919299881250404026184124858368",
	"-" + strings.Repeat("9", 320), strings.Repeat("9", 320), "4.9e-324", "0." + strings.Repeat("0", 380) + "1"}

var filterNames = []string{"a", "A", "b", "a.b", "weird key", "tags", "*", "size", "é"}

// filterEntry returns an entry with more of what a filter can tell apart than Entry has.
func (g *Generator) filterEntry(organization string) daybook.Entry {
	e := g.Entry(organization)
	at := g.Time().Add(time.Duration(g.IntN(4)) * pick(g, []time.Duration{0, time.Hour, 7 * time.Hour, 24 * time.Hour}))
	e.ID, e.CreatedAt, e.UpdatedAt = g.ID(at), time.Time{}, time.Time{}
	if g.IntN(5) == 0 {
		e.UpdatedAt = at.Add(time.Duration(1+g.IntN(3)) * time.Second) // anonymized
	}
	if g.IntN(10) == 0 {
		e.ResourceType = pick(g, []string{"daybook.key", "daybook.alert", "daybookx"})
	}
	e.ResourceID, e.UserID, e.RequestID = pick(g, filterWords), pick(g, filterWords), pick(g, filterWords)
	e.UserAgent = pick(g, []string{"", "curl/8.14.1", "Mozilla/5.0 (X11) Firefox/140", "CURL", "python-requests/2", "agent É", `a"b\c`})
	e.Details = nil
	if g.IntN(6) > 0 {
		e.Details = daybook.Details{}
		for range 1 + g.IntN(3) {
			e.Details[pick(g, filterNames)] = g.filterValue(3)
		}
		if g.IntN(4) == 0 {
			e.Details["changes"] = map[string]any{pick(g, []string{"role", "address.city", "email"}): map[string]any{"old": g.filterValue(1), "new": g.filterValue(1)}}
		}
	}
	return normalized(e)
}

func (g *Generator) filterValue(depth int) any {
	switch n := g.IntN(20); {
	case n < 5 && depth > 0:
		list := []any{}
		for range g.IntN(4) {
			list = append(list, g.filterValue(depth-1))
		}
		return list
	case n < 9 && depth > 0:
		object := map[string]any{}
		for range g.IntN(3) {
			object[pick(g, filterNames)] = g.filterValue(depth - 1)
		}
		return object
	case n < 13:
		return json.Number(pick(g, filterNumbers))
	case n < 15:
		return pick(g, []any{true, false, nil})
	}
	return pick(g, filterWords)
}

// Filter returns a random filter and its text, over the whole grammar. One in some is empty.
func (g *Generator) Filter() (daybook.Filter, string) {
	zone := pick(g, filterZones)
	for {
		text := g.filterOr(2)
		f, _, err := daybook.ParseFilter(text, &daybook.FilterOptions{Now: g.Start.Add(36 * time.Hour), Zone: zone, Me: "ada"})
		if err == nil { // some combinations are refused
			return f, text
		}
	}
}

var filterZones = func() []*time.Location {
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"Asia/Kolkata", "America/New_York"} {
		if zone, err := time.LoadLocation(name); err == nil {
			zones = append(zones, zone)
		}
	}
	return zones
}()

func (g *Generator) filterOr(depth int) string {
	parts := []string{g.filterAnd(depth)}
	for g.IntN(5) == 0 {
		parts = append(parts, g.filterAnd(depth))
	}
	return strings.Join(parts, " OR ")
}

func (g *Generator) filterAnd(depth int) string {
	parts := []string{g.filterNot(depth)}
	for g.IntN(3) == 0 {
		parts = append(parts, g.filterNot(depth))
	}
	return strings.Join(parts, pick(g, []string{" ", " AND "}))
}

func (g *Generator) filterNot(depth int) string {
	not := pick(g, []string{"", "", "", "", "-", "NOT ", "!", "--"})
	if depth > 0 && g.IntN(5) == 0 {
		return not + "(" + g.filterOr(depth-1) + ")"
	}
	return not + g.filterTerm()
}

func (g *Generator) filterTerm() string {
	equality := []string{":", ":", "=", "!="}
	switch g.IntN(22) {
	case 0, 1:
		return pick(g, []string{"user", "by", "user_id", "request", "resource_id"}) + pick(g, equality) + g.filterList(g.filterKey)
	case 2:
		return "action" + pick(g, equality) + g.filterList(func() string { return pick(g, []string{"CREATE", "read", "UPDATE", "EXPORT", "*E", "R*", "*"}) })
	case 3:
		return "type" + pick(g, equality) + g.filterList(func() string {
			return pick(g, []string{"document", "Document", "doc*", "*ment", "d*t", "daybook.*", "user", "*"})
		})
	case 4:
		return "resource:" + g.filterList(func() string {
			return pick(g, []string{"document", "doc*", "*", "user", "document/*", "*/*", "document/1", "*/10", "*/a*", `"document/ada"`, "*/6F9619FF-8B86-4D01-B42D-00CF4FC964FF"})
		})
	case 5:
		return "outcome" + pick(g, equality) + g.filterList(func() string { return pick(g, []string{"success", "failure", "denied", "*"}) })
	case 6:
		return "actor" + pick(g, equality) + g.filterList(func() string { return pick(g, []string{"user", "api_key", "service", "system"}) })
	case 7:
		return "ip" + pick(g, equality) + g.filterList(func() string {
			return pick(g, append([]string{"*", "192.0.2.1", "192.0.2.2..192.0.3.1", "2001:db8::1..2001:db8:0:1::", "::1", "::ffff:192.0.2.0/120"}, networks...))
		})
	case 8:
		if g.IntN(4) == 0 {
			return "agent" + pick(g, []string{"~", "!~"}) + pick(g, []string{`"^curl"`, `[0-9]{2}`, `"(?i)CURL|python"`, `É`, `"\d$"`})
		}
		return "agent" + pick(g, equality) + g.filterList(func() string {
			return pick(g, []string{"curl", "CURL", "c*8", "É", "é", `"a\"b\\c"`, "*", "firefox"})
		})
	case 9, 10:
		return pick(g, []string{"created", "updated"}) + g.filterTime()
	case 11:
		if g.IntN(2) == 0 {
			return "created.weekday" + pick(g, equality) + g.filterList(func() string { return pick(g, []string{"sat", "sun", "mon..wed", "sat..mon"}) })
		}
		return "created.hour" + pick(g, equality) + g.filterList(func() string { return pick(g, []string{"15", "16", "0..5", "20..23", "22"}) })
	case 12:
		return pick(g, []string{"is:change", "is:read", "is:failure", "is:denied", "is:own", "is:alert", "is:anonymized", "is:read,denied"})
	case 13:
		return pick(g, []string{"has:changes", "has:details", "has:user", "has:ip", "has:request", "has:resource", "has:user,ip", "details:*"})
	case 14:
		return pick(g, []string{"changed:role", "changed:address.city", "changed:email,role", "changed:*", "changes.role.new", "changes.*.old", "changes.address.city.new"})
	case 15, 16:
		return pick(g, append([]string{`"x y"`, `" "`, `"\\"`, "ad", "curl", "192", "document", "strasse", "9007"}, quoted(filterWords)...))
	case 17:
		return "id" + pick(g, equality) + pick(g, []string{"*", "019c*", "0*", "none"})
	}
	return g.filterDetails()
}

func quoted(words []string) []string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(w) + `"`
	}
	return list
}

// filterList returns one item or several.
func (g *Generator) filterList(item func() string) string {
	items := []string{item()}
	for g.IntN(4) == 0 {
		items = append(items, item())
	}
	if g.IntN(4) == 0 {
		return "(" + strings.Join(items, " OR ") + ")"
	}
	return strings.Join(items, ",")
}

func (g *Generator) filterKey() string {
	word := pick(g, filterWords)
	switch g.IntN(6) {
	case 0:
		return "*"
	case 1:
		return strings.ToUpper(word)
	case 2, 3:
		return quoted([]string{word})[0]
	case 4:
		return word[:min(len(word), 2)] + "*"
	}
	return word
}

func (g *Generator) filterTime() string {
	at := g.Time().Add(time.Duration(g.IntN(3)) * pick(g, []time.Duration{0, time.Hour, 24 * time.Hour}))
	literal := func() string {
		return at.Format(pick(g, []string{"2006-01", "2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02T15:04:05.000", "2006-01-02T15:04:05.000000Z"}))
	}
	switch g.IntN(4) {
	case 0:
		return ":" + pick(g, []string{"-1d", "today", "yesterday", "-36h", "now", "-3d..-1d", ">-30h", "<=yesterday", "*"})
	case 1:
		return pick(g, []string{":", "=", "!="}) + literal() + ".." + at.Add(time.Duration(g.IntN(3))*time.Second).Format("2006-01-02T15:04:05")
	case 2:
		return pick(g, []string{">", ">=", "<", "<="}) + literal()
	}
	return pick(g, []string{":", "=", "!=", ":>", ":<=", ":<"}) + literal()
}

func (g *Generator) filterDetails() string {
	path := pick(g, []string{"details.", "details.", "details.", "changes.role.", "changes.*."})
	if path == "details." {
		for range 1 + g.IntN(3) {
			path += pick(g, append(quoted(filterNames), "a", "b", "tags", "size", "*")) + "."
		}
	} else {
		path += pick(g, []string{"old.", "new."})
	}
	path = strings.TrimSuffix(path, ".")
	value := func() string {
		word := pick(g, filterWords)
		switch g.IntN(8) {
		case 0:
			return "*"
		case 1, 2:
			return pick(g, filterNumbers)
		case 3:
			return pick(g, []string{"true", "false", "null", "a*", "*b", "*1*", `a\*b`, `"1"`, `"true"`})
		case 4:
			return pick(g, []string{">", ">=", "<", "<="}) + pick(g, []string{"1", "10.5", "9007199254740992", `"a"`, "a", `"1"`, "0.1"})
		case 5:
			return pick(g, []string{"1..10", "..0", "0.1..100", "9007199254740993..", "10..10"})
		case 6:
			return strings.ToUpper(word)
		}
		return quoted([]string{word})[0]
	}
	switch g.IntN(10) {
	case 0:
		return path + pick(g, []string{"~", "!~"}) + pick(g, []string{"^a", `"a b"`, "[0-9]+", `"(?i)É"`, "$"})
	case 1, 2:
		return path + pick(g, []string{">", ">=", "<", "<="}) + pick(g, append(quoted(filterWords), filterNumbers...))
	}
	return path + pick(g, []string{":", ":", "=", "!="}) + g.filterList(value)
}
