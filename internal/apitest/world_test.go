package apitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/api"
	"github.com/daybookdev/daybook/server"
	"github.com/daybookdev/daybook/store/memory"
)

// A world is an API with the entries of two organizations, and people of both.
type world struct {
	*api.API
	store server.Store
	doc   *openapi3.T
	paths *http.ServeMux // finds the operation of a request
	look  time.Duration  // how long a stream is read
	acme  person
	rival person
}

// A person is somebody with a token, and what its organization has.
type person struct {
	organization string
	token        string
	entries      []daybook.Entry
}

// secret stands in every text of the rival's entries: acme must never see it.
const secret = "rivals-secret"

var issuer = access.Issuer{Issuer: "https://id.example.com", Algorithm: "HS256", Secret: []byte("0123456789abcdef0123456789abcdef"), Audience: "daybook",
	Permissions: map[string][]access.Permission{"all": slices.DeleteFunc(access.AllPermissions(), func(p access.Permission) bool { return p == access.Follow || p == access.Relay })}}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldOn(t, memory.New())
}

func newWorldOn(t testing.TB, store server.Store) *world {
	t.Helper()
	verifier, err := access.NewVerifier(issuer)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: store, look: 20 * time.Millisecond, paths: http.NewServeMux()}
	credentials := newCredentials(t, w.store)
	w.API, err = api.New(api.Config{Store: w.store, Authenticator: access.NewAuthenticator(verifier, credentials), Credentials: credentials, Ledger: texts{}, Limits: unlimited,
		Logger: slog.New(slog.DiscardHandler), Heartbeat: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.EndStreams)
	loader := openapi3.NewLoader()
	if w.doc, err = loader.LoadFromData(w.Document()); err != nil {
		t.Fatalf("read the OpenAPI document: %v", err)
	}
	for path := range w.doc.Paths.Map() {
		w.paths.HandleFunc(path, func(http.ResponseWriter, *http.Request) {})
	}
	w.acme = w.settle(t, "acme", "ada", "plan")
	w.rival = w.settle(t, "rival", secret, secret)
	return w
}

// texts is a ledger whose proofs say of which entry they are; what real ones say, package ledger tests.
type texts struct{}

func (texts) Checkpoint(_ context.Context, organization string) (string, error) {
	return "a checkpoint of " + organization + "\n", nil
}

func (texts) Proof(_ context.Context, organization string, id daybook.ID, _ ...string) (string, error) {
	return "a proof of " + id.String() + " in " + organization + "\n", nil
}

// newCredentials returns what keeps keys and tokens in a store's documents, as package server makes it.
func newCredentials(t testing.TB, s server.Store) *access.Credentials {
	t.Helper()
	c, err := server.NewCredentials(s, "daybook", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// settle gives an organization entries, and makes a token of somebody in it.
func (w *world) settle(t testing.TB, organization, user, text string) person {
	t.Helper()
	p := person{organization: organization}
	signer, err := access.NewSigner(issuer, nil)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	p.token, err = signer.Sign(access.Claims{Subject: user, Organization: organization, IssuedAt: now.Add(-time.Second), ExpiresAt: now.Add(time.Hour),
		All: map[string]any{"scope": "all"}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		e := daybook.Entry{ID: daybook.NewIDAt(now.Add(time.Duration(i-3000) * time.Second)), OrganizationID: organization, UserID: user,
			Action: daybook.Update, ResourceType: "document", ResourceID: fmt.Sprintf("%s-%d", text, i%3),
			Details: daybook.Details{"title": text, "count": i, "tags": []any{text, "b"}}, RequestID: text, UserAgent: text}
		p.entries = append(p.entries, e)
	}
	if err := w.store.Append(t.Context(), p.entries...); err != nil {
		t.Fatal(err)
	}
	return p
}

// An exchange is a request and its answer.
type exchange struct {
	request *http.Request
	body    []byte
	status  int
	header  http.Header
	answer  []byte
}

func (x *exchange) String() string {
	return fmt.Sprintf("%s %s %.300q\n→ %d %.600s", x.request.Method, x.request.URL, x.body, x.status, x.answer)
}

// send sends a request as somebody; a stream is read for a moment. headers are "Name: value".
func (w *world) send(t testing.TB, who person, method, target string, body []byte, headers ...string) *exchange {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatalf("%q: %v", target, err)
	}
	ctx := t.Context()
	if strings.HasPrefix(u.Path, "/v1/entries/tail") {
		short, cancel := context.WithTimeout(ctx, w.look)
		defer cancel()
		ctx = short
	}
	r := httptest.NewRequestWithContext(ctx, method, "/", bytes.NewReader(body))
	r.URL, r.RequestURI = u, u.RequestURI()
	if body == nil {
		r.Body, r.ContentLength = http.NoBody, 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+who.token)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	return &exchange{r, body, rec.Code, rec.Header(), rec.Body.Bytes()}
}

// route returns the operation of the document that a request is for.
func (w *world) route(r *http.Request) (*routers.Route, map[string]string, error) {
	probe := r.Clone(r.Context())
	probe.Method = http.MethodGet
	_, path := w.paths.Handler(probe)
	item := w.doc.Paths.Value(path)
	if item == nil {
		return nil, nil, errors.New("the document has no such path")
	}
	op := item.GetOperation(r.Method)
	if op == nil {
		return nil, nil, errors.New("the document has no such operation")
	}
	values := map[string]string{}
	w.paths.ServeHTTP(httptest.NewRecorder(), probe) // sets the path values
	for _, part := range strings.Split(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			values[name] = probe.PathValue(name)
		}
	}
	return &routers.Route{Spec: w.doc, Path: path, PathItem: item, Method: r.Method, Operation: op}, values, nil
}

// check holds an exchange to the document: its answer always, its request when it was accepted.
func (w *world) check(x *exchange) error {
	return w.hold(x, x.status < 300)
}

// checkAnswer holds the answer of an exchange to the document.
func (w *world) checkAnswer(x *exchange) error { return w.hold(x, false) }

func (w *world) hold(x *exchange, request bool) error {
	route, values, err := w.route(x.request)
	if err != nil {
		return err
	}
	options := &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, SkipSettingDefaults: true}
	x.request.Body = io.NopCloser(bytes.NewReader(x.body))
	in := &openapi3filter.RequestValidationInput{Request: x.request, PathParams: values, Route: route, Options: options}
	if request {
		if encoding := x.request.Header.Get("Content-Encoding"); encoding != "" {
			options.ExcludeRequestBody = true
		}
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			return fmt.Errorf("it was accepted, but the document refuses it: %w", err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: x.status, Header: x.header, Options: options}
	out.SetBodyBytes(x.answer)
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		return fmt.Errorf("the answer is not as the document says: %w", err)
	}
	return nil
}

// must sends a request, expects the status, and holds both to the document.
func (w *world) must(t testing.TB, who person, status int, method, target string, body string, headers ...string) *exchange {
	t.Helper()
	var b []byte
	if body != "" {
		b = []byte(body)
	}
	x := w.send(t, who, method, target, b, headers...)
	if x.status != status {
		t.Fatalf("%v\nwant %d", x, status)
	}
	if err := w.check(x); err != nil {
		t.Fatalf("%v\n%v", x, err)
	}
	return x
}

// plain reads a body as the text it is.
func plain(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
	b, err := io.ReadAll(body)
	return string(b), err
}

func TestMain(m *testing.M) {
	for _, media := range []string{"application/x-ndjson", "application/jsonl", "text/event-stream", "text/csv"} {
		openapi3filter.RegisterBodyDecoder(media, plain)
	}
	m.Run()
}
