//go:build unix

package privatepg

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A Bouncer is a running PgBouncer in transaction mode, in front of every database of a Server.
type Bouncer struct {
	Port int

	server   *Server
	dir      string
	process  *exec.Cmd
	lifeline io.Closer // when it closes, the process ends
}

// StartBouncer starts a PgBouncer in front of s, for roles whose password is s.Password. Stop it
// before the server. The error says what to install when there is none.
func (s *Server) StartBouncer(roles ...string) (*Bouncer, error) {
	program, err := bouncerProgram()
	if err != nil {
		return nil, fmt.Errorf("start a PgBouncer: %w", err)
	}
	b := &Bouncer{server: s}
	if err := b.start(program, roles); err != nil {
		return nil, fmt.Errorf("start a PgBouncer: %w", errors.Join(err, b.Stop()))
	}
	return b, nil
}

func (b *Bouncer) start(program string, roles []string) (err error) {
	if b.dir, err = os.MkdirTemp(b.server.dir, "pgbouncer-"); err != nil {
		return err
	}
	if b.server.as != nil {
		if err := os.Chown(b.dir, int(b.server.as.Uid), int(b.server.as.Gid)); err != nil {
			return err
		}
	}
	if b.Port, err = freePort(); err != nil {
		return err
	}
	users, config := filepath.Join(b.dir, "users"), filepath.Join(b.dir, "config")
	var list strings.Builder
	for _, role := range roles {
		fmt.Fprintf(&list, "%q %q\n", role, b.server.Password)
	}
	if err := b.server.write(users, list.String()); err != nil {
		return err
	}
	// Few connections, so that transactions of different clients do meet in one.
	err = b.server.write(config, strings.Join([]string{
		"[databases]", fmt.Sprintf("* = host=127.0.0.1 port=%d", b.server.Port),
		"[pgbouncer]", "listen_addr = 127.0.0.1", fmt.Sprint("listen_port = ", b.Port), "unix_socket_dir =",
		"auth_type = plain", "auth_file = " + users, "pool_mode = transaction", "default_pool_size = 4", "max_client_conn = 500",
		"server_idle_timeout = 5", "logfile = " + filepath.Join(b.dir, "log"), "",
	}, "\n"))
	if err != nil {
		return err
	}
	b.process = b.server.command("pgbouncer")
	b.process.Path = "/bin/sh"
	b.process.Args = []string{"sh", "-c", `"$1" -q "$2" & cat >/dev/null; kill $!; wait $!`, "sh", program, config}
	pipe, err := b.process.StdinPipe()
	if err != nil {
		return err
	}
	b.lifeline = pipe
	if err := b.process.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", b.Port))
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(b.dir, "log"))
			return fmt.Errorf("%w\n%s", err, log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Stop ends it.
func (b *Bouncer) Stop() error {
	var errs []error
	if b.lifeline != nil {
		errs = append(errs, b.lifeline.Close())
		b.process.Wait() // says how PgBouncer ended, which is by a signal
	}
	if b.dir != "" {
		errs = append(errs, os.RemoveAll(b.dir))
	}
	return errors.Join(errs...)
}

// URL returns the address of a database, as [Server.URL] does. No statement is prepared by name, as
// befits transaction mode.
func (b *Bouncer) URL(role, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, b.server.Password), Host: fmt.Sprintf("127.0.0.1:%d", b.Port),
		Path: database, RawQuery: "sslmode=disable&default_query_exec_mode=cache_describe"}
	return u.String()
}

func bouncerProgram() (string, error) {
	if path, err := exec.LookPath("pgbouncer"); err == nil {
		return path, nil
	}
	for _, path := range []string{"/usr/sbin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no pgbouncer: install it (Debian: apt install pgbouncer; macOS: brew install pgbouncer), or put its directory into PATH")
}
