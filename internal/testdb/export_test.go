//go:build unix

package testdb

// Binaries is how a server is found.
var Binaries = binaries
