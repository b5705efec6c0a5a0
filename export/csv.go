package export

import (
	"bufio"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/daybookdev/daybook"
)

// Columns are those of CSV, in their order. They are the fields of an entry, as JSON calls them.
func Columns() []string { return slices.Clone(columns) }

var columns = []string{"id", "action", "resource_type", "resource_id", "organization_id", "user_id", "actor_type", "request_id", "outcome",
	"details", "ip_address", "user_agent", "created_at", "updated_at", "recorded_by"}

// csvTime has six digits always, so that stamps sort as texts.
const csvTime = "2006-01-02T15:04:05.000000Z"

type csvRows struct {
	w   *bufio.Writer
	raw bool
}

func (c *csvRows) open() error  { return c.cells(columns) }
func (c *csvRows) close() error { return nil }

func (c *csvRows) write(e *daybook.Entry) error {
	details, err := e.Details.Canonical()
	if err != nil {
		return err
	}
	address := ""
	if e.IPAddress.IsValid() {
		address = e.IPAddress.String()
	}
	return c.cells([]string{e.ID.String(), string(e.Action), e.ResourceType, e.ResourceID, e.OrganizationID, e.UserID, string(e.ActorType), e.RequestID, string(e.Outcome),
		string(details), address, e.UserAgent, stamp(e.CreatedAt), stamp(e.UpdatedAt), e.RecordedBy})
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(csvTime)
}

// cells writes one line. The errors of a bufio.Writer stay, so the last one tells.
func (c *csvRows) cells(cells []string) error {
	for i, cell := range cells {
		if i > 0 {
			c.w.WriteByte(',')
		}
		if !c.raw {
			cell = Guard(cell)
		}
		c.w.WriteByte('"')
		c.w.WriteString(strings.ReplaceAll(cell, `"`, `""`))
		c.w.WriteByte('"')
	}
	_, err := c.w.WriteString("\r\n")
	return err
}

// Guard returns a cell that no spreadsheet takes for a formula: one that could be taken for one has a
// ' before it, and so has one that begins with ', so that [Unguard] knows.
//
// That is a cell that begins with tab, CR, LF or NUL, or whose first character that is seen is one of
// = + - @ or their full-width forms. White space, controls and zero-width characters are not seen: a
// spreadsheet may drop them.
func Guard(cell string) string {
	if cell == "" {
		return cell
	}
	if strings.IndexByte("\t\r\n\x00'", cell[0]) >= 0 {
		return "'" + cell
	}
	for _, r := range cell {
		switch {
		case strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20", r):
			return "'" + cell
		case !dropped(r):
			return cell
		}
	}
	return cell
}

// Unguard returns what Guard was given.
func Unguard(cell string) string { return strings.TrimPrefix(cell, "'") }

// dropped reports whether a spreadsheet may take a cell without the character for the same.
func dropped(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zs, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}
