package ledger

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/daybookdev/daybook"
)

// A rotation names a further key, from an index on.
type rotation struct {
	index int64
	key   PublicKey
}

// lawful is what signed control entries allow: which values may be gone, and which rows.
type lawful struct {
	erasures map[daybook.ID]allowed
	declared []span // swept or about to be
	done     []span // swept
	gone     []span // lost
}

// allowed is what may be gone of an entry, what must be, and when it was.
type allowed struct {
	declared []string // sorted
	done     []string // sorted
	times    []time.Time
}

// A span is a range of indices, both ends included.
type span struct{ first, last int64 }

func within(spans []span, index int64) bool {
	i := sort.Search(len(spans), func(i int) bool { return spans[i].last >= index })
	return i < len(spans) && spans[i].first <= index
}

func (l *lawful) swept(index int64) bool     { return within(l.declared, index) }
func (l *lawful) sweptDone(index int64) bool { return within(l.done, index) }
func (l *lawful) lost(index int64) bool      { return within(l.gone, index) }

// A controlState is what the JSON of erasures, sweeps, key changes and losses tells. Members that
// other programs need are not read here.
type controlState struct {
	Run    string
	State  string
	List   string // SHA-256 of the erasure list, hexadecimal
	Set    string // the same of the sweep set
	Except string // of what was left, or "none"
	New    string // verifier key
	From   int64
	To     int64
}

// readControls reads the control entries, which must be signed by the log's key and agree with their
// rows. One that does not covers nothing.
func (v *logVerification) readControls() {
	v.lawful.erasures = map[daybook.ID]allowed{}
	running := map[string]Code{} // what was declared and is not done
	for row, err := range v.src.Controls(v.ctx, v.log) {
		if err != nil {
			v.report.add(StoreUnreachable, "its control entries: %s", shorten(err))
			return
		}
		if row.Sealed == nil {
			continue // said when the rows are read
		}
		if err := v.control(&row, running); err != nil {
			v.report.add(ControlInvalid, "%s", shorten(err)).at(row.Index, row.Sealed.ID)
		}
	}
	for run, code := range running {
		v.report.add(code, "run %s was declared and is not done", run)
	}
	for _, spans := range []*[]span{&v.lawful.declared, &v.lawful.done, &v.lawful.gone} {
		slices.SortFunc(*spans, func(a, b span) int { return int(min(1, max(-1, a.first-b.first))) })
		merged := (*spans)[:0]
		for _, s := range *spans {
			if n := len(merged); n > 0 && s.first <= merged[n-1].last+1 {
				merged[n-1].last = max(merged[n-1].last, s.last)
				continue
			}
			merged = append(merged, s)
		}
		*spans = merged
	}
	for id, a := range v.lawful.erasures {
		slices.Sort(a.declared)
		slices.Sort(a.done)
		v.lawful.erasures[id] = a
	}
}

var controlActions = map[Kind]daybook.Action{KindOpen: "OPEN", KindErasure: "ANONYMIZE", KindSweep: "SWEEP", KindPolicy: "POLICY",
	KindHold: "HOLD", KindKey: "ROTATE", KindVoid: "VOID", KindLost: "LOST", KindClose: "CLOSE"}

func (v *logVerification) control(row *Row, running map[string]Code) error {
	s := row.Sealed
	c, err := OpenControl(s.Control, v.report.Origin, v.keysAt(row.Index))
	if err != nil {
		return err
	}
	if c.ID != s.ID || c.Kind != s.Kind || s.Action != controlActions[c.Kind] || !strings.HasPrefix(s.ResourceType, daybook.ReservedPrefix) {
		return errors.New("the note is that of another entry or kind than its row says")
	}
	var state controlState
	if err := json.Unmarshal(c.Data, &state); err != nil {
		return fmt.Errorf("the note's JSON: %w", err)
	}
	switch c.Kind {
	case KindKey:
		name, key, err := ParseVerifierKey(state.New)
		if err != nil || name != v.trust.Deployment {
			return fmt.Errorf("the new key is none of %s: %w", v.trust.Deployment, err)
		}
		v.rotations = append(v.rotations, rotation{row.Index, key})
	case KindErasure:
		return v.erasure(row, state, running)
	case KindSweep:
		return v.sweep(state, running)
	case KindLost:
		if state.From < 0 || state.To < state.From || state.To >= row.Index {
			return fmt.Errorf("it declares %d to %d lost", state.From, state.To)
		}
		v.lawful.gone = append(v.lawful.gone, span{state.From, state.To})
	case KindPolicy, KindHold:
		v.report.notChecked("whether sweeps and erasures keep to the %v of index %d", c.Kind, row.Index)
	}
	return nil
}

// fetch returns the lines of a list behind its head.
func (v *logVerification) fetch(digest, head string) ([]string, error) {
	sum, err := hex.DecodeString(digest)
	if err != nil || len(sum) != 32 {
		return nil, fmt.Errorf("it names the list %.80q", digest)
	}
	text, err := v.list([32]byte(sum))
	if err != nil || text == nil {
		v.report.add(ListUnavailable, "the list %s: %v", digest, err)
		return nil, nil
	}
	if got := sha256Sum(text); hex.EncodeToString(got[:]) != digest {
		v.report.add(ListMismatch, "the list %s is not the one that was signed", digest)
		return nil, nil
	}
	lines := strings.Split(string(text), "\n")
	if lines[0] != head+" "+v.report.Origin || lines[len(lines)-1] != "" {
		v.report.add(ListMismatch, "the list %s is of another log or kind", digest)
		return nil, nil
	}
	return lines[1 : len(lines)-1], nil
}

const (
	erasureListHead = "daybook/erasure-list/v1"
	sweepSetHead    = "daybook/sweep-set/v1"
)

// ErasureList returns the list that an erasure signs: what is erased, by entry and path.
func ErasureList(origin string, paths map[daybook.ID][]string) []byte {
	var lines []string
	for id, all := range paths {
		for _, p := range all {
			lines = append(lines, id.String()+" "+p+"\n")
		}
	}
	slices.Sort(lines)
	return []byte(erasureListHead + " " + origin + "\n" + strings.Join(slices.Compact(lines), ""))
}

func (v *logVerification) erasure(row *Row, state controlState, running map[string]Code) error {
	lines, err := v.fetch(state.List, erasureListHead)
	if err != nil {
		return err
	}
	except := map[string]bool{}
	if state.Except != "" && state.Except != "none" {
		left, err := v.fetch(state.Except, erasureListHead)
		if err != nil {
			return err
		}
		for _, line := range left {
			except[line] = true
		}
	}
	for i, line := range lines {
		text, path, ok := strings.Cut(line, " ")
		id, err := daybook.ParseID(text)
		if _, _, e := splitPath(path); !ok || err != nil || e != nil || i > 0 && lines[i-1] >= line {
			v.report.add(ListMismatch, "line %d of the list %s", i+2, state.List)
			return nil
		}
		a := v.lawful.erasures[id]
		a.declared = append(a.declared, path)
		if state.State == "done" && !except[line] {
			a.done = append(a.done, path)
		}
		a.times = append(a.times, row.Sealed.CreatedAt)
		v.lawful.erasures[id] = a
	}
	return runs(state, running, UnfinishedErasure)
}

func (v *logVerification) sweep(state controlState, running map[string]Code) error {
	lines, err := v.fetch(state.Set, sweepSetHead)
	if err != nil {
		return err
	}
	end := int64(-2)
	for i, line := range lines {
		from, to, ok := strings.Cut(line, "-")
		first, err1 := strconv.ParseInt(from, 10, 63)
		last, err2 := strconv.ParseInt(to, 10, 63)
		if !ok || err1 != nil || err2 != nil || last < first || first <= end+1 {
			v.report.add(ListMismatch, "line %d of the set %s", i+2, state.Set)
			return nil
		}
		end = last
		v.lawful.declared = append(v.lawful.declared, span{first, last})
		if state.State == "done" && (state.Except == "" || state.Except == "none") {
			v.lawful.done = append(v.lawful.done, span{first, last})
		}
	}
	return runs(state, running, UnfinishedSweep)
}

// runs keeps the account of what was declared and is not done.
func runs(state controlState, running map[string]Code, code Code) error {
	switch {
	case state.Run == "" || state.State != "declared" && state.State != "done":
		return fmt.Errorf("run %q in state %q", state.Run, state.State)
	case state.State == "declared":
		running[state.Run] = code
	default:
		delete(running, state.Run)
	}
	return nil
}

// present reports whether there is a value at a path, which is in the form of splitPath.
func present(e *daybook.Entry, path string) bool {
	field, steps, err := splitPath(path)
	if err != nil {
		return false
	}
	if field != fieldDetails {
		return texts(e)[field-1] != ""
	}
	if len(e.Details) == 0 {
		return false
	}
	return (&eraser{}).worth(map[string]any(e.Details), steps)
}
