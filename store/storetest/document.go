package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/daybookdev/daybook"
)

func documents() []promise {
	return []promise{
		{"a document is read as it was put, and the last put counts",
			"a key, a session or a saved view would not be what somebody made it",
			putAndRead},
		{"a put with another revision than the stored one changes nothing",
			"of two people who change a key at once, one would undo the other's revocation",
			compareAndSwap},
		{"of many who create a document at once, one does",
			"an idempotency key would let two requests through",
			oneCreator},
		{"of many who change a document at once, no change is lost",
			"a counter or a list in a document would lose what somebody added",
			noLostUpdate},
		{"documents of other organizations, kinds and names are not seen",
			"one tenant would get another's saved views",
			documentsApart},
		{"an expired document is not there",
			"a session would outlive its time",
			expiry},
		{"an expired document can be created again",
			"the name of an expired idempotency key would be taken for ever",
			createOverExpired},
		{"a list is in the order of names, and pages meet without gap or overlap",
			"a key would be missing from the list, and so never revoked",
			listInPages},
		{"a document is deleted with its revision, or with any",
			"somebody would delete what another one has just changed",
			deleteWithRevision},
		{"a revision from before a deletion is not current again",
			"whoever still has the old document would overwrite the new one without knowing",
			revisionsRise},
		{"a wrong document is refused with its field",
			"the person would not know what to correct",
			refuseDocument},
		{"the caller's memory and the store's are apart",
			"a document would change after it was put",
			documentMemory},
		{"documents leave entries alone",
			"a session would show up in the log, or move its positions",
			documentsAreNoEntries},
		{"documents end with the store and with the context",
			"a shutdown or a client that is gone would be waited for",
			documentsEnd},
	}
}

func (s *subject) documents() daybook.Documents { return s.Store.(daybook.Documents) }

func (s *subject) put(t testing.TB, d daybook.Document) daybook.Document {
	t.Helper()
	put, err := s.documents().PutDocument(t.Context(), d)
	if err != nil {
		t.Fatalf("put %s %q with revision %d: %v", d.Kind, d.Name, d.Revision, err)
	}
	return put
}

// has checks that the document is there, exactly.
func (s *subject) has(t testing.TB, want daybook.Document) {
	t.Helper()
	got, err := s.documents().Document(t.Context(), want.Kind, want.Organization, want.Name)
	if err != nil {
		t.Errorf("read %s %q: %v", want.Kind, want.Name, err)
	} else if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s %q, -put +read:\n%s", want.Kind, want.Name, diff)
	}
}

// lacks checks that there is no such document, whoever asks how.
func (s *subject) lacks(t testing.TB, kind, organization, name string) {
	t.Helper()
	if d, err := s.documents().Document(t.Context(), kind, organization, name); !errors.Is(err, daybook.ErrNotFound) {
		t.Errorf("read %s %q of %q: %+v, %v, want ErrNotFound", kind, name, organization, d, err)
	}
	if got := s.list(t, kind, organization, "", 0); slices.ContainsFunc(got, func(d daybook.Document) bool { return d.Name == name }) {
		t.Errorf("the list of %s of %q has %q", kind, organization, name)
	}
}

func (s *subject) list(t testing.TB, kind, organization, after string, limit int) []daybook.Document {
	t.Helper()
	got, err := s.documents().ListDocuments(t.Context(), kind, organization, after, limit)
	if err != nil {
		t.Fatalf("list %s of %q: %v", kind, organization, err)
	}
	return got
}

func view(organization, name, content string) daybook.Document {
	return daybook.Document{Kind: "view", Organization: organization, Name: name, Content: []byte(content)}
}

func putAndRead(t testing.TB, s *subject) {
	long := strings.Repeat("n", daybook.MaxDocumentName)
	expires := time.Now().Add(48 * time.Hour).In(time.FixedZone("", 3600))
	for _, d := range []daybook.Document{
		view("acme", "failed", `{"q":"outcome:failure"}`),
		view("", "failed", "the deployment's own"),
		view("acme", "no content", ""),
		view("acme", "any bytes", "\x00\xff\xfe'\"\\%"),
		view("acme", long, strings.Repeat("\x00x", daybook.MaxDocument/2)),
		view("0189ABCD-0000-7000-8000-000000000000", "日本 %_'", "x"),
		{Kind: "session.v-1_x", Organization: "acme", Name: "expires", ExpiresAt: expires},
	} {
		before := time.Now().Add(-time.Second)
		put := s.put(t, d)
		if put.Revision <= 0 || put.UpdatedAt.Before(before) || put.UpdatedAt.After(time.Now().Add(time.Second)) {
			t.Errorf("%q was put with revision %d at %v", d.Name, put.Revision, put.UpdatedAt)
		}
		want := d
		want.Organization = strings.ToLower(d.Organization)
		want.Revision, want.UpdatedAt = put.Revision, put.UpdatedAt
		if want.Content == nil {
			want.Content = []byte{}
		}
		if !want.ExpiresAt.IsZero() {
			want.ExpiresAt = time.UnixMicro(expires.UnixMicro()).UTC()
		}
		if diff := cmp.Diff(want, put); diff != "" {
			t.Errorf("put %q, -want +got:\n%s", d.Name, diff)
		}
		s.has(t, want)
		want.Content, want.ExpiresAt = []byte("other"), time.Time{}
		again := s.put(t, want)
		if again.Revision <= put.Revision {
			t.Errorf("revision %d follows %d", again.Revision, put.Revision)
		}
		want.Revision, want.UpdatedAt = again.Revision, again.UpdatedAt
		s.has(t, want)
	}
}

func compareAndSwap(t testing.TB, s *subject) {
	first := s.put(t, view("acme", "a", "first"))
	second := first
	second.Content = []byte("second")
	second = s.put(t, second)
	for _, revision := range []int64{0, 1, first.Revision, second.Revision + 1, 1<<63 - 1} {
		late := view("acme", "a", "late")
		late.Revision = revision
		if got, err := s.documents().PutDocument(t.Context(), late); !errors.Is(err, daybook.ErrConflict) {
			t.Errorf("a put with revision %d where %d is stored: %+v, %v, want ErrConflict", revision, second.Revision, got, err)
		}
		s.has(t, second)
	}
	none := view("acme", "none", "x")
	none.Revision = first.Revision
	if _, err := s.documents().PutDocument(t.Context(), none); !errors.Is(err, daybook.ErrConflict) {
		t.Errorf("a put in place of a document that is not there: %v, want ErrConflict", err)
	}
	s.lacks(t, "view", "acme", "none")
}

func oneCreator(t testing.TB, s *subject) {
	for round := range 10 {
		name := fmt.Sprint("round ", round)
		var created atomic.Int64
		var winner atomic.Value
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() {
				d, err := s.documents().PutDocument(t.Context(), view("acme", name, fmt.Sprint("creator ", i)))
				switch {
				case err == nil:
					created.Add(1)
					winner.Store(d)
				case !errors.Is(err, daybook.ErrConflict):
					t.Errorf("create: %v, want ErrConflict", err)
				}
			})
		}
		wg.Wait()
		if n := created.Load(); n != 1 {
			t.Fatalf("%d of 12 created %q", n, name)
		}
		s.has(t, winner.Load().(daybook.Document))
	}
}

func noLostUpdate(t testing.TB, s *subject) {
	const writers, each = 4, 5
	s.put(t, view("acme", "counter", ""))
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for done := 0; done < each; {
				d, err := s.documents().Document(t.Context(), "view", "acme", "counter")
				if err != nil {
					t.Errorf("read: %v", err)
					return
				}
				d.Content = append(d.Content, 'x')
				switch _, err := s.documents().PutDocument(t.Context(), d); {
				case err == nil:
					done++
				case !errors.Is(err, daybook.ErrConflict):
					t.Errorf("put: %v", err)
					return
				}
			}
		})
	}
	wg.Wait()
	d, err := s.documents().Document(t.Context(), "view", "acme", "counter")
	if err != nil || len(d.Content) != writers*each {
		t.Errorf("%d changes are left of %d, %v", len(d.Content), writers*each, err)
	}
}

func documentsApart(t testing.TB, s *subject) {
	kinds := []string{"view", "View", "view2", "vie"}
	organizations := []string{"", "acme", "ACME", "acme2", "acm", "acme ", "%", "acme_", "аcme"} // the last begins with a Cyrillic letter
	names := []string{"a", "A", "a ", "ab", "%", "_"}
	var all []daybook.Document
	for _, kind := range kinds {
		for _, organization := range organizations {
			for _, name := range names {
				all = append(all, s.put(t, daybook.Document{Kind: kind, Organization: organization, Name: name, Content: []byte(kind + "/" + organization + "/" + name)}))
			}
		}
	}
	for _, d := range all {
		s.has(t, d)
	}
	for _, kind := range kinds {
		for _, organization := range organizations {
			for _, d := range s.list(t, kind, organization, "", daybook.MaxLimit) {
				if want := kind + "/" + organization + "/" + d.Name; string(d.Content) != want || d.Kind != kind || d.Organization != organization {
					t.Errorf("the list of %s of %q has %q", kind, organization, d.Content)
				}
			}
		}
	}
	gone := all[len(all)/2]
	if err := s.documents().DeleteDocument(t.Context(), gone.Kind, gone.Organization, gone.Name, 0); err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.Kind != gone.Kind || d.Organization != gone.Organization || d.Name != gone.Name {
			s.has(t, d)
		}
	}
	s.lacks(t, gone.Kind, gone.Organization, gone.Name)
	s.lacks(t, "view", "nobody", "a")
}

func expiry(t testing.TB, s *subject) {
	past := view("acme", "past", "x")
	past.ExpiresAt = time.Now().Add(-time.Hour)
	put := s.put(t, past)
	s.lacks(t, "view", "acme", "past")
	if err := s.documents().DeleteDocument(t.Context(), "view", "acme", "past", put.Revision); !errors.Is(err, daybook.ErrNotFound) {
		t.Errorf("delete what has expired: %v, want ErrNotFound", err)
	}
	if _, err := s.documents().PutDocument(t.Context(), put); !errors.Is(err, daybook.ErrConflict) {
		t.Errorf("a put in place of what has expired: %v, want ErrConflict", err)
	}
	soon := view("acme", "soon", "x")
	soon.ExpiresAt = time.Now().Add(300 * time.Millisecond)
	soon = s.put(t, soon)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		got, err := s.documents().Document(ctx, "view", "acme", "soon")
		if errors.Is(err, daybook.ErrNotFound) {
			break
		}
		if err != nil || !time.Now().Before(soon.ExpiresAt.Add(patience/2)) {
			t.Fatalf("%v after its end: %+v, %v", time.Since(soon.ExpiresAt), got, err)
		}
		pause(ctx)
	}
	if now := time.Now(); now.Before(soon.ExpiresAt) {
		t.Errorf("it is gone %v before its end", soon.ExpiresAt.Sub(now))
	}
	s.lacks(t, "view", "acme", "soon")
	later := view("acme", "later", "x")
	later.ExpiresAt = time.Now().Add(time.Hour)
	later = s.put(t, later)
	s.has(t, later)
	later.ExpiresAt = time.Time{} // it can be kept after all
	s.has(t, s.put(t, later))
}

func createOverExpired(t testing.TB, s *subject) {
	d := view("acme", "a", "first")
	d.ExpiresAt = time.Now().Add(-time.Second)
	first := s.put(t, d)
	d.Content, d.ExpiresAt = []byte("second"), time.Time{}
	second := s.put(t, d)
	if second.Revision <= first.Revision {
		t.Errorf("revision %d follows %d", second.Revision, first.Revision)
	}
	s.has(t, second)
	if _, err := s.documents().PutDocument(t.Context(), d); !errors.Is(err, daybook.ErrConflict) {
		t.Errorf("a third creation: %v, want ErrConflict", err)
	}
	for i := range 40 { // more than a put removes at once
		d := view("acme", fmt.Sprintf("expired %02d", i), "x")
		d.ExpiresAt = time.Now().Add(-time.Second)
		s.put(t, d)
	}
	s.has(t, second)
	if got := s.list(t, "view", "acme", "", 0); len(got) != 1 {
		t.Errorf("%d documents are listed, want 1", len(got))
	}
}

func listInPages(t testing.TB, s *subject) {
	var want []string
	for i := range 60 {
		want = append(want, fmt.Sprintf("n%02d", i))
	}
	want = append(want, "A", "a", "z", "Z", "é", "日本", "~", " ", "\U0001F600", "\uFFFD", "e\u0301")
	for i, name := range want { // not in their order
		s.put(t, view("acme", want[(i*37)%len(want)], name))
		s.put(t, view("zeta", name, "x"))
	}
	slices.Sort(want)
	for _, limit := range []int{1, 7, len(want) - 1, len(want), len(want) + 1, 10_000} {
		var got []string
		for after := ""; ; {
			page := s.list(t, "view", "acme", after, limit)
			if len(page) > limit {
				t.Fatalf("%d documents in a page of %d", len(page), limit)
			}
			for _, d := range page {
				got, after = append(got, d.Name), d.Name
			}
			if len(page) < limit || len(got) > len(want) {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages of %d, -want +got:\n%s", limit, diff)
		}
	}
	if got := s.list(t, "view", "acme", "", 0); len(got) != daybook.DefaultLimit {
		t.Errorf("%d documents without a limit, want %d", len(got), daybook.DefaultLimit)
	}
	if got := s.list(t, "view", "acme", "n58 and none of this name", 2); len(got) != 2 || got[0].Name != "n59" {
		t.Errorf("behind a name that is not there: %+v", got)
	}
}

func deleteWithRevision(t testing.TB, s *subject) {
	first := s.put(t, view("acme", "a", "first"))
	second := s.put(t, first)
	for _, revision := range []int64{first.Revision, second.Revision + 1, 1, -1} {
		if err := s.documents().DeleteDocument(t.Context(), "view", "acme", "a", revision); !errors.Is(err, daybook.ErrConflict) {
			t.Errorf("delete with revision %d where %d is stored: %v, want ErrConflict", revision, second.Revision, err)
		}
	}
	s.has(t, second)
	if err := s.documents().DeleteDocument(t.Context(), "view", "acme", "a", second.Revision); err != nil {
		t.Errorf("delete: %v", err)
	}
	s.lacks(t, "view", "acme", "a")
	if err := s.documents().DeleteDocument(t.Context(), "view", "acme", "a", 0); !errors.Is(err, daybook.ErrNotFound) {
		t.Errorf("delete again: %v, want ErrNotFound", err)
	}
	s.put(t, view("acme", "a", "third"))
	if err := s.documents().DeleteDocument(t.Context(), "view", "acme", "a", 0); err != nil {
		t.Errorf("delete with any revision: %v", err)
	}
	s.lacks(t, "view", "acme", "a")
}

func revisionsRise(t testing.TB, s *subject) {
	old := s.put(t, view("acme", "a", "old"))
	if err := s.documents().DeleteDocument(t.Context(), "view", "acme", "a", 0); err != nil {
		t.Fatal(err)
	}
	for !time.Now().After(old.UpdatedAt.Add(time.Millisecond)) {
		pause(t.Context())
	}
	fresh := s.put(t, view("acme", "a", "new"))
	if _, err := s.documents().PutDocument(t.Context(), old); !errors.Is(err, daybook.ErrConflict) {
		t.Errorf("a put with the revision from before the deletion: %v, want ErrConflict", err)
	}
	s.has(t, fresh)
}

func refuseDocument(t testing.TB, s *subject) {
	for _, tt := range []struct {
		field  string
		change func(*daybook.Document)
	}{
		{"kind", func(d *daybook.Document) { d.Kind = "" }},
		{"kind", func(d *daybook.Document) { d.Kind = "a b" }},
		{"organization", func(d *daybook.Document) { d.Organization = "\xff" }},
		{"organization", func(d *daybook.Document) { d.Organization = "a\x00" }},
		{"organization", func(d *daybook.Document) { d.Organization = strings.Repeat("o", daybook.MaxOrganizationID+1) }},
		{"name", func(d *daybook.Document) { d.Name = "" }},
		{"name", func(d *daybook.Document) { d.Name = "a\x00b" }},
		{"name", func(d *daybook.Document) { d.Name = "\xff" }},
		{"name", func(d *daybook.Document) { d.Name = strings.Repeat("n", daybook.MaxDocumentName+1) }},
		{"revision", func(d *daybook.Document) { d.Revision = -1 }},
		{"content", func(d *daybook.Document) { d.Content = make([]byte, daybook.MaxDocument+1) }},
		{"expires_at", func(d *daybook.Document) { d.ExpiresAt = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC) }},
	} {
		d := view("acme", "a", "x")
		tt.change(&d)
		if _, err := s.documents().PutDocument(t.Context(), d); !refuses(err, tt.field) {
			t.Errorf("put %.40q %.40q %.40q: %v, want a refusal of %s", d.Kind, d.Organization, d.Name, err, tt.field)
		}
		if tt.field == "kind" || tt.field == "organization" || tt.field == "name" {
			if _, err := s.documents().Document(t.Context(), d.Kind, d.Organization, d.Name); !refuses(err, tt.field) {
				t.Errorf("read %.40q %.40q %.40q: %v, want a refusal of %s", d.Kind, d.Organization, d.Name, err, tt.field)
			}
			if err := s.documents().DeleteDocument(t.Context(), d.Kind, d.Organization, d.Name, 0); !refuses(err, tt.field) {
				t.Errorf("delete %.40q %.40q %.40q: %v, want a refusal of %s", d.Kind, d.Organization, d.Name, err, tt.field)
			}
		}
	}
	for _, after := range []string{"a\x00", "\xff"} {
		if _, err := s.documents().ListDocuments(t.Context(), "view", "acme", after, 10); !refuses(err, "after") {
			t.Errorf("list behind %q: %v, want a refusal of after", after, err)
		}
	}
	if got := s.list(t, "view", "acme", "", 0); len(got) > 0 {
		t.Errorf("%d documents are stored", len(got))
	}
}

func documentMemory(t testing.TB, s *subject) {
	d := view("acme", "a", "first")
	put := s.put(t, d)
	want := put
	want.Content = []byte("first")
	copy(d.Content, "XXXXX")
	s.has(t, want)
	copy(put.Content, "YYYYY")
	s.has(t, want)
	read, err := s.documents().Document(t.Context(), "view", "acme", "a")
	if err != nil {
		t.Fatal(err)
	}
	copy(read.Content, "ZZZZZ")
	copy(s.list(t, "view", "acme", "", 0)[0].Content, "ZZZZZ")
	s.has(t, want)
}

func documentsAreNoEntries(t testing.TB, s *subject) {
	entries := Entries("acme", 3)
	s.append(t, entries[0])
	s.put(t, view("acme", "a", "x"))
	s.append(t, entries[1:]...)
	s.put(t, view("acme", "b", "x"))
	s.stores(t, "acme", entries...)
	got, _ := s.tail(t, daybook.Position{}, 3, 10)
	if diff := Diff(entries, plain(got)); diff != "" {
		t.Errorf("tail, -want +got:\n%s", diff)
	}
}

func documentsEnd(t testing.TB, s *subject) {
	d := s.put(t, view("acme", "a", "x"))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	each := func(ctx context.Context, want error) {
		t.Helper()
		_, err1 := s.documents().PutDocument(ctx, view("acme", "b", "x"))
		_, err2 := s.documents().Document(ctx, "view", "acme", "a")
		_, err3 := s.documents().ListDocuments(ctx, "view", "acme", "", 0)
		err4 := s.documents().DeleteDocument(ctx, "view", "acme", "a", 0)
		for i, err := range []error{err1, err2, err3, err4} {
			if !errors.Is(err, want) {
				t.Errorf("call %d: %v, want %v", i+1, err, want)
			}
		}
	}
	each(cancelled, context.Canceled)
	s.has(t, d)
	s.lacks(t, "view", "acme", "b")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	each(t.Context(), daybook.ErrClosed)
}
