package access_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/daybookdev/daybook/access"
)

// jwk returns a key as RFC 7517 has it, put together by hand.
func jwk(kid string, public crypto.PublicKey) string {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf(`{"kty":"RSA","use":"sig","kid":%q,"n":%q,"e":%q}`, kid, encode(string(k.N.Bytes())), encode(string(big.NewInt(int64(k.E)).Bytes())))
	case *ecdsa.PublicKey:
		point, err := k.Bytes() // 4, x, y
		if err != nil {
			panic(err)
		}
		return fmt.Sprintf(`{"kty":"EC","crv":"P-256","kid":%q,"x":%q,"y":%q}`, kid, encode(string(point[1:33])), encode(string(point[33:])))
	case ed25519.PublicKey:
		return fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","kid":%q,"x":%q}`, kid, encode(string(k)))
	}
	panic(fmt.Sprintf("%T", public))
}

func jwks(keys ...string) string { return `{"keys":[` + strings.Join(keys, ",") + `]}` }

// A publisher is an issuer's server, without the network between.
type publisher struct {
	mu      sync.Mutex
	answer  string // "": it does not answer
	status  int    // 0: 200
	wait    time.Duration
	fetches int
}

func (p *publisher) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.fetches++
	answer, status, wait := p.answer, p.status, p.wait
	p.mu.Unlock()
	select {
	case <-time.After(wait):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if answer == "" {
		return nil, errors.New("connection refused")
	}
	if status == 0 {
		status = http.StatusOK
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

func (p *publisher) set(answer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = answer
}

// count returns how often it was asked.
func (p *publisher) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetches
}

// verifier returns a Verifier of the issuer whose keys p publishes, beside another issuer.
func (p *publisher) verifier(t testing.TB, a algorithm) *access.Verifier {
	t.Helper()
	issuer := a.issuer()
	issuer.PublicKey, issuer.KeyID, issuer.JWKS, issuer.Transport = nil, "", "https://id.example/keys", p
	v, err := access.NewVerifier(issuer, a.other())
	if err != nil {
		t.Fatal(err)
	}
	return v
}
