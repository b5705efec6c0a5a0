package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/sqlite"
	"github.com/daybookdev/daybook/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t testing.TB) daybook.Store { return open(t, filepath.Join(t.TempDir(), "daybook.db")) })
}

// open opens the log at path and closes it with the test.
func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func entry(organization, resource string) daybook.Entry {
	return daybook.Entry{Action: daybook.Update, ResourceType: "document", ResourceID: resource, OrganizationID: organization, UserID: "ada"}
}
