package storetest

import (
	"testing"

	"github.com/daybookdev/daybook"
)

// Promises returns what tests each promise, by chapter and name.
func Promises() map[string]func(t testing.TB, s daybook.Store, tr daybook.Transactor) {
	promises := map[string]func(testing.TB, daybook.Store, daybook.Transactor){}
	for _, c := range chapters() {
		for _, p := range c.promises {
			promises[c.name+"/"+p.name] = func(t testing.TB, s daybook.Store, tr daybook.Transactor) {
				p.test(t, func(testing.TB) *subject { return &subject{s, tr} })
			}
		}
	}
	return promises
}
