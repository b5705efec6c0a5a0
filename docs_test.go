package daybook_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var goBlock = regexp.MustCompile("(?ms)^```go\n(.*?)^```")

// around is what the fragments of the pages take for granted.
const around = `package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/daybookhttp"
	"github.com/daybookdev/daybook/daybooktest"
	"github.com/daybookdev/daybook/export"
	"github.com/daybookdev/daybook/ledger"
	"github.com/daybookdev/daybook/server"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/remote"
	"github.com/daybookdev/daybook/store/sqlite"
)

var (
	_          pgx.Tx
	_          = postgres.InTx
	pool       *pgxpool.Pool
	ownerURL   string
	_          = fmt.Sprint
	_          = access.NewVerifier
	zone       *time.Location
	_          = daybookhttp.Track
	_          = daybooktest.New
	_          = server.New
	_          = httptest.NewRecorder
	_          testing.TB
	_          = os.Stdout
	_          time.Time
	_          = export.Write
	_          = ledger.Verify
	_          = remote.Open
	book       *daybook.Recorder
	store      *sqlite.Store
	outbox     *sqlite.Outbox
	tx         *sql.Tx
	db         *sql.DB
	mux        *http.ServeMux
	secret     []byte
	id         string
	member     bool
	key        daybook.CursorKey
	query      daybook.Query
	page       daybook.Page
	send       func(ctx context.Context, to string) error
	signer     *ledger.Signer
	newHandler func(*daybook.Recorder) http.Handler

	createUser, deleteUser, changeRole http.HandlerFunc
)

func main() {}
`

// The Go code of README.md and docs/ compiles: whole programs as they are, fragments as the body of
// a function, and functions beside each other.
func TestCodeInTheDocumentationCompiles(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	fragments := new(strings.Builder)
	fragments.WriteString(around)
	programs := []string{filepath.Join(dir, "fragments.go")}
	for _, page := range append(pages, "README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for i, block := range goBlock.FindAllStringSubmatch(string(text), -1) {
			code := block[1]
			switch {
			case strings.HasPrefix(code, "package "):
				program := filepath.Join(dir, fmt.Sprintf("%s-%d.go", filepath.Base(page), i))
				if err := os.WriteFile(program, []byte(code), 0o600); err != nil {
					t.Fatal(err)
				}
				programs = append(programs, program)
			case strings.HasPrefix(code, "func "):
				fmt.Fprintf(fragments, "\n//line %s:1\n%s\n", page, code)
			default:
				fmt.Fprintf(fragments, "\nfunc _(ctx context.Context) error {\n//line %s:%d\n%s\nreturn nil\n}\n", page, lineOf(string(text), code), code)
			}
		}
	}
	if len(programs) < 3 {
		t.Errorf("%d programs are in the pages: the test finds too little", len(programs)-1)
	}
	if err := os.WriteFile(programs[0], []byte(fragments.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, program := range programs {
		out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "out"), program).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", filepath.Base(program), err, out)
		}
	}
}

func lineOf(text, code string) int { return 1 + strings.Count(text[:strings.Index(text, code)], "\n") }
