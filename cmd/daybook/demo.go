package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/daybookdev/daybook/examples/workspace"
	"github.com/daybookdev/daybook/server"
)

type demoCommand struct {
	Data          string `short:"d" placeholder:"DIR" help:"Where to keep the data: a new temporary directory if left out."`
	Database      string `xor:"database" placeholder:"URL" help:"Use this PostgreSQL database, in which \"daybook migrate\" has made a log, for the log and the application's tables."`
	Postgres      bool   `xor:"database" help:"Use a private PostgreSQL, which is started from the programs that are installed, and ends with the demo."`
	Requests      int    `default:"2000" help:"How many requests to make."`
	Organizations int    `default:"4" help:"How many organizations work, at most 8."`
	Seed          uint64 `default:"1" help:"Another seed gives another day."`
	Keep          bool   `help:"Then keep the application running, and serve the log with its page, until interrupted."`
}

func (demoCommand) Help() string {
	return `It starts the example application on a free port and spends a day in it over HTTP: people sign up, upload, share, rename and delete documents, rotate keys, mistype, and one organization is attacked. A month before that day is imported into the first one's log. Then it shows how to read the log, by commands that work as they are printed.

    daybook demo
    daybook demo --requests 20000 --organizations 8
    daybook demo --postgres
    daybook demo --data ./demo --keep`
}

// requestsEach is how many requests workspace.Drive needs for an organization, and once more.
const requestsEach = 30

func (c *demoCommand) Run(ctx context.Context, p *program) (err error) {
	if c.Database != "" {
		if place, err := server.ParsePlace(c.Database); err != nil {
			return flagError(err)
		} else if _, ok := place.Postgres(); !ok {
			return usageError{fmt.Errorf("--database is %q, but must be a URL of PostgreSQL: for SQLite there is --data", place)}
		}
	}
	if c.Organizations < 1 || c.Organizations > 8 {
		return usageError{fmt.Errorf("--organizations is %d, but must be 1 to 8", c.Organizations)}
	}
	if least := requestsEach * (c.Organizations + 1); c.Requests < least {
		return usageError{fmt.Errorf("--requests is %d, but %s need %d or more", c.Requests, plural(int64(c.Organizations), "organization", "organizations"), least)}
	}
	temporary := c.Data == ""
	if temporary {
		if c.Data, err = os.MkdirTemp("", "daybook-demo-"); err != nil {
			return fmt.Errorf("make a directory for the demo: %w: name one with --data", err)
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, os.RemoveAll(c.Data))
			}
		}()
	}
	say := func(format string, args ...any) { fmt.Fprintf(p.stdout, format, args...) }
	if c.Postgres {
		private, err := startPostgres(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, private.stop()) }()
		c.Database = private.url
	}
	secret := []byte(rand.Text() + rand.Text())
	app, err := startWorkspace(ctx, c.log(), c.Data, "127.0.0.1:0", secret, p.stderr)
	if err != nil {
		return err
	}
	say("A workspace application runs at %s and keeps its log in %s.\n\n", app.url, escapeText(c.log().String()))
	day, err := workspace.Drive(ctx, app.url, workspace.DriveOptions{
		Requests: c.Requests, Organizations: c.Organizations, Seed: c.Seed, Report: p.stdout})
	var past workspace.PastSummary
	if err == nil {
		past, err = workspace.RecordPast(ctx, app.book, day.Organization.ID, workspace.PastOptions{Seed: c.Seed})
	}
	if err = errors.Join(err, app.stop()); err != nil {
		return err
	}
	say("%s more were imported, of the month before, into the log of %s.\n", plural(int64(past.Entries), "entry", "entries"), day.Organization.Name)
	say("Answers: %s\n", answersText(day.Statuses))
	say("The application is stopped. What follows is read from the log that it left.\n")
	if err := c.show(ctx, p, day); err != nil {
		return err
	}
	if err := c.prove(ctx, p); err != nil {
		return err
	}
	if !c.Keep {
		if err := c.look(ctx, p, day.Organization.ID); err != nil {
			return err
		}
	}
	say("\nLook further:\n\n")
	for _, args := range [][]string{
		{"query", "--organization", day.Organization.ID, "--outcome", "failure"},
		{"report", "users", "--organization", day.Organization.ID},
		{"report", "user", day.User.ID, "--organization", day.Organization.ID, "--days", "1"},
		{"tail"},
		{"doctor"},
		{"verify"},
	} {
		say("  %s\n", commandLine(slices.Concat(programName(), args, c.logArguments())...))
	}
	say("  %s\n", commandLine(append(programName(), "help")...))
	if temporary {
		say("\nThe data is kept; when you are done: %s\n", commandLine("rm", "-r", c.Data))
	}
	if !c.Keep {
		if c.Postgres {
			say("\nThe private PostgreSQL runs until you interrupt it, and is gone then.\n")
			<-ctx.Done()
		}
		return nil
	}
	if app, err = startWorkspace(ctx, c.log(), c.Data, app.address, secret, p.stderr); err != nil {
		return err
	}
	viewed := c.view(ctx, day.Organization.ID, p.stderr, func(signIn string) {
		say(`
The application runs again at %[1]s, until you interrupt it. Sign in, and look who is watched:

  token=$(curl -s -H 'Content-Type: application/json' -d '{"email":"%[2]s","password":"%[3]s"}' %[1]s/sign-in | sed 's/.*"token":"\([^"]*\)".*/\1/')
  curl -s -H "Authorization: Bearer $token" %[1]s/audit-log/%[4]s

Look at the log of %[5]s in a browser. This address signs in:

  %[6]s

In the night to %[7]s somebody met closed doors there. Who was it, from where, and which document is gone since?
`, app.url, day.Email, day.Password, day.Document.ID, day.Organization.Name, signIn, past.Night.Format("Monday, 2 January"))
	})
	return errors.Join(viewed, app.stop())
}

// log is where the log lies.
func (c *demoCommand) log() server.Place {
	if c.Database == "" {
		return server.DirectoryPlace(c.Data)
	}
	place, _ := server.ParsePlace(c.Database) // Run has looked
	return place
}

// logArguments are those with which another command works on the log.
func (c *demoCommand) logArguments() []string {
	if c.Database == "" {
		return []string{"--data", c.Data}
	}
	return logFlags{Database: c.Database}.arguments()
}

// show runs commands as one would type them, and prints them before their answers.
func (c *demoCommand) show(ctx context.Context, p *program, day workspace.Summary) error {
	in := []string{"--organization", day.Organization.ID}
	for _, step := range []struct {
		title string
		args  []string
	}{
		{"The trail of one document: " + day.Document.Name,
			append([]string{"query", "--resource", "document/" + day.Document.ID, "--order", "oldest", "--limit", "15"}, in...)},
		{"What one user did last: " + day.User.Name,
			append([]string{"query", "--user", day.User.ID, "--limit", "10"}, in...)},
		{"The newest activity of one organization: " + day.Organization.Name,
			append([]string{"query", "--limit", "10"}, in...)},
		{"Its activity by action",
			append([]string{"report", "actions"}, in...)},
		{"How it ended",
			append([]string{"report", "--by", "action,outcome"}, in...)},
		{"Somebody tries passwords at " + day.Attacked.Name,
			[]string{"query", "--outcome", "denied", "--detail", "error=Unauthorized", "--limit", "10", "--organization", day.Attacked.ID}},
	} {
		fmt.Fprintf(p.stdout, "\n%s\n\n$ %s\n", escapeText(step.title), commandLine(slices.Concat(programName(), step.args, c.logArguments())...))
		args := append(slices.Clone(step.args), "--data", c.Data)
		if c.Database != "" {
			args = append(slices.Clone(step.args), "--database", c.Database) // with the password, which is not printed
		}
		if _, terminal := columnsOf(p.stdout); !terminal {
			args = append(args, "--table")
		}
		// Standard error would only say how to get the next page.
		if err := run(ctx, args, strings.NewReader(""), p.stdout, io.Discard); err != nil {
			return fmt.Errorf("show: %w", err)
		}
	}
	return nil
}

func answersText(statuses map[int]int) string {
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		parts = append(parts, fmt.Sprintf("%s × %d", grouped(int64(statuses[status])), status))
	}
	return strings.Join(parts, ", ")
}

// programName is how this program is called in the shell: not by the path that `go run` builds it at.
func programName() []string {
	self, err := os.Executable()
	if err != nil {
		return []string{"daybook"}
	}
	if found, err := exec.LookPath("daybook"); err == nil && sameFile(found, self) {
		return []string{"daybook"}
	}
	if strings.Contains(self, string(filepath.Separator)+"go-build") {
		return []string{"go", "run", "./cmd/daybook"}
	}
	return []string{self}
}

func sameFile(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}
