package server

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
)

// As long as requests are not authenticated, whoever reaches the server reads every organization's
// log. So it serves this machine alone: it listens on loopback addresses, and it answers only
// requests that name one, since a page in a browser here can give its own name the address
// 127.0.0.1 (DNS rebinding) but not choose another Host.

// listen listens on address, which must be a loopback one.
func listen(address string) (net.Listener, error) {
	at, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w: it looks like %s", address, err, DefaultListen)
	}
	if !at.IP.IsLoopback() {
		return nil, fmt.Errorf("listen on %q: it can be reached from other machines, and the server does not authenticate requests yet: use a loopback address such as %s", address, DefaultListen)
	}
	l, err := net.ListenTCP("tcp", at)
	if err != nil {
		if op, ok := errors.AsType[*net.OpError](err); ok {
			err = op.Err
		}
		return nil, fmt.Errorf("listen on %q: %w: end the other program, or use another address", address, err)
	}
	return l, nil
}

// loopbackOnly refuses requests whose Host is not this machine's.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopbackHost(r.Host) {
			writeProblem(w, problem{Status: http.StatusMisdirectedRequest,
				Detail: "the Host of the request must be localhost or a loopback address, since the server does not authenticate requests yet"})
			return
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
