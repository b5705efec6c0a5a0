package daybookhttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/daybookhttp"
	"github.com/daybookdev/daybook/store/memory"
)

func Example() {
	store := memory.New()
	book, err := daybook.New(store, nil)
	if err != nil {
		panic(err)
	}
	createUser := func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"id":"42","name":"Bob"}`)
	}
	deleteUser := func(w http.ResponseWriter, r *http.Request) {
		daybook.DraftOf(r.Context()).Detail("reason", "owner of the organization")
		w.WriteHeader(http.StatusForbidden)
	}
	verify := func(token string) (daybook.Scope, error) { // in earnest: check the signature
		if token != "token-of-ada" {
			return daybook.Scope{}, errors.New("unknown token")
		}
		return daybook.Scope{OrganizationID: "acme", UserID: "ada"}, nil
	}

	mux := http.NewServeMux()
	mux.Handle("POST /users", daybookhttp.Track(book, daybook.Create, "user", createUser))
	mux.Handle("DELETE /users/{user_id}", daybookhttp.Track(book, daybook.Delete, "user", deleteUser, daybookhttp.PathID("user_id")))
	app := daybookhttp.Middleware(book, &daybookhttp.Options{Identify: daybookhttp.Bearer(verify)})(mux)

	for _, r := range []*http.Request{httptest.NewRequest("POST", "/users", nil), httptest.NewRequest("DELETE", "/users/1", nil)} {
		r.Header.Set("Authorization", "Bearer token-of-ada")
		app.ServeHTTP(httptest.NewRecorder(), r)
	}

	for e, err := range daybook.All(context.Background(), store, "acme", daybook.Query{Order: daybook.Oldest}) {
		if err != nil {
			panic(err)
		}
		fmt.Println(e.UserID, e.Action, e.ResourceType, e.ResourceID, e.Outcome, e.Details["reason"])
	}
	// Output:
	// ada CREATE user 42 success <nil>
	// ada DELETE user 1 denied owner of the organization
}
