package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/sqlite"
)

// crashes is how often the child is killed; DAYBOOK_DEEP=1 (make deep) multiplies it by 20.
const crashes = 200

// TestMain turns the test binary into the child of the crash test: a program that appends from many
// goroutines and says which entries were acknowledged, until it is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv("DAYBOOK_CRASH_CHILD"); path != "" {
		appendForEver(path, os.Getenv("DAYBOOK_CRASH_ROUND"))
	}
	os.Exit(m.Run())
}

func appendForEver(path, round string) {
	ctx, s := context.Background(), mustOpen(path)
	var out sync.Mutex
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%s-%d-%d", round, w, i)
				entries := []daybook.Entry{entry("acme", name)}
				if w%2 == 0 { // a call of three must be there whole or not at all
					entries = append(entries, entry("acme", name+"+"), entry("acme", name+"++"))
				}
				if err := s.Append(ctx, entries...); err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				out.Lock()
				fmt.Println(name + ".")
				out.Unlock()
			}
		}()
	}
	select {}
}

// What Append acknowledged is there after the process was killed at any moment, once, and the log
// goes on from there.
func TestNothingAcknowledgedIsLostToKill(t *testing.T) {
	rounds := crashes
	if os.Getenv("DAYBOOK_DEEP") != "" {
		rounds *= 20
	}
	path := filepath.Join(t.TempDir(), "daybook.db")
	acknowledged := map[string]bool{}
	for round := range rounds {
		for _, name := range crash(t, path, round) {
			acknowledged[name] = true
		}
	}
	found := map[string]int{}
	at := daybook.Position{}
	s := open(t, path)
	for {
		batch, next, err := s.Tail(t.Context(), at, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch) == 0 {
			break
		}
		for _, e := range batch {
			found[e.ResourceID]++
			if at.Number++; e.Position.Number != at.Number {
				t.Fatalf("position %v follows %d: places are dense", e.Position, at.Number-1)
			}
		}
		at = next
	}
	for name := range acknowledged {
		if found[name] != 1 {
			t.Errorf("acknowledged entry %s is stored %d times", name, found[name])
		}
	}
	for name, n := range found {
		if n != 1 {
			t.Errorf("entry %s is stored %d times", name, n)
		}
		if base := strings.TrimRight(name, "+"); strings.Split(base, "-")[1][0]%2 == 0 && (found[base] != 1 || found[base+"+"] != 1 || found[base+"++"] != 1) {
			t.Errorf("the call of %s is there in part", base)
		}
	}
	rollupEqualsTable(t, path, "acme")
	var integrity string
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(`pragma integrity_check`).Scan(&integrity); err != nil || integrity != "ok" {
		t.Errorf("integrity check says %q, %v", integrity, err)
	}
	t.Logf("%d kills, %d entries acknowledged, %d stored", rounds, len(acknowledged), len(found))
	if len(acknowledged) < 2*rounds {
		t.Errorf("only %d entries were acknowledged in %d rounds: the test shows too little", len(acknowledged), rounds)
	}
}

// crash runs the child, kills it at a moment drawn at random, and returns what it acknowledged.
func crash(t *testing.T, path string, round int) (names []string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "DAYBOOK_CRASH_CHILD="+path, fmt.Sprintf("DAYBOOK_CRASH_ROUND=%d", round))
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if len(names) == 0 { // it has begun: from here on it may die at any moment
			time.AfterFunc(rand.N(40*time.Millisecond), func() { child.Process.Kill() })
		}
		if strings.HasPrefix(lines.Text(), "error") {
			t.Fatalf("round %d: %s", round, lines.Text())
		}
		if name, whole := strings.CutSuffix(lines.Text(), "."); whole { // the kill may cut a line
			names = append(names, name)
		}
	}
	child.Wait() // killed: its error says nothing
	return names
}

func mustOpen(path string) *sqlite.Store {
	s, err := sqlite.Open(context.Background(), path, nil)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	return s
}
