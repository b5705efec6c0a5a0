package postgres_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/internal/testdb"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/storetest"
)

// Whoever runs the operators' page must meet a database in which its statements run.
func TestEveryStatementOfThePageRuns(t *testing.T) {
	page, err := os.ReadFile("../../docs/postgres.md")
	if err != nil {
		t.Fatal(err)
	}
	name := newDatabase(t, postgres.UUID)
	s := open(t, name, postgres.UUID)
	e := storetest.Entry("550e8400-e29b-41d4-a716-446655440001")
	e.UserID, e.ResourceID = "", ""
	if err := s.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if err := s.SavePosition(t.Context(), "siem", daybook.Position{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin(t, name, `drop owned by daybook_backup`, `drop role daybook_backup, myapp`) })
	conn := connect(t, testdb.Superuser, name)
	blocks := strings.Split(string(page), "```sql\n")[1:]
	if len(blocks) < 5 {
		t.Fatalf("the page has %d blocks of statements: this proves nothing", len(blocks))
	}
	for _, block := range blocks {
		sql, _, _ := strings.Cut(block, "```")
		if _, err := conn.Exec(context.Background(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Errorf("%v:\n%s", err, sql)
		}
	}
}
