package workspace

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strconv"
	"strings"
)

// defaultRounds is what OWASP's password storage cheat sheet asks for PBKDF2 with HMAC-SHA-256.
const defaultRounds = 600_000

// passwords hashes and checks passwords: PBKDF2 (RFC 8018) with HMAC-SHA-256, a salt of 16 bytes
// and a key of 32. A hash carries its number of rounds, so that a new number keeps old hashes valid:
//
//	pbkdf2-sha256$600000$<salt>$<key>     in unpadded base64
type passwords struct {
	rounds int
	unused string        // the hash of nobody's password, to spend the same time on unknown addresses
	busy   chan struct{} // as many at once as there are processors: a flood of sign-ins must not starve the rest
}

func newPasswords(rounds int) (*passwords, error) {
	p := &passwords{rounds: rounds, busy: make(chan struct{}, runtime.GOMAXPROCS(0))}
	var err error
	p.unused, err = p.hash(rand.Text())
	return p, err
}

func (p *passwords) hash(password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails (crypto/rand)
	key, err := p.derive(password, salt, p.rounds)
	if err != nil {
		return "", err
	}
	text := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("pbkdf2-sha256$%d$%s$%s", p.rounds, text(salt), text(key)), nil
}

// check reports whether hash is that of password. An empty hash is that of nobody, and takes as
// long to refuse as any other.
func (p *passwords) check(hash, password string) (bool, error) {
	known := hash != ""
	if !known {
		hash = p.unused
	}
	parts := strings.Split(hash, "$")
	if len(parts) != 4 || parts[0] != "pbkdf2-sha256" {
		return false, fmt.Errorf("check password: the stored hash is not one of ours")
	}
	rounds, err := strconv.Atoi(parts[1])
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[2])
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[3])
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	got, err := p.derive(password, salt, rounds)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

func (p *passwords) derive(password string, salt []byte, rounds int) ([]byte, error) {
	p.busy <- struct{}{}
	defer func() { <-p.busy }()
	key, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive key from password: %w", err)
	}
	return key, nil
}
