package workspace

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strings"

	"github.com/daybookdev/daybook"
)

// uploadDocument serves POST /documents, multipart/form-data with one part "file" and any number of
// parts "tags": the guide's "Accessing in Endpoints" and its "Document upload" details.
func (a *App) uploadDocument(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()

	// The guide's get_logging_context. Nothing of it need be passed on: the entry takes it from ctx.
	a.logger.LogAttrs(ctx, slog.LevelDebug, "upload begins", slog.Any("scope", daybook.ScopeOf(ctx)))

	document, err := a.receive(w, r)
	if err != nil {
		return err
	}
	document.ID, document.CreatedAt = newID()
	document.OrganizationID, document.CreatedBy, document.Status = who.organization, who.user, StatusActive
	err = a.inTx(ctx, func(tx *sql.Tx, entries daybook.Tx) error {
		if err := insertDocument(ctx, tx, document); err != nil {
			return err
		}
		return a.book.RecordTx(ctx, entries, daybook.Entry{
			Action:       daybook.Create,
			ResourceType: ResourceDocument,
			ResourceID:   document.ID,
			Details: daybook.Details{
				"filename":     document.Filename,
				"size_bytes":   document.SizeBytes,
				"content_type": document.ContentType,
				"tags":         document.Tags,
			},
		})
	})
	if err != nil {
		// The transaction's end is known: no row refers to the file. Where it is not, the file
		// stays until a start finds that it is nobody's.
		if !errors.Is(err, daybook.ErrUnknownCommit) {
			a.removeFile(ctx, document.File)
		}
		return err
	}
	return reply(w, http.StatusCreated, document)
}

// receive reads the parts as they come, so that a document is never in memory, and stores the file.
func (a *App) receive(w http.ResponseWriter, r *http.Request) (d Document, err error) {
	// The parts' heads and the tags come on top of the file.
	r.Body = http.MaxBytesReader(w, r.Body, a.maxUpload+64<<10)
	parts, err := r.MultipartReader()
	if err != nil {
		return Document{}, &MalformedError{"the body must be multipart/form-data with a part named file"}
	}
	defer func() {
		if err != nil && d.File != "" {
			a.removeFile(r.Context(), d.File)
		}
	}()
	var tags []string
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return d, readFault(err)
		}
		switch name := part.FormName(); {
		case name == "tags" && part.FileName() == "" && len(tags) < 100:
			text, err := io.ReadAll(io.LimitReader(part, 1<<10))
			if err != nil {
				return d, readFault(err)
			}
			tags = append(tags, string(text))
		case name == "file" && d.File == "":
			if err := a.receiveFile(&d, part); err != nil {
				return d, err
			}
		default:
			return d, &MalformedError{fmt.Sprintf("the part %.60q is unknown or repeated", name)}
		}
	}
	if d.File == "" {
		return d, invalid("file", "Missing file", nil)
	}
	d.Tags, err = checkTags(tags)
	return d, err
}

func (a *App) receiveFile(d *Document, part *multipart.Part) (err error) {
	if d.Filename, err = checkName("filename", part.FileName()); err != nil { // its last element only; never a path of ours
		return err
	}
	// What the client calls it, or else what it looks like. It is sent back and never trusted.
	head := make([]byte, 512)
	n, err := io.ReadFull(part, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return readFault(err)
	}
	head = head[:n]
	if media, _, err := mime.ParseMediaType(part.Header.Get("Content-Type")); err == nil && len(media) <= 100 {
		d.ContentType = media
	} else {
		d.ContentType = http.DetectContentType(head)
	}
	content := &faultReader{r: io.MultiReader(bytes.NewReader(head), part)}
	stored, err := a.files.put(content, a.maxUpload)
	switch {
	case errors.Is(err, errTooLarge):
		return &TooLargeError{a.maxUpload}
	case content.err != nil:
		return readFault(content.err)
	case err != nil:
		return err
	}
	d.File, d.SizeBytes, d.SHA256 = stored.name, stored.size, stored.sha256
	return nil
}

// A faultReader keeps the error of reading, to tell the client's faults from the disk's.
type faultReader struct {
	r   io.Reader
	err error
}

func (f *faultReader) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

func insertDocument(ctx context.Context, tx querier, d Document) error {
	_, err := tx.ExecContext(ctx, `
		insert into documents (id, organization_id, filename, content_type, size_bytes, sha256, file, status, created_by, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		d.ID, d.OrganizationID, d.Filename, d.ContentType, d.SizeBytes, d.SHA256, d.File, d.Status, d.CreatedBy, d.CreatedAt.UnixMicro())
	if err != nil {
		return err
	}
	return retag(ctx, tx, d.ID, d.Tags)
}

// serveFile answers with the document's bytes, or the range of them that was asked for. Somebody
// else uploaded them, so that no browser may run what they are: they are an attachment.
func serveFile(w http.ResponseWriter, r *http.Request, d Document, file *os.File) {
	h := w.Header()
	h.Set("Content-Type", d.ContentType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.Filename}))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+strings.ToLower(d.SHA256)+`"`)
	http.ServeContent(w, r, "", d.CreatedAt, file)
}
