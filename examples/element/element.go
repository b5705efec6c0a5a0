// Package element is an application that shows its users their part of the log, with the element
// <daybook-log>: a page under a strict policy, and a back end that mints tokens.
package element

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
)

//go:embed page
var pages embed.FS

// Config says where the log is and with which key tokens are minted.
type Config struct {
	Server       string // of the log, such as https://log.example.com
	Key          string // an API key with the permission mint
	Organization string // whose log it is
	Filter       string // what this application's users may see of it
	Origin       string // of this application's own pages
}

// Handler returns the application. The log's server must list Origin under "origins".
func Handler(c Config) (http.Handler, error) {
	files, err := fs.Sub(pages, "page")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /log-server", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, c.Server) })
	mux.HandleFunc("GET /daybook-token", func(w http.ResponseWriter, r *http.Request) {
		// A real application says here who is signed in, and narrows the filter to what they may see.
		token, err := c.mint(r.Context(), "ada")
		if err != nil {
			slog.ErrorContext(r.Context(), "no token for the log", "error", err)
			http.Error(w, "the log cannot be shown now", http.StatusBadGateway)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		_, _ = io.WriteString(w, token)
	})
	mux.Handle("GET /", http.FileServerFS(files))
	policy := "default-src 'none'; script-src 'self' " + c.Server + "; connect-src 'self' " + c.Server + "; style-src 'self'; " +
		"base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		mux.ServeHTTP(w, r)
	}), nil
}

// mint asks the log's server for a viewer token for a person.
func (c Config) mint(ctx context.Context, user string) (string, error) {
	body, err := json.Marshal(map[string]any{"organization": c.Organization, "user": user, "filter": c.Filter, "permissions": []string{"read", "export"}, "origin": c.Origin})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Server+"/v1/viewer-tokens", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+c.Key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var made struct {
		Token string `json:"token"`
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(text, &made); err != nil || made.Token == "" {
		return "", fmt.Errorf("mint a viewer token: %s: %s", answer.Status, text)
	}
	return made.Token, nil
}
