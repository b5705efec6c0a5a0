package daybook

import (
	"fmt"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// addressItem reads an address, a network, or a range of addresses.
func (t *filterTerms) addressItem(at place, r rawItem) (filterItem, *FilterError) {
	wrong := func(format string, args ...any) *FilterError {
		return at.fault(FilterBadValue, r.from, r.to, format, args...)
	}
	if first, last, isRange := strings.Cut(r.text, ".."); isRange {
		a, errA := parseAddress(first)
		b, errB := parseAddress(last)
		switch {
		case errA != nil || errB != nil:
			return filterItem{}, wrong("a range of addresses looks like 192.0.2.10..192.0.2.20")
		case a.Is4() != b.Is4():
			return filterItem{}, wrong("a range of addresses is of IPv4 or of IPv6, not of both")
		case b.Less(a):
			return filterItem{}, wrong("the range ends before it begins").suggest("%v..%v", b, a)
		}
		return filterItem{form: rangeItem, text: a.String(), last: b.String()}, nil
	}
	if strings.Contains(r.text, "/") {
		p, err := netip.ParsePrefix(r.text)
		if err == nil && p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		if err != nil || p.Addr().Is4In6() {
			return filterItem{}, wrong("this is not a network such as 192.0.2.0/24")
		}
		return filterItem{text: p.Masked().String()}, nil
	}
	a, err := parseAddress(r.text)
	if err != nil {
		fault := wrong("this is not an address or a network such as 192.0.2.0/24")
		if network, ok := wildcardNetwork(r.text); ok {
			fault.Message = "addresses have no wildcards"
			fault.Suggestion = network
		}
		return filterItem{}, fault
	}
	return filterItem{text: a.String()}, nil
}

func parseAddress(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if err == nil && a.Zone() != "" {
		err = fmt.Errorf("it has a zone")
	}
	return a.Unmap(), err
}

// wildcardNetwork returns the network that 192.0.2.* means.
func wildcardNetwork(s string) (string, bool) {
	s, ok := strings.CutSuffix(strings.TrimSuffix(s, "."), "*")
	parts := strings.Split(strings.Trim(strings.ReplaceAll(s, "*.", ""), "."), ".")
	if !ok || len(parts) > 3 {
		return "", false
	}
	bits := 8 * len(parts)
	for len(parts) < 4 {
		parts = append(parts, "0")
	}
	p, err := netip.ParsePrefix(strings.Join(parts, ".") + "/" + strconv.Itoa(bits))
	return p.String(), err == nil
}

// clockItem reads an hour or a weekday, or a range of them.
func (t *filterTerms) clockItem(at place, term *termNode, r rawItem) (filterItem, *FilterError) {
	first, last, isRange := strings.Cut(r.text, "..")
	a, okA := clockValue(term.field, first)
	b, okB := a, okA
	if isRange {
		b, okB = clockValue(term.field, last)
	}
	if term.field.kind == weekdayField {
		if !okA || !okB {
			return filterItem{}, t.notOneOf(at, term.field, r)
		}
		if isRange {
			return filterItem{form: rangeItem, text: first, last: last}, nil // sat..mon goes over Sunday
		}
		return filterItem{text: first}, nil
	}
	switch {
	case !okA || !okB:
		return filterItem{}, at.fault(FilterBadValue, r.from, r.to, "an hour is a number from 0 to 23")
	case b < a:
		return filterItem{}, at.fault(FilterBadValue, r.from, r.to, "the range ends before it begins").suggest("%d..23,0..%d", a, b)
	case isRange:
		return filterItem{form: rangeItem, text: strconv.Itoa(a), last: strconv.Itoa(b)}, nil
	}
	return filterItem{text: strconv.Itoa(a)}, nil
}

// clockValue returns an hour, or the number of a weekday.
func clockValue(field *filterField, s string) (int, bool) {
	if field.kind == weekdayField {
		i := slices.Index(weekdays, s)
		return i, i >= 0
	}
	n, err := strconv.ParseUint(s, 10, 8)
	return int(n), err == nil && n < 24
}

// jsonItem reads what a value in details is compared with.
func (t *filterTerms) jsonItem(at place, term *termNode, r rawItem) (filterItem, *FilterError) {
	isNumber := !r.quoted && isJSONNumber(r.text)
	if len(term.path) < 1 || len(term.path) == 1 && term.path[0].Name == "changes" {
		fault := at.fault(FilterBadValue, at.from, at.op, "%s is an object, which is there or not", fieldText("details", term.path))
		return filterItem{}, fault.suggest("%s", fieldText("details", append(slices.Clone(term.path), step("name"))))
	}
	if len(term.path) == 2 && term.path[0].Name == "changes" {
		fault := at.fault(FilterBadValue, at.from, at.op, "a change has an old and a new value")
		return filterItem{}, fault.suggest("%s", fieldText("changes", append(slices.Clone(term.path[1:]), step("new"))))
	}
	op := r.op
	switch term.op {
	case "~", "!~":
		return t.regexpItem(at, r)
	case ">", ">=", "<", "<=":
		op = term.op
	}
	if op != "" {
		if isNumber {
			return filterItem{form: compareItem, op: op, text: canonicalNumber(r.text)}, nil
		}
		return filterItem{form: orderItem, op: op, text: r.text}, nil
	}
	if first, last, isRange := strings.Cut(r.text, ".."); isRange && !r.quoted && first+last != "" &&
		(first == "" || isJSONNumber(first)) && (last == "" || isJSONNumber(last)) {
		if first != "" && last != "" && jsonNumber(last) < jsonNumber(first) {
			return filterItem{}, at.fault(FilterBadValue, r.from, r.to, "the range ends before it begins").suggest("%s..%s", last, first)
		}
		return filterItem{form: rangeItem, text: canonicalNumber(first), last: canonicalNumber(last)}, nil
	}
	if isNumber || !r.quoted && isJSONWord(r.text) {
		return filterItem{form: wordItem, text: r.text}, nil
	}
	return patternItem(term, r), nil
}

func isJSONWord(s string) bool { return s == "true" || s == "false" || s == "null" }

// isJSONNumber reports whether s is a number that details can hold.
func isJSONNumber(s string) bool { return canonicalNumber(s) != "" }

// canonicalNumber returns the one text of a number in details, "" for what is none.
func canonicalNumber(s string) string {
	n, plain := scanNumber(s)
	if n == 0 || n < len(s) {
		return ""
	}
	b, ok := appendNumber(nil, s, plain)
	if !ok {
		return ""
	}
	return string(b)
}

// jsonNumber returns the double that a JSON number means; one that is too large is an infinity.
func jsonNumber(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

// mostInstructions bounds the program of a regular expression, and with it how long a text takes.
const mostInstructions = 2000

// checkRegexp refuses what is no regular expression (RE2), and one that repetitions make large.
func checkRegexp(s string) error {
	tree, err := syntax.Parse(s, syntax.Perl)
	if err != nil {
		return err
	}
	if regexpSize(tree) > mostInstructions {
		return fmt.Errorf("its repetitions make it too large")
	}
	_, err = regexp.Compile(s)
	return err
}

// regexpSize is about the number of instructions that the expression compiles to.
func regexpSize(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		size += regexpSize(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(1, re.Min, re.Max)
	}
	return size
}
