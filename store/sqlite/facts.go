package sqlite

import (
	"context"
	"fmt"
	"os"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
)

// Facts are what an operator asks of a log file first.
type Facts struct {
	Path          string           `json:"path"`
	SQLite        string           `json:"sqlite"` // the version linked into this program
	Schema        int              `json:"schema"`
	Last          daybook.Position `json:"last_position"`
	Entries       int64            `json:"entries"`
	Summed        int64            `json:"summed"` // entries in the sums behind reports; as many as Entries, or see [Store.SumAgain]
	Organizations int64            `json:"organizations"`
	FileBytes     int64            `json:"file_bytes"`
	WALBytes      int64            `json:"wal_bytes"`  // what is not folded into the file yet
	FreeBytes     int64            `json:"free_bytes"` // inside the file, for new entries
	Followers     []FollowerFacts  `json:"followers"`
}

// FollowerFacts are how far a follower has read.
type FollowerFacts struct {
	Name     string           `json:"name"`
	Position daybook.Position `json:"position"`
	Behind   int64            `json:"behind"` // entries it has not read
}

// Last returns the position of the newest entry, the one before which [Store.Tail] ends.
func (s *Store) Last(ctx context.Context) (daybook.Position, error) {
	r, err := s.borrow(ctx)
	if err != nil {
		return daybook.Position{}, fmt.Errorf("read the last position: %w", because(ctx, err))
	}
	defer s.giveBack(r)
	epoch, last, err := order(r.conn)
	if err != nil {
		return daybook.Position{}, fmt.Errorf("read the last position: %w", because(ctx, err))
	}
	return daybook.Position{Epoch: epoch, Number: last}, nil
}

// Facts reads the facts. It counts the entries, which takes about a second for ten million.
func (s *Store) Facts(ctx context.Context) (Facts, error) {
	r, err := s.borrow(ctx)
	if err != nil {
		return Facts{}, fmt.Errorf("read facts: %w", because(ctx, err))
	}
	defer s.giveBack(r)
	f := Facts{Path: s.path, SQLite: sqlite.Version, FileBytes: fileSize(s.path), WALBytes: fileSize(s.path + "-wal")}
	if err := r.facts(&f); err != nil {
		return Facts{}, fmt.Errorf("read facts: %w", because(ctx, err))
	}
	return f, nil
}

func (r *reader) facts(f *Facts) (err error) {
	if err := exec(r.conn, `begin`); err != nil { // numbers of one moment
		return err
	}
	defer func() {
		if end := exec(r.conn, `commit`); err == nil {
			err = end
		}
	}()
	if f.Summed, err = r.summed(); err != nil {
		return err
	}
	var schema, free, pageSize int64
	for sql, to := range map[string]*int64{
		`pragma user_version`:               &schema,
		`pragma freelist_count`:             &free,
		`pragma page_size`:                  &pageSize,
		`select count(*) from activity_log`: &f.Entries,
		organizations:                       &f.Organizations,
	} {
		var err error
		if *to, err = number(r.conn, sql); err != nil {
			return err
		}
	}
	f.Schema, f.FreeBytes = int(schema), free*pageSize
	if f.Last.Epoch, f.Last.Number, err = order(r.conn); err != nil {
		return err
	}
	stmt, err := r.conn.Prepare(`select name, epoch, position from follower order by name`)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	for {
		found, err := stmt.Step()
		if err != nil || !found {
			return err
		}
		p := daybook.Position{Epoch: stmt.ColumnInt(1), Number: stmt.ColumnInt64(2)}
		f.Followers = append(f.Followers, FollowerFacts{Name: stmt.ColumnText(0), Position: p, Behind: f.Last.Number - p.Number})
	}
}

// organizations jumps from one organization to the next in the index, where count(distinct ...)
// would walk all of it.
const organizations = `
	with recursive o(id) as (
		select min(organization_id) from activity_log
		union all
		select (select min(organization_id) from activity_log where organization_id > o.id) from o where o.id is not null)
	select count(id) from o`

// fileSize returns 0 for a file that is not there, as a WAL need not be.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
