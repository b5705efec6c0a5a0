// Package storetest holds the promises of a daybook.Store, as tests that every implementation
// passes. A store's own test is one call:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t testing.TB) daybook.Store { return open(t) })
//	}
//
// Each promise is a subtest named by what it promises; one that is broken also says why it
// matters. The last one appends and asks at random and compares every answer with store/memory.
// It prints a seed with which it can be repeated: DAYBOOK_SEED=… go test. DAYBOOK_DEEP=1 makes it,
// and the tests with concurrent writers, longer.
//
// [Entry], [Entries], [Generator] and [Diff] are for other tests too.
package storetest

import (
	"slices"
	"testing"

	"github.com/daybookdev/daybook"
)

// Run tests all promises of a store.
//
// open returns a new, empty store and closes it when its test ends. Promises are tested in
// parallel, each on its own store. Abilities beyond daybook.Store are found by assertion:
// daybook.Watcher, daybook.Positions, daybook.Transactor, daybook.Documents, daybook.Ender.
func Run(t *testing.T, open func(t testing.TB) daybook.Store) {
	s := open(t)
	_, watcher := s.(daybook.Watcher)
	_, positions := s.(daybook.Positions)
	_, transactor := s.(daybook.Transactor)
	_, documents := s.(daybook.Documents)
	_, ender := s.(daybook.Ender)
	for _, c := range chapters() {
		if c.needs == watching && !watcher || c.needs == saving && !positions || c.needs == transacting && !transactor || c.needs == documenting && !documents || c.needs == ending && !ender {
			t.Logf("left out, since %T has no such method: %s", s, c.name)
			continue
		}
		c.run(t, func(t testing.TB) *subject {
			s := open(t)
			tr, _ := s.(daybook.Transactor)
			return &subject{s, tr}
		})
	}
}

// RunTransactor tests the promises of transactions whose entries come into a store by another way
// than the store itself, such as an outbox in the application's database. open returns a new and
// empty store, with what runs transactions for it, and closes both when its test ends.
//
// A nil from Transact must mean that the entries can be read in the store.
func RunTransactor(t *testing.T, open func(t testing.TB) (daybook.Store, daybook.Transactor)) {
	for _, c := range chapters() {
		if c.needs == transacting {
			c.run(t, func(t testing.TB) *subject {
				s, tr := open(t)
				return &subject{s, tr}
			})
		}
	}
}

// A chapter is a part of the story: the promises about one thing.
type chapter struct {
	name     string
	needs    ability
	promises []promise
}

// An ability is what a store may have beyond daybook.Store.
type ability int

const (
	nothing ability = iota
	watching
	saving
	transacting
	documenting
	ending
)

// A promise is one test. It talks to testing.TB alone, so that the suite's own test can watch it
// fail on a store that breaks it.
type promise struct {
	name  string
	why   string // what goes wrong for somebody when it does not hold
	check func(t testing.TB, s *subject)
}

func chapters() []chapter {
	return []chapter{
		{"append", nothing, appending()},
		{"refuse", nothing, refusing()},
		{"same id", nothing, sameID()},
		{"fields", nothing, fields()},
		{"details", nothing, details()},
		{"query", nothing, querying()},
		{"filter", nothing, filtering()},
		{"times", nothing, times()},
		{"pages", nothing, paging()},
		{"isolation", nothing, isolation()},
		{"count", nothing, counting()},
		{"report", nothing, reporting()},
		{"tail", nothing, tailing()},
		{"end", ending, ends()},
		{"watch", watching, watches()},
		{"positions", saving, savedPositions()},
		{"transact", transacting, slices.Concat(transactions(), concurrentTransactions())},
		{"documents", documenting, documents()},
		{"close", nothing, closing()},
		{"model", nothing, likeTheModel()},
	}
}

// run runs the promises in parallel and returns when the last has ended.
func (c chapter) run(t *testing.T, open func(t testing.TB) *subject) {
	t.Run(c.name, func(t *testing.T) {
		for _, p := range c.promises {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				p.test(t, open)
			})
		}
	})
}

func (p promise) test(t testing.TB, open func(t testing.TB) *subject) {
	defer func() { // also behind a Fatal
		if t.Failed() {
			t.Logf("Why it matters: %s", p.why)
		}
	}()
	p.check(t, open(t))
}
