package client_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/client"
)

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func TestScopes(t *testing.T) {
	got, err := client.ParseScopes([]string{"revocations", "introspect", "revocations"})
	require.NoError(t, err)
	require.Equal(t, []client.Scope{client.Introspect, client.Revocations}, got)
	none, err := client.ParseScopes(nil)
	require.NoError(t, err)
	require.Empty(t, none)
	for _, wrong := range []string{"", "Introspect", "introspect ", "admin", "introspect revocations"} {
		_, err := client.ParseScopes([]string{"introspect", wrong})
		require.ErrorIs(t, err, client.ErrScope, wrong)
	}
	c := client.Client{Scopes: got[:1]}
	require.True(t, c.May(client.Introspect))
	require.False(t, c.May(client.Revocations))
}

func TestNames(t *testing.T) {
	for _, good := range []string{"orders", "Zahlung & Versand 汉", strings.Repeat("ü", client.MaxName)} {
		got, err := client.ParseName(" " + good + " ")
		require.NoError(t, err)
		require.Equal(t, good, got)
	}
	for _, wrong := range []string{"", "  ", "a\nb", "a\x00", "\x1b[31m", "a\xff", strings.Repeat("u", client.MaxName+1)} {
		_, err := client.ParseName(wrong)
		require.ErrorIs(t, err, client.ErrName, "%q", wrong)
	}
}

func TestOnlyItsSecretProvesAGoodClient(t *testing.T) {
	secret := client.Secret([32]byte{1, 2, 3})
	require.Regexp(t, `^pcs_[A-Za-z0-9_-]{43}$`, secret)
	c := client.Client{ID: client.ID{1}, SecretHash: client.HashSecret(secret)}
	require.True(t, c.Proves(secret))
	for _, wrong := range []string{"", secret + "A", secret[:len(secret)-1], strings.TrimPrefix(secret, client.SecretPrefix), strings.ToUpper(secret), client.Secret([32]byte{1, 2, 4})} {
		require.False(t, c.Proves(wrong), wrong)
	}
	revoked := c
	revoked.RevokedAt = &now
	require.False(t, revoked.Proves(secret))
	require.False(t, client.Client{SecretHash: client.HashSecret(secret)}.Proves(secret), "nobody's")
	require.False(t, client.Client{}.Proves(""))
}

func TestUseIsNotedOnceAMinute(t *testing.T) {
	c := client.Client{}
	require.True(t, c.UseIsNews(now))
	c.LastUsedAt = &now
	require.False(t, c.UseIsNews(now))
	require.False(t, c.UseIsNews(now.Add(time.Minute-1)))
	require.True(t, c.UseIsNews(now.Add(time.Minute)))
	require.True(t, c.UseIsNews(now.Add(-1)), "a clock that was set back")
}

func TestRestoreRefusesWhatWasNotWrittenHere(t *testing.T) {
	good := client.Snapshot{Client: client.Client{ID: client.ID{1}, Name: "a"}, Scopes: client.ScopeText(client.Scopes()), SecretHash: make([]byte, 32)}
	c, err := client.Restore(good)
	require.NoError(t, err)
	require.Equal(t, client.Scopes(), c.Scopes)
	short, scope := good, good
	short.SecretHash = []byte{1}
	scope.Scopes = "introspect other"
	_, err = client.Restore(short)
	require.Error(t, err)
	_, err = client.Restore(scope)
	require.ErrorIs(t, err, client.ErrScope)
}
