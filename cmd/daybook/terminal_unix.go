//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// terminalColumns reports whether f is a terminal, and how many columns it has, 0 when it does not
// say. A character device need not be one: /dev/null is not.
func terminalColumns(f *os.File) (columns int, ok bool) {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0, false
	}
	return int(size.Col), true
}
