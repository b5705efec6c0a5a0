package workspace_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/examples/workspace"
	"github.com/daybookdev/daybook/store/sqlite"
)

// A picky outbox is the real one, which refuses entries when it is told to.
type pickyOutbox struct {
	workspace.Outbox
	refuses *atomic.Bool
}

// outbox is the Config.Outbox of every house.
func (h *house) outbox(ctx context.Context, db *sql.DB) (workspace.Outbox, error) {
	if h.url != "" {
		return pickyOutbox{workspace.NewPostgresOutbox(db), &h.refuses}, nil
	}
	o, err := sqlite.NewOutbox(ctx, db, h.book.Store(), &sqlite.OutboxOptions{Logger: quiet})
	return pickyOutbox{workspace.NewSQLiteOutbox(o), &h.refuses}, err
}

func (o pickyOutbox) InTx(tx *sql.Tx) daybook.Tx { return pickyTx{o.Outbox.InTx(tx), o.refuses} }

func (o pickyOutbox) Transact(ctx context.Context, f func(context.Context, daybook.Tx) error) error {
	return o.Outbox.Transact(ctx, func(ctx context.Context, tx daybook.Tx) error { return f(ctx, pickyTx{tx, o.refuses}) })
}

type pickyTx struct {
	daybook.Tx
	refuses *atomic.Bool
}

func (t pickyTx) Append(ctx context.Context, entries ...daybook.Entry) error {
	if t.refuses.Load() {
		return errors.New("the outbox is full")
	}
	return t.Tx.Append(ctx, entries...)
}

// loseOutbox takes away the table that entries go to in the transactions of the work. That of
// PostgreSQL is the log itself, which only its owner could take away.
func (h *house) loseOutbox() {
	h.t.Helper()
	if h.url != "" {
		h.refuses.Store(true)
		return
	}
	h.exec(`alter table daybook_outbox rename to daybook_outbox_away`)
}

func (h *house) restoreOutbox() {
	h.t.Helper()
	if h.url != "" {
		h.refuses.Store(false)
		return
	}
	h.exec(`alter table daybook_outbox_away rename to daybook_outbox`)
}

// waiting counts the entries that are on their way to the log: none in PostgreSQL, where they are
// in it already.
func (h *house) waiting() int {
	h.t.Helper()
	if h.url != "" {
		return 0
	}
	return h.count(`select count(*) from daybook_outbox`)
}

// Where work and entry are one transaction, there is no work without its entry.
func TestWorkThatCannotBeRecordedIsNotDone(t *testing.T) {
	h := furnish(t)
	document := h.document(h.member)
	key, _ := h.key("production-key")
	// Somebody without a membership, to be let in again.
	outsider := h.hire(h.owner, "ken@acme.example", "member")
	h.exec(`delete from memberships where user_id = $1`, outsider.id)
	h.pass()
	for _, test := range []struct {
		by                 *user
		method, path, body string
		atomic             bool // by Track, which answers 503
	}{
		{nil, "POST", "/organizations", `{"name":"Birch","owner":{"name":"Bo","email":"bo@birch.example","password":"correct horse"}}`, false},
		{h.owner, "PATCH", "/organization", `{"name":"Acme Analytics"}`, true},
		{h.admin, "POST", "/users", `{"name":"X","email":"x@acme.example","password":"correct horse"}`, false},
		{h.owner, "POST", "/memberships", `{"user_id":"` + outsider.id + `","role":"member"}`, true},
		{h.owner, "PATCH", "/memberships/" + h.member.membership, `{"role":"admin"}`, true},
		{h.member, "POST", "/documents/" + document + "/archive", "", false},
		{h.member, "PATCH", "/documents/" + document, `{"status":"active"}`, true},
		{h.admin, "POST", "/api-keys/" + key + "/rotate", "", false},
		{h.owner, "DELETE", "/memberships/" + h.member.membership, "", true},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			h.in(t)
			before := h.dump()
			status := 500
			if test.atomic {
				status = 503
			}
			h.refuses.Store(true)
			a := h.do(test.by, test.method, test.path, test.body).is(status)
			h.refuses.Store(false)
			if test.atomic && a.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			if after := h.dump(); after != before {
				t.Errorf("before\n%safter\n%s", before, after)
			}
			if got := h.entries(); len(got) != 1 || got[0].Outcome != daybook.Failure {
				t.Errorf("entries %+v, want one failure", got)
			}
			// The same request is served when there is room again.
			if a := h.do(test.by, test.method, test.path, test.body); a.status >= 300 {
				t.Errorf("status %d: %s", a.status, a.body)
			}
			if h.dump() == before {
				t.Error("nothing was done: this test could not fail")
			}
			h.pass()
		})
	}
}

// dump returns everything in the application's tables.
func (h *house) dump() string {
	h.t.Helper()
	var text strings.Builder
	for _, table := range []string{"organizations", "users", "memberships", "documents", "document_tags", "api_keys", "mail_queue"} {
		rows, err := h.app.DB().QueryContext(h.t.Context(), `select * from `+table+` order by 1, 2`)
		if err != nil {
			h.t.Fatal(err)
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			h.t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				h.t.Fatal(err)
			}
			fmt.Fprint(&text, table)
			for i, name := range columns {
				fmt.Fprintf(&text, " %s=%v", name, *values[i].(*any))
			}
			fmt.Fprintln(&text)
		}
		if err := rows.Err(); err != nil {
			h.t.Fatal(err)
		}
	}
	return text.String()
}
