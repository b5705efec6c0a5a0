package postgres_test

import (
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/store/postgres"
	"github.com/daybookdev/daybook/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t testing.TB) daybook.Store { return open(t, newDatabase(t, postgres.Text), postgres.Text) })
}

func TestTransactions(t *testing.T) {
	storetest.RunTransactor(t, func(t testing.TB) (daybook.Store, daybook.Transactor) {
		name := newDatabase(t, postgres.Text)
		return open(t, name, postgres.Text), postgres.Transactor(openPool(t, name))
	})
}

func TestTransactionsOfDatabaseSQL(t *testing.T) {
	storetest.RunTransactor(t, func(t testing.TB) (daybook.Store, daybook.Transactor) {
		name := newDatabase(t, postgres.Text)
		return open(t, name, postgres.Text), postgres.SQLTransactor(openDB(t, name))
	})
}
