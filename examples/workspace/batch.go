package workspace

import (
	"database/sql"
	"net/http"
	"slices"
	"time"

	"github.com/daybookdev/daybook"
)

// tagDocuments serves POST /documents/batch-tag: it adds and removes tags on many documents at once,
// all or none, and leaves one entry with the guide's "Batch operation" details: batch_id, count,
// duration_seconds.
func (a *App) tagDocuments(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	begin := time.Now()
	var body struct {
		DocumentIDs []string `json:"document_ids"`
		Add         []string `json:"add"`
		Remove      []string `json:"remove"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	ids := slices.Compact(slices.Sorted(slices.Values(body.DocumentIDs)))
	if len(ids) == 0 || len(ids) > 100 {
		return invalid("document_ids", "A batch has 1 to 100 documents", len(ids))
	}
	add, err := checkTags(body.Add)
	if err != nil {
		return err
	}
	batch := "batch-" + daybook.NewID().String()
	err = a.inTx(ctx, func(tx *sql.Tx, _ daybook.Tx) error {
		for _, id := range ids {
			document, err := findDocument(ctx, tx, who.organization, id)
			if err != nil {
				return err
			}
			tags := slices.DeleteFunc(document.Tags, func(tag string) bool { return slices.Contains(body.Remove, tag) })
			if tags, err = checkTags(append(tags, add...)); err != nil {
				return err
			}
			if err := retag(ctx, tx, id, tags); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	draft := daybook.DraftOf(ctx)
	draft.Detail("batch_id", batch)
	draft.Detail("count", len(ids))
	draft.Detail("duration_seconds", time.Since(begin).Seconds())
	return reply(w, http.StatusOK, map[string]any{"batch_id": batch, "count": len(ids)})
}
