package ledger

import (
	"errors"
	"strings"
)

// SplitNotes returns the signed notes that stand one behind the other in a file, such as checkpoints
// or receipts that were appended to it. Lines that begin with # before a note mean nothing.
func SplitNotes(data string) ([]string, error) {
	var all []string
	var note strings.Builder
	signatures := false
	for line := range strings.Lines(data) {
		line = strings.TrimSuffix(line, "\n") + "\n"
		signature := strings.HasPrefix(line, "— ")
		switch {
		case note.Len() == 0 && (line == "\n" || strings.HasPrefix(line, "#")):
			continue
		case signatures && !signature: // the next note begins
			all = append(all, note.String())
			note.Reset()
			signatures = false
			if line == "\n" || strings.HasPrefix(line, "#") {
				continue
			}
		case signature:
			signatures = true
		}
		note.WriteString(line)
	}
	if note.Len() > 0 {
		if !signatures {
			return nil, errors.New("this is not a file of signed notes: the last one has no signature")
		}
		all = append(all, note.String())
	}
	return all, nil
}
