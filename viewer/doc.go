// Package viewer is the page on which people look at the log, in the server's binary: its files, the
// headers that keep it safe, and the sign-in that turns an API key or a JWT into a session.
//
//	v, err := viewer.New(viewer.Config{Authenticator: authenticator, Sessions: sessions})
//	mux.Handle("/", v)
//	mux.Handle("/v1/", api)
//
// The page reads only through the REST API, as the one who signed in: what it can do, any client
// can. The source is in web/, built by `make ui` into dist/, which is committed and embedded, so Go
// alone builds everything. With the build tag noviewer the page is left out.
//
// docs/viewer.md is the manual.
package viewer
