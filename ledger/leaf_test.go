package ledger_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

// A vector is one case of docs/vectors/leaf.json, which another program made (leaf.py).
type vector struct {
	Name        string
	Origin      string
	Kind        ledger.Kind
	Control     string
	Salt        string
	Entry       json.RawMessage
	Erase       []string
	Commitments map[string]string
	Leaf        string
	Hash        string
}

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("../docs/vectors/leaf.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("%d vectors", len(all))
	}
	return all
}

func (v vector) sealed(t testing.TB) *ledger.Sealed {
	t.Helper()
	e, err := daybook.ParseEntry(v.Entry)
	if err != nil {
		t.Fatal(err)
	}
	s := &ledger.Sealed{Entry: e, Version: 1, Kind: v.Kind, Control: v.Control}
	salt, err := hex.DecodeString(v.Salt)
	if err != nil {
		t.Fatal(err)
	}
	s.Salt = ledger.Salt(salt)
	return s
}

func leafBytes(t testing.TB, s *ledger.Sealed, origin string) []byte {
	t.Helper()
	l, err := s.Leaf(origin)
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheFirstVectorIsTheOneOfTheSpecification(t *testing.T) {
	v := vectors(t)[0]
	leaf := leafBytes(t, v.sealed(t), v.Origin)
	if h := hashOf(leaf); len(leaf) != 343 || h != "f75069af326c358e0dcb560c05fcc2f8c5e583b9e987b142193965b51ce4fca0" {
		t.Errorf("%d bytes, hash %s", len(leaf), h)
	}
}

func hashOf(leaf []byte) string {
	l, err := ledger.ParseLeaf(leaf)
	if err != nil {
		return err.Error()
	}
	h, err := l.Hash()
	if err != nil {
		return err.Error()
	}
	return hex.EncodeToString(h[:])
}

func TestVectorsComeOutAndStayAfterErasures(t *testing.T) {
	fields := []string{"resource_id", "user_id", "request_id", "ip_address", "user_agent", "details", "recorded_by"}
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			s := v.sealed(t)
			want, _ := hex.DecodeString(v.Leaf)
			if got := leafBytes(t, s, v.Origin); !bytes.Equal(got, want) {
				t.Fatalf("leaf\n%x, want\n%x", got, want)
			}
			if hashOf(want) != v.Hash {
				t.Errorf("hash %s, want %s", hashOf(want), v.Hash)
			}
			l, err := ledger.ParseLeaf(want)
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range fields {
				if got := hex.EncodeToString(l.Commitments[i][:]); got != v.Commitments[f] {
					t.Errorf("commitment of %s %s, want %s", f, got, v.Commitments[f])
				}
			}
			if v.Kind == ledger.KindEntry {
				details, err := s.Details.Canonical()
				if err != nil {
					t.Fatal(err)
				}
				var h ledger.Hasher
				got, err := h.Hash(v.Origin, &s.Entry, details, s.Salt, s.Kind, s.Control)
				if err != nil || hex.EncodeToString(got[:]) != v.Hash {
					t.Errorf("the hash of a new entry is %x, %v", got, err)
				}
			}
			for i := range v.Erase {
				if s.Secrets, err = ledger.Erase(&s.Entry, s.Secrets, v.Erase[i:i+1]); err != nil {
					t.Fatal(err)
				}
				if got := leafBytes(t, s, v.Origin); !bytes.Equal(got, want) {
					t.Fatalf("erasing %q changes the leaf", v.Erase[i])
				}
			}
			together := v.sealed(t)
			if together.Secrets, err = ledger.Erase(&together.Entry, together.Secrets, v.Erase); err != nil || together.Erased != s.Erased {
				t.Errorf("erased at once it is %q, %v; one by one %q", together.Erased, err, s.Erased)
			}
			backwards := slices.Clone(v.Erase)
			slices.Reverse(backwards)
			again := v.sealed(t)
			if again.Secrets, err = ledger.Erase(&again.Entry, again.Secrets, backwards); err != nil || again.Erased != s.Erased {
				t.Errorf("erased backwards it is %q, %v; forwards %q", again.Erased, err, s.Erased)
			}
		})
	}
}

func TestAnErasedValueIsGoneWithItsSalt(t *testing.T) {
	v := vectors(t)[0]
	s := v.sealed(t)
	var err error
	if s.Secrets, err = ledger.Erase(&s.Entry, s.Secrets, v.Erase); err != nil {
		t.Fatal(err)
	}
	if s.UserID != "" || s.IPAddress.IsValid() || s.Details["old_email"] != nil || s.Details["new_email"] != "new@example.com" {
		t.Errorf("left: %+v", s.Entry)
	}
	if s.Salt != (ledger.Salt{}) {
		t.Error("the salt of the entry is still there")
	}
	paths, err := s.ErasedPaths()
	if err != nil || strings.Join(paths, " ") != "details/old_email ip_address user_id" {
		t.Errorf("erased paths %q, %v", paths, err)
	}
	// From none of the salts that are left, taken as a parent, comes the commitment of what is gone.
	var kept struct {
		C, S map[string][]byte
	}
	if err := json.Unmarshal([]byte(s.Erased), &kept); err != nil {
		t.Fatal(err)
	}
	for path, salt := range kept.S {
		for _, guess := range derived(ledger.Salt(salt), s.ID) {
			for _, value := range []string{"old@example.com", "550e8400-e29b-41d4-a716-446655440000", "192.0.2.1"} {
				for gone, c := range kept.C {
					if bytes.Equal(commitText(guess, value), c) {
						t.Errorf("the salt of %s opens %s", path, gone)
					}
				}
			}
		}
	}
}

func TestWhatIsLeftOfAnErasedEntryIsStillBound(t *testing.T) {
	v := vectors(t)[0]
	want, _ := hex.DecodeString(v.Leaf)
	for name, alter := range map[string]func(s *ledger.Sealed){
		"a value that is left":           func(s *ledger.Sealed) { s.Details["new_email"] = "eve@example.com" },
		"an element":                     func(s *ledger.Sealed) { s.Details["fields_changed"] = []any{"name"} },
		"a field that is left":           func(s *ledger.Sealed) { s.RequestID = "req-other" },
		"an empty field":                 func(s *ledger.Sealed) { s.UserAgent = "curl" },
		"an erased field has a value":    func(s *ledger.Sealed) { s.UserID = "550e8400-e29b-41d4-a716-446655440000" },
		"an erased member has a value":   func(s *ledger.Sealed) { s.Details["old_email"] = "old@example.com" },
		"an erased member is gone":       func(s *ledger.Sealed) { delete(s.Details, "old_email") },
		"a member more":                  func(s *ledger.Sealed) { s.Details["more"] = true },
		"details are gone":               func(s *ledger.Sealed) { s.Details = nil },
		"the salt came back":             func(s *ledger.Sealed) { s.Salt = ledger.Salt{1} },
		"a commitment":                   func(s *ledger.Sealed) { s.Erased = strings.Replace(s.Erased, `"user_id":"`, `"user_id":"A`, 1) },
		"a space":                        func(s *ledger.Sealed) { s.Erased = strings.Replace(s.Erased, `,"s"`, `, "s"`, 1) },
		"nothing is kept of the erasure": func(s *ledger.Sealed) { s.Erased = "" },
		"something else is kept":         func(s *ledger.Sealed) { s.Erased = `{"c":{},"s":{}}` },
		"a version from the future":      func(s *ledger.Sealed) { s.Version = 2 },
		"another kind":                   func(s *ledger.Sealed) { s.Kind = ledger.KindVoid },
		"an action":                      func(s *ledger.Sealed) { s.Action = "READ" },
		"a microsecond":                  func(s *ledger.Sealed) { s.CreatedAt = s.CreatedAt.Add(1000) },
		"a commitment of what is not here": func(s *ledger.Sealed) {
			s.Erased = strings.Replace(s.Erased, `"c":{`, `"c":{"details/x":"`+strings.Repeat("A", 43)+`=",`, 1)
		},
	} {
		s := v.sealed(t)
		var err error
		if s.Secrets, err = ledger.Erase(&s.Entry, s.Secrets, v.Erase); err != nil {
			t.Fatal(err)
		}
		alter(s)
		l, err := s.Leaf(v.Origin)
		if err != nil {
			continue
		}
		if b, err := l.Append(nil); err == nil && bytes.Equal(b, want) {
			t.Errorf("%s: the leaf is the same", name)
		}
	}
}

func TestEraseRefusesWhatIsNoPath(t *testing.T) {
	for _, path := range []string{"", "action", "details/a~2", "user_id/x", "id", "Details"} {
		s := vectors(t)[0].sealed(t)
		if _, err := ledger.Erase(&s.Entry, s.Secrets, []string{path}); err == nil {
			t.Errorf("%q is erased", path)
		}
	}
	s := vectors(t)[0].sealed(t)
	for _, path := range []string{"user_agent", "details/none", "details/fields_changed/2", "details/fields_changed/x", "details/n/1", "details/fields_changed/01"} {
		got, err := ledger.Erase(&s.Entry, s.Secrets, []string{path})
		if err != nil || got != s.Secrets {
			t.Errorf("%q, which is absent: %v", path, err)
		}
	}
}

func TestOnlyOneEncodingIsALeaf(t *testing.T) {
	for _, v := range vectors(t) {
		leaf, _ := hex.DecodeString(v.Leaf)
		for i := range leaf {
			if _, err := ledger.ParseLeaf(leaf[:i]); err == nil {
				t.Fatalf("%s: its first %d bytes are a leaf", v.Name, i)
			}
		}
		if _, err := ledger.ParseLeaf(append(leaf[:len(leaf):len(leaf)], 0)); err == nil {
			t.Errorf("%s: a byte more is a leaf", v.Name)
		}
		for _, at := range []int{0, 14, 15, 16} { // magic, version, kind
			other := bytes.Clone(leaf)
			other[at] ^= 0x40
			if _, err := ledger.ParseLeaf(other); err == nil {
				t.Errorf("%s: byte %d altered is a leaf", v.Name, at)
			}
		}
	}
}

func FuzzParseLeaf(f *testing.F) {
	for _, v := range vectors(f) {
		leaf, _ := hex.DecodeString(v.Leaf)
		f.Add(leaf)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := ledger.ParseLeaf(data)
		if err != nil {
			return
		}
		again, err := l.Append(nil)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x is read and written as %x, %v", data, again, err)
		}
	})
}

func FuzzLeafOfDetails(f *testing.F) {
	for _, v := range vectors(f) {
		e, err := daybook.ParseEntry(v.Entry)
		if err != nil {
			f.Fatal(err)
		}
		details, _ := e.Details.Canonical()
		f.Add(details, "user-1", "details/v")
	}
	f.Fuzz(func(t *testing.T, text []byte, user, path string) {
		details, err := daybook.ParseDetails(text)
		if err != nil {
			return
		}
		e := daybook.Entry{Action: "READ", ResourceType: "document", OrganizationID: "acme", UserID: user, Details: details}
		canonical, err := e.Normalize()
		if err != nil {
			return
		}
		s := &ledger.Sealed{Entry: e, Version: 1, Kind: ledger.KindEntry, Secrets: ledger.Secrets{Salt: ledger.NewSalt()}}
		origin := ledger.Origin("audit.example.com", "acme", 1)
		want := leafBytes(t, s, origin)
		if second := secondLeaf(t, s, origin); !bytes.Equal(want, second) {
			t.Fatalf("two implementations: %x and %x", want, second)
		}
		l, err := ledger.ParseLeaf(want)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := l.Append(nil); err != nil || !bytes.Equal(again, want) {
			t.Fatalf("read and written again: %x, %v", again, err)
		}
		var h ledger.Hasher
		if sum, err := h.Hash(origin, &e, canonical, s.Salt, s.Kind, s.Control); err != nil || hex.EncodeToString(sum[:]) != hashOf(want) {
			t.Fatalf("the hash of a new entry: %x, %v", sum, err)
		}
		for _, p := range []string{path, "user_id", "details"} {
			if s.Secrets, err = ledger.Erase(&s.Entry, s.Secrets, []string{p}); err != nil {
				continue
			}
			if got := leafBytes(t, s, origin); !bytes.Equal(got, want) {
				t.Fatalf("erasing %q changes the leaf", p)
			}
		}
	})
}

func TestOriginsAreReadAndWritten(t *testing.T) {
	for _, organization := range []string{"acme", "550e8400-e29b-41d4-a716-446655440001", "a b/c", "é", "%", "~._-", "a/2"} {
		for _, epoch := range []int{1, 2, 17} {
			origin := ledger.Origin("audit.example.com", organization, epoch)
			d, o, n, err := ledger.ParseOrigin(origin)
			if err != nil || d != "audit.example.com" || o != organization || n != epoch {
				t.Errorf("%q: %q %q %d, %v", origin, d, o, n, err)
			}
		}
	}
	for _, bad := range []string{"", "audit.example.com", "audit.example.com/o/", "audit.example.com/o/a%2f", "audit.example.com/o/%41", "a.example/o/x/1", "a.example/o/x/02", "a b/o/x", "a.example/o/%4", "a.example/o/%zz"} {
		if d, o, n, err := ledger.ParseOrigin(bad); err == nil {
			t.Errorf("%q is %q %q %d", bad, d, o, n)
		}
	}
	if err := ledger.CheckDeployment(ledger.NewDeployment()); err != nil {
		t.Error(err)
	}
}

func BenchmarkLeafHash(b *testing.B) {
	v := vectors(b)[0]
	s := v.sealed(b)
	details, _ := s.Details.Canonical()
	var h ledger.Hasher
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Hash(v.Origin, &s.Entry, details, s.Salt, s.Kind, s.Control); err != nil {
			b.Fatal(err)
		}
	}
}
