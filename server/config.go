package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/api"
	"github.com/daybookdev/daybook/ledger"
)

// DefaultListen is where a server listens whose Config names no address.
const DefaultListen = "127.0.0.1:8484"

// Config says what a [Server] serves, where and to whom. Start with [DefaultConfig], or read one from a
// file, the environment and flags with [LoadConfig].
//
// A field's tag "key" is its name in the file. In the environment it is DAYBOOK_ and the name in
// upper case, as a flag the name with hyphens, in both with the section before it:
// tls.cert_file, DAYBOOK_TLS_CERT_FILE, --tls-cert-file.
type Config struct {
	Data           string `key:"data" help:"The data directory. It is made when it does not exist."`
	Database       string `key:"database" kind:"url" help:"Where the log lies instead: postgres://user@host/name, or the path of a SQLite file."`
	AllowBypassRLS bool   `key:"allow_bypass_rls" help:"Work as a role of PostgreSQL that row-level security does not hold."`
	MaxConns       int    `key:"max_conns" help:"The most connections to PostgreSQL; 0 means what the URL says in pool_max_conns, or 10."`
	CursorKeyFile  string `key:"cursor_key_file" help:"A file of 32 random bytes that seal cursors, the same for all servers of one log. Empty: one that is kept with the log."`

	Listen         string         `key:"listen" help:"The address to listen on; port 0 is a free one."`
	PrivateListen  string         `key:"private_listen" help:"A second address, for /metrics and /debug/pprof alone; keep it private. Empty: none."`
	TLS            TLS            `key:"tls"`
	TrustedProxies []netip.Prefix `key:"trusted_proxies" help:"The networks of proxies whose header about the client's address is believed, such as 10.0.0.0/8."`
	ClientHeader   string         `key:"client_header" help:"The header in which such a proxy says the client's address."`
	Origins        []string       `key:"origins" help:"The exact origins, such as https://app.example.com, whose pages may call the API."`

	Auth   Auth   `key:"auth"`
	Limits Limits `key:"limits"`
	Ledger Ledger `key:"ledger"`

	Organization  string        `key:"platform_organization" help:"The organization of entries about the deployment as a whole. In a PostgreSQL with UUIDs the default stands for 64617962-6f6f-8b00-8000-000000000000."`
	Actions       []string      `key:"actions" help:"The actions that may be recorded beside CREATE, READ, UPDATE and DELETE. Empty: every well-formed one."`
	ResourceTypes []string      `key:"resource_types" help:"The resource types that may be recorded. Empty: every well-formed one."`
	Timeout       time.Duration `key:"timeout" help:"How long one read or one write may take."`

	DrainDelay   time.Duration `key:"drain_delay" help:"How long to go on serving, with /readyz saying no, before the end: as long as a load balancer needs to see it."`
	DrainTimeout time.Duration `key:"drain_timeout" help:"How long to wait for requests under way at the end."`

	Log    Logging `key:"log"`
	Traces Traces  `key:"traces"`

	// Version is that of the program, for metrics and traces.
	Version string `key:"-"`

	// Listening, when set, is called once Run listens, with both addresses; private is nil when
	// there is none.
	Listening func(public, private net.Addr) `key:"-"`

	// Logger gets the server's own faults and the requests. nil means slog.Default().
	Logger *slog.Logger `key:"-"`
}

// TLS is how the server proves who it is. Both files are read again when they change.
type TLS struct {
	CertFile string `key:"cert_file" help:"The certificate and its chain, in PEM. With it the server speaks HTTPS."`
	KeyFile  string `key:"key_file" help:"The certificate's private key, in PEM."`
}

// Auth is whom the server believes. Keys need no configuration: see daybook key.
type Auth struct {
	Mode string `key:"mode" help:"required, or off: then every request may do everything, and the server listens for this machine alone."`
	JWT  []JWT  `key:"jwt" help:"Issuers of JSON Web Tokens; in the file only."`
}

// The modes of Auth.
const (
	AuthRequired = "required"
	AuthOff      = "off"
)

// JWT is an issuer of tokens, with one of SecretFile, KeyFile, JWKS and Discovery; see access.Issuer.
type JWT struct {
	Issuer            string              `key:"issuer"`             // iss
	Audience          string              `key:"audience"`           // one of aud
	Algorithm         string              `key:"algorithm"`          // HS256, RS256, PS256, ES256 or EdDSA
	SecretFile        string              `key:"secret_file"`        // of HS256: at least 32 bytes; a line end behind them is not part of it
	KeyFile           string              `key:"key_file"`           // a public key, in PEM
	JWKS              string              `key:"jwks_url"`           // where the issuer publishes its keys
	Discovery         bool                `key:"discovery"`          // ask the issuer where that is (OpenID Connect Discovery)
	KeyID             string              `key:"key_id"`             // kid; "" ignores it
	OrganizationClaim string              `key:"organization_claim"` // "" means org_id
	PermissionsClaim  string              `key:"permissions_claim"`  // "" means scope
	Permissions       map[string][]string `key:"permissions"`        // what the words of that claim allow, in words of daybook key
	Type              string              `key:"type"`               // typ, such as at+jwt
	Skew              time.Duration       `key:"skew"`               // 0 means 30s
	Lifetime          time.Duration       `key:"lifetime"`           // 0 means 24h
}

// Limits are those of the API: rates are "so many a second / so many at once" of one organization.
type Limits struct {
	Record   api.Rate `key:"record" help:"Entries recorded."`
	Read     api.Rate `key:"read" help:"Requests that read."`
	Export   api.Rate `key:"export" help:"Exports begun."`
	Mint     api.Rate `key:"mint" help:"Changes of keys, tokens and saved views."`
	Denied   api.Rate `key:"denied" help:"Failed authentications of one client address."`
	Body     int      `key:"body" help:"Bytes of a body as it is sent."`
	Expanded int      `key:"expanded" help:"Bytes of a body behind its compression."`
	Entries  int      `key:"entries" help:"Entries of one request."`
	InFlight int      `key:"in_flight" help:"Bytes of all bodies that are being read; one credential may hold half of them."`
	Streams  int      `key:"streams" help:"Event streams and exports at once; one organization may have half of them."`
}

// Ledger is how the logs are signed.
type Ledger struct {
	Sign     bool          `key:"sign" help:"Sign the log of every organization that has grown. Without a place for the key, which PostgreSQL does not have by itself, nothing is signed."`
	KeyFile  string        `key:"key_file" help:"The key, which is made when it is not there; what the signer remembers, and the trust file, lie beside it. Empty: in the data directory. Out of the reach of the database's owner it is worth more."`
	Interval time.Duration `key:"interval" help:"The longest time between an entry and a signature that covers it."`

	PublishFile string `key:"publish_file" help:"A file, on another host or volume than the log, to which every checkpoint is appended."`
	PublishURL  string `key:"publish_url" kind:"secret-url" help:"An https URL to which every checkpoint is posted."`
}

// Logging is what goes to standard error.
type Logging struct {
	Level  string `key:"level" help:"debug, info, warn or error."`
	Format string `key:"format" help:"json or text."`
	Access bool   `key:"access" help:"A line for each request: method, route, status, size, time, and the client's address."`
}

// Traces are sent by OTLP over HTTP.
type Traces struct {
	Endpoint string  `key:"endpoint" kind:"url" help:"Where traces go, such as http://localhost:4318. Empty: nowhere."`
	Ratio    float64 `key:"ratio" help:"Which part of the requests is traced, from 0 to 1, unless the client has decided."`
}

// DefaultConfig returns the configuration of a server for this machine alone, on a data directory.
func DefaultConfig() Config {
	return Config{
		Data:         "./daybook-data",
		Listen:       DefaultListen,
		ClientHeader: "X-Forwarded-For",
		Auth:         Auth{Mode: AuthRequired},
		Limits: Limits{
			Record: api.Rate{PerSecond: 20_000, Burst: 40_000},
			Read:   api.Rate{PerSecond: 200, Burst: 400},
			Export: api.Rate{PerSecond: 2, Burst: 20},
			Mint:   api.Rate{PerSecond: 5, Burst: 50},
			Denied: api.Rate{PerSecond: 5, Burst: 50},
			Body:   1 << 20, Expanded: 8 << 20, Entries: 1000, InFlight: 64 << 20, Streams: 256,
		},
		Ledger:       Ledger{Sign: true, Interval: ledger.DefaultInterval},
		Organization: DefaultPlatform,
		Timeout:      10 * time.Second,
		DrainTimeout: 10 * time.Second,
		Log:          Logging{Level: "info", Format: "json", Access: true},
		Traces:       Traces{Ratio: 0.1},
	}
}

// Validate returns a [daybook.FieldError] for everything that is wrong.
func (c *Config) Validate() error {
	var errs []error
	refuse := func(field, format string, args ...any) {
		errs = append(errs, &daybook.FieldError{Field: field, Reason: fmt.Sprintf(format, args...)})
	}
	switch {
	case c.Database == "" && c.Data == "":
		refuse("data", "is empty, and so is database: name where the log lies")
	case c.Database != "" && c.Data != "":
		refuse("database", "is set, and so is data: name one place where the log lies")
	case c.Database != "":
		if _, err := ParsePlace(c.Database); err != nil {
			errs = append(errs, err)
		}
	}
	if c.MaxConns < 0 || c.MaxConns > 10_000 {
		refuse("max_conns", "is %d, but must be 0 to 10000", c.MaxConns)
	}
	if c.Listen == "" {
		refuse("listen", "is empty: it looks like %s", DefaultListen)
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		refuse("tls", "has one of cert_file and key_file: HTTPS needs both")
	}
	if len(c.TrustedProxies) > 0 && c.ClientHeader == "" {
		refuse("client_header", "is empty, but trusted_proxies are named: say which header they set")
	}
	if c.Auth.Mode != AuthRequired && c.Auth.Mode != AuthOff {
		refuse("auth.mode", "is %.40q, but must be required or off", c.Auth.Mode)
	}
	if c.Auth.Mode == AuthOff && len(c.Auth.JWT) > 0 {
		refuse("auth.mode", "is off, but issuers are named in auth.jwt: no token would be looked at")
	}
	if _, err := daybook.NormalizeOrganization(c.Organization); err != nil {
		refuse("platform_organization", "%v", err)
	}
	for field, d := range map[string]time.Duration{"timeout": c.Timeout, "drain_timeout": c.DrainTimeout, "ledger.interval": c.Ledger.Interval} {
		if d <= 0 || d > time.Hour {
			refuse(field, "is %v, but must be more than 0 and at most 1h", d)
		}
	}
	if c.DrainDelay < 0 || c.DrainDelay > time.Hour {
		refuse("drain_delay", "is %v, but must be 0 to 1h", c.DrainDelay)
	}
	for field, n := range map[string]int{"limits.body": c.Limits.Body, "limits.expanded": c.Limits.Expanded,
		"limits.entries": c.Limits.Entries, "limits.in_flight": c.Limits.InFlight, "limits.streams": c.Limits.Streams} {
		if n <= 0 {
			refuse(field, "is %d, but must be 1 or more", n)
		}
	}
	if u, err := url.Parse(c.Ledger.PublishURL); c.Ledger.PublishURL != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
		refuse("ledger.publish_url", "is no URL that begins with https://")
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		refuse("log.level", "is %.40q, but must be debug, info, warn or error", c.Log.Level)
	}
	if c.Log.Format != "json" && c.Log.Format != "text" {
		refuse("log.format", "is %.40q, but must be json or text", c.Log.Format)
	}
	if !(c.Traces.Ratio >= 0 && c.Traces.Ratio <= 1) {
		refuse("traces.ratio", "is %v, but must be from 0 to 1", c.Traces.Ratio)
	}
	for i := range c.Auth.JWT {
		errs = append(errs, c.Auth.JWT[i].validate(fmt.Sprintf("auth.jwt[%d]", i)))
	}
	return errors.Join(errs...)
}

// validate looks at what can be seen without reading a file; access looks at the rest.
func (j *JWT) validate(at string) error {
	var errs []error
	keys := 0
	for _, there := range []bool{j.SecretFile != "", j.KeyFile != "", j.JWKS != "", j.Discovery} {
		if there {
			keys++
		}
	}
	if keys != 1 {
		errs = append(errs, &daybook.FieldError{Field: at, Reason: "must have one of secret_file, key_file, jwks_url and discovery"})
	}
	for word, names := range j.Permissions {
		if _, err := access.ParsePermissions(names...); err != nil {
			errs = append(errs, &daybook.FieldError{Field: fmt.Sprintf("%s.permissions.%s", at, word), Reason: err.Error()})
		}
	}
	return errors.Join(errs...)
}
