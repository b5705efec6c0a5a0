package daybook

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// These tests are inside the package because redaction has no door of its own: the Recorder calls
// it. Tokens are put together at run time, so that no scanner takes this file for a leak.

func TestNamesSayWhatTheirValuesAre(t *testing.T) {
	for names, label := range map[string]string{
		"password old_password newPassword DB-PASSWORD-2 passwordHash PASSWORD userPassWord passwords passwd pwd smtp.passwd wifi_passphrase password.old": "password",
		"ｐａｓｓｗｏｒｄ pass\u200bword user[password] settings.password pass db_pass":                                                                            "password",
		"Set-Cookie cookie request.cookie http_cookie":                                                                                                     "cookie",
		"authorization Authorization Proxy-Authorization headers.authorization bearer":                                                                     "authorization",
		"otp otp_code totp":                 "otp",
		"pin pin_code old_pin user_pin PIN": "pin",
		"cvv card_cvv cvc2 CVC":             "cvv",
		"ssn customer_ssn":                  "ssn",
		"credit_card creditCard card_number cardNumber user_credit_card credit-card-number":          "card",
		"clientSecret secret secrets webhook_secret secret_value client_secret_base64":               "secret",
		"token accessToken refresh_tokens session-token csrf_token secrets_token":                    "token",
		"x-api-key apiKey APIKey api_keys private_key aws_secret_access_key encryptionKey API_KEY_2": "key",
		"recovery_codes backupCode verification_code":                                                "code",
		"mnemonic seed_phrase":  "phrase",
		"connection_string dsn": "connection",
		// The last word tells about the secret; parts of words tell nothing.
		"token_id password_changed_at keyPrefix secret_version key_name password_policy token_count userIDs api_key_ids":                                                     "",
		"token_type password_set cookie_name secret_scope access_key_id password_strength failed_password_attempts max_token_age PasswordLastUsed password_reuse_prevention": "",
		"author monkey authority keyboard secretary tokenizer spinner pins_needed compass passenger bypass key keys":                                                         "",
		"prior_authorization map_pin accept_cookie email_changed domain_verified age_days last_used reason fields_changed tags":                                              "",
		"filename size_bytes content_type batch_id duration_seconds error_message attempted_value sql_query card_last4 card_brand":                                           "",
		"":    "",
		"2":   "",
		"._-": "",
	} {
		list := strings.Fields(names)
		if names == "" {
			list = []string{""}
		}
		for _, name := range list {
			if got := nameKindOf(name).label; got != label {
				t.Errorf("%s: %q, want %q", name, got, label)
			}
		}
	}
}

// card is the number on many a test card.
const card = "4111111111111111"

func TestSecretsInStructuresAreMasked(t *testing.T) {
	const mask = "[redacted:password]"
	for _, c := range []struct {
		promise   string
		in, want  any
		wantCount int
	}{
		{"a secret name taints all below, structure kept",
			Details{"password": map[string]any{"old": "a", "new": []any{"b", 3, nil, true, ""}}},
			Details{"password": map[string]any{"old": mask, "new": []any{mask, mask, nil, true, ""}}}, 3},
		{"numbers are secret only where a number is",
			Details{"tokens": 1532, "pin": 1234, "otp": json.Number("123456"), "cvv": 1.0},
			Details{"tokens": 1532, "pin": "[redacted:pin]", "otp": "[redacted:otp]", "cvv": "[redacted:cvv]"}, 3},
		{"changes are judged by their paths",
			Details{"changes": Changes{"password": {"a", "b"}, "address.city": {"Rome", "Oslo"}, `headers."x.api.key"`: {nil, "k"}}},
			Details{"changes": Changes{"password": {mask, mask}, "address.city": {"Rome", "Oslo"}, `headers."x.api.key"`: {nil, "[redacted:key]"}}}, 3},
		{"a pair is a name and its value",
			Details{"fields": []any{
				map[string]any{"field": "password", "old": "a", "new": "b"},
				map[string]any{"name": "X-Api-Key", "value": "k"},
				map[string]any{"name": "color", "value": "red"}}},
			Details{"fields": []any{
				map[string]any{"field": "password", "old": mask, "new": mask},
				map[string]any{"name": "X-Api-Key", "value": "[redacted:key]"},
				map[string]any{"name": "color", "value": "red"}}}, 3},
		{"lists of two strings in a list are headers; alone they are names",
			Details{"headers": []any{[]any{"Authorization", "x"}, []string{"Accept", "*/*"}}, "fields": []string{"password", "email"}},
			Details{"headers": []any{[]any{"Authorization", "[redacted:authorization]"}, []string{"Accept", "*/*"}}, "fields": []string{"password", "email"}}, 1},
		{"arguments follow their flags",
			Details{"argv": []string{"run", "--password", "a", "--token=b", "--verbose", "c", "--token", "--force"}, "args": []any{"-secret", "x", 1, "y"}},
			Details{"argv": []string{"run", "--password", mask, "--token=[redacted:token]", "--verbose", "c", "--token", "--force"}, "args": []any{"-secret", "[redacted:secret]", 1, "y"}}, 3},
		{"JSON inside strings, two levels deep",
			Details{"body": `{"user":"bob","password":"a","n":1.50}`, "outer": `{"inner":"{\"api_key\":\"k\"}"}`, "list": `[["Cookie","a=b"]]`},
			Details{"body": `{"n":1.50,"password":"` + mask + `","user":"bob"}`, "outer": `{"inner":"{\"api_key\":\"[redacted:key]\"}"}`, "list": `[["Cookie","[redacted:cookie]"]]`}, 3},
		{"a member name that is a secret by its shape",
			Details{"Bearer abc123def456": 1, "ok": 2},
			Details{"Bearer [redacted:bearer]": 1, "ok": 2}, 1},
		{"a card under its name keeps its last digits, if it is a card",
			Details{"credit_card": "4111-1111 1111-1111", "card_number": "4532-1488-0343-6467", "creditCard": 4111111111111111},
			Details{"credit_card": "[redacted:card:1111]", "card_number": "[redacted:card]", "creditCard": "[redacted:card:1111]"}, 3},
		{"a mask that is there already stays",
			Details{"password": "[redacted]", "phone_token": "****4567", "secret": "********", "token": "[redacted:token]"},
			Details{"password": "[redacted]", "phone_token": "****4567", "secret": "********", "token": "[redacted:token]"}, 0},
		{"what only begins with a mask does not",
			Details{"password": "[redacted] a", "secret": "****abcdefgh", "note": "password=[redacted]a"},
			Details{"password": mask, "secret": "[redacted:secret]", "note": "password=" + mask}, 3},
	} {
		got, n := redactDetails(c.in.(Details))
		if diff := cmp.Diff(c.want, any(got)); diff != "" || n != c.wantCount {
			t.Errorf("%s: %d masked, want %d; -want +got:\n%s", c.promise, n, c.wantCount, diff)
		}
	}
}

func TestGoValuesAreRedacted(t *testing.T) {
	type inner struct {
		Token string `json:"api_token"`
		Name  string
	}
	type named string
	url := "https://bob:s3cret@example.com/"
	masked := "https://bob:[redacted:url]@example.com/"
	for _, c := range []struct {
		kind     string
		in, want any
	}{
		{"string", url, masked},
		{"named string", named(url), masked},
		{"[]string", []string{url, "a"}, []string{masked, "a"}},
		{"map[string]string", map[string]string{"password": "a", "b": url}, map[string]any{"password": "[redacted:password]", "b": masked}},
		{"map[string]any", map[string]any{"a": url}, map[string]any{"a": masked}},
		{"Details", Details{"a": url}, Details{"a": masked}},
		{"[]any", []any{1, url}, []any{1, masked}},
		{"json.RawMessage", json.RawMessage(`{"password":"a"}`), map[string]any{"password": "[redacted:password]"}},
		{"no JSON in a json.RawMessage", json.RawMessage(`{"password":"a"`), `{"password":"[redacted:password]"`},
		{"[]byte", []byte("password=a"), []byte("password=[redacted:password]")},
		{"Changes", Changes{"a": {url, 1}}, Changes{"a": {masked, 1}}},
		{"a struct", inner{"t", "n"}, map[string]any{"api_token": "[redacted:token]", "Name": "n"}},
		{"a list of pointers to structs", []*inner{{"t", "n"}}, []any{map[string]any{"api_token": "[redacted:token]", "Name": "n"}}},
		{"map[string][]string", map[string][]string{"Cookie": {"a=b"}}, map[string]any{"Cookie": []any{"[redacted:cookie]"}}},
		{"an error", errors.New("dial " + url), "dial " + masked},
		{"a TextMarshaler", text(url), masked},
		{"a LogValuer", loggable{}, map[string]any{"user": "bob", "password": "[redacted:password]"}},
		{"a card as int64", int64(4111111111111111), "[redacted:card:1111]"},
		{"a card as float64", float64(4111111111111111), "[redacted:card:1111]"},
		{"a card as json.Number", json.Number(card), "[redacted:card:1111]"},
		{"base64 of JSON", base64.StdEncoding.EncodeToString([]byte(`{"password":"hunter2"}`)), "[redacted:encoded]"},
	} {
		got, n := redactDetails(Details{"v": c.in})
		if diff := cmp.Diff(c.want, got["v"]); diff != "" || n < 1 {
			t.Errorf("%s: %d masked; -want +got:\n%s", c.kind, n, diff)
		}
	}

	var none *inner
	for _, clean := range []any{nil, true, 42, uint8(1), int64(1) << 62, 1e300, json.Number("1"), "", named("a"), []byte{0, 255}, []byte(nil),
		inner{Name: "n"}, none, &inner{}, map[string]int{"a": 1}, []int{1}, time.Now(), time.Second, netip.MustParseAddr("192.0.2.1"), NewID(),
		errors.New("not found"), json.RawMessage(`{"a": 1}`), json.RawMessage(nil), func() {}, make(chan int), map[string]string{"a": "b"}, map[string]string(nil)} {
		in := Details{"v": clean}
		got, n := redactDetails(in)
		if n != 0 || reflect.ValueOf(got).Pointer() != reflect.ValueOf(in).Pointer() {
			t.Errorf("%T %v was changed to %v, %d masked", clean, clean, got, n)
		}
	}
}

type text string

func (t text) MarshalText() ([]byte, error) { return []byte(t), nil }

type loggable struct{}

func (loggable) LogValue() slog.Value {
	return slog.GroupValue(slog.String("user", "bob"), slog.String("password", "a"))
}

func TestSecretsAreMaskedByTheirShape(t *testing.T) {
	jwt := jwtOf(`{"alg":"HS256","typ":"JWT"}`)
	pem := "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"
	basic := base64.StdEncoding.EncodeToString([]byte("bob:hunter2"))
	for _, c := range []struct{ in, want string }{
		// URLs
		{"postgres://bob:s3cret@db:5432/x failed", "postgres://bob:[redacted:url]@db:5432/x failed"},
		{"redis://:p@ss@h:1/0", "redis://:[redacted:url]@h:1/0"},
		{"postgres://u:pa/s?s@db/x", "postgres://u:[redacted:url]@db/x"},
		{"mongodb://u:p@a:1,b:2/x", "mongodb://u:[redacted:url]@a:1,b:2/x"},
		{"https://a1b2c3d4e5f6a1b2c3d4e5f6@sentry.io/1", "https://[redacted:url]@sentry.io/1"},
		{"root:pw@tcp(db:3306)/x", "root:[redacted:url]@tcp(db:3306)/x"},
		{"GET https://x/reset?id=1&token=abc&n=2#t", "GET https://x/reset?id=1&token=[redacted:token]&n=2#t"},
		{"/cb?code=4f2Xk9&state=ok", "/cb?code=[redacted:code]&state=ok"},
		{"code=4f2Xk9&state=ok", "code=[redacted:code]&state=ok"},
		{"sid=abcdef123; theme=dark", "sid=[redacted:cookie]; theme=dark"},
		{"https://x/blob?se=2026&sig=a%2Fb%3D", "https://x/blob?se=2026&sig=[redacted:signature]"},
		{"username=bob&password=p%40ss", "username=bob&password=[redacted:password]"},
		{"next=https%3A%2F%2Fx%2F%3Ftoken%3Dabc", "next=https://x/?token=[redacted:token]"},
		// headers and their values
		{"Authorization: Bearer xyz", "Authorization: [redacted:authorization]"},
		{"Host: x\r\nCookie: a=b; c=d\r\nAccept: */*", "Host: x\r\nCookie: [redacted:cookie]\r\nAccept: */*"},
		{"curl -H 'X-Api-Key: abc def' https://x", "curl -H 'X-Api-Key: [redacted:key]' https://x"},
		{"> Authorization: Basic zzz", "> Authorization: [redacted:authorization]"},
		{"sent bearer abc123def to x", "sent bearer [redacted:bearer] to x"},
		{"Basic " + basic, "Basic [redacted:basic]"},
		{"theme=dark; session=abcdef123", "theme=dark; session=[redacted:cookie]"},
		{"id=a3fWa; Path=/; HttpOnly", "id=[redacted:cookie]; Path=/; HttpOnly"},
		{"password: hunter2", "password: [redacted:password]"},
		{"user: bob\n  db_password: a b\nport: 1", "user: bob\n  db_password: [redacted:password]\nport: 1"},
		// assignments
		{"DB_PASSWORD=a,b c;d", "DB_PASSWORD=[redacted:password]"},
		{"export API_TOKEN=abc", "export API_TOKEN=[redacted:token]"},
		{"Server=x;User Id=sa;Password=a;Encrypt=true", "Server=x;User Id=sa;Password=[redacted:password];Encrypt=true"},
		{"host=x password='a b' dbname=y", "host=x password='[redacted:password]' dbname=y"},
		{"AccountName=x;AccountKey=abc==;EndpointSuffix=y", "AccountName=x;AccountKey=[redacted:key];EndpointSuffix=y"},
		{`bad body {"password":"a\"b","n":1`, `bad body {"password":"[redacted:password]","n":1`},
		{`bad body {\"password\":\"ab\",\"n\":1`, `bad body {\"password\":\"[redacted:password]\",\"n\":1`},
		{`{'password': 'ab', 'pin': 1234, 'tokens': 12}`, `{'password': '[redacted:password]', 'pin': [redacted:pin], 'tokens': 12}`},
		{`{"password":{"old":"a","new":"b`, `{"password":[redacted:password]`},
		{`{:password=>"a", "token" => "b"}`, `{:password=>"[redacted:password]", "token" => "[redacted:token]"}`},
		{"bad user {Name:bob Password:hunter2 Age:3}", "bad user {Name:bob Password:[redacted:password] Age:3}"},
		{"map[password:hunter2 user:bob]", "map[password:[redacted:password] user:bob]"},
		{"x authorization=Bearer a.b c", "x authorization=[redacted:authorization] c"},
		{"mysql -u root --password hunter2 db", "mysql -u root --password [redacted:password] db"},
		{"psql --password=hunter2 db", "psql --password=[redacted:password] db"},
		// tokens
		{"got " + jwt + ".", "got [redacted:jwt]."},
		{"key " + pem + " end", "key [redacted:privatekey] end"},
		{"cut off -----BEGIN PRIVATE " + "KEY-----\nMIIE", "cut off [redacted:privatekey]"},
		{"x-" + "ghp_" + strings.Repeat("a1", 18) + ",", "x-[redacted:github],"},
		{"id ASIA" + "ABCDEFGHIJKLMNOP;", "id [redacted:aws];"},
		{"https://hooks.slack.com/services/T0/B0/abc", "https://hooks.slack.com/[redacted:webhook]"},
		// cards
		{"paid with 4111 1111 1111 1111 12/26", "paid with [redacted:card:1111] 12/26"},
		{"3782-822463-10005", "[redacted:card:0005]"},
		{"(" + card + ").", "([redacted:card:1111])."},
	} {
		got, n := redactText(c.in)
		if got != c.want || n < 1 {
			t.Errorf("%q:\n got %q, %d masked\nwant %q", c.in, got, n, c.want)
		}
		if again, n := redactText(got); again != got || n != 0 {
			t.Errorf("%q: a second time gives %q, %d masked", c.in, again, n)
		}
	}
}

func TestCleanTextStays(t *testing.T) {
	for _, s := range []string{
		"", "a", "true", "Unauthorized", "password", "key rotation", "password_reset", "Basic plan", "Basic authentication failed", "Bearer",
		"bearer token expired", "Bearer authentication is required", `Bearer realm="example", error="invalid_token"`,
		"password: must be at least 8 characters", "Token: is expired", "token: invalid signature", "jwt: token is expired",
		"invalid token: unexpected end", "secret:read token:write", "{Scopes:[token:read secret:write]}", "[token:read secret:write]", "Reset your password: see your mail", "tokens: 1532", "max_tokens=4096",
		"https://example.com:8080/@bob", "https://medium.com/@bob/post", "git@github.com:a/b.git", "mailto:bob@example.com", "https://bob@example.com/",
		"https://x/?code=404&page=2", "?code=NOT_FOUND", "?error=1&code=invalid_grant", "status=archived", "UPDATE documents SET archived_at=now() WHERE id=$1",
		"select * from t where token=$1 and password = ?", "a==b", "secret=", "theme=dark; lang=en", "text/html; charset=utf-8",
		"2024-01-05T10:30:00Z", "550e8400-e29b-41d4-a716-446655440000", "req-abc123def456", strings.Repeat("0123456789abcdef", 4),
		"arn:aws:iam::123456789012:role/secret-reader", "doc_" + card, "order-" + card, "/orders/" + card, "0." + card, card + ".25", card + "a", "x" + card,
		"4111111111111112", "1234567890123456", "1704448200000000", "9400 1000 0000 0000 0000 00", "DE89 3704 0044 0532 0130 00", "+44 20 7946 0958",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
		"eyJhbGciOiJub25lIn0", "task-runner_configuration", "AKIAbcdefghij2345678", "glpat-is-how-tokens-of-gitlab-begin", "npm_config_registry_mirror_of_the_company",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "aGVsbG8gd29ybGQsIGhlbGxvIHdvcmxk", `{"a": 1, "b": [true, null]}`, `["password","email"]`,
		"50%20off", "100% sure", "Straße, 東京, 🎉", "name: value\nkind: Secret", `{"key_name": "production-key"}`, "author=bob&monkey=1",
	} {
		if got, n := redactText(s); got != s || n != 0 {
			t.Errorf("%q became %q, %d masked", s, got, n)
		}
	}
	for name, v := range map[string]any{"order_id": card, "invoice_number": card, "tracking": "4111 1111 1111 1111", "created_ns": 4111111111111111, "ids": []any{card}} {
		if got, n := redactDetails(Details{name: v}); n != 0 {
			t.Errorf("%s: an id was taken for a card: %v", name, got)
		}
	}
}

func TestTheGuidesExamples(t *testing.T) {
	bad := Details{"old_password": "SecurePass123!", "new_password": "NewPass456!", "credit_card": "4532-1488-0343-6467"}
	want := Details{"old_password": "[redacted:password]", "new_password": "[redacted:password]", "credit_card": "[redacted:card]"}
	if got, n := redactDetails(bad); n != 3 || !cmp.Equal(want, got) {
		t.Errorf("BAD: %d masked, -want +got:\n%s", n, cmp.Diff(want, got))
	}
	for _, good := range []Details{
		{"email_changed": true, "domain_verified": true},
		{"key_name": "production-key", "age_days": 365, "last_used": "2024-01-05T10:30:00Z", "reason": "key rotation"},
		{"status": "archived"}, {"action": "archive"},
		{"type": "email", "recipient": "bob@example.com", "success": true},
		{"filename": "report.pdf", "size_bytes": 1024000, "content_type": "application/pdf", "tags": []string{"report", "financial"}},
		{"fields_changed": []string{"name", "email"}, "old_email": "old@example.com", "new_email": "new@example.com"},
		{"batch_id": "batch-123", "count": 50, "duration_seconds": 2.5},
		{"error_type": "ValidationError", "error_message": "Invalid email format", "attempted_value": "invalid-email"},
		{"error": "Unauthorized"}, {"tokens": 1532},
	} {
		if got, n := redactDetails(good); n != 0 || !cmp.Equal(good, got) {
			t.Errorf("GOOD: %v became %v", good, got)
		}
	}
}

func TestRedactionCopiesWhatItMasks(t *testing.T) {
	source := func() Details {
		return Details{"password": "a", "list": []any{map[string]any{"token": "b"}, "c"}, "args": []string{"--token", "d"},
			"changes": Changes{"pin": {1, 2}}, "bytes": []byte("password=a"), "map": map[string]string{"secret": "e"}}
	}
	d := source()
	if _, n := redactDetails(d); n != 7 {
		t.Errorf("%d masked, want 7", n)
	}
	if diff := cmp.Diff(source(), d); diff != "" {
		t.Errorf("the caller's details were changed: %s", diff)
	}
}

func TestCleanDetailsCostNoMemory(t *testing.T) {
	d := cleanEntry()
	if n := testing.AllocsPerRun(100, func() { redactDetails(d) }); n > 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestWhatContainsItselfEnds(t *testing.T) {
	d := Details{"password": "hunter2"}
	d["a"], d["b"] = d, []any{d, d}
	got, _ := redactDetails(d)
	if _, err := got.Canonical(); err == nil {
		t.Error("details that contain themselves were stored")
	}
	deep := strings.Repeat(`{"a":`, 5000) + `{"password":"hunter2"}` + strings.Repeat("}", 5000)
	if s, _ := redactText(deep); strings.Contains(s, "hunter2") {
		t.Error("a secret passed below the depth that is looked at")
	}
}

func TestTimeIsLinear(t *testing.T) {
	const size = 256 << 10 // which a search in quadratic time takes minutes for
	for _, unit := range []string{"=", ":", "a=", `"a":`, "password=", "password='", "password={", `"password":{`, `password=\`, "a: ", "password: ", "://", "://a:b", "a:b@tcp(",
		"eyJ", "eyJ-", "eyJhIjoxfQ.", "sk-proj-", "ghp_", "-----BEGIN ", "-----BEGIN PRIVATE " + "KEY-----", "Bearer ", "Basic a", "4111 ", "41-", "1", "%41", "%25", "{a:", "{pin:", "map[token:b ", "--a ", "--password ",
		"[", "{", `{"a":`, `"`, `\"`, "a.", "aA", "user_", ";", "; secure", "&code=", "?", "\n", "é", "://hooks.slack.com/", "25"} {
		s := "%" + strings.Repeat(unit, size/len(unit))
		start := time.Now()
		redactText(s)
		redactDetails(Details{s: 1, "v": s})
		nameKindOf(s)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q repeated to %d bytes took %v", unit, size, took)
		}
	}
}

// TestCorpus plants secrets of 20 kinds in entries of 20 kinds. Every secret must be gone, and not
// one value of a clean entry changed.
func TestCorpus(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	clean, secrets := cleanKinds(rng), secretKinds(rng)
	if len(clean) != 20 || len(secrets) != 20 {
		t.Fatalf("%d kinds of entries and %d of secrets, want 20 each", len(clean), len(secrets))
	}
	for range 50 {
		for i, entry := range clean {
			d := entry()
			before := fmt.Sprint(d)
			if got, n := redactDetails(d); n != 0 || fmt.Sprint(got) != before {
				t.Errorf("clean entry of kind %d: %v became %v", i, before, got)
			}
		}
		for i, plant := range secrets {
			d := clean[rng.IntN(len(clean))]()
			secret := plant(d)
			got, n := redactDetails(d)
			b, err := got.Canonical()
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 || strings.Contains(string(b), secret) {
				t.Errorf("secret of kind %d: %q is left in %s, %d masked", i, secret, b, n)
			}
			if again, n := redactDetails(got); n != 0 || !cmp.Equal(got, again) {
				t.Errorf("secret of kind %d: redacting twice changes %v to %v", i, got, again)
			}
		}
	}
}

func randomText(rng *rand.Rand, n int, alphabet string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[rng.IntN(len(alphabet))]
	}
	return string(b)
}

const (
	digits   = "0123456789"
	hexes    = digits + "abcdef"
	letters  = "abcdefghijklmnopqrstuvwxyz"
	alphanum = digits + letters + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

func cleanKinds(rng *rand.Rand) []func() Details {
	pick := func(s ...string) string { return s[rng.IntN(len(s))] }
	hex := func(n int) string { return randomText(rng, n, hexes) }
	uuid := func() string { return NewID().String() }
	word := func() string {
		return pick("alpha", "report", "invoice", "draft", "team", "billing", "north", "token", "secret", "password")
	}
	when := func() string { return time.Unix(rng.Int64N(2e9), 0).UTC().Format(time.RFC3339) }
	return []func() Details{
		func() Details {
			return Details{"filename": word() + ".pdf", "size_bytes": rng.Int64(), "sha256": hex(64), "etag": `W/"` + hex(32) + `"`}
		},
		func() Details {
			return Details{"fields_changed": []any{"password", "email"}, "old_email": word() + "@example.com", "password_changed": true}
		},
		func() Details {
			return Details{"changes": Changes{"name": {word(), word()}, "address.city": {nil, "Oslo"}, "tokens": {1, 2}}}
		},
		func() Details {
			return Details{"key_name": word() + "-key", "key_prefix": "dbk_" + hex(8), "age_days": rng.IntN(999), "last_used": when()}
		},
		func() Details {
			return Details{"error_type": "ValidationError", "error_message": pick("invalid token: unexpected end", "password: is too short", "unknown key \"a\"", "token: has expired", "dial tcp 10.0.0.1:5432: connection refused")}
		},
		func() Details {
			return Details{"batch_id": "batch-" + hex(12), "count": rng.IntN(1e6), "duration_seconds": rng.Float64() * 100}
		},
		func() Details {
			return Details{"url": "https://example.com/" + word() + "/" + uuid() + "?page=" + strconv.Itoa(rng.IntN(99)) + "&sort=created_at", "status": 200 + rng.IntN(300)}
		},
		func() Details {
			return Details{"session_id": uuid(), "trace_id": hex(32), "span_id": hex(16), "token_id": hex(24)}
		},
		func() Details {
			return Details{"order_id": randomText(rng, 16, digits), "invoice_number": randomText(rng, 14, digits), "amount": rng.Float64() * 1e4}
		},
		func() Details {
			return Details{"scopes": []string{"secret:read", "token:write", "password:reset"}, "grant_type": "password", "token_type": "Bearer"}
		},
		func() Details {
			return Details{"commit": hex(40), "branch": "fix/" + word() + "-" + hex(6), "image": "registry.example.com/" + word() + "@sha256:" + hex(64)}
		},
		func() Details {
			return Details{"arn": "arn:aws:secretsmanager:eu-west-1:" + randomText(rng, 12, digits) + ":secret:" + word(), "access_key_id": "k-" + hex(8)}
		},
		func() Details {
			return Details{"usage": map[string]any{"prompt_tokens": rng.IntN(9999), "total_tokens": rng.IntN(9999)}, "model": word()}
		},
		func() Details {
			return Details{"note": "Please see the " + word() + " of " + when() + "; call +44 20 7946 0958 & ask for Bob.", "author": "Bob"}
		},
		func() Details {
			return Details{"user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:" + strconv.Itoa(rng.IntN(200)) + ".0) Gecko/20100101", "ip": netip.AddrFrom4([4]byte{10, byte(rng.IntN(256))}).String()}
		},
		func() Details { return Details{"created_ns": rng.Int64(), "at": when(), "ts": 1.7e18 + rng.Float64()} },
		func() Details {
			return Details{"config": `{"` + word() + `_count":` + strconv.Itoa(rng.IntN(99)) + `,"enabled":true,"name":"` + word() + `"}`}
		},
		func() Details {
			return Details{"iban": "DE" + randomText(rng, 20, digits), "country": "DE", "currency": "EUR"}
		},
		func() Details {
			return Details{"rule": "author:bob AND -tag:secret", "matches": []any{map[string]any{"name": "color", "value": word()}, map[string]any{"field": "status", "old": "open", "new": "closed"}}}
		},
		func() Details {
			return Details{"password_policy": map[string]any{"min_length": 12, "name": word()}, "two_factor_enabled": true, "password_expires_at": when(), "auth_method": "password"}
		},
	}
}

// secretKinds plant one secret each and return it.
func secretKinds(rng *rand.Rand) []func(Details) string {
	alnum := func(n int) string { return randomText(rng, n-2, alphanum) + "a1" }
	put := func(name, format string, secret func() string) func(Details) string {
		return func(d Details) string {
			s := secret()
			d[name] = fmt.Sprintf(format, s)
			return s
		}
	}
	short := func() string { return alnum(8 + rng.IntN(12)) }
	tokens := []func() string{
		func() string { return "AKIA" + randomText(rng, 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") },
		func() string { return "gh" + string("pousr"[rng.IntN(5)]) + "_" + alnum(36) },
		func() string { return "glpat-" + alnum(20) },
		func() string { return "xoxb-" + randomText(rng, 12, digits) + "-" + alnum(24) },
		func() string { return "sk_live_" + alnum(24) },
		func() string { return "sk-proj-" + alnum(48) },
		func() string { return "AIza" + alnum(35) },
		func() string { return "SG." + alnum(22) + "." + alnum(43) },
		func() string { return "npm_" + alnum(36) },
		func() string { return "hvs." + alnum(24) },
		func() string { return "dop_v1_" + randomText(rng, 64, hexes) },
		func() string { return "shpat_" + randomText(rng, 32, hexes) },
	}
	return []func(Details) string{
		put("new_password", "%s", short),
		put("clientSecret", "%s", short),
		put("x-api-key", "%s", short),
		func(d Details) string {
			s := short()
			d["changes"] = Changes{"auth.refresh_token": {nil, s}}
			return s
		},
		func(d Details) string {
			s := short()
			d["items"] = []any{map[string]any{"field": "password", "old": "", "new": s}}
			return s
		},
		func(d Details) string {
			s := short()
			d["headers"] = map[string][]string{"Set-Cookie": {"id=" + s}}
			return s
		},
		func(d Details) string {
			s := 1000 + rng.IntN(9000)
			d["pin"] = s
			return strconv.Itoa(s)
		},
		put("dsn_used", "postgres://app:%s@db.internal:5432/app?sslmode=require", short),
		put("error_message", "request failed: Authorization: Bearer %s", func() string { return alnum(24) }),
		put("header", "Authorization: Basic %s", func() string { return base64.StdEncoding.EncodeToString([]byte("bob:" + short())) }),
		put("request", "GET /reset?user=1&token=%s&x=2", short),
		put("env", "DB_PASSWORD=%s", short),
		put("dsn_text", "Server=db;User Id=sa;Password=%s;Encrypt=true", short),
		put("command", "deploy --token %s --force", short),
		put("body", `{"user":{"name":"bob","password":"%s"}}`, short),
		put("partial", `{"user":{"name":"bob","password":"%s","addr`, short),
		put("text", "got %s from the client", func() string { return jwtOf(`{"alg":"RS256","kid":"` + alnum(6) + `"}`) }),
		put("file", "-----BEGIN EC PRIVATE "+"KEY-----\n%s\n-----END EC PRIVATE KEY-----", func() string { return alnum(64) }),
		put("message", "used %s, again", func() string { return tokens[rng.IntN(len(tokens))]() }),
		put("comment", "card %s please", func() string {
			return randomCard(rng, []string{"4", "51", "34", "6011"}[rng.IntN(4)])
		}),
	}
}

func jwtOf(header string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(header)) + "." + enc([]byte(`{"sub":"bob","exp":1}`)) + "." + enc([]byte("signature-signature"))
}

func randomCard(rng *rand.Rand, issuer string) string {
	n := 16
	if issuer == "34" {
		n = 15
	}
	s := issuer + randomText(rng, n-1-len(issuer), digits)
	for c := range 10 {
		if full := s + strconv.Itoa(c); isCard(full) {
			return full
		}
	}
	panic("no check digit fits " + s)
}

func FuzzRedactionIsIdempotent(f *testing.F) {
	for _, s := range []string{`{"password":"a","b":"{\"token\":\"c\"}"}`, "Cookie: a=b; c=d", "https://u:p@h/?code=123456&x=%3Fsig%3Dabcdef", "DB_PASSWORD='a'b\"c",
		"4111 1111 1111 1111-4111", "Bearer abc123 Basic YTpi", "-----BEGIN PRIVATE KEY-----", "password=[redacted:password]x", "eyJhIjoxfQ.abcdefgh.x", "--password a --password",
		`"pAss":0]0`} {
		f.Add(s, "name")
	}
	f.Fuzz(func(t *testing.T, s, name string) {
		once, _ := redactText(s)
		if twice, n := redactText(once); n != 0 || twice != once {
			t.Errorf("%q became %q and then %q", s, once, twice)
		}
		if utf8.ValidString(s) && !utf8.ValidString(once) {
			t.Errorf("%q became %q, which is no UTF-8", s, once)
		}
		d, _ := redactDetails(Details{name: s, "list": []any{s, name}, "pair": map[string]any{"name": name, "value": s}, "raw": json.RawMessage(s)})
		before := fmt.Sprint(d)
		if again, n := redactDetails(d); n != 0 || fmt.Sprint(again) != before {
			t.Errorf("%s became %v, %d masked", before, again, n)
		}
	})
}

func FuzzPlantedSecretsAreGone(f *testing.F) {
	const secret = "zQ7planted9X"
	plants := []string{"\nAuthorization: Bearer " + secret + "\n", "\nDB_PASSWORD=" + secret + "\n", "\n\tapi_key: " + secret + "\n",
		" https://bob:" + secret + "@example.com/ ", "\n?token=" + secret + " ", " bearer " + secret + " ", "\nsk_" + "live_" + secret + "\n"}
	f.Add("", "", 0)
	f.Add("{\"a\":\"", "\"}", 1)
	f.Add("'", "=", 2)
	f.Add("%41", "%", 3)
	f.Add("[redacted", "]", 4)
	f.Fuzz(func(t *testing.T, before, after string, n int) {
		if strings.Contains(before+after, "zQ7") {
			return
		}
		text := before + plants[uint(n)%uint(len(plants))] + after
		for _, d := range []Details{{"text": text}, {"password": secret + before}, {"list": []any{[]any{"x-api-key", before + secret}}}, {"raw": []byte(text)}} {
			got, masked := redactDetails(d)
			if s := fmt.Sprintf("%s", got); masked == 0 || strings.Contains(s, secret) {
				t.Errorf("%s became %s", d, s)
			}
		}
	})
}

func cleanEntry() Details {
	return Details{"filename": "report.pdf", "size_bytes": 1024000, "content_type": "application/pdf", "tags": []string{"report", "financial"},
		"old_email": "old@example.com", "new_email": "new@example.com", "error_message": "Invalid email format", "last_used": "2024-01-05T10:30:00Z",
		"batch_id": "batch-123", "duration_seconds": 2.5}
}

func BenchmarkRedact(b *testing.B) {
	kb := strings.Repeat("The quick brown fox, id 550e8400-e29b-41d4-a716-446655440000: see https://example.com/?a=b. ", 12)[:1024]
	for name, d := range map[string]Details{
		"guide":   cleanEntry(),
		"secrets": {"old_password": "SecurePass123!", "new_password": "NewPass456!", "credit_card": "4532-1488-0343-6467"},
		"1KB":     {"text": kb},
		"json":    {"body": `{"user":{"name":"bob","email":"bob@example.com","roles":["admin","editor"],"active":true,"age":42}}`},
		"changes": {"changes": Changes{"name": {"a", "b"}, "email": {"a@example.com", "b@example.com"}, "address.city": {"Rome", "Oslo"}}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				redactDetails(d)
			}
		})
	}
}
