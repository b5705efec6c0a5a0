package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/daybookdev/daybook"
	"github.com/daybookdev/daybook/access"
	"github.com/daybookdev/daybook/api"
	"github.com/daybookdev/daybook/server"
	"github.com/daybookdev/daybook/store/memory"
	"github.com/daybookdev/daybook/store/sqlite"
)

// A nothing is a store that takes everything and keeps nothing: what is left is the cost of HTTP, the
// credential, JSON, redaction and checks.
type nothing struct{ daybook.Store }

func (nothing) Append(_ context.Context, entries ...daybook.Entry) error {
	for i := range entries {
		if _, err := entries[i].Normalize(); err != nil { // as every store does
			return err
		}
	}
	return nil
}

// A served is the API over a store, on a port of its own, with a key that records for every
// organization.
type served struct {
	address, key string
	api          *api.API
	http         *http.Server
}

func serve(ctx context.Context, s daybook.Store) (_ *served, err error) {
	credentials, err := server.NewCredentials(memory.New(), "daybook", slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	_, key, err := credentials.CreateKey(ctx, access.Operator("bench"), access.KeyRequest{Name: "bench", AllOrganizations: true, Permissions: []access.Permission{access.Record}})
	if err != nil {
		return nil, err
	}
	none := api.Rate{PerSecond: -1}
	a, err := api.New(api.Config{Store: s, Authenticator: access.NewAuthenticator(nil, credentials), Credentials: credentials,
		Limits: api.Limits{Record: none, Read: none, InFlight: 1 << 30, Body: 8 << 20, Expanded: 64 << 20, Entries: 10_000}})
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	h := &http.Server{Handler: a, ReadHeaderTimeout: 5 * time.Second}
	go h.Serve(l) // until close
	return &served{l.Addr().String(), key, a, h}, nil
}

func (s *served) close() error {
	s.api.EndStreams()
	return s.http.Close()
}

// bodies returns requests of so many entries each, without ids, which the server then draws: the same
// body is a new entry every time.
func bodies(entries []daybook.Entry, each int) ([][]byte, error) {
	var all [][]byte
	for len(entries) >= each {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		for _, entry := range entries[:each] {
			entry.ID, entry.CreatedAt, entry.UpdatedAt, entry.RecordedBy = daybook.ID{}, time.Time{}, time.Time{}, ""
			if err := e.Encode(entry); err != nil {
				return nil, err
			}
		}
		all, entries = append(all, b.Bytes()), entries[each:]
	}
	return all, nil
}

// The stores behind the API, the one to compare with the other first.
const (
	behindSQLite = iota
	behindNothing
	behinds
)

// measureHTTP measures requests that record, by a load generator in another process, over a fresh
// SQLite file and over a store that does nothing.
func measureHTTP(ctx context.Context, p plan, s *stored) ([]table, []aim, error) {
	t := table{
		title: "Recording over HTTP",
		about: fmt.Sprintf("`POST /v1/entries` with an API key, answered when the entries are on disk, by a load generator in another process on the same machine; each connection has one request at a time. "+
			"*One* is an object of JSON; *lines* are %s entries as NDJSON, not compressed. *Nothing* is a store that normalizes entries and keeps none: what remains is HTTP, the credential, JSON, redaction and checks, and the generator. "+
			"The last column is the part of its rate that the durable store has.", whole(float64(p.batch))),
		head: []string{"request", "connections", "store", "requests/s", "entries/s", "p50 ms", "p99 ms", "of nothing ×"},
	}
	kinds := []struct {
		name, media string
		each        int
		connections int
	}{
		{"one", "application/json", 1, p.callers[1]},
		{"one", "application/json", 1, p.mostCallers()},
		{"lines", "application/x-ndjson", p.batch, 2},
	}
	var aims []aim
	for k, kind := range kinds {
		made, err := bodies(s.next, kind.each)
		if err != nil {
			return nil, nil, err
		}
		file := filepath.Join(p.dir, fmt.Sprintf("bodies%d", k))
		if err := writeBodies(file, made); err != nil {
			return nil, nil, err
		}
		var results [behinds][]loaded
		for run := range p.runs {
			for turn := range behinds {
				behind := (turn + run) % behinds
				r, err := loadOnce(ctx, p, behind, loading{bodies: file, media: kind.media, connections: kind.connections, seconds: p.writes}, kind.each)
				if err != nil {
					return nil, nil, fmt.Errorf("%s over %d connections: %w", kind.name, kind.connections, err)
				}
				results[behind] = append(results[behind], r)
			}
		}
		rate := func(r loaded) float64 { return float64(r.Requests) / r.Seconds }
		ratio := ratioOf(results[behindSQLite], results[behindNothing], rate)
		for behind, name := range []string{"SQLite", "nothing"} {
			of := func(f func(loaded) float64) float64 { return medianOf(results[behind], f) }
			part := times(1)
			if behind == behindSQLite {
				part = times(ratio)
			}
			t.rows = append(t.rows, []string{kind.name, strconv.Itoa(kind.connections), name, whole(of(rate)), whole(of(rate) * float64(kind.each)),
				figure(of(func(r loaded) float64 { return r.P50 })), figure(of(func(r loaded) float64 { return r.P99 })), part})
		}
		if kind.each == 1 && kind.connections == p.mostCallers() {
			aims = append(aims, aim{what: fmt.Sprintf("a durable POST over %d connections, against the same server with a store that does nothing", kind.connections),
				least: 40, unit: " %", measured: 100 * ratio})
		}
	}
	// Other products were measured once, on a machine of this kind, and not in this run.
	t.about += " For orientation, from another run on such a machine, not this one: auditum with one event a request over 16 connections 247/s on SQLite and 565/s on PostgreSQL, " +
		"in batches of 100 events 2,653/s and 6,885/s; Retraced 431 requests/s, in batches of 50 events 1,190 to 1,467/s."
	return []table{t}, aims, nil
}

// loadOnce measures one load on one store, and counts that what was answered is there.
func loadOnce(ctx context.Context, p plan, behind int, l loading, each int) (r loaded, err error) {
	var store daybook.Store = nothing{memory.New()}
	var log *sqlite.Store
	if behind == behindSQLite {
		path := filepath.Join(p.dir, "http.db")
		if log, err = sqlite.Open(ctx, path, nil); err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, log.Close(), removeFile(path)) }()
		store = log
	}
	s, err := serve(ctx, store)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	runtime.GC()
	l.address, l.token = s.address, s.key
	if r, err = l.run(ctx); err != nil || log == nil {
		return r, err
	}
	if n, err := entriesOf(ctx, log); err != nil || n != r.Requests*each {
		return r, fmt.Errorf("%d requests of %d entries were answered, but %d entries are stored: %w", r.Requests, each, n, err)
	}
	return r, nil
}
