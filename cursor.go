package daybook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// A CursorKey seals cursors that leave the program, so that nobody outside makes or alters one.
// Draw it from crypto/rand and keep it where the program keeps its other secrets; after a change
// of the key earlier cursors are refused.
type CursorKey [32]byte

// The sealed form is the base64url text of version, order, id, binding and authentication code.
const (
	cursorVersion = 1
	sealedLength  = 1 + 1 + 16 + 8 + 16
)

// Seal returns the text of c, bound to the organization and to everything in q but After and
// Limit: 56 characters that are safe in a URL; "" for the zero Cursor.
func (k CursorKey) Seal(organization string, q Query, c Cursor) (string, error) {
	if c.IsZero() {
		return "", nil
	}
	binding, err := q.binding(organization)
	if err != nil {
		return "", err
	}
	b := make([]byte, 0, sealedLength)
	b = append(b, cursorVersion, byte(c.Order))
	b = append(b, c.ID[:]...)
	b = append(b, binding...)
	b = append(b, k.mac(b)...)
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// Open returns the cursor that Seal made into text for the same organization and query. Its error
// is ErrCursor, with the reason: altered, or made for another query.
func (k CursorKey) Open(organization string, q Query, text string) (Cursor, error) {
	if text == "" {
		return Cursor{}, nil
	}
	// Strict, so that one cursor has one text.
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(b) != sealedLength || b[0] != cursorVersion {
		return Cursor{}, fmt.Errorf("%w: it is not one that Daybook gave out; start from the first page", ErrCursor)
	}
	body, mac := b[:sealedLength-16], b[sealedLength-16:]
	if !hmac.Equal(mac, k.mac(body)) {
		return Cursor{}, fmt.Errorf("%w: it was altered, or comes from another Daybook; start from the first page", ErrCursor)
	}
	binding, err := q.binding(organization)
	if err != nil {
		return Cursor{}, err
	}
	if !bytes.Equal(body[18:26], binding) {
		return Cursor{}, fmt.Errorf("%w: it belongs to another query or organization; start from the first page", ErrCursor)
	}
	return Cursor{Order: Order(body[1]), ID: ID(body[2:18])}, nil
}

func (k CursorKey) mac(b []byte) []byte {
	h := hmac.New(sha256.New, k[:])
	h.Write([]byte("daybook/cursor/v1\x00"))
	h.Write(b)
	return h.Sum(nil)[:16]
}

// binding is a digest of what a cursor belongs to. Only programs with the same key compare it, so
// the JSON of the normalized query serves, whatever it looks like.
func (q Query) binding(organization string) ([]byte, error) {
	q.After, q.Limit = Cursor{}, 0
	organization, err := NormalizeOrganization(organization)
	if err := errors.Join(err, q.Normalize()); err != nil {
		return nil, err
	}
	q.Limit = 0
	text, err := json.Marshal(struct {
		Organization string
		Query        Query
	}{organization, q})
	if err != nil {
		return nil, fmt.Errorf("bind cursor: %w", err)
	}
	sum := sha256.Sum256(text)
	return sum[:8], nil
}
