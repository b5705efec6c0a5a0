package viewer

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/daybookdev/daybook"
)

// Config says who may sign in. Authenticator and Sessions are both set, or neither: then the page is
// served and /session answers 404, for servers whose API asks for no credential.
type Config struct {
	// Authenticator says whom the credential of a sign-in speaks for.
	Authenticator Authenticator

	// Sessions keeps who is signed in.
	Sessions Sessions

	// Logger gets the server's own faults. nil means slog.Default().
	Logger *slog.Logger
}

// A Viewer is the http.Handler of the page: its files and /session. Mount it where nothing else
// answers; the paths under /o/ and / are the page's. Safe for concurrent use.
type Viewer struct {
	config Config
	files  map[string]*file // by URL path
	page   *file
	mux    *http.ServeMux
}

// A file is one of the built page, as it is sent.
type file struct {
	content []byte
	gzipped []byte // nil when it would not be smaller
	kind    string
	tag     string
}

// New returns the Viewer. Its error says what of the configuration is wrong.
func New(c Config) (*Viewer, error) {
	if (c.Authenticator == nil) != (c.Sessions == nil) {
		return nil, fmt.Errorf("viewer config: %w", &daybook.FieldError{Field: "sessions", Reason: "and authenticator must both be set, or neither"})
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	v := &Viewer{config: c, files: map[string]*file{}, mux: http.NewServeMux()}
	if dist := files(); dist != nil {
		if err := v.read(dist); err != nil {
			return nil, fmt.Errorf("read the page: %w", err)
		}
	}
	v.mux.HandleFunc("/", v.static)
	v.mux.Handle("/session", v.session())
	return v, nil
}

// ServeHTTP answers one request.
func (v *Viewer) ServeHTTP(w http.ResponseWriter, r *http.Request) { v.mux.ServeHTTP(w, r) }

// read takes the files into memory, each also compressed: they are few and small.
func (v *Viewer) read(dist fs.FS) error {
	err := fs.WalkDir(dist, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(dist, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		f := &file{content: content, kind: contentType(name), tag: `"` + hex.EncodeToString(sum[:12]) + `"`}
		var z bytes.Buffer
		zw, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
		if err != nil {
			return err
		}
		if _, err := zw.Write(content); err != nil {
			return err
		}
		if err := zw.Close(); err != nil {
			return err
		}
		if z.Len() < len(content) {
			f.gzipped = z.Bytes()
		}
		v.files["/"+name] = f
		return nil
	})
	if err != nil {
		return err
	}
	if v.page = v.files["/index.html"]; v.page == nil {
		return errors.New("dist has no index.html: run `make ui`")
	}
	delete(v.files, "/index.html")
	return nil
}

// contentType does not ask the machine's table of types, which may say something else.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "application/octet-stream"
}

// Policy is the content security policy of the page: scripts, styles and answers come from this
// server alone, nothing may frame the page, and no text can become markup or script.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// static answers with a file, or with the page, whose own script reads the path.
func (v *Viewer) static(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if f := v.files[r.URL.Path]; (f != nil || isPage(r.URL.Path)) && r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "method_not_allowed", "this path answers GET and HEAD")
		return
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	if f, ok := v.files[r.URL.Path]; ok {
		if strings.HasPrefix(r.URL.Path, "/embed/") {
			// Other applications' pages load it; the name stays, so its content is asked for again.
			h.Set("Access-Control-Allow-Origin", "*")
			h.Set("Cross-Origin-Resource-Policy", "cross-origin")
			h.Set("Cache-Control", "public, max-age=3600")
		} else {
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			h.Set("Cache-Control", "public, max-age=31536000, immutable") // the name has the hash of the content
		}
		f.send(w, r)
		return
	}
	if v.page == nil || !isPage(r.URL.Path) {
		refuse(w, http.StatusNotFound, "not_found", "there is nothing at this path: /openapi.json says what there is")
		return
	}
	h.Set("Content-Security-Policy", Policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cache-Control", "no-cache")
	v.page.send(w, r)
}

// isPage reports whether the path is one that the page's script reads.
func isPage(p string) bool { return p == "/" || strings.HasPrefix(p, "/o/") }

func (f *file) send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.tag)
	h.Set("Vary", "Accept-Encoding")
	if match := r.Header.Get("If-None-Match"); match != "" && mentions(match, f.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	content := f.content
	if f.gzipped != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		content = f.gzipped
	}
	h.Set("Content-Length", fmt.Sprint(len(content)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(content) // a client that is gone gets nothing, and nothing is left to do
	}
}

// mentions reports whether a list of entity tags has this one; a proxy that compresses weakens them.
func mentions(list, tag string) bool {
	for _, t := range strings.Split(list, ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t == tag || t == "*" {
			return true
		}
	}
	return false
}

func acceptsGzip(accept string) bool {
	for _, part := range strings.Split(accept, ",") {
		name, params, err := mime.ParseMediaType("x/" + strings.TrimSpace(part))
		if err == nil && (name == "x/gzip" || name == "x/*") {
			return params["q"] != "0"
		}
	}
	return false
}
