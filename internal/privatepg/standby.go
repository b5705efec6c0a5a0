//go:build unix

package privatepg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// Standby starts another server that repeats what s does, until it is promoted. Stop it as any other.
func (s *Server) Standby() (*Server, error) {
	standby := &Server{bin: s.bin, Password: s.Password}
	if err := standby.follow(s); err != nil {
		return nil, fmt.Errorf("start a standby: %w", errors.Join(err, standby.Stop()))
	}
	return standby, nil
}

func (s *Server) follow(primary *Server) (err error) {
	if s.dir, err = os.MkdirTemp("", "daybook-standby-"); err != nil {
		return err
	}
	if err := s.becomeOrdinary(); err != nil {
		return err
	}
	if err := s.startWatchdog(); err != nil {
		return err
	}
	copying := s.command("pg_basebackup", "--pgdata", s.data(), "--write-recovery-conf", "--checkpoint", "fast", "--no-sync",
		"--host", "127.0.0.1", "--port", strconv.Itoa(primary.Port), "--username", Superuser)
	copying.Env = append(copying.Env, "PGPASSWORD="+s.Password)
	if out, err := copying.CombinedOutput(); err != nil {
		return fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	}
	if s.Port, err = freePort(); err != nil {
		return err
	}
	name := filepath.Join(s.data(), "postgresql.auto.conf")
	config, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := s.write(name, string(config)+fmt.Sprintf("\nport = %d\n", s.Port)); err != nil {
		return err
	}
	return s.Restart()
}

// Promote makes a standby a primary, and waits until it is one.
func (s *Server) Promote() error {
	out, err := s.command("pg_ctl", "promote", "--wait", "--pgdata", s.data()).CombinedOutput()
	if err != nil {
		return fmt.Errorf("promote the standby: %w\n%s", err, out)
	}
	return nil
}
