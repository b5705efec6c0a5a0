package sqlite

import (
	"context"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/daybookdev/daybook"
)

// SumAgain makes the sums behind reports anew from the entries, as is needed when [Facts] has another
// number of Summed than of Entries. Other writers wait meanwhile: some seconds for a million entries.
func (s *Store) SumAgain(ctx context.Context) error {
	w := s.writer
	err := w.enqueue(&call{ctx: ctx, done: make(chan struct{}), task: func(conn *sqlite.Conn) error {
		if err := sumAgain(conn); err != nil {
			return err
		}
		w.summed = len(w.fresh) // they are in the table already
		return nil
	}})
	if err != nil {
		return fmt.Errorf("sum the entries again: %w", explain(err))
	}
	return nil
}

func sumAgain(conn *sqlite.Conn) error {
	if err := exec(conn, `delete from activity_log_day`); err != nil {
		return err
	}
	stmt, err := conn.Prepare(`select organization_id, id, action, outcome, resource_type, actor_type from activity_log order by organization_id, id`)
	if err != nil {
		return err
	}
	defer stmt.Reset()
	var at place
	d := &daySum{}
	put := func() error {
		if at.organization == "" {
			return nil
		}
		return putDay(conn, at, d, nil)
	}
	for {
		found, err := stmt.Step()
		if err != nil {
			return err
		}
		if !found {
			return put()
		}
		var id daybook.ID
		stmt.ColumnBytes(1, id[:])
		hour := id.Time().UnixMicro() / hourMicros
		if p := (place{hour / hoursOfADay, columnID(stmt, 0)}); p != at {
			if err := put(); err != nil {
				return err
			}
			at, d = p, &daySum{}
		}
		d.add(int(hour%hoursOfADay), [...]string{stmt.ColumnText(2), stmt.ColumnText(3), stmt.ColumnText(4), stmt.ColumnText(5)}, 1)
	}
}

// summed returns how many entries the sums account for. Those of days without sums are counted where
// reports count them.
func (r *reader) summed() (total int64, err error) {
	days, err := r.conn.Prepare(`select day, organization_id, counts from activity_log_day`)
	if err != nil {
		return 0, err
	}
	defer days.Reset()
	words := map[string]string{}
	for {
		found, err := days.Step()
		if err != nil || !found {
			return total, err
		}
		d, err := readDay(days, 2, words)
		if err != nil {
			return 0, err
		}
		if d.full {
			n, err := r.entriesOfDay(days.ColumnInt64(0), columnID(days, 1))
			if err != nil {
				return 0, err
			}
			total += n
		}
		for _, counts := range d.counts {
			for _, n := range counts {
				total += n
			}
		}
	}
}

func (r *reader) entriesOfDay(day int64, organization string) (int64, error) {
	stmt, err := r.conn.Prepare(`select count(*) from activity_log where organization_id = ? and id >= ? and id < ?`)
	if err != nil {
		return 0, err
	}
	defer stmt.Reset()
	const dayMicros = hoursOfADay * hourMicros
	from, to := daybook.MinID(time.UnixMicro(day*dayMicros)), daybook.MinID(time.UnixMicro((day+1)*dayMicros))
	bindID(stmt, 1, organization)
	stmt.BindBytes(2, from[:])
	stmt.BindBytes(3, to[:])
	if _, err := stmt.Step(); err != nil {
		return 0, err
	}
	return stmt.ColumnInt64(0), nil
}
