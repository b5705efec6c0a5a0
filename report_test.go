package daybook_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/memory"
)

// plainStore hides what a store can do beyond daybook.Store.
type plainStore struct{ daybook.Store }

func TestReportsOfAStoreThatMakesNoneAreReadFromPages(t *testing.T) {
	s := memory.New()
	defer s.Close()
	from := when(t, "2026-11-01T00:00:00Z")
	for i := range 2500 { // more than a page
		e := daybook.Entry{Action: []daybook.Action{daybook.Create, daybook.Read}[i%2], ResourceType: "document", OrganizationID: "acme",
			UserID: []string{"", "ada", "grace"}[i%3], CreatedAt: from.Add(time.Duration(i) * time.Minute)}
		if i%5 > 0 {
			e.Details = daybook.Details{"tags": []string{"a", fmt.Sprint(i % 7), "a"}}
		}
		if err := s.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	edges, err := daybook.Edges(from, from.Add(48*time.Hour), daybook.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	q := daybook.Query{Actions: []daybook.Action{daybook.Read}, Limit: 7, Order: daybook.Oldest}
	for _, by := range [][]daybook.Field{nil, {daybook.ByUserID}} {
		want, err := s.Histogram(t.Context(), "acme", q, edges, by...)
		if err != nil {
			t.Fatal(err)
		}
		got, err := daybook.Histogram(t.Context(), plainStore{s}, "acme", q, edges, by...)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("histogram by %v, %v, -ability +pages:\n%s", by, err, diff)
		}
		var sum int64
		for _, b := range got {
			sum += b.Count()
		}
		if len(got) != 48 || sum == 0 {
			t.Errorf("%d buckets with %d entries", len(got), sum)
		}
	}
	for _, field := range []daybook.Field{daybook.ByUserID, "details.tags"} {
		want, err := s.Top(t.Context(), "acme", q, field, 3)
		if err != nil {
			t.Fatal(err)
		}
		got, err := daybook.TopValues(t.Context(), plainStore{s}, "acme", q, field, 3)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("top of %s, %v, -ability +pages:\n%s", field, err, diff)
		}
	}
	if _, err := daybook.Histogram(t.Context(), plainStore{s}, "acme", q, nil); !errors.Is(err, daybook.ErrInvalid) {
		t.Errorf("without edges: %v", err)
	}
	if _, err := daybook.TopValues(t.Context(), plainStore{s}, "", q, daybook.ByAction, 0); !errors.Is(err, daybook.ErrNoOrganization) {
		t.Errorf("without an organization: %v", err)
	}
}

func TestThePathIntoDetailsFindsValues(t *testing.T) {
	details, err := daybook.ParseDetails([]byte(`{
		"reason":"rotation", "n":50, "text":"50", "yes":true, "no":false, "nothing":null, "empty":"",
		"tags":["a","b","a",1,null,["c"],{"d":1}], "none":[],
		"items":[{"name":"x"},{"name":["y","x"]},{"other":1},[{"name":"too deep"}],"text"],
		"changes":{"address.city":{"old":"Berlin","new":"Bern"}}, "a":{"b":{"c":1}}, "\"q\"":"quoted", "":"unnamed"}`))
	if err != nil {
		t.Fatal(err)
	}
	e := daybook.Entry{Action: daybook.Create, UserID: "ada", Details: details}
	for field, want := range map[daybook.Field][]string{
		"action":                             {"CREATE"},
		"resource_id":                        nil,
		"details.reason":                     {"rotation"},
		"details.n":                          {"50"},
		"details.text":                       {"50"},
		"details.yes":                        {"true"},
		"details.no":                         {"false"},
		"details.nothing":                    nil,
		"details.absent":                     nil,
		"details.absent.b":                   nil,
		"details.empty":                      {""},
		"details.tags":                       {"a", "b", "1"},
		"details.none":                       nil,
		"details.items.name":                 {"x", "y"},
		"details.items":                      {"text"},
		"details.tags.d":                     {"1"},
		"details.changes":                    nil,
		"details.a.b.c":                      {"1"},
		"details.a.b":                        nil,
		"details.reason.more":                nil,
		`details.changes."address.city".new`: {"Bern"},
		`details."reason"`:                   {"rotation"},
		`details."\"q\""`:                    {"quoted"},
		`details.""`:                         {"unnamed"},
	} {
		if got := field.Values(&e); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
		if field.InDetails() {
			if _, err := field.Steps(); err != nil {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
}

func TestAFieldThatHasNoValuesIsRefused(t *testing.T) {
	s := memory.New()
	defer s.Close()
	for _, field := range []daybook.Field{"", "details", "details.", "details..a", "details.a.", "details.a b", `details."a`, `details."a"b`, "details.\"\xff\"", "details.ä",
		"organization_id", "created_at", daybook.Field("details" + strings.Repeat(".a", 9)), `details.a' or 1=1`} {
		_, err := s.Top(t.Context(), "acme", daybook.Query{}, field, 0)
		var refused *daybook.FieldError
		if !errors.As(err, &refused) || refused.Field != "field" {
			t.Errorf("%q: %v, want a FieldError of field", field, err)
		}
	}
}

func TestARankingOfTooManyValuesIsRefused(t *testing.T) {
	ranking, err := daybook.NewRanking("details.a", 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range daybook.MaxTopValues {
		if err := ranking.Add(fmt.Sprint(i), 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := ranking.Add("1", 1); err != nil {
		t.Errorf("a value that is there already: %v", err)
	}
	if err := ranking.Add("one too many", 1); !errors.Is(err, daybook.ErrInvalid) {
		t.Errorf("one too many: %v", err)
	}
	ranking, _ = daybook.NewRanking("details.a", 1)
	long := strings.Repeat("x", 1<<20)
	for i := range daybook.MaxTopBytes >> 20 {
		if err := ranking.Add(fmt.Sprint(i%10)+long[:len(long)-1-i/10]+"x", 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := ranking.Add(long, 1); !errors.Is(err, daybook.ErrInvalid) {
		t.Errorf("too many bytes: %v", err)
	}
}
