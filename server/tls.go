package server

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookEvery is how often, at most, the files of a certificate are looked at.
const lookEvery = time.Second

// A certificate is the server's, as its files have it. When they change it is read again; when what
// is there then cannot be used, the old one stays and the fault is logged.
type certificate struct {
	files  TLS
	logger *slog.Logger

	mu      sync.Mutex // guards what follows
	current *tls.Certificate
	changed [2]time.Time // of the files that current was read from, or that could not be used
	looked  time.Time
}

func loadCertificate(files TLS, logger *slog.Logger) (*certificate, error) {
	c := &certificate{files: files, logger: logger}
	pair, err := tls.LoadX509KeyPair(files.CertFile, files.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("read the certificate in tls.cert_file and tls.key_file: %w", err)
	}
	c.current, c.changed, c.looked = &pair, c.times(), time.Now()
	return c, nil
}

// times returns when the files were changed.
func (c *certificate) times() (changed [2]time.Time) {
	for i, name := range []string{c.files.CertFile, c.files.KeyFile} {
		if info, err := os.Stat(name); err == nil {
			changed[i] = info.ModTime()
		}
	}
	return changed
}

// get is tls.Config.GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.looked) >= lookEvery {
		c.looked = now
		if changed := c.times(); changed != c.changed {
			c.changed = changed
			c.read()
		}
	}
	return c.current, nil
}

func (c *certificate) reload() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changed = c.times()
	c.read()
}

func (c *certificate) read() {
	pair, err := tls.LoadX509KeyPair(c.files.CertFile, c.files.KeyFile)
	if err != nil {
		c.logger.Error("the certificate was changed and cannot be used; the old one stays", slog.String("file", c.files.CertFile), slog.String("error", err.Error()))
		return
	}
	c.current = &pair
	c.logger.Info("the certificate was read again", slog.String("file", c.files.CertFile))
}
