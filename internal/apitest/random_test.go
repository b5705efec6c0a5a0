package apitest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/daybookdev/daybook"
)

// Requests are made from the document at random: good ones, and ones that are wrong in every place a
// request has. None is answered with a fault of the server, or otherwise than the document says, and
// no answer shows anything of another organization or of the server's inside.
//
// DAYBOOK_DEEP=1 makes it 500,000. A run can be repeated with the seed that it prints.
func TestNoRequestFromTheDocumentIsAFault(t *testing.T) {
	requests := 3_000
	if os.Getenv("DAYBOOK_DEEP") != "" {
		requests = 500_000
	}
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("DAYBOOK_SEED"), 10, 64); err == nil {
		seed = s
	}
	w := newWorld(t)
	g := w.generator(seed)
	statuses := map[int]int{}
	for n := range requests {
		if n%20_000 == 19_999 { // a new world, so that what the requests record does not fill the memory
			w = newWorld(t)
			g.world = w
		}
		method, target, body, headers := g.request()
		x := w.send(t, w.acme, method, target, body, headers...)
		statuses[x.status]++
		if err := g.judge(x); err != nil {
			t.Fatalf("request %d of DAYBOOK_SEED=%d: %v\n%v\nheaders %v", n, seed, err, x, headers)
		}
	}
	t.Logf("statuses %v", statuses)
	if statuses[200] < requests/20 || statuses[400] < requests/20 {
		t.Errorf("the requests do not reach far: statuses %v", statuses)
	}
}

// inside is what an answer must not tell.
var inside = regexp.MustCompile(`(?i)goroutine \d|\.go:\d|panic|runtime error|/root/|\bSELECT \*?.* FROM\b|` + secret)

func (g *generator) judge(x *exchange) error {
	switch {
	case x.status >= 500:
		return fmt.Errorf("a fault of the server")
	case inside.Match(x.answer) && !inside.Match(x.body) && !inside.MatchString(x.request.URL.String()):
		return fmt.Errorf("it tells %q", inside.Find(x.answer))
	case x.header.Get("X-Content-Type-Options") != "nosniff":
		return fmt.Errorf("its headers are %v", x.header)
	}
	if x.status == http.StatusNotFound || x.status == http.StatusMethodNotAllowed {
		if _, _, err := g.world.route(x.request); err != nil {
			return nil // a path that is none
		}
	}
	if x.request.Method == http.MethodHead { // the answer to a GET, without its body
		return nil
	}
	// Requests that are accepted may be wrong by the letter of the document where the library reads
	// more than a schema can say; answers may not.
	return g.world.checkAnswer(x)
}

// A generator makes requests from the document. It is as good as its seed: two of one seed are equal.
type generator struct {
	*rand.Rand
	world *world
	ops   []operation
}

type operation struct {
	path, method string
	*openapi3.Operation
}

func (w *world) generator(seed uint64) *generator {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 1)), world: w}
	for path, item := range w.doc.Paths.Map() {
		for method, op := range item.Operations() {
			g.ops = append(g.ops, operation{path, method, op})
		}
	}
	slices.SortFunc(g.ops, func(a, b operation) int { return strings.Compare(a.method+a.path, b.method+b.path) })
	return g
}

func (g *generator) one(of ...string) string { return of[g.IntN(len(of))] }

// sometimes is true n times in a hundred.
func (g *generator) sometimes(n int) bool { return g.IntN(100) < n }

func (g *generator) request() (method, target string, body []byte, headers []string) {
	op := g.ops[g.IntN(len(g.ops))]
	for op.OperationID == "tail" && !g.sometimes(3) { // it takes its time
		op = g.ops[g.IntN(len(g.ops))]
	}
	method, path, query := op.method, op.path, url.Values{}
	for _, p := range op.Parameters {
		v := p.Value
		text := g.parameter(v.Name, v.Schema.Value)
		switch v.In {
		case openapi3.ParameterInPath:
			path = strings.ReplaceAll(path, "{"+v.Name+"}", url.PathEscape(text))
		case openapi3.ParameterInQuery:
			if g.sometimes(25) {
				query.Set(v.Name, text)
			}
		case openapi3.ParameterInHeader:
			if g.sometimes(15) && !strings.ContainsAny(text, "\r\n") {
				headers = append(headers, v.Name+": "+text)
			}
		}
	}
	switch {
	case g.sometimes(3):
		query.Add(g.hostile(), g.hostile())
	case g.sometimes(3):
		method = g.one("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
	}
	target = path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	if op.RequestBody != nil || g.sometimes(2) {
		body, headers = g.body(op, headers)
	}
	return method, target, body, headers
}

// parameter returns a value for a parameter: mostly one that fits.
func (g *generator) parameter(name string, schema *openapi3.Schema) string {
	acme, rival := g.world.acme.entries, g.world.rival.entries
	if g.sometimes(10) {
		return g.hostile()
	}
	switch name {
	case "id", "resource_id", "after":
		return g.one(acme[g.IntN(len(acme))].ID.String(), rival[0].ID.String(), "ada", "plan-1", daybook.NewID().String())
	case "organization":
		return g.one("acme", "acme", "acme", "rival", "nobody", "ACME")
	case "q":
		return g.filter(0)
	case "tz":
		return g.one("UTC", "Europe/Berlin", "Local", "../../etc/passwd", "Asia/Kathmandu")
	case "from", "to":
		return g.one("2026-01-01T00:00:00Z", "2026-11-24T10:00:00+02:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "yesterday")
	case "by", "fields", "field":
		return g.one("action", "resource_type", "outcome", "user_id", "actor_type,action", "details.tags", "details.\"", "details.", "created_at", "action,action")
	case "edges":
		return g.one("2026-11-01T00:00:00Z,2026-12-01T00:00:00Z", "2026-11-01T00:00:00Z", "x,y", "2026-11-01T00:00:00Z,2026-11-01T00:00:00Z")
	case "limit", "days", "wait", "at":
		return g.one("1", "10", "1000", "0", "-1", "99999999999999999999", "1e3", " 1")
	case "type":
		return g.one("document", "daybook.view", "Ünknown", "x y")
	case "name":
		return g.one("a view", "x", "ä/ö", strings.Repeat("n", 101))
	case "Content-Encoding":
		return g.one("gzip", "zstd", "br", "gzip, gzip", "identity")
	}
	if len(schema.Enum) > 0 {
		return fmt.Sprint(schema.Enum[g.IntN(len(schema.Enum))])
	}
	return g.one("x", "1", "", g.hostile())
}

// hostile returns text that looks like an attack, or like nothing at all.
func (g *generator) hostile() string {
	switch g.IntN(4) {
	case 0:
		return g.one("'", `"`, `\`, "%", "%00", "\x00", "\xff\xfe", "../..", "..", ".", "//", "{{7*7}}", "<script>", "' OR 1=1 --", "*", "(", ")", "((((((((((((((((((((",
			"organization:rival", "a) OR (organization:rival", "\u202e", "\u2028", "ﬁ", "😀", "null", "undefined", "NaN", "-0", "1e999", "true", "[]", "{}", "__proto__")
	case 1:
		return strings.Repeat(g.one("a", "(", "-", "\"", "é", "%"), 1+g.IntN(5000))
	case 2:
		b := make([]byte, g.IntN(30))
		for i := range b {
			b[i] = byte(g.IntN(256))
		}
		return string(b)
	}
	return g.filter(0)
}

// filter returns the text of a filter, mostly a good one.
func (g *generator) filter(depth int) string {
	if depth < 3 && g.sometimes(30) {
		return g.one("", "-", "NOT ") + "(" + g.filter(depth+1) + g.one(" ", " OR ", " AND ") + g.filter(depth+1) + ")"
	}
	field := g.one("action", "type", "resource", "resource_id", "user", "request", "id", "actor", "outcome", "ip", "agent", "created", "updated",
		"created.hour", "created.weekday", "details.title", "details.count", "details.*", "details.tags", "changes.a.new", "changed", "is", "has", "usr", "organization")
	value := g.one("UPDATE", "document", "document/1", "ada", "me", "success", "192.0.2.0/24", "2001:db8::/32", "-7d", "today", "2026-11", "2026-11-01..2026-11-07", "3", "mon", "plan*",
		"*", "own", "user", "1..5", ">3", "a,b", "(a OR b)", `"a b"`, "null", g.one("x", "'", `\`, "\"", "(", "%"))
	return field + g.one(":", ":", ":", "=", "!=", ">", "<=", "~", "!~", "") + value
}

// body returns a body for an operation: from its schema, or broken.
func (g *generator) body(op operation, headers []string) ([]byte, []string) {
	media := "application/json"
	var value any = map[string]any{}
	if op.RequestBody != nil {
		content := op.RequestBody.Value.Content
		value = g.value(content["application/json"].Schema.Value, 0)
	}
	text, err := json.Marshal(value)
	if err != nil {
		text = []byte("{}")
	}
	if op.OperationID == "record" && g.sometimes(30) {
		media = g.one("application/x-ndjson", "application/jsonl")
		text = bytes.Join([][]byte{text, text, []byte(g.hostile())}[:1+g.IntN(3)], []byte("\n"))
	}
	switch {
	case g.sometimes(5) && len(text) > 2:
		text = text[:g.IntN(len(text))]
	case g.sometimes(5):
		text[g.IntN(len(text))] = byte(g.IntN(256))
	case g.sometimes(3):
		text = []byte(g.hostile())
	case g.sometimes(2):
		text = []byte(strings.Repeat(g.one("[", "{\"a\":"), 1+g.IntN(10_000)))
	case g.sometimes(2):
		text = append(bytes.TrimSuffix(text, []byte("}")), []byte(`,"q":1,"q":2}`)...)
	case g.sometimes(2):
		media = g.one("text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=latin1", "multipart/form-data")
	}
	headers = slices.DeleteFunc(headers, func(h string) bool { return strings.HasPrefix(h, "Content-Encoding") && g.sometimes(80) })
	if g.sometimes(5) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write(text); err == nil && z.Close() == nil {
			text, headers = b.Bytes(), append(headers, "Content-Encoding: gzip")
		}
	}
	return text, append(headers, "Content-Type: "+media)
}

// value returns a value of a schema, and now and then another.
func (g *generator) value(s *openapi3.Schema, depth int) any {
	if depth > 6 || g.sometimes(3) {
		return []any{nil, true, 1, "x", []any{}, map[string]any{}, 1e300, g.hostile()}[g.IntN(8)]
	}
	if list := append(slices.Clone(s.OneOf), s.AnyOf...); len(list) > 0 {
		return g.value(list[g.IntN(len(list))].Value, depth+1)
	}
	if len(s.Enum) > 0 {
		return s.Enum[g.IntN(len(s.Enum))]
	}
	switch {
	case s.Type.Includes("object"):
		return g.object(s, depth)
	case s.Type.Includes("array"):
		list := make([]any, g.IntN(4))
		for i := range list {
			list[i] = g.value(s.Items.Value, depth+1)
		}
		return list
	case s.Type.Includes("integer"):
		return []any{0, 1, 5, 1000, -1, 1.5, 1e18}[g.IntN(7)]
	case s.Type.Includes("boolean"):
		return g.sometimes(50)
	case s.Format == "date-time":
		return g.parameter("from", s)
	case s.Format == "uuid":
		return g.one(daybook.NewID().String(), g.world.acme.entries[0].ID.String(), g.world.rival.entries[0].ID.String(), "6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
	case strings.HasPrefix(s.Pattern, "^[A-Z]"):
		return g.one("CREATE", "READ", "UPDATE", "DELETE", "LOGIN", "create")
	case strings.HasPrefix(s.Pattern, "^[A-Za-z]"):
		return g.one("document", "user", "daybook.view", "a b")
	}
	return g.one("x", "ada", "acme", "rival", "192.0.2.1", g.filter(0), g.hostile())
}

func (g *generator) object(s *openapi3.Schema, depth int) map[string]any {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		if slices.Contains(s.Required, name) && g.sometimes(97) || g.sometimes(25) {
			if out[name] = g.value(p.Value, depth+1); name == "q" || name == "organization" || name == "field" {
				out[name] = g.parameter(name, p.Value)
			}
		}
	}
	if len(s.Properties) == 0 { // details, a filter
		out[g.one("title", "op", "field", "and", "password", "a.b", "")] = g.value(&openapi3.Schema{Type: &openapi3.Types{g.one("string", "integer", "object", "array", "boolean")},
			Items: &openapi3.SchemaRef{Value: openapi3.NewStringSchema()}}, depth+1)
		if g.sometimes(50) {
			out = map[string]any{"field": g.one("action", "user_id", "created_at", "nothing"), "op": g.one(":", "=", ">", "in"), "any": []any{g.hostile()}}
		}
	}
	if g.sometimes(3) {
		out[g.hostile()] = 1
	}
	return out
}
