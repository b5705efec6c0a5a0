package apitest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/api"
	"github.com/daybookdev/daybook/store/memory"
	"github.com/daybookdev/daybook/store/remote"
	"github.com/daybookdev/daybook/store/storetest"
)

// operator authenticates whoever says "Bearer operator".
type operator struct{}

func (operator) Authenticate(_ context.Context, r *http.Request) (access.Principal, error) {
	if r.Header.Get("Authorization") != "Bearer operator" {
		return access.Principal{}, fmt.Errorf("no token: %w", access.ErrUnauthenticated)
	}
	return access.Operator("ada"), nil
}

// unlimited has no rates, and room for what the suite of stores brings.
var unlimited = api.Limits{Record: none, Read: none, Export: none, Mint: none, Denied: none, Entries: 10_000, Body: 8 << 20}

var none = api.Rate{PerSecond: -1}

// A log is a store in memory that keeps out of sight what the API notes about its own use: it goes to
// a store of its own, so that the suite finds what it has appended and nothing else.
type log struct {
	*memory.Store
	notes *memory.Store
}

func (l log) Append(ctx context.Context, entries ...daybook.Entry) error {
	if len(entries) == 1 && (entries[0].ResourceType == "daybook.view" || entries[0].ResourceType == "daybook.session") && entries[0].RecordedBy == "operator" {
		return l.notes.Append(ctx, entries...)
	}
	return l.Store.Append(ctx, entries...)
}

// The suite of stores through two clients: a program, HTTP, and the store behind the API.
func TestTheClientIsAStore(t *testing.T) {
	storetest.Run(t, func(t testing.TB) daybook.Store {
		behind := log{memory.New(), memory.New()}
		a, err := api.New(api.Config{Store: behind, Authenticator: operator{}, Limits: unlimited, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(a)
		store, err := remote.Open(s.URL, &remote.Options{Token: "operator", Relay: true, Entries: 10_000})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
			a.EndStreams()
			s.Close()
			if err := behind.Close(); err != nil {
				t.Error(err)
			}
		})
		return store
	})
}
