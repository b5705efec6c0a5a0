package access_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/daybookdev/daybook/access"
)

func TestBearerTokenIsThatOfTheHeader(t *testing.T) {
	for name, value := range map[string]string{
		"as RFC 6750 writes it": "Bearer abc.DEF-_9~+/=",
		"in lower case":         "bearer abc.DEF-_9~+/=",
		"in upper case":         "BEARER abc.DEF-_9~+/=",
		"several spaces":        "Bearer   abc.DEF-_9~+/=",
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/?access_token=other", nil)
			r.Header.Set("authorization", value)
			if got, err := access.BearerToken(r); got != "abc.DEF-_9~+/=" || err != nil {
				t.Errorf("%q %v", got, err)
			}
		})
	}
}

func TestRequestsWithoutExactlyOneTokenAreRefused(t *testing.T) {
	token := "abc.def.ghi"
	for name, c := range map[string]struct {
		why   string
		lines []string
	}{
		"no header":                      {"no Authorization", nil},
		"two headers":                    {"more than one", []string{"Bearer " + token, "Bearer " + token}},
		"two headers, one of them Basic": {"more than one", []string{"Basic dTpw", "Bearer " + token}},
		"two headers, one of them empty": {"more than one", []string{"", "Bearer " + token}},
		"an empty header":                {"not Bearer", []string{""}},
		"no scheme":                      {"not Bearer", []string{token}},
		"another scheme":                 {"not Bearer", []string{"Basic dTpw"}},
		"a longer scheme":                {"not Bearer", []string{"Bearers " + token}},
		"a space before the scheme":      {"not Bearer", []string{" Bearer " + token}},
		"a tab behind the scheme":        {"not Bearer", []string{"Bearer\t" + token}},
		"a colon behind the scheme":      {"not Bearer", []string{"Bearer: " + token}},
		"a scheme with a Kelvin sign":    {"not Bearer", []string{"Bearer\u212a " + token}},
		"no token":                       {"one token", []string{"Bearer"}},
		"no token but spaces":            {"one token", []string{"Bearer   "}},
		"padding alone":                  {"one token", []string{"Bearer =="}},
		"two tokens":                     {"one token", []string{"Bearer " + token + " " + token}},
		"two tokens in a list":           {"one token", []string{"Bearer " + token + ",Bearer " + token}},
		"a scheme twice":                 {"one token", []string{"Bearer Bearer " + token}},
		"a parameter":                    {"one token", []string{`Bearer token="` + token + `"`}},
		"quotes":                         {"one token", []string{`Bearer "` + token + `"`}},
		"a space behind":                 {"one token", []string{"Bearer " + token + " "}},
		"a tab before":                   {"one token", []string{"Bearer \t" + token}},
		"a line break behind":            {"one token", []string{"Bearer " + token + "\n"}},
		"a byte 0":                       {"one token", []string{"Bearer " + token + "\x00"}},
		"padding within":                 {"one token", []string{"Bearer abc=.def.ghi"}},
		"letters beyond ASCII":           {"one token", []string{"Bearer é" + token}},
		"more than 8 KiB":                {"longer than 8192", []string{"Bearer " + strings.Repeat("a", access.MaxToken+1)}},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/?access_token="+token, strings.NewReader("access_token="+token))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Proxy-Authorization", "Bearer "+token)
			r.AddCookie(&http.Cookie{Name: "access_token", Value: token})
			if c.lines != nil {
				r.Header["Authorization"] = c.lines
			}
			got, err := access.BearerToken(r)
			if got != "" || !errors.Is(err, access.ErrUnauthenticated) {
				t.Fatalf("%q %v, want ErrUnauthenticated", got, err)
			}
			if !strings.Contains(err.Error(), c.why) || strings.Contains(err.Error(), "abc") {
				t.Errorf("refused because of %q, want %q", err, c.why)
			}
		})
	}
}

func TestBearerTokenOf8KiBIsReturned(t *testing.T) {
	want := strings.Repeat("a", access.MaxToken)
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+want)
	if got, err := access.BearerToken(r); got != want || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
