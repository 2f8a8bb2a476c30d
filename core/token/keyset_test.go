package token_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/plinto/plinto/core/token"
)

func TestAKeyGoesThroughItsStates(t *testing.T) {
	set := token.KeySet{Overlap: 20 * time.Minute, Keys: []token.SigningKey{
		{KID: "second", Number: 2, ActiveFrom: now.Add(time.Hour)},
		{KID: "first", Number: 1, ActiveFrom: now},
	}}
	for _, c := range []struct {
		at            time.Duration
		active        string
		first, second token.KeyState
		published     int
	}{
		{-1, "", token.KeyNext, token.KeyNext, 2},
		{0, "first", token.KeyActive, token.KeyNext, 2},
		{time.Hour - 1, "first", token.KeyActive, token.KeyNext, 2},
		{time.Hour, "second", token.KeyRetired, token.KeyActive, 2},
		{time.Hour + 20*time.Minute - 1, "second", token.KeyRetired, token.KeyActive, 2},
		{time.Hour + 20*time.Minute, "second", token.KeyExpired, token.KeyActive, 1},
	} {
		at := now.Add(c.at)
		active, ok := set.Active(at)
		require.Equal(t, c.active, active.KID, c.at)
		require.Equal(t, c.active != "", ok)
		require.Equal(t, c.first, set.State(set.Keys[1], at), c.at)
		require.Equal(t, c.second, set.State(set.Keys[0], at), c.at)
		published := set.Published(at)
		require.Len(t, published, c.published, c.at)
		for i := range published[1:] {
			require.Less(t, published[i].Number, published[i+1].Number)
		}
	}
	newest, ok := set.Newest()
	require.True(t, ok)
	require.Equal(t, "second", newest.KID)
	_, ok = token.KeySet{}.Newest()
	require.False(t, ok)
}

// A third key that signs before the second one's time has come takes over from
// both.
func TestAKeyThatOvertakes(t *testing.T) {
	set := token.KeySet{Overlap: time.Minute, Keys: []token.SigningKey{
		{KID: "a", Number: 1, ActiveFrom: now}, {KID: "b", Number: 2, ActiveFrom: now.Add(time.Hour)}, {KID: "c", Number: 3, ActiveFrom: now.Add(time.Minute)},
	}}
	active, _ := set.Active(now.Add(2 * time.Hour))
	require.Equal(t, "c", active.KID)
	require.Equal(t, token.KeyRetired, set.State(set.Keys[0], now.Add(90*time.Second)))
}

func TestParseAlgorithm(t *testing.T) {
	for _, name := range []string{"RS256", "ES256", "EdDSA"} {
		a, err := token.ParseAlgorithm(name)
		require.NoError(t, err)
		require.Equal(t, token.Algorithm(name), a)
	}
	for _, name := range []string{"", "none", "HS256", "rs256", "RS512"} {
		_, err := token.ParseAlgorithm(name)
		require.ErrorIs(t, err, token.ErrAlgorithm, name)
	}
}
