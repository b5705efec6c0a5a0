package workspace_test

import (
	"errors"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
)

// The guide, "JSON Details Field": "Document upload".
func TestUploadingRecordsTheGuidesDetails(t *testing.T) {
	h := furnish(t)
	var made struct{ ID, SHA256 string }
	h.upload(h.member, "report.pdf", "%PDF-1.7", "report", "financial", "report").is(201).into(&made)
	h.wants(daybook.Entry{Action: daybook.Create, ResourceType: "document", ResourceID: made.ID, UserID: h.member.id,
		Details: daybook.Details{
			"filename":     "report.pdf",
			"size_bytes":   8,
			"content_type": "application/pdf",
			"tags":         []string{"financial", "report"},
		}})
	files := h.files()
	if len(files) != 1 {
		t.Fatalf("stored files %q", files)
	}
	if content, err := os.ReadFile(files[0]); err != nil || string(content) != "%PDF-1.7" {
		t.Errorf("stored %q, %v", content, err)
	}
}

func TestUploadsThatAreRefusedLeaveNoFile(t *testing.T) {
	h := furnish(t)
	multipart := func(body string) *answer {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/documents", strings.NewReader(strings.ReplaceAll(body, "\n", "\r\n")))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		return h.send(h.member, r)
	}
	for name, test := range map[string]struct {
		send    func() *answer
		status  int
		failure string
	}{
		"more than is allowed":   {func() *answer { return h.upload(h.member, "big.pdf", strings.Repeat("x", 8<<10+1)) }, 413, "TooLargeError"},
		"far more than allowed":  {func() *answer { return h.upload(h.member, "big.pdf", strings.Repeat("x", 1<<20)) }, 413, "TooLargeError"},
		"a tag that is too long": {func() *answer { return h.upload(h.member, "a.pdf", "x", strings.Repeat("t", 200)) }, 422, "ValidationError"},
		"no name":                {func() *answer { return h.upload(h.member, "", "x") }, 422, "ValidationError"},
		"no file":                {func() *answer { return multipart("--x--\n") }, 422, "ValidationError"},
		"an unknown part":        {func() *answer { return multipart("--x\nContent-Disposition: form-data; name=other\n\nx\n--x--\n") }, 400, "MalformedError"},
		"an upload that ends":    {func() *answer { return multipart("--x\nContent-Disposition: form-data; name=file; filename=a\n\nx") }, 400, "MalformedError"},
		"JSON":                   {func() *answer { return h.post(h.member, "/documents", `{}`) }, 400, "MalformedError"},
		"two files": {func() *answer {
			part := "--x\nContent-Disposition: form-data; name=file; filename=a\n\nx\n"
			return multipart(part + part + "--x--\n")
		}, 400, "MalformedError"},
	} {
		t.Run(name, func(t *testing.T) {
			h.in(t)
			test.send().is(test.status)
			got := h.entries()
			if len(got) != 1 || got[0].Outcome != daybook.Failure || got[0].Action != daybook.Create || got[0].Details["error_type"] != test.failure {
				t.Errorf("entries %+v", got)
			}
			if files := h.files(); len(files) != 0 {
				t.Errorf("left behind: %q", files)
			}
		})
	}
	if n := h.count(`select count(*) from documents`); n != 0 {
		t.Errorf("%d documents", n)
	}
}

func TestAnUploadThatCannotBeRecordedLeavesNoFile(t *testing.T) {
	h := furnish(t)
	h.loseOutbox()
	h.upload(h.member, "report.pdf", "%PDF-1.7").is(500)
	h.restoreOutbox()
	if n, files := h.count(`select count(*) from documents`), h.files(); n != 0 || len(files) != 0 {
		t.Errorf("%d documents, files %q", n, files)
	}
	h.wants(daybook.Entry{Action: daybook.Create, ResourceType: "document", UserID: h.member.id, Outcome: daybook.Failure,
		Details: daybook.Details{"error_type": "InternalError", "error_message": "internal error"}})
}

func TestNamesFromOutsideStayNames(t *testing.T) {
	h := furnish(t)
	for given, want := range map[string]string{
		"../../etc/passwd": "passwd",
		"a\"b;c.pdf":       "a\"b;c.pdf",
		"Ünïcode 報告.pdf":   "Ünïcode 報告.pdf",
	} {
		var made struct{ ID, Filename string }
		h.upload(h.member, given, "x").is(201).into(&made)
		if made.Filename != want {
			t.Errorf("%q became %q", given, made.Filename)
		}
		if d := h.get(h.member, "/documents/"+made.ID+"/content").is(200).header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || strings.ContainsAny(d, "\r\n") {
			t.Errorf("%q is sent as %q", given, d)
		}
	}
	for _, file := range h.files() {
		if strings.Contains(file, "passwd") || strings.Contains(file, ".pdf") {
			t.Errorf("a client's name became part of the path %s", file)
		}
	}
}

// The guide, "Pattern 2": the entry is in the transaction of the work.
func TestArchivingRecordsInTheSameTransaction(t *testing.T) {
	h := furnish(t)
	id := h.document(h.member)
	h.post(h.member, "/documents/"+id+"/archive", "").is(200)
	h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "document", ResourceID: id, UserID: h.member.id,
		Details: daybook.Details{"action": "archive"}})

	h.post(h.member, "/documents/"+id+"/archive", "").is(409)
	h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "document", ResourceID: id, UserID: h.member.id, Outcome: daybook.Failure,
		Details: daybook.Details{"error_type": "ConflictError", "error_message": "the document is archived already"}})

	other := h.document(h.member)
	h.loseOutbox()
	h.post(h.member, "/documents/"+other+"/archive", "").is(500)
	h.restoreOutbox()
	if n := h.count(`select count(*) from documents where status = 'archived'`); n != 1 {
		t.Error("archived without an entry")
	}
}

// The guide, "1. Log Business Operations, Not Technical Details": GOOD.
func TestAStatusIsABusinessOperation(t *testing.T) {
	h := furnish(t)
	id := h.document(h.member)
	h.do(h.member, "PATCH", "/documents/"+id, `{"status":"archived"}`).is(200)
	h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "document", ResourceID: id, UserID: h.member.id,
		Details: daybook.Details{"status": "archived", "changes": daybook.Changes{"status": {Old: "active", New: "archived"}}}})

	h.do(h.member, "PATCH", "/documents/"+id, `{"filename":"final.pdf","tags":["final"]}`).is(200)
	h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "document", ResourceID: id, UserID: h.member.id,
		Details: daybook.Details{"changes": daybook.Changes{
			"filename": {Old: "report.pdf", New: "final.pdf"},
			"tags":     {Old: []string{"financial", "report"}, New: []string{"final"}}}}})

	h.do(h.member, "PATCH", "/documents/"+id, `{"tags":["final"]}`).is(200) // nothing changes
	h.wants()

	h.do(h.member, "PATCH", "/documents/"+id, `{"status":"lost"}`).is(422)
	h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "document", ResourceID: id, UserID: h.member.id, Outcome: daybook.Failure,
		Details: daybook.Details{"error_type": "ValidationError", "error_message": "The status must be active or archived", "attempted_value": "lost"}})
}

func TestDeletingADocumentRemovesItsFile(t *testing.T) {
	h := furnish(t)
	id := h.document(h.member)
	h.do(h.member, "DELETE", "/documents/"+id, "").is(204)
	h.wants(daybook.Entry{Action: daybook.Delete, ResourceType: "document", ResourceID: id, UserID: h.member.id,
		Details: daybook.Details{"filename": "report.pdf"}})
	if files := h.files(); len(files) != 0 {
		t.Errorf("left behind: %q", files)
	}
	h.get(h.member, "/documents/"+id+"/content").is(404)
}

func TestEveryDownloadIsRecorded(t *testing.T) {
	h := furnish(t)
	id := h.document(h.owner)
	path := "/documents/" + id + "/content"
	details := daybook.Details{"action": "download", "filename": "report.pdf", "size_bytes": 8}
	read := func(details daybook.Details) daybook.Entry {
		return daybook.Entry{Action: daybook.Read, ResourceType: "document", ResourceID: id, UserID: h.member.id, Details: details}
	}
	whole := h.get(h.member, path).is(200)
	if whole.body != "%PDF-1.7" || whole.header.Get("Content-Type") != "application/pdf" || whole.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%q %v", whole.body, whole.header)
	}
	h.wants(read(details))

	part := h.get(h.member, path, header("Range", "bytes=1-3")).is(206)
	if part.body != "PDF" || part.header.Get("Content-Range") != "bytes 1-3/8" {
		t.Errorf("%q %v", part.body, part.header)
	}
	ranged := daybook.Details{"action": "download", "filename": "report.pdf", "size_bytes": 8, "range": "bytes=1-3"}
	h.wants(read(ranged))

	if head := h.do(h.member, "HEAD", path, "").is(200); head.header.Get("Content-Length") != "8" {
		t.Errorf("%v", head.header)
	}
	h.wants() // nothing was read

	for _, file := range h.files() {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	h.get(h.member, path).is(500)
	h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "document", ResourceID: id, UserID: h.member.id, Outcome: daybook.Failure,
		Details: daybook.Details{"error_type": "InternalError", "error_message": "internal error"}})
}

func TestListsLeaveNoEntry(t *testing.T) {
	h := furnish(t)
	first, second := h.document(h.member), h.document(h.member)
	h.do(h.member, "PATCH", "/documents/"+first, `{"status":"archived","tags":["old"]}`).is(200)
	h.pass()
	for query, want := range map[string][]string{
		"":                             {second, first},
		"?limit=1":                     {second},
		"?limit=1&after=" + second:     {first},
		"?status=archived":             {first},
		"?tag=old":                     {first},
		"?tag=report":                  {second},
		"?tag=report&status=archived":  {},
		"?tag=%27%20or%20%271%27=%271": {},
	} {
		var list struct{ Documents []struct{ ID string } }
		h.get(h.member, "/documents"+query).is(200).into(&list)
		var got []string
		for _, d := range list.Documents {
			got = append(got, d.ID)
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	h.get(h.member, "/documents/"+first).is(200)
	h.wants()
	for _, query := range []string{"?organization_id=x", "?limit=1&limit=2", "?limit=0", "?limit=many"} {
		if a := h.get(h.member, "/documents"+query); a.status != 400 && a.status != 422 {
			t.Errorf("%s: status %d", query, a.status)
		}
	}
}

func TestTheExportDoesNotLeaveWithoutItsEntry(t *testing.T) {
	h := furnish(t)
	id := h.document(h.member)
	export := h.get(h.admin, "/documents/export").is(200)
	if lines := strings.Count(export.body, "\n"); lines != 1 || !strings.Contains(export.body, id) {
		t.Errorf("%s", export.body)
	}
	h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "document", UserID: h.admin.id,
		Details: daybook.Details{"action": "export", "format": "jsonl", "count": 1}})

	h.book.FailWith(errors.New("the log is away"))
	refused := h.get(h.admin, "/documents/export").is(503)
	if strings.Contains(refused.body, id) {
		t.Errorf("the export left: %s", refused.body)
	}
	h.book.FailWith(nil)
	h.get(h.member, "/documents/export").is(403)
	h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "document", UserID: h.member.id, Outcome: daybook.Denied,
		Details: daybook.Details{"error": "Forbidden"}})
}

// The guide, "JSON Details Field": "Batch operation".
func TestABatchIsOneEntry(t *testing.T) {
	h := furnish(t)
	first, second := h.document(h.member), h.document(h.member)
	body := `{"document_ids":["` + first + `","` + second + `","` + first + `"],"add":["reviewed"],"remove":["report"]}`
	h.post(h.member, "/documents/batch-tag", body).is(200)
	got := h.entries()
	if len(got) != 1 || got[0].Action != daybook.Update || got[0].ResourceType != "document" || got[0].ResourceID != "" {
		t.Fatalf("entries %+v", got)
	}
	details := got[0].Details
	if id, _ := details["batch_id"].(string); !strings.HasPrefix(id, "batch-") {
		t.Errorf("batch_id %v", details["batch_id"])
	}
	if n := details["count"]; !details.Contains(normal(t, daybook.Details{"count": 2})) {
		t.Errorf("count %v", n)
	}
	if s, ok := details["duration_seconds"]; !ok || len(details) != 3 {
		t.Errorf("duration_seconds %v in %v", s, details)
	}
	if n := h.count(`select count(*) from document_tags where tag in ('reviewed', 'financial')`); n != 4 {
		t.Errorf("%d tags", n)
	}

	absent := `{"document_ids":["` + first + `","01980000-0000-7000-8000-000000000000"],"add":["never"]}`
	h.post(h.member, "/documents/batch-tag", absent).is(404)
	if n := h.count(`select count(*) from document_tags where tag = 'never'`); n != 0 {
		t.Error("half of a batch was done")
	}
	h.wants(daybook.Entry{Action: daybook.Update, ResourceType: "document", UserID: h.member.id, Outcome: daybook.Failure,
		Details: daybook.Details{"error_type": "NotFoundError", "error_message": "document not found"}})
}

func normal(t *testing.T, d daybook.Details) daybook.Details {
	t.Helper()
	d, err := d.Normalize()
	if err != nil {
		t.Fatal(err)
	}
	return d
}
