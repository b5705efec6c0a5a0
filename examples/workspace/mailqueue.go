package workspace

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/daybookdev/daybook"
)

// The queue is a table, so that mail exists if and only if the transaction that caused it was
// committed, and survives a crash. A message is sent at least once: after a crash between sending it
// and noting that, it is sent again. It is tried once; what became of it is in the log.

// A queuedMail is a row of the queue.
type queuedMail struct {
	Mail
	id      string
	scope   map[string]string // what daybook.Inject gave
	entry   daybook.ID        // zero before the attempt
	failure error             // of the attempt
}

func (m *queuedMail) attempted() bool { return !m.entry.IsZero() }

// enqueue puts mail into the queue, in the transaction of what causes it. The scope travels with
// it: organization, user and request id, and neither IP address nor user agent.
func (a *App) enqueue(ctx context.Context, tx querier, m Mail) error {
	scope := map[string]string{}
	daybook.Inject(ctx, func(key, value string) { scope[key] = value })
	text, err := json.Marshal(scope)
	if err != nil {
		return fmt.Errorf("queue mail: %w", err)
	}
	id, _ := newID()
	_, err = tx.ExecContext(ctx, `
		insert into mail_queue (id, scope, recipient, subject, body)
		values ($1, $2, $3, $4, $5)`, id, string(text), m.To, m.Subject, m.Body)
	if err != nil {
		return fmt.Errorf("queue mail: %w", err)
	}
	return nil
}

// wakeMail is called when a transaction with mail has committed.
func (a *App) wakeMail() {
	select {
	case a.mailWake <- struct{}{}:
	default:
	}
}

// runMail sends what is queued until ctx ends.
func (a *App) runMail(ctx context.Context) {
	// Mail that an earlier run left, and entries that could not be recorded, need no new mail to be
	// looked at again.
	again := time.NewTicker(10 * time.Second)
	defer again.Stop()
	for {
		if err := a.sendQueued(ctx); err != nil && ctx.Err() == nil {
			a.logger.LogAttrs(ctx, slog.LevelError, "mail not sent", slog.String("error", err.Error()))
		}
		select {
		case <-a.mailWake:
		case <-again.C:
		case <-ctx.Done():
			return
		}
	}
}

// sendQueued sends all that is in the queue. A message whose entry cannot be recorded stays there,
// marked as sent, and holds up no other.
func (a *App) sendQueued(ctx context.Context) error {
	a.mailing.Lock()
	defer a.mailing.Unlock()
	var errs []error
	for last := ""; ; {
		m, err := a.nextMail(ctx, last)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return errors.Join(errs...)
		case err != nil:
			return errors.Join(append(errs, fmt.Errorf("read the mail queue: %w", err))...)
		}
		last = m.id
		scoped := daybook.Extract(ctx, func(key string) string { return m.scope[key] })
		err = a.sendEmailNotification(scoped, m)
		if err == nil || refused(err) {
			_, err = a.db.ExecContext(ctx, `delete from mail_queue where id = $1`, m.id)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
}

// refused reports whether recording the same entry again cannot help. The recorder has counted and
// logged it.
func refused(err error) bool {
	return errors.Is(err, daybook.ErrInvalid) || errors.Is(err, daybook.ErrNoOrganization) || errors.Is(err, daybook.ErrConflict)
}

func (a *App) nextMail(ctx context.Context, after string) (*queuedMail, error) {
	var m queuedMail
	var scope string
	var entry, failure sql.NullString
	err := a.db.QueryRowContext(ctx, `
		select id, scope, recipient, subject, body, entry_id, failure
		from mail_queue
		where id > $1
		order by id
		limit 1`, after).Scan(&m.id, &scope, &m.To, &m.Subject, &m.Body, &entry, &failure)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(scope), &m.scope); err != nil {
		return nil, err
	}
	if entry.Valid {
		if m.entry, err = daybook.ParseID(entry.String); err != nil {
			return nil, err
		}
	}
	if failure.Valid {
		m.failure = &MailError{failure.String}
	}
	return &m, nil
}

// noteAttempt makes what became of the message durable before anybody is told.
func (a *App) noteAttempt(ctx context.Context, m *queuedMail, failure error) error {
	m.entry, m.failure = daybook.NewID(), failure
	var text sql.NullString
	if failure != nil {
		text = sql.NullString{String: failure.Error(), Valid: true}
	}
	_, err := a.db.ExecContext(ctx, `
		update mail_queue
		set entry_id = $1, failure = $2
		where id = $3`, m.entry.String(), text, m.id)
	if err != nil {
		return fmt.Errorf("note that mail was sent: %w", err)
	}
	return nil
}
