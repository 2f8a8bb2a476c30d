package config_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHost(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::", "::1", "localhost", "auth_1.internal", "AZaz-09.example", strings.Repeat("a.", 126) + "a", "a-b.example", strings.Repeat("a", 63)} {
		require.Equal(t, host, load(t, "HOST="+host).Server.Host)
	}
	for _, host := range []string{
		"[::1]", "localhost:80", "http://localhost", "a..b", ".a", "a.", "-a", "a-", "münchen.example", " ",
		strings.Repeat("a", 64), strings.Repeat("a.", 127) + "a",
	} {
		require.Equal(t, "HOST: is not a host to listen on; write a name or an address without brackets and port, such as 127.0.0.1", refused(t, "HOST="+host))
	}
}

func TestMetricsAddress(t *testing.T) {
	for _, address := range []string{":9090", "127.0.0.1:0", "[::1]:9090", "metrics.internal:65535"} {
		require.Equal(t, address, load(t, "METRICS_ADDR= "+address+" ").Server.MetricsAddress)
	}
	for _, address := range []string{"9090", "127.0.0.1", "a b:1", "h:65536", "h:-1", "h:http", "h:", "http://h:1"} {
		require.Contains(t, refused(t, "METRICS_ADDR="+address), "METRICS_ADDR: \""+address+"\" is not an address to listen on; write host:port")
	}
}

func TestAllowedHosts(t *testing.T) {
	require.Equal(t, []string{"auth.example.com", "::1", "10.0.0.1"}, load(t, "ALLOWED_HOSTS=Auth.Example.com, ::1,,10.0.0.1,").Server.AllowedHosts)
	require.Equal(t, []string{"a", "b"}, load(t, `ALLOWED_HOSTS= ["a", " b ", ""]`).Server.AllowedHosts)
	require.Equal(t, []string{"*"}, load(t, "ALLOWED_HOSTS=*").Server.AllowedHosts)
	for _, host := range []string{"a.example:443", "https://a.example", "*.example.com", "a/b"} {
		require.Contains(t, refused(t, "ALLOWED_HOSTS=ok.example,"+host), "ALLOWED_HOSTS: \""+host+"\" is not a host; write ")
	}
	for _, list := range []string{"[a]", `["a"`, `["a"] b`, `[1]`, `[["a"]]`} {
		require.Equal(t, `ALLOWED_HOSTS: is not a list; write items between commas, or a JSON array of strings such as ["a","b"]`, refused(t, "ALLOWED_HOSTS="+list))
	}
}

func TestTrustedProxies(t *testing.T) {
	got := load(t, "TRUSTED_PROXIES=10.0.0.7,10.0.0.0/8,::1,fd00::/8,::ffff:10.0.0.9")
	var want []netip.Prefix
	for _, s := range []string{"10.0.0.7/32", "10.0.0.0/8", "::1/128", "fd00::/8", "10.0.0.9/32"} {
		want = append(want, netip.MustParsePrefix(s))
	}
	require.Equal(t, want, got.Server.TrustedProxies)
	require.Empty(t, got.Warnings)

	for _, proxy := range []string{"proxy.internal", "10.0.0.0/33", "10.0.0/8", "fe80::1%eth0", "::ffff:10.0.0.0/104", "*"} {
		require.Equal(t, `TRUSTED_PROXIES: "`+proxy+`" is neither an address nor a network; write one such as 10.0.0.7 or 10.0.0.0/8`, refused(t, "TRUSTED_PROXIES="+proxy))
	}
	require.Equal(t, `TRUSTED_PROXIES: "10.1.2.3/8" names an address inside a network; write 10.0.0.0/8 for the network or 10.1.2.3 for the address`,
		refused(t, "TRUSTED_PROXIES=10.1.2.3/8"))
	require.Equal(t, []string{"TRUSTED_PROXIES holds ::/0: every client may claim any address"}, load(t, "TRUSTED_PROXIES=10.0.0.1,::/0").Warnings)
}

func TestCORSOrigins(t *testing.T) {
	require.Equal(t,
		[]string{"https://app.example.com", "http://localhost:3000", "https://a.example", "http://a.example", "https://a.example:80", "http://[::1]:8080"},
		load(t, "CORS_ORIGINS=https://App.Example.com/,http://localhost:3000,https://a.example:443,HTTP://a.example:80,https://a.example:80,http://[::1]:8080").Server.CORSOrigins)
	require.Equal(t, []string{"https://a.example", "https://b.example"}, load(t, `CORS_ORIGINS=["https://a.example","https://b.example"]`).Server.CORSOrigins)

	for _, environment := range []string{"development", "test", "production"} {
		for _, wildcard := range []string{"*", "https://*.example.com", `["*"]`} {
			require.Contains(t, refused(t, inProduction("ENVIRONMENT="+environment, "CORS_ORIGINS="+wildcard)...),
				"is refused: a wildcard would let any page act with its visitor's credentials")
		}
	}
	for _, item := range []string{
		"null", "app.example.com", "ftp://a.example", "https://a.example/app", "https://a.example?x", "https://a.example#x",
		"https://", "https://a.example:0", "https://a.example:70000", "https://a.example:", "https://münchen.example", "https://a b",
	} {
		require.Equal(t, `CORS_ORIGINS: "`+item+`" is not an origin; write scheme and host, and a port if it has one, such as https://app.example.com`,
			refused(t, "CORS_ORIGINS="+item))
	}
	require.Equal(t, `CORS_ORIGINS: the value is not an origin; write scheme and host, and a port if it has one, such as https://app.example.com`,
		refused(t, "CORS_ORIGINS=https://ann:hunter2@a.example"))
	require.Equal(t, `CORS_ORIGINS: "a" is not an origin; write scheme and host, and a port if it has one, such as https://app.example.com; "b" is not an origin; write scheme and host, and a port if it has one, such as https://app.example.com`,
		refused(t, "CORS_ORIGINS=a,b"))
}
