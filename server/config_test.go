package server_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/api"
	"github.com/daybookdev/daybook/server"
)

func TestTheDefaultsAreAConfiguration(t *testing.T) {
	c := server.DefaultConfig()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	loaded, err := server.LoadConfig(server.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(c, loaded.Config, configOptions); d != "" {
		t.Error(d)
	}
}

var configOptions = cmp.Options{cmpopts.EquateComparable(netip.Prefix{}), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(server.Config{}, "Logger", "Listening")}

// What is printed, without where it comes from, reads as the same.
func TestAConfigurationIsReadAsItIsPrinted(t *testing.T) {
	file := write(t, `
data: /var/lib/daybook
listen: "[::1]:9000"
tls: {cert_file: cert.pem, key_file: "key: with a colon.pem"}
trusted_proxies: [10.1.2.3/8, "::1"]
origins: [https://app.example.com]
limits: {record: 0.5/7, body: 12}
actions: [APPROVE]
timeout: 1m30s
log: {access: false, format: text}
auth:
  jwt:
    - {issuer: "https://id.example.com/#a \"b\"", audience: log, algorithm: EdDSA, key_file: k.pem, lifetime: 1h, permissions: {a b: [reader, export]}}
    - {issuer: other, audience: log, algorithm: HS256, secret_file: s}
`)
	first, err := server.LoadConfig(server.LoadOptions{File: file})
	if err != nil {
		t.Fatal(err)
	}
	if first.TrustedProxies[0].String() != "10.0.0.0/8" || first.Limits.Record != (api.Rate{PerSecond: .5, Burst: 7}) || first.Timeout != 90*time.Second ||
		len(first.Auth.JWT) != 2 || first.Auth.JWT[0].Permissions["a b"][1] != "export" || first.Log.Access {
		t.Errorf("%+v", first.Config)
	}
	var printed strings.Builder
	if err := first.Write(&printed); err != nil {
		t.Fatal(err)
	}
	again, err := server.LoadConfig(server.LoadOptions{File: write(t, printed.String())})
	if err != nil {
		t.Fatalf("%v\n%s", err, printed.String())
	}
	if d := cmp.Diff(first.Config, again.Config, configOptions); d != "" {
		t.Errorf("%s\n%s", d, printed.String())
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "daybook.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// Every setting can be set in three ways, and the later way wins.
func TestEverySettingHasAKeyAVariableAndAFlag(t *testing.T) {
	values := map[reflect.Kind][2]string{reflect.String: {"first", "second"}, reflect.Int: {"7", "8"}, reflect.Int64: {"7s", "8s"}, reflect.Float64: {"0.5", "0.25"},
		reflect.Bool: {"true", "false"}, reflect.Slice: {"10.0.0.0/8", "192.0.2.0/24"}, reflect.Struct: {"7/8", "9/10"}}
	special := map[string][2]string{"ledger.publish_url": {"https://a.example/x", "https://b.example/x"}, "auth.mode": {"off", "required"}, "ledger.sign": {"false", "true"}, "log.access": {"false", "true"}, "log.level": {"debug", "warn"}, "log.format": {"text", "json"}}
	for _, s := range server.Settings() {
		if s.Key == "auth.jwt" {
			if s.Flag() != "" || s.Env() != "" {
				t.Errorf("%s has a flag %q or a variable %q", s.Key, s.Flag(), s.Env())
			}
			continue
		}
		pair, ok := special[s.Key]
		if !ok {
			pair = values[fieldOf(server.DefaultConfig(), s.Key).Kind()]
		}
		o := server.LoadOptions{LookupEnv: func(name string) (string, bool) { return pair[0], name == s.Env() }}
		if s.Key == "tls.cert_file" || s.Key == "tls.key_file" { // there are both or none
			o.Flags = map[string]string{"tls-cert-file": "x", "tls-key-file": "x"}
			delete(o.Flags, s.Flag())
		}
		l, err := server.LoadConfig(o)
		if err != nil {
			t.Errorf("%s: %v", s.Env(), err)
			continue
		}
		if l.From(s.Key) != s.Env() {
			t.Errorf("%s comes from %s", s.Key, l.From(s.Key))
		}
		byVariable := fmt.Sprint(fieldOf(l.Config, s.Key))
		if o.Flags == nil {
			o.Flags = map[string]string{}
		}
		o.Flags[s.Flag()] = pair[1]
		if l, err = server.LoadConfig(o); err != nil {
			t.Errorf("--%s: %v", s.Flag(), err)
			continue
		}
		if got := fmt.Sprint(fieldOf(l.Config, s.Key)); got == byVariable || l.From(s.Key) != "--"+s.Flag() {
			t.Errorf("%s is %s from %s", s.Key, got, l.From(s.Key))
		}
	}
}

func fieldOf(c server.Config, key string) reflect.Value {
	v := reflect.ValueOf(c)
	for part := range strings.SplitSeq(key, ".") {
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("key") == part {
				v = v.Field(i)
				break
			}
		}
	}
	return v
}

func TestWhatIsWrongIsSaidWithItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"lisen: x":                                  "%s:1: lisen is not a key: there are data,",
		"\ntls:\n  cert: x":                         "%s:3: tls.cert is not a key: there are cert_file, key_file",
		"timeout: 3":                                `%s:1: timeout is "3", not a time such as 10s`,
		"listen: [a]":                               "%s:1: listen must be one value",
		"limits: 3":                                 "%s:1: limits must have keys and values",
		"a: &x 1":                                   "%s:1: a is not a key",
		"listen: &x 127.0.0.1:1":                    "%s:1: listen has an anchor or an alias",
		"listen: a\nlisten: b":                      "%s:2: listen is given twice",
		"- listen":                                  "%s:1: the file must have keys and values",
		"max_conns: many":                           `%s:1: max_conns is "many", not a whole number`,
		"log: {access: yes please}":                 `%s:1: log.access is "yes please", but must be true or false`,
		"trusted_proxies: [10.0.0.0/40]":            `%s:1: trusted_proxies[0] is "10.0.0.0/40", not a network`,
		"listen: a\n---\nlisten: b":                 "%s: there is more than one document",
		"auth: {jwt: [{issuer: x}]}":                "auth.jwt[0] must have one of secret_file, key_file, jwks_url and discovery",
		"auth: {jwt: [{isuer: x}]}":                 "%s:1: auth.jwt[0].isuer is not a key: there are issuer,",
		"drain_delay: -1s":                          "%s:1: drain_delay is -1s",
		"auth: {mode: none}":                        `%s:1: auth.mode is "none", but must be required or off`,
		"database: mysql://app:hunter2@db/x":        `%s:1: database begins with "mysql:"`,
		"data: a\ndatabase: b.db":                   "%s:2: database is set, and so is data",
		"tls: {cert_file: x}":                       "tls has one of cert_file and key_file",
		"ledger: {publish_url: 'http://x/hunter2'}": "%s:1: ledger.publish_url is no URL",
		"limits: {streams: 0}":                      "%s:1: limits.streams is 0",
		"listen: ''":                                "%s:1: listen is empty",
		"platform_organization: ''":                 "%s:1: platform_organization",
		"traces: {ratio: 2}":                        "%s:1: traces.ratio is 2",
		"auth: {jwt: [{permissions: {x: [root]}}]}": "auth.jwt[0].permissions.x",
	} {
		file := write(t, text)
		_, err := server.LoadConfig(server.LoadOptions{File: file})
		if strings.Contains(want, "%s") {
			want = fmt.Sprintf(want, file)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", "# nothing\n", "listen:\n", "---\n"} {
		if _, err := server.LoadConfig(server.LoadOptions{File: write(t, text)}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := server.New(t.Context(), server.Config{}); !errors.Is(err, daybook.ErrInvalid) {
		t.Errorf("the zero Config: %v", err)
	}
}

// docs/server.md tells of every setting, with its default.
func TestTheReferenceIsComplete(t *testing.T) {
	page, err := os.ReadFile("../docs/server.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\| ([^|]*) \\|").FindAllStringSubmatch(string(page), -1) {
		if strings.HasPrefix(row[1], "daybook_") {
			continue // a metric
		}
		rows[row[1]] = strings.Trim(strings.TrimSpace(row[2]), "`")
	}
	for _, s := range server.Settings() {
		if got, ok := rows[s.Key]; !ok || got != s.Default {
			t.Errorf("docs/server.md has %q for %s, want %q (found: %v)", got, s.Key, s.Default, ok)
		}
		delete(rows, s.Key)
	}
	for key := range rows {
		t.Errorf("docs/server.md tells of %s, which is no setting", key)
	}
	for _, name := range regexp.MustCompile("daybook_[a-z_]+").FindAllString(metricsOf(t), -1) {
		name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/server.md does not tell of the metric %s", name)
		}
	}
}

func metricsOf(t *testing.T) string {
	t.Helper()
	r := run(t, func(c *server.Config) { c.PrivateListen = "127.0.0.1:0" })
	if status, _ := get(t, "http://"+r.address+"/v1/me"); status != 200 {
		t.Errorf("me: %d", status)
	}
	_, text := get(t, "http://"+r.private+"/metrics")
	return text
}
