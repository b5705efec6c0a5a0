package attack

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
)

// An attack is what somebody does who may write to the database, and what a verification says.
type attack struct {
	name string
	do   func(t *testing.T, b *bench, target daybook.Entry)

	// alone is the code that is found without anything kept elsewhere, kept the one that is found
	// with a checkpoint that was kept. Empty means that the attack is not detected, and the
	// verification says that it could not be.
	alone, kept ledger.Code
}

// set returns an attack that edits columns of an entry.
func set(assignment string) func(t *testing.T, b *bench, target daybook.Entry) {
	return func(t *testing.T, b *bench, target daybook.Entry) {
		if n := b.exec(t, fmt.Sprintf(`update activity_log set %s where id = %s`, assignment, b.id(target.ID))); n != 1 {
			t.Fatalf("%d rows", n)
		}
	}
}

// then returns an attack that makes all hashes fit behind another.
func then(do func(t *testing.T, b *bench, target daybook.Entry), also ...func(t *testing.T, b *bench)) func(t *testing.T, b *bench, target daybook.Entry) {
	return func(t *testing.T, b *bench, target daybook.Entry) {
		do(t, b, target)
		b.rehash(t, "acme")
		for _, f := range also {
			f(t, b)
		}
	}
}

func run(format string, args ...any) func(t *testing.T, b *bench, target daybook.Entry) {
	return func(t *testing.T, b *bench, target daybook.Entry) {
		b.exec(t, strings.ReplaceAll(fmt.Sprintf(format, args...), "TARGET", b.id(target.ID)))
	}
}

const (
	seen   = 400 // entries of acme under the newest checkpoint
	target = 100 // the index of the one that is attacked
)

var attacks = []attack{
	{"A01 edit an action", set(`action = 'READ'`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A01 edit a resource type", set(`resource_type = 'invoice'`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A01 edit an outcome", set(`outcome = 'success'`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A01 edit an actor type", set(`actor_type = 'system'`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A01 move a time by a microsecond", set(`created_at = created_at + {1|interval '1 microsecond'}, updated_at = updated_at + {1|interval '1 microsecond'}`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A01 change the kind", set(`kind = 8`), ledger.ControlInvalid, ledger.ControlInvalid},
	{"A01 change the kind and say that it is swept", set(`kind = 4, control = 'x'`), ledger.ControlInvalid, ledger.ControlInvalid},
	{"A02 edit a user", set(`user_id = 'eve'`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A02 edit a resource", set(`resource_id = 'other'`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A02 edit a request id", set(`request_id = 'other'`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A02 edit an IP address", set(`ip_address = '203.0.113.8'`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A02 edit a user agent", set(`user_agent = 'curl'`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A02 edit a credential", set(`recorded_by = 'key:ak_2'`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A02 edit a detail", set(`details = {replace(details, '4096', '4097')|replace(details::text, '4096', '4097')::jsonb}`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A02 add a detail", set(`details = {json_set(details, '$.zzz', 1)|details || jsonb_build_object('zzz', 1)}`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A02 edit a salt", set(`salt = {zeroblob(16)|'\x00000000000000000000000000000000'::bytea}`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A03 edit, and make the hashes fit", then(set(`user_id = 'eve'`)), ledger.RootMismatch, ledger.RootMismatch},
	{"A03 edit, make the hashes fit, and remove all checkpoints", then(set(`user_id = 'eve'`), func(t *testing.T, b *bench) { b.forgetCheckpoints(t, "acme", -1) }), ledger.InputMissing, ledger.Fork},
	{"A04 blank a value", set(`user_id = null`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A04 blank a value as an erasure does, without one", eraseUnsigned, ledger.ValueMissing, ledger.ValueMissing},
	{"A05 delete a row with its place", run(`delete from ledger_sequence where slot = 1 and leaf_index = %d`, target), ledger.RowMissing, ledger.RowMissing},
	{"A05 delete a row with its place and renumber", renumber, ledger.RootMismatch, ledger.RootMismatch},
	{"A06 delete a row, keep its hash", run(`delete from activity_log where id = TARGET`), ledger.RowMissing, ledger.RowMissing},
	{"A06 delete a row, and say that it was lost", deleteAndExcuse, ledger.ControlInvalid, ledger.ControlInvalid},
	{"A07 delete the newest rows, keep the checkpoint", func(t *testing.T, b *bench, _ daybook.Entry) { b.cut(t, "acme", seen-10) }, ledger.RowMissing, ledger.Rollback},
	{"A08 swap two entries", swap, ledger.LeafMismatch, ledger.LeafMismatch},
	{"A08 swap two entries with their hashes", then(swap), ledger.RootMismatch, ledger.RootMismatch},
	{"A08 swap the places of two entries", swapPlaces, ledger.IndexConflict, ledger.IndexConflict},
	{"A09 insert a row past the ledger", insertPast, ledger.RowExtra, ledger.RowExtra},
	{"A09 insert a row in the middle, renumber, make the hashes fit", insertMiddle, ledger.RootMismatch, ledger.RootMismatch},
	{"A10 set everything back, with its checkpoint", func(t *testing.T, b *bench, _ daybook.Entry) {
		b.cut(t, "acme", 300)
		b.forgetCheckpoints(t, "acme", 300)
	}, "", ledger.Rollback},
	{"A11 old rows under the new checkpoint", func(t *testing.T, b *bench, _ daybook.Entry) { b.cut(t, "acme", 300) }, ledger.RowMissing, ledger.Rollback},
	{"A12 swap the logs of two organizations", func(t *testing.T, b *bench, _ daybook.Entry) {
		for _, table := range []string{"ledger", "activity_log"} {
			b.exec(t, `update `+table+` set organization_id = 'swap' where organization_id = 'acme'`)
			b.exec(t, `update `+table+` set organization_id = 'acme' where organization_id = 'zeta'`)
			b.exec(t, `update `+table+` set organization_id = 'zeta' where organization_id = 'swap'`)
		}
	}, ledger.LeafMismatch, ledger.Fork},
	{"A13 move a row to another organization", set(`organization_id = 'zeta'`), "", ""}, // the code depends on the store: see below
	{"A14 a forged control entry", forgeControl, ledger.ControlInvalid, ledger.ControlInvalid},
	{"A16 sign with another key", func(t *testing.T, b *bench, _ daybook.Entry) { b.resign(t, "acme", ledger.NewKey()) }, ledger.KeyUnknown, ledger.KeyUnknown},
	{"A16 alter a checkpoint", run(`update ledger_checkpoint set note = replace(note, 'audit', 'audiT') where slot = 1`), ledger.KeyUnknown, ledger.KeyUnknown},
	{"A17 rewrite, and sign with the stolen key", then(set(`user_id = 'eve'`), func(t *testing.T, b *bench) { b.resign(t, "acme", b.key) }), "", ledger.Fork},
	{"A18 drop the tail, and sign with the stolen key", func(t *testing.T, b *bench, _ daybook.Entry) {
		b.cut(t, "acme", 300)
		b.resign(t, "acme", b.key)
	}, "", ledger.Rollback},
	{"A19 append a false entry", func(t *testing.T, b *bench, _ daybook.Entry) { b.record(t, "acme", 1); b.sequence(t) }, "", ""},
	{"A29 change when it was updated", set(`updated_at = updated_at + {1|interval '1 microsecond'}`), ledger.DerivedMismatch, ledger.DerivedMismatch},
	{"A30 change the size", run(`update ledger set size = size + 1 where slot = 1`), ledger.DerivedMismatch, ledger.DerivedMismatch},
	{"A30 change the next place", run(`update ledger_order set next_position = next_position + 5`), ledger.DerivedMismatch, ledger.DerivedMismatch},
	{"A30 change a leaf hash", run(`update ledger_sequence set leaf_hash = {zeroblob(32)|'\x%064d'::bytea} where slot = 1 and leaf_index = 7`, 0), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A30 change a tile", run(`update ledger_tile set data = {zeroblob(8192)|decode(repeat('00', 8192), 'hex')} where slot = 1`), ledger.TileMismatch, ledger.TileMismatch},
	{"A30 remove a tile", run(`delete from ledger_tile where slot = 1`), ledger.TileMismatch, ledger.TileMismatch},
	{"A30 change the deployment's name", run(`update ledger_order set deployment = 'evil.example.com'`), ledger.OriginMismatch, ledger.OriginMismatch},
	{"A30 begin another epoch", run(`update ledger set epoch = 2 where slot = 1`), ledger.LeafMismatch, ledger.LeafMismatch},
	{"A35 a leaf of another version", set(`leaf_version = 2`), ledger.VersionUnknown, ledger.VersionUnknown},
	{"remove a whole organization", func(t *testing.T, b *bench, _ daybook.Entry) {
		b.cut(t, "acme", 0)
		b.exec(t, `delete from ledger_checkpoint where slot = 1`)
		b.exec(t, `delete from ledger where slot = 1`)
	}, "", ledger.Rollback},
}

func TestAttacks(t *testing.T) {
	for _, kind := range []string{"sqlite", "postgres"} {
		for _, a := range attacks {
			t.Run(kind+"/"+a.name, func(t *testing.T) {
				t.Parallel()
				b := open(t, kind)
				entries := b.record(t, "acme", 300)
				b.record(t, "zeta", 5)
				b.sign(t)
				b.record(t, "acme", seen-300)
				kept := b.sign(t)
				if r := b.verify(t, &ledger.VerifyOptions{Kept: kept}); r.Result != ledger.OK {
					t.Fatalf("before the attack: %s", text(r))
				}
				a.do(t, b, entries[target])
				alone, with := a.alone, a.kept
				if strings.HasPrefix(a.name, "A13") {
					alone = map[string]ledger.Code{"sqlite": ledger.OriginMismatch, "postgres": ledger.RowExtra}[kind]
					with = alone
				}
				judge(t, "alone", b.verify(t, nil), alone)
				judge(t, "with a checkpoint that was kept", b.verify(t, &ledger.VerifyOptions{Kept: kept}), with)
			})
		}
	}
}

// judge compares a report with the verdict that is stated.
func judge(t *testing.T, how string, r *ledger.Report, want ledger.Code) {
	t.Helper()
	switch {
	case want == "" && r.Result != ledger.OK:
		t.Errorf("%s: not to be detected, and was: %.3000s", how, text(r))
	case want == "" && len(r.NotChecked) == 0:
		t.Errorf("%s: not detected, and the report does not say what it could not check", how)
	case want == "":
	case !r.Has(want):
		t.Errorf("%s: no %s: %.3000s", how, want, text(r))
	case want == ledger.InputMissing || want == ledger.VersionUnknown:
		if r.Result != ledger.Incomplete || r.Exit() != 2 {
			t.Errorf("%s: the result is %s", how, r.Result)
		}
	case r.Result != ledger.Tampered || r.Exit() != 1:
		t.Errorf("%s: the result is %s", how, r.Result)
	}
}

// eraseUnsigned erases a value as lawfully as can be, but for the control entry.
func eraseUnsigned(t *testing.T, b *bench, target daybook.Entry) {
	b.erase(t, target, "user_id")
}

// erase does to a row what an erasure does.
func (b *bench) erase(t *testing.T, target daybook.Entry, paths ...string) {
	t.Helper()
	l := b.log(t, target.OrganizationID)
	row, err := b.ledger.Row(t.Context(), l, target.ID)
	if err != nil {
		t.Fatal(err)
	}
	s := row.Sealed
	if s.Secrets, err = ledger.Erase(&s.Entry, s.Secrets, paths); err != nil {
		t.Fatal(err)
	}
	assign := `salt = null, erased = {?1|$1}, details = {?2|$2::jsonb}`
	if s.UserID == "" {
		assign += `, user_id = null`
	}
	if !s.IPAddress.IsValid() {
		assign += `, ip_address = null`
	}
	var details any
	if canonical, err := s.Details.Canonical(); err != nil {
		t.Fatal(err)
	} else if canonical != nil {
		details = string(canonical)
	}
	b.exec(t, fmt.Sprintf(`update activity_log set %s where id = %s`, assign, b.id(target.ID)), s.Erased, details)
}

// renumber deletes an entry with its place and closes the gap.
func renumber(t *testing.T, b *bench, target daybook.Entry) {
	run(`delete from activity_log where id = TARGET`)(t, b, target)
	l := b.log(t, "acme")
	b.exec(t, fmt.Sprintf(`delete from ledger_sequence where slot = %d and leaf_index = 100`, l.Slot))
	for i := int64(101); i < l.Size; i++ {
		b.exec(t, fmt.Sprintf(`update ledger_sequence set leaf_index = %d where slot = %d and leaf_index = %d`, i-1, l.Slot, i))
	}
	b.record(t, "acme", 1) // so that the size fits
	b.sequence(t)
	b.rehash(t, "acme")
}

// deleteAndExcuse deletes an entry and inserts a control entry that says that it was lost.
func deleteAndExcuse(t *testing.T, b *bench, target daybook.Entry) {
	run(`delete from activity_log where id = TARGET`)(t, b, target)
	thief, err := ledger.NewSigner(deployment, ledger.NewKey(), "")
	if err != nil {
		t.Fatal(err)
	}
	id := daybook.NewID()
	note, err := thief.Control(b.log(t, "acme").Origin(deployment), ledger.KindLost, id, `{"cause":"disk","from":100,"to":100}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.ledger.AppendControl(t.Context(), daybook.Entry{ID: id, OrganizationID: "acme", Action: "LOST", ResourceType: ledger.ControlType}, ledger.KindLost, note); err != nil {
		t.Fatal(err)
	}
	b.sequence(t)
}

// swap exchanges all that two entries say.
func swap(t *testing.T, b *bench, target daybook.Entry) {
	rows := b.rows(t, b.log(t, "acme"))
	x, y := rows[100].Sealed.ID, rows[200].Sealed.ID
	spare := daybook.NewID()
	for _, step := range [][2]daybook.ID{{x, spare}, {y, x}, {spare, y}} {
		b.exec(t, fmt.Sprintf(`update activity_log set id = %s where id = %s`, b.id(step[1]), b.id(step[0])))
	}
}

func swapPlaces(t *testing.T, b *bench, target daybook.Entry) {
	l := b.log(t, "acme")
	for _, step := range [][2]int{{100, 1 << 20}, {200, 100}, {1 << 20, 200}} {
		b.exec(t, fmt.Sprintf(`update ledger_sequence set leaf_index = %d where slot = %d and leaf_index = %d`, step[1], l.Slot, step[0]))
	}
}

// insertPast inserts an entry that was never recorded, and no more.
func insertPast(t *testing.T, b *bench, target daybook.Entry) {
	columns := `organization_id, action, resource_type, resource_id, user_id, actor_type, outcome, created_at, updated_at, kind, leaf_version, salt`
	b.exec(t, fmt.Sprintf(`insert into activity_log ({position, |}id, %s) select {100000, |}%s, %s from activity_log where id = %s`, columns, b.id(daybook.NewIDAt(target.CreatedAt)), columns, b.id(target.ID)))
}

// insertMiddle gives such an entry a place in the middle, for which others move, and drops the last.
func insertMiddle(t *testing.T, b *bench, target daybook.Entry) {
	l := b.log(t, "acme")
	position := b.rows(t, l)[100].Position
	b.cut(t, "acme", l.Size-1)
	shift := func(table, column, where string) {
		b.exec(t, fmt.Sprintf(`update %s set %s = -(%s + 1) where %s`, table, column, column, where))
		b.exec(t, fmt.Sprintf(`update %s set %s = -%s where %s < 0`, table, column, column, column))
	}
	shift("ledger_sequence", "leaf_index", fmt.Sprintf("slot = %d and leaf_index >= 100", l.Slot))
	shift("ledger_sequence", "position", fmt.Sprintf("position >= %d", position))
	if b.kind == "sqlite" {
		shift("activity_log", "position", fmt.Sprintf("position >= %d", position))
	}
	insertPast(t, b, target)
	if b.kind == "sqlite" {
		b.exec(t, fmt.Sprintf(`update activity_log set position = %d where position = 100000`, position))
	}
	b.exec(t, fmt.Sprintf(`insert into ledger_sequence (position, slot, leaf_index, {|id, }leaf_hash)
		select %d, %d, 100, {|id, }{zeroblob(32)|decode(repeat('00', 32), 'hex')} from activity_log
		where organization_id = 'acme' and {position = %d|id not in (select id from ledger_sequence)}`, position, l.Slot, position))
	b.exec(t, `update ledger_order set next_position = (select max(position) + 1 from ledger_sequence)`)
	b.rehash(t, "acme")
}

// forgeControl copies the note of another organization's control entry.
func forgeControl(t *testing.T, b *bench, target daybook.Entry) {
	id, err := b.keeper.Control(t.Context(), "zeta", ledger.KindErasure, daybook.Details{"run": "r1", "state": "declared", "list": strings.Repeat("00", 32)}, daybook.Entry{})
	if err != nil {
		t.Fatal(err)
	}
	b.sequence(t)
	row, err := b.ledger.Row(t.Context(), b.log(t, "zeta"), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.ledger.AppendControl(t.Context(), daybook.Entry{ID: id, OrganizationID: "acme", Action: "ANONYMIZE", ResourceType: ledger.ControlType}, ledger.KindErasure, row.Sealed.Control); err != nil {
		t.Fatal(err)
	}
	b.sequence(t)
}

// What the signer meets it refuses: nothing that was set back is signed again.
func TestTheSignerRefusesWhatWasSetBackOrRewritten(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		entries := b.record(t, "acme", 300)
		b.sign(t)
		b.record(t, "acme", 100)
		b.sign(t)
		b.cut(t, "acme", 300)
		b.forgetCheckpoints(t, "acme", 300)
		b.record(t, "acme", 200) // the history goes on differently
		b.sequence(t)
		if err := b.newKeeper(t).SignAll(t.Context()); !errors.Is(err, ledger.ErrRollback) {
			t.Errorf("set back and continued: %v", err)
		}
		set(`user_id = 'eve'`)(t, b, entries[10])
		b.rehash(t, "acme")
		if err := b.newKeeper(t).SignAll(t.Context()); !errors.Is(err, ledger.ErrRollback) {
			t.Errorf("rewritten: %v", err)
		}
		b.record(t, "zeta", 1)
		b.sequence(t)
		k := b.newKeeper(t)
		if k.SignAll(t.Context()) == nil || k.Status().Fault == nil {
			t.Error("the fault does not show")
		}
		if s, err := k.Checkpoint(t.Context(), "zeta"); err != nil || s.Size != 1 {
			t.Errorf("another organization is not signed: %v, %v", s, err)
		}
	})
}

// newKeeper is a keeper behind a restart: its signer remembers, it does not.
func (b *bench) newKeeper(t *testing.T) *ledger.Keeper {
	t.Helper()
	k, err := ledger.NewKeeper(t.Context(), b.ledger, b.signer, &ledger.KeeperOptions{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	return k
}
