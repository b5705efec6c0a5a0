package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/daybookdev/daybook/server"
	"github.com/daybookdev/daybook/store/sqlite"
)

type doctorCommand struct {
	dataFlag
	JSON  bool `name:"json" xor:"form" help:"Print JSON, as is the default into a file or a pipe."`
	Table bool `xor:"form" help:"Print text, as is the default on a terminal."`
}

func (doctorCommand) Help() string {
	return `It says what lies in the data directory, how far followers are behind, who else can read it, and what to do about what is wrong. The exit status is 1 if something is.

    daybook doctor
    daybook doctor --data /var/lib/daybook --json`
}

// A diagnosis is what doctor finds.
type diagnosis struct {
	Data string `json:"data"`
	sqlite.Facts
	DiskFree *int64   `json:"disk_free_bytes,omitempty"` // nil where the system does not say
	Warnings []string `json:"warnings"`
}

const (
	lowDisk    = 1 << 30 // bytes: below, doctor warns
	longBehind = 10_000  // entries
	largeWAL   = 1 << 30 // bytes: four times the size beyond which a store folds it whoever reads
)

func (c *doctorCommand) Run(ctx context.Context, p *program) (err error) {
	data, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	d := diagnosis{Data: c.Data, Warnings: []string{}}
	if d.Facts, err = data.Store.Facts(ctx); err != nil {
		return err
	}
	d.examineModes()
	switch free, err := freeDisk(c.Data); {
	case err == nil:
		d.DiskFree = &free
	case !errors.Is(err, errors.ErrUnsupported):
		return fmt.Errorf("ask for the free space of %s: %w", c.Data, err)
	}
	d.examineNumbers()
	out := p.output(outFlags{JSON: c.JSON, Table: c.Table})
	if out.table {
		d.print(out)
	} else if err := out.json(d); err != nil {
		return err
	}
	if err := out.flush(); err != nil {
		return err
	}
	if len(d.Warnings) > 0 {
		return fmt.Errorf("%s: see above", plural(int64(len(d.Warnings)), "thing is wrong", "things are wrong"))
	}
	return nil
}

// examineModes looks whether others can read what only the owner should.
func (d *diagnosis) examineModes() {
	for _, name := range []string{"", server.LogFile, server.LogFile + "-wal", server.LogFile + "-shm", server.KeyFile} {
		path := filepath.Join(d.Data, name)
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the WAL comes and goes, and the key is made at its first use
		}
		others := fs.FileMode(0o077)
		if name == "" { // the files keep what is in them; who can write the directory can put others in their place
			others = 0o022
		}
		if err != nil {
			d.Warnings = append(d.Warnings, err.Error())
		} else if info.Mode().Perm()&others != 0 {
			d.Warnings = append(d.Warnings, fmt.Sprintf("%s can be used by other users (mode %#o): chmod go= %s", path, info.Mode().Perm(), commandLine(path)))
		}
	}
}

func (d *diagnosis) examineNumbers() {
	warn := func(format string, args ...any) { d.Warnings = append(d.Warnings, fmt.Sprintf(format, args...)) }
	if d.DiskFree != nil && *d.DiskFree < lowDisk {
		warn("the disk has only %s left: free space", bytesText(*d.DiskFree))
	}
	if d.WALBytes > largeWAL {
		warn("the WAL has %s that are not folded into the file: a program holds a long read; end it", bytesText(d.WALBytes))
	}
	for _, f := range d.Followers {
		if f.Behind > longBehind {
			warn("follower %q has not read %s: start it, or look into its log", f.Name, plural(f.Behind, "entry", "entries"))
		}
	}
}

func (d *diagnosis) print(out *output) {
	line := func(name, format string, args ...any) {
		out.printf("%-14s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("log", "%s", d.Path)
	line("SQLite", "%s", d.SQLite)
	line("schema", "%d", d.Schema)
	line("entries", "%s", grouped(d.Entries))
	line("organizations", "%s", grouped(d.Organizations))
	line("last position", "%s", d.Last)
	line("file", "%s, of which %s are free for new entries", bytesText(d.FileBytes), bytesText(d.FreeBytes))
	line("WAL", "%s", bytesText(d.WALBytes))
	if d.DiskFree != nil {
		line("disk", "%s free", bytesText(*d.DiskFree))
	}
	for _, f := range d.Followers {
		line("follower", "%s at %s, %s behind", f.Name, f.Position, plural(f.Behind, "entry", "entries"))
	}
	if len(d.Followers) == 0 {
		line("followers", "none")
	}
	for _, w := range d.Warnings {
		line("WRONG", "%s", w)
	}
	if len(d.Warnings) == 0 {
		line("all is well", "")
	}
}

// bytesText writes a size in the unit in which it has up to four digits.
func bytesText(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	size := float64(n)
	units := strings.Fields("kB MB GB TB PB EB")
	for i, unit := range units {
		if size /= 1000; size < 999.95 || i == len(units)-1 {
			return fmt.Sprintf("%.1f %s", size, unit)
		}
	}
	return ""
}
