package api

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"

	"github.com/daybookdev/daybook"
)

// A positionKey seals positions. They count the entries of all organizations, so that in clear they
// would tell one organization how much the others write: outside they are encrypted, and bound to
// an organization and a filter.
type positionKey struct{ aead cipher.AEAD }

func newPositionKey(k daybook.CursorKey) (positionKey, error) {
	derived := sha256.Sum256(append([]byte("daybook/position/v1\x00"), k[:]...))
	block, err := aes.NewCipher(derived[:])
	if err != nil {
		return positionKey{}, err
	}
	aead, err := cipher.NewGCM(block)
	return positionKey{aead}, err
}

func (k positionKey) seal(p daybook.Position, bound string) string {
	nonce := make([]byte, k.aead.NonceSize(), k.aead.NonceSize()+12+k.aead.Overhead())
	rand.Read(nonce) // never fails (crypto/rand)
	var plain [12]byte
	binary.BigEndian.PutUint32(plain[:4], uint32(p.Epoch))
	binary.BigEndian.PutUint64(plain[4:], uint64(p.Number))
	return base64.RawURLEncoding.EncodeToString(k.aead.Seal(nonce, nonce, plain[:], []byte(bound)))
}

func (k positionKey) open(text, bound string) (daybook.Position, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if n := k.aead.NonceSize(); err == nil && len(b) == n+12+k.aead.Overhead() {
		if plain, err := k.aead.Open(nil, b[:n], b[n:], []byte(bound)); err == nil {
			return daybook.Position{Epoch: int(binary.BigEndian.Uint32(plain)), Number: int64(binary.BigEndian.Uint64(plain[4:]))}, nil
		}
	}
	return daybook.Position{}, fmt.Errorf("%w: it is not one that this stream has given out; begin without it", daybook.ErrPosition)
}
