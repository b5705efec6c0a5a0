package sqlite

import (
	"net/netip"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
)

// entryColumns are what filter_entry is called with, and textColumns, the part that free text is
// found in.
const (
	textColumns  = `action, resource_type, resource_id, user_id, request_id, ip_address, user_agent, details`
	entryColumns = textColumns + `, id, actor_type, outcome, created_at, updated_at`
)

// entryOf makes an entry of entryColumns.
func entryOf(args []sqlite.Value) (daybook.Entry, error) {
	e := daybook.Entry{
		Action:       daybook.Action(args[0].Text()),
		ResourceType: args[1].Text(),
		ResourceID:   idOf(args[2]),
		UserID:       idOf(args[3]),
		RequestID:    args[4].Text(),
		UserAgent:    args[6].Text(),
		ActorType:    daybook.ActorType(args[9].Text()),
		Outcome:      daybook.Outcome(args[10].Text()),
		CreatedAt:    time.UnixMicro(args[11].Int64()).UTC(),
		UpdatedAt:    time.UnixMicro(args[12].Int64()).UTC(),
	}
	copy(e.ID[:], args[8].Blob())
	var err error
	if args[5].Type() != sqlite.TypeNull {
		if e.IPAddress, err = netip.ParseAddr(args[5].Text()); err != nil {
			return daybook.Entry{}, err
		}
	}
	if args[7].Type() != sqlite.TypeNull {
		e.Details, err = daybook.ParseDetails([]byte(args[7].Text()))
	}
	return e, err
}

func idOf(v sqlite.Value) string {
	if v.Type() == sqlite.TypeBlob {
		var u daybook.ID
		copy(u[:], v.Blob())
		return u.String()
	}
	return v.Text()
}

// textIn returns the test of textColumns that filter_text does.
func textIn(t daybook.FilterText) func([]sqlite.Value) (bool, error) {
	inUUIDs := strings.Trim(t.Folded, "0123456789abcdef-") == ""
	return func(args []sqlite.Value) (bool, error) {
		last := len(args) - 1
		for _, v := range args[:last] {
			switch v.Type() {
			case sqlite.TypeNull:
			case sqlite.TypeBlob:
				if inUUIDs && t.In(idOf(v)) {
					return true, nil
				}
			default:
				if t.In(v.Text()) {
					return true, nil
				}
			}
		}
		return t.InJSON(args[last].Text()), nil
	}
}
