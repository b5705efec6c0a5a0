// Package attack holds tests alone: what the owner of a database can do to a ledger with SQL, on every
// store, and what a verification says of it.
package attack
