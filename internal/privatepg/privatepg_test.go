//go:build unix

package privatepg_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook/internal/privatepg"
)

func TestAServerIsThereUntilItIsStopped(t *testing.T) {
	s, err := privatepg.Start("work_mem = '1MB'")
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", s.Port)
	reachable := func(want bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); ; {
			conn, err := net.Dial("tcp", address)
			if err == nil {
				conn.Close()
			}
			if (err == nil) == want {
				return
			}
			if time.Now().After(deadline) {
				t.Errorf("reachable: %v, want %v", err, want)
				return
			}
			time.Sleep(10 * time.Millisecond) // a process of a killed server may listen for a moment more
		}
	}
	reachable(true)
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	reachable(false)
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	reachable(true)
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	reachable(false)
}

func TestWithoutAServerTheErrorSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := privatepg.Binaries([]string{t.TempDir() + "/*"}); err == nil || !strings.Contains(err.Error(), "apt install postgresql") {
		t.Errorf("found, or: %v", err)
	}
}

// A test binary that is killed has no chance to stop its server.
func TestAKilledProcessLeavesNoServer(t *testing.T) {
	if os.Getenv("PRIVATEPG_CHILD") != "" {
		s, err := privatepg.Start()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("port %d\n", s.Port)
		time.Sleep(time.Hour)
	}
	child := exec.Command(os.Args[0], "-test.run", t.Name())
	child.Env = append(os.Environ(), "PRIVATEPG_CHILD=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var port int
	buf := make([]byte, 1<<10)
	for n := 0; port == 0; {
		more, err := out.Read(buf[n:])
		if n += more; err != nil {
			t.Fatalf("the child ended: %v\n%s", err, buf[:n])
		}
		if i := bytes.Index(buf[:n], []byte("port ")); i >= 0 && bytes.IndexByte(buf[i:n], '\n') > 0 {
			fmt.Sscanf(string(buf[i:n]), "port %d", &port)
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait()
	for deadline := time.Now().Add(20 * time.Second); ; {
		conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatalf("20 s behind the kill there is still a server on port %d", port)
		}
	}
}
