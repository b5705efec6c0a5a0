package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/daybookdev/daybook"
)

// DefaultInterval is how often logs that have grown are signed: the merge delay that receipts
// promise.
const DefaultInterval = 10 * time.Second

// KeeperOptions are how a [Keeper] works. The zero KeeperOptions do.
type KeeperOptions struct {
	// Interval is the longest time between an entry's place and a checkpoint that covers it. 0
	// means DefaultInterval.
	Interval time.Duration

	// Publishers are where checkpoints go: at least one out of the reach of the database's owner.
	Publishers []Publisher

	// Logger gets a line when a log is not signed or not published. nil means slog.Default().
	Logger *slog.Logger
}

// A Keeper signs the logs of a store, publishes their checkpoints, and makes proofs. Several may work
// on one store if their signers share their state. Safe for concurrent use.
type Keeper struct {
	store    Store
	signer   *Signer
	interval time.Duration
	log      *slog.Logger

	publishing []*publishing

	mu      sync.Mutex // guards what follows
	notes   map[string]Signed
	adopted bool
	fault   error
	signed  time.Time // when all logs were last found signed
}

// NewKeeper returns the Keeper of a store. options may be nil. It does nothing by itself: call Run.
// The store must have the signer's deployment.
func NewKeeper(ctx context.Context, store Store, signer *Signer, options *KeeperOptions) (*Keeper, error) {
	var o KeeperOptions
	if options != nil {
		o = *options
	}
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	name, err := store.Deployment(ctx)
	if err != nil {
		return nil, fmt.Errorf("keep the ledger: %w", err)
	}
	if name != signer.deployment {
		return nil, fmt.Errorf("keep the ledger: the store is of the deployment %q, and the signer of %q", name, signer.deployment)
	}
	k := &Keeper{store: store, signer: signer, interval: o.Interval, log: o.Logger, notes: map[string]Signed{}}
	for _, p := range o.Publishers {
		if w, ok := p.(*Witness); ok {
			w.useProofs(k.prove)
		}
		k.publishing = append(k.publishing, newPublishing(p, o.Logger))
	}
	return k, nil
}

// Deployment returns the name of the deployment.
func (k *Keeper) Deployment() string { return k.signer.deployment }

// Trust returns what a verification may start from, once it was carried to where it runs.
func (k *Keeper) Trust() Trust { return Trust{k.signer.deployment, []PublicKey{k.signer.Public()}} }

// Run signs what has grown, every interval, and publishes it, until ctx ends, whose error it returns.
// What fails is logged, shown by Status, and tried again.
func (k *Keeper) Run(ctx context.Context) error {
	var publishers sync.WaitGroup
	for _, p := range k.publishing {
		publishers.Go(func() { p.run(ctx) })
	}
	defer publishers.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		if err := k.SignAll(ctx); err != nil && ctx.Err() == nil {
			k.log.LogAttrs(ctx, slog.LevelError, "ledger not signed", slog.String("error", err.Error()))
		}
		timer.Reset(k.interval)
	}
}

// SignAll signs every log that has grown since it was last signed.
func (k *Keeper) SignAll(ctx context.Context) error {
	err := k.signAll(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fault = err; err == nil {
		k.signed = time.Now()
	}
	return err
}

func (k *Keeper) signAll(ctx context.Context) error {
	if err := k.adopt(ctx); err != nil {
		return err
	}
	logs, err := k.store.Logs(ctx)
	if err != nil {
		return fmt.Errorf("read the logs: %w", err)
	}
	var errs []error
	for _, l := range logs {
		if _, err := k.sign(ctx, l); err != nil {
			errs = append(errs, err) // one log that was tampered with does not stop the others
		}
	}
	return errors.Join(errs...)
}

// adopt tells the signer, once, of the checkpoints that the store and the publishers have kept, so
// that its state is not older than these.
func (k *Keeper) adopt(ctx context.Context) error {
	k.mu.Lock()
	done := k.adopted
	k.mu.Unlock()
	if done {
		return nil
	}
	logs, err := k.store.Logs(ctx)
	if err != nil {
		return fmt.Errorf("read the logs: %w", err)
	}
	for _, l := range logs {
		note, err := k.store.Checkpoint(ctx, l)
		if err != nil {
			return fmt.Errorf("read a checkpoint of %q: %w", l.Organization, err)
		}
		if note == "" {
			continue
		}
		if err := k.signer.Saw(note); err != nil {
			return fmt.Errorf("the checkpoint of %q that the store has: %w", l.Organization, err)
		}
	}
	for _, p := range k.publishing {
		kept, ok := p.Publisher.(Keeps)
		if !ok {
			continue
		}
		for note, err := range kept.Kept(ctx) {
			if err != nil {
				return fmt.Errorf("read what was published to %s: %w", p.Name(), err)
			}
			if err := k.signer.Saw(note); err != nil {
				return fmt.Errorf("a checkpoint that was published to %s: %w", p.Name(), err)
			}
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.adopted = true
	return nil
}

// sign returns a checkpoint of the log as it is.
func (k *Keeper) sign(ctx context.Context, l Log) (Signed, error) {
	origin := l.Origin(k.signer.deployment)
	k.mu.Lock()
	last, ok := k.notes[origin]
	k.mu.Unlock()
	if ok && last.Size == l.Size {
		return last, nil
	}
	if ok && last.Size > l.Size { // another has signed it while we looked
		if now, err := k.store.Log(ctx, l.Organization); err != nil || now.Size >= last.Size {
			return last, err
		}
	}
	tree := NewTree(ctx, k.store, l.Slot, l.Size)
	root, err := tree.Root()
	if err != nil {
		return Signed{}, fmt.Errorf("sign %s: %w", origin, err)
	}
	r := Request{Checkpoint: Checkpoint{origin, l.Size, root}}
	if before, ok := k.signer.Last(origin); ok && 0 < before.Size && before.Size < l.Size {
		if r.Proof, err = tree.Consistency(before.Size); err != nil {
			return Signed{}, fmt.Errorf("sign %s: %w", origin, err)
		}
	}
	notes, err := k.signer.Sign(r)
	if err != nil {
		return Signed{}, fmt.Errorf("sign %s: %w", origin, err)
	}
	s := Signed{l.Slot, r.Checkpoint, notes[0]}
	if err := k.store.SaveCheckpoints(ctx, s); err != nil {
		return Signed{}, fmt.Errorf("keep the checkpoint of %s: %w", origin, err)
	}
	k.mu.Lock()
	if k.notes[origin].Size <= s.Size {
		k.notes[origin] = s
	}
	k.mu.Unlock()
	for _, p := range k.publishing {
		p.offer(s)
	}
	return s, nil
}

// Checkpoint returns a signed checkpoint of an organization's log that covers everything that was
// appended before the call.
func (k *Keeper) Checkpoint(ctx context.Context, organization string) (Signed, error) {
	if err := k.adopt(ctx); err != nil {
		return Signed{}, err
	}
	if err := k.store.Sequence(ctx); err != nil {
		return Signed{}, err
	}
	l, err := k.store.Log(ctx, organization)
	if err != nil {
		return Signed{}, err
	}
	return k.sign(ctx, l)
}

// Proof returns a proof of an entry that discloses these fields and no others, under a checkpoint that
// is as new as can be. It has ErrNoPlace for an entry that is not there or was not committed yet.
func (k *Keeper) Proof(ctx context.Context, organization string, id daybook.ID, fields ...string) (Proof, error) {
	s, err := k.Checkpoint(ctx, organization)
	if err != nil {
		return Proof{}, err
	}
	l, err := k.store.Log(ctx, organization)
	if err != nil {
		return Proof{}, err
	}
	row, err := k.store.Row(ctx, l, id)
	if err != nil {
		return Proof{}, err
	}
	switch {
	case row.Fault != nil:
		return Proof{}, fmt.Errorf("entry %v cannot be read: %w", id, row.Fault)
	case row.Sealed == nil || row.Index >= s.Size:
		return Proof{}, ErrNoPlace
	}
	p := Proof{Index: row.Index, Checkpoint: s.Note}
	if p.Extra, err = row.Sealed.Disclose(s.Origin, fields...); err != nil {
		return Proof{}, err
	}
	if p.Hashes, err = NewTree(ctx, k.store, l.Slot, s.Size).Inclusion(row.Index); err != nil {
		return Proof{}, err
	}
	// What was read may have been tampered with: no proof leaves that does not hold.
	if _, _, err := p.Check([]PublicKey{k.signer.Public()}); err != nil {
		return Proof{}, fmt.Errorf("entry %v is not what was recorded (run daybook verify): %w", id, err)
	}
	return p, nil
}

// Included waits until an entry that was appended is under a checkpoint, and returns the proof.
func (k *Keeper) Included(ctx context.Context, organization string, id daybook.ID, fields ...string) (Proof, error) {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		p, err := k.Proof(ctx, organization, id, fields...)
		if !errors.Is(err, ErrNoPlace) && !errors.Is(err, ErrNoLog) {
			return p, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return Proof{}, ctx.Err()
		}
	}
}

// Consistency proves that the log of the newest checkpoint, which it returns, continues what it was at
// an older size.
func (k *Keeper) Consistency(ctx context.Context, organization string, old int64) (tlog.TreeProof, Signed, error) {
	s, err := k.Checkpoint(ctx, organization)
	if err != nil {
		return nil, s, err
	}
	proof, err := NewTree(ctx, k.store, s.Slot, s.Size).Consistency(old)
	return proof, s, err
}

// prove proves to a witness that a log continues.
func (k *Keeper) prove(ctx context.Context, origin string, old, size int64) (tlog.TreeProof, error) {
	_, organization, _, err := ParseOrigin(origin)
	if err != nil {
		return nil, err
	}
	l, err := k.store.Log(ctx, organization)
	if err != nil {
		return nil, err
	}
	return NewTree(ctx, k.store, l.Slot, size).Consistency(old)
}

// Receipt returns a signed receipt of an entry that was appended.
func (k *Keeper) Receipt(ctx context.Context, organization string, id daybook.ID) (string, error) {
	l, err := k.store.Log(ctx, organization)
	if err != nil {
		return "", err
	}
	row, err := k.store.Row(ctx, l, id)
	if err != nil {
		return "", err
	}
	leaf, ok := hashOf(row.Hash)
	if !ok {
		return "", ErrNoPlace
	}
	return k.signer.Receipt(Receipt{Origin: l.Origin(k.signer.deployment), ID: id, Leaf: leaf, Accepted: time.UnixMicro(time.Now().UnixMicro()).UTC(), Delay: k.interval})
}

// Control appends a signed control entry to an organization's log. data is a JSON object that tells
// nothing of persons; details may, and can be erased.
func (k *Keeper) Control(ctx context.Context, organization string, kind Kind, data daybook.Details, e daybook.Entry) (daybook.ID, error) {
	text, err := data.Canonical()
	if err != nil {
		return daybook.ID{}, err
	}
	if text == nil {
		text = json.RawMessage("{}")
	}
	l, err := k.store.Log(ctx, organization)
	if errors.Is(err, ErrNoLog) {
		l, err = Log{Organization: organization, Epoch: 1}, nil
	}
	if err != nil {
		return daybook.ID{}, err
	}
	e.OrganizationID, e.Action = organization, controlActions[kind]
	if e.ResourceType == "" {
		e.ResourceType = ControlType
	}
	if _, err := e.Normalize(); err != nil {
		return daybook.ID{}, err
	}
	note, err := k.signer.Control(l.Origin(k.signer.deployment), kind, e.ID, string(text))
	if err != nil {
		return daybook.ID{}, err
	}
	return e.ID, k.store.AppendControl(ctx, e, kind, note)
}

// Status is how the ledger fares, for health checks and metrics.
type Status struct {
	// Signed is when all logs were last found to be signed; zero: not yet.
	Signed time.Time

	// Fault is why not all logs could be signed at the last attempt, nil when they were. One that
	// wraps ErrRollback means that nothing of that log is signed until someone looks.
	Fault error

	Publishers []PublisherStatus
}

// Status returns the present status.
func (k *Keeper) Status() Status {
	k.mu.Lock()
	s := Status{Signed: k.signed, Fault: k.fault}
	k.mu.Unlock()
	for _, p := range k.publishing {
		s.Publishers = append(s.Publishers, p.status())
	}
	return s
}
