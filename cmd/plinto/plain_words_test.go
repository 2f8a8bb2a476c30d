package main_test

import (
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

func TestTheIssuerIsWhereThePortIs(t *testing.T) {
	i := start(t, t.TempDir(), "ENVIRONMENT=test", "BCRYPT_ROUNDS=4")
	var claims jwt.MapClaims
	_, _, err := jwt.NewParser().ParseUnverified(i.signUp("ann").Tokens.Access, &claims)
	require.NoError(t, err)
	issuer, err := claims.GetIssuer()
	require.NoError(t, err)
	require.NotContains(t, issuer, ":0")
	require.Equal(t, i.url[strings.LastIndex(i.url, ":"):], issuer[strings.LastIndex(issuer, ":"):])
}

func TestCommandsRefuseInPlainWords(t *testing.T) {
	i := start(t, t.TempDir(), fast...)
	for words, args := range map[string][]string{
		"There is no client of this id. List them to find it.":                                {"clients", "revoke", "019a1b2c-3d4e-7f50-8a6b-7c8d9e0f1a2b"},
		"Only sessions that are opened by now can be ended: give an instant that has passed.": {"sessions", "revoke", "--all", "--before", "2999-01-01T00:00:00Z", "--yes"},
	} {
		out, err := command(i.dir, i.env, args...)
		require.Error(t, err)
		require.Contains(t, out, words, args)
		require.NotContains(t, out, "validation_error")
	}
}
