package ledger

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A PublicKey verifies what a deployment's logs have signed. A log signs in the name of its origin,
// so one key gives every log a verifier key of its own.
type PublicKey struct{ key [ed25519.PublicKeySize]byte }

// verifier returns the verifier of what the key signs in a name.
func (k PublicKey) verifier(name string) (note.Verifier, error) {
	text, err := k.VerifierKey(name)
	if err != nil {
		return nil, err
	}
	return note.NewVerifier(text)
}

// VerifierKey returns the key as other programs take it: name+hash+key
// (https://c2sp.org/signed-note).
func (k PublicKey) VerifierKey(name string) (string, error) {
	return note.NewEd25519VerifierKey(name, k.key[:])
}

const algorithmEd25519 = 1 // in front of a key, https://c2sp.org/signed-note

// ParseVerifierKey reads what VerifierKey returns.
func ParseVerifierKey(text string) (name string, k PublicKey, err error) {
	if _, err := note.NewVerifier(text); err != nil {
		return "", k, fmt.Errorf("%.200q is no verifier key, such as audit.example.com+2b1c9f07+AfYV…: %w", text, err)
	}
	parts := strings.SplitN(text, "+", 3)
	data, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(data) != 1+len(k.key) || data[0] != algorithmEd25519 {
		return "", k, fmt.Errorf("%.200q is no Ed25519 verifier key", text)
	}
	copy(k.key[:], data[1:])
	return parts[0], k, nil
}

// A Key is the private key of a deployment. Whoever has it, and the database, can make a false log
// that only a checkpoint kept elsewhere shows to be false: keep it where the database's owner does
// not reach.
type Key struct {
	private ed25519.PrivateKey
	public  PublicKey
}

// NewKey makes a key.
func NewKey() *Key {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err) // crypto/rand never fails
	}
	return keyOf(private)
}

func keyOf(private ed25519.PrivateKey) *Key {
	k := &Key{private: private}
	copy(k.public.key[:], private.Public().(ed25519.PublicKey))
	return k
}

// Public returns the public half.
func (k *Key) Public() PublicKey { return k.public }

// sign returns the signed note of a text, in the name of an origin.
func (k *Key) sign(name, text string) (string, error) {
	v, err := k.public.verifier(name)
	if err != nil {
		return "", err
	}
	signed, err := note.Sign(&note.Note{Text: text}, namedKey{v, k.private})
	return string(signed), err
}

type namedKey struct {
	note.Verifier
	private ed25519.PrivateKey
}

func (k namedKey) Sign(text []byte) ([]byte, error) { return ed25519.Sign(k.private, text), nil }

const keyHead = "daybook/key/v1"

// LoadKey reads the key file at path, and makes one, for its owner alone, where there is none. It
// refuses a file that others may read.
func LoadKey(path string) (k *Key, made bool, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		k, err = makeKey(path)
		if errors.Is(err, fs.ErrExist) { // another program was faster
			return LoadKey(path)
		}
		return k, err == nil, err
	}
	if err != nil {
		return nil, false, fmt.Errorf("read the ledger's key: %w", err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, false, fmt.Errorf("the ledger's key %s may be read by others (mode %v): chmod 600 it, and think about a new key", path, info.Mode().Perm())
	}
	head, rest, _ := bytes.Cut(data, []byte("\n"))
	seed, err := base64.StdEncoding.DecodeString(string(bytes.TrimSuffix(rest, []byte("\n"))))
	if string(head) != keyHead || err != nil || len(seed) != ed25519.SeedSize {
		return nil, false, fmt.Errorf("%s is not a key of the ledger: its first line would be %s", path, keyHead)
	}
	return keyOf(ed25519.NewKeyFromSeed(seed)), false, nil
}

func makeKey(path string) (*Key, error) {
	k := NewKey()
	// Complete under another name first: a key that a crash cut short would stop the next start.
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("make the ledger's key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintf(f, "%s\n%s\n", keyHead, base64.StdEncoding.EncodeToString(k.private.Seed()))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("make the ledger's key: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil { // fails where a file is, unlike a rename
		return nil, fmt.Errorf("make the ledger's key: %w", err)
	}
	return k, syncDir(filepath.Dir(path))
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // it has no such call
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
