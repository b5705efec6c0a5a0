package daybookhttp_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/daybookdev/daybook/daybookhttp"
)

func prefixes(s ...string) (all []netip.Prefix) {
	for _, p := range s {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}

// Trap 18: a forwarding header that is believed from anybody, or at its wrong end.
func TestClientIP(t *testing.T) {
	proxies := prefixes("10.0.0.0/8", "fd00::/8", "192.0.2.1/32")
	const peer = "10.0.0.1:1234"
	list := func(n int, part string) string { return strings.TrimSuffix(strings.Repeat(part+", ", n), ", ") }
	for _, c := range []struct {
		name, peer string
		lines      []string
		header     string
		want       string
	}{
		{"no header", peer, nil, "", "10.0.0.1"},
		{"one proxy", peer, []string{"198.51.100.7"}, "", "198.51.100.7"},
		{"spoofed by an untrusted peer", "203.0.113.9:1234", []string{"198.51.100.7"}, "", "203.0.113.9"},
		{"spoofed on the left", peer, []string{"1.2.3.4, 198.51.100.7"}, "", "198.51.100.7"},
		{"spoofed as a trusted address on the left", peer, []string{"10.9.9.9, 198.51.100.7"}, "", "198.51.100.7"},
		{"two proxies", peer, []string{"198.51.100.7, 10.0.0.2"}, "", "198.51.100.7"},
		{"trusted in the middle", peer, []string{"1.2.3.4, 10.0.0.3, 198.51.100.7, 10.0.0.2"}, "", "198.51.100.7"},
		{"two header lines", peer, []string{"1.2.3.4", "198.51.100.7"}, "", "198.51.100.7"},
		{"two header lines, the last one trusted", peer, []string{"198.51.100.7", "10.0.0.2"}, "", "198.51.100.7"},
		{"all trusted", peer, []string{"10.0.0.3, 10.0.0.2"}, "", "10.0.0.3"},
		{"an empty header", peer, []string{""}, "", "10.0.0.1"},
		{"an empty part", peer, []string{"198.51.100.7,,10.0.0.2"}, "", "10.0.0.1"},
		{"an empty part at the end", peer, []string{"198.51.100.7,"}, "", "10.0.0.1"},
		{"an unreadable part", peer, []string{"198.51.100.7, <img src=x onerror=alert(1)>, 10.0.0.2"}, "", "10.0.0.1"},
		{"an unreadable part behind the client", peer, []string{"<img>, 198.51.100.7"}, "", "198.51.100.7"},
		{"unknown", peer, []string{"unknown"}, "", "10.0.0.1"},
		{"leading zeros", peer, []string{"010.0.0.1"}, "", "10.0.0.1"},
		{"white space", peer, []string{" \t198.51.100.7\t "}, "", "198.51.100.7"},
		{"IPv4 with port", peer, []string{"198.51.100.7:80"}, "", "198.51.100.7"},
		{"IPv6", peer, []string{"2001:db8::7"}, "", "2001:db8::7"},
		{"IPv6 in brackets", peer, []string{"[2001:db8::7]"}, "", "2001:db8::7"},
		{"IPv6 with port", peer, []string{"[2001:db8::7]:443"}, "", "2001:db8::7"},
		{"IPv6 with zone", peer, []string{"fe80::7%eth0"}, "", "fe80::7"},
		{"IPv4 in brackets", peer, []string{"[198.51.100.7]"}, "", "10.0.0.1"},
		{"a port that is none", peer, []string{"198.51.100.7:99999"}, "", "10.0.0.1"},
		{"IPv4 in IPv6", peer, []string{"::ffff:198.51.100.7"}, "", "198.51.100.7"},
		{"a trusted IPv4 in IPv6", "[::ffff:10.0.0.1]:1234", []string{"198.51.100.7, ::ffff:10.0.0.2"}, "", "198.51.100.7"},
		{"a trusted IPv6 peer with zone", "[fd00::1%eth0]:1234", []string{"198.51.100.7"}, "", "198.51.100.7"},
		{"32 parts", peer, []string{"198.51.100.7, " + list(31, "10.0.0.2")}, "", "198.51.100.7"},
		{"33 parts", peer, []string{"198.51.100.7, " + list(32, "10.0.0.2")}, "", "10.0.0.1"},
		{"10,000 parts", peer, []string{list(10_000, "10.0.0.2")}, "", "10.0.0.1"},
		{"10,000 lines", peer, strings.Split(list(10_000, "10.0.0.2"), ", "), "", "10.0.0.1"},
		{"no peer", "@", []string{"198.51.100.7"}, "", "invalid IP"},
		{"a peer without port", "203.0.113.9", nil, "", "203.0.113.9"},
		{"another header than the configured", peer, []string{"198.51.100.7"}, "X-Real-Ip", "198.51.100.7"},
		{"in any case", peer, []string{"198.51.100.7"}, "x-real-ip", "198.51.100.7"},
		{"Forwarded", peer, []string{`for=1.2.3.4, for=198.51.100.7;proto=https;by=10.0.0.1`}, "Forwarded", "198.51.100.7"},
		{"Forwarded, quoted", peer, []string{`For="[2001:db8::7]:4711"`}, "forwarded", "2001:db8::7"},
		{"Forwarded, obfuscated", peer, []string{`for=_hidden`}, "Forwarded", "10.0.0.1"},
		{"Forwarded, without for", peer, []string{`for=198.51.100.7, proto=https`}, "Forwarded", "10.0.0.1"},
		{"Forwarded, twice for", peer, []string{`for=198.51.100.7;for=10.0.0.2`}, "Forwarded", "10.0.0.1"},
		{"Forwarded, torn apart", peer, []string{`for="198.51.100.7, 10.0.0.2"`}, "Forwarded", "10.0.0.1"},
		{"Forwarded, malformed", peer, []string{`198.51.100.7`}, "Forwarded", "10.0.0.1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		header := c.header
		if header == "" {
			header = "X-Forwarded-For"
		}
		r.Header[http.CanonicalHeaderKey(header)] = c.lines
		if header != "X-Forwarded-For" {
			r.Header.Set("X-Forwarded-For", "6.6.6.6") // not configured
		} else {
			r.Header.Set("X-Real-Ip", "6.6.6.6")
			r.Header.Set("True-Client-Ip", "6.6.6.6")
			r.Header.Set("Forwarded", "for=6.6.6.6")
		}
		if got := daybookhttp.ClientIP(r, proxies, c.header).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if r.RemoteAddr != c.peer {
			t.Errorf("%s: RemoteAddr became %s", c.name, r.RemoteAddr)
		}
	}
}

func TestClientIPTrustsNobodyByDefault(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "127.0.0.1:1"
	r.Header.Set("X-Forwarded-For", "6.6.6.6")
	if got := daybookhttp.ClientIP(r, nil, "").String(); got != "127.0.0.1" {
		t.Errorf("client %s", got)
	}
	mapped := prefixes("::ffff:127.0.0.0/104")
	if got := daybookhttp.ClientIP(r, mapped, "").String(); got != "6.6.6.6" {
		t.Errorf("with a network of IPv4 in IPv6: client %s", got)
	}
}

func TestClientIPAllocatesNothing(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "10.0.0.1:1234"
	r.Header.Set("X-Forwarded-For", "1.2.3.4, 198.51.100.7:80, 10.0.0.2, [fd00::1]:80")
	proxies := prefixes("10.0.0.0/8", "fd00::/8")
	if n := testing.AllocsPerRun(100, func() { daybookhttp.ClientIP(r, proxies, "") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
