package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// measureStorage tells what a row costs on disk, by the page statistics that SQLite keeps
// (https://sqlite.org/dbstat.html) of the closed file, into which its WAL is folded.
func measureStorage(ctx context.Context, _ plan, s *stored) (_ []table, _ []aim, err error) {
	info, err := os.Stat(s.large)
	if err != nil {
		return nil, nil, err
	}
	parts, err := partsOf(ctx, s.large)
	if err != nil {
		return nil, nil, fmt.Errorf("read the sizes of tables and indexes: %w", err)
	}
	rows := float64(s.rows)
	file := float64(info.Size()) / rows
	t := table{
		title: "Bytes a row",
		about: fmt.Sprintf("The file with %s entries after a checkpoint of the WAL. An entry has %s bytes of values (UUIDs as 16) and %s bytes as JSON. "+
			"The third column is what the file would need without that part.", whole(rows), whole(s.row.raw), whole(s.row.json)),
		head: []string{"part", "bytes/row", "file without it", "× the values"},
		rows: [][]string{{"the file", figure(file), "", times(file / s.row.raw)}},
	}
	rest := file
	for _, p := range parts {
		if !strings.HasPrefix(p.name, logTable) && !strings.HasPrefix(p.name, "ledger_sequence") && p.name != "ledger_tile" { // bookkeeping, of a few pages
			continue
		}
		size := p.bytes / rows
		rest -= size
		without := ""
		if p.name != logTable {
			without = figure(file - size)
		}
		t.rows = append(t.rows, []string{"`" + p.name + "`", figure(size), without, times(size / s.row.raw)})
	}
	t.rows = append(t.rows, []string{"everything else", figure(rest), "", times(rest / s.row.raw)})
	return []table{t}, nil, nil
}

const logTable = "activity_log"

// A part is a table or an index.
type part struct {
	name  string
	bytes float64
}

// partsOf returns the parts of a closed file, the table first, then the largest.
func partsOf(ctx context.Context, path string) (parts []part, err error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&immutable=1")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, `select name, pgsize from dbstat where aggregate = true order by name <> ?, pgsize desc`, logTable)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p part
		if err := rows.Scan(&p.name, &p.bytes); err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(parts, func(p part) bool { return p.name == logTable && p.bytes > 0 }) {
		return nil, fmt.Errorf("%s has no table %s", path, logTable)
	}
	return parts, nil
}
