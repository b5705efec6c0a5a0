package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
)

// createDocument also takes the place of one that has expired. No row means that there is another.
const createDocument = `
insert into daybook_document as stored (kind, organization, name, revision, content, updated_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (kind, organization, name) do update
set revision = greatest(stored.revision + 1, excluded.revision), content = excluded.content,
	updated_at = excluded.updated_at, expires_at = excluded.expires_at
where stored.expires_at <= excluded.updated_at
returning revision`

// replaceDocument writes no row when the stored one has another revision, or has expired.
const replaceDocument = `
update daybook_document
set revision = greatest(revision + 1, $4), content = $5, updated_at = $6, expires_at = $7
where kind = $1
and organization = $2
and name = $3
and revision = $8
and (expires_at is null or expires_at > $6)
returning revision`

// dropExpired removes a few documents that nobody sees any more, so that they do not gather: each put
// removes more than it adds. What another put is removing is left to it.
const dropExpired = `
delete from daybook_document
where ctid in (select ctid from daybook_document where expires_at <= $1 limit 8 for update skip locked)`

// PutDocument stores a document; see [daybook.Documents].
func (s *Store) PutDocument(ctx context.Context, d daybook.Document) (daybook.Document, error) {
	put, err := s.putDocument(ctx, d)
	if err != nil {
		return daybook.Document{}, fmt.Errorf("put document: %w", explain(err))
	}
	return put, nil
}

func (s *Store) putDocument(ctx context.Context, d daybook.Document) (daybook.Document, error) {
	if err := d.Normalize(); err != nil {
		return d, err
	}
	if err := s.use(); err != nil {
		return d, err
	}
	defer s.using.Done()
	put := d.Next(0)
	sql, args := createDocument, []any{put.Kind, put.Organization, put.Name, put.Revision, put.Content, put.UpdatedAt, null(put.ExpiresAt)}
	if d.Revision != 0 {
		sql, args = replaceDocument, append(args, d.Revision)
	}
	written := false
	var batch pgx.Batch // one round trip, and one transaction
	batch.Queue(sql, args...).QueryRow(func(r pgx.Row) error {
		err := r.Scan(&put.Revision)
		written = err == nil
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	batch.Queue(dropExpired, put.UpdatedAt)
	if err := s.pool.SendBatch(ctx, &batch).Close(); err != nil {
		return d, err
	}
	if !written {
		return d, d.Conflict()
	}
	return put, nil
}

// null returns t for a column in which NULL stands for never.
func null(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// DeleteDocument deletes a document; see [daybook.Documents].
func (s *Store) DeleteDocument(ctx context.Context, kind, organization, name string, revision int64) error {
	if err := s.deleteDocument(ctx, kind, organization, name, revision); err != nil {
		return fmt.Errorf("delete document: %w", explain(err))
	}
	return nil
}

func (s *Store) deleteDocument(ctx context.Context, kind, organization, name string, revision int64) error {
	kind, organization, name, err := daybook.Document{Kind: kind, Organization: organization, Name: name}.Key()
	if err != nil {
		return err
	}
	if err := s.use(); err != nil {
		return err
	}
	defer s.using.Done()
	now := time.Now()
	done, err := s.pool.Exec(ctx, `
		delete from daybook_document
		where kind = $1
		and organization = $2
		and name = $3
		and ($4::bigint = 0 or revision = $4)
		and (expires_at is null or expires_at > $5)`, kind, organization, name, revision, now)
	if err != nil || done.RowsAffected() > 0 {
		return err
	}
	d := daybook.Document{Kind: kind, Organization: organization, Name: name}
	found, err := s.documents(ctx, kind, organization, `name = $3`, name, 1)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return d.NotFound()
	}
	return d.Conflict()
}

// Document returns a document; see [daybook.Documents].
func (s *Store) Document(ctx context.Context, kind, organization, name string) (daybook.Document, error) {
	asked := daybook.Document{Kind: kind, Organization: organization, Name: name}
	kind, organization, name, err := asked.Key()
	var found []daybook.Document
	if err == nil {
		found, err = s.documents(ctx, kind, organization, `name = $3`, name, 1)
	}
	if err == nil && len(found) == 0 {
		err = asked.NotFound()
	}
	if err != nil {
		return daybook.Document{}, fmt.Errorf("read document: %w", explain(err))
	}
	return found[0], nil
}

// ListDocuments returns documents in the order of their names; see [daybook.Documents].
func (s *Store) ListDocuments(ctx context.Context, kind, organization, after string, limit int) ([]daybook.Document, error) {
	kind, organization, limit, err := daybook.DocumentPage(kind, organization, after, limit)
	var found []daybook.Document
	if err == nil {
		found, err = s.documents(ctx, kind, organization, `name > $3`, after, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", explain(err))
	}
	return found, nil
}

// documents returns the documents of the kind and organization that the test of names finds.
func (s *Store) documents(ctx context.Context, kind, organization, test, name string, limit int) ([]daybook.Document, error) {
	if err := s.use(); err != nil {
		return nil, err
	}
	defer s.using.Done()
	rows, err := s.pool.Query(ctx, `
		select name, revision, content, updated_at, expires_at
		from daybook_document
		where kind = $1
		and organization = $2
		and `+test+`
		and (expires_at is null or expires_at > $4)
		order by name
		limit $5`, kind, organization, name, time.Now(), limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (daybook.Document, error) {
		d := daybook.Document{Kind: kind, Organization: organization}
		var expires *time.Time
		err := row.Scan(&d.Name, &d.Revision, &d.Content, &d.UpdatedAt, &expires)
		d.UpdatedAt = d.UpdatedAt.UTC()
		if expires != nil {
			d.ExpiresAt = expires.UTC()
		}
		return d, err
	})
}
