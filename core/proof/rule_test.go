package proof_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/plinto/plinto/core/proof"
)

var now = time.Date(2026, 1, 1, 12, 0, 30, 0, time.UTC)

const uri = "https://auth.example.com/api/v1/auth/me"

func nonces(t testing.TB, current string, previous ...string) *proof.Nonces {
	t.Helper()
	var old [][]byte
	for _, p := range previous {
		old = append(old, []byte(p))
	}
	n, err := proof.NewNonces([]byte(current), old...)
	require.NoError(t, err)
	return n
}

func rule(t testing.TB) proof.Rule {
	return proof.Rule{MaxAge: time.Minute, Leeway: 5 * time.Second, Nonces: nonces(t, "the key of this application")}
}

func good() (proof.Claims, proof.Request) {
	return proof.Claims{
			ID: "one", Method: "GET", URI: uri, IssuedAt: now, AccessTokenHash: proof.TokenHash("a.b.c"), KeyThumbprint: "thumb",
		}, proof.Request{
			Method: "GET", URI: uri, AccessToken: "a.b.c",
		}
}

func TestCheck(t *testing.T) {
	r := rule(t)
	for name, c := range map[string]struct {
		spoil func(c *proof.Claims, q *proof.Request)
		want  error
	}{
		"a good one":                   {func(*proof.Claims, *proof.Request) {}, nil},
		"no jti":                       {func(c *proof.Claims, _ *proof.Request) { c.ID = "" }, proof.ErrInvalid},
		"the longest jti":              {func(c *proof.Claims, _ *proof.Request) { c.ID = strings.Repeat("x", proof.MaxID) }, nil},
		"a jti that is too long":       {func(c *proof.Claims, _ *proof.Request) { c.ID = strings.Repeat("x", proof.MaxID+1) }, proof.ErrInvalid},
		"no key":                       {func(c *proof.Claims, _ *proof.Request) { c.KeyThumbprint = "" }, proof.ErrInvalid},
		"another method":               {func(c *proof.Claims, _ *proof.Request) { c.Method = "POST" }, proof.ErrInvalid},
		"a method in small letters":    {func(c *proof.Claims, _ *proof.Request) { c.Method = "get" }, proof.ErrInvalid},
		"no method":                    {func(c *proof.Claims, _ *proof.Request) { c.Method = "" }, proof.ErrInvalid},
		"another path":                 {func(c *proof.Claims, _ *proof.Request) { c.URI = uri + "x" }, proof.ErrInvalid},
		"a slash behind":               {func(c *proof.Claims, _ *proof.Request) { c.URI = uri + "/" }, proof.ErrInvalid},
		"a query":                      {func(c *proof.Claims, q *proof.Request) { c.URI += "?a=b"; q.URI += "?c" }, nil},
		"a fragment":                   {func(c *proof.Claims, _ *proof.Request) { c.URI += "#a" }, nil},
		"no ath":                       {func(c *proof.Claims, _ *proof.Request) { c.AccessTokenHash = "" }, proof.ErrInvalid},
		"the ath of another token":     {func(c *proof.Claims, _ *proof.Request) { c.AccessTokenHash = proof.TokenHash("a.b.d") }, proof.ErrInvalid},
		"the token itself for ath":     {func(c *proof.Claims, _ *proof.Request) { c.AccessTokenHash = "a.b.c" }, proof.ErrInvalid},
		"no token, no ath":             {func(c *proof.Claims, q *proof.Request) { c.AccessTokenHash, q.AccessToken = "", "" }, nil},
		"the end of its life":          {func(c *proof.Claims, _ *proof.Request) { c.IssuedAt = now.Add(time.Nanosecond - time.Minute) }, nil},
		"out of date":                  {func(c *proof.Claims, _ *proof.Request) { c.IssuedAt = now.Add(-time.Minute) }, proof.ErrInvalid},
		"a clock that is ahead":        {func(c *proof.Claims, _ *proof.Request) { c.IssuedAt = now.Add(5 * time.Second) }, nil},
		"a clock that is far ahead":    {func(c *proof.Claims, _ *proof.Request) { c.IssuedAt = now.Add(5*time.Second + 1) }, proof.ErrInvalid},
		"a nonce that we did not make": {func(c *proof.Claims, _ *proof.Request) { c.Nonce = "x" }, proof.ErrNonce},
		"a good nonce":                 {func(c *proof.Claims, _ *proof.Request) { c.Nonce = r.Nonces.At(now) }, nil},
		"a good nonce and a wrong clock": {func(c *proof.Claims, _ *proof.Request) {
			c.Nonce, c.IssuedAt = r.Nonces.At(now), now.Add(-24*time.Hour)
		}, nil},
		"a good nonce for another method": {func(c *proof.Claims, _ *proof.Request) {
			c.Nonce, c.Method = r.Nonces.At(now), "PUT"
		}, proof.ErrInvalid},
	} {
		claims, request := good()
		c.spoil(&claims, &request)
		until, err := r.Check(claims, request, now)
		require.ErrorIs(t, err, c.want, name)
		if c.want == nil {
			require.True(t, until.After(now), name)
			_, err = r.Check(claims, request, until)
			require.Error(t, err, "%s: it is out of date then", name)
			_, err = r.Check(claims, request, until.Add(-1))
			require.NoError(t, err, "%s: it is good until then", name)
		} else {
			require.Zero(t, until, name)
		}
	}
}

func TestANonceCanBeAskedFor(t *testing.T) {
	r := rule(t)
	r.NonceRequired = true
	claims, request := good()
	_, err := r.Check(claims, request, now)
	require.ErrorIs(t, err, proof.ErrNonce)
	claims.Nonce = r.Nonces.At(now)
	_, err = r.Check(claims, request, now)
	require.NoError(t, err)
}

func TestNonces(t *testing.T) {
	r := rule(t)
	check := func(r proof.Rule, nonce string, at time.Time) error {
		claims, request := good()
		claims.Nonce = nonce
		_, err := r.Check(claims, request, at)
		return err
	}
	step := now.Truncate(time.Minute)
	nonce := r.Nonces.At(now)
	require.Equal(t, nonce, r.Nonces.At(step), "all instances give the same for a while")
	require.NotEqual(t, nonce, r.Nonces.At(step.Add(time.Minute)))
	require.NoError(t, check(r, nonce, step.Add(proof.NonceLifetime-1)))
	require.ErrorIs(t, check(r, nonce, step.Add(proof.NonceLifetime)), proof.ErrNonce)
	require.NoError(t, check(r, nonce, step.Add(-5*time.Second)), "of an instance that is a little ahead")
	require.ErrorIs(t, check(r, nonce, step.Add(-5*time.Second-1)), proof.ErrNonce)

	other := proof.Rule{MaxAge: time.Minute, Nonces: nonces(t, "the key of another application")}
	require.ErrorIs(t, check(other, nonce, now), proof.ErrNonce)
	rotated := proof.Rule{MaxAge: time.Minute, Nonces: nonces(t, "a new key", "the key of this application")}
	require.NoError(t, check(rotated, nonce, now), "an earlier key still checks")
	require.NotEqual(t, nonce, rotated.Nonces.At(now))

	for i := range nonce {
		flipped := []byte(nonce)
		flipped[i] ^= 1
		require.ErrorIs(t, check(r, string(flipped), now), proof.ErrNonce, i)
	}
	for _, odd := range []string{nonce + "A", nonce[1:], " " + nonce[1:], strings.Repeat("A", len(nonce)), nonce + "=", "\n" + nonce} {
		require.ErrorIs(t, check(r, odd, now), proof.ErrNonce, "%q", odd)
	}
}

func TestURIs(t *testing.T) {
	r := rule(t)
	same := func(a, b string) bool {
		claims, request := good()
		claims.URI, request.URI = a, b
		_, err := r.Check(claims, request, now)
		return err == nil
	}
	for _, pair := range [][2]string{
		{"HTTPS://Auth.Example.COM/a", "https://auth.example.com/a"},
		{"https://auth.example.com:443/a", "https://auth.example.com/a"},
		{"http://auth.example.com:80/a", "http://auth.example.com/a"},
		{"https://auth.example.com:/a", "https://auth.example.com/a"},
		{"https://auth.example.com", "https://auth.example.com/"},
		{"https://auth.example.com?x", "https://auth.example.com/"},
		{"https://auth.example.com/%61%2d", "https://auth.example.com/a-"},
		{"https://auth.example.com/%c3%a9", "https://auth.example.com/%C3%A9"},
		{"https://auth.example.com/x/../a/./b", "https://auth.example.com/a/b"},
		{"http://[::1]:8000/a", "http://[::1]:8000/a"},
	} {
		require.True(t, same(pair[0], pair[1]), pair)
		require.True(t, same(pair[1], pair[0]), pair)
	}
	for _, pair := range [][2]string{
		{"http://auth.example.com/a", "https://auth.example.com/a"},
		{"https://auth.example.com:8443/a", "https://auth.example.com/a"},
		{"http://auth.example.com:443/a", "http://auth.example.com/a"},
		{"https://auth.example.com.evil.com/a", "https://auth.example.com/a"},
		{"https://auth.example.com@evil.com/a", "https://auth.example.com/a"},
		{"https://user@auth.example.com/a", "https://auth.example.com/a"},
		{"https://auth.example.com/A", "https://auth.example.com/a"},
		{"https://auth.example.com/a%2Fb", "https://auth.example.com/a/b"},
		{"https://auth.example.com/a%3Fb", "https://auth.example.com/a?b"},
		{"https://auth.example.com/a%252Fb", "https://auth.example.com/a%2Fb"},
		{"https://auth.example.com//a", "https://auth.example.com/a"},
		{"https://auth.example.com/a/", "https://auth.example.com/a"},
		{"//auth.example.com/a", "https://auth.example.com/a"},
		{"/a", "/a"},
		{"", ""},
		{"https:///a", "https:///a"},
		{"https:auth.example.com/a", "https:auth.example.com/a"},
		{"ftp://auth.example.com/a", "ftp://auth.example.com/a"},
		{"https://auth.example.com/%zz", "https://auth.example.com/%zz"},
		{"https://auth.example.com/a\x00", "https://auth.example.com/a"},
	} {
		require.False(t, same(pair[0], pair[1]), pair)
		require.False(t, same(pair[1], pair[0]), pair)
	}
}

// Whatever a client writes for htu, it is good for one request at most: if it
// fits two addresses, those two are the same.
func TestAnAddressIsOneAddress(t *testing.T) {
	r := rule(t)
	fits := func(a, b string) bool {
		claims, request := good()
		claims.URI, request.URI = a, b
		_, err := r.Check(claims, request, now)
		return err == nil
	}
	address := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"http", "https", "HTTP", "ws"}).Draw(t, "scheme") + "://" +
			rapid.SampledFrom([]string{"a", "A", "a:80", "a:443", "b", "x@a"}).Draw(t, "host") +
			rapid.StringMatching(`(/(\.|\.\.|%2[eEfF]|%41|A|a|%7e|~|)){0,4}(\?q)?(#f)?`).Draw(t, "path")
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := address.Draw(t, "a"), address.Draw(t, "b"), address.Draw(t, "c")
		if fits(a, b) && fits(a, c) && !fits(b, c) {
			t.Fatalf("%q fits %q and %q", a, b, c)
		}
		if fits(a, b) != fits(b, a) {
			t.Fatalf("%q and %q", a, b)
		}
		if !strings.HasPrefix(a, "ws") && !strings.Contains(a, "@") && !fits(a, a) {
			t.Fatalf("%q does not fit itself", a)
		}
	})
}

func TestHashesAndAlgorithms(t *testing.T) {
	require.Equal(t, "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
		proof.TokenHash("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"), "the example of RFC 9449 section 7.1")
	require.NotEqual(t, proof.Claims{ID: "a"}.Hash(), proof.Claims{ID: "b"}.Hash())
	for _, a := range proof.Algorithms() {
		require.NotRegexp(t, "^(none|HS)", a)
	}
}
