package ledger

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/daybookdev/daybook"
)

// A Salt is 16 random bytes that make the commitments of an entry impossible to guess. Every value
// has its own, derived from the entry's; see [Secrets].
type Salt [16]byte

// NewSalt draws a salt.
func NewSalt() (s Salt) {
	rand.Read(s[:]) // never fails (crypto/rand)
	return s
}

const (
	saltMagic   = "daybook/salt/v1\x00"
	valueMagic  = "daybook/value/v1\x00"
	objectMagic = "daybook/object/v1\x00"
	arrayMagic  = "daybook/array/v1\x00"
)

// The types of values.
const (
	typeAbsent = iota
	typeText
	typeNumber
	typeTrue
	typeFalse
	typeNull
	typeEmptyObject
	typeEmptyArray
)

// A committer makes commitments. What is to be hashed lies on top of buf, which is a stack: an object
// lies there while those of its members are made.
type committer struct{ buf []byte }

// derive returns a salt made of its parent's and a label, which add puts on the stack.
func (c *committer) derive(parent Salt, label byte, name string, number uint32) (s Salt) {
	top := len(c.buf)
	c.buf = append(append(c.buf, saltMagic...), parent[:]...)
	c.buf = append(c.buf, label)
	switch label {
	case 'M':
		c.buf = binary.BigEndian.AppendUint32(c.buf, uint32(len(name)))
		c.buf = append(c.buf, name...)
	case 'E':
		c.buf = binary.BigEndian.AppendUint32(c.buf, number)
	}
	sum := sha256.Sum256(c.buf[top:])
	c.buf = c.buf[:top]
	copy(s[:], sum[:])
	return s
}

// field returns the salt of a field of the entry with this id.
func (c *committer) field(salt Salt, id daybook.ID, field byte) (s Salt) {
	top := len(c.buf)
	c.buf = append(append(c.buf, saltMagic...), salt[:]...)
	c.buf = append(c.buf, id[:]...)
	c.buf = append(c.buf, 'F', field)
	sum := sha256.Sum256(c.buf[top:])
	c.buf = c.buf[:top]
	copy(s[:], sum[:])
	return s
}

// value returns the commitment of a value without parts.
func (c *committer) value(salt Salt, kind byte, text string) Commitment {
	top := len(c.buf)
	c.buf = append(append(c.buf, valueMagic...), salt[:]...)
	c.buf = append(append(c.buf, kind), text...)
	sum := sha256.Sum256(c.buf[top:])
	c.buf = c.buf[:top]
	return sum
}

// text returns the commitment of a text field, for which absent and empty are one.
func (c *committer) text(salt Salt, s string) Commitment {
	if s == "" {
		return c.value(salt, typeAbsent, "")
	}
	return c.value(salt, typeText, s)
}

// begin and end enclose the parts of an object or array on the stack.
func (c *committer) begin(magic string) (top int) {
	top = len(c.buf)
	c.buf = append(append(c.buf, magic...), 0, 0, 0, 0)
	return top
}

func (c *committer) member(name string) {
	c.buf = append(binary.BigEndian.AppendUint32(c.buf, uint32(len(name))), name...)
}

func (c *committer) end(top int, magic string, n uint32) Commitment {
	binary.BigEndian.PutUint32(c.buf[top+len(magic):], n)
	sum := sha256.Sum256(c.buf[top:])
	c.buf = c.buf[:top]
	return sum
}

// canonical returns the commitment of details from their canonical text, nil when there are none. It
// walks the text rather than a tree of values: this is in the path of every entry.
func (c *committer) canonical(salt Salt, details []byte) (Commitment, error) {
	if len(details) == 0 {
		return c.value(salt, typeAbsent, ""), nil
	}
	w := walker{committer: c, text: string(details)} // one copy, of which names and texts are parts
	sum := w.walk(salt)
	if w.wrong || w.at != len(details) || details[0] != '{' {
		return Commitment{}, fmt.Errorf("details are not canonical at byte %d", w.at)
	}
	return sum, nil
}

// A walker reads canonical JSON, which the domain has made: it checks no more than it needs in order
// not to go astray.
type walker struct {
	*committer
	text    string
	at      int
	wrong   bool
	scratch []byte // for texts with escapes
}

func (w *walker) peek() byte {
	if w.at < len(w.text) {
		return w.text[w.at]
	}
	w.wrong = true
	return 0
}

func (w *walker) walk(salt Salt) Commitment {
	switch b := w.peek(); b {
	case '{':
		return w.object(salt)
	case '[':
		return w.array(salt)
	case '"':
		return w.value(salt, typeText, w.string())
	case 't':
		return w.literal(salt, "true", typeTrue)
	case 'f':
		return w.literal(salt, "false", typeFalse)
	case 'n':
		return w.literal(salt, "null", typeNull)
	default:
		begin := w.at
		for w.at < len(w.text) && (w.text[w.at] == '-' || w.text[w.at] == '.' || '0' <= w.text[w.at] && w.text[w.at] <= '9') {
			w.at++
		}
		w.wrong = w.wrong || w.at == begin
		return w.value(salt, typeNumber, w.text[begin:w.at])
	}
}

func (w *walker) literal(salt Salt, word string, kind byte) Commitment {
	if len(w.text)-w.at < len(word) || w.text[w.at:w.at+len(word)] != word {
		w.wrong = true
	} else {
		w.at += len(word)
	}
	return w.value(salt, kind, "")
}

func (w *walker) object(salt Salt) Commitment {
	w.at++
	if w.peek() == '}' {
		w.at++
		return w.value(salt, typeEmptyObject, "")
	}
	top := w.begin(objectMagic)
	for n := uint32(1); !w.wrong; n++ {
		if w.peek() != '"' {
			w.wrong = true
			break
		}
		name := w.string()
		if w.peek() != ':' {
			w.wrong = true
			break
		}
		w.at++
		w.member(name)
		child := w.derive(salt, 'M', name, 0)
		sum := w.walk(child)
		w.buf = append(w.buf, sum[:]...)
		if w.more('}') {
			continue
		}
		return w.end(top, objectMagic, n)
	}
	w.buf = w.buf[:top]
	return Commitment{}
}

func (w *walker) array(salt Salt) Commitment {
	w.at++
	if w.peek() == ']' {
		w.at++
		return w.value(salt, typeEmptyArray, "")
	}
	top := w.begin(arrayMagic)
	for n := uint32(0); !w.wrong; n++ {
		child := w.derive(salt, 'E', "", n)
		sum := w.walk(child)
		w.buf = append(w.buf, sum[:]...)
		if w.more(']') {
			continue
		}
		return w.end(top, arrayMagic, n+1)
	}
	w.buf = w.buf[:top]
	return Commitment{}
}

// more steps over what stands behind a member or element, and reports whether another follows.
func (w *walker) more(bracket byte) bool {
	b := w.peek()
	w.at++
	w.wrong = w.wrong || b != ',' && b != bracket
	return b == ','
}

// string returns the text that the string here stands for.
func (w *walker) string() string {
	w.at++
	begin := w.at
	for w.at < len(w.text) {
		switch w.text[w.at] {
		case '"':
			w.at++
			return w.text[begin : w.at-1]
		case '\\':
			return w.escaped(begin)
		}
		w.at++
	}
	w.wrong = true
	return ""
}

func (w *walker) escaped(begin int) string {
	b := append(w.scratch[:0], w.text[begin:w.at]...)
	defer func() { w.scratch = b }()
	for w.at < len(w.text) {
		c := w.text[w.at]
		w.at++
		switch c {
		case '"':
			return string(b)
		case '\\':
			switch c := w.peek(); c {
			case '"', '\\':
				b = append(b, c)
			case 'b':
				b = append(b, '\b')
			case 't':
				b = append(b, '\t')
			case 'n':
				b = append(b, '\n')
			case 'f':
				b = append(b, '\f')
			case 'r':
				b = append(b, '\r')
			case 'u':
				if len(w.text) < w.at+5 {
					w.wrong = true
					return ""
				}
				r := rune(0)
				for _, h := range []byte(w.text[w.at+1 : w.at+5]) {
					r = r<<4 | rune(unhex(h))
				}
				b = utf8.AppendRune(b, r)
				w.at += 4
			default:
				w.wrong = true
			}
			w.at++
		default:
			b = append(b, c)
		}
	}
	w.wrong = true
	return ""
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// errNoOrigin and its like are faults of the caller.
var errNoOrigin = errors.New("a leaf needs the origin of its log")

// A Hasher makes the leaf hashes of new entries. It keeps its memory from one to the next; it is not
// safe for concurrent use.
type Hasher struct {
	committer
	leaf []byte
}

// Hash returns the leaf hash of an entry that is new in the log of this origin. details are the
// canonical form of the entry's, as [daybook.Entry.Normalize] returns it; e.Details is not looked at.
// control is empty but for control entries.
func (h *Hasher) Hash(origin string, e *daybook.Entry, details []byte, salt Salt, kind Kind, control string) (tlog.Hash, error) {
	l, err := h.leafOf(origin, e, details, salt)
	if err != nil {
		return tlog.Hash{}, err
	}
	l.Kind, l.Control = kind, control
	return h.hash(&l)
}

func (h *Hasher) hash(l *Leaf) (sum tlog.Hash, err error) {
	// 0x00 in front of the leaf, as tlog.RecordHash puts it there by a copy.
	if h.leaf, err = l.Append(append(h.leaf[:0], 0)); err != nil {
		return sum, err
	}
	return sha256.Sum256(h.leaf), nil
}

func (h *Hasher) leafOf(origin string, e *daybook.Entry, details []byte, salt Salt) (Leaf, error) {
	if origin == "" {
		return Leaf{}, errNoOrigin
	}
	l := clearLeaf(origin, e)
	h.buf = h.buf[:0]
	for i, text := range texts(e) {
		field := byte(i + 1)
		s := h.field(salt, e.ID, field)
		if field == fieldDetails {
			sum, err := h.canonical(s, details)
			if err != nil {
				return Leaf{}, err
			}
			l.Commitments[i] = sum
			continue
		}
		l.Commitments[i] = h.text(s, text)
	}
	return l, nil
}

// clearLeaf returns the leaf of an entry without its commitments.
func clearLeaf(origin string, e *daybook.Entry) Leaf {
	return Leaf{Kind: KindEntry, Origin: origin, ID: e.ID, CreatedAt: e.CreatedAt, Action: e.Action,
		ResourceType: e.ResourceType, ActorType: e.ActorType, Outcome: e.Outcome}
}

// texts returns the fields that are committed to, in the order of their numbers; details are left
// empty.
func texts(e *daybook.Entry) [committedFields]string {
	ip := ""
	if e.IPAddress.IsValid() {
		ip = e.IPAddress.String()
	}
	return [...]string{e.ResourceID, e.UserID, e.RequestID, ip, e.UserAgent, "", e.RecordedBy}
}
