// Package daybookhttp records what the requests of a net/http application do.
//
// [Middleware] gives each request a scope: who acts, in which organization, from where, in which
// request. [Track] wraps a handler and records one entry for each request that it answers:
//
//	mux := http.NewServeMux()
//	mux.Handle("POST /users", daybookhttp.Track(book, daybook.Create, "user", createUser))
//	mux.Handle("DELETE /users/{user_id}", daybookhttp.Track(book, daybook.Delete, "user", deleteUser,
//		daybookhttp.PathID("user_id")))
//	http.ListenAndServe(addr, daybookhttp.Middleware(book, &daybookhttp.Options{
//		Identify: daybookhttp.Bearer(verify),
//	})(mux))
//
// # One request, one entry
//
// The status of the answer tells the outcome:
//
//	101, 2xx, 3xx    success
//	401, 403         denied; details.error is Unauthorized or Forbidden
//	other 4xx, 5xx   failure
//	a panic          failure, with details.error_type "panic"
//
// Other 1xx answers are passed on and decide nothing. A client that hangs up changes nothing:
// what the handler answered counts. What only the handler knows it tells the draft of the entry,
// [daybook.DraftOf]: the resource id, details, a failure, a denial behind a 404. If the handler
// itself records an entry of the same action, resource type and outcome, Track records none.
//
// # The held answer
//
// No client sees a success before its entry is written. Track holds the head and the first 64 KiB
// of the body back until the handler returns, the hold is full, or the handler flushes or
// hijacks; then it records the entry, and then the answer goes out. Streams, WebSockets and large
// files work as they do without Track, and what a handler says after its answer began to leave is
// too late for the entry.
//
// The writer that handlers get has Flush, Hijack, ReadFrom and Push exactly when the one below has
// them, or, for the first two, when [http.ResponseController] finds them there. It has no Unwrap:
// whoever unwrapped it would write past the entry. The deprecated http.CloseNotifier is left out:
// the request's context tells the same.
//
// # When the entry cannot be written
//
// By default the answer stays as it is; the fault is counted and logged. [Required] answers 503
// instead of a success. [Atomic] runs the handler in a transaction which holds the entry too, so
// that neither exists without the other.
package daybookhttp
