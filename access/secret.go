package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
)

// What the credentials begin with that this package makes, so that people and scanners of secrets
// know them. SecretPattern matches all three.
const (
	keyPrefix     = "dbk" // API keys
	tokenPrefix   = "dbv" // viewer tokens
	sessionPrefix = "dbs" // sessions, in cookies alone
)

// SecretPattern is a regular expression (RE2) for scanners of secrets. What it matches also ends in a
// CRC-32 (IEEE) of all that is before the last underscore, in hexadecimal digits.
const SecretPattern = `\bdb[kvs]_[0-9a-f]{32}_[a-z2-7]{52}_[0-9a-f]{8}\b`

const (
	secretBytes = 32
	idLength    = 32 // hexadecimal digits
	secretLen   = 52
	wholeLength = 3 + 1 + idLength + 1 + secretLen + 1 + 8
)

// plain is base32 (RFC 4648, section 6) in lower case, which a double click selects whole.
var plain = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newID returns a random id, a UUID (RFC 9562, section 5.4): every log can hold it as the id of a
// resource.
func newID() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return hyphenated(hex.EncodeToString(b))
}

func hyphenated(digits string) string {
	return digits[:8] + "-" + digits[8:12] + "-" + digits[12:16] + "-" + digits[16:20] + "-" + digits[20:]
}

// newSecret returns a credential with the id, to be shown once, and the hash that is kept of it. One
// round of SHA-256 is enough for 256 random bits: there is nothing to guess.
func newSecret(prefix, id string) (text string, hash []byte) {
	b := make([]byte, secretBytes)
	rand.Read(b)
	text = prefix + "_" + strings.ReplaceAll(id, "-", "") + "_" + plain.EncodeToString(b)
	return fmt.Sprintf("%s_%08x", text, crc32.ChecksumIEEE([]byte(text))), hashSecret(b)
}

func hashSecret(secret []byte) []byte {
	sum := sha256.Sum256(secret)
	return sum[:]
}

// parseSecret reads what newSecret returns. There is one spelling of each credential: everything else
// is refused, in time that depends on nothing secret.
func parseSecret(prefix, text string) (id string, hash []byte, ok bool) {
	if len(text) != wholeLength {
		return "", nil, false
	}
	body, sum := text[:wholeLength-9], text[wholeLength-9:]
	if sum != fmt.Sprintf("_%08x", crc32.ChecksumIEEE([]byte(body))) {
		return "", nil, false
	}
	rest, ok := strings.CutPrefix(body, prefix+"_")
	if !ok || len(rest) != idLength+1+secretLen || rest[idLength] != '_' {
		return "", nil, false
	}
	id = hyphenated(rest[:idLength])
	if !isID(id) {
		return "", nil, false
	}
	secret, err := plain.DecodeString(rest[idLength+1:])
	// The last character has bits to spare.
	if err != nil || plain.EncodeToString(secret) != rest[idLength+1:] {
		return "", nil, false
	}
	return id, hashSecret(secret), true
}

// isID reports whether s could be an id: a UUID in lower case.
func isID(s string) bool {
	digits := strings.ReplaceAll(s, "-", "")
	if len(digits) != idLength || strings.ToLower(s) != s || hyphenated(digits) != s {
		return false
	}
	_, err := hex.DecodeString(digits)
	return err == nil
}

// sameHash compares in constant time.
func sameHash(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// noHash is compared with where there is nothing to compare with, so that an id that is unknown takes
// as long as a secret that is wrong.
var noHash = make([]byte, sha256.Size)
