package ledger

import (
	"fmt"
	"slices"
	"strings"

	"github.com/daybookdev/daybook"
)

// A Code names a kind of finding. Codes are stable.
type Code string

// The codes that mean tampering.
const (
	LeafMismatch       Code = "LEAF_MISMATCH"
	CommitmentMismatch Code = "COMMITMENT_MISMATCH"
	ValueMissing       Code = "VALUE_MISSING"
	ErasedPresent      Code = "ERASED_PRESENT"
	SweptPresent       Code = "SWEPT_PRESENT"
	RowMissing         Code = "ROW_MISSING"
	RowExtra           Code = "ROW_EXTRA"
	IndexConflict      Code = "INDEX_CONFLICT"
	RootMismatch       Code = "ROOT_MISMATCH"
	TileMismatch       Code = "TILE_MISMATCH"
	SignatureInvalid   Code = "SIGNATURE_INVALID"
	KeyUnknown         Code = "KEY_UNKNOWN"
	OriginMismatch     Code = "ORIGIN_MISMATCH"
	Rollback           Code = "ROLLBACK"
	Fork               Code = "FORK"
	ReceiptMissing     Code = "RECEIPT_MISSING"
	ControlInvalid     Code = "CONTROL_INVALID"
	ListMismatch       Code = "LIST_MISMATCH"
	EncodingInvalid    Code = "ENCODING_INVALID"
	DerivedMismatch    Code = "DERIVED_MISMATCH"
)

// The codes that mean that it cannot be decided.
const (
	InputMissing     Code = "INPUT_MISSING"
	StoreUnreachable Code = "STORE_UNREACHABLE"
	ListUnavailable  Code = "LIST_UNAVAILABLE"
	VersionUnknown   Code = "VERSION_UNKNOWN"
	WitnessQuorum    Code = "WITNESS_QUORUM"
)

// The codes that are notes.
const (
	UnfinishedErasure Code = "UNFINISHED_ERASURE"
	UnfinishedSweep   Code = "UNFINISHED_SWEEP"
)

// explanations say of each code what it means and what to do.
var explanations = map[Code]string{
	LeafMismatch:       "An entry is not what was recorded: a field, a detail, its time or its salt was changed, or the hash beside it. Compare it with an export, a backup or a destination that received it.",
	CommitmentMismatch: "What is kept to prove an entry of which something was erased does not fit it: a value, a salt or a commitment was changed.",
	ValueMissing:       "A value is gone and no signed erasure names it. Somebody has blanked it in the database.",
	ErasedPresent:      "A value that was erased is there again, for example from a backup. Erase it again.",
	SweptPresent:       "An entry that was removed after its time is there again, for example from a backup. Remove it again.",
	RowMissing:         "The log has a place for an entry and the entry is not there; no signed sweep names it. Somebody has deleted it, or a part of the database was lost.",
	RowExtra:           "An entry is in the database and in no log. Somebody has inserted it past Daybook, or has removed its place.",
	IndexConflict:      "Two rows claim one place in a log, or places and positions do not rise together. The order was changed.",
	RootMismatch:       "The leaves do not make the root that was signed: an entry before this size was changed, inserted, removed or moved, together with its hash.",
	TileMismatch:       "A stored tile of hashes is missing or is not made of the leaves: proofs made from it are wrong.",
	SignatureInvalid:   "A checkpoint's signature does not fit its text, or it is no checkpoint.",
	KeyUnknown:         "A note was signed by a key that is neither in the trust file nor named by a signed key change.",
	OriginMismatch:     "A row or note belongs to another log than the one it lies in.",
	Rollback:           "The log is shorter than a checkpoint that was kept, or is gone: an older state of the database was restored, or entries were cut off.",
	Fork:               "The log at the size of a checkpoint that was kept has another root: it was rewritten and signed again.",
	ReceiptMissing:     "An entry for which a receipt was given is not in the log, or is another than the one accepted.",
	ControlInvalid:     "A control entry's note is not signed by the log's key or disagrees with its row: it covers nothing.",
	ListMismatch:       "The list of what was erased or removed is not the one that was signed.",
	EncodingInvalid:    "A stored entry cannot be read: a column holds what Daybook never writes.",
	DerivedMismatch:    "A column or counter that queries read is not what follows from the entries: queries can show something else than was recorded.",
	InputMissing:       "What is needed to decide is missing, such as a signed checkpoint.",
	StoreUnreachable:   "The database or file could not be read to its end.",
	ListUnavailable:    "The list of what was erased or removed is not there, so it cannot be told whether a gap is lawful. Give it with --lists.",
	VersionUnknown:     "A newer Daybook wrote a leaf. Use that program, or a newer one.",
	WitnessQuorum:      "Fewer witnesses have cosigned than the trust file asks for.",
	UnfinishedErasure:  "An erasure was declared and is not done yet.",
	UnfinishedSweep:    "A sweep was declared and is not done yet.",
}

// Explain returns what a code means and what to do, "" for a code that does not exist.
func Explain(c Code) string { return explanations[c] }

// Codes returns all codes, sorted.
func Codes() []Code {
	var all []Code
	for c := range explanations {
		all = append(all, c)
	}
	slices.Sort(all)
	return all
}

// Results of a verification.
const (
	OK         = "ok"         // all that was asked was checked and holds
	Tampered   = "tampered"   // something does not hold
	Incomplete = "incomplete" // it cannot be decided
)

// weigh returns the result that a finding makes.
func (c Code) weigh() string {
	switch c {
	case InputMissing, StoreUnreachable, ListUnavailable, VersionUnknown, WitnessQuorum:
		return Incomplete
	case UnfinishedErasure, UnfinishedSweep:
		return OK
	}
	return Tampered
}

// A Finding is one thing that does not hold, and where. It names paths and never values.
type Finding struct {
	Code    Code   `json:"code"`
	Index   *int64 `json:"index,omitempty"`
	Entry   string `json:"entry,omitempty"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
}

// String returns the finding in one line.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(string(f.Code))
	if f.Index != nil {
		fmt.Fprintf(&b, " at index %d", *f.Index)
	}
	if f.Entry != "" {
		fmt.Fprintf(&b, " entry %s", f.Entry)
	}
	if f.Path != "" {
		fmt.Fprintf(&b, " %s", f.Path)
	}
	return b.String() + ": " + f.Message
}

// mostFindings bounds how many findings of one log are kept; how many there were is counted.
const mostFindings = 1000

// Findings are what was found in one log, or in the database as a whole.
type Findings struct {
	Result     string    `json:"result"`
	NotChecked []string  `json:"not_checked"`
	Findings   []Finding `json:"findings"`
	Omitted    int       `json:"findings_omitted,omitempty"`
}

func (f *Findings) add(c Code, message string, args ...any) *Finding {
	if w := c.weigh(); w == Tampered || w == Incomplete && f.Result != Tampered {
		f.Result = w
	}
	if len(f.Findings) >= mostFindings {
		f.Omitted++
		return &Finding{}
	}
	f.Findings = append(f.Findings, Finding{Code: c, Message: fmt.Sprintf(message, args...)})
	return &f.Findings[len(f.Findings)-1]
}

func (f *Finding) at(index int64, id daybook.ID) {
	f.Index = &index
	if !id.IsZero() {
		f.Entry = id.String()
	}
}

func (f *Findings) notChecked(message string, args ...any) {
	f.NotChecked = append(f.NotChecked, fmt.Sprintf(message, args...))
}

// nothingFound never is null in JSON: not_checked is not empty by accident.
func nothingFound() Findings {
	return Findings{Result: OK, NotChecked: []string{}, Findings: []Finding{}}
}

// Checked counts what was read in one log.
type Checked struct {
	Entries     int64 `json:"entries"`
	Erased      int64 `json:"erased"`
	Swept       int64 `json:"swept"`
	Controls    int64 `json:"controls"`
	Checkpoints int64 `json:"checkpoints"`
	Kept        int64 `json:"kept"`
	Receipts    int64 `json:"receipts"`
	Tiles       int64 `json:"tiles"`
}

// A LogReport is what [Verify] found in one log.
type LogReport struct {
	Organization string  `json:"organization"`
	Origin       string  `json:"origin"`
	Size         int64   `json:"size"`
	Root         string  `json:"root"`
	Signed       int64   `json:"signed"` // the size that the newest checkpoint covers
	Checked      Checked `json:"checked"`
	Findings
}

// A Report is what [Verify] found.
type Report struct {
	Deployment string      `json:"deployment"`
	Logs       []LogReport `json:"logs"`
	Findings               // those of no single log
}

// Exit returns the exit status of a command that verifies: 0, 1 for tampered, 2 for incomplete.
func (r *Report) Exit() int { return map[string]int{OK: 0, Tampered: 1, Incomplete: 2}[r.Result] }

// Has reports whether there is a finding with a code, in any log.
func (r *Report) Has(c Code) bool {
	is := func(f Finding) bool { return f.Code == c }
	return slices.ContainsFunc(r.Findings.Findings, is) ||
		slices.ContainsFunc(r.Logs, func(l LogReport) bool { return slices.ContainsFunc(l.Findings.Findings, is) })
}
