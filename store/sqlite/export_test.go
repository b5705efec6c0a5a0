package sqlite

import (
	"time"

	"github.com/daybookdev/daybook"
)

// SetScanBudget sets how long a page may look for what no index picks out.
func (s *Store) SetScanBudget(d time.Duration) { s.scanBudget = d }

// MostKinds is how many kinds of entries the sums of one day tell apart.
const MostKinds = mostKinds

// ParseDay reads the sums of a day and writes them again.
func ParseDay(b []byte) ([]byte, error) {
	d, err := parseDay(b, map[string]string{})
	if err != nil {
		return nil, err
	}
	return d.appendTo(nil), nil
}

// SampleDay returns the stored form of sums.
func SampleDay() []byte {
	d := &daySum{}
	d.add(0, [...]string{"CREATE", "success", "document", "user"}, 1)
	d.add(23, [...]string{"READ", "success", "document", "user"}, 300)
	d.add(23, [...]string{"READ", "denied", "session", "system"}, 1<<40)
	return d.appendTo(nil)
}

// PathValues returns what a path into details finds in canonical text; ok is false where the text
// has to be parsed.
func PathValues(field daybook.Field, text []byte) (values []string, ok bool) {
	p, err := newDetailsPath(field)
	if err != nil {
		return nil, false
	}
	return p.values(text)
}
