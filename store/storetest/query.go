package storetest

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/daybookdev/daybook"
)

func querying() []promise {
	return []promise{
		{"the zero Query finds everything, newest first",
			"it is what people see when they open the log",
			zeroQuery},
		{"each filter finds what Matches says",
			"rules, reports and pages ask the same question in different places and must get the same answer",
			eachFilter},
		{"filters together find what Matches says",
			"an or where an and belongs shows too much, and nobody notices",
			filtersTogether},
		{"an entry is found by its id",
			"after a lost connection the id is the only way to learn whether an entry was stored",
			byID},
		{"text is found by what is equal, not by what is like it",
			"one user's entries must not hold another's whose name has other letters, or a wildcard",
			equalText},
		{"details are found by what they contain",
			"what is special to an application is in the details, and it must be possible to ask for it",
			containedDetails},
		{"addresses are found by their network",
			"an attack comes from a network, seldom from one address",
			byNetwork},
		{"a wrong query is refused by the name of its field",
			"a filter that is ignored because it is wrong shows everything",
			wrongQueries},
		{"without an organization there is no answer",
			"an empty string that means everybody is one forgotten check away from showing everybody's log",
			queryWithoutOrganization},
		{"a question whose context ends harms no other",
			"people leave pages that take too long, and what they leave behind must not be a lost connection",
			cancelledQuestions},
	}
}

// matching returns those of the entries that q finds, in its order.
func matching(t testing.TB, entries []daybook.Entry, q daybook.Query) []daybook.Entry {
	t.Helper()
	if err := q.Normalize(); err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	var found []daybook.Entry
	for _, e := range entries {
		if q.Matches(&e) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b daybook.Entry) int {
		if q.Order == daybook.Newest {
			a, b = b, a
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	return found
}

// finds checks that the query, read page by page, finds what Matches says, and returns how much
// that is. It ends the test when not: others would fail alike.
func (s *subject) finds(t testing.TB, organization string, entries []daybook.Entry, q daybook.Query) int {
	t.Helper()
	want := matching(t, entries, q)
	if diff := Diff(want, s.all(t, organization, q)); diff != "" {
		t.Fatalf("%+v, -want +got:\n%.4000s", q, diff)
	}
	return len(want)
}

// corpus appends n random entries and returns them.
func (s *subject) corpus(t testing.TB, organization string, n int) []daybook.Entry {
	t.Helper()
	g := NewGenerator(1)
	entries := make([]daybook.Entry, n)
	for i := range entries {
		entries[i] = g.Entry(organization)
	}
	s.append(t, entries...)
	return entries
}

func zeroQuery(t testing.TB, s *subject) {
	if page := s.query(t, "acme", daybook.Query{}); len(page.Entries) != 0 || !page.Next.IsZero() {
		t.Errorf("an empty organization has a page of %d entries, next %v", len(page.Entries), page.Next)
	}
	entries := Entries("acme", 20)
	for _, i := range []int{7, 3, 19, 0, 12, 5, 18, 1, 9, 14, 2, 16, 4, 11, 6, 17, 8, 15, 10, 13} {
		s.append(t, entries[i])
	}
	if diff := Diff(entries, s.query(t, "acme", daybook.Query{Order: daybook.Oldest}).Entries); diff != "" {
		t.Errorf("oldest first, -want +got:\n%s", diff)
	}
	slices.Reverse(entries)
	if diff := Diff(entries, s.query(t, "acme", daybook.Query{}).Entries); diff != "" {
		t.Errorf("newest first, -want +got:\n%s", diff)
	}
}

func eachFilter(t testing.TB, s *subject) {
	entries := s.corpus(t, "acme", 400)
	g := NewGenerator(2)
	for field := range fieldsOfQuery {
		var name string
		found := 0
		for range 12 {
			q := daybook.Query{Order: pick(g, []daybook.Order{daybook.Newest, daybook.Oldest}), Limit: 200}
			name = g.narrowBy(&q, field)
			found += s.finds(t, "acme", entries, q)
		}
		if found == 0 {
			t.Errorf("no entry was to be found by %s: this proves nothing", name)
		}
	}
	for _, q := range []daybook.Query{
		{Actions: []daybook.Action{"NEVER"}},
		{Actions: []daybook.Action{daybook.Create, "NEVER", "EXPORT", daybook.Create}},
		{Actions: actions, ActorTypes: actorTypes, Outcomes: outcomes, Limit: 1000},
	} {
		s.finds(t, "acme", entries, q)
	}
}

func filtersTogether(t testing.TB, s *subject) {
	entries := s.corpus(t, "acme", 400)
	g := NewGenerator(3)
	found := 0
	for range 150 {
		q := daybook.Query{Order: pick(g, []daybook.Order{daybook.Newest, daybook.Oldest}), Limit: 200}
		for range 2 + g.IntN(3) {
			g.narrow(&q)
		}
		found += s.finds(t, "acme", entries, q)
	}
	if found == 0 {
		t.Error("no entry was to be found: this proves nothing")
	}
}

func byID(t testing.TB, s *subject) {
	entries := s.corpus(t, "acme", 50)
	for _, e := range entries[:10] {
		for _, q := range []daybook.Query{{ID: e.ID}, {ID: e.ID, Order: daybook.Oldest, Limit: 1}, {ID: e.ID, From: e.CreatedAt}} {
			if n := s.finds(t, "acme", entries, q); n != 1 {
				t.Errorf("%d entries with one id", n)
			}
		}
		s.finds(t, "acme", entries, daybook.Query{ID: e.ID, To: e.CreatedAt})
		s.finds(t, "acme", entries, daybook.Query{ID: e.ID, ResourceID: e.ResourceID + "x"})
	}
	s.finds(t, "acme", entries, daybook.Query{ID: daybook.NewID()})
}

// lookalikes are texts of which some database, in some column or collation, takes one for another.
func lookalikes() []string {
	return []string{
		"a", "A", "b", "aa", "ab", "a ", " a", "a\t", "a\n", "a\r\n", "a\u00a0", "a\u200b",
		"%", "%%", "_", "__", "a%", "%a", "a_", "a__", `a\%`, `a\_`, `\`, `\\`, `%\`,
		"'", "''", `"`, `""`, "`", "a'b", `a"b`, `a\'b`, "a''b", "' or '1'='1", "'; drop table activity_log; --", "/* */", "--",
		"?", "$1", ":a", "@a", "*", "a*", ".", ".*", "^a$", "[a]", "[a-z]", "(", ")", "{}", "{a}", "|", "a|b", "+", "#",
		"0", "00", "1", "01", "1.0", "1e0", "+1", "-1", "0x1", "1 ", "true", "null", "NULL", "\\N", "NaN",
		"\u00e9", "e\u0301", "e", "E", "\u00c9", "ss", "\u00df", "\u1e9e", "i", "I", "\u0131", "\u0130", "\u212a", "k", "K",
		"\ufb01", "fi", "\uff41", "\u03c3", "\u03c2", "\u03a3", "\U0001f600", "\U0001f601", "\u4e2d", "\ufffd", "\ufeffa",
		"2026-01-01", "2026-01-01T00:00:00Z", "00000000-0000-0000-0000-00000000000", "00000000-0000-0000-0000-0000000000000",
	}
}

func equalText(t testing.TB, s *subject) {
	texts := lookalikes()
	entries := Entries("acme", len(texts))
	for i, text := range texts {
		e := &entries[i]
		e.ResourceID, e.UserID, e.RequestID, e.Details = text, text, text, daybook.Details{"text": text}
	}
	s.append(t, entries...)
	for i, text := range texts {
		for field, q := range map[string]daybook.Query{
			"resource_id": {ResourceID: text},
			"user_id":     {UserID: text},
			"request_id":  {RequestID: text},
			"details":     {Details: daybook.Details{"text": text}},
		} {
			got := s.all(t, "acme", q)
			if len(got) == 1 && got[0].ID == entries[i].ID {
				continue
			}
			var found []string
			for _, e := range got {
				found = append(found, e.UserID)
			}
			t.Errorf("%s %q finds %q", field, text, found)
		}
	}
	types := []string{"doc", "Doc", "do", "docs", "doc_1", "docx1", "doc.1", "doc-1", "doc1", "d.c"}
	entries = Entries("zeta", len(types))
	for i := range entries {
		entries[i].ResourceType = types[i]
	}
	s.append(t, entries...)
	for i, name := range types {
		if got := s.all(t, "zeta", daybook.Query{ResourceType: name}); len(got) != 1 || got[0].ID != entries[i].ID {
			t.Errorf("resource_type %s finds %d entries, want its own", name, len(got))
		}
	}
}

func containedDetails(t testing.TB, s *subject) {
	parse := func(text string) daybook.Details {
		d, err := daybook.ParseDetails([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	texts := []string{
		`{}`,
		`{"a":1}`, `{"a":"1"}`, `{"a":true}`, `{"a":null}`, `{"a":10}`, `{"a":1.5}`, `{"A":1}`, `{"b":1}`, `{"a":1,"b":1}`,
		`{"a":{}}`, `{"a":[]}`, `{"a":[1]}`, `{"a":[1,2]}`, `{"a":[2,1]}`, `{"a":[[1]]}`, `{"a":[{"b":1}]}`, `{"a":[null]}`,
		`{"a":{"b":1}}`, `{"a":{"b":1,"c":2}}`, `{"a":{"b":[1,2]}}`, `{"a":{"b":{"c":1}}}`, `{"b":{"a":1}}`, `{"a.b":1}`, `{"x":{"a":{"b":1}}}`,
		`{"a":"x"}`, `{"a":"X"}`, `{"a":"x%"}`, `{"a":"\"x\""}`, `{"a":"\\"}`, `{"a":"é"}`, `{"a":["x","y"]}`, `{"a":"[\"x\"]"}`, `{"a":"{\"b\":1}"}`,
		`{"a":100000000000000000001}`, `{"a":100000000000000000002}`, `{"a":0.1}`, `{"a":0.10000000000000001}`,
	}
	entries := Entries("acme", len(texts))
	for i, text := range texts {
		entries[i].Details = parse(text)
	}
	s.append(t, entries...)
	for _, text := range []string{
		`{"a":1}`, `{"a":1.0}`, `{"a":"1"}`, `{"a":true}`, `{"a":null}`, `{"a":10}`, `{"A":1}`, `{"a":1,"b":1}`,
		`{"a":{}}`, `{"a":[]}`, `{"a":[1]}`, `{"a":[2,1]}`, `{"a":2}`, `{"a":[[1]]}`, `{"a":{"b":1}}`, `{"a":{"b":2}}`, `{"a":{"b":{}}}`, `{"a":{"c":2}}`,
		`{"a":{"b":{"c":1}}}`, `{"a.b":1}`, `{"b":{}}`, `{"a":"x"}`, `{"a":"X"}`, `{"a":"%"}`, `{"a":"x%"}`, `{"a":"_"}`, `{"a":"\"x\""}`, `{"a":"\\"}`, `{"a":"é"}`,
		`{"a":["y","x"]}`, `{"a":["x","y"]}`, `{"a":"[\"x\"]"}`, `{"a":100000000000000000001}`, `{"a":0.1}`, `{"a":1e-1}`, `{"none":1}`, `{"x":{"a":{}}}`,
	} {
		s.finds(t, "acme", entries, daybook.Query{Details: parse(text), Limit: 100})
	}
	for q, want := range map[string]int{`{}`: len(entries), `{"a":1}`: 5, `{"a":{"b":1}}`: 3, `{"a":"x"}`: 2, `{"none":1}`: 0} {
		if got := len(s.all(t, "acme", daybook.Query{Details: parse(q), Limit: 100})); got != want {
			t.Errorf("%d entries contain %s, want %d", got, q, want)
		}
	}
	if got := len(s.all(t, "acme", daybook.Query{Details: daybook.Details{"a": 1, "b": uint8(1)}})); got != 1 {
		t.Errorf("%d entries contain a Go value, want 1", got)
	}
}

func byNetwork(t testing.TB, s *subject) {
	addresses := []string{"192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.10", "192.0.2.100", "192.0.2.127", "192.0.2.128", "192.0.2.255", "192.0.3.0", "192.0.20.1",
		"0.0.0.0", "255.255.255.255", "1.192.0.2", "::", "::1", "::192.0.2.1", "64:ff9b::192.0.2.1", "2001:db8::", "2001:db8::1", "2001:db8::10",
		"2001:db8:0:1::", "2001:db8:8000::", "2001:db9::", "fe80::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}
	entries := Entries("acme", len(addresses)+1)
	for i, a := range addresses {
		entries[i].IPAddress = netip.MustParseAddr(a)
	}
	entries[len(addresses)].IPAddress = netip.Addr{} // is in no network
	s.append(t, entries...)
	for network, want := range map[string]int{
		"192.0.2.1/32": 1, "192.0.2.0/30": 3, "192.0.2.0/25": 6, "192.0.2.0/24": 8, "192.0.2.77/24": 8, "192.0.2.0/23": 9, "192.0.0.0/16": 10, "0.0.0.0/0": 13,
		"192.0.2.3/32": 0, "128.0.0.0/1": 11, "::ffff:192.0.2.1/128": 1, "::ffff:192.0.2.0/120": 8, "::ffff:0.0.0.0/96": 13,
		"::/0": 12, "::/128": 1, "2001:db8::1/128": 1, "2001:db8::/120": 3, "2001:db8::/33": 4, "2001:db8::/32": 5, "fe80::1/128": 1, "::/96": 3, "8000::/1": 2,
	} {
		q := daybook.Query{IPAddress: netip.MustParsePrefix(network)}
		if n := s.finds(t, "acme", entries, q); n != want {
			t.Errorf("%d addresses are in %s, want %d", n, network, want)
		}
	}
}

func wrongQueries(t testing.TB, s *subject) {
	s.append(t, Entries("acme", 3)...)
	long := strings.Repeat("x", 300)
	for name, c := range map[string]struct {
		field string
		q     daybook.Query
	}{
		"an unknown actor type":            {"actor_type", daybook.Query{ActorTypes: []daybook.ActorType{daybook.ActorUser, "robot"}}},
		"an empty action":                  {"action", daybook.Query{Actions: []daybook.Action{""}}},
		"an action with a quotation mark":  {"action", daybook.Query{Actions: []daybook.Action{"A' or 'B"}}},
		"an unknown outcome":               {"outcome", daybook.Query{Outcomes: []daybook.Outcome{"SUCCESS"}}},
		"a resource type with a semicolon": {"resource_type", daybook.Query{ResourceType: "a;"}},
		"a NUL in the resource id":         {"resource_id", daybook.Query{ResourceID: "a\x00"}},
		"a user id that is not UTF-8":      {"user_id", daybook.Query{UserID: "\xff"}},
		"a request id that is too long":    {"request_id", daybook.Query{RequestID: long}},
		"a network of no kind":             {"ip_address", daybook.Query{IPAddress: netip.MustParsePrefix("::ffff:0.0.0.0/95")}},
		"an address without a length":      {"ip_address", daybook.Query{IPAddress: netip.PrefixFrom(netip.MustParseAddr("192.0.2.1"), -1)}},
		"details with a NUL":               {"details", daybook.Query{Details: daybook.Details{"a": "\x00"}}},
		"a function in details":            {"details", daybook.Query{Details: daybook.Details{"a": func() {}}}},
	} {
		if page, err := s.Query(t.Context(), "acme", c.q); !refuses(err, c.field) || len(page.Entries) > 0 {
			t.Errorf("%s: %d entries, %v, want a FieldError of %s", name, len(page.Entries), err, c.field)
		}
		if groups, err := s.Count(t.Context(), "acme", c.q); !refuses(err, c.field) || len(groups) > 0 {
			t.Errorf("%s, counted: %v, %v, want a FieldError of %s", name, groups, err, c.field)
		}
	}
	for name, c := range map[string]struct {
		field string
		q     daybook.Query
	}{
		"a negative limit": {"limit", daybook.Query{Limit: -1}},
		"an unknown order": {"order", daybook.Query{Order: 2}},
	} {
		if page, err := s.Query(t.Context(), "acme", c.q); !refuses(err, c.field) || len(page.Entries) > 0 {
			t.Errorf("%s: %d entries, %v, want a FieldError of %s", name, len(page.Entries), err, c.field)
		}
	}
	for _, organization := range []string{"a\x00", "\xff", long} {
		_, err := s.Query(t.Context(), organization, daybook.Query{})
		_, countErr := s.Count(t.Context(), organization, daybook.Query{})
		if !refuses(err, "organization_id") || !refuses(countErr, "organization_id") {
			t.Errorf("organization %.20q: %v and counted %v, want a FieldError of organization_id", organization, err, countErr)
		}
	}
}

func queryWithoutOrganization(t testing.TB, s *subject) {
	s.append(t, Entry("acme"), Entry(" "))
	if page, err := s.Query(t.Context(), "", daybook.Query{}); !errors.Is(err, daybook.ErrNoOrganization) || len(page.Entries) > 0 {
		t.Errorf("queried: %d entries, %v", len(page.Entries), err)
	}
	if groups, err := s.Count(t.Context(), "", daybook.Query{}); !errors.Is(err, daybook.ErrNoOrganization) || len(groups) > 0 {
		t.Errorf("counted: %v, %v", groups, err)
	}
}

func cancelledQuestions(t testing.TB, s *subject) {
	entries := Entries("acme", 20)
	s.append(t, entries...)
	ask := func(ctx context.Context, kind int) (n int, err error) {
		switch kind % 3 {
		case 0:
			page, err := s.Query(ctx, "acme", daybook.Query{})
			return len(page.Entries), err
		case 1:
			groups, err := s.Count(ctx, "acme", daybook.Query{}, daybook.ByResourceID)
			return len(groups), err
		default:
			tailed, _, err := s.Tail(ctx, daybook.Position{}, len(entries))
			return len(tailed), err
		}
	}
	s.tail(t, daybook.Position{}, len(entries), 100) // all have their places
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	var wg sync.WaitGroup
	for i := range 60 {
		ctx := cancelled
		switch i % 3 {
		case 1:
			c, cancel := context.WithCancel(t.Context())
			wg.Go(cancel)
			ctx = c
		case 2:
			ctx = t.Context()
		}
		wg.Go(func() {
			n, err := ask(ctx, i/3)
			if ctx.Err() != nil && errors.Is(err, context.Canceled) {
				return
			}
			if err != nil || n != len(entries) {
				t.Errorf("question %d: %d answers of %d, %v; its context: %v", i, n, len(entries), err, ctx.Err())
			}
		})
	}
	wg.Wait()
	s.stores(t, "acme", entries...)
}
