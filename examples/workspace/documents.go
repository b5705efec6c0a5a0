package workspace

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// A Document is a file that somebody uploaded, and what is known about it.
type Document struct {
	ID             string    `json:"id" daybook:"-"`
	OrganizationID string    `json:"organization_id" daybook:"-"`
	Filename       string    `json:"filename" daybook:"filename"`
	ContentType    string    `json:"content_type" daybook:"content_type"`
	SizeBytes      int64     `json:"size_bytes" daybook:"size_bytes"`
	SHA256         string    `json:"sha256" daybook:"sha256"`
	File           string    `json:"-" daybook:"-"` // its name in the file store
	Status         string    `json:"status" daybook:"status"`
	Tags           []string  `json:"tags" daybook:"tags"` // ascending
	CreatedBy      string    `json:"created_by" daybook:"-"`
	CreatedAt      time.Time `json:"created_at" daybook:"-"`
}

// The statuses of a document.
const (
	StatusActive   = "active"
	StatusArchived = "archived"
)

// archiveDocument serves POST /documents/{document_id}/archive: the guide's "Pattern 2: Manual
// Logging in Business Logic". The entry is recorded in the transaction while it is open. The
// guide's own code commits first and logs afterwards, into another transaction that nobody commits.
//
// It opens the transaction itself to show all of it; App.inTx is the short form. The outbox's Run
// carries the entry to the log within milliseconds of the commit.
func (a *App) archiveDocument(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	tx, err := a.begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after the commit

	document, err := documentInPath(r, tx, who)
	if err != nil {
		return err
	}
	if document.Status == StatusArchived {
		return &ConflictError{"the document is archived already"}
	}
	if _, err := tx.ExecContext(ctx, `
		update documents
		set status = 'archived'
		where organization_id = $1 and id = $2`, who.organization, document.ID); err != nil {
		return err
	}
	err = a.book.RecordTx(ctx, a.outbox.InTx(tx), daybook.Entry{
		Action:       daybook.Update,
		ResourceType: ResourceDocument,
		ResourceID:   document.ID,
		Details:      daybook.Details{"action": "archive"},
	})
	if err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	document.Status = StatusArchived
	return reply(w, http.StatusOK, document)
}

// updateDocument serves PATCH /documents/{document_id}, atomically.
//
// GOOD, of the guide's "1. Log Business Operations, Not Technical Details": the entry says what the
// document became, {"status": "archived"}, and nothing of the statements that made it so.
func (a *App) updateDocument(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	var body struct {
		Filename *string   `json:"filename"`
		Status   *string   `json:"status"`
		Tags     *[]string `json:"tags"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	tx := a.outbox.TxFrom(ctx)
	before, err := documentInPath(r, tx, who)
	if err != nil {
		return err
	}
	after := before
	if body.Filename != nil {
		if after.Filename, err = checkName("filename", *body.Filename); err != nil {
			return err
		}
	}
	if body.Tags != nil {
		if after.Tags, err = checkTags(*body.Tags); err != nil {
			return err
		}
	}
	if body.Status != nil {
		if *body.Status != StatusActive && *body.Status != StatusArchived {
			return invalid("status", "The status must be active or archived", *body.Status)
		}
		after.Status = *body.Status
	}
	if _, err := tx.ExecContext(ctx, `
		update documents
		set filename = $1, status = $2
		where organization_id = $3 and id = $4`, after.Filename, after.Status, who.organization, after.ID); err != nil {
		return err
	}
	if err := retag(ctx, tx, after.ID, after.Tags); err != nil {
		return err
	}
	draft := daybook.DraftOf(ctx)
	if before.Status != after.Status {
		draft.Detail("status", after.Status)
	}
	if changes, err := daybook.Diff(before, after); err == nil && len(changes) == 0 {
		draft.Skip()
	}
	draft.Change(before, after)
	return reply(w, http.StatusOK, after)
}

// deleteDocument serves DELETE /documents/{document_id}. The row goes first: see fileStore.
func (a *App) deleteDocument(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	var document Document
	err := a.inTx(ctx, func(tx *sql.Tx, _ daybook.Tx) error {
		var err error
		if document, err = documentInPath(r, tx, who); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `delete from documents where organization_id = $1 and id = $2`, who.organization, document.ID)
		return err
	})
	if err != nil {
		return err
	}
	a.removeFile(ctx, document.File)
	daybook.DraftOf(ctx).Detail("filename", document.Filename)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// removeFile removes what no row refers to any more. If it fails, the next start does.
func (a *App) removeFile(ctx context.Context, name string) {
	if err := a.files.remove(name); err != nil {
		a.logger.LogAttrs(ctx, slog.LevelWarn, "file not removed", slog.String("error", err.Error()))
	}
}

// downloadDocument serves GET /documents/{document_id}/content, ranges included. Every download is a
// READ entry.
func (a *App) downloadDocument(w http.ResponseWriter, r *http.Request, who caller) error {
	document, err := documentInPath(r, a.db, who)
	if err != nil {
		return err
	}
	file, err := a.files.open(document.File)
	if err != nil {
		return err
	}
	defer file.Close()
	draft := daybook.DraftOf(r.Context())
	if r.Method == http.MethodHead {
		draft.Skip() // nothing was read
	}
	draft.Detail("action", "download")
	draft.Detail("filename", document.Filename)
	draft.Detail("size_bytes", document.SizeBytes)
	if s := r.Header.Get("Range"); s != "" && len(s) <= 100 {
		draft.Detail("range", s)
	}
	serveFile(w, r, document, file)
	return nil
}

// exportDocuments serves GET /documents/export: what is known about every document, one JSON object
// a line. Its entry is Required: if it cannot be written, nothing leaves the house.
func (a *App) exportDocuments(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	documents, err := all(ctx, a.db, scanDocument, selectDocuments+`
		where organization_id = $1
		order by id`, who.organization)
	if err != nil {
		return err
	}
	// Before the first line is written: an answer that leaves closes the entry.
	draft := daybook.DraftOf(ctx)
	draft.Detail("action", "export")
	draft.Detail("format", "jsonl")
	draft.Detail("count", len(documents))
	w.Header().Set("Content-Type", "application/jsonl")
	w.Header().Set("Cache-Control", "no-store")
	lines := json.NewEncoder(w)
	for _, document := range documents {
		if err := lines.Encode(document); err != nil {
			break // the client is gone
		}
	}
	return nil
}

// listDocuments serves GET /documents?status=&tag=&after=&limit=, newest first. Lists leave no
// entry; the downloads do.
func (a *App) listDocuments(w http.ResponseWriter, r *http.Request, who caller) error {
	if err := only(r, "status", "tag", "after", "limit"); err != nil {
		return err
	}
	limit, err := number(r, "limit", 50, 1, 200)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	documents, err := all(r.Context(), a.db, scanDocument, selectDocuments+`
		where organization_id = $1
			and ($2 = '' or status = $2)
			and ($3 = '' or exists (select 1 from document_tags where document_id = documents.id and tag = $3))
			and ($4 = '' or id < $4)
		order by id desc
		limit $5`, who.organization, q.Get("status"), q.Get("tag"), q.Get("after"), limit)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, map[string]any{"documents": documents})
}

// showDocument serves GET /documents/{document_id}.
func (a *App) showDocument(w http.ResponseWriter, r *http.Request, who caller) error {
	document, err := documentInPath(r, a.db, who)
	if err != nil {
		return err
	}
	daybook.DraftOf(r.Context()).Skip() // the content was not read, only what is known about it
	return reply(w, http.StatusOK, document)
}

func documentInPath(r *http.Request, q querier, who caller) (Document, error) {
	id, err := pathID(r, "document_id", "document")
	if err != nil {
		return Document{}, err
	}
	return findDocument(r.Context(), q, who.organization, id)
}

func findDocument(ctx context.Context, q querier, organization, id string) (Document, error) {
	document, err := scanDocument(q.QueryRowContext(ctx, selectDocuments+`
		where organization_id = $1 and id = $2`, organization, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = missing(ctx, q, "documents", "document", id)
	}
	return document, err
}

const tagSeparator = "\n" // checkTags lets none into a tag

const selectDocuments = `
	select id, organization_id, filename, content_type, size_bytes, sha256, file, status, created_by, created_at,
		(select coalesce(string_agg(tag, '` + tagSeparator + `'), '') from document_tags where document_id = documents.id)
	from documents`

func scanDocument(r row) (Document, error) {
	var d Document
	var created int64
	var tags string
	err := r.Scan(&d.ID, &d.OrganizationID, &d.Filename, &d.ContentType, &d.SizeBytes, &d.SHA256, &d.File, &d.Status, &d.CreatedBy, &created, &tags)
	if err != nil {
		return Document{}, err
	}
	d.CreatedAt = time.UnixMicro(created).UTC()
	d.Tags = splitTags(tags)
	return d, nil
}

// splitTags takes apart what a query has joined.
func splitTags(joined string) []string {
	if joined == "" {
		return []string{}
	}
	tags := strings.Split(joined, tagSeparator)
	slices.Sort(tags)
	return tags
}

// retag gives the document these tags and no others.
func retag(ctx context.Context, tx querier, document string, tags []string) error {
	if _, err := tx.ExecContext(ctx, `delete from document_tags where document_id = $1`, document); err != nil {
		return err
	}
	for _, tag := range tags {
		if _, err := tx.ExecContext(ctx, `insert into document_tags (document_id, tag) values ($1, $2)`, document, tag); err != nil {
			return err
		}
	}
	return nil
}

// checkTags returns the tags in order and each once.
func checkTags(tags []string) ([]string, error) {
	if len(tags) > 20 {
		return nil, invalid("tags", "More than 20 tags", len(tags))
	}
	checked := []string{}
	for _, tag := range tags {
		tag, err := checkName("tags", tag)
		if err != nil {
			return nil, err
		}
		checked = append(checked, tag)
	}
	slices.Sort(checked)
	return slices.Compact(checked), nil
}

// number reads a query parameter that has a default and bounds.
func number(r *http.Request, name string, otherwise, least, most int) (int, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, invalid(name, "The "+name+" must be a number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most), s)
	}
	return n, nil
}
