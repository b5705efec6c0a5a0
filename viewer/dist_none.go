//go:build noviewer

package viewer

import "io/fs"

func files() fs.FS { return nil }
