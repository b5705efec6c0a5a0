package postgres

import (
	"sync"
	"sync/atomic"

	"github.com/daybookdev/daybook/ledger"
)

// deployment is that of the last schema this program met. It is a guess: a transaction of the
// application is handed to us without the Store that would know. The insert compares it with the
// schema's own and leaves the leaf hash out when it was wrong; the sequencer then makes it.
var deployment atomic.Pointer[string]

func guessDeployment() string {
	if name := deployment.Load(); name != nil {
		return *name
	}
	return ""
}

func learnDeployment(name string) {
	if name != guessDeployment() {
		deployment.Store(&name)
	}
}

var hashers = sync.Pool{New: func() any { return new(ledger.Hasher) }}

// seal draws the row's salt and makes its leaf hash.
func (r *row) seal(deployment string) (err error) {
	r.salt = ledger.NewSalt()
	if r.deployment = deployment; deployment == "" {
		return nil
	}
	h := hashers.Get().(*ledger.Hasher)
	defer hashers.Put(h)
	r.hash, err = h.Hash(ledger.Origin(deployment, r.OrganizationID, 1), &r.Entry, r.details, r.salt, r.kind, r.control)
	r.hashed = err == nil
	return err
}

// deploymentOf returns the one in which the leaf hashes of rows that are inserted together were made.
func deploymentOf(rows []*row) string {
	name := rows[0].deployment
	for _, r := range rows {
		if r.deployment != name {
			return "" // what two Stores of two deployments never do
		}
	}
	return name
}
