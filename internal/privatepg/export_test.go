//go:build unix

package privatepg

// Binaries is how a server is found.
var Binaries = binaries
