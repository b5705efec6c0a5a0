package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/daybookdev/daybook"
)

// LeafVersion is the version of the leaves that this program makes. Encoders of older versions stay
// for ever.
const LeafVersion = 1

const leafMagic = "daybook/leaf/v1\x00"

// Kind says what a leaf stands for.
type Kind uint8

// The kinds. All but KindEntry are control entries, which carry a note signed by the log's key.
const (
	KindEntry   Kind = 1
	KindOpen    Kind = 2  // a log begins
	KindErasure Kind = 3  // values of entries are forgotten
	KindSweep   Kind = 4  // rows are removed after their time
	KindPolicy  Kind = 5  // how long entries are kept
	KindHold    Kind = 6  // what must not be erased or removed
	KindKey     Kind = 7  // the log's key changes
	KindVoid    Kind = 8  // an accepted entry never arrived
	KindLost    Kind = 9  // rows were lost, and their leaf hashes are known
	KindClose   Kind = 10 // the organization ended
)

var kindNames = [...]string{"", "entry", "open", "erasure", "sweep", "policy", "hold", "key", "void", "lost", "close"}

func (k Kind) known() bool { return KindEntry <= k && k <= KindClose }

// String returns the kind's name, as it stands in a control note.
func (k Kind) String() string {
	if k.known() {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// The fields that a leaf commits to instead of showing them, because a person may be in them.
const (
	fieldResourceID = 1 + iota
	fieldUserID
	fieldRequestID
	fieldIPAddress
	fieldUserAgent
	fieldDetails
	fieldRecordedBy

	committedFields = fieldRecordedBy
)

// fieldNames are as in paths; the first is unused, so that a field's number is its index.
var fieldNames = [...]string{"", "resource_id", "user_id", "request_id", "ip_address", "user_agent", "details", "recorded_by"}

// Fields returns the names of the fields that a leaf commits to, and that a proof can disclose.
func Fields() []string { return slices.Clone(fieldNames[1:]) }

// A Commitment is a salted hash that binds a value without telling it.
type Commitment [32]byte

// A Leaf is what is hashed of an entry: what is vocabulary in clear, the rest as commitments.
type Leaf struct {
	Kind         Kind
	Origin       string // of the log it belongs to
	ID           daybook.ID
	CreatedAt    time.Time // to the microsecond
	Action       daybook.Action
	ResourceType string
	ActorType    daybook.ActorType
	Outcome      daybook.Outcome

	// Commitments of resource_id, user_id, request_id, ip_address, user_agent, details and
	// recorded_by, in this order. All are always there: a leaf does not tell which were empty.
	Commitments [committedFields]Commitment

	Control string // the signed note of a control entry, else empty
}

var (
	actorCodes   = [...]daybook.ActorType{1: daybook.ActorUser, 2: daybook.ActorAPIKey, 3: daybook.ActorService, 4: daybook.ActorSystem}
	outcomeCodes = [...]daybook.Outcome{1: daybook.Success, 2: daybook.Failure, 3: daybook.Denied}
)

func code[T comparable](codes []T, v T) byte {
	for i, c := range codes {
		if i > 0 && c == v {
			return byte(i)
		}
	}
	return 0
}

// Times in leaves lie before this one, in microseconds since 1970.
var latestTime = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// Append appends the leaf's one encoding to b. Integers are big-endian:
//
//	"daybook/leaf/v1" 0x00
//	u8  kind
//	u16 length, origin
//	    id, 16 bytes
//	i64 created_at, microseconds since 1970
//	u16 length, action; u16 length, resource_type
//	u8  actor_type: 1 user, 2 api_key, 3 service, 4 system; u8 outcome: 1 success, 2 failure, 3 denied
//	    seven commitments of 32 bytes
//	u32 length, control note
func (l *Leaf) Append(b []byte) ([]byte, error) {
	if err := l.check(); err != nil {
		return b, err
	}
	b = append(b, leafMagic...)
	b = append(b, byte(l.Kind))
	b = appendText16(b, l.Origin)
	b = append(b, l.ID[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(l.CreatedAt.UnixMicro()))
	b = appendText16(b, string(l.Action))
	b = appendText16(b, l.ResourceType)
	b = append(b, code(actorCodes[:], l.ActorType), code(outcomeCodes[:], l.Outcome))
	for i := range l.Commitments {
		b = append(b, l.Commitments[i][:]...)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(l.Control)))
	return append(b, l.Control...), nil
}

func appendText16(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

// check refuses what has no encoding.
func (l *Leaf) check() error {
	us := l.CreatedAt.UnixMicro()
	switch {
	case !l.Kind.known():
		return fmt.Errorf("a leaf of unknown kind %d", l.Kind)
	case (l.Kind == KindEntry) != (l.Control == ""):
		return fmt.Errorf("a leaf of kind %v with a control note of %d bytes", l.Kind, len(l.Control))
	case us < 0 || us >= latestTime || l.CreatedAt.Nanosecond()%1000 != 0:
		return fmt.Errorf("a leaf with the time %v", l.CreatedAt)
	case code(actorCodes[:], l.ActorType) == 0:
		return fmt.Errorf("a leaf with the actor type %.40q", string(l.ActorType))
	case code(outcomeCodes[:], l.Outcome) == 0:
		return fmt.Errorf("a leaf with the outcome %.40q", string(l.Outcome))
	case uint64(len(l.Control)) > math.MaxUint32 || !utf8.ValidString(l.Control):
		return errors.New("a leaf with a control note that is too long or no text")
	}
	for _, s := range [...]string{l.Origin, string(l.Action), l.ResourceType} {
		if s == "" || len(s) > math.MaxUint16 || !utf8.ValidString(s) {
			return fmt.Errorf("a leaf with the text %.60q", s)
		}
	}
	return nil
}

// ParseLeaf reads the encoding of a leaf. Only what Append writes is accepted: two encodings of one
// leaf would be two hashes of one entry. What it does not know it refuses.
func ParseLeaf(data []byte) (Leaf, error) {
	p := leafParser{rest: data}
	if string(p.take(len(leafMagic))) != leafMagic {
		return Leaf{}, errors.New("this is not a leaf of version 1")
	}
	l := Leaf{Kind: Kind(p.byte()), Origin: p.text16()}
	copy(l.ID[:], p.take(len(l.ID)))
	us := int64(p.uint(8))
	l.CreatedAt = time.UnixMicro(us).UTC()
	l.Action = daybook.Action(p.text16())
	l.ResourceType = p.text16()
	if c := p.byte(); int(c) < len(actorCodes) {
		l.ActorType = actorCodes[c]
	}
	if c := p.byte(); int(c) < len(outcomeCodes) {
		l.Outcome = outcomeCodes[c]
	}
	for i := range l.Commitments {
		copy(l.Commitments[i][:], p.take(len(l.Commitments[i])))
	}
	l.Control = string(p.take(int(p.uint(4))))
	if p.short || len(p.rest) > 0 {
		return Leaf{}, fmt.Errorf("a leaf of %d bytes that ends too early or too late", len(data))
	}
	if err := l.check(); err != nil {
		return Leaf{}, err
	}
	return l, nil
}

type leafParser struct {
	rest  []byte
	short bool
}

func (p *leafParser) take(n int) []byte {
	if n > len(p.rest) {
		p.short, p.rest = true, nil
		return nil
	}
	taken := p.rest[:n]
	p.rest = p.rest[n:]
	return taken
}

func (p *leafParser) uint(n int) (v uint64) {
	for _, c := range p.take(n) {
		v = v<<8 | uint64(c)
	}
	return v
}

func (p *leafParser) byte() byte     { return byte(p.uint(1)) }
func (p *leafParser) text16() string { return string(p.take(int(p.uint(2)))) }

// Hash returns the leaf's hash in the tree: SHA-256 of 0x00 and the encoding (RFC 6962, section
// 2.1).
func (l *Leaf) Hash() (tlog.Hash, error) {
	b, err := l.Append(make([]byte, 0, 512))
	if err != nil {
		return tlog.Hash{}, err
	}
	return tlog.RecordHash(b), nil
}
