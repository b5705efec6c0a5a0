package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/daybookdev/daybook"
)

// commands is the command line: a field for each subcommand, whose flags are its own fields.
type commands struct {
	Demo       demoCommand       `cmd:"" help:"Show it at work: a day of several organizations, and the trail it left."`
	Record     recordCommand     `cmd:"" help:"Record entries, from flags or from NDJSON."`
	Query      queryCommand      `cmd:"" help:"Find entries of one organization."`
	Report     reportCommand     `cmd:"" help:"Count the entries of one organization, or tell what one user did."`
	Export     exportCommand     `cmd:"" help:"Write entries of one organization as CSV, NDJSON or JSON, and record that."`
	Tail       tailCommand       `cmd:"" help:"Print the newest entries of all organizations, and follow."`
	Serve      serveCommand      `cmd:"" help:"Serve the log over HTTP."`
	Key        keyCommand        `cmd:"" help:"Make, list, rotate and revoke API keys."`
	Token      tokenCommand      `cmd:"" help:"Make viewer tokens, and JWTs for trying things out."`
	Config     configCommand     `cmd:"" help:"Print the configuration of the server, and where it comes from."`
	Migrate    migrateCommand    `cmd:"" help:"Make the schema in PostgreSQL, or bring it up to date, and the partitions to come."`
	Verify     verifyCommand     `cmd:"" help:"Verify the ledger: that nothing was altered, removed, inserted or moved."`
	Checkpoint checkpointCommand `cmd:"" help:"Sign the ledger as it is now, and print what to keep elsewhere."`
	Proof      proofCommand      `cmd:"" help:"Prove that an entry is in the log, and show of it what is chosen."`
	Bundle     bundleCommand     `cmd:"" help:"Write the log of one organization so that it can be verified elsewhere."`
	Doctor     doctorCommand     `cmd:"" help:"Check the log: versions, sizes, modes, backlog."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
	Help       helpCommand       `cmd:"" help:"Explain daybook, or one command."`

	HelpFlag helpFlag `name:"help" short:"h" help:"Explain the command."`
}

// A program is the outside world of a subcommand.
type program struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	parser *kong.Kong
}

// errUsage means that the command line is wrong.
var errUsage = errors.New("usage")

// usageError is an error that wraps errUsage without saying so.
type usageError struct{ error }

func (e usageError) Unwrap() []error { return []error{errUsage, e.error} }

// run runs the command line args. It is the whole program but for signals and the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr}
	var c commands
	var err error
	if p.parser, err = newParser(&c, stdout, stderr); err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"help"}
	}
	for i, a := range args {
		switch flag, value, ok := strings.Cut(a, "="); {
		case !utf8.ValidString(a): // the parser would alter it without a word
			return usageError{fmt.Errorf("argument %d is not valid UTF-8: %s", i+1, a)}
		case a == "" && i > 0: // a variable that is not set must not widen a question
			return usageError{fmt.Errorf("%s is empty: leave it out", args[i-1])}
		case ok && value == "" && strings.HasPrefix(flag, "--"):
			return usageError{fmt.Errorf("%s is empty: leave it out", flag)}
		}
	}
	command, err := p.parser.Parse(args)
	switch {
	case errors.Is(err, errHelped):
		return nil
	case err != nil:
		advice := "daybook help"
		if parse, ok := errors.AsType[*kong.ParseError](err); ok && parse.Context.Selected() != nil {
			advice += " " + topOf(parse.Context.Selected()).Name
		}
		return usageError{fmt.Errorf("%w\nTry: %s", err, advice)}
	}
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(p); ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	return errors.New("interrupted")
}

// topOf returns the command that node belongs to.
func topOf(node *kong.Node) *kong.Node {
	for node.Parent != nil && node.Parent.Type == kong.CommandNode {
		node = node.Parent
	}
	return node
}

func newParser(c *commands, stdout, stderr io.Writer) (*kong.Kong, error) {
	c.Serve.configFlags, c.Config.configFlags = newConfigFlags(), newConfigFlags()
	return kong.New(c,
		kong.Name("daybook"),
		kong.Writers(stdout, stderr),
		kong.NoDefaultHelp(),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{WrapUpperBound: 100}),
		kong.TypeMapper(reflect.TypeFor[daybook.Position](), kong.MapperFunc(mapPosition)),
	)
}

func mapPosition(ctx *kong.DecodeContext, target reflect.Value) error {
	var s string
	if err := ctx.Scan.PopValueInto("position", &s); err != nil {
		return err
	}
	p, err := daybook.ParsePosition(s)
	if err == nil {
		target.Set(reflect.ValueOf(p))
	}
	return err
}

// flagError says of errors about fields which flag they are about. It is a usageError if there are
// any.
func flagError(err error) error {
	var lines []string
	for _, f := range fieldErrors(err) {
		lines = append(lines, flagOf(f.Field)+" "+f.Reason)
	}
	switch {
	case len(lines) > 0:
		return usageError{errors.New(strings.Join(lines, "\n"))}
	case errors.Is(err, daybook.ErrPosition):
		return usageError{err}
	}
	return err
}

// fieldErrors returns the errors about fields that err joins, in words of the command line.
func fieldErrors(err error) []daybook.FieldError {
	if f, ok := err.(*daybook.FieldError); ok {
		reason := strings.Replace(f.Reason, "neither one of the four nor registered in Options.Actions", "neither CREATE, READ, UPDATE or DELETE nor named by --add-action", 1)
		return []daybook.FieldError{{Field: f.Field, Reason: reason}}
	}
	if err == daybook.ErrNoOrganization {
		return []daybook.FieldError{{Field: "organization_id", Reason: "is missing: name it with --organization or DAYBOOK_ORGANIZATION"}}
	}
	var all []daybook.FieldError
	switch err := err.(type) {
	case interface{ Unwrap() []error }:
		for _, e := range err.Unwrap() {
			all = append(all, fieldErrors(e)...)
		}
	case interface{ Unwrap() error }:
		all = fieldErrors(err.Unwrap())
	}
	return all
}

// flagOf returns the flag that sets a field.
func flagOf(field string) string {
	switch field {
	case "organization_id":
		return "--organization"
	case "user_id":
		return "--user"
	case "request_id":
		return "--request"
	case "resource_type":
		return "--resource"
	case "ip_address":
		return "--ip"
	}
	if rest, ok := strings.CutPrefix(field, "details"); ok {
		return "--details" + rest
	}
	return "--" + strings.ReplaceAll(field, "_", "-")
}

// outFlags choose the form of what is printed.
type outFlags struct {
	JSON  bool   `name:"json" xor:"form" help:"Print NDJSON, as is the default into a file or a pipe."`
	Table bool   `xor:"form" help:"Print a table, as is the default on a terminal."`
	Zone  string `default:"UTC" placeholder:"ZONE" help:"The time zone of dates and of tables: UTC, Local, Europe/Berlin."`
}

// location returns the zone of tables.
func (f outFlags) location() (*time.Location, error) {
	zone, err := time.LoadLocation(f.Zone)
	if err != nil || f.Zone == "" {
		return nil, usageError{fmt.Errorf("--zone is %.60q, not a time zone such as Europe/Berlin", f.Zone)}
	}
	return zone, nil
}

// An output is what a subcommand prints its answer on, as a table or as NDJSON. Nothing is certain to
// be printed before flush.
type output struct {
	*bufio.Writer
	table   bool
	columns int // of the terminal; 0: no limit
}

func (p *program) output(f outFlags) *output {
	columns, terminal := columnsOf(p.stdout)
	return &output{bufio.NewWriterSize(p.stdout, 64<<10), f.Table || terminal && !f.JSON, columns}
}

// columnsOf reports whether w is a terminal, and how wide it is.
func columnsOf(w io.Writer) (columns int, terminal bool) {
	f, ok := w.(*os.File)
	if !ok {
		return 0, false
	}
	columns, terminal = terminalColumns(f)
	if !terminal {
		return 0, false
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		columns = n
	}
	if columns == 0 {
		columns = 80
	}
	return columns, true
}

// json prints v as one line of NDJSON.
func (o *output) json(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = o.Write(append(escapeJSON(text), '\n'))
	return err
}

// printf prints text for people. Its arguments are escaped.
func (o *output) printf(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = escapeText(s)
		}
	}
	fmt.Fprintf(o, format, args...)
}

// flush prints what is left. A closed pipe or a full disk shows here.
func (o *output) flush() error {
	if err := o.Flush(); err != nil {
		return fmt.Errorf("print the answer: %w", err)
	}
	return nil
}
