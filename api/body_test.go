package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/api"
)

func gzipped(t testing.TB, r io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(z, r); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t testing.TB, text []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(text, nil)
}

func TestCompressedEntriesAreRecorded(t *testing.T) {
	s := newServer(t)
	lines := strings.Repeat(entry+"\n", 300)
	for encoding, body := range map[string][]byte{"gzip": gzipped(t, strings.NewReader(entry)), "zstd": zstandard(t, []byte(entry)), "identity": []byte(entry)} {
		s.must(t, 201, "POST", "/v1/entries?organization=acme", string(body), "Content-Encoding: "+encoding)
	}
	got := s.must(t, 200, "POST", "/v1/entries?organization=acme", string(gzipped(t, strings.NewReader(lines))), "Content-Encoding: gzip", "Content-Type: application/x-ndjson", "Prefer: return=minimal")
	if got["created"] != 300.0 || len(got["results"].([]any)) != 0 {
		t.Errorf("%v", got)
	}
}

// zeros gives so many bytes of the letter a.
type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.left)
	for i := range p[:n] {
		p[i] = 'a'
	}
	z.left -= n
	return int(n), nil
}

// What is too much is refused, soon and with little memory, however it is packed.
func TestBombsAreRefusedWithLittleMemory(t *testing.T) {
	s := newServer(t)
	bomb := gzipped(t, &zeros{left: 80 << 20}) // less than 1 MiB as it is sent
	if len(bomb) > 1<<20 {
		bomb = bomb[:1<<20]
	}
	zbomb := zstandard(t, bytes.Repeat([]byte{'a'}, 24<<20))
	for name, c := range map[string]struct {
		body    string
		headers []string
		status  []int
	}{
		"gzip of 80 MiB":              {string(bomb), []string{"Content-Encoding: gzip"}, []int{413}},
		"zstd of 24 MiB":              {string(zbomb), []string{"Content-Encoding: zstd"}, []int{413}},
		"gzip in gzip":                {string(gzipped(t, bytes.NewReader(gzipped(t, strings.NewReader(entry))))), []string{"Content-Encoding: gzip"}, []int{400}},
		"two layers by name":          {entry, []string{"Content-Encoding: gzip, gzip"}, []int{415}},
		"another compression":         {entry, []string{"Content-Encoding: br"}, []int{415}},
		"no gzip":                     {entry, []string{"Content-Encoding: gzip"}, []int{400}},
		"half a gzip":                 {string(gzipped(t, strings.NewReader(entry))[:20]), []string{"Content-Encoding: gzip"}, []int{400}},
		"2 MiB":                       {strings.Repeat(" ", 2<<20) + entry, nil, []int{413}},
		"10,000 levels":               {strings.Repeat("[", 10_000), nil, []int{400}},
		"10,000 levels in details":    {`{"action":"READ","resource_type":"x","details":` + strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_001), nil, []int{400}},
		"100,000 members":             {`{"action":"READ","resource_type":"x","details":{` + members(100_000) + `}}`, nil, []int{400, 413}},
		"1,001 entries":               {"[" + strings.Repeat(entry+",", 1000) + entry + "]", nil, []int{413}},
		"a list without an end":       {"[" + entry, nil, []int{400}},
		"something behind":            {"[" + entry + "]x", nil, []int{400}},
		"a comma too many":            {"[" + entry + ",]", nil, []int{400}},
		"nothing":                     {" ", nil, []int{400}},
		"a form":                      {"a=b", []string{"Content-Type: application/x-www-form-urlencoded"}, []int{415}},
		"latin1":                      {entry, []string{"Content-Type: application/json; charset=iso-8859-1"}, []int{415}},
		"a number of 1,000 digits":    {`{"action":"READ","resource_type":"x","details":{"n":` + strings.Repeat("1", 1000) + `}}`, nil, []int{400}},
		"details of more than 64 KiB": {`{"action":"READ","resource_type":"x","details":{"n":"` + strings.Repeat("1", 70_000) + `"}}`, nil, []int{400, 422}},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			began := time.Now()
			w := s.do(t, "POST", "/v1/entries?organization=acme", c.body, c.headers...)
			took := time.Since(began)
			runtime.ReadMemStats(&after)
			var p struct{ Code string }
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Code == "" {
				t.Errorf("%s is no problem: %v", w.Body, err)
			}
			ok := false
			for _, status := range c.status {
				ok = ok || status == w.Code
			}
			if !ok {
				t.Errorf("%d %s, want one of %v", w.Code, w.Body, c.status)
			}
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 40<<20 {
				t.Errorf("memory grew by %d MiB", grown>>20)
			}
			if took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	if n, err := s.store.Count(t.Context(), "acme", daybook.Query{}); err != nil || n[0].Count != 0 {
		t.Errorf("%v entries were stored, %v", n, err)
	}
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"m%d":1,`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// JSON that another parser reads otherwise is refused, with the path.
func TestPolyglotsAreRefused(t *testing.T) {
	s := newServer(t)
	const ok = `"action":"READ","resource_type":"x"`
	for body, field := range map[string]string{
		`{` + ok + `,"action":"READ"}`:                  "action",
		`{` + ok + `,"\u0061ction":"READ"}`:             "action",
		`{` + ok + `,"Action":"READ"}`:                  "Action",
		`{` + ok + `,"tenant":"a"}`:                     "tenant",
		`{` + ok + `,"details":{"a":1,"a":2}}`:          "details.a",
		`{` + ok + `,"details":{"a":[{"b":1,"b":1}]}}`:  "details.a.0.b",
		`{` + ok + `,"details":[]}`:                     "details",
		`{` + ok + `,"details":"{}"}`:                   "details",
		`{` + ok + `,"user_id":1}`:                      "user_id",
		`{` + ok + `,"user_id":"\ud800"}`:               "user_id",
		`{` + ok + `,"user_id":"\u0000"}`:               "user_id",
		`{` + ok + `,"created_at":1}`:                   "created_at",
		`{` + ok + `,"created_at":"yesterday"}`:         "created_at",
		`{` + ok + `,"ip_address":"127.1"}`:             "ip_address",
		`{` + ok + `,"organization_id":["acme"]}`:       "organization_id",
		`{` + ok + `}{}`:                                "entry",
		"\ufeff{" + ok + `}`:                            "entry",
		`{` + ok + `,}`:                                 "entry",
		`{` + ok + `/**/}`:                              "entry",
		`{'action':"READ"}`:                             "entry",
		`{` + ok + `,"details":{"n":NaN}}`:              "",
		`{` + ok + `,"details":{"n":01}}`:               "",
		`{` + ok + `,"details":{"n":+1}}`:               "",
		`{` + ok + `,"details":{"n":1.}}`:               "",
		`{` + ok + `,"details":{"n":"` + "\xff" + `"}}`: "details.n",
		`{` + ok + `,"details":{"n":"` + "\x01" + `"}}`: "",
		`{` + ok + `,"details":{"n":"\x"}}`:             "",
		`null`:                                          "", `true`: "", `"x"`: "", `1`: "", `{`: "", `}`: "", ``: "",
	} {
		w := s.do(t, "POST", "/v1/entries?organization=acme", or(body, " "))
		var p struct {
			Errors []struct{ Field, Reason string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 400 || len(p.Errors) == 0 || p.Errors[0].Reason == "" {
			t.Errorf("%q: %d %s %v", body, w.Code, w.Body, err)
		} else if field != "" && p.Errors[0].Field != field {
			t.Errorf("%q: the field is %q, want %q: %s", body, p.Errors[0].Field, field, w.Body)
		}
	}
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// All that is wrong is told at once, and nothing is stored.
func TestEverythingThatIsWrongIsToldAtOnce(t *testing.T) {
	s := newServer(t)
	w := s.do(t, "POST", "/v1/entries?organization=acme", `{"action":"create","resource_type":"a b","actor_type":"robot","outcome":"maybe","recorded_by":"me","updated_at":"2026-01-01T00:00:00Z"}`)
	var p struct {
		Errors []struct{ Field string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 422 || len(p.Errors) != 6 {
		t.Errorf("%d %s %v", w.Code, w.Body, err)
	}
	w = s.do(t, "GET", "/v1/entries?organization=acme&limit=0&order=up&tz=Mars&nothing=1&q=usr:x", "")
	if w.Code != 400 || !strings.Contains(w.Body.String(), `"field":"\"nothing\""`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = s.do(t, "GET", "/v1/entries?organization=acme&limit=0&order=up&tz=Mars&q=usr:x", "")
	for _, want := range []string{`"field":"limit"`, `"field":"order"`, `"field":"tz"`, `"code":"filter_unknown_field","at":0,"length":3,"suggestion":"user"`} {
		if w.Code != 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d %s lacks %s", w.Code, w.Body, want)
		}
	}
	if w = s.do(t, "GET", "/v1/entries?organization=acme&limit=1&limit=2", ""); w.Code != 400 {
		t.Errorf("repeated: %d %s", w.Code, w.Body)
	}
}

// A sender that stops in the middle is cut off, and one that takes the whole budget is told to come
// back.
func TestSlowBodiesAreCutOff(t *testing.T) {
	s := newServer(t, func(c *api.Config) { c.Limits.PaceGrace = 50 * time.Millisecond })
	h := httptest.NewServer(s)
	defer h.Close()
	conn, err := net.Dial("tcp", h.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/entries?organization=acme HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer operator\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"action\":")
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(answer), " 408 ") || !strings.Contains(string(answer), "too_slow") {
		t.Errorf("%s, %v", answer, err)
	}
}

func TestOneCredentialHoldsAtMostHalfOfTheBodies(t *testing.T) {
	l := api.NewLimiter(api.Limits{InFlight: 1000})
	if l.Hold("key:a", 501) || !l.Hold("key:a", 500) || l.Hold("key:a", 1) {
		t.Error("one credential holds more or less than half")
	}
	if !l.Hold("key:b", 500) || l.Hold("key:c", 1) {
		t.Error("all together hold more or less than all")
	}
	l.Release("key:a", 500)
	if !l.Hold("key:c", 500) {
		t.Error("what was released is still held")
	}
}

func TestBodiesThatAreReadAtOnceAreBounded(t *testing.T) {
	s := newServer(t, func(c *api.Config) { c.Limits.InFlight = 1000 })
	w := s.do(t, "POST", "/v1/entries?organization=acme", strings.Repeat(" ", 2000)+entry)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
	s.must(t, 201, "POST", "/v1/entries?organization=acme", entry) // nothing of the first is still counted
}
