package httpapi

import (
	"net/http"
	"net/netip"
	"strings"
)

// address tells where a request came from, in canonical text: the peer of the
// connection, unless that is a trusted proxy; then the last address in
// X-Forwarded-For that is not one. Empty when the peer has no IP address.
func (s *Server) address(r *http.Request) string {
	peer, ok := readAddress(r.RemoteAddr)
	if !ok {
		return ""
	}
	if !s.trusts(peer) {
		return peer.String()
	}
	return s.lastUntrusted(peer, r.Header.Values("X-Forwarded-For")).String()
}

// lastUntrusted walks the hops from the nearest one back. Each hop was written
// by the one before it on the walk, so the walk ends at the first that is not
// trusted. What cannot be read ends it too: nothing behind it can be believed.
func (s *Server) lastUntrusted(peer netip.Addr, lines []string) netip.Addr {
	last := peer
	for i := len(lines) - 1; i >= 0; i-- {
		rest, more := lines[i], true
		for more {
			var hop string
			if cut := strings.LastIndexByte(rest, ','); cut >= 0 {
				rest, hop = rest[:cut], rest[cut+1:]
			} else {
				hop, more = rest, false
			}
			addr, ok := readAddress(strings.TrimSpace(hop))
			if !ok {
				return last
			}
			last = addr
			if !s.trusts(addr) {
				return last
			}
		}
	}
	return last
}

// forwardedOverTLS believes X-Forwarded-Proto from a trusted proxy.
func (s *Server) forwardedOverTLS(r *http.Request) bool {
	proto := r.Header.Values("X-Forwarded-Proto")
	if len(proto) != 1 || !strings.EqualFold(proto[0], "https") {
		return false
	}
	peer, ok := readAddress(r.RemoteAddr)
	return ok && s.trusts(peer)
}

func (s *Server) trusts(addr netip.Addr) bool {
	for _, p := range s.opts.TrustedProxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// readAddress reads an address with or without a port. IPv4 written as IPv6 is
// IPv4, and a zone means nothing beyond this machine: each client has one
// spelling.
func readAddress(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		ap, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = ap.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

// canonical writes prefixes as readAddress writes addresses.
func canonical(prefixes []netip.Prefix) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(prefixes))
	for _, p := range prefixes {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		out = append(out, p.Masked())
	}
	return out
}
