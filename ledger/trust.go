package ledger

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
)

// Trust is what a verification starts from, and what it never takes from the database: the name of
// the deployment and the keys that may sign in it.
type Trust struct {
	Deployment string
	Keys       []PublicKey
}

// ParseTrust reads a trust file: lines "log <verifier key>", one for each key of the deployment; empty
// lines and lines that begin with # mean nothing (https://c2sp.org/tlog-policy). Lines it does not
// know are refused: to leave out half of a policy would be to trust more than it says.
func ParseTrust(text string) (Trust, error) {
	var t Trust
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
		case fields[0] == "log" && len(fields) == 2:
			name, key, err := ParseVerifierKey(fields[1])
			if err != nil {
				return Trust{}, fmt.Errorf("trust file, line %d: %w", n, err)
			}
			if t.Deployment != "" && t.Deployment != name {
				return Trust{}, fmt.Errorf("trust file, line %d: a key of %s in a file of %s", n, name, t.Deployment)
			}
			t.Deployment = name
			t.Keys = append(t.Keys, key)
		case fields[0] == "quorum" && len(fields) == 2 && fields[1] == "none":
		default:
			return Trust{}, fmt.Errorf("trust file, line %d: %.60q is not understood: lines are \"log <verifier key>\"", n, lines.Text())
		}
	}
	if err := lines.Err(); err != nil {
		return Trust{}, fmt.Errorf("trust file: %w", err)
	}
	if len(t.Keys) == 0 {
		return Trust{}, errors.New("the trust file names no key: it needs a line \"log <verifier key>\"")
	}
	return t, nil
}

// String returns the trust file.
func (t Trust) String() string {
	var b strings.Builder
	b.WriteString("# Who may sign the logs of " + t.Deployment + ". Keep this file where its database's owner cannot change it.\n")
	for _, k := range t.Keys {
		text, err := k.VerifierKey(t.Deployment)
		if err != nil {
			text = err.Error()
		}
		b.WriteString("log " + text + "\n")
	}
	return b.String()
}
