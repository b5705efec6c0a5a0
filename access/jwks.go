package access

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	fetchTimeout = 5 * time.Second
	fetchLimit   = 64 << 10       // bytes
	fetchPause   = time.Minute    // between two attempts
	fetchAgain   = time.Hour      // keys that an issuer takes back are good for so long
	fetchedGood  = 24 * time.Hour // while they cannot be fetched again
	mostKeys     = 100            // of an issuer
	wellKnown    = "/.well-known/openid-configuration"
)

// A keySet has the keys that an issuer publishes. Safe for concurrent use.
type keySet struct {
	issuer    string
	algorithm string
	url       string // of the keys, "" where discovery finds it
	client    *http.Client

	mu       sync.Mutex // guards what follows
	keys     map[string]publicKey
	fetched  time.Time     // when keys were; zero: never
	tried    time.Time     // when the last attempt began
	problem  error         // of the last attempt
	fetching chan struct{} // closed when the attempt under way has ended; nil: there is none
}

func newKeySet(i *Issuer) (*keySet, error) {
	s := &keySet{issuer: i.Issuer, algorithm: i.Algorithm, url: i.JWKS}
	transport := i.Transport
	i.Transport = nil
	switch {
	case i.Algorithm == "HS256":
		return nil, errors.New("the algorithm HS256 has a Secret: who publishes it lets everybody sign")
	case i.Secret != nil || i.PublicKey != nil || i.KeyID != "":
		return nil, errors.New("has JWKS or Discovery, and so neither a Secret nor a PublicKey nor a KeyID")
	case i.JWKS != "" && i.Discovery:
		return nil, errors.New("has JWKS and Discovery: choose one")
	}
	if !slices.Contains([]string{"RS256", "PS256", "ES256", "EdDSA"}, i.Algorithm) {
		return nil, fmt.Errorf("the Algorithm is %q: use RS256, PS256, ES256 or EdDSA", i.Algorithm)
	}
	where := i.JWKS
	if i.Discovery {
		where = i.Issuer
	}
	if err := checkURL(where); err != nil {
		return nil, err
	}
	if transport == nil {
		transport = &http.Transport{
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
			MaxResponseHeaderBytes: 16 << 10,
			DisableKeepAlives:      true,
			ForceAttemptHTTP2:      true,
		}
	}
	s.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s, nil
}

// checkURL refuses what is no plain https URL.
func checkURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return fmt.Errorf("the URL %.100q is not https://host/path: keys are fetched over TLS alone", s)
	}
	return nil
}

// published returns k with the key that the token names, if the issuer publishes its keys.
func (k *key) published(ctx context.Context, kid string) (*key, error) {
	if k.keys == nil {
		return k, nil
	}
	public, err := k.keys.key(ctx, kid)
	if err != nil {
		return nil, err
	}
	found := *k
	found.check = func() any { return public }
	return &found, nil
}

// key returns the key with the id; for "" the only one there is.
func (s *keySet) key(ctx context.Context, kid string) (publicKey, error) {
	public, wait := s.look(kid)
	if wait != nil {
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ErrNoKeys, ctx.Err())
		}
		public, _ = s.look(kid)
	}
	if public != nil {
		return public, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.usable(time.Now()) {
		return nil, fmt.Errorf("%w: issuer %q: %w", ErrNoKeys, s.issuer, s.problem)
	}
	return nil, errors.New("kid does not name one of the keys that the issuer publishes")
}

// usable reports whether there are keys that may be used. The caller holds mu.
func (s *keySet) usable(now time.Time) bool {
	return !s.fetched.IsZero() && now.Sub(s.fetched) < fetchedGood
}

// look returns the key with the id, nil if there is none, and what to wait for until there may be
// one, nil for nothing.
func (s *keySet) look(kid string) (public publicKey, wait <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.usable(now) {
		public = s.keys[kid]
		if kid == "" && len(s.keys) == 1 {
			for _, only := range s.keys {
				public = only
			}
		}
	}
	if public != nil && now.Sub(s.fetched) < fetchAgain {
		return public, nil
	}
	if s.fetching == nil && (s.tried.IsZero() || now.Sub(s.tried) >= fetchPause) {
		s.tried, s.fetching = now, make(chan struct{})
		go s.fetch(s.fetching) // ends within fetchTimeout
	}
	if public != nil {
		return public, nil // old, but good: nobody waits
	}
	return nil, s.fetching
}

// fetch replaces the keys with those that the issuer publishes now.
func (s *keySet) fetch(done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	keys, err := s.fetchKeys(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.problem = err; err == nil {
		s.keys, s.fetched = keys, time.Now()
	}
	s.fetching = nil
	close(done)
}

func (s *keySet) fetchKeys(ctx context.Context) (map[string]publicKey, error) {
	where := s.url
	if where == "" {
		configuration, err := s.get(ctx, strings.TrimSuffix(s.issuer, "/")+wellKnown)
		if err != nil {
			return nil, err
		}
		if issuer, _ := configuration["issuer"].(string); issuer != s.issuer {
			return nil, errors.New("the discovered configuration is another issuer's")
		}
		where, _ = configuration["jwks_uri"].(string)
		if err := checkURL(where); err != nil {
			return nil, fmt.Errorf("the discovered jwks_uri: %w", err)
		}
	}
	set, err := s.get(ctx, where)
	if err != nil {
		return nil, err
	}
	return s.read(set)
}

// get returns the JSON object at a URL.
func (s *keySet) get(ctx context.Context, where string) (object, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	answer, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %d, and redirects are not followed", where, answer.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, fetchLimit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", where, err)
	case len(body) > fetchLimit:
		return nil, fmt.Errorf("%s answers with more than %d bytes", where, fetchLimit)
	}
	o, err := parseObject(body)
	if err != nil {
		return nil, fmt.Errorf("the answer of %s %w", where, err)
	}
	return o, nil
}

// read returns the keys of a set that sign with the issuer's algorithm. Others are passed over, as RFC
// 7517, section 5, asks; so are those that are weak. Certificates and URLs in keys are ignored.
func (s *keySet) read(set object) (map[string]publicKey, error) {
	list, ok := set["keys"].([]any)
	if !ok || len(list) > mostKeys {
		return nil, fmt.Errorf("keys is not a list of at most %d", mostKeys)
	}
	keys := map[string]publicKey{}
	for _, item := range list {
		members, _ := item.(map[string]any)
		kid, public := s.readKey(members)
		if public == nil {
			continue
		}
		if other, there := keys[kid]; there && !other.Equal(public) {
			return nil, fmt.Errorf("two keys have the kid %.60q", kid)
		}
		keys[kid] = public
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("there is no key for %s", s.algorithm)
	}
	return keys, nil
}

// readKey returns nil for what is no key for the issuer's algorithm.
func (s *keySet) readKey(members object) (kid string, public publicKey) {
	if use, there := members["use"]; there && use != "sig" {
		return "", nil
	}
	if algorithm, there := members["alg"]; there && algorithm != s.algorithm {
		return "", nil
	}
	if operations, there := members["key_ops"].([]any); there && !slices.Contains(operations, any("verify")) {
		return "", nil
	}
	if id, there := members["kid"]; there {
		if kid, there = plainString(id); !there {
			return "", nil
		}
	}
	bare := object{}
	for _, name := range [...]string{"kty", "crv", "x", "y", "n", "e"} { // a private half is not wanted
		if v, there := members[name]; there {
			bare[name] = v
		}
	}
	text, err := json.Marshal(bare)
	if err != nil {
		return "", nil
	}
	var k jose.JSONWebKey
	if err := k.UnmarshalJSON(text); err != nil {
		return "", nil
	}
	public, err = fittingKey(s.algorithm, k.Key)
	if err != nil {
		return "", nil
	}
	return kid, public
}
