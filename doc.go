// Package daybook is the activity log of a multi-tenant application: who did what to which
// resource, when, from where, in which organization, in which request, and why.
//
// An application holds one [Recorder] on a [Store] and records an [Entry] for what its users do:
//
//	store, err := sqlite.Open(ctx, "daybook.db", nil)
//	book, err := daybook.New(store, nil)
//	err = book.Record(ctx, daybook.Entry{Action: daybook.Create, ResourceType: "document", ResourceID: id})
//
// Who, where and in which request come from the [Scope] in the context, which
// daybookhttp.Middleware puts there and [WithScope] in jobs. daybookhttp.Track wraps a handler and
// records for it; [DraftOf] is how code further in adds what only it knows.
//
// # What nil means
//
// Record returning nil means that the entries are durable and visible to the next query.
// [Recorder.RecordTx] means that they exist if and only if the application's transaction commits.
// An entry whose id is stored already is accepted again if it is the same, and refused as
// [ErrConflict] if it is not. What cannot be recorded is counted in [Stats] and logged; nothing is
// lost silently.
//
// # Reading
//
// [Store] answers a [Query] page by page ([All] reads them all) and counts in groups. The
// organization is a parameter of both: there is no way to forget it. [Follow] hands over every
// entry of the store in one total order, to whatever works behind the log.
//
// # Where to go from here
//
// Stores are in store/..., each with its own limits; store/storetest holds the promises that all
// of them keep. daybooktest is the recorder for an application's tests. examples/workspace is a
// whole application.
package daybook
