package token_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/token"
	"github.com/plinto/plinto/core/user"
)

var issuing = token.Issuing{Issuer: "https://auth.example.com", Audience: []string{"api", "web"}, Lifetime: 15 * time.Minute}

func claims() token.Claims {
	s := session.New(session.Opening{Tenant: tenant.Default, ID: session.ID{1}, User: user.ID{2}, Methods: []string{"pwd"}}, life, now)
	return issuing.Claim(s, token.ID{3}, now, 0.5)
}

func TestClaim(t *testing.T) {
	c := claims()
	require.Equal(t, now.Add(15*time.Minute), c.ExpiresAt)
	require.Equal(t, user.ID{2}, c.Subject)
	require.Equal(t, session.ID{1}, c.Session)
	require.Equal(t, tenant.Default, c.Tenant)
	require.Equal(t, token.ClientID, c.ClientID)
	require.Equal(t, []string{"pwd"}, c.Methods)
	require.NoError(t, issuing.Check(c, now))
}

func TestJitterIsFivePercentEitherWay(t *testing.T) {
	s := session.New(session.Opening{}, life, now)
	for jitter, want := range map[float64]time.Duration{0: 855 * time.Second, 0.5: 900 * time.Second, 0.9999999: 944 * time.Second} {
		c := issuing.Claim(s, token.ID{}, now, jitter)
		require.Equal(t, want, c.ExpiresAt.Sub(c.IssuedAt), jitter)
		require.LessOrEqual(t, c.ExpiresAt.Sub(c.IssuedAt), issuing.MaxLifetime())
	}
}

func TestAnAccessTokenNeverOutlivesItsSession(t *testing.T) {
	s := session.New(session.Opening{}, session.Lifetime{Sliding: time.Minute, Absolute: time.Minute}, now)
	require.Equal(t, s.EndsAt, issuing.Claim(s, token.ID{}, now, 0).ExpiresAt)
}

func TestAVeryShortLifetimeIsASecond(t *testing.T) {
	i := token.Issuing{Lifetime: time.Millisecond}
	c := i.Claim(session.New(session.Opening{}, life, now), token.ID{}, now, 0)
	require.Equal(t, time.Second, c.ExpiresAt.Sub(c.IssuedAt))
	require.Equal(t, time.Second, i.MaxLifetime())
}

func TestCheck(t *testing.T) {
	for name, spoil := range map[string]func(*token.Claims){
		"issuer":             func(c *token.Claims) { c.Issuer += "/" },
		"audience":           func(c *token.Claims) { c.Audience = []string{"other"} },
		"no audience":        func(c *token.Claims) { c.Audience = nil },
		"no subject":         func(c *token.Claims) { c.Subject = user.ID{} },
		"no session":         func(c *token.Claims) { c.Session = session.ID{} },
		"no tenant":          func(c *token.Claims) { c.Tenant = tenant.ID{} },
		"no id":              func(c *token.Claims) { c.ID = token.ID{} },
		"no expiry":          func(c *token.Claims) { c.ExpiresAt = time.Time{} },
		"no issue":           func(c *token.Claims) { c.IssuedAt = time.Time{} },
		"expired":            func(c *token.Claims) { c.ExpiresAt = now },
		"not yet":            func(c *token.Claims) { c.NotBefore = now.Add(token.Leeway + 1) },
		"issued in future":   func(c *token.Claims) { c.IssuedAt = now.Add(token.Leeway + 1) },
		"expired long ago":   func(c *token.Claims) { c.ExpiresAt = now.Add(-time.Hour) },
		"audience by prefix": func(c *token.Claims) { c.Audience = []string{"ap", "apis"} },
	} {
		c := claims()
		spoil(&c)
		require.ErrorIs(t, issuing.Check(c, now), token.ErrInvalid, name)
	}
	c := claims()
	c.Audience = []string{"other", "web"}
	c.NotBefore, c.IssuedAt = now.Add(token.Leeway), now.Add(token.Leeway)
	require.NoError(t, issuing.Check(c, now))
}
