package storetest

import (
	"fmt"
	"testing"

	"github.com/daybookdev/daybook"
)

func isolation() []promise {
	return []promise{
		{"no query, count, filter or cursor shows another organization's entries",
			"one entry that crosses is the end of a customer's trust",
			ownEntriesOnly},
		{"organizations that look alike are different ones",
			"whoever can choose an organization's name would choose one that a sloppy comparison takes for another's",
			similarOrganizations},
	}
}

func ownEntriesOnly(t testing.TB, s *subject) {
	// The middle one's name begins with the first's and sorts between the others.
	organizations := []string{"acme", "acme2", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"}
	of := map[string][]daybook.Entry{}
	g := NewGenerator(6)
	var all []daybook.Entry
	for range 100 {
		for _, o := range organizations {
			e := g.Entry(o)
			of[o] = append(of[o], e)
			all = append(all, e)
		}
		if len(all)%5 == 0 { // some ids are in every organization
			e := all[len(all)-1]
			for _, o := range organizations[:2] {
				e.OrganizationID = o
				of[o] = append(of[o], e)
				all = append(all, e)
			}
		}
	}
	s.append(t, all...)
	for i, o := range organizations {
		other := organizations[(i+1)%len(organizations)]
		for _, order := range []daybook.Order{daybook.Newest, daybook.Oldest} {
			s.finds(t, o, of[o], daybook.Query{Order: order, Limit: 300})
			// A cursor is a place in time. Another organization's is one too, and nothing more.
			foreign := s.query(t, other, daybook.Query{Order: order, Limit: 20}).Next
			for _, e := range s.all(t, o, daybook.Query{Order: order, After: foreign, Limit: 15}) {
				if e.OrganizationID != o {
					t.Fatalf("behind a cursor of %s, %s sees an entry of %s", other, o, e.OrganizationID)
				}
			}
		}
		for field := range fieldsOfQuery {
			for range 4 {
				q := daybook.Query{Limit: 300}
				g.narrowBy(&q, field)
				want := s.finds(t, o, of[o], q)
				groups, err := s.Count(t.Context(), o, q)
				if err != nil || len(groups) != 1 || int(groups[0].Count) != want {
					t.Errorf("%s: %v, %v counted of %+v, want %d", o, groups, err, q, want)
				}
			}
		}
		for _, e := range of[other][:20] {
			s.finds(t, o, of[o], daybook.Query{ID: e.ID})
		}
	}
}

func similarOrganizations(t testing.TB, s *subject) {
	names := append(lookalikes(), "org", "orga", "orgb", "Org", "ORG", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff",
		"6f9619ff8b864d01b42d00cf4fc964ff", "6f9619ff-8b86-4d01-b42d-00cf4fc964f", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff ")
	var entries []daybook.Entry
	for i, name := range names {
		e := Entry(name)
		e.ResourceID = fmt.Sprint(i)
		entries = append(entries, e)
	}
	s.append(t, entries...)
	for i, name := range names {
		got := s.all(t, name, daybook.Query{})
		n := s.total(t, name)
		if len(got) == 1 && got[0].ResourceID == fmt.Sprint(i) && got[0].OrganizationID == name && n == 1 {
			continue
		}
		var found []string
		for _, e := range got {
			found = append(found, e.OrganizationID)
		}
		t.Errorf("organization %q sees entries of %q and counts %d", name, found, n)
	}
	if n := s.total(t, "nobody"); n != 0 {
		t.Errorf("an organization without entries counts %d", n)
	}
}
