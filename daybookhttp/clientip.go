package daybookhttp

import (
	"net/http"
	"net/netip"
	"strings"
)

// maxForwarded is the most parts a chain of forwarding proxies may have. Longer ones are made to
// cost time.
const maxForwarded = 32

// ClientIP returns the address of the client: the zero Addr if even the peer's is unknown, as on a
// Unix socket.
//
// It is that of the peer, unless the peer lies in trusted. Then the header's lines, joined, are
// walked from the right over trusted addresses, since each proxy appends whom it was called by,
// and whatever stands further left is the word of the client. The first untrusted address is the
// client; if all are trusted, the leftmost. A part that cannot be read, or more than 32 parts,
// gives the address of the peer.
//
// header "" means X-Forwarded-For. "Forwarded" is read as RFC 7239 has it; any other, such as
// X-Real-Ip, as a list of addresses, with or without ports. An IPv4 address in IPv6 is
// unwrapped, and a zone is dropped. It allocates nothing.
func ClientIP(r *http.Request, trusted []netip.Prefix, header string) netip.Addr {
	if header == "" {
		header = "X-Forwarded-For"
	}
	peer, _ := parseAddr(r.RemoteAddr)
	if !trusts(trusted, peer) {
		return peer
	}
	forwarded := strings.EqualFold(header, "Forwarded")
	lines := r.Header.Values(header)
	parts := len(lines)
	for _, line := range lines {
		if parts += strings.Count(line, ","); parts > maxForwarded {
			return peer
		}
	}
	client := peer
	for i := len(lines) - 1; i >= 0; i-- {
		for line, more := lines[i], true; more; {
			var part string
			part, line, more = cutLast(line)
			if forwarded {
				part = forwardedFor(part)
			}
			addr, ok := parseAddr(part)
			if !ok {
				return peer
			}
			if client = addr; !trusts(trusted, addr) {
				return client
			}
		}
	}
	return client
}

// cutLast takes the part behind the last comma off a list.
func cutLast(list string) (part, rest string, more bool) {
	if i := strings.LastIndexByte(list, ','); i >= 0 {
		return strings.Trim(list[i+1:], " \t"), list[:i], true
	}
	return strings.Trim(list, " \t"), "", false
}

// forwardedFor returns the node in the "for" parameter of one element of a Forwarded header
// (RFC 7239, section 4), "" if there is not exactly one. Quoted text with a comma has been torn
// apart before and is not an address.
func forwardedFor(element string) (node string) {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, ok := strings.Cut(strings.Trim(pair, " \t"), "=")
		if !ok {
			return ""
		}
		if !strings.EqualFold(name, "for") {
			continue
		}
		if node != "" {
			return ""
		}
		if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
			value = value[1 : n-1]
		}
		node = value
	}
	return node
}

// parseAddr reads an address with or without a port: 192.0.2.1, 192.0.2.1:80, 2001:db8::1,
// [2001:db8::1], [2001:db8::1]:80. Of these, one colon or an open bracket mean a port; netip's
// errors are not used to find out, as they allocate.
func parseAddr(s string) (addr netip.Addr, ok bool) {
	bracket := strings.HasPrefix(s, "[")
	var err error
	switch {
	case bracket && strings.HasSuffix(s, "]"):
		addr, err = netip.ParseAddr(s[1 : len(s)-1])
		if addr.Is4() {
			return netip.Addr{}, false
		}
	case bracket || strings.Count(s, ":") == 1:
		var withPort netip.AddrPort
		withPort, err = netip.ParseAddrPort(s)
		addr = withPort.Addr()
	default:
		addr, err = netip.ParseAddr(s)
	}
	return addr.Unmap().WithZone(""), err == nil
}

func trusts(trusted []netip.Prefix, addr netip.Addr) bool {
	for _, p := range trusted {
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
