//go:build !unix

package main

import "os"

// terminalColumns takes a character device for a terminal that does not say its width.
func terminalColumns(f *os.File) (columns int, ok bool) {
	info, err := f.Stat()
	return 0, err == nil && info.Mode()&os.ModeCharDevice != 0
}
