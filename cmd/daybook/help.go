package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

type helpCommand struct {
	Command string `arg:"" optional:"" help:"The command to explain."`
}

func (helpCommand) Help() string {
	return `Examples:

    daybook help
    daybook help query`
}

func (c *helpCommand) Run(p *program) error {
	if c.Command == "" {
		_, err := fmt.Fprint(p.stdout, overview(p.parser.Model))
		return err
	}
	for _, node := range p.parser.Model.Children {
		if node.Name == c.Command {
			_, err := p.parser.Parse([]string{c.Command, "--help"})
			if errors.Is(err, errHelped) {
				return nil
			}
			return err
		}
	}
	return usageError{fmt.Errorf("there is no command %q\nTry: daybook help", c.Command)}
}

// errHelped ends the parsing of a command line that asks for help.
var errHelped = errors.New("helped")

type helpFlag bool

// BeforeReset runs before anything is missed or refused, so that help always comes.
func (helpFlag) BeforeReset(ctx *kong.Context) error {
	if err := ctx.PrintUsage(false); err != nil {
		return err
	}
	return errHelped
}

func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if ctx.Selected() != nil {
		return kong.DefaultHelpPrinter(options, ctx)
	}
	_, err := fmt.Fprint(ctx.Stdout, overview(ctx.Model))
	return err
}

const about = `Daybook is the activity log of an application with many organizations: who did what to which
resource, when, from where, in which request, and how it ended.

Usage: daybook COMMAND [flags]        daybook help COMMAND explains one with its flags.

`

const habits = `The log lies in a data directory, ./daybook-data unless --data or DAYBOOK_DATA says otherwise;
DAYBOOK_ORGANIZATION spares --organization. Answers are tables on a terminal, and NDJSON into a
file or a pipe or with --json. What entries contain is printed with its control characters escaped.
The exit status is 0, or 1 for a failure, or 2 for a command line that is wrong.
`

// overview explains the whole program, with the examples of every command.
func overview(app *kong.Application) string {
	var b strings.Builder
	b.WriteString(about)
	for _, node := range app.Children {
		fmt.Fprintf(&b, "  %-10s %s\n", node.Name, node.Help)
		for _, example := range examples(node) {
			fmt.Fprintf(&b, "             %s\n", example)
		}
		b.WriteByte('\n')
	}
	b.WriteString(habits)
	return b.String()
}

// examples returns the lines of a command's help that one can type.
func examples(node *kong.Node) []string {
	var lines []string
	for line := range strings.Lines(node.Detail) {
		if text := strings.TrimSpace(line); strings.HasPrefix(line, "    ") && text != "" {
			lines = append(lines, text)
		}
	}
	return lines
}
