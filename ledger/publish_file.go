package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"strings"
	"sync"
)

// A FilePublisher appends checkpoints to a file, which lies on another host or volume than the
// database. Safe for concurrent use.
type FilePublisher struct {
	path string

	mu      sync.Mutex // guards what follows, and the file
	checked bool
	last    map[string]string // by origin
}

// PublishToFile returns a Publisher that appends to the file at path, one note behind the other, each
// on disk before Publish returns. daybook verify --kept reads it.
func PublishToFile(path string) *FilePublisher {
	return &FilePublisher{path: path, last: map[string]string{}}
}

// Name returns "file" and the path.
func (p *FilePublisher) Name() string { return "file " + p.path }

// Publish appends the note.
func (p *FilePublisher) Publish(_ context.Context, c Checkpoint, note string) (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last[c.Origin] == note {
		return nil
	}
	f, err := os.OpenFile(p.path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if !p.checked { // a crash may have cut the last note short
		data, err := io.ReadAll(f)
		if err != nil {
			return err
		}
		if err := f.Truncate(int64(wholeNotes(data))); err != nil {
			return err
		}
		p.checked = true
	}
	if _, err := f.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	if _, err := f.WriteString(note); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	p.last[c.Origin] = note
	return nil
}

// wholeNotes returns the length of the notes that are whole: behind the last line of a signature.
func wholeNotes(data []byte) int {
	whole := 0
	for at := 0; at < len(data); {
		end := bytes.IndexByte(data[at:], '\n')
		if end < 0 {
			break
		}
		line := data[at : at+end]
		at += end + 1
		if bytes.HasPrefix(line, []byte("— ")) {
			whole = at
		}
	}
	return whole
}

// Kept returns the newest note of each log in the file.
func (p *FilePublisher) Kept(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		p.mu.Lock()
		data, err := os.ReadFile(p.path)
		p.mu.Unlock()
		if errors.Is(err, os.ErrNotExist) {
			return
		}
		var notes []string
		if err == nil {
			notes, err = SplitNotes(string(data[:wholeNotes(data)]))
		}
		if err != nil {
			yield("", err)
			return
		}
		newest := map[string]string{}
		var origins []string
		for _, note := range notes {
			origin, _, _ := strings.Cut(note, "\n")
			if newest[origin] == "" {
				origins = append(origins, origin)
			}
			newest[origin] = note
		}
		for _, o := range origins {
			if !yield(newest[o], nil) {
				return
			}
		}
	}
}

// A WebhookPublisher posts checkpoints to a URL.
type WebhookPublisher struct {
	url    string
	client *http.Client
}

// PublishToWebhook returns a Publisher that posts each checkpoint as plain text to a URL, and takes a
// status of 2xx for kept. It follows no redirects. client may be nil.
func PublishToWebhook(url string, client *http.Client) *WebhookPublisher {
	return &WebhookPublisher{url, withoutRedirects(client)}
}

func withoutRedirects(client *http.Client) *http.Client {
	c := http.Client{Timeout: publishTimeout}
	if client != nil {
		c = *client
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// Name returns "webhook" and the URL without what may be secret in it.
func (p *WebhookPublisher) Name() string { return "webhook " + hostOf(p.url) }

// hostOf returns scheme and host of a URL: paths and queries hold tokens.
func hostOf(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return "?"
	}
	host, _, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	return scheme + "://" + host
}

// Publish posts the note.
func (p *WebhookPublisher) Publish(ctx context.Context, _ Checkpoint, note string) error {
	status, _, err := post(ctx, p.client, p.url, note)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("%s answers %d", hostOf(p.url), status)
	}
	return err
}

// post sends a text and returns the first bytes of the answer.
func post(ctx context.Context, client *http.Client, url, text string) (status int, body string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(text))
	if err != nil {
		return 0, "", errors.New("the URL cannot be read")
	}
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	answer, err := client.Do(r)
	if err != nil {
		return 0, "", fmt.Errorf("%s does not answer: %w", hostOf(url), errors.Unwrap(err))
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	return answer.StatusCode, string(b), err
}
