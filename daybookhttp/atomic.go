package daybookhttp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"github.com/daybookdev/daybook"
)

// Atomic runs the handler in a transaction of t and records the entry in it: either the work and
// its entry exist, or neither does. The answer leaves when the transaction has been committed.
//
// The handler takes the transaction out of its request's context; the implementation of t says
// how. Any outcome but success rolls back: 4xx and 5xx, a panic, [daybook.Draft.Fail] and
// [daybook.Draft.Deny]. The entry is then recorded on its own, and the handler's answer leaves as
// it is. When the transaction cannot begin, the entry cannot be recorded in it, or it cannot
// commit, the client gets 503 with Retry-After and a failure is recorded.
//
// The whole answer is held. One larger than [Hold] allows is replaced by 500 and rolled back, and
// the writer has no Flush, Hijack and ReadFrom: a stream has no moment at which to commit. What
// the handler does outside the transaction is not undone.
//
// When nobody knows whether the commit succeeded ([daybook.ErrUnknownCommit]) and t is a
// [Settler], it is asked for the entry: if it is there the answer leaves as it is. Otherwise the
// client gets 503; and if t could not be asked, the failure that is recorded says so, in
// details.commit "unknown", for there may be a success beside it.
func Atomic(t daybook.Transactor) RouteOption { return func(rt *route) { rt.transactor = t } }

// A Settler is a Transactor that can tell, over a new connection, whether an entry of one of its
// transactions was committed.
type Settler interface {
	daybook.Transactor

	// Committed reports whether the organization has an entry with this id.
	Committed(ctx context.Context, organization string, id daybook.ID) (bool, error)
}

var (
	errAnswerTooLarge = errors.New("the answer is larger than what is held of it")
	errNoSuccess      = errors.New("the outcome is no success")
	errRanTwice       = errors.New("a request's handler cannot run twice")
)

// transact runs the handler in a transaction. When it returns, end lets go what is held.
func (x *exchange) transact() {
	var noted notedTx
	ran := false
	err := x.route.transactor.Transact(&x.inside, func(ctx context.Context, tx daybook.Tx) error {
		if ran { // a Transactor that tries again would hand over a request that has been read
			return errRanTwice
		}
		ran = true
		noted.Tx = tx
		return x.work(ctx, &noted)
	})
	switch {
	case err == nil:
	case errors.Is(err, errNoSuccess):
		x.recordAlone(nil)
	case errors.Is(err, errAnswerTooLarge):
		x.replace(http.StatusInternalServerError)
		x.recordAlone(err)
	case errors.Is(err, daybook.ErrUnknownCommit):
		committed, unknown := x.settle(&noted)
		if committed {
			return
		}
		x.replace(http.StatusServiceUnavailable)
		if unknown != nil {
			x.entry[0].Details = maps.Clone(x.entry[0].Details)
			setDetail(&x.entry[0], "commit", "unknown")
			err = errors.Join(err, unknown)
		}
		x.recordAlone(err)
	default:
		x.replace(http.StatusServiceUnavailable)
		x.recordAlone(err)
	}
}

// work is what happens in the transaction. Its error rolls back.
func (x *exchange) work(ctx context.Context, tx daybook.Tx) error {
	r := x.request.WithContext(ctx)
	load := func() (v any, err error) { // a statement that fails must not spoil the transaction
		err = tx.Savepoint(ctx, func() error {
			v, err = x.route.load(r)
			return err
		})
		return v, err
	}
	x.loadBefore(load)
	x.route.handler(x.view(x.can&canPush), r)
	if x.refusal != nil {
		return x.refusal
	}
	ok := x.close(x.ended(load))
	switch {
	case x.entry[0].Outcome != daybook.Success:
		return errNoSuccess
	case !ok:
		return nil
	}
	return x.route.book.RecordTx(ctx, tx, x.entry[:]...)
}

// recordAlone records the entry of work that was rolled back, as a failure unless err is nil. If
// the handler has recorded one like it, that may have been in the transaction, and two entries
// are better than none.
func (x *exchange) recordAlone(err error) {
	if !x.concluded {
		ended := daybook.Entry{Outcome: daybook.Failure}
		x.identify(&ended)
		x.close(ended)
	}
	if err != nil {
		x.entry[0] = x.entry[0].Result(err)
	}
	if !x.draft.Skipped() {
		x.route.book.Record(&x.inside, x.entry[:]...) // a fault is counted and logged there
	}
}

// settle finds out whether the transaction was committed. unknown says why it could not.
func (x *exchange) settle(noted *notedTx) (committed bool, unknown error) {
	s, ok := x.route.transactor.(Settler)
	switch {
	case !ok:
		return false, errors.New("the transactor cannot be asked")
	case noted.id.IsZero():
		return false, errors.New("there is no entry to ask for")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(&x.inside), patience)
	defer cancel()
	committed, unknown = s.Committed(ctx, noted.organization, noted.id)
	if unknown != nil {
		unknown = fmt.Errorf("ask for the entry: %w", unknown)
	}
	return committed && unknown == nil, unknown
}

// A notedTx notes what the recorder has made of the entry: organization and id.
type notedTx struct {
	daybook.Tx
	organization string
	id           daybook.ID
}

func (t *notedTx) Append(ctx context.Context, entries ...daybook.Entry) error {
	t.organization, t.id = entries[0].OrganizationID, entries[0].ID
	return t.Tx.Append(ctx, entries...)
}
