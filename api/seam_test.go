package api

import (
	"encoding/json"

	"github.com/daybookdev/daybook"
)

// Elements returns the texts of the elements of a JSON list.
func Elements(list []byte) (texts [][]byte, err error) {
	err = eachElement(list, func(text []byte) error {
		texts = append(texts, text)
		return nil
	})
	return texts, err
}

// ReadDocument reads an object as requests' documents are read, and takes a member of each type.
func ReadDocument(data []byte) error {
	members, err := daybook.ParseDetails(data)
	if err != nil {
		return err
	}
	d := &document{members: members}
	d.text("text")
	d.number("number", 1, 10, 1)
	d.texts("texts")
	d.flag("flag")
	d.time("time")
	if v := d.value("value"); v != nil && !json.Valid(v) {
		panic("a value that is no JSON")
	}
	return d.end()
}

// OpenPosition opens a sealed position, and says where a cursor's moment is.
func OpenPosition(key daybook.CursorKey, text, bound string) (daybook.Position, error) {
	k, err := newPositionKey(key)
	if err != nil {
		return daybook.Position{}, err
	}
	momentOf(text)
	return k.open(text, bound)
}

// SealPosition seals one.
func SealPosition(key daybook.CursorKey, p daybook.Position, bound string) (string, error) {
	k, err := newPositionKey(key)
	if err != nil {
		return "", err
	}
	return k.seal(p, bound), nil
}

// A Limiter is what an API counts with.
type Limiter struct{ *limiter }

// NewLimiter returns one.
func NewLimiter(l Limits) Limiter { return Limiter{newLimiter(l.withDefaults())} }

// Hold counts bytes of a body.
func (l Limiter) Hold(credential string, n int64) bool { return l.hold(credential, n) }

// Release ends that.
func (l Limiter) Release(credential string, n int64) { l.release(credential, n) }
