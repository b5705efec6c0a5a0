package api

import "github.com/daybookdev/daybook"

// filter parses the text of a filter into q.
func (c *call) filter(q *asked, text string, tree []byte) error {
	if text != "" || tree != nil || c.principal.Filter() != "" {
		return &daybook.FieldError{Field: "q", Reason: "is not understood yet"}
	}
	return nil
}
