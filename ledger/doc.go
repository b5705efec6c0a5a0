// Package ledger makes an activity log tamper-evident: nobody alters, removes, inserts or reorders
// an entry unnoticed by whoever kept a checkpoint.
//
// Every organization has a Merkle log (RFC 6962) whose leaves are its entries. A leaf shows what is
// vocabulary and commits, by salted hashes, to everything in which a person may be found; so a value
// can be forgotten ([Erase]) and the leaf stays. The stores keep the leaf hashes and tiles of hashes
// (https://c2sp.org/tlog-tiles); a [Keeper] signs checkpoints (https://c2sp.org/tlog-checkpoint) and
// makes proofs; [Verify] reads every entry again and says what does not hold.
//
// docs/ledger.md is the format, docs/threat-model.md what it proves and what it does not.
package ledger
