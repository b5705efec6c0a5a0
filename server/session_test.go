package server_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/server"
)

// Signing in, looking, changing something, signing out: with a key, through the server as it is.
func TestASessionOfTheViewerFromSignInToSignOut(t *testing.T) {
	w := newWorld(t, func(c *server.Config) { c.Auth.Mode = server.AuthRequired })
	log, err := server.OpenLog(t.Context(), server.DirectoryPlace(w.config.Data), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	credentials, err := server.NewCredentials(log.Store, w.config.Organization, nil)
	if err != nil {
		t.Fatal(err)
	}
	key := func(permissions ...access.Permission) (id, authorization string) {
		k, text, err := credentials.CreateKey(t.Context(), access.Operator("ada"), access.KeyRequest{Name: "x", Organizations: []string{"acme"}, Permissions: permissions})
		if err != nil {
			t.Fatal(err)
		}
		return k.ID, "Authorization: Bearer " + text
	}
	id, reader := key(access.Read, access.Mint)
	_, recorder := key(access.Record)
	_, admin := key(access.Keys)
	signIn := func() string {
		t.Helper()
		a := w.do("POST", "/session", "", reader, "Sec-Fetch-Site: same-origin")
		cookies := a.Result().Cookies()
		if a.Code != http.StatusCreated || len(cookies) != 1 {
			t.Fatalf("sign in: %d %s %v", a.Code, a.Body, cookies)
		}
		c := cookies[0]
		if c.Name != access.SessionCookieName || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || c.Domain != "" || c.Path != "/" {
			t.Errorf("the cookie is %v", c)
		}
		return "Cookie: " + c.Name + "=" + c.Value
	}
	want := func(what string, status int, method, target, body string, headers ...string) []byte {
		t.Helper()
		a := w.do(method, target, body, headers...)
		if a.Code != status {
			t.Errorf("%s: %d %s, want %d", what, a.Code, a.Body, status)
		}
		return a.Body.Bytes()
	}
	want("sign in with a key that may not read", 403, "POST", "/session", "", recorder, "Sec-Fetch-Site: same-origin")
	want("sign in from another origin", 403, "POST", "/session", "", reader, "Sec-Fetch-Site: cross-site")

	session := signIn()
	var me struct {
		ID          string
		Permissions []string
	}
	if err := json.Unmarshal(want("who am I", 200, "GET", "/v1/me", "", session), &me); err != nil || me.ID != "key:"+id || len(me.Permissions) != 2 {
		t.Errorf("%+v, %v", me, err)
	}
	want("look", 200, "GET", "/v1/entries", "", session)
	want("a permission that the key lacks", 403, "GET", "/v1/keys", "", session)
	want("change something", 201, "POST", "/v1/views", `{"name":"mine","q":"action:CREATE"}`, session, "Sec-Fetch-Site: same-origin")
	want("change something from another page", 403, "POST", "/v1/views", `{"name":"theirs","q":"action:CREATE"}`, session, "Sec-Fetch-Site: cross-site")
	want("change something from another origin of this site", 403, "POST", "/v1/views", `{"name":"theirs","q":"action:CREATE"}`, session, "Sec-Fetch-Site: same-site")
	want("the session as a token", 401, "GET", "/v1/me", "", "Authorization: Bearer "+session[len("Cookie: "+access.SessionCookieName+"="):])

	other := signIn()
	if other == session {
		t.Error("signing in again gives the same session")
	}
	want("sign out from another page", 403, "DELETE", "/session", "", session, "Sec-Fetch-Site: cross-site")
	want("still there", 200, "GET", "/v1/me", "", session)
	w.do("DELETE", "/session", "", session, "Sec-Fetch-Site: same-origin")
	want("the old cookie", 401, "GET", "/v1/me", "", session)
	want("another session", 200, "GET", "/v1/me", "", other)

	want("revoke the key", 204, "DELETE", "/v1/keys/"+id, "", admin)
	want("the session of a revoked key", 401, "GET", "/v1/me", "", other)

	page, err := log.Store.Query(t.Context(), "acme", daybook.Query{ResourceType: "daybook.session", Order: daybook.Oldest})
	if err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, e := range page.Entries {
		if d, ok := e.Details["did"].(string); ok {
			did = append(did, d)
		}
		if e.ActorType != daybook.ActorAPIKey && e.Details["did"] != nil {
			t.Errorf("the actor of %v is %s", e.Details, e.ActorType)
		}
	}
	if len(did) != 3 || did[0] != "created" || did[1] != "created" || did[2] != "revoked" {
		t.Errorf("recorded: %q", did)
	}
}
