package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A loading is what the load generator does: it runs in a process of its own, so that its work is not
// counted as the server's, and writes requests that were made beforehand.
type loading struct {
	address     string
	token       string
	bodies      string        // file: see writeBodies
	media       string        // of the bodies
	connections int           // each with one request at a time
	seconds     time.Duration // how long requests are begun; 0: until each body was sent once
}

// A loaded is what came of it.
type loaded struct {
	Requests int     `json:"requests"` // answered with success
	Seconds  float64 `json:"seconds"`
	P50      float64 `json:"p50"` // of a request, in milliseconds
	P99      float64 `json:"p99"`
}

// loadWord is the first argument of the process that generates load.
const loadWord = "load"

// run generates the load in a process of its own.
func (l loading) run(ctx context.Context) (r loaded, err error) {
	program, err := os.Executable()
	if err != nil {
		return r, err
	}
	var out, faults bytes.Buffer
	c := exec.CommandContext(ctx, program, loadWord, "-address", l.address, "-bodies", l.bodies, "-media", l.media,
		"-connections", strconv.Itoa(l.connections), "-seconds", strconv.FormatFloat(l.seconds.Seconds(), 'f', -1, 64))
	c.Env = append(os.Environ(), "DAYBOOK_BENCH_TOKEN="+l.token) // not in the list of processes
	c.Stdout, c.Stderr = &out, &faults
	if err := c.Run(); err != nil {
		return r, fmt.Errorf("generate load: %w: %s", err, faults.String())
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return r, fmt.Errorf("read what the load generator says: %w", err)
	}
	return r, nil
}

// writeBodies writes the bodies into a file, each behind its length.
func writeBodies(path string, bodies [][]byte) error {
	var b []byte
	for _, body := range bodies {
		b = binary.BigEndian.AppendUint32(b, uint32(len(body)))
		b = append(b, body...)
	}
	return os.WriteFile(path, b, 0o600)
}

func readBodies(path string) ([][]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var bodies [][]byte
	for len(b) >= 4 {
		n := int(binary.BigEndian.Uint32(b))
		if len(b) < 4+n {
			return nil, fmt.Errorf("%s ends in the middle of a body", path)
		}
		bodies, b = append(bodies, b[4:4+n]), b[4+n:]
	}
	if len(bodies) == 0 {
		return nil, fmt.Errorf("%s has no bodies", path)
	}
	return bodies, nil
}

// generateLoad is the main function of the process.
func generateLoad(ctx context.Context, args []string, stdout io.Writer) error {
	var l loading
	flags := flag.NewFlagSet(loadWord, flag.ContinueOnError)
	flags.StringVar(&l.address, "address", "", "host:port of the server")
	flags.StringVar(&l.bodies, "bodies", "", "file of bodies")
	flags.StringVar(&l.media, "media", "application/json", "media type of the bodies")
	flags.IntVar(&l.connections, "connections", 1, "connections, each with one request at a time")
	seconds := flags.Float64("seconds", 0, "how long requests are begun; 0: until each body was sent once")
	if err := flags.Parse(args); err != nil {
		return err
	}
	l.seconds, l.token = time.Duration(*seconds*float64(time.Second)), os.Getenv("DAYBOOK_BENCH_TOKEN")
	bodies, err := readBodies(l.bodies)
	if err != nil {
		return err
	}
	for i, body := range bodies {
		head := fmt.Sprintf("POST /v1/entries HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nPrefer: return=minimal\r\nContent-Length: %d\r\n\r\n",
			l.address, l.token, l.media, len(body))
		bodies[i] = append([]byte(head), body...)
	}
	r, err := l.send(ctx, bodies)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(r)
}

// send sends the requests over all connections, which are open before the time begins.
func (l loading) send(ctx context.Context, requests [][]byte) (r loaded, err error) {
	var next atomic.Int64
	var mu sync.Mutex // guards what follows
	var took []float64
	var faults []error
	conns := make([]net.Conn, l.connections)
	for i := range conns {
		if conns[i], err = (&net.Dialer{}).DialContext(ctx, "tcp", l.address); err != nil {
			return r, err
		}
		defer conns[i].Close()
	}
	began := time.Now()
	var wg sync.WaitGroup
	for _, conn := range conns {
		wg.Go(func() {
			var mine []float64
			answers := bufio.NewReader(conn)
			err := func() error {
				for {
					n := int(next.Add(1) - 1)
					if l.seconds == 0 && n >= len(requests) || l.seconds > 0 && time.Since(began) >= l.seconds || ctx.Err() != nil {
						return ctx.Err()
					}
					at := time.Now()
					if _, err := conn.Write(requests[n%len(requests)]); err != nil {
						return err
					}
					if err := readAnswer(answers); err != nil {
						return err
					}
					mine = append(mine, float64(time.Since(at).Microseconds())/1000)
				}
			}()
			mu.Lock()
			defer mu.Unlock()
			took, faults = append(took, mine...), append(faults, err)
		})
	}
	wg.Wait()
	r.Seconds, r.Requests = time.Since(began).Seconds(), len(took)
	if err := errors.Join(faults...); err != nil {
		return r, err
	}
	slices.Sort(took)
	r.P50, r.P99 = percentile(took, 50), percentile(took, 99)
	return r, nil
}

// readAnswer reads one answer with a Content-Length, which the server's are, and refuses what is no
// success.
func readAnswer(r *bufio.Reader) error {
	status, err := r.ReadString('\n')
	if err != nil {
		return err
	}
	length := -1
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if line = strings.TrimRight(line, "\r\n"); line == "" {
			break
		}
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return fmt.Errorf("the answer has no length: %s", status)
	}
	if strings.HasPrefix(status, "HTTP/1.1 20") && !strings.HasPrefix(status, "HTTP/1.1 207") {
		_, err := r.Discard(length)
		return err
	}
	body := make([]byte, min(length, 1000))
	_, err = io.ReadFull(r, body)
	return errors.Join(fmt.Errorf("the server answers %s %s", strings.TrimSpace(status), body), err)
}
