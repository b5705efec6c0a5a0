//go:build !noviewer

package viewer

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var embedded embed.FS

// files returns the built page.
func files() fs.FS {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(err) // the name is a constant
	}
	return dist
}
