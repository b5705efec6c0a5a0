package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/daybookdev/daybook/ledger"
	"github.com/daybookdev/daybook/server"
)

type verifyCommand struct {
	logFlags
	Export       string   `placeholder:"FILE" help:"Verify a file that daybook bundle wrote, instead of a log."`
	Proof        string   `placeholder:"FILE" help:"Check one proof, instead of a log."`
	Trust        string   `placeholder:"FILE" help:"Who may sign: ledger.trust in the data directory if left out, which its owner could have replaced."`
	Organization string   `short:"o" env:"DAYBOOK_ORGANIZATION" placeholder:"ID" help:"The only organization to verify."`
	Kept         []string `placeholder:"FILE" help:"Checkpoints that were kept elsewhere."`
	Receipts     []string `placeholder:"FILE" help:"Receipts of entries."`
	Lists        string   `placeholder:"DIR" help:"Erasure lists and sweep sets that the log may not have."`
	JSON         bool     `name:"json" help:"Print the report as JSON."`
	Explain      string   `placeholder:"CODE" help:"Explain a code of a finding, and do nothing else."`
}

func (verifyCommand) Help() string {
	return `It reads every entry again and says what does not hold: values against the leaves that were hashed of them, leaves against the root, the root against the checkpoints that were signed, and those against what was kept elsewhere. It changes nothing and needs no server. The exit status is 0 if all holds, 1 if something was tampered with, 2 if that cannot be decided.

    daybook verify
    daybook verify --data /var/lib/daybook --trust auditor/ledger.trust --kept auditor/checkpoints
    daybook verify --database postgres://auditor@db.example/myapp --trust ledger.trust --json
    daybook verify --explain ROOT_MISMATCH`
}

// errUndecided means that a verification could not decide.
var errUndecided = errors.New("it cannot be decided whether the log was tampered with")

var errTampered = errors.New("the log was tampered with")

func (c *verifyCommand) Run(ctx context.Context, p *program) (err error) {
	if c.Explain != "" {
		text := ledger.Explain(ledger.Code(c.Explain))
		if text == "" {
			return usageError{fmt.Errorf("there is no code %.60q: they are %s", c.Explain, join(ledger.Codes()))}
		}
		_, err := fmt.Fprintln(p.stdout, text)
		return err
	}
	place, err := c.place()
	if err != nil {
		return err
	}
	trust, pinned, err := c.trust(place)
	if err != nil {
		return err
	}
	if c.Proof != "" {
		return c.checkProof(p, trust)
	}
	o := &ledger.VerifyOptions{Organization: c.Organization}
	if err := c.read(o); err != nil {
		return fmt.Errorf("%w: %w", errUndecided, err)
	}
	if _, terminal := columnsOf(p.stderr); terminal {
		o.Progress = func(organization string, done, total int64) {
			fmt.Fprintf(p.stderr, "\r%s: %s of %s\x1b[K", escapeText(organization), grouped(done), grouped(total))
		}
		defer fmt.Fprint(p.stderr, "\r\x1b[K")
	}
	src, err := c.source(ctx, place)
	if err != nil {
		return fmt.Errorf("%w: %w", errUndecided, err)
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	if c.Export != "" { // it holds one log, and what was kept may be of others too
		logs, err := src.Logs(ctx)
		if err != nil {
			return err
		}
		o.Organization = logs[0].Organization
	}
	report, err := ledger.Verify(ctx, src, trust, o)
	if err != nil {
		return err
	}
	if !pinned {
		report.NotChecked = append(report.NotChecked, "whether the trust file is the right one: it lay beside the log (--trust)")
	}
	if err := c.print(p, report); err != nil {
		return err
	}
	switch report.Result {
	case ledger.Tampered:
		return errTampered
	case ledger.Incomplete:
		return errUndecided
	}
	return nil
}

func (c *verifyCommand) source(ctx context.Context, place server.Place) (ledger.Source, error) {
	if c.Export != "" {
		return ledger.OpenBundle(ctx, c.Export)
	}
	src, err := server.OpenLedger(ctx, place)
	return src, explainOpen(place, err)
}

// trust reads the trust file, and reports whether the caller has named it.
func (c *verifyCommand) trust(place server.Place) (t ledger.Trust, pinned bool, err error) {
	path := c.Trust
	if path == "" {
		files, err := place.LedgerFiles(os.Getenv("DAYBOOK_LEDGER_KEY_FILE"))
		if err != nil || c.Export != "" || c.Proof != "" {
			return t, false, usageError{errors.New("name the trust file with --trust: without it nobody knows who may sign")}
		}
		path = files.Trust
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) && c.Trust == "" {
		return t, false, fmt.Errorf("%w: there is no trust file %s: nothing was signed here yet (daybook checkpoint), or name one with --trust", errUndecided, path)
	}
	if err != nil {
		return t, false, usageError{err}
	}
	t, err = ledger.ParseTrust(string(text))
	if err != nil {
		return t, false, usageError{fmt.Errorf("%s: %w", path, err)}
	}
	return t, c.Trust != "", nil
}

// read reads what was kept.
func (c *verifyCommand) read(o *ledger.VerifyOptions) (err error) {
	if o.Kept, err = readNotes(c.Kept); err != nil {
		return err
	}
	if o.Receipts, err = readNotes(c.Receipts); err != nil {
		return err
	}
	if c.Lists == "" {
		return nil
	}
	files, err := os.ReadDir(c.Lists)
	if err != nil {
		return err
	}
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(c.Lists, f.Name()))
		if err != nil {
			return err
		}
		o.Lists = append(o.Lists, content)
	}
	return nil
}

func (c *verifyCommand) print(p *program, r *ledger.Report) error {
	out := p.output(outFlags{Table: true})
	if c.JSON {
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		out.Write(append(escapeJSON(text), '\n'))
		return out.flush()
	}
	var entries, findings int64
	for _, l := range r.Logs {
		entries += l.Checked.Entries + l.Checked.Controls
		findings += int64(len(l.Findings.Findings) + l.Omitted)
		state := "verified"
		if l.Result != ledger.OK {
			state = l.Result
		}
		out.printf("%s  %s: %s, %s under a checkpoint\n", state, l.Origin, plural(l.Size, "place", "places"), grouped(l.Signed))
		printFindings(out, l.Findings)
		for _, what := range l.NotChecked {
			out.printf("  not checked: %s\n", what)
		}
	}
	findings += int64(len(r.Findings.Findings) + r.Omitted)
	printFindings(out, r.Findings)
	for _, what := range r.NotChecked {
		out.printf("not checked: %s\n", what)
	}
	out.printf("%s: %s in %s, %s\n", r.Result, plural(entries, "entry", "entries"), plural(int64(len(r.Logs)), "log", "logs"), plural(findings, "finding", "findings"))
	return out.flush()
}

const mostPrinted = 20

func printFindings(out *output, f ledger.Findings) {
	for i, finding := range f.Findings {
		if i == mostPrinted {
			out.printf("  … and %s more (--json shows them)\n", grouped(int64(len(f.Findings)-i+f.Omitted)))
			break
		}
		out.printf("  %s\n", finding.String())
	}
}

// checkProof checks one proof, which needs no log.
func (c *verifyCommand) checkProof(p *program, t ledger.Trust) error {
	text, err := os.ReadFile(c.Proof)
	if err != nil {
		return fmt.Errorf("%w: %w", errUndecided, err)
	}
	proof, err := ledger.ParseProof(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", c.Proof, err)
	}
	checkpoint, d, err := proof.Check(t.Keys)
	if err != nil {
		return fmt.Errorf("%s proves nothing: %w", c.Proof, err)
	}
	if deployment, _, _, err := ledger.ParseOrigin(checkpoint.Origin); err != nil || deployment != t.Deployment {
		return fmt.Errorf("%s proves nothing of %s: it is of %s", c.Proof, t.Deployment, checkpoint.Origin)
	}
	out := p.output(outFlags{Table: true})
	l := d.Leaf
	out.printf("proven: entry %s is at index %d of %s, among %s\n", l.ID.String(), proof.Index, checkpoint.Origin, plural(checkpoint.Size, "entry", "entries"))
	out.printf("  created_at     %s\n  action         %s\n  resource_type  %s\n  actor_type     %s\n  outcome        %s\n", l.CreatedAt.Format(time.RFC3339Nano),
		string(l.Action), l.ResourceType, string(l.ActorType), string(l.Outcome))
	for _, field := range slices.Sorted(maps.Keys(d.Values)) {
		value, err := json.Marshal(d.Values[field])
		if err != nil {
			return err
		}
		out.printf("  %-14s %s\n", field, string(value))
	}
	return out.flush()
}

func join(codes []ledger.Code) string {
	var all []string
	for _, c := range codes {
		all = append(all, string(c))
	}
	return strings.Join(all, ", ")
}
