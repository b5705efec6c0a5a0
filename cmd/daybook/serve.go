package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/daybookdev/daybook/server"
)

type serveCommand struct{ configFlags }

func (serveCommand) Help() string {
	return `It serves the log over HTTP, the API and the page that people look at, until it is interrupted, and makes a data directory when there is none. Requests need a credential: an API key, which "daybook key create" makes, or a token of an issuer in the configuration. What is configured is read from a file, then DAYBOOK_* variables, then flags; "daybook config" shows the result. SIGHUP reads the certificate again.

    daybook serve
    daybook serve --data /var/lib/daybook --listen 127.0.0.1:9000
    daybook serve --config /etc/daybook.yaml --private-listen 127.0.0.1:8485
    daybook serve --auth-mode off`
}

func (c *serveCommand) Run(ctx context.Context, p *program) (err error) {
	config, err := c.load()
	if err != nil {
		return err
	}
	logger := newLogger(p.stderr, config.Log)
	config.Logger, config.Version = logger, version()
	hint := ""
	config.Listening = func(public, private net.Addr) {
		scheme := "http"
		if config.TLS.CertFile != "" {
			scheme = "https"
		}
		fmt.Fprintf(p.stderr, "serving %s on %s://%s\n", escapeText(placeOf(config).String()), scheme, public)
		if private != nil {
			fmt.Fprintf(p.stderr, "metrics on http://%s/metrics\n", private)
		}
		fmt.Fprint(p.stderr, hint)
	}
	s, err := server.New(ctx, config.Config)
	if err != nil {
		return explainOpen(placeOf(config), explainConfig(err))
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if hint, err = firstKey(ctx, config, s); err != nil {
		return err
	}
	stop := onHangup(s.Reload)
	defer stop()
	return s.Run(ctx)
}

// firstKey says what to do while nobody can send a request.
func firstKey(ctx context.Context, config *server.LoadedConfig, s *server.Server) (hint string, err error) {
	if config.Auth.Mode == server.AuthOff || len(config.Auth.JWT) > 0 {
		return "", nil
	}
	if some, err := s.HasKeys(ctx); some || err != nil {
		return "", err
	}
	log := []string{"--data", config.Data}
	switch {
	case config.Database != "" && os.Getenv("DAYBOOK_DATABASE") != "":
		log = nil // so that its password is not printed
	case config.Database != "":
		log = []string{"--database", placeOf(config).String()}
	}
	command := commandLine(append(append(programName(), "key", "create", "admin", "--may", "admin", "--organization", "ORGANIZATION"), log...)...)
	return "There is no API key yet, so every request is refused. Make the first, in another terminal: " + escapeText(command) + "\n", nil
}

func placeOf(c *server.LoadedConfig) server.Place {
	if c.Database == "" {
		return server.DirectoryPlace(c.Data)
	}
	p, _ := server.ParsePlace(c.Database) // LoadConfig has looked
	return p
}

func newLogger(w io.Writer, c server.Logging) *slog.Logger {
	level := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}[c.Level]
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

type configCommand struct{ configFlags }

func (configCommand) Help() string {
	return `It prints the configuration that "daybook serve" would have with the same file, variables and flags, as YAML, and where each value comes from. Passwords are left out. What is wrong is said with its line.

    daybook config
    daybook config --config /etc/daybook.yaml
    daybook config > daybook.yaml`
}

func (c *configCommand) Run(p *program) error {
	config, err := c.load()
	if err != nil {
		return err
	}
	out := p.output(outFlags{Table: true})
	if err := config.Write(out); err != nil {
		return err
	}
	return out.flush()
}

// configFlags are the flags of a server: one for every setting.
type configFlags struct {
	Config   string       `placeholder:"FILE" env:"DAYBOOK_CONFIG" help:"The configuration file, in YAML."`
	Settings kong.Plugins `embed:""`
}

// newConfigFlags makes the flags, before they are parsed.
func newConfigFlags() configFlags {
	var fields []reflect.StructField
	for _, s := range server.Settings() {
		if s.Flag() == "" {
			continue
		}
		f := reflect.StructField{Name: fieldName(s.Flag()), Type: reflect.TypeFor[*string]()}
		placeholder := "VALUE"
		if s.Bool {
			f.Type, placeholder = reflect.TypeFor[*bool](), ""
		}
		help := s.Help + " $" + s.Env()
		if s.Default != "" {
			help = fmt.Sprintf("%s (%s) $%s", s.Help, s.Default, s.Env())
		}
		tag := fmt.Sprintf("name:%q help:%q placeholder:%q", s.Flag(), strings.ReplaceAll(help, "$", "$$"), placeholder)
		if s.Flag() == "data" {
			tag += ` short:"d"`
		}
		f.Tag = reflect.StructTag(tag)
		fields = append(fields, f)
	}
	return configFlags{Settings: kong.Plugins{reflect.New(reflect.StructOf(fields)).Interface()}}
}

// fieldName makes TlsCertFile of tls-cert-file.
func fieldName(flag string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(flag, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// load reads the configuration.
func (c *configFlags) load() (*server.LoadedConfig, error) {
	flags := map[string]string{}
	given := reflect.ValueOf(c.Settings[0]).Elem()
	for _, s := range server.Settings() {
		if s.Flag() == "" {
			continue
		}
		if f := given.FieldByName(fieldName(s.Flag())); !f.IsNil() {
			flags[s.Flag()] = fmt.Sprint(f.Elem().Interface())
		}
	}
	config, err := server.LoadConfig(server.LoadOptions{File: c.Config, LookupEnv: os.LookupEnv, Flags: flags})
	return config, explainConfig(err)
}

// explainConfig says that an error about the configuration is one of how the program was called.
func explainConfig(err error) error {
	if len(fieldErrors(err)) > 0 {
		return usageError{fmt.Errorf("%w\nSee: daybook config, and daybook help serve", err)}
	}
	return err
}
