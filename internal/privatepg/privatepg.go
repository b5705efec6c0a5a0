//go:build unix

// Package privatepg starts a private PostgreSQL, from the binaries that are installed, for tests and
// demonstrations. It listens on a free port of the loopback interface, keeps everything in one
// temporary directory, and is gone with the process that started it, even when that is killed.
package privatepg

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Superuser is the role that may do everything in a Server.
const Superuser = "postgres"

// A Server is a running PostgreSQL. Its methods are not safe for concurrent use.
type Server struct {
	Port     int
	Password string // of the superuser, and for the roles that are made

	// FileLimit, when it is not 0, is the most MiB that a file of the server may have from the next
	// Restart on. It must be more than 16, the size of a segment of the WAL. A table that reaches it
	// meets what it meets on a full disk.
	FileLimit int

	bin, dir string
	as       *syscall.Credential // nil: as whoever runs this process
	process  *exec.Cmd
	ended    chan error // gets the result of process
	log      *os.File
	lifeline io.Closer // when it closes, the watchdog removes what is left
	watchdog *exec.Cmd
}

// Start makes a new cluster and starts it. settings are lines of postgresql.conf, such as
// "max_connections = 50". The error says what to install when no PostgreSQL is found.
//
// Data are not synced to disk unless settings say "fsync = on": nothing is lost when the server is
// killed, only when the machine is.
func Start(settings ...string) (*Server, error) {
	bin, err := binaries(places[:])
	if err != nil {
		return nil, fmt.Errorf("start a private PostgreSQL: %w", err)
	}
	s := &Server{bin: bin, Password: rand.Text()}
	if err := s.start(settings); err != nil {
		return nil, fmt.Errorf("start a private PostgreSQL: %w", errors.Join(err, s.Stop()))
	}
	return s, nil
}

func (s *Server) start(settings []string) (err error) {
	if s.dir, err = os.MkdirTemp("", "daybook-postgres-"); err != nil {
		return err
	}
	if err := s.becomeOrdinary(); err != nil {
		return err
	}
	if err := s.startWatchdog(); err != nil {
		return err
	}
	passwords := filepath.Join(s.dir, "password")
	if err := s.write(passwords, s.Password); err != nil {
		return err
	}
	initdb := s.command("initdb", "--pgdata", s.data(), "--username", Superuser, "--pwfile", passwords,
		"--auth", "password", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	for range 5 { // another program may take the port between the look and the start
		if s.Port, err = freePort(); err != nil {
			return err
		}
		config := append([]string{
			"listen_addresses = '127.0.0.1'", fmt.Sprint("port = ", s.Port), "unix_socket_directories = ''",
			"fsync = off", "max_connections = 200", "shared_buffers = 64MB", "max_wal_size = 512MB", "log_min_messages = warning",
		}, settings...)
		if err := s.write(filepath.Join(s.data(), "postgresql.auto.conf"), strings.Join(config, "\n")+"\n"); err != nil {
			return err
		}
		if err = s.Restart(); err == nil {
			return nil
		}
	}
	return err
}

// Restart starts the server again behind Kill, with the same data on the same port, and waits until
// it takes connections.
func (s *Server) Restart() error {
	var err error
	for range 50 { // the killed server's processes may hold the shared memory for a moment
		if err = s.run(); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
		if !s.sharedMemoryBusy() {
			break
		}
	}
	return err
}

func (s *Server) run() (err error) {
	s.log, err = os.Create(s.logFile())
	if err != nil {
		return err
	}
	defer s.log.Close()
	s.process = s.command("postgres", "-D", s.data())
	if s.FileLimit > 0 {
		const blocks = 1 << 20 / 512 // of which ulimit counts
		s.process.Args = append([]string{"sh", "-c", `ulimit -f "$0" && exec "$@"`, strconv.Itoa(s.FileLimit * blocks), s.process.Path}, s.process.Args[1:]...)
		s.process.Path = "/bin/sh"
	}
	s.process.Stdout, s.process.Stderr = s.log, s.log
	if err := s.process.Start(); err != nil {
		return err
	}
	s.ended = make(chan error, 1)
	go func(p *exec.Cmd, ended chan<- error) { ended <- p.Wait() }(s.process, s.ended)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		ready := exec.CommandContext(ctx, filepath.Join(s.bin, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port))
		if ready.Run() == nil {
			return nil
		}
		select {
		case err := <-s.ended:
			s.process = nil
			out, _ := os.ReadFile(s.logFile())
			return fmt.Errorf("the server ended: %w\n%s", err, out)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Kill ends the server with SIGKILL, as a crash would.
func (s *Server) Kill() error { return s.signal(syscall.SIGKILL) }

// Stop ends the server and removes its directory.
func (s *Server) Stop() error {
	var errs []error
	if s.process != nil {
		errs = append(errs, s.signal(syscall.SIGQUIT)) // "immediate": there is nothing to save
	}
	if s.lifeline != nil {
		errs = append(errs, s.lifeline.Close(), s.watchdog.Wait())
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

func (s *Server) signal(sig syscall.Signal) error {
	if err := s.process.Process.Signal(sig); err != nil {
		return err
	}
	<-s.ended // says "killed"
	s.process = nil
	return nil
}

// URL returns the address of a database for a role whose password is s.Password.
func (s *Server) URL(role, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(role, s.Password), Host: fmt.Sprintf("127.0.0.1:%d", s.Port),
		Path: database, RawQuery: "sslmode=disable"}
	return u.String()
}

// becomeOrdinary chooses another user when root runs this process: PostgreSQL refuses to run as root.
func (s *Server) becomeOrdinary() error {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := cmp.Or(err1, err2); err != nil {
			return err
		}
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: false}
		return os.Chown(s.dir, int(uid), int(gid))
	}
	return errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody: run this as an ordinary user")
}

// startWatchdog starts a process that waits for this one to end, in whatever way, and cleans up.
func (s *Server) startWatchdog() error {
	s.watchdog = s.command("pg_ctl")
	const script = `cat; if [ -f "$2/data/postmaster.pid" ]; then "$1" stop -s -m immediate -D "$2/data" 2>/dev/null; fi; rm -rf "$2"`
	s.watchdog.Args = []string{"sh", "-c", script, "sh", s.watchdog.Path, s.dir}
	s.watchdog.Path = "/bin/sh"
	s.watchdog.Dir = "/"
	s.watchdog.SysProcAttr.Setpgid = true // an interrupt from the keyboard must not reach it
	pipe, err := s.watchdog.StdinPipe()
	if err != nil {
		return err
	}
	s.lifeline = pipe
	return s.watchdog.Start()
}

func (s *Server) command(program string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, program), args...)
	c.Dir = s.dir
	c.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	return c
}

func (s *Server) write(name, text string) error {
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil || s.as == nil {
		return err
	}
	return os.Chown(name, int(s.as.Uid), int(s.as.Gid))
}

func (s *Server) data() string    { return filepath.Join(s.dir, "data") }
func (s *Server) logFile() string { return filepath.Join(s.dir, "log") }

func (s *Server) sharedMemoryBusy() bool {
	out, err := os.ReadFile(s.logFile())
	return err == nil && strings.Contains(string(out), "shared memory block")
}

// Where packages put PostgreSQL's programs.
var places = [...]string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"}

// binaries returns the directory of a PostgreSQL's programs: that in PATH, or else the newest in
// one of the places.
func binaries(places []string) (string, error) {
	var dirs []string
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	for _, pattern := range places {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		slices.SortFunc(found, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(b, a)) })
		dirs = append(dirs, found...)
	}
	for _, dir := range dirs {
		complete := true
		for _, program := range []string{"initdb", "postgres", "pg_ctl", "pg_isready"} {
			if _, err := os.Stat(filepath.Join(dir, program)); err != nil {
				complete = false
			}
		}
		if complete {
			return dir, nil
		}
	}
	return "", errors.New("no server is installed: install PostgreSQL 15 or newer (Debian: apt install postgresql; macOS: brew install postgresql@17), " +
		"or put the directory of its initdb and postgres into PATH")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
