package workspace

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"sync"
	"time"
)

// A driver makes requests and counts the answers.
type driver struct {
	base    string
	client  *http.Client
	report  io.Writer
	started time.Time
	of      int // how many requests there will be

	mu       sync.Mutex // guards what follows, and report
	made     int
	statuses map[int]int
}

// A person or program that sends requests: from one address, with one user agent, with what it got
// when it signed in.
type agent struct {
	address   string
	userAgent string
	token     string // or API key
}

// A call is one request of an agent.
type call struct {
	method, path string
	body         any               // JSON, or *bytes.Buffer with contentType
	contentType  string            // of a buffer
	header       map[string]string // further ones
	into         any               // what the JSON of a 2xx answer is read into
}

// send makes the request and returns the answer's status. Statuses below 500 are part of the day.
func (c *company) send(ctx context.Context, from *agent, k call) (int, error) {
	if c.left == 0 {
		return 0, errSpent
	}
	c.left--
	var body io.Reader
	switch b := k.body.(type) {
	case nil:
	case *bytes.Buffer:
		body = b
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return 0, err
		}
		body, k.contentType = bytes.NewReader(text), "application/json"
	}
	r, err := http.NewRequestWithContext(ctx, k.method, strings.TrimSuffix(c.driver.base, "/")+k.path, body)
	if err != nil {
		return 0, err
	}
	r.Header.Set("X-Request-Id", fmt.Sprintf("req-%016x", c.rng.Uint64()))
	r.Header.Set("X-Forwarded-For", from.address)
	r.Header.Set("User-Agent", from.userAgent)
	if k.contentType != "" {
		r.Header.Set("Content-Type", k.contentType)
	}
	if from.token != "" {
		r.Header.Set("Authorization", "Bearer "+from.token)
	}
	for name, value := range k.header {
		r.Header.Set(name, value)
	}
	answer, err := c.driver.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", k.method, k.path, err)
	}
	c.driver.count(answer.StatusCode)
	switch {
	case answer.StatusCode >= 500:
		return answer.StatusCode, fmt.Errorf("%s %s: %s: %.200s", k.method, k.path, answer.Status, text)
	case k.into != nil && answer.StatusCode < 300:
		if err := json.Unmarshal(text, k.into); err != nil {
			return answer.StatusCode, fmt.Errorf("%s %s: %w", k.method, k.path, err)
		}
	}
	return answer.StatusCode, nil
}

// must is send for what has to succeed for the day to go on.
func (c *company) must(ctx context.Context, from *agent, k call) error {
	status, err := c.send(ctx, from, k)
	if err == nil && status >= 300 {
		err = fmt.Errorf("%s %s: unexpected status %d", k.method, k.path, status)
	}
	return err
}

func (d *driver) count(status int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.made++
	d.statuses[status]++
	if d.made%500 == 0 {
		fmt.Fprintf(d.report, "%d of %d requests\n", d.made, d.of)
	}
}

func (d *driver) say(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fmt.Fprintf(d.report, format+"\n", args...)
}

// form returns the call that uploads a document.
func form(name, contentType string, content []byte, tags ...string) (call, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, tag := range tags {
		if err := w.WriteField("tags", tag); err != nil {
			return call{}, err
		}
	}
	head := textproto.MIMEHeader{}
	head.Set("Content-Disposition", multipart.FileContentDisposition("file", name))
	head.Set("Content-Type", contentType)
	part, err := w.CreatePart(head)
	if err != nil {
		return call{}, err
	}
	if _, err := part.Write(content); err != nil {
		return call{}, err
	}
	if err := w.Close(); err != nil {
		return call{}, err
	}
	return call{method: "POST", path: "/documents", body: &b, contentType: w.FormDataContentType()}, nil
}
