package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/ledger"
	"github.com/daybookdev/daybook/server"
)

// keyFlag names the ledger's key.
type keyFlag struct {
	Key string `env:"DAYBOOK_LEDGER_KEY_FILE" placeholder:"FILE" help:"The ledger's key: ledger.key in the data directory if left out. It is made when it is not there."`
}

// keeper opens a log and the keeper of its ledger.
func (f logFlags) keeper(ctx context.Context, p *program, key string) (*server.Log, *ledger.Keeper, error) {
	log, err := f.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	files, err := log.Place.LedgerFiles(key)
	if err != nil {
		return nil, nil, errors.Join(usageError{fmt.Errorf("%w: --key or DAYBOOK_LEDGER_KEY_FILE", err)}, log.Close())
	}
	keeper, err := log.Keeper(ctx, files, &ledger.KeeperOptions{Logger: slog.New(slog.NewTextHandler(p.stderr, nil))})
	if err != nil {
		return nil, nil, errors.Join(err, log.Close())
	}
	return log, keeper, nil
}

type checkpointCommand struct {
	logFlags
	keyFlag
	Organization string `short:"o" env:"DAYBOOK_ORGANIZATION" placeholder:"ID" help:"The organization whose log is signed: every one if left out."`
}

func (checkpointCommand) Help() string {
	return `It signs the log of an organization as it is now, or every log, and prints the checkpoints. Whoever keeps one, where the owner of the database does not reach, can later show that the log was changed. A log that does not continue what was signed before is refused.

    daybook checkpoint
    daybook checkpoint -o acme`
}

func (c *checkpointCommand) Run(ctx context.Context, p *program) (err error) {
	log, keeper, err := c.keeper(ctx, p, c.Key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	organizations := []string{c.Organization}
	if c.Organization == "" {
		store := log.Store.(ledger.Keeping).Ledger()
		if err := store.Sequence(ctx); err != nil {
			return err
		}
		logs, err := store.Logs(ctx)
		if err != nil {
			return err
		}
		organizations = organizations[:0]
		for _, l := range logs {
			organizations = append(organizations, l.Organization)
		}
	}
	var errs []error
	for _, o := range organizations {
		s, err := keeper.Checkpoint(ctx, o)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprint(p.stdout, s.Note)
	}
	return errors.Join(errs...)
}

type proofCommand struct {
	logFlags
	keyFlag
	ID           string   `arg:"" help:"The entry's id."`
	Organization string   `short:"o" required:"" env:"DAYBOOK_ORGANIZATION" placeholder:"ID" help:"The entry's organization."`
	Disclose     []string `placeholder:"FIELD" help:"The fields that the proof shows: user_id, resource_id, request_id, ip_address, user_agent, details, recorded_by. Of the others it tells nothing."`
}

func (proofCommand) Help() string {
	return `It prints a proof that an entry is in its organization's log (c2sp.org/tlog-proof), with the values that are to be shown. Whoever has the trust file can check it offline, without the log: daybook verify --proof.

    daybook proof 018cd907-8dbb-774b-8e2f-0123456789ab -o acme --disclose user_id,details > entry.tlog-proof
    daybook verify --proof entry.tlog-proof --trust ledger.trust`
}

func (c *proofCommand) Run(ctx context.Context, p *program) (err error) {
	id, err := daybook.ParseID(c.ID)
	if err != nil {
		return usageError{err}
	}
	log, keeper, err := c.keeper(ctx, p, c.Key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	proof, err := keeper.Proof(ctx, c.Organization, id, c.Disclose...)
	if err != nil {
		return fmt.Errorf("prove entry %v: %w", id, err)
	}
	_, err = fmt.Fprint(p.stdout, proof)
	return err
}

type bundleCommand struct {
	logFlags
	keyFlag
	Organization string `short:"o" required:"" env:"DAYBOOK_ORGANIZATION" placeholder:"ID" help:"The organization."`
}

func (bundleCommand) Help() string {
	return `It writes the log of one organization, up to a checkpoint that it signs, so that it can be verified elsewhere: every entry with all its values, and the salts. Treat the file as the log itself.

    daybook bundle -o acme > acme.bundle
    daybook verify --export acme.bundle --trust ledger.trust`
}

func (c *bundleCommand) Run(ctx context.Context, p *program) (err error) {
	log, keeper, err := c.keeper(ctx, p, c.Key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	if _, err := keeper.Checkpoint(ctx, c.Organization); err != nil {
		return err
	}
	src, err := log.Store.(ledger.Keeping).Ledger().LedgerSource(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	return ledger.WriteBundle(ctx, src, c.Organization, p.stdout)
}

// readNotes reads signed notes from files.
func readNotes(paths []string) (all []string, err error) {
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		notes, err := ledger.SplitNotes(string(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, notes...)
	}
	return all, nil
}
