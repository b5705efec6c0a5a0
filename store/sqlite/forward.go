package sqlite

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/daybookdev/daybook"
)

// Forward appends every committed entry of the outbox to the log, in the order in which they were
// written, takes them out of the outbox, and returns how many it took. Delivery is at least once;
// the log stores each once, by its id.
//
// An entry that the log refuses, because its id belongs to another entry, is moved to the table
// daybook_outbox_refused with the reason: it is not lost and holds up nothing. The refusals are
// returned when all else is forwarded. Any other error leaves what is left in the outbox.
func (o *Outbox) Forward(ctx context.Context) (taken int, err error) {
	select {
	case o.forwarding <- struct{}{}:
		defer func() { <-o.forwarding }()
	case <-ctx.Done():
		return 0, fmt.Errorf("wait for the outbox: %w", ctx.Err())
	}
	var refusals []error
	for {
		batch, err := o.read(ctx)
		if err != nil {
			return taken, errors.Join(append(refusals, fmt.Errorf("read the outbox: %w", err))...)
		}
		if len(batch) == 0 {
			return taken, errors.Join(refusals...)
		}
		refused, err := o.deliver(ctx, batch)
		if err != nil {
			return taken, errors.Join(append(refusals, fmt.Errorf("forward the outbox: %w", err))...)
		}
		if err := o.remove(ctx, batch[len(batch)-1].seq, refused); err != nil {
			return taken, errors.Join(append(refusals, fmt.Errorf("clear the outbox: %w", err))...)
		}
		taken += len(batch)
		for _, p := range refused {
			refusals = append(refusals, p.reason)
		}
	}
}

// Pending returns how many committed entries wait to be forwarded, and how many were refused.
func (o *Outbox) Pending(ctx context.Context) (waiting, refused int, err error) {
	err = o.db.QueryRowContext(ctx, `select (select count(*) from daybook_outbox), (select count(*) from daybook_outbox_refused)`).
		Scan(&waiting, &refused)
	if err != nil {
		return 0, 0, fmt.Errorf("count the outbox: %w", err)
	}
	return waiting, refused, nil
}

// A parcel is one row of the outbox.
type parcel struct {
	seq    int64
	text   string
	entry  daybook.Entry
	reason error // why the log refused it
}

func (o *Outbox) read(ctx context.Context) (batch []parcel, err error) {
	rows, err := o.db.QueryContext(ctx, `select seq, entry from daybook_outbox order by seq limit ?`, forwardBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p parcel
		if err := rows.Scan(&p.seq, &p.text); err != nil {
			return nil, err
		}
		p.entry, p.reason = daybook.ParseEntry([]byte(p.text))
		batch = append(batch, p)
	}
	return batch, rows.Err()
}

// deliver appends the batch, as a whole or, when something in it is refused, one by one.
func (o *Outbox) deliver(ctx context.Context, batch []parcel) (refused []parcel, err error) {
	entries := make([]daybook.Entry, 0, len(batch))
	whole := true
	for i := range batch {
		whole = whole && batch[i].reason == nil
		entries = append(entries, batch[i].entry)
	}
	if whole {
		if err := o.append(ctx, entries...); err == nil || !final(err) {
			return nil, err
		}
	}
	for _, p := range batch {
		if p.reason == nil {
			p.reason = o.append(ctx, p.entry)
		}
		switch {
		case p.reason == nil:
		case final(p.reason):
			refused = append(refused, p)
		default:
			return nil, p.reason
		}
	}
	return refused, nil
}

// append gives the log its time and no more: who forwards holds up everybody else who would.
func (o *Outbox) append(ctx context.Context, entries ...daybook.Entry) error {
	ctx, cancel := context.WithTimeout(ctx, forwardTimeout)
	defer cancel()
	return o.to.Append(ctx, entries...)
}

// final reports whether sending the same entry again cannot help.
func final(err error) bool {
	return errors.Is(err, daybook.ErrConflict) || errors.Is(err, daybook.ErrInvalid) || errors.Is(err, daybook.ErrNoOrganization)
}

// remove takes everything up to seq out of the outbox. Rows become visible in the order of their
// seq, since SQLite has one writer at a time, so nothing unread lies below.
func (o *Outbox) remove(ctx context.Context, seq int64, refused []parcel) error {
	tx, err := o.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after a commit
	for _, p := range refused {
		if _, err := tx.ExecContext(ctx, `insert into daybook_outbox_refused (seq, entry, reason) values (?, ?, ?)`,
			p.seq, p.text, p.reason.Error()); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, `delete from daybook_outbox where seq <= ?`, seq); err != nil {
		return err
	}
	return tx.Commit()
}

// Run forwards until ctx ends, and returns its error. A log that fails is tried again after a
// growing pause, up to five seconds; what the application records meanwhile stays in its database.
func (o *Outbox) Run(ctx context.Context) error {
	// A wake-up comes before the commit it announces, so the first looks follow quickly.
	const first, longest = time.Millisecond, 5 * time.Second
	pause := first
	for {
		taken, err := o.Forward(ctx)
		wake := o.wake
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			o.log.LogAttrs(ctx, slog.LevelError, "outbox not forwarded", slog.String("error", err.Error()))
			pause = min(max(4*pause, 50*time.Millisecond), longest)
			wake = nil // further entries do not make the log work
		case taken > 0:
			pause = first
		default:
			pause = min(2*pause, o.poll)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-wake:
			pause = first
		case <-ctx.Done():
		}
		timer.Stop()
	}
}
