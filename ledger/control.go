package ledger

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/daybookdev/daybook"
)

const controlHead = "daybook/control/v1"

// ControlType is the resource type of control entries of the ledger itself.
const ControlType = daybook.ReservedPrefix + "ledger"

// controlText is what is signed of a control entry.
func controlText(origin string, kind Kind, id daybook.ID, data string) (string, error) {
	if !kind.known() || kind == KindEntry {
		return "", fmt.Errorf("%v is no kind of control entry", kind)
	}
	details, err := daybook.ParseDetails([]byte(data))
	if err != nil {
		return "", fmt.Errorf("control entry: %w", err)
	}
	canonical, err := details.Canonical()
	if err != nil || string(canonical) != data && data != "{}" {
		return "", fmt.Errorf("control entry: its JSON is not canonical")
	}
	return strings.Join([]string{controlHead, origin, kind.String(), id.String(), data}, "\n") + "\n", nil
}

// A Control is what the note of a control entry says.
type Control struct {
	Origin string
	Kind   Kind
	ID     daybook.ID
	Data   json.RawMessage
}

// OpenControl reads the note of a control entry that one of the keys has signed in the name of an
// origin.
func OpenControl(signed, origin string, keys []PublicKey) (Control, error) {
	text, err := openNote(signed, origin, keys)
	if err != nil {
		return Control{}, err
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 6 || lines[0] != controlHead || lines[5] != "" {
		return Control{}, fmt.Errorf("a control note of %d lines", len(lines))
	}
	c := Control{Origin: lines[1], Data: json.RawMessage(lines[4])}
	for k, name := range kindNames {
		if name == lines[2] {
			c.Kind = Kind(k)
		}
	}
	if c.ID, err = daybook.ParseID(lines[3]); err != nil {
		return Control{}, err
	}
	if again, err := controlText(c.Origin, c.Kind, c.ID, lines[4]); err != nil || again != text || c.Origin != origin {
		return Control{}, fmt.Errorf("a control note of another log, or not in its canonical form")
	}
	return c, nil
}
