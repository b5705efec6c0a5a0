package ledger_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"sort"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

// This is leaf v1 once more, written from docs/ledger.md alone and as plainly as can be: it shares
// nothing with the package but the type of its input.

func cat(parts ...any) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case []byte:
			b.Write(p)
		default:
			binary.Write(&b, binary.BigEndian, p)
		}
	}
	return b.Bytes()
}

func sum(parts ...any) []byte {
	h := sha256.Sum256(cat(parts...))
	return h[:]
}

func derive(parent []byte, label []byte) []byte {
	return sum("daybook/salt/v1\x00", parent, label)[:16]
}

func commitText(salt []byte, text string) []byte {
	return sum("daybook/value/v1\x00", salt, byte(1), text)
}

// derived returns the salts that could be made of one, if it were a parent.
func derived(salt ledger.Salt, id daybook.ID) [][]byte {
	all := [][]byte{salt[:]}
	for f := byte(1); f <= 7; f++ {
		all = append(all, derive(salt[:], cat(id[:], "F", f)))
	}
	for _, name := range []string{"old_email", "new_email", "n", "fields_changed"} {
		all = append(all, derive(salt[:], cat("M", uint32(len(name)), name)))
	}
	for i := range uint32(3) {
		all = append(all, derive(salt[:], cat("E", i)))
	}
	return all
}

func secondNode(salt []byte, v any) []byte {
	scalar := func(kind byte, text string) []byte { return sum("daybook/value/v1\x00", salt, kind, text) }
	switch v := v.(type) {
	case string:
		return scalar(1, v)
	case json.Number:
		return scalar(2, v.String())
	case bool:
		if v {
			return scalar(3, "")
		}
		return scalar(4, "")
	case map[string]any:
		if len(v) == 0 {
			return scalar(6, "")
		}
		var names []string
		for name := range v {
			names = append(names, name)
		}
		sort.Strings(names)
		body := cat("daybook/object/v1\x00", uint32(len(v)))
		for _, name := range names {
			label := cat("M", uint32(len(name)), name)
			body = cat(body, uint32(len(name)), name, secondNode(derive(salt, label), v[name]))
		}
		return sum(body)
	case []any:
		if len(v) == 0 {
			return scalar(7, "")
		}
		body := cat("daybook/array/v1\x00", uint32(len(v)))
		for i, item := range v {
			body = cat(body, secondNode(derive(salt, cat("E", uint32(i))), item))
		}
		return sum(body)
	}
	return scalar(5, "")
}

func secondLeaf(t testing.TB, s *ledger.Sealed, origin string) []byte {
	t.Helper()
	canonical, err := s.Details.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	ip := ""
	if s.IPAddress.IsValid() {
		ip = s.IPAddress.String()
	}
	actor := map[daybook.ActorType]byte{"user": 1, "api_key": 2, "service": 3, "system": 4}
	outcome := map[daybook.Outcome]byte{"success": 1, "failure": 2, "denied": 3}
	leaf := cat("daybook/leaf/v1\x00", byte(s.Kind), uint16(len(origin)), origin, s.ID[:], s.CreatedAt.UnixMicro(),
		uint16(len(s.Action)), string(s.Action), uint16(len(s.ResourceType)), s.ResourceType, actor[s.ActorType], outcome[s.Outcome])
	for i, field := range []string{s.ResourceID, s.UserID, s.RequestID, ip, s.UserAgent, string(canonical), s.RecordedBy} {
		salt := derive(s.Salt[:], cat(s.ID[:], "F", byte(i+1)))
		switch {
		case field == "":
			leaf = cat(leaf, sum("daybook/value/v1\x00", salt, byte(0)))
		case i+1 == 6:
			var v any
			d := json.NewDecoder(strings.NewReader(field))
			d.UseNumber()
			if err := d.Decode(&v); err != nil {
				t.Fatal(err)
			}
			leaf = cat(leaf, secondNode(salt, v))
		default:
			leaf = cat(leaf, commitText(salt, field))
		}
	}
	return cat(leaf, uint32(len(s.Control)), s.Control)
}

func TestASecondImplementationMakesTheSameLeaves(t *testing.T) {
	for _, v := range vectors(t) {
		s := v.sealed(t)
		if a, b := leafBytes(t, s, v.Origin), secondLeaf(t, s, v.Origin); !bytes.Equal(a, b) {
			t.Errorf("%s:\n%x\n%x", v.Name, a, b)
		}
	}
}
