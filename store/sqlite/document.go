package sqlite

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
)

// PutDocument stores a document; see [daybook.Documents].
func (s *Store) PutDocument(ctx context.Context, d daybook.Document) (daybook.Document, error) {
	if err := d.Normalize(); err != nil {
		return daybook.Document{}, fmt.Errorf("put document: %w", err)
	}
	d.Content = bytes.Clone(d.Content) // when this call gives up, the writer may still be at it
	var put daybook.Document
	var refused error
	err := s.writeDocument(ctx, func(conn *sqlite.Conn) error {
		refused = nil // it may be run again
		stored, there, err := storedRevision(conn, d)
		switch {
		case err != nil:
			return err
		case there && d.Revision != stored, !there && d.Revision != 0:
			refused = d.Conflict()
			return nil
		}
		put = d.Next(stored)
		return cmp.Or(dropExpired(conn, put.UpdatedAt), upsertDocument(conn, put))
	})
	if err = cmp.Or(err, refused); err != nil {
		return daybook.Document{}, fmt.Errorf("put document: %w", err)
	}
	return put, nil
}

// DeleteDocument deletes a document; see [daybook.Documents].
func (s *Store) DeleteDocument(ctx context.Context, kind, organization, name string, revision int64) error {
	kind, organization, name, err := daybook.Document{Kind: kind, Organization: organization, Name: name}.Key()
	if err != nil {
		return fmt.Errorf("delete document: %w", err)
	}
	d := daybook.Document{Kind: kind, Organization: organization, Name: name}
	var refused error
	err = s.writeDocument(ctx, func(conn *sqlite.Conn) error {
		refused = nil
		stored, there, err := storedRevision(conn, d)
		switch {
		case err != nil:
			return err
		case !there:
			refused = d.NotFound()
			return nil
		case revision != 0 && revision != stored:
			refused = d.Conflict()
			return nil
		}
		stmt, err := conn.Prepare(`delete from daybook_document where kind = ? and organization = ? and name = ?`)
		if err != nil {
			return err
		}
		bindDocumentKey(stmt, d)
		return step(stmt)
	})
	if err = cmp.Or(err, refused); err != nil {
		return fmt.Errorf("delete document: %w", err)
	}
	return nil
}

// writeDocument runs f in a transaction of the writer's. A refusal is no error of f: it would undo
// what shares the transaction.
func (s *Store) writeDocument(ctx context.Context, f func(*sqlite.Conn) error) error {
	return explain(s.writer.enqueue(&call{ctx: ctx, done: make(chan struct{}), task: f}))
}

// storedRevision returns the revision of the document with d's key, 0 if there never was one, and
// whether it is still there.
func storedRevision(conn *sqlite.Conn, d daybook.Document) (revision int64, there bool, err error) {
	stmt, err := conn.Prepare(`select revision, expires_at is null or expires_at > ?4
		from daybook_document where kind = ?1 and organization = ?2 and name = ?3`)
	if err != nil {
		return 0, false, err
	}
	defer stmt.Reset()
	bindDocumentKey(stmt, d)
	stmt.BindInt64(4, time.Now().UnixMicro())
	if found, err := stmt.Step(); err != nil || !found {
		return 0, false, err
	}
	return stmt.ColumnInt64(0), stmt.ColumnBool(1), nil
}

func upsertDocument(conn *sqlite.Conn, d daybook.Document) error {
	stmt, err := conn.Prepare(`insert into daybook_document (kind, organization, name, revision, content, updated_at, expires_at)
		values (?, ?, ?, ?, ?, ?, ?)
		on conflict (kind, organization, name) do update set
			revision = excluded.revision, content = excluded.content, updated_at = excluded.updated_at, expires_at = excluded.expires_at`)
	if err != nil {
		return err
	}
	bindDocumentKey(stmt, d)
	stmt.BindInt64(4, d.Revision)
	stmt.BindBytes(5, d.Content)
	stmt.BindInt64(6, d.UpdatedAt.UnixMicro())
	if d.ExpiresAt.IsZero() {
		stmt.BindNull(7)
	} else {
		stmt.BindInt64(7, d.ExpiresAt.UnixMicro())
	}
	return step(stmt)
}

// dropExpired removes a few documents that nobody sees any more, so that they do not gather: each put
// removes more than it adds.
func dropExpired(conn *sqlite.Conn, now time.Time) error {
	stmt, err := conn.Prepare(`delete from daybook_document where (kind, organization, name) in
		(select kind, organization, name from daybook_document where expires_at <= ? limit 8)`)
	if err != nil {
		return err
	}
	stmt.BindInt64(1, now.UnixMicro())
	return step(stmt)
}

func bindDocumentKey(stmt *sqlite.Stmt, d daybook.Document) {
	stmt.BindText(1, d.Kind)
	stmt.BindText(2, d.Organization)
	stmt.BindText(3, d.Name)
}

// Document returns a document; see [daybook.Documents].
func (s *Store) Document(ctx context.Context, kind, organization, name string) (daybook.Document, error) {
	asked := daybook.Document{Kind: kind, Organization: organization, Name: name}
	kind, organization, name, err := asked.Key()
	var found []daybook.Document
	if err == nil {
		found, err = s.documents(ctx, kind, organization, `name = ?`, name, 1)
	}
	if err == nil && len(found) == 0 {
		err = asked.NotFound()
	}
	if err != nil {
		return daybook.Document{}, fmt.Errorf("read document: %w", err)
	}
	return found[0], nil
}

// ListDocuments returns documents in the order of their names; see [daybook.Documents].
func (s *Store) ListDocuments(ctx context.Context, kind, organization, after string, limit int) ([]daybook.Document, error) {
	kind, organization, limit, err := daybook.DocumentPage(kind, organization, after, limit)
	var found []daybook.Document
	if err == nil {
		found, err = s.documents(ctx, kind, organization, `name > ?`, after, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	return found, nil
}

// documents returns the documents of the kind and organization that the test of names finds.
func (s *Store) documents(ctx context.Context, kind, organization, test, name string, limit int) ([]daybook.Document, error) {
	r, err := s.borrow(ctx)
	if err != nil {
		return nil, because(ctx, err)
	}
	defer s.giveBack(r)
	stmt, err := r.conn.Prepare(`select name, revision, content, updated_at, expires_at
		from daybook_document
		where kind = ? and organization = ? and ` + test + ` and (expires_at is null or expires_at > ?)
		order by name
		limit ?`)
	if err != nil {
		return nil, because(ctx, err)
	}
	defer stmt.Reset()
	bindDocumentKey(stmt, daybook.Document{Kind: kind, Organization: organization, Name: name})
	stmt.BindInt64(4, time.Now().UnixMicro())
	stmt.BindInt64(5, int64(limit))
	var found []daybook.Document
	for {
		more, err := stmt.Step()
		if err != nil {
			return nil, because(ctx, err)
		}
		if !more {
			return found, nil
		}
		d := daybook.Document{Kind: kind, Organization: organization, Name: stmt.ColumnText(0), Revision: stmt.ColumnInt64(1),
			Content: make([]byte, stmt.ColumnLen(2)), UpdatedAt: time.UnixMicro(stmt.ColumnInt64(3)).UTC()}
		stmt.ColumnBytes(2, d.Content)
		if !stmt.ColumnIsNull(4) {
			d.ExpiresAt = time.UnixMicro(stmt.ColumnInt64(4)).UTC()
		}
		found = append(found, d)
	}
}
