package workspace

import (
	"context"
	"database/sql"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/daybookdev/daybook"
)

// E-mail is the application's background work: the guide's "Pattern 3: Fire-and-Forget Logging for
// Background Tasks". A request puts a message into the queue, in its transaction, and is answered.
// Whoever takes it out sends it and records how that ended.

// notify serves POST /notifications: mail to a colleague. Its own entry is skipped: what counts is
// whether the message was sent, and that is recorded when it is known.
func (a *App) notify(w http.ResponseWriter, r *http.Request, who caller) error {
	ctx := r.Context()
	var body struct {
		UserID  string `json:"user_id"`
		Subject string `json:"subject"`
		Message string `json:"message"`
	}
	if err := decode(w, r, &body); err != nil {
		return err
	}
	subject, err := checkName("subject", body.Subject)
	if err != nil {
		return err
	}
	if n := utf8.RuneCountInString(body.Message); n == 0 || n > 10_000 {
		return invalid("message", "The message must have 1 to 10000 characters", n)
	}
	err = a.inTx(ctx, func(tx *sql.Tx, _ daybook.Tx) error {
		user, err := findUser(ctx, tx, who.organization, strings.ToLower(body.UserID))
		if err != nil {
			return err
		}
		return a.enqueue(ctx, tx, Mail{To: user.Email, Subject: subject, Body: body.Message})
	})
	if err != nil {
		return err
	}
	a.wakeMail()
	daybook.DraftOf(ctx).Skip()
	return reply(w, http.StatusAccepted, map[string]string{"status": "queued"})
}

// sendEmailNotification is the guide's send_email_notification: it sends, and records how that ended
// independently of any request and transaction. ctx has the scope of the request that caused it.
//
// The guide logs "success": True in a finally block, also when sending failed. Here the error tells:
// Result makes it the outcome, with error_type and error_message.
func (a *App) sendEmailNotification(ctx context.Context, m *queuedMail) error {
	if !m.attempted() {
		failure := a.send(ctx, m.Mail)
		if ctx.Err() != nil {
			return ctx.Err() // the application ends: the message stays in the queue
		}
		if err := a.noteAttempt(ctx, m, failure); err != nil {
			return err
		}
	}
	// nil means that the entry is durable. Its id was drawn with the attempt, so that recording it
	// again after a crash adds nothing.
	return a.book.Async().Record(ctx, daybook.Entry{
		ID:           m.entry,
		Action:       daybook.Create,
		ResourceType: ResourceNotification,
		Details: daybook.Details{
			"type":      "email",
			"recipient": m.To,
			"success":   m.failure == nil,
		},
	}.Result(m.failure))
}

// send waits for the mailer half a minute, and tells every fault as a MailError.
func (a *App) send(ctx context.Context, m Mail) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	err := a.mailer.Send(ctx, m)
	if err == nil {
		return nil
	}
	return &MailError{err.Error()}
}
