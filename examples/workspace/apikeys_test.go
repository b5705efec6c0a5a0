package workspace_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/daybookdev/daybook"
)

// key makes an API key and passes its entry.
func (h *house) key(name string) (id, secret string) {
	h.t.Helper()
	var made struct{ ID, Key string }
	h.post(h.admin, "/api-keys", `{"name":"`+name+`"}`).is(201).into(&made)
	h.pass()
	return made.ID, made.Key
}

func TestMakingAKeyRecordsItsName(t *testing.T) {
	h := furnish(t)
	var made struct{ ID string }
	h.post(h.admin, "/api-keys", `{"name":"production-key"}`).is(201).into(&made)
	h.wants(daybook.Entry{Action: daybook.Create, ResourceType: "api_key", ResourceID: made.ID, UserID: h.admin.id,
		Details: daybook.Details{"key_name": "production-key"}})
	if list := h.get(h.admin, "/api-keys").is(200).body; strings.Contains(list, "wk_") || strings.Contains(list, "secret") {
		t.Errorf("the list shows the key: %s", list)
	}
	h.post(h.member, "/api-keys", `{"name":"mine"}`).is(403)
}

// The guide, "4. Include Context for Important Operations".
func TestRotatingAKeyTellsWhatWentAndWhy(t *testing.T) {
	h := furnish(t)
	id, secret := h.key("production-key")
	created := time.Now().AddDate(0, 0, -365).Add(-time.Hour)
	used := time.Date(2024, 1, 5, 10, 30, 0, 0, time.UTC)
	h.exec(`update api_keys set created_at = $1, last_used_at = $2 where id = $3`, created.UnixMicro(), used.UnixMicro(), id)

	var made struct{ ID, Key, Name string }
	h.post(h.admin, "/api-keys/"+id+"/rotate", "").is(201).into(&made)
	h.wants(
		daybook.Entry{Action: daybook.Create, ResourceType: "api_key", ResourceID: made.ID, UserID: h.admin.id,
			Details: daybook.Details{"key_name": "production-key", "replaces": id}},
		daybook.Entry{Action: daybook.Delete, ResourceType: "api_key", ResourceID: id, UserID: h.admin.id,
			Details: daybook.Details{
				"key_name":  "production-key",
				"age_days":  365,
				"last_used": "2024-01-05T10:30:00Z",
				"reason":    "key rotation",
			}},
	)
	h.get(nil, "/documents", header("X-API-Key", secret)).is(401)
	h.get(nil, "/documents", header("X-API-Key", made.Key)).is(200)
}

func TestDeletingAKeyTellsTheSame(t *testing.T) {
	h := furnish(t)
	for query, reason := range map[string]string{"": "revoked", "?reason=key%20rotation": "key rotation"} {
		id, _ := h.key("production-key")
		h.do(h.admin, "DELETE", "/api-keys/"+id+query, "").is(204)
		h.wants(daybook.Entry{Action: daybook.Delete, ResourceType: "api_key", ResourceID: id, UserID: h.admin.id,
			Details: daybook.Details{"key_name": "production-key", "age_days": 0, "last_used": nil, "reason": reason}})
	}
}

func TestAKeyActsAsItself(t *testing.T) {
	h := furnish(t)
	document := h.document(h.member)
	id, secret := h.key("backup")
	for name, credential := range map[string]change{
		"in a header of its own": header("X-API-Key", secret),
		"as a bearer token":      header("Authorization", "Bearer "+secret),
	} {
		t.Run(name, func(t *testing.T) {
			h.in(t)
			h.get(nil, "/documents/"+document+"/content", credential).is(200)
			h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "document", ResourceID: document, UserID: id, ActorType: daybook.ActorAPIKey,
				Details: daybook.Details{"action": "download", "filename": "report.pdf", "size_bytes": 8}})
		})
	}
	if n := h.count(`select count(*) from api_keys where last_used_at > $1`, time.Now().Add(-2*time.Minute).UnixMicro()); n != 1 {
		t.Error("last_used_at was not noted")
	}
	for path, method := range map[string]string{"/users": "POST", "/me/email": "PUT", "/me/password": "PUT", "/api-keys": "POST"} {
		h.do(nil, method, path, `{}`, header("X-API-Key", secret)).is(403)
		if got := h.entries(); len(got) != 1 || got[0].Outcome != daybook.Denied || got[0].ActorType != daybook.ActorAPIKey || got[0].UserID != id {
			t.Errorf("%s %s: entries %+v", method, path, got)
		}
	}
}

func TestBrokenKeysOpenNothing(t *testing.T) {
	h := furnish(t)
	id, secret := h.key("backup")
	plain := strings.ReplaceAll(id, "-", "")
	for name, key := range map[string]string{
		"another secret": "wk_" + plain + "_" + strings.Repeat("0", 64),
		"another id":     "wk_" + strings.Repeat("0", 32) + "_" + secret[len(secret)-64:],
		"too short":      secret[:len(secret)-1],
		"too long":       secret + "0",
		"no hexadecimal": secret[:len(secret)-1] + "g",
		"no separator":   strings.Replace(secret[3:], "_", "0", 1) + "wk_",
		"the prefix":     "wk_",
		"the id alone":   id,
	} {
		t.Run(name, func(t *testing.T) {
			h.in(t)
			h.get(nil, "/documents", header("X-API-Key", key)).is(401)
			h.wants(daybook.Entry{Action: daybook.Read, ResourceType: "request", OrganizationID: platform, UserID: noUser, ActorType: daybook.ActorSystem,
				Outcome: daybook.Denied, Details: daybook.Details{"error": "Unauthorized"}})
		})
	}
}

// What a thief of the disk would look for.
func TestSecretsAreNotOnDisk(t *testing.T) {
	h := furnish(t)
	_, secret := h.key("backup")
	h.do(h.member, "PUT", "/me/password", `{"old_password":"correct horse","new_password":"battery staple"}`).is(204)
	h.get(nil, "/documents", header("X-API-Key", secret)).is(200)
	h.close()
	for _, file := range stored(t, h.dir) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, canary := range []string{"correct horse", "battery staple", secret[len(secret)-64:], h.member.token} {
			if bytes.Contains(content, []byte(canary)) {
				t.Errorf("%s holds %q", filepath.Base(file), canary)
			}
		}
	}
	for _, e := range h.book.Entries() {
		text, err := e.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		for _, canary := range []string{"correct horse", "battery staple", secret[len(secret)-64:], h.member.token, "pbkdf2"} {
			if bytes.Contains(text, []byte(canary)) {
				t.Errorf("the log holds %q: %s", canary, text)
			}
		}
	}
}
