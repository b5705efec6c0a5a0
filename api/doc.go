// Package api is Daybook over HTTP: REST for applications in any language, described by the OpenAPI
// document that it serves at /openapi.json.
//
//	a, err := api.New(api.Config{Store: store, Authenticator: authenticator})
//	http.ListenAndServe("127.0.0.1:8484", a)
//
// What a request may do, and in which organization, follows from its credential alone. No handler
// reaches the store without an organization that the credential gave out.
//
// Every route stands in one table ([API.Routes]) with its permission, its parameters and the entry
// that it leaves in the log: a route that declares none does not start. Input is read strictly and
// within limits, and everything that is wrong with it is told at once, as a problem of RFC 9457.
//
// docs/api.md is the manual.
package api
