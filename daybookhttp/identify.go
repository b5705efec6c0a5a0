package daybookhttp

import (
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"

	"github.com/daybookdev/daybook"
)

// Bearer returns an [Options.Identify] that takes the token from the Authorization header (RFC
// 6750, section 2.1) and hands it to verify.
//
// verify must check the token's signature and its time before it believes a claim, and must take
// the organization from the claims, never from another header: whoever can choose the
// organization writes into anybody's log. A request without the header, with several of them, or
// with another scheme is an error, and verify is not called. Bearer panics if verify is nil.
func Bearer(verify func(token string) (daybook.Scope, error)) func(*http.Request) (daybook.Scope, error) {
	if verify == nil {
		panic("daybookhttp: Bearer without a verifier")
	}
	return func(r *http.Request) (daybook.Scope, error) {
		token, err := bearerToken(r.Header)
		if err != nil {
			return daybook.Scope{}, err
		}
		return verify(token)
	}
}

var (
	errNoToken   = errors.New("no bearer token in the Authorization header")
	errTwoTokens = errors.New("more than one Authorization header")
)

func bearerToken(h http.Header) (string, error) {
	lines := h["Authorization"]
	if len(lines) > 1 {
		return "", errTwoTokens
	}
	if len(lines) == 0 {
		return "", errNoToken
	}
	scheme, token, _ := strings.Cut(lines[0], " ")
	token = strings.Trim(token, " ")
	if !strings.EqualFold(scheme, "Bearer") || !isToken68(token) {
		return "", errNoToken
	}
	return token, nil
}

// isToken68 reports whether s has the form of a token (RFC 9110, section 11.2).
func isToken68(s string) bool {
	s = strings.TrimRight(s, "=")
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && !strings.ContainsRune("-._~+/", rune(c)) {
			return false
		}
	}
	return s != ""
}

// requestID returns the client's claim of a request id if it is sane, otherwise a new one. 128
// characters leave room in every store, and the alphabet cannot break a log line or a query.
func requestID(lines []string) string {
	if len(lines) == 1 && saneRequestID(lines[0]) {
		return lines[0]
	}
	var id [len("req-") + 16]byte
	n := rand.Uint64() // unguessable enough: nothing trusts a request id
	hex.Encode(id[copy(id[:], "req-"):], []byte{byte(n >> 56), byte(n >> 48), byte(n >> 40), byte(n >> 32),
		byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
	return string(id[:])
}

func saneRequestID(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return 1 <= len(s) && len(s) <= 128
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// traceID returns the trace-id of a valid traceparent header (W3C Trace Context, section 3.2), ""
// otherwise. Of a later version it reads what version 00 has.
func traceID(lines []string) string {
	if len(lines) != 1 || len(lines[0]) < 55 {
		return ""
	}
	s := lines[0]
	version, trace, parent, flags := s[:2], s[3:35], s[36:52], s[53:55]
	switch {
	case s[2] != '-' || s[35] != '-' || s[52] != '-',
		len(s) > 55 && (version == "00" || s[55] != '-'),
		!isLowerHex(version) || !isLowerHex(trace) || !isLowerHex(parent) || !isLowerHex(flags),
		version == "ff" || strings.Trim(trace, "0") == "" || strings.Trim(parent, "0") == "":
		return ""
	}
	return trace
}

func isLowerHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; !('0' <= c && c <= '9' || 'a' <= c && c <= 'f') {
			return false
		}
	}
	return true
}
