package daybook_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/daybookdev/daybook"

// A rule says what a package may import beyond the standard library.
type rule struct {
	ours    string // packages of this module; "." is the root
	others  string // other modules' packages, by prefix
	inTests string // what its tests may import besides; go-cmp always
}

// rules is the import table: arrows point up only, and siblings do not import each other. Whoever
// changes it says why in docs/decisions. Tests of a public package stay light, because its users
// get what its tests require into their go.sum.
var rules = map[string]rule{
	".":           {inTests: ". store/memory store/sqlite"},
	"export":      {ours: ".", inTests: "store/memory store/storetest"},
	"access":      {others: "github.com/go-jose/go-jose/v4"},
	"daybookhttp": {ours: ".", inTests: "store/memory daybooktest"},
	"daybooktest": {ours: ". store/memory", inTests: "daybookhttp"},

	"ledger":          {ours: ".", others: "golang.org/x/mod/sumdb"},
	"ledger/bucket":   {ours: "ledger", others: "github.com/minio/minio-go/v7"},
	"store/memory":    {ours: ".", inTests: "store/storetest"},
	"store/sqlite":    {ours: ". ledger internal/walk", others: "zombiezen.com/go/sqlite golang.org/x/mod/sumdb/tlog", inTests: "store/memory store/storetest modernc.org/sqlite"},
	"store/postgres":  {ours: ". ledger internal/migrate internal/walk", others: "github.com/jackc/pgx/v5 golang.org/x/mod/sumdb/tlog", inTests: "store/storetest internal/testdb"},
	"store/remote":    {ours: "."},
	"store/storetest": {ours: ". store/memory", others: "github.com/google/go-cmp"},

	"api": {ours: ". access export internal/own", others: "github.com/klauspost/compress/zstd go.yaml.in/yaml/v3 golang.org/x/time/rate", inTests: "store/memory"},

	"viewer": {ours: ". access", inTests: "api examples/element ledger server store/sqlite"},

	"internal/apitest":   {inTests: "github.com/getkin/kin-openapi github.com/jackc/pgx/v5 . api access internal/testdb server store/memory store/postgres store/remote store/sqlite store/storetest"},
	"internal/migrate":   {},
	"internal/own":       {ours: ".", inTests: "store/memory"},
	"internal/privatepg": {},
	"internal/walk":      {ours: "."},
	"internal/testdb":    {ours: "internal/privatepg"},
	"internal/attack":    {inTests: ". ledger ledger/bucket store/sqlite store/postgres store/storetest internal/testdb github.com/johannesboyne/gofakes3 golang.org/x/mod/sumdb/tlog github.com/jackc/pgx/v5 modernc.org/sqlite"},
	"internal/oracle":    {inTests: "ledger golang.org/x/mod/sumdb github.com/transparency-dev/merkle"},

	"server": {ours: ". ledger access api daybookhttp internal/own store/sqlite store/postgres viewer", others: "github.com/prometheus/client_golang go.opentelemetry.io go.yaml.in/yaml/v3",
		inTests: "store/memory internal/testdb github.com/jackc/pgx/v5 go.uber.org/goleak"},
	"cmd/daybook": {ours: ". ledger access server store/sqlite store/postgres examples/workspace internal/privatepg export internal/own", others: "github.com/alecthomas/kong github.com/jackc/pgx/v5 golang.org/x/sys/unix zombiezen.com/go/sqlite", inTests: "internal/testdb github.com/rogpeppe/go-internal/testscript modernc.org/sqlite"},

	"examples/element":         {},
	"examples/element/serve":   {ours: "examples/element"},
	"examples/workspace":       {ours: ". access daybookhttp store/postgres store/sqlite", others: "github.com/jackc/pgx/v5/stdlib modernc.org/sqlite", inTests: "daybooktest internal/testdb github.com/jackc/pgx/v5"},
	"examples/workspace/serve": {ours: ". examples/workspace store/postgres store/sqlite"},
	"bench":                    {ours: ". ledger access api daybookhttp internal/testdb server store/memory store/postgres store/sqlite", others: "modernc.org/sqlite github.com/jackc/pgx/v5"},
}

func TestImportsFollowTheTable(t *testing.T) {
	seen := map[string]bool{}
	eachGoFile(t, func(name string, file *ast.File, _ *token.FileSet) {
		dir, test := path.Dir(name), strings.HasSuffix(name, "_test.go")
		r, ok := rules[dir]
		if !ok {
			t.Errorf("%s: package %s is not in the import table", name, dir)
			return
		}
		seen[dir] = true
		allowed := strings.Fields(r.ours + " " + r.others)
		if test {
			allowed = append(allowed, strings.Fields(dir+" github.com/google/go-cmp "+r.inTests+" "+r.ours)...)
		}
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if ours, ok := strings.CutPrefix(imported, module); ok {
				if ours = strings.TrimPrefix(ours, "/"); ours == "" {
					ours = "."
				}
				if !slices.Contains(allowed, ours) {
					t.Errorf("%s imports our %s, which the table does not allow", name, ours)
				}
			} else if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") &&
				!slices.ContainsFunc(allowed, func(a string) bool { return imported == a || strings.HasPrefix(imported, a+"/") }) {
				t.Errorf("%s imports %s, which the table does not allow", name, imported)
			}
		}
	})
	for dir := range rules {
		if !seen[dir] {
			t.Errorf("the import table names %s, which is not there", dir)
		}
	}
}

func TestNoPackageHasInitEffects(t *testing.T) {
	eachGoFile(t, func(name string, file *ast.File, _ *token.FileSet) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function", name)
			}
		}
	})
}

// Entries are inserted and selected, and nothing else is done to them.
func TestNoStatementChangesEntries(t *testing.T) {
	changes := regexp.MustCompile(`(?i)\b(update|delete\s+from|replace\s+into|drop\s+table)\s+(if\s+exists\s+)?activity_log\b`)
	eachGoFile(t, func(name string, file *ast.File, set *token.FileSet) {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "store/storetest/") { // its filters look like attacks
			return
		}
		if name == "cmd/daybook/demo_ledger.go" { // it attacks its own file, to show that this is noticed
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && changes.MatchString(lit.Value) {
				t.Errorf("%s changes entries: %s", set.Position(lit.Pos()), lit.Value)
			}
			return true
		})
	})
}

// A Principal comes from a credential. The one that comes from none is for whoever has the data: the
// command line, and a server that was told to ask for no credential.
func TestNoHandlerMakesAnOperator(t *testing.T) {
	allowed := []string{"access", "bench", "cmd/daybook", "server"}
	eachGoFile(t, func(name string, file *ast.File, set *token.FileSet) {
		if strings.HasSuffix(name, "_test.go") || slices.Contains(allowed, path.Dir(name)) {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Operator" {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "access" {
					t.Errorf("%s uses access.Operator", set.Position(s.Pos()))
				}
			}
			return true
		})
	})
}

// Every decision has its page, numbered without gaps.
func TestDecisionsAreNumbered(t *testing.T) {
	pages, err := filepath.Glob("docs/decisions/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for i, page := range pages {
		if n, err := strconv.Atoi(filepath.Base(page)[:4]); err != nil || n != i+1 {
			t.Errorf("%s is page %d", page, i+1)
		}
	}
}

// eachGoFile reads the files themselves: what "go list" says would come from the test cache.
func eachGoFile(t *testing.T, f func(name string, file *ast.File, set *token.FileSet)) {
	t.Helper()
	set := token.NewFileSet()
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (name != "." && strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		f(name, file, set)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
