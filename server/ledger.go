package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/api"
	"github.com/daybookdev/daybook/ledger"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/sqlite"
)

// Names of the ledger's files in a data directory.
const (
	LedgerKeyFile   = "ledger.key"
	LedgerStateFile = "ledger.state"
	LedgerTrustFile = "ledger.trust"
)

// LedgerFiles are where the ledger's key lies, what its signer remembers, and the trust file that
// belongs to the key. Beside the log they are convenient; out of the reach of the database's owner
// they are worth more.
type LedgerFiles struct{ Key, State, Trust string }

// LedgerFiles returns the files beside the log, or those that belong to a key file that is named. It
// is an error to name none for PostgreSQL, which has no directory of its own.
func (p Place) LedgerFiles(key string) (LedgerFiles, error) {
	if key != "" {
		return LedgerFiles{key, key + ".state", key + ".trust"}, nil
	}
	dir, log, _ := p.Files()
	switch {
	case p.url != "":
		return LedgerFiles{}, errors.New("the ledger's key has no place: name its file, which is made when it is not there")
	case p.own != "":
		return LedgerFiles{log + "-" + LedgerKeyFile, log + "-" + LedgerStateFile, log + "-" + LedgerTrustFile}, nil
	}
	return LedgerFiles{filepath.Join(dir, LedgerKeyFile), filepath.Join(dir, LedgerStateFile), filepath.Join(dir, LedgerTrustFile)}, nil
}

// Keeper returns the keeper of the log's ledger. It makes the key and the trust file when they are not
// there, and says so in the logger.
func (l *Log) Keeper(ctx context.Context, files LedgerFiles, options *ledger.KeeperOptions) (*ledger.Keeper, error) {
	store, ok := l.Store.(ledger.Keeping)
	if !ok {
		return nil, fmt.Errorf("%v keeps no ledger", l.Place)
	}
	logger := slog.Default()
	if options != nil && options.Logger != nil {
		logger = options.Logger
	}
	deployment, err := store.Ledger().Deployment(ctx)
	if err != nil {
		return nil, err
	}
	key, made, err := ledger.LoadKey(files.Key)
	if err != nil {
		return nil, err
	}
	if made {
		logger.LogAttrs(ctx, slog.LevelInfo, "a key for the ledger was made: keep the trust file elsewhere, and the key where the database's owner does not reach",
			slog.String("key", files.Key), slog.String("trust", files.Trust))
	}
	if _, err := os.Stat(files.Trust); errors.Is(err, os.ErrNotExist) {
		trust := ledger.Trust{Deployment: deployment, Keys: []ledger.PublicKey{key.Public()}}
		if err := os.WriteFile(files.Trust, []byte(trust.String()), 0o644); err != nil {
			return nil, fmt.Errorf("write the trust file: %w", err)
		}
	}
	signer, err := ledger.NewSigner(deployment, key, files.State)
	if err != nil {
		return nil, err
	}
	return ledger.NewKeeper(ctx, store.Ledger(), signer, options)
}

// openKeeper returns the keeper of a server, nil when nothing is to be signed, or the key has no place.
func (s *Server) openKeeper(ctx context.Context) (*ledger.Keeper, error) {
	if !s.config.Ledger.Sign {
		return nil, nil
	}
	files, err := s.log.Place.LedgerFiles(s.config.Ledger.KeyFile)
	if err != nil {
		s.logger.LogAttrs(ctx, slog.LevelWarn, "the logs are not signed: name ledger.key_file, or set ledger.sign to false")
		return nil, nil
	}
	options := &ledger.KeeperOptions{Interval: s.config.Ledger.Interval, Logger: s.logger}
	if name := s.config.Ledger.PublishFile; name != "" {
		options.Publishers = append(options.Publishers, ledger.PublishToFile(name))
	}
	if url := s.config.Ledger.PublishURL; url != "" {
		options.Publishers = append(options.Publishers, ledger.PublishToWebhook(url, nil))
	}
	return s.log.Keeper(ctx, files, options)
}

// OpenLedger opens the ledger of the log at a place to verify it, by nothing of a running server.
func OpenLedger(ctx context.Context, p Place) (ledger.Source, error) {
	if url, ok := p.Postgres(); ok {
		return postgres.OpenSource(ctx, url)
	}
	_, path, _ := p.Files()
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoLog, err)
	}
	return sqlite.OpenSource(ctx, path)
}

// evidence is a keeper as the API asks it.
type evidence struct{ *ledger.Keeper }

func (e evidence) Checkpoint(ctx context.Context, organization string) (string, error) {
	c, err := e.Keeper.Checkpoint(ctx, organization)
	return c.Note, evidenceError(err)
}

func (e evidence) Proof(ctx context.Context, organization string, id daybook.ID, fields ...string) (string, error) {
	p, err := e.Keeper.Proof(ctx, organization, id, fields...)
	if err != nil {
		return "", evidenceError(err)
	}
	return p.String(), nil
}

func evidenceError(err error) error {
	switch {
	case errors.Is(err, ledger.ErrNoPlace):
		return api.ErrPending
	case errors.Is(err, ledger.ErrNoLog):
		return daybook.ErrNotFound
	}
	return err
}
