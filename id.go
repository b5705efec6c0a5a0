package daybook

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sync"
	"time"
)

// ID identifies an entry within its organization: a UUIDv7 (RFC 9562, section 5.7).
//
// The id carries the entry's time. Its 48 leading bits are the milliseconds of CreatedAt, and the
// 12 bits behind the version hold the rest of the microseconds as a fraction (RFC 9562, section
// 6.2, method 3). So ids compare as times do, one index serves both, and [ID.Time] is exactly
// the CreatedAt of the entry. The id is also the idempotency key: an entry that is sent again
// with the same id is stored once.
type ID [16]byte

// Times of entries lie in [earliest, latest), so that they fit every store and the leaf format.
var (
	earliest = time.UnixMicro(0).UTC()
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// NewID returns a new id for the present moment.
//
// Ids from one process ascend in the order of the calls. A clock that is set back by less than a
// second does not change that; after a larger step the ids follow the clock, because a true
// time matters more than the order. Safe for concurrent use.
func NewID() ID { return ids.next(time.Now()) }

// NewIDAt returns a new id that carries t, cut to the microsecond, for an entry that happened
// earlier: an import, a late delivery. Successive calls with the same t ascend, a million times;
// then the count begins anew. Times before 1970
// or from the year 2200 on are moved to that bound; [Entry] validation refuses them.
func NewIDAt(t time.Time) ID { return imported.at(t) }

// MinID returns the smallest id whose time is t or later, so that a range of times is a range of
// ids: an entry is at or after t if and only if its id is not less than MinID(t).
func MinID(t time.Time) ID {
	if t.Before(earliest) {
		return ID{}
	}
	if !t.Before(latest) {
		t = latest
	}
	us := t.UnixMicro()
	if t.Nanosecond()%1000 != 0 { // between two microseconds: from the next one on
		us++
	}
	ms, rest := us/1000, us%1000
	var fraction uint16
	if rest > 0 {
		// The smallest fraction f with ceil(f*1000/4096) >= rest; see fractionMicros.
		fraction = uint16((rest-1)*4096/1000 + 1)
	}
	return makeID(ms, fraction, 0, 0)
}

// ParseID parses the 36 characters of a UUIDv7 in either case. Its error is a [FieldError] for
// the field "id".
func ParseID(s string) (ID, error) {
	u, ok := ParseUUID(s)
	if !ok {
		return ID{}, &FieldError{"id", fmt.Sprintf("is %.60q, not a UUID of 36 characters", s)}
	}
	id := ID(u)
	if !id.valid() {
		return ID{}, &FieldError{"id", "is not a UUIDv7 (RFC 9562) with a time from 1970 to 2199; " +
			"leave it out to have one made, or send your own key as an idempotency key"}
	}
	return id, nil
}

// Time returns the time the id carries, in UTC, to the microsecond.
func (id ID) Time() time.Time {
	return time.UnixMicro(id.millis()*1000 + fractionMicros(id.fraction())).UTC()
}

// IsZero reports whether id is the zero ID, which no entry has.
func (id ID) IsZero() bool { return id == ID{} }

// String returns the id as 36 lower-case characters.
func (id ID) String() string {
	var b [36]byte
	formatUUID(b[:], id)
	return string(b[:])
}

// MarshalText returns what String returns.
func (id ID) MarshalText() ([]byte, error) { return id.AppendText(nil) }

// AppendText appends what String returns to b.
func (id ID) AppendText(b []byte) ([]byte, error) {
	var t [36]byte
	formatUUID(t[:], id)
	return append(b, t[:]...), nil
}

// UnmarshalText does what [ParseID] does.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err == nil {
		*id = parsed
	}
	return err
}

func (id ID) millis() int64 {
	return int64(binary.BigEndian.Uint64(id[:8]) >> 16)
}

func (id ID) fraction() uint16 { return binary.BigEndian.Uint16(id[6:8]) & 0x0fff }

func (id ID) valid() bool {
	return id[6]>>4 == 7 && id[8]>>6 == 0b10 && id.millis() < latest.UnixMilli()
}

// microsFraction maps the microseconds within a millisecond, 0 to 999, to 12 bits.
func microsFraction(us int64) uint16 { return uint16(us * 4096 / 1000) }

// fractionMicros is the inverse of microsFraction and rises with its argument. Fractions that
// microsFraction never makes occur in ids of other programs, where they may be random: the time
// is then right to the millisecond, and ids still ascend with their times.
func fractionMicros(f uint16) int64 { return min((int64(f)*1000+4095)/4096, 999) }

// makeID lays out the id: counter takes 20 bits, tail 42.
func makeID(ms int64, fraction uint16, counter uint32, tail uint64) (id ID) {
	binary.BigEndian.PutUint64(id[:8], uint64(ms)<<16|7<<12|uint64(fraction&0x0fff))
	binary.BigEndian.PutUint64(id[8:], 0b10<<62|uint64(counter&maxCounter)<<42|tail&(1<<42-1))
	return id
}

const maxCounter = 1<<20 - 1

// A generator makes ids that ascend within the process: within a microsecond by the counter.
// Between processes the 42 random bits keep ids of one microsecond and count apart.
type generator struct {
	mu      sync.Mutex
	last    int64 // microseconds of the newest id
	counter uint32
	pool    [768]byte // random bytes not yet used, since a read costs more than the rest of an id
	left    int
}

// Two generators, so that an import of old entries never holds back the ids of the present.
var ids, imported generator

func (g *generator) next(now time.Time) ID {
	g.mu.Lock()
	defer g.mu.Unlock()
	us := clampMicros(now)
	behind := g.last - us
	switch {
	case behind < 0 || behind > time.Second.Microseconds():
		g.last, g.counter = us, 0
	case g.counter < maxCounter:
		g.counter++
	default:
		g.last, g.counter = g.last+1, 0
	}
	return g.make()
}

func (g *generator) at(t time.Time) ID {
	g.mu.Lock()
	defer g.mu.Unlock()
	if us := clampMicros(t); us != g.last || g.counter == maxCounter {
		g.last, g.counter = us, 0
	} else {
		g.counter++
	}
	return g.make()
}

func (g *generator) make() ID {
	if g.left < 6 {
		rand.Read(g.pool[:]) // never fails (crypto/rand)
		g.left = len(g.pool)
	}
	b := g.pool[g.left-6 : g.left]
	g.left -= 6
	tail := uint64(b[0])<<40 | uint64(b[1])<<32 | uint64(binary.BigEndian.Uint32(b[2:]))
	return makeID(g.last/1000, microsFraction(g.last%1000), g.counter, tail)
}

func clampMicros(t time.Time) int64 {
	if t.Before(earliest) {
		t = earliest
	} else if !t.Before(latest) {
		t = latest.Add(-time.Microsecond)
	}
	return t.UnixMicro()
}

// ParseUUID parses the hyphenated form of any UUID (RFC 9562), in either case. Stores keep ids that
// are UUIDs in 16 bytes.
func ParseUUID(s string) (u [16]byte, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return u, false
	}
	for i, at := range [...]int{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34} {
		hi, lo := unhex(s[at]), unhex(s[at+1])
		if hi|lo > 15 {
			return u, false
		}
		u[i] = hi<<4 | lo
	}
	return u, true
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

func formatUUID(dst []byte, u [16]byte) {
	hex.Encode(dst[0:8], u[0:4])
	hex.Encode(dst[9:13], u[4:6])
	hex.Encode(dst[14:18], u[6:8])
	hex.Encode(dst[19:23], u[8:10])
	hex.Encode(dst[24:36], u[10:16])
	dst[8], dst[13], dst[18], dst[23] = '-', '-', '-', '-'
}
