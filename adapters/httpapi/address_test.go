package httpapi_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/adapters/httpapi"
	"github.com/plinto/plinto/ports/inbound"
)

// seeing gives a server that tells which address it saw.
func seeing(t testing.TB, proxies ...string) func(remote string, forwarded ...string) string {
	f := newFakes()
	var seen string
	f.admit = func(_ context.Context, c inbound.Caller) error {
		seen = c.Address
		return nil
	}
	s := start(t, f, func(o *httpapi.Options) {
		for _, p := range proxies {
			o.TrustedProxies = append(o.TrustedProxies, netip.MustParsePrefix(p))
		}
	})
	return func(remote string, forwarded ...string) string {
		r := ask("GET", "/api/status", "")
		r.RemoteAddr = remote
		for _, line := range forwarded {
			r.Header.Add("X-Forwarded-For", line)
		}
		s.log.Reset()
		s.do(r)
		if !strings.Contains(s.log.String(), `"address":"`+seen+`"`) {
			return "the log says " + s.log.String()
		}
		return seen
	}
}

func TestForwardingIsIgnoredWithoutTrustedProxies(t *testing.T) {
	seen := seeing(t)
	for remote, want := range map[string]string{
		"192.0.2.7:80": "192.0.2.7", "[2001:DB8::7]:80": "2001:db8::7", "[::ffff:192.0.2.7]:80": "192.0.2.7",
		"[fe80::1%eth0]:80": "fe80::1", "@": "", "": "", "/run/plinto.sock": "",
	} {
		require.Equal(t, want, seen(remote, "203.0.113.9"), remote)
	}
}

func TestTheLastUntrustedHopIsTheClient(t *testing.T) {
	seen := seeing(t, "10.0.0.0/8", "2001:db8:aaaa::/48", "::ffff:172.16.0.0/108")
	for _, c := range []struct {
		remote, want string
		forwarded    []string
	}{
		{"10.0.0.1:1", "203.0.113.9", []string{"203.0.113.9"}},
		{"10.0.0.1:1", "203.0.113.9", []string{"1.1.1.1, 203.0.113.9"}},
		{"10.0.0.1:1", "203.0.113.9", []string{"1.1.1.1,203.0.113.9 ,\t10.0.0.2"}},
		{"10.0.0.1:1", "203.0.113.9", []string{"1.1.1.1", "203.0.113.9", "10.0.0.2, 10.0.0.3"}},
		{"[2001:db8:aaaa::1]:1", "2001:db8::9", []string{"2001:DB8:0::9"}},
		{"[::ffff:10.0.0.1]:1", "203.0.113.9", []string{"::ffff:203.0.113.9"}},
		{"172.16.5.5:1", "203.0.113.9", []string{"203.0.113.9"}},
		{"10.0.0.1:1", "203.0.113.9", []string{"203.0.113.9:4711"}},
		{"10.0.0.1:1", "2001:db8::9", []string{"[2001:db8::9]:4711"}},
		{"10.0.0.1:1", "fe80::9", []string{"fe80::9%eth1"}},
		// Nobody untrusted, or nothing that can be read.
		{"10.0.0.1:1", "10.0.0.1", nil},
		{"10.0.0.1:1", "10.0.0.3", []string{"10.0.0.3, 10.0.0.2"}},
		{"10.0.0.1:1", "10.0.0.1", []string{""}},
		{"10.0.0.1:1", "10.0.0.1", []string{"unknown"}},
		{"10.0.0.1:1", "10.0.0.1", []string{"203.0.113.9, "}},
		{"10.0.0.1:1", "10.0.0.2", []string{"203.0.113.9, <script>, 10.0.0.2"}},
		{"10.0.0.1:1", "10.0.0.1", []string{"203.0.113.999"}},
		// A peer that is not trusted says nothing.
		{"192.0.2.7:1", "192.0.2.7", []string{"203.0.113.9"}},
	} {
		require.Equal(t, c.want, seen(c.remote, c.forwarded...), "%v %q", c.remote, c.forwarded)
	}
}

func TestEncryptionInFrontOfAProxyIsBelievedFromAProxy(t *testing.T) {
	s := start(t, newFakes(), func(o *httpapi.Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	})
	for _, c := range []struct {
		remote string
		proto  []string
		hsts   bool
	}{
		{"10.0.0.1:1", []string{"https"}, true},
		{"10.0.0.1:1", []string{"http"}, false},
		{"10.0.0.1:1", nil, false},
		{"192.0.2.7:1", []string{"https"}, false},
		{"10.0.0.1:1", []string{"https", "https"}, false},
	} {
		r := ask("GET", "/health", "")
		r.RemoteAddr = c.remote
		for _, p := range c.proto {
			r.Header.Add("X-Forwarded-Proto", p)
		}
		require.Equal(t, c.hsts, s.do(r).Header().Get("Strict-Transport-Security") != "", c)
	}
}

func FuzzForwardedFor(f *testing.F) {
	for _, seed := range []string{"203.0.113.9", "a, b, 10.0.0.1", ",,,", "::1%x, [::1]:5", "\x00", strings.Repeat("10.0.0.1,", 50)} {
		f.Add(seed, "10.0.0.1:1")
	}
	f.Add("203.0.113.9", "192.0.2.7:1")
	seen := seeing(f, "10.0.0.0/8")
	f.Fuzz(func(t *testing.T, forwarded, remote string) {
		got := seen(remote, forwarded)
		if got == "" {
			_, err := netip.ParseAddrPort(remote)
			_, bare := netip.ParseAddr(remote)
			require.True(t, err != nil && bare != nil)
			return
		}
		addr, err := netip.ParseAddr(got)
		require.NoError(t, err)
		require.Equal(t, addr.String(), got, "canonical")
		require.False(t, addr.Is4In6() || addr.Zone() != "")
		if peer, err := netip.ParseAddrPort(remote); err == nil && !netip.MustParsePrefix("10.0.0.0/8").Contains(peer.Addr().Unmap()) {
			require.Equal(t, peer.Addr().Unmap().WithZone(""), addr, "an untrusted peer is the client")
		}
	})
}
