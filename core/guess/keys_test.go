package guess_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/guess"
	"github.com/plinto/plinto/core/session"
	"github.com/plinto/plinto/core/tenant"
	"github.com/plinto/plinto/core/user"
)

func keys(t *testing.T, secrets ...string) *guess.Keys {
	t.Helper()
	var all [][]byte
	for _, s := range secrets {
		all = append(all, []byte(s))
	}
	k, err := guess.NewKeys(all[0], all[1:]...)
	require.NoError(t, err)
	return k
}

func TestDeviceTokens(t *testing.T) {
	k, id := keys(t, "the key of this application"), session.ID{1, 2, 3}
	token := k.DeviceToken(tenant.Default, id)
	got, ok := k.ReadDeviceToken(tenant.Default, token)
	require.True(t, ok)
	require.Equal(t, id, got)
	_, ok = k.ReadDeviceToken(tenant.ID{9}, token)
	require.False(t, ok, "another tenant's")
	_, ok = keys(t, "the key of another application").ReadDeviceToken(tenant.Default, token)
	require.False(t, ok)
	_, ok = keys(t, "the next key of this application", "the key of this application").ReadDeviceToken(tenant.Default, token)
	require.True(t, ok, "after a rotation of the key")
	for i := range token {
		for _, c := range "Aa0_" {
			other := token[:i] + string(c) + token[i+1:]
			_, ok := k.ReadDeviceToken(tenant.Default, other)
			require.Equal(t, other == token, ok, other)
		}
	}
	for _, bad := range []string{"", "pdt_", token + "A", token[:len(token)-1], strings.TrimPrefix(token, "pdt_"), strings.Repeat("x", 1<<20)} {
		_, ok := k.ReadDeviceToken(tenant.Default, bad)
		require.False(t, ok)
	}
}

func TestPseudonyms(t *testing.T) {
	k := keys(t, "the key of this application")
	require.Len(t, k.Pseudonym("name", "ann@example.com"), 32)
	again := k.Pseudonym("name", "ann@example.com")
	require.Equal(t, again, k.Pseudonym("name", "ann@example.com"))
	require.NotEqual(t, k.Pseudonym("name", "ann"), k.Pseudonym("address", "ann"))
	require.NotEqual(t, k.Pseudonym("a", "bc"), k.Pseudonym("ab", "c"))
	require.NotEqual(t, k.Pseudonym("name", "ann"), keys(t, "the key of another application").Pseudonym("name", "ann"))
}

func TestSubjects(t *testing.T) {
	require.True(t, guess.Device(session.ID{1}).IsDevice())
	for _, s := range []guess.Subject{guess.Account(user.ID{1}), guess.Session(session.ID{1}), guess.Name("x"), guess.Address("x"), "", "device:"} {
		require.False(t, s.IsDevice(), s)
	}
}
