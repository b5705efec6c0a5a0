package attack

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

// mutable are the tables and columns whose every alteration is found. Left out are those of which the
// ledger says nothing, because no query reads them or because they only say where to go on: the queue,
// its hint and gaps, positions of followers, the reports' sums; and which log a checkpoint lies in,
// since to move one away is to remove it, which nothing but a kept one shows.
var mutable = map[string][]string{
	"activity_log": {"id", "organization_id", "action", "resource_type", "resource_id", "user_id", "actor_type", "request_id", "outcome",
		"details", "ip_address", "user_agent", "created_at", "updated_at", "recorded_by", "kind", "leaf_version", "salt", "control", "erased"},
	"ledger_sequence":   {"position", "slot", "leaf_index", "leaf_hash"},
	"ledger_tile":       {"slot", "level", "n", "data"},
	"ledger_checkpoint": {"size", "note"},
	"ledger":            {"slot", "organization_id", "epoch", "size"},
	"ledger_order":      {"next_position", "deployment"},
	"ledger_list":       {"digest", "content"},
}

// TestRandomMutationsAreFound alters one value, or removes, doubles or moves one row, as the owner of
// the database, and wants each found: 60 times, 10,000 with DAYBOOK_DEEP.
func TestRandomMutationsAreFound(t *testing.T) {
	n := 60
	if os.Getenv("DAYBOOK_DEEP") != "" {
		n = 10_000
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("DAYBOOK_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("DAYBOOK_SEED=%d", seed)
	each(t, func(t *testing.T, b *bench) {
		random := rand.New(rand.NewPCG(seed, 0))
		entries := b.record(t, "acme", 270)
		b.record(t, "zeta", 5)
		b.sign(t)
		paths := map[daybook.ID][]string{entries[3].ID: {"user_id", "details/tags"}, entries[5].ID: {"ip_address"}}
		b.anonymize(t, "e1", paths, entries)
		b.sign(t)
		if r := b.verify(t, nil); r.Result != ledger.OK {
			t.Fatalf("before: %s", text(r))
		}
		var tables []string
		for table := range mutable {
			tables = append(tables, table)
			b.exec(t, fmt.Sprintf(`create table backup_%s as select * from %s`, table, table))
		}
		if b.kind == "postgres" { // the owner would take away what is in the way
			b.exec(t, `alter table ledger_sequence drop constraint ledger_sequence_pkey, drop constraint ledger_sequence_slot_leaf_index_key`)
		} else {
			b.exec(t, `drop index ledger_sequence_leaf`)
		}
		slices.Sort(tables)
		for done, tries := 0, 0; done < n; tries++ {
			if tries > 20*n {
				t.Fatalf("only %d of %d mutations were possible", done, n)
			}
			table := tables[random.IntN(len(tables))]
			what, ok := b.mutate(t, random, table)
			if !ok {
				continue
			}
			done++
			if r := b.verify(t, nil); r.Result == ledger.OK {
				t.Errorf("not found: %s", what)
			}
			identity := ""
			if table == "ledger" {
				identity = "{|overriding system value}"
			}
			b.exec(t, fmt.Sprintf(`delete from %s`, table))
			b.exec(t, fmt.Sprintf(`insert into %s %s select * from backup_%s`, table, identity, table))
		}
		if r := b.verify(t, nil); r.Result != ledger.OK {
			t.Errorf("undone: %s", text(r))
		}
	})
}

// mutate alters one row of a table, and reports false when the database does not let it or nothing
// was changed by it.
func (b *bench) mutate(t *testing.T, random *rand.Rand, table string) (what string, ok bool) {
	t.Helper()
	var rows int
	if err := b.db.QueryRow(`select count(*) from ` + table).Scan(&rows); err != nil || rows == 0 {
		t.Fatal(rows, err)
	}
	// A row is named by where it lies: by nothing else can one of several alike be meant.
	where := "{rowid|ctid}"
	switch table {
	case "ledger_checkpoint": // in SQLite without rowid
		where = "{slot * 1000000 + size|ctid}"
	}
	var at string
	if err := b.db.QueryRow(b.dialect(fmt.Sprintf(`select {cast(%[1]s as text)|%[1]s::text} from %[2]s order by {%[3]s|%[3]s} limit 1 offset %[4]d`,
		inner(b, where), table, inner(b, where), random.IntN(rows)))).Scan(&at); err != nil {
		t.Fatal(err)
	}
	clause := fmt.Sprintf(`%s = %s`, inner(b, where), at)
	if b.kind == "postgres" {
		clause = fmt.Sprintf(`ctid = '%s'::tid`, at)
	}
	source := table
	if table == "activity_log" && b.kind == "postgres" { // ctids are those of partitions
		if err := b.db.QueryRow(`select tableoid::regclass::text from activity_log order by random() limit 1`).Scan(&source); err != nil {
			t.Fatal(err)
		}
		if err := b.db.QueryRow(`select ctid::text from ` + source + ` order by random() limit 1`).Scan(&at); err != nil {
			t.Fatal(err)
		}
		clause = fmt.Sprintf(`ctid = '%s'::tid`, at)
	}
	columns := mutable[table]
	if table == "activity_log" && b.kind == "sqlite" {
		columns = append([]string{"position"}, columns...)
	}
	if table == "ledger_sequence" && b.kind == "postgres" {
		columns = append([]string{"id"}, columns...)
	}
	column := columns[random.IntN(len(columns))]
	statement := ""
	switch kind := random.IntN(10); {
	case kind == 0 && table != "ledger_checkpoint" && table != "ledger_order":
		statement = fmt.Sprintf(`delete from %s where %s`, source, clause)
	case kind == 1 && table == "ledger_sequence":
		statement = fmt.Sprintf(`insert into %[1]s select * from %[1]s where %[2]s`, source, clause)
		if b.kind == "sqlite" {
			statement = fmt.Sprintf(`insert into %[1]s select position + 1000, slot, leaf_index, leaf_hash from %[1]s where %[2]s`, source, clause)
		}
	case kind == 2:
		statement = fmt.Sprintf(`update %s set %s = null where %s and %s is not null`, source, column, clause, column)
	case kind == 3: // the value of another row
		statement = fmt.Sprintf(`update %[1]s set %[2]s = o.v from (select %[2]s as v from %[3]s order by random() limit 1) as o where %[4]s and %[2]s is distinct from o.v`, source, column, table, qualify(b, source, clause))
	default:
		statement = fmt.Sprintf(`update %[1]s set %[2]s = %[3]s where %[4]s and %[2]s is distinct from %[3]s`, source, column, b.altered(random, column), clause)
	}
	result, err := b.db.ExecContext(t.Context(), statement)
	if err != nil {
		return "", false // a constraint
	}
	n, _ := result.RowsAffected()
	if n != 1 {
		return "", false
	}
	// What a statement changes in words alone, such as the order of JSON, is no change.
	return statement, true
}

func inner(b *bench, s string) string { return b.dialect(s) }

// qualify names the table of a column that two have.
func qualify(b *bench, table, clause string) string { return table + "." + clause }

// altered is another value of a column, made of the one there is.
func (b *bench) altered(random *rand.Rand, column string) string {
	n := random.IntN(1 << 20)
	pick := func(choices ...string) string { return choices[random.IntN(len(choices))] }
	switch column {
	case "created_at", "updated_at":
		if b.kind == "postgres" {
			return fmt.Sprintf(`%s + interval '%d microseconds'`, column, 1+n)
		}
		return fmt.Sprintf(`%s + %d`, column, 1+n)
	case "salt", "leaf_hash", "data", "content", "digest":
		if b.kind == "postgres" {
			return fmt.Sprintf(`set_byte(%[1]s, %[2]d %% length(%[1]s), (get_byte(%[1]s, %[2]d %% length(%[1]s)) + 1) %% 256)`, column, n)
		}
		return fmt.Sprintf(`cast(substr(%[1]s, 1, %[2]d %% length(%[1]s)) || x'%02[3]x' || substr(%[1]s, 2 + %[2]d %% length(%[1]s)) as blob)`, column, n, random.IntN(256))
	case "id":
		id := daybook.NewID()
		return b.id(id)
	case "details":
		value := pick(`"x"`, "17", "null", "[]", "{}", "true")
		if b.kind == "postgres" {
			return fmt.Sprintf(`jsonb_set(details, '{%s}', '%s'::jsonb)`, pick("size", "zzz", "tags"), value)
		}
		return fmt.Sprintf(`json_set(details, '$.%s', json('%s'))`, pick("size", "zzz", "tags"), value)
	case "position", "slot", "leaf_index", "level", "n", "size", "epoch", "next_position", "kind", "leaf_version":
		return fmt.Sprintf(`%s + %d`, column, 1+random.IntN(3))
	}
	if column == "ip_address" {
		return pick(`'198.51.100.9'`, `'2001:db8::7'`, `'x'`, `''`)
	}
	// One character of a text.
	return fmt.Sprintf(`coalesce(substr(%[1]s, 1, %[2]d %% length(%[1]s)) || '%[3]s' || substr(%[1]s, 2 + %[2]d %% length(%[1]s)), '%[3]s')`,
		column, n, strings.ReplaceAll(string(rune('a'+random.IntN(26))), "'", ""))
}
