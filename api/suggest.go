package api

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/daybookdev/daybook"
)

const (
	mostSuggestions = 20
	sampled         = 200 // newest entries, whose details tell which paths there are
)

// A suggestAnswer is what may stand in place of the characters From to To of the filter.
type suggestAnswer struct {
	From  int          `json:"from"` // in code points
	To    int          `json:"to"`
	Items []suggestion `json:"items"`
}

type suggestion struct {
	Text  string `json:"text"`
	Kind  string `json:"kind"`            // field, operator, value, seen
	Count int64  `json:"count,omitempty"` // of a value that was seen
}

// suggest completes a filter at the cursor of a search bar: fields, operators, words, and values that
// this organization has.
func (a *API) suggest(c *call) (answer, error) {
	q := []rune(c.text("q"))
	org, err := c.organization()
	at, wrong := c.number("at", 0, len(q), len(q))
	if err := errors.Join(err, wrong); err != nil {
		return answer{}, err
	}
	ask := &asked{organization: org}
	if err := c.filter(ask, "", nil); err != nil {
		return answer{}, err
	}
	if err := c.viewedOne(ask, "suggestions"); err != nil {
		return answer{}, err
	}
	from := wordStart(q, at)
	word := string(q[from:at])
	out := suggestAnswer{From: from, To: at}
	field, typed, begun := operand(word)
	if !begun {
		out.Items = fieldsLike(word)
		if path, ok := strings.CutPrefix(word, "details."); ok {
			out.Items, err = a.detailsLike(c, ask, path)
		}
	} else if w, ok := filterWord(field); ok || strings.HasPrefix(field, "details.") {
		out.From = at - len([]rune(typed))
		out.Items, err = a.valuesLike(c, ask, w, field, typed)
	}
	if out.Items = orEmpty(out.Items); len(out.Items) > mostSuggestions {
		out.Items = out.Items[:mostSuggestions]
	}
	return answer{body: out}, err
}

// wordStart returns where the word that ends at a place begins.
func wordStart(q []rune, at int) int {
	from, quoted := 0, false
	for i := range at {
		switch {
		case q[i] == '"':
			quoted = !quoted
		case quoted:
		case q[i] == ' ' || q[i] == '(' || q[i] == ')' || q[i] == '-' && from == i:
			from = i + 1
		}
	}
	return from
}

// operand splits a word into its field and what is typed of its last value.
func operand(word string) (field, typed string, begun bool) {
	i := strings.IndexAny(word, ":=<>~!")
	if i <= 0 {
		return "", "", false
	}
	typed = strings.TrimLeft(word[i:], ":=<>~!")
	if comma := strings.LastIndexByte(typed, ','); comma >= 0 {
		typed = typed[comma+1:]
	}
	return word[:i], typed, true
}

func filterWord(name string) (daybook.FilterWord, bool) {
	for _, w := range daybook.FilterWords() {
		if name == w.Name || name == w.Field {
			return w, true
		}
	}
	return daybook.FilterWord{}, false
}

func fieldsLike(word string) []suggestion {
	var items []suggestion
	for _, w := range daybook.FilterWords() {
		if strings.HasPrefix(w.Name, strings.ToLower(word)) {
			after := ":"
			if w.Name == "details" || w.Name == "changes" {
				after = "."
			}
			items = append(items, suggestion{Text: w.Name + after, Kind: "field"})
		}
	}
	for _, k := range []string{"AND", "OR", "NOT"} {
		if word != "" && strings.HasPrefix(k, word) {
			items = append(items, suggestion{Text: k, Kind: "operator"})
		}
	}
	return items
}

var timesLike = []string{"today", "yesterday", "-1h", "-24h", "-7d", "-30d"}

// valuesLike returns values of the field that begin as typed: the words that it has, and those that
// the organization has most often.
func (a *API) valuesLike(c *call, q *asked, w daybook.FilterWord, field, typed string) ([]suggestion, error) {
	var items []suggestion
	like := func(s string) bool {
		return strings.HasPrefix(strings.ToLower(s), strings.ToLower(strings.Trim(typed, `"`)))
	}
	words := w.Values
	if w.Field == "created_at" || w.Field == "updated_at" {
		words = timesLike
	}
	for _, v := range words {
		if like(v) {
			items = append(items, suggestion{Text: v, Kind: "value"})
		}
	}
	by := daybook.Field(or(w.Field, field))
	if len(words) > 0 || !by.InDetails() && daybook.CheckFields([]daybook.Field{by}) != nil {
		return items, nil
	}
	if _, err := daybook.NewRanking(by, 1); err != nil {
		return items, nil // the path is not finished yet
	}
	ctx, cancel := c.reading()
	defer cancel()
	top, err := daybook.TopValues(ctx, a.config.Store, q.organization.String(), q.query, by, 100)
	if err != nil {
		return nil, slow(ctx, err)
	}
	for _, g := range top.Values {
		if like(g.Values[0]) {
			items = append(items, suggestion{Text: quoted(g.Values[0]), Kind: "seen", Count: g.Count})
		}
	}
	return items, nil
}

// quoted writes a value as the filter language reads it.
func quoted(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n()\",*\\<>=:~!") && !strings.HasPrefix(s, "-") && !strings.Contains(s, "..") {
		return s
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// detailsLike returns the paths that the details of the newest entries have.
func (a *API) detailsLike(c *call, q *asked, typed string) ([]suggestion, error) {
	ctx, cancel := c.reading()
	defer cancel()
	q.query.Limit = sampled
	page, err := a.config.Store.Query(ctx, q.organization.String(), q.query)
	if err != nil {
		return nil, slow(ctx, err)
	}
	counts := map[string]int64{}
	for _, e := range page.Entries {
		countPaths(counts, "", e.Details, 0)
	}
	var items []suggestion
	for _, path := range slices.Sorted(maps.Keys(counts)) {
		if strings.HasPrefix(path, typed) {
			items = append(items, suggestion{Text: "details." + path, Kind: "seen", Count: counts[path]})
		}
	}
	slices.SortStableFunc(items, func(a, b suggestion) int { return int(b.Count - a.Count) })
	return items, nil
}

func countPaths(counts map[string]int64, prefix string, members map[string]any, depth int) {
	for name, v := range members {
		step := name
		if strings.ContainsFunc(name, func(r rune) bool {
			return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-')
		}) || name == "" {
			step = fmt.Sprintf("%q", name)
		}
		if inner, ok := v.(map[string]any); ok && depth < 3 {
			countPaths(counts, prefix+step+".", inner, depth+1)
			continue
		}
		counts[prefix+step]++
	}
}
