package workspace_test

import (
	"errors"
	"io"
	"mime"
	"net/mail"
	"os"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/examples/workspace"
)

// The guide, "Pattern 3": the task is not in the request any more, and its entry has the request's
// scope all the same, but for what would be personal data in a queue.
func TestAnEMailIsRecordedWhenItWasSent(t *testing.T) {
	h := furnish(t)
	h.mailer.took()
	h.post(h.admin, "/notifications", `{"user_id":"`+h.member.id+`","subject":"Please review","message":"It is due on Friday."}`,
		header("X-Request-Id", "req-abc123def456"), header("User-Agent", "Firefox")).is(202)
	got := h.entries()
	if len(got) != 1 {
		t.Fatalf("entries %+v", got)
	}
	if got[0].UserAgent != "" || got[0].IPAddress.IsValid() {
		t.Errorf("user agent %q and IP address %v travelled through the queue", got[0].UserAgent, got[0].IPAddress)
	}
	h.seen--
	h.wants(daybook.Entry{Action: daybook.Create, ResourceType: "notification", UserID: h.admin.id, RequestID: "req-abc123def456",
		Details: daybook.Details{"type": "email", "recipient": "alan@acme.example", "success": true}})
	if sent := h.mailer.took(); len(sent) != 1 || sent[0] != (workspace.Mail{To: "alan@acme.example", Subject: "Please review", Body: "It is due on Friday."}) {
		t.Errorf("sent %+v", sent)
	}
}

// The guide's finally block would have recorded success.
func TestAnEMailThatCouldNotBeSentIsAFailure(t *testing.T) {
	h := furnish(t)
	h.mailer.failWith(errors.New("the mailbox is full"))
	h.post(h.admin, "/notifications", `{"user_id":"`+h.member.id+`","subject":"Please review","message":"It is due."}`).is(202)
	h.wants(daybook.Entry{Action: daybook.Create, ResourceType: "notification", UserID: h.admin.id, Outcome: daybook.Failure,
		Details: daybook.Details{"type": "email", "recipient": "alan@acme.example", "success": false,
			"error_type": "MailError", "error_message": "the mailbox is full"}})
	if n := h.count(`select count(*) from mail_queue`); n != 0 {
		t.Errorf("%d messages are still queued", n)
	}
}

func TestANotificationThatIsRefusedSendsNothing(t *testing.T) {
	h := furnish(t)
	h.mailer.took()
	for body, status := range map[string]int{
		`{"user_id":"` + h.member.id + `","subject":"Hello\r\nBcc: all@acme.example","message":"x"}`:     422,
		`{"user_id":"` + h.member.id + `","subject":"Hello","message":""}`:                               422,
		`{"user_id":"01980000-0000-7000-8000-000000000000","subject":"Hello","message":"x"}`:             404,
		`{"user_id":"` + h.member.id + `","subject":"Hello","message":"x","to":"eve@elsewhere.example"}`: 400,
	} {
		h.post(h.admin, "/notifications", body).is(status)
		if got := h.entries(); len(got) != 1 || got[0].Outcome != daybook.Failure || got[0].ResourceType != "notification" {
			t.Errorf("%s: entries %+v", body, got)
		}
	}
	if sent := h.mailer.took(); len(sent) != 0 {
		t.Errorf("sent %+v", sent)
	}
}

// The message is sent once, and its entry is recorded once, however often the log was away.
func TestAnEntryThatCannotBeRecordedDoesNotSendAgain(t *testing.T) {
	h := furnish(t)
	h.mailer.took()
	h.book.FailWith(errors.New("the log is away"))
	h.post(h.admin, "/notifications", `{"user_id":"`+h.member.id+`","subject":"Hello","message":"x"}`).is(202)
	for range 3 {
		if err := h.app.Settle(t.Context()); err == nil {
			t.Fatal("nobody was told that the entry is missing")
		}
	}
	h.book.FailWith(nil)
	h.wants(daybook.Entry{Action: daybook.Create, ResourceType: "notification", UserID: h.admin.id,
		Details: daybook.Details{"type": "email", "recipient": "alan@acme.example", "success": true}})
	if sent := h.mailer.took(); len(sent) != 1 {
		t.Errorf("sent %d times", len(sent))
	}
	if n := h.count(`select count(*) from mail_queue`); n != 0 {
		t.Errorf("%d messages are still queued", n)
	}
}

// What lies in the queue when the application ends is sent when it starts again; what was sent
// already is only recorded.
func TestQueuedMailSurvivesAnEnd(t *testing.T) {
	h := furnish(t)
	h.mailer.took()
	h.book.FailWith(errors.New("the log is away"))
	h.post(h.admin, "/notifications", `{"user_id":"`+h.member.id+`","subject":"Hello","message":"x"}`).is(202)
	h.app.Settle(t.Context()) // sends, and cannot record
	h.close()
	h.book.FailWith(nil)
	if sent := h.mailer.took(); len(sent) != 1 {
		t.Fatalf("sent %+v", sent)
	}
	h.open()
	h.wants(daybook.Entry{Action: daybook.Create, ResourceType: "notification", UserID: h.admin.id,
		Details: daybook.Details{"type": "email", "recipient": "alan@acme.example", "success": true}})
	if sent := h.mailer.took(); len(sent) != 0 {
		t.Errorf("sent again: %+v", sent)
	}
}

func TestMailFilesAreMail(t *testing.T) {
	dir := t.TempDir()
	mailer, err := workspace.NewFileMailer(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := workspace.Mail{To: `odd, name@acme.example`, Subject: "Grüße\r\nBcc: all@acme.example", Body: "Größe = 1\n.\n"}
	if err := mailer.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	files := stored(t, dir)
	if len(files) != 1 || !strings.HasSuffix(files[0], ".eml") {
		t.Fatalf("files %q", files)
	}
	f, err := os.Open(files[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	message, err := mail.ReadMessage(f)
	if err != nil {
		t.Fatal(err)
	}
	to, err := message.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != `odd, name@acme.example` {
		t.Errorf("To %v, %v", to, err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	if err != nil || subject != m.Subject || message.Header.Get("Bcc") != "" {
		t.Errorf("Subject %q, Bcc %q, %v", subject, message.Header.Get("Bcc"), err)
	}
	body, err := io.ReadAll(message.Body)
	if err != nil || !strings.Contains(string(body), "Gr=C3=B6=C3=9Fe =3D 1") {
		t.Errorf("body %q, %v", body, err)
	}
	if err := mailer.Send(t.Context(), workspace.Mail{To: "gone@contractor.invalid"}); err == nil {
		t.Error("mail was sent to a domain that cannot be")
	}
}
