package access

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// BearerToken returns the token of the request's Authorization header (RFC 6750, section 2.1),
// which a [Verifier] can check. The scheme may be in either case.
//
// A request with no such header or with several, with another scheme, or with anything but one
// token of at most [MaxToken] bytes in it is refused: two programs must not see two tokens. Tokens
// in the URL or in the body are never read. Every error wraps [ErrUnauthenticated].
func BearerToken(r *http.Request) (string, error) {
	token, err := bearerToken(r.Header["Authorization"])
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnauthenticated, err)
	}
	return token, nil
}

func bearerToken(lines []string) (string, error) {
	switch len(lines) {
	case 0:
		return "", errors.New("the request has no Authorization header")
	case 1:
	default:
		return "", errors.New("the request has more than one Authorization header")
	}
	scheme, token, _ := strings.Cut(lines[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", errors.New("the scheme of the Authorization header is not Bearer")
	}
	token = strings.TrimLeft(token, " ") // RFC 9110, section 11.4, allows several
	if len(token) > MaxToken {
		return "", fmt.Errorf("the token is longer than %d bytes", MaxToken)
	}
	if !isToken68(token) {
		return "", errors.New("the Authorization header does not hold one token")
	}
	return token, nil
}

// isToken68 reports whether s has the form of a token (RFC 9110, section 11.2).
func isToken68(s string) bool {
	s = strings.TrimRight(s, "=")
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~+/", c) >= 0:
		default:
			return false
		}
	}
	return s != ""
}
