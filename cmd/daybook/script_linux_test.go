package main

import (
	"bufio"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite"
)

// The scripts run the real program, and these, each a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"daybook":      main,
		"terminal":     runInTerminal,
		"unprivileged": runUnprivileged,
		"visit":        visit,
		"until":        until,
		"status":       status,
		"sqlite":       execSQL,
	})
}

func TestScript(t *testing.T) {
	var databases cluster
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			// Under the race detector each of many hundred processes would else sleep a second at
			// its end (https://go.dev/doc/articles/race_detector).
			env.Setenv("GORACE", "atexit_sleep_ms=10")
			return databases.setup(t, env)
		},
	})
}

// fail ends a program of the scripts.
func fail(err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[0], err)
	os.Exit(99)
}

func check(err error) {
	if err != nil {
		fail(err)
	}
}

// exitAs ends a program of the scripts as a command ended that it ran.
func exitAs(err error) {
	if exit, ok := err.(*exec.ExitError); ok {
		os.Exit(exit.ExitCode())
	}
	check(err)
	os.Exit(0)
}

// visit DATA REQUEST... starts `daybook serve`, prints the answers to the requests and interrupts it. A
// request is [METHOD:]PATH[@HOST]. The server asks for no credential, unless the file that
// $CREDENTIAL names holds one to show it. VISIT_FLAGS are further flags, and VISIT_SIGNALS what is sent
// instead of an interrupt; the second when it says that it drains.
func visit() {
	mode, credential := "off", ""
	if name := os.Getenv("CREDENTIAL"); name != "" {
		text, err := os.ReadFile(name)
		check(err)
		mode, credential = "required", "Bearer "+strings.TrimSpace(string(text))
	}
	args := []string{"serve", "--data", os.Args[1], "--listen", "127.0.0.1:0", "--auth-mode", mode, "--log-level", "warn"}
	cmd := exec.Command("daybook", append(args, strings.Fields(os.Getenv("VISIT_FLAGS"))...)...)
	stderr, err := cmd.StderrPipe()
	check(err)
	check(cmd.Start())
	said := bufio.NewReader(stderr)
	first, err := said.ReadString('\n')
	for err == nil && strings.HasPrefix(first, "{") { // what it logs before it serves
		fmt.Fprint(os.Stderr, first)
		first, err = said.ReadString('\n')
	}
	_, address, ok := strings.Cut(strings.TrimSpace(first), " on ")
	if !ok {
		fail(fmt.Errorf("daybook serve said %q, %v", first, err))
	}
	for _, arg := range os.Args[2:] {
		method, path, ok := strings.Cut(arg, ":/")
		if !ok {
			method, path = "GET", strings.TrimPrefix(arg, "/")
		}
		path, host, _ := strings.Cut(path, "@")
		r, err := http.NewRequest(method, address+"/"+path, nil)
		check(err)
		r.Host = host
		if credential != "" {
			r.Header.Set("Authorization", credential)
		}
		answer, err := http.DefaultClient.Do(r)
		check(err)
		fmt.Println(answer.Status, answer.Header.Get("Content-Type"), answer.Header.Get("X-Content-Type-Options"), answer.Header.Get("Cache-Control"))
		_, err = io.Copy(os.Stdout, answer.Body)
		check(err)
	}
	signals := strings.Fields(os.Getenv("VISIT_SIGNALS"))
	if len(signals) == 0 {
		signals = []string{"INT"}
	}
	for i, name := range signals {
		for line := ""; i > 0 && signals[i-1] != "HUP" && !strings.Contains(line, `"draining"`); {
			line, err = said.ReadString('\n')
			check(err)
			fmt.Fprint(os.Stderr, line)
		}
		check(cmd.Process.Signal(unix.SignalNum("SIG" + name)))
	}
	_, err = io.Copy(os.Stderr, said)
	check(err)
	exitAs(cmd.Wait())
}

// until WHEN COMMAND... runs a command, and interrupts it when it has printed so many lines, or one
// with the text behind a slash.
func until() {
	text, isText := strings.CutPrefix(os.Args[1], "/")
	n, err := strconv.Atoi(os.Args[1])
	if !isText {
		check(err)
	}
	cmd := exec.Command(os.Args[2], os.Args[3:]...)
	cmd.Stderr = os.Stderr
	cmd.Stdin = os.Stdin
	stdout, err := cmd.StdoutPipe()
	check(err)
	check(cmd.Start())
	lines := bufio.NewScanner(stdout)
	for i := 1; lines.Scan(); i++ {
		fmt.Println(lines.Text())
		if i == n || isText && strings.Contains(lines.Text(), text) {
			check(cmd.Process.Signal(os.Interrupt))
		}
	}
	exitAs(cmd.Wait())
}

// status N COMMAND... runs a command that must exit with status N.
func status() {
	cmd := exec.Command(os.Args[2], os.Args[3:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		fail(err)
	}
	if got := strconv.Itoa(cmd.ProcessState.ExitCode()); got != os.Args[1] {
		fail(fmt.Errorf("%s exited with status %s, not %s", os.Args[2], got, os.Args[1]))
	}
}

// sqlite FILE STATEMENT changes a database as another program would.
func execSQL() {
	db, err := sql.Open("sqlite", os.Args[1])
	check(err)
	_, err = db.Exec(os.Args[2])
	check(err)
	check(db.Close())
}

// runInTerminal is `terminal COLUMNS COMMAND...`: it runs a command whose standard streams are a
// terminal of so many columns, and prints what that was sent.
func runInTerminal() {
	columns, err := strconv.Atoi(os.Args[1])
	check(err)
	control, device, err := openTerminal(columns)
	check(err)
	cmd := exec.Command(os.Args[2], os.Args[3:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = device, device, device
	check(cmd.Start())
	check(device.Close())
	signal.Ignore(os.Interrupt)
	sent, _ := io.ReadAll(control) // ends with an error when the command does, as terminals do
	_, err = os.Stdout.Write([]byte(strings.ReplaceAll(string(sent), "\r\n", "\n")))
	check(err)
	exitAs(cmd.Wait())
}
