// Package oracle holds tests alone: what package ledger computes is compared with what others
// compute, whose modules the users of ledger should not get.
package oracle
