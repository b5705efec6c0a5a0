package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Checkpoint says how large a log is and what its root hash is. Signed it is the log's word: whoever
// keeps it can show that the log was later changed (https://c2sp.org/tlog-checkpoint).
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// String returns the text that is signed.
func (c Checkpoint) String() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// ParseCheckpoint reads the text of a checkpoint. Ours have no extension lines, and such are refused.
func ParseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) == 4 {
		size, err1 := strconv.ParseUint(lines[1], 10, 63)
		root, err2 := base64.StdEncoding.Strict().DecodeString(lines[2])
		if err1 == nil && err2 == nil && len(root) == tlog.HashSize && size <= math.MaxInt64 {
			c := Checkpoint{lines[0], int64(size), tlog.Hash(root)}
			if c.Origin != "" && c.String() == text {
				return c, nil
			}
		}
	}
	return Checkpoint{}, errors.New("this is not a checkpoint: three lines of origin, size and root hash")
}

// Errors of notes.
var (
	// ErrKeyUnknown means that no key that is trusted has signed.
	ErrKeyUnknown = errors.New("no trusted key has signed")

	// ErrSignature means that a signature does not fit what it stands under.
	ErrSignature = errors.New("the signature is wrong")
)

// OpenCheckpoint returns the checkpoint that a signed note says, if one of the keys has signed it.
func OpenCheckpoint(signed string, keys []PublicKey) (Checkpoint, error) {
	origin, _, _ := strings.Cut(signed, "\n")
	text, err := openNote(signed, origin, keys)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint of %.200q: %w", origin, err)
	}
	return ParseCheckpoint(text)
}

// openNote returns the text of a note that one of the keys has signed in the name of an origin.
func openNote(signed, name string, keys []PublicKey) (string, error) {
	var verifiers []note.Verifier
	for _, k := range keys {
		v, err := k.verifier(name)
		if err != nil {
			return "", err
		}
		verifiers = append(verifiers, v)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(verifiers...))
	if err != nil {
		if _, ok := errors.AsType[*note.UnverifiedNoteError](err); ok {
			return "", ErrKeyUnknown
		}
		if _, ok := errors.AsType[*note.InvalidSignatureError](err); ok {
			return "", ErrSignature
		}
		return "", err
	}
	// Of a signature, too, there is one text: note.Open takes any bits behind the last byte.
	for _, s := range append(n.Sigs, n.UnverifiedSigs...) {
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return "", ErrSignature
		}
	}
	return n.Text, nil
}
