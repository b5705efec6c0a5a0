package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
)

// listen listens for requests. Without authentication whoever reaches the server reads and writes
// every organization's log, so then it must be a loopback address.
func (s *Server) listen(address string) (net.Listener, error) {
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w: it looks like %s", address, err, DefaultListen)
	}
	if !at.IP.IsLoopback() {
		if s.config.Auth.Mode == AuthOff {
			return nil, fmt.Errorf("listen on %q: it can be reached from other machines, and auth.mode is off: use a loopback address such as %s, or ask for credentials", address, DefaultListen)
		}
		if s.certificate == nil && len(s.config.TrustedProxies) == 0 {
			s.logger.Warn("credentials and entries travel unencrypted: name a certificate in tls, or in trusted_proxies the proxy that has one", slog.String("listen", address))
		}
	}
	return listenOn(address)
}

func listenOn(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok {
			err = op.Err
		}
		return nil, fmt.Errorf("listen on %q: %w: end the other program, or use another address", address, err)
	}
	return l, nil
}

// loopbackOnly refuses requests whose Host is not this machine's: a page in a browser here can give
// its own name the address 127.0.0.1 (DNS rebinding) but not choose another Host. Nor can it send
// what a browser says comes from another site. Nor may a proxy in front, which would give the Host that
// it likes to whoever reaches it.
func loopbackOnly(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, http.StatusForbidden, "cross_origin", "the request comes from a page of another origin, and the server asks for no credential")
	}))
	next = protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopbackHost(r.Host) {
			writeProblem(w, http.StatusMisdirectedRequest, "misdirected",
				"the Host of the request must be localhost or a loopback address, since the server asks for no credential")
			return
		}
		for _, header := range [...]string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"} {
			if r.Header.Get(header) != "" {
				writeProblem(w, http.StatusMisdirectedRequest, "misdirected",
					"the request came through a proxy ("+header+"), and the server asks for no credential: set auth.mode to required")
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
