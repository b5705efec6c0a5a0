package ledger

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/daybookdev/daybook"
)

// ErrRollback means that a log is not what it was when it was last signed: it is shorter, or has
// other leaves. A backup may have been restored, or somebody has changed the database. Nothing is
// signed until someone looks: run daybook verify.
var ErrRollback = errors.New("the log is not a continuation of what was signed before")

// A Signer signs checkpoints, and remembers them in a file of its own, outside the database: a log
// that is smaller than what was signed, or has another root at the same size, or does not prove that
// it continues, is refused. What is remembered is on disk before a signature leaves. Safe for
// concurrent use, also by several programs on one machine.
type Signer struct {
	key        *Key
	deployment string
	path       string

	mu    sync.Mutex // guards what follows
	older []PublicKey
	state map[string]Checkpoint
	file  os.FileInfo // what was last read
	read  int64       // bytes of it that state holds
	lines int         // in these
}

// NewSigner returns the Signer of a deployment with its state in the file at path, which is made
// where there is none. An empty path keeps the state in memory alone.
func NewSigner(deployment string, key *Key, path string) (*Signer, error) {
	if err := CheckDeployment(deployment); err != nil {
		return nil, err
	}
	s := &Signer{key: key, deployment: deployment, path: path, state: map[string]Checkpoint{}}
	if path == "" {
		return s, nil
	}
	f, err := s.open()
	if err != nil {
		return nil, err
	}
	return s, f.Close()
}

// Deployment returns the deployment's name.
func (s *Signer) Deployment() string { return s.deployment }

// Public returns the key that verifies what s signs.
func (s *Signer) Public() PublicKey { return s.key.public }

// Last returns what was last signed or seen of a log, and false for a log that is new.
func (s *Signer) Last(origin string) (Checkpoint, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.state[origin]
	return c, ok
}

// A Request asks for a signature. Proof proves that the log continues what Last returned.
type Request struct {
	Checkpoint
	Proof tlog.TreeProof
}

// Sign returns signed notes of the checkpoints, or signs none.
func (s *Signer) Sign(requests ...Request) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.advance(requests, true)
}

// Trust lets Saw believe checkpoints that an older key has signed, as they are behind a rotation.
func (s *Signer) Trust(older ...PublicKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.older = append(s.older, older...)
}

// Saw tells s of a checkpoint that its key has signed and that somebody kept. The newest wins: a
// database behind it is refused from now on.
func (s *Signer) Saw(signed string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := OpenCheckpoint(signed, append([]PublicKey{s.key.public}, s.older...))
	if err != nil {
		return err
	}
	last := s.state[c.Origin]
	if c.Size < last.Size || c == last {
		return nil
	}
	if c.Size == last.Size && last.Origin != "" {
		return fmt.Errorf("%w: two checkpoints of %s of size %d have different roots", ErrRollback, c.Origin, c.Size)
	}
	_, err = s.advance([]Request{{Checkpoint: c}}, false)
	return err
}

// advance remembers the checkpoints and signs them. prove is false for what was signed already.
func (s *Signer) advance(requests []Request, prove bool) (notes []string, err error) {
	var f *os.File
	if s.path != "" {
		if f, err = s.open(); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
	}
	var fresh bytes.Buffer
	for _, r := range requests {
		last, known := s.state[r.Origin]
		switch {
		case known && r.Checkpoint == last:
			continue
		case known && r.Size <= last.Size:
			return nil, fmt.Errorf("%w: %s has size %d and root %v, and had size %d and root %v", ErrRollback, r.Origin, r.Size, r.Root, last.Size, last.Root)
		case known && prove && last.Size > 0:
			if err := tlog.CheckTree(r.Proof, r.Size, r.Root, last.Size, last.Root); err != nil {
				return nil, fmt.Errorf("%w: %s at size %d does not contain what it was at size %d (%w)", ErrRollback, r.Origin, r.Size, last.Size, err)
			}
		}
		fmt.Fprintf(&fresh, "%d %s %s\n", r.Size, base64.StdEncoding.EncodeToString(r.Root[:]), r.Origin)
	}
	if f != nil && fresh.Len() > 0 {
		// On disk before any signature leaves: after a crash s must know all that others may have.
		if _, err := f.Write(fresh.Bytes()); err != nil {
			return nil, fmt.Errorf("keep the signer's state: %w", err)
		}
		if err := f.Sync(); err != nil {
			return nil, fmt.Errorf("keep the signer's state: %w", err)
		}
		s.read += int64(fresh.Len())
		s.lines += len(requests)
	}
	for _, r := range requests {
		s.state[r.Origin] = r.Checkpoint
	}
	if prove {
		for _, r := range requests {
			signed, err := s.key.sign(r.Origin, r.Checkpoint.String())
			if err != nil {
				return nil, err
			}
			notes = append(notes, signed)
		}
	}
	if f != nil && s.lines > 4*len(s.state)+1000 {
		return notes, s.compact()
	}
	return notes, nil
}

// open opens the file, locked against other programs, and reads what they have added. The caller
// closes it.
func (s *Signer) open() (*os.File, error) {
	for {
		f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return nil, fmt.Errorf("open the signer's state: %w", err)
		}
		if err := lockFile(f); err != nil {
			return nil, errors.Join(fmt.Errorf("lock the signer's state: %w", err), f.Close())
		}
		// While we waited another program may have put a new file in its place.
		opened, err1 := f.Stat()
		named, err2 := os.Stat(s.path)
		if err1 != nil || err2 != nil || !os.SameFile(opened, named) {
			f.Close()
			continue
		}
		if s.file == nil || !os.SameFile(opened, s.file) || opened.Size() < s.read {
			s.file, s.read, s.lines = opened, 0, 0
		}
		if err := s.readState(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}
}

func (s *Signer) readState(f *os.File) error {
	data, err := io.ReadAll(io.NewSectionReader(f, s.read, 1<<40))
	if err != nil {
		return fmt.Errorf("read the signer's state: %w", err)
	}
	whole := bytes.LastIndexByte(data, '\n') + 1
	if whole < len(data) { // a crash cut it short, before anything was signed
		if err := f.Truncate(s.read + int64(whole)); err != nil {
			return fmt.Errorf("repair the signer's state: %w", err)
		}
	}
	for line := range strings.Lines(string(data[:whole])) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3)
		var c Checkpoint
		ok := len(fields) == 3
		if ok {
			size, err1 := strconv.ParseInt(fields[0], 10, 64)
			root, err2 := base64.StdEncoding.DecodeString(fields[1])
			if ok = err1 == nil && err2 == nil && len(root) == tlog.HashSize && size >= 0; ok {
				c = Checkpoint{fields[2], size, tlog.Hash(root)}
			}
		}
		if !ok {
			return fmt.Errorf("the signer's state %s is damaged at %.80q: restore it, or remove it and sign nothing before the newest kept checkpoint was checked by daybook verify", s.path, line)
		}
		if c.Size >= s.state[c.Origin].Size {
			s.state[c.Origin] = c
		}
		s.lines++
	}
	s.read += int64(whole)
	return nil
}

// compact replaces the file by one with the newest lines.
func (s *Signer) compact() error {
	f, err := os.CreateTemp(filepath.Dir(s.path), ".state-*")
	if err != nil {
		return fmt.Errorf("shorten the signer's state: %w", err)
	}
	defer os.Remove(f.Name())
	var b bytes.Buffer
	for _, c := range s.state {
		fmt.Fprintf(&b, "%d %s %s\n", c.Size, base64.StdEncoding.EncodeToString(c.Root[:]), c.Origin)
	}
	_, err = f.Write(b.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		if err = os.Rename(f.Name(), s.path); err == nil {
			err = syncDir(filepath.Dir(s.path))
		}
	}
	if err != nil {
		return fmt.Errorf("shorten the signer's state: %w", err)
	}
	return nil // what was written is read again, as another program's would be
}

// Control returns the signed note of a control entry. json is canonical and tells nothing of persons.
func (s *Signer) Control(origin string, kind Kind, id daybook.ID, json string) (string, error) {
	text, err := controlText(origin, kind, id, json)
	if err != nil {
		return "", err
	}
	return s.key.sign(origin, text)
}
