package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// entryColumns are those of a table of entries; the first says in which zone its times are.
func entryColumns(zone *time.Location) []column {
	return []column{
		{title: "TIME (" + zone.String() + ")"},
		{title: "ACTION"},
		{title: "RESOURCE", least: 14, cut: cutMiddle},
		{title: "USER", least: 10, cut: cutMiddle},
		{title: "OUTCOME"},
		{title: "IP", drop: 2},
		{title: "REQUEST", least: 9, cut: cutMiddle, drop: 1},
		{title: "DETAILS", least: 16, cut: cutEnd, drop: 3},
	}
}

func entryRow(e *daybook.Entry, zone *time.Location) []string {
	row := []string{
		e.CreatedAt.In(zone).Format("2006-01-02 15:04:05"),
		string(e.Action),
		resourceText(e),
		userText(e),
		string(e.Outcome),
		"",
		e.RequestID,
		detailsText(e.Details),
	}
	if e.IPAddress.IsValid() {
		row[5] = e.IPAddress.String()
	}
	for i := range row {
		row[i] = escapeText(row[i])
	}
	return row
}

func resourceText(e *daybook.Entry) string {
	if e.ResourceID == "" {
		return e.ResourceType
	}
	return e.ResourceType + "/" + e.ResourceID
}

// userText says who acted; what kind of user goes before it, unless it is a person.
func userText(e *daybook.Entry) string {
	switch {
	case e.ActorType == daybook.ActorUser && e.UserID == "":
		return "(anonymous)"
	case e.ActorType == daybook.ActorUser:
		return e.UserID
	case e.UserID == "":
		return string(e.ActorType)
	}
	return string(e.ActorType) + ":" + e.UserID
}

// mostDetails bounds the text of details in a row, in bytes or a little more. Everything is in
// JSON, and what query --id shows.
const mostDetails = 240

// detailsText tells details in a row: first what changed, then the other members.
func detailsText(d daybook.Details) string {
	var b strings.Builder
	next := func(format string, args ...any) bool {
		if b.Len() > mostDetails {
			return false
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, format, args...)
		return true
	}
	changes, _ := d["changes"].(map[string]any)
	for _, field := range slices.Sorted(maps.Keys(changes)) {
		if change, ok := changes[field].(map[string]any); ok {
			next("%s:%s→%s", field, valueText(change["old"]), valueText(change["new"]))
		} else {
			next("%s:%s", field, valueText(changes[field]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d)) {
		if (name != "changes" || changes == nil) && !next("%s=%s", name, valueText(d[name])) {
			b.WriteString(" …")
			break
		}
	}
	return b.String()
}

// valueText tells a value as short as it can be: a text without quotation marks where none are
// needed to see where it ends.
func valueText(v any) string {
	if s, ok := v.(string); ok {
		if s != "" && !strings.ContainsAny(s, " \"=→…{}[],") {
			return shorten(s)
		}
		return shorten(`"` + strings.ReplaceAll(s, `"`, `\"`) + `"`)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return shorten(string(text))
}

func shorten(s string) string {
	if len(s) <= mostDetails {
		return s
	}
	return strings.ToValidUTF8(s[:mostDetails], "") + "…"
}

// printEntry prints all of an entry, a line for each field.
func (o *output) printEntry(e *daybook.Entry, zone *time.Location) error {
	field := func(name, value string) {
		if value != "" {
			o.printf("%-15s  %s\n", name, value)
		}
	}
	when := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04:05.000000 -07:00") }
	field("id", e.ID.String())
	field("created_at", when(e.CreatedAt))
	if !e.UpdatedAt.Equal(e.CreatedAt) {
		field("updated_at", when(e.UpdatedAt))
	}
	field("organization_id", e.OrganizationID)
	field("action", string(e.Action))
	field("outcome", string(e.Outcome))
	field("resource_type", e.ResourceType)
	field("resource_id", e.ResourceID)
	field("actor_type", string(e.ActorType))
	field("user_id", e.UserID)
	field("request_id", e.RequestID)
	if e.IPAddress.IsValid() {
		field("ip_address", e.IPAddress.String())
	}
	field("user_agent", e.UserAgent)
	field("recorded_by", e.RecordedBy)
	if len(e.Details) == 0 {
		return nil
	}
	text, err := e.Details.Canonical()
	if err != nil {
		return err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, escapeJSON(text), "", "  "); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o, "details\n%s\n", pretty.Bytes())
	return err
}

// plural returns "1 entry", "2 entries", "12,345 entries".
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// grouped writes n with a comma between thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
